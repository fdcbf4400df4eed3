/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load KIND COUNT: does a thing COUNT times as fast as it can and prints one line: the time that
 * took, and exactly what a tracer should have seen of it and of this process itself:
 *
 *   ns=.. ops=.. generate=.. deliver=.. fork=.. exec=.. exit=.. conn=..
 *
 * generate: signals to a process that is called "load"; deliver: signals that such a process took;
 * fork, exec, exit: of such a process. The exit of this process and its own exec are counted.
 *
 * Linked static and started by its path, so that no loader's work blurs what an exec costs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct made {
	uint64_t ops;
	uint64_t generate;
	uint64_t deliver;
	uint64_t fork;
	uint64_t exec;
	uint64_t exit;
	uint64_t conn;
};

static struct made made;
static const char *self; /* argv[0]: what a child execs */
static volatile sig_atomic_t taken;

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

static void on_signal(int sig)
{
	(void)sig;
	taken++;
}

static void handle(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(sig, &sa, NULL);
}

/* A real-time signal to itself, and its handler. */
static void do_rt(uint64_t n)
{
	union sigval v = { 0 };

	handle(SIGRTMIN);
	for (uint64_t i = 0; i < n; i++)
		if (sigqueue(getpid(), SIGRTMIN, v))
			die("sigqueue");
	made.generate += n;
	made.deliver += n;
}

static void do_ignored(uint64_t n)
{
	pid_t me = getpid();

	signal(SIGUSR1, SIG_IGN);
	for (uint64_t i = 0; i < n; i++)
		if (kill(me, SIGUSR1))
			die("kill");
	made.generate += n;
}

static void reap(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
	made.fork++;
	made.exit++;
	made.generate++; /* SIGCHLD */
}

static void child(int with_exec)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		if (with_exec)
			execl(self, self, "nothing", "0", (char *)NULL);
		_exit(with_exec);
	}
	reap(pid);
	made.exec += with_exec;
}

static void do_fork_exec(uint64_t n)
{
	while (n--)
		child(1);
}

static void do_fork_exit(uint64_t n)
{
	while (n--)
		child(0);
}

/* As a busy host: a process each 64 signals, half of them with an exec. */
static void do_mixed(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		do_rt(32);
		do_ignored(32);
		child(i % 2);
	}
}

static void be_tcp(uint64_t n, bool reset)
{
	const struct linger none = { .l_onoff = 1 };
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) || listen(listener, 16) ||
	    getsockname(listener, (struct sockaddr *)&at, &len))
		die("listen");
	for (uint64_t i = 0; i < n; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), server;

		/* another address each time: TIME_WAIT takes a port for a minute */
		at.sin_addr.s_addr = htonl(0x7f000000 | ((getpid() & 0xff) << 16) | (i % 65535 + 1));
		if (client < 0 || connect(client, (struct sockaddr *)&at, len))
			die("connect");
		server = accept(listener, NULL, NULL);
		if (server < 0 || (reset && setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof(none))))
			die("accept");
		close(client);
		close(server);
	}
	made.conn = n;
}

static void do_tcp(uint64_t n)
{
	be_tcp(n, false);
}

/* Connections that end with a reset. */
static void do_reset(uint64_t n)
{
	be_tcp(n, true);
}

static void be_typed(uint64_t n)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios raw;
	char byte = 'x';

	if (setsid() < 0 || master < 0 || grantpt(master) || unlockpt(master))
		die("posix_openpt");
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || tcgetattr(slave, &raw))
		die("a terminal");
	cfmakeraw(&raw);
	if (tcsetattr(slave, TCSANOW, &raw))
		die("tcsetattr");
	while (n--)
		if (write(master, &byte, 1) != 1 || read(slave, &byte, 1) != 1)
			die("a terminal");
	_exit(0);
}

/* What is typed at a terminal that a session has. */
static void do_typed(uint64_t n)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		be_typed(n);
	reap(pid);
}

#define NOISY 1000

static void be_noisy(int go, uint64_t n)
{
	pid_t me = getpid();
	char byte;

	signal(SIGUSR1, SIG_IGN);
	if (read(go, &byte, 1) < 0)
		_exit(1);
	for (uint64_t i = 0; i < n; i++) {
		kill(me, SIGUSR1);
		if (i % 16 == 15)
			sched_yield();
	}
	_exit(0);
}

/* 1,000 tasks that send themselves signals, fork and end; the time runs from the first to the last. */
static uint64_t do_noise(uint64_t n)
{
	uint64_t each = n / NOISY, begun;
	int go[2], status;

	if (pipe(go))
		die("pipe");
	for (int i = 0; i < NOISY; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(go[1]);
			be_noisy(go[0], each);
		}
	}
	close(go[0]);
	begun = now_ns();
	close(go[1]);
	while (wait(&status) > 0)
		if (status)
			die("a noisy task failed");
	made.fork += NOISY;
	made.exit += NOISY;
	made.generate += NOISY * each + NOISY;
	made.ops = NOISY * each;
	return begun;
}

/* 20 ms at a time, so that n a second is also what each part of a second gets. */
static void do_rate(uint64_t n, uint64_t ms)
{
	uint64_t begun = now_ns(), slice = n / 50;

	signal(SIGUSR1, SIG_IGN);
	for (uint64_t i = 0; i < ms / 20; i++) {
		uint64_t next = begun + (i + 1) * 20000000;
		struct timespec t = { next / 1000000000, next % 1000000000 };

		do_ignored(slice);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
	made.ops = made.generate;
}

/* n children that wait. Says "ready" and ends when stdin does. */
static void do_tasks(uint64_t n)
{
	char byte;

	for (uint64_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) < 0)
		die("read");
}

/* What a session runs: `each` children that wait. Tells on descriptor 3 that they are there. */
static void do_root(uint64_t each)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint64_t i = 0; i < each; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(3);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	if (write(3, "", 1) != 1)
		die("write");
	close(3);
	for (;;)
		pause();
}

/* The server's process of one connection, and the root of its session. */
static void serve(int conn, int told, uint64_t each)
{
	char number[24];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(number, sizeof(number), "%" PRIu64, each);
	told = fcntl(told, F_DUPFD, 5); /* they may be 3 and 4 the other way round */
	conn = fcntl(conn, F_DUPFD, 5);
	dup2(told, 3);
	dup2(conn, 4);
	close_range(5, ~0U, 0);
	if (!fork()) {
		close(4);
		setsid();
		execl("/proc/self/exe", "load", "root", number, (char *)NULL);
		_exit(127);
	}
	close(3);
	for (;;)
		pause();
}

static void connect_all(const struct sockaddr_in *to, uint64_t n)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint64_t i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
			die("connect");
	}
	for (;;)
		pause();
}

/*
 * n sessions of something that is called sshd and looks like it: a listener, a process for each
 * connection, a root that leads a session of its own, `each` processes below it. Says "ready" and
 * ends when stdin does.
 */
static void do_sessions(uint64_t n, uint64_t each)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct rlimit files = { n + 64, n + 64 };
	socklen_t len = sizeof(at);
	int listener, told[2];
	char byte;

	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_NAME, "sshd");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) || listen(listener, 128) ||
	    getsockname(listener, (struct sockaddr *)&at, &len) || pipe(told))
		die("listen");
	if (!fork()) {
		prctl(PR_SET_NAME, "load");
		connect_all(&at, n);
	}
	for (uint64_t i = 0; i < n; i++) {
		int conn = accept(listener, NULL, NULL);
		pid_t pid = conn < 0 ? -1 : fork();

		if (pid < 0)
			die("session");
		if (!pid)
			serve(conn, told[1], each);
		close(conn);
	}
	close(told[1]);
	for (uint64_t i = 0; i < n; i++)
		if (read(told[0], &byte, 1) != 1)
			die("a session ended");
	if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) < 0)
		die("read");
}

/* n signals of timers, to a process that computes: they come up in an interrupt. */
static void do_timer(uint64_t n)
{
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec each = { { 0, 1000000 }, { 0, 1000000 } };
	timer_t id;

	handle(SIGRTMIN);
	sev.sigev_signo = SIGRTMIN;
	if (timer_create(CLOCK_MONOTONIC, &sev, &id) || timer_settime(id, 0, &each, NULL))
		die("timer_create");
	while ((uint64_t)taken < n)
		;
	timer_delete(id);
	made.deliver += taken;
	made.generate += taken; /* one in the queue per timer: overruns are counted, not sent */
}

/* The same by setitimer(2), whose SIGALRM the kernel sends with SEND_SIG_PRIV. */
static void do_alarm(uint64_t n)
{
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };

	handle(SIGALRM);
	if (setitimer(ITIMER_REAL, &each, NULL))
		die("setitimer");
	while ((uint64_t)taken < n)
		;
	setitimer(ITIMER_REAL, &off, NULL);
	made.deliver += taken;
	made.generate += taken;
}

static void do_spin(uint64_t n)
{
	uint64_t end = now_ns() + n * 1000000;

	while (now_ns() < end)
		;
}

static void do_nothing(uint64_t n)
{
	(void)n;
}

static const struct {
	const char *name;
	void (*run)(uint64_t n);
} kinds[] = {
	{ "rt", do_rt },	       { "ignored", do_ignored }, { "fork-exec", do_fork_exec },
	{ "fork-exit", do_fork_exit }, { "mixed", do_mixed },	  { "tcp", do_tcp },
	{ "reset", do_reset },	       { "typed", do_typed },
	{ "tasks", do_tasks },	       { "timer", do_timer },	  { "alarm", do_alarm },
	{ "spin", do_spin },	       { "nothing", do_nothing }, { "root", do_root },
};

static void run(const char *kind, uint64_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kind, kinds[i].name))
			continue;
		kinds[i].run(n);
		return;
	}
	fprintf(stderr, "load: no kind '%s'\n", kind);
	exit(2);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, begun, ns;

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		_exit(0);
	if (argc < 3) {
		fputs("usage: load KIND COUNT [MS|EACH]\n", stderr);
		return 2;
	}
	self = argv[0];
	begun = now_ns();
	if (!strcmp(argv[1], "noise"))
		begun = do_noise(n);
	else if (!strcmp(argv[1], "rate") && argc > 3)
		do_rate(n, strtoull(argv[3], NULL, 10));
	else if (!strcmp(argv[1], "sessions") && argc > 3)
		do_sessions(n, strtoull(argv[3], NULL, 10));
	else
		run(argv[1], n);
	ns = now_ns() - begun;
	made.ops = made.ops ? made.ops : n;
	made.exec++;
	made.exit++;
	printf("ns=%" PRIu64 " ops=%" PRIu64 " generate=%" PRIu64 " deliver=%" PRIu64
	       " fork=%" PRIu64 " exec=%" PRIu64 " exit=%" PRIu64 " conn=%" PRIu64 "\n",
	       ns, made.ops, made.generate, made.deliver, made.fork, made.exec, made.exit, made.conn);
	return 0;
}
