/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_left MODE [STATUS]: a command that leaves somebody behind, or does not. A survivor ends when
 * the other end of the pipe LEFT_FD is closed: the test has it.
 *   well       a child that ends first
 *   zombie     a child that ends first, and is never waited for
 *   double     a grandchild, by a double fork
 *   setsid     the same in a session of its own
 *   daemon     the same, forked once more, with its streams on /dev/null
 *   subreaper  a grandchild that was adopted by this process's child
 *   dying      a grandchild that is killed in the moment in which this process ends
 *   server     sends SIGTERM to a child that ends of it; deaf: to one that ignores it
 *   runner     waits for SIGINT, and for a child that ends of it; leaky: for none that ignores it
 *   storm      sends itself 10000 signals, no two alike, while its tracer, which is its parent, is
 *              stopped
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready[2];

/* Lives until stdin's writers are gone, once its parent knows that it is there. */
static void survive(const char *name)
{
	const char *number = getenv("LEFT_FD");
	int fd = number ? atoi(number) : 0;
	char c;

	prctl(PR_SET_NAME, name);
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	while (read(fd, &c, 1) > 0)
		;
	_exit(0);
}

static void wait_ready(void)
{
	char c;

	if (read(ready[0], &c, 1) != 1)
		_exit(2);
}

static void end(int pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		;
}

/* A child of a child that has ended: whoever reaps adopts it. Its pid. */
static int twice(int own_session, int once_more)
{
	int tell[2], pid = 0, middle;

	if (pipe(tell))
		_exit(3);
	middle = fork();
	if (!middle) {
		if (own_session && setsid() < 0)
			_exit(4);
		pid = fork();
		if (!pid && once_more) {
			pid = fork();
			if (pid)
				_exit(0);
		}
		if (!pid) {
			if (once_more) {
				int null = open("/dev/null", O_RDWR);

				dup2(null, 1);
				dup2(null, 2);
			}
			survive("left");
		}
		if (write(tell[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(5);
		_exit(0);
	}
	if (read(tell[0], &pid, sizeof(pid)) != sizeof(pid))
		_exit(6);
	end(middle);
	wait_ready();
	return pid;
}

static void subreaper(void)
{
	int tell = ready[1], pid = fork();

	if (!pid) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		prctl(PR_SET_NAME, "reaper");
		/* a pipe of its own: ours would take the byte that it waits for */
		if (pipe(ready))
			_exit(1);
		twice(0, 0);
		ready[1] = tell;
		survive("reaper");
	}
	wait_ready();
}

static void zombie(void)
{
	siginfo_t info;
	int pid = fork();

	if (!pid)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	/* it stays a zombie of ours until we have ended, and then of who adopts it */
}

static void server(int deaf)
{
	int pid = fork();

	if (!pid) {
		if (deaf)
			signal(SIGTERM, SIG_IGN);
		survive("server");
	}
	wait_ready();
	kill(pid, SIGTERM);
	if (!deaf)
		end(pid);
}

static volatile sig_atomic_t interrupted;

static void on_int(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void runner(int leaky)
{
	struct sigaction act = {.sa_handler = on_int};
	sigset_t set, old;
	int pid;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (!pid) {
		if (leaky)
			signal(SIGINT, SIG_IGN);
		sigprocmask(SIG_SETMASK, &old, NULL);
		survive("test");
	}
	sigaction(SIGINT, &act, NULL);
	wait_ready();
	printf("running\n");
	fflush(stdout);
	while (!interrupted)
		sigsuspend(&old);
	if (!leaky)
		end(pid);
}

/* No two of them alike: those would be counted, and none lost. */
static void storm(void)
{
	siginfo_t info = {.si_signo = SIGURG};

	kill(getppid(), SIGSTOP);
	for (int i = 0; i < 10000; i++) {
		info.si_code = -1000 - i;
		syscall(SYS_rt_sigqueueinfo, getpid(), SIGURG, &info);
	}
	kill(getppid(), SIGCONT);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (pipe(ready))
		return 9;
	if (!strcmp(mode, "well")) {
		int pid = fork();

		if (!pid)
			_exit(0);
		end(pid);
	} else if (!strcmp(mode, "zombie")) {
		zombie();
	} else if (!strcmp(mode, "double")) {
		twice(0, 0);
	} else if (!strcmp(mode, "setsid")) {
		twice(1, 0);
	} else if (!strcmp(mode, "daemon")) {
		twice(1, 1);
	} else if (!strcmp(mode, "subreaper")) {
		subreaper();
	} else if (!strcmp(mode, "dying")) {
		kill(twice(0, 0), SIGKILL);
	} else if (!strcmp(mode, "server")) {
		server(0);
	} else if (!strcmp(mode, "deaf")) {
		server(1);
	} else if (!strcmp(mode, "runner")) {
		runner(0);
	} else if (!strcmp(mode, "storm")) {
		storm();
	} else if (!strcmp(mode, "leaky")) {
		runner(1);
	} else {
		return 2;
	}
	return argc > 2 ? atoi(argv[2]) : 0;
}
