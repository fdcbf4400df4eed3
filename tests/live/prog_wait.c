/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_wait MODE: takes SIGINT, or does not, in a way of its own; prints "wait=PID" when it is ready.
 *   sigwait   waits for it in sigwait(3), again and again
 *   leave     the same, and exits with 3 after the first
 *   other     the leader blocks it, another thread waits for it in sigwait(3)
 *   signalfd  blocks it and reads it from a signalfd(2)
 *   thread    the leader blocks it, another thread has it open; a handler
 *   vfork     is in vfork(2), its child waits; SIGINT as it is by default
 *   vhandle   the same with a handler
 *   setpgid   leaves the process group behind its exec
 *   setsid    leaves the session behind its exec
 *   inner     ignores it; a child on a terminal of its own execs sleep 1001
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t set;

static void handle(int sig)
{
	(void)sig;
}

static void ready(void)
{
	printf("wait=%d\n", (int)getpid());
	fflush(stdout);
}

static void *take(void *leave)
{
	int sig;

	for (;;)
		if (!sigwait(&set, &sig) && leave)
			exit(3);
	return NULL;
}

static void read_fd(void)
{
	struct signalfd_siginfo info;
	int fd = signalfd(-1, &set, SFD_CLOEXEC);

	ready();
	while (read(fd, &info, sizeof(info)) > 0)
		;
}

static void *rest(void *open)
{
	if (open)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (;;)
		pause();
	return NULL;
}

static void thread(void *(*f)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, f, arg))
		exit(1);
	ready();
	rest(NULL);
}

/* Its child ignores the signal; a write(2) of the child is what tells that the parent waits. */
static void borrow(void)
{
	static char text[32];
	int n = snprintf(text, sizeof(text), "wait=%d\n", (int)getpid());

	if (!vfork()) {
		signal(SIGINT, SIG_IGN);
		if (write(1, text, (size_t)n) < 0)
			_exit(1);
		for (;;)
			pause();
	}
}

/* As script(1) and tmux(1) do: the first terminal that a session's leader opens is its own. */
static void hold_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || grantpt(master) || unlockpt(master))
		exit(1);
	if (!fork()) {
		if (setsid() < 0 || open(ptsname(master), O_RDWR) < 0)
			_exit(1);
		execlp("sleep", "sleep", "1001", NULL);
		_exit(1);
	}
	signal(SIGINT, SIG_IGN);
	ready();
	rest(NULL);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (!strcmp(mode, "thread") || !strcmp(mode, "vhandle"))
		signal(SIGINT, handle);
	if (!strcmp(mode, "vfork") || !strcmp(mode, "vhandle"))
		borrow();
	if (!strcmp(mode, "inner"))
		hold_terminal();
	if (!strcmp(mode, "setpgid") || !strcmp(mode, "setsid")) {
		if (*(mode + 3) == 'p' ? setpgid(0, 0) : setsid() < 0)
			return 1;
		ready();
		rest(NULL);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!strcmp(mode, "sigwait") || !strcmp(mode, "leave")) {
		ready();
		take(!strcmp(mode, "leave") ? &set : NULL);
	} else if (!strcmp(mode, "other")) {
		thread(take, NULL);
	} else if (!strcmp(mode, "signalfd")) {
		read_fd();
	} else if (!strcmp(mode, "thread")) {
		thread(rest, &set);
	}
	return 2;
}
