/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_signals MODE: sends itself signals by every way there is, and prints what is true of them,
 * for test_traps.
 *   ways     kill, sigqueue, pidfd_send_signal, real-time signals, timers
 *   fates    ignored, handled, blocked, already pending, no room for one more
 *   deaths   children die of each of several signals
 *   core     children dump core, if this machine lets them
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define say(...) dprintf(1, __VA_ARGS__)

static int me;
static volatile sig_atomic_t handled;

static void handler(int sig)
{
	handled = sig;
}

static void wait_handled(int sig)
{
	while (handled != sig)
		usleep(100);
	handled = 0;
}

/* `rest`: more members of the signal.generate, each with a comma in front. */
static void expect(const char *sig, int signo, const char *code, const char *origin,
		   const char *rest)
{
	say("then {\"type\":\"signal.generate\",\"sig\":\"%s\",\"signo\":%d,\"si_code\":%s,"
	    "\"origin\":\"%s\",\"target\":{\"tgid\":%d}%s}\n", sig, signo, code, origin, me, rest);
}

static void expect_deliver(const char *sig, const char *code)
{
	say("then {\"type\":\"signal.deliver\",\"tgid\":%d,\"pid\":%d,\"sig\":\"%s\","
	    "\"si_code\":%s,\"disposition\":\"handler\"}\n", me, me, sig, code);
}

/* ---- ways ---- */

static volatile int *volatile nowhere[1];
static char mine[128]; /* sent by this process, and seen to be so */

static void timers(void)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct itimerval real = { .it_value.tv_usec = 1000 };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4 };
	timer_t first, second;

	/* The second: the id of the first is 0, which stands where si_pid would. */
	if (timer_create(CLOCK_MONOTONIC, &ev, &first) ||
	    timer_create(CLOCK_MONOTONIC, &ev, &second))
		exit(99);
	signal(SIGRTMIN + 4, handler);
	signal(SIGALRM, handler);
	expect("SIGRTMIN+4", SIGRTMIN + 4, "\"SI_TIMER\"", "timer",
	       ",\"si_pid\":null,\"si_uid\":null");
	expect_deliver("SIGRTMIN+4", "\"SI_TIMER\"");
	timer_settime(second, 0, &soon, NULL);
	wait_handled(SIGRTMIN + 4);
	expect("SIGALRM", SIGALRM, "\"SI_KERNEL\"", "timer", ",\"si_pid\":null,\"group\":true");
	expect_deliver("SIGALRM", "\"SI_KERNEL\"");
	setitimer(ITIMER_REAL, &real, NULL);
	wait_handled(SIGALRM);
	expect("SIGALRM", SIGALRM, "\"SI_KERNEL\"", "timer", ",\"si_pid\":null,\"group\":true");
	expect_deliver("SIGALRM", "\"SI_KERNEL\"");
	alarm(1);
	wait_handled(SIGALRM);
}

static void ways(void)
{
	static const struct timespec none;
	siginfo_t info = { .si_code = -42 };
	int fd = (int)syscall(SYS_pidfd_open, me, 0), status, pid;
	sigset_t set;

	snprintf(mine, sizeof(mine), ",\"si_pid\":%d,\"si_uid\":%d,\"group\":true,\"tgid\":%d", me,
		 (int)getuid(), me);
	signal(SIGUSR1, handler);
	signal(SIGRTMIN + 3, handler);
	signal(SIGRTMAX, handler);
	expect("SIGUSR1", SIGUSR1, "\"SI_USER\"", "user", mine);
	expect_deliver("SIGUSR1", "\"SI_USER\"");
	kill(me, SIGUSR1);
	expect("SIGUSR1", SIGUSR1, "\"SI_QUEUE\"", "user", mine);
	expect_deliver("SIGUSR1", "\"SI_QUEUE\"");
	sigqueue(me, SIGUSR1, (union sigval){ .sival_int = 5 });
	expect("SIGUSR1", SIGUSR1, "\"SI_USER\"", "user", mine);
	expect_deliver("SIGUSR1", "\"SI_USER\"");
	syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0);
	expect("SIGRTMIN+3", 37, "\"SI_USER\"", "user", mine);
	expect_deliver("SIGRTMIN+3", "\"SI_USER\"");
	kill(me, SIGRTMIN + 3);
	expect("SIGRTMIN+30", 64, "\"SI_QUEUE\"", "user", mine);
	expect_deliver("SIGRTMIN+30", "\"SI_QUEUE\"");
	sigqueue(me, SIGRTMAX, (union sigval){ .sival_int = 0 });
	/* a code that nobody has a name for, and a sender that is made up */
	info.si_signo = SIGUSR1;
	info.si_pid = 123456;
	info.si_uid = 77;
	expect("SIGUSR1", SIGUSR1, "-42", "user", ",\"si_pid\":123456,\"si_uid\":77");
	expect_deliver("SIGUSR1", "-42");
	syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &info);
	timers();
	/* a fault, and the end of a child */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid) {
		**nowhere = 1;
		_exit(98);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		exit(97);
	say("then {\"type\":\"signal.generate\",\"sig\":\"SIGSEGV\",\"si_code\":\"SEGV_MAPERR\","
	    "\"origin\":\"kernel\",\"si_pid\":null,\"group\":false,\"tgid\":%d,"
	    "\"target\":{\"tgid\":%d}}\n", pid, pid);
	snprintf(mine, sizeof(mine), ",\"si_pid\":%d,\"tgid\":%d,\"group\":true", pid, pid);
	expect("SIGCHLD", SIGCHLD, WCOREDUMP(status) ? "\"CLD_DUMPED\"" : "\"CLD_KILLED\"", "child",
	       mine);
	sigtimedwait(&set, NULL, &none);
}

/* ---- fates ---- */

static void fate(int sig, const char *name, const char *result, const char *disposition,
		 const char *is_blocked)
{
	char rest[256];

	snprintf(rest, sizeof(rest),
		 ",\"result\":\"%s\",\"disposition\":\"%s\",\"blocked\":%s,\"si_pid\":%d", result,
		 disposition, is_blocked, me);
	expect(name, sig, "\"SI_USER\"", "user", rest);
	kill(me, sig);
}

static void fates(void)
{
	struct rlimit none = { 0, 0 };
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	fate(SIGUSR1, "SIGUSR1", "ignored", "ignore", "false");
	say("0 {\"type\":\"signal.deliver\",\"sig\":\"SIGUSR1\"}\n");
	fate(SIGWINCH, "SIGWINCH", "ignored", "default", "false");
	say("0 {\"type\":\"signal.deliver\",\"sig\":\"SIGWINCH\"}\n");
	signal(SIGUSR2, handler);
	fate(SIGUSR2, "SIGUSR2", "delivered", "handler", "false");
	expect_deliver("SIGUSR2", "\"SI_USER\"");
	wait_handled(SIGUSR2);
	signal(SIGTERM, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* blocked */
	fate(SIGTERM, "SIGTERM", "delivered", "handler", "true");
	fate(SIGTERM, "SIGTERM", "already_pending", "handler", "true");
	fate(SIGHUP, "SIGHUP", "delivered", "default", "true");
	/* the kernel keeps what is ignored and blocked: it may be caught by then */
	fate(SIGUSR1, "SIGUSR1", "delivered", "ignore", "true");
	/* of real-time signals each one counts */
	fate(SIGRTMIN, "SIGRTMIN", "delivered", "default", "true");
	fate(SIGRTMIN, "SIGRTMIN", "delivered", "default", "true");
	/* __send_signal_locked(): no room is an error for sigqueue(3), a loss for kill(2) */
	setrlimit(RLIMIT_SIGPENDING, &none);
	expect("SIGRTMIN+1", SIGRTMIN + 1, "\"SI_QUEUE\"", "user",
	       ",\"result\":\"overflow_fail\",\"blocked\":true");
	if (!sigqueue(me, SIGRTMIN + 1, (union sigval){ .sival_int = 0 }) || errno != EAGAIN)
		exit(96);
	fate(SIGRTMIN + 1, "SIGRTMIN+1", "lose_info", "default", "true");
}

/* ---- deaths ---- */

static const struct {
	int sig;
	const char *name;
} killers[] = {
	{ SIGHUP, "SIGHUP" },	{ SIGINT, "SIGINT" },	{ SIGQUIT, "SIGQUIT" },
	{ SIGILL, "SIGILL" },	{ SIGABRT, "SIGABRT" }, { SIGBUS, "SIGBUS" },
	{ SIGKILL, "SIGKILL" }, { SIGUSR1, "SIGUSR1" }, { SIGSEGV, "SIGSEGV" },
	{ SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" }, { SIGTERM, "SIGTERM" },
	{ SIGSYS, "SIGSYS" },	{ 33, "SIG33" },	{ 37, "SIGRTMIN+3" },
	{ 64, "SIGRTMIN+30" },
};

#define NKILLERS (sizeof(killers) / sizeof(*killers))

/* The number of core files. */
static int deaths(void)
{
	int status, cores = 0;

	for (size_t i = 0; i < NKILLERS; i++) {
		int pid = fork();

		if (!pid) {
			syscall(SYS_kill, getpid(), killers[i].sig);
			_exit(95);
		}
		if (waitpid(pid, &status, 0) != pid || WTERMSIG(status) != killers[i].sig)
			exit(94);
		cores += !!WCOREDUMP(status);
		say("then {\"type\":\"task.exit\",\"tgid\":%d,\"exit_code\":%d,\"status\":null,"
		    "\"signal\":\"%s\",\"core\":%s}\n", pid, status, killers[i].name,
		    WCOREDUMP(status) ? "true" : "false");
		say("1 {\"type\":\"task.exit\",\"tgid\":%d}\n", pid);
	}
	for (int code = 0; code < 256; code += 51) {
		int pid = fork();

		if (!pid)
			_exit(code);
		if (waitpid(pid, &status, 0) != pid)
			exit(93);
		say("then {\"type\":\"task.exit\",\"tgid\":%d,\"exit_code\":%d,\"status\":%d,"
		    "\"signal\":null,\"core\":false}\n", pid, status, code);
	}
	return cores;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void core(const char *dir)
{
	struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	char path[600], pattern[256] = "";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re");

	if (f && !fgets(pattern, sizeof(pattern), f))
		pattern[0] = '\0';
	if (f)
		fclose(f);
	pattern[strcspn(pattern, "\n")] = '\0';
	/* a core file lies where the process is, unless the pattern says otherwise */
	snprintf(path, sizeof(path), "%s/cores", dir);
	if (mkdir(path, 0700) || chdir(path))
		exit(92);
	if (setrlimit(RLIMIT_CORE, &any))
		say("skip: RLIMIT_CORE cannot be raised: %s\n", strerror(errno));
	else if (strchr(pattern, '/') && *pattern != '|')
		say("skip: cores would go to %s, which is not ours\n", pattern);
	else if (!deaths())
		say("skip: this machine writes no core (core_pattern \"%s\")\n", pattern);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whoever started us may ignore or block some, make does; glibc's own two it does not let us touch. */
static void all_default(void)
{
	unsigned long none = 0;
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} dfl = { 0 };

	for (int sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, &dfl, NULL, sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct rlimit none = { 0, RLIM_INFINITY };

	me = getpid();
	all_default();
	setrlimit(RLIMIT_CORE, &none);
	if (!strcmp(mode, "ways"))
		ways();
	else if (!strcmp(mode, "fates"))
		fates();
	else if (!strcmp(mode, "deaths"))
		deaths();
	else if (!strcmp(mode, "core") && argc > 2)
		core(argv[2]);
	else
		return 2;
	return 0;
}
