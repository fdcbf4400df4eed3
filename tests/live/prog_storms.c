/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_storms FILE STATUS MODE=N..: prints "storms=PID", waits for SIGUSR2, does each MODE N times
 * and writes into FILE what it has made, itself and its children, from the SIGUSR2 to its own end:
 *
 *   generate=.. deliver=.. fork=.. exec=.. exit=..
 *
 * and then, if STATUS is a number, exits with it; else it calls itself "stormed" and waits to be
 * killed, which is not counted.
 *   ignored    signals to itself, ignored
 *   apart      the same, a millisecond one from the other
 *   handled    signals to itself, and their handler
 *   rt         real-time signals to itself, and their handler
 *   each       two processes send each other signals
 *   crowd      20 processes, at the same time, each N ignored signals and N handled ones
 *   unlike     signals of which no two are alike
 *   forks      children that exit
 *   execs      children that exec and exit
 *   bustle     20 processes, at the same time, each N children that exec and exit
 *   again      none: writes FILE, calls itself "again" and waits for one more SIGUSR2
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CROWD 20

/* Shared with the children. */
static struct made {
	atomic_long generate, deliver, fork, exec, exit;
} *made;

static const char *self, *path;
static sigset_t it; /* SIGUSR2 */

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void nothing(int sig)
{
	(void)sig;
}

static void send_self(int sig, long n)
{
	int me = getpid();

	for (long i = 0; i < n; i++)
		if (kill(me, sig))
			die("kill");
	made->generate += n;
}

static void do_ignored(long n)
{
	send_self(SIGURG, n);
}

static void do_apart(long n)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (; n; n--) {
		do_ignored(1);
		nanosleep(&ms, NULL);
	}
}

static void do_handled(long n)
{
	send_self(SIGUSR1, n);
	made->deliver += n;
}

static void do_rt(long n)
{
	send_self(SIGRTMIN, n);
	made->deliver += n;
}

static void do_unlike(long n)
{
	siginfo_t info = { .si_signo = SIGURG };

	info.si_pid = getpid();
	for (long i = 0; i < n; i++) {
		info.si_code = -1000 - (int)i;
		if (syscall(SYS_rt_sigqueueinfo, getpid(), SIGURG, &info))
			die("rt_sigqueueinfo");
	}
	made->generate += n;
}

/* 0 in the child. */
static int child(void)
{
	int pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* Its end is a SIGCHLD to this process. */
static void reap(int pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("a child");
	made->fork++;
	made->exit++;
	made->generate++;
}

static void do_each(long n)
{
	int me = getpid(), pid = child();

	for (long i = 0; i < n; i++)
		if (kill(pid ? pid : me, SIGURG))
			die("kill");
	made->generate += n;
	if (!pid)
		_exit(0);
	reap(pid);
}

/* CROWD processes that do this at the same time. */
static void at_once(void (*one)(long n), long n)
{
	int pids[CROWD];

	for (int i = 0; i < CROWD; i++) {
		pids[i] = child();
		if (pids[i])
			continue;
		one(n);
		_exit(0);
	}
	for (int i = 0; i < CROWD; i++)
		reap(pids[i]);
}

static void do_both(long n)
{
	do_ignored(n);
	do_handled(n);
}

static void do_crowd(long n)
{
	at_once(do_both, n);
}

static void do_forks(long n)
{
	while (n--) {
		int pid = child();

		if (!pid)
			_exit(0);
		reap(pid);
	}
}

static void do_execs(long n)
{
	while (n--) {
		int pid = child();

		if (!pid) {
			execl(self, self, (char *)NULL);
			_exit(1);
		}
		made->exec++;
		reap(pid);
	}
}

static void do_bustle(long n)
{
	at_once(do_execs, n);
}

static void tell(void)
{
	char line[200];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int n = snprintf(line, sizeof(line), "generate=%ld deliver=%ld fork=%ld exec=%ld exit=%ld\n",
			 made->generate, made->deliver, made->fork, made->exec, made->exit);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		die(path);
}

static void wait_for_it(void)
{
	int sig;

	sigwait(&it, &sig);
	made->generate++;
}

static void do_again(long n)
{
	(void)n;
	tell();
	prctl(PR_SET_NAME, "again");
	wait_for_it();
}

static const struct {
	const char *name;
	void (*run)(long n);
} modes[] = {
	{ "ignored", do_ignored }, { "handled", do_handled }, { "rt", do_rt },
	{ "each", do_each },	   { "crowd", do_crowd },     { "unlike", do_unlike },
	{ "forks", do_forks },	   { "execs", do_execs },     { "bustle", do_bustle },
	{ "again", do_again },	   { "apart", do_apart },
};

static void storm(const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strncmp(word, modes[i].name, len) && !modes[i].name[len]) {
			modes[i].run(atol(word + len + 1));
			return;
		}
	die(word);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };

	if (argc < 3)
		return 0;
	self = argv[0];
	path = argv[1];
	made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		die("mmap");
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	sigemptyset(&it);
	sigaddset(&it, SIGUSR2);
	sigprocmask(SIG_BLOCK, &it, NULL);
	printf("storms=%d\n", (int)getpid());
	fflush(stdout);
	wait_for_it();
	for (int i = 3; i < argc; i++)
		storm(argv[i]);
	if (*argv[2] >= '0' && *argv[2] <= '9') {
		made->exit++;
		tell();
		return atoi(argv[2]);
	}
	tell();
	prctl(PR_SET_NAME, "stormed");
	for (;;)
		pause();
}
