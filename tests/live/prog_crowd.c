/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More of everything than anybody expects. Prints "crowd=PID" when it is there.
 *   many N      forks N processes, which wait to be killed, and ends behind them
 *   listen N COMM  calls itself COMM and listens on N TCP ports of 127.0.0.1
 *   bomb        at SIGUSR2 it and all its children fork until they are refused, for ever
 *   reuse N     N processes, one after the other, have one pid; the last one waits to be killed.
 *               Needs clone3(2) with set_tid; prints "reuse=PID" then
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void here(void)
{
	printf("crowd=%d\n", (int)getpid());
	fflush(stdout);
}

static int many(int n)
{
	for (int i = 0; i < n; i++) {
		int pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			for (;;)
				pause();
	}
	signal(SIGTERM, SIG_IGN);
	here();
	while (wait(NULL) > 0)
		;
	return 0;
}

static int listen_on(int n, const char *comm)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rlimit most = { (rlim_t)n + 64, (rlim_t)n + 64 };

	if (setrlimit(RLIMIT_NOFILE, &most))
		return 1;
	prctl(PR_SET_NAME, comm);
	for (int i = 0; i < n; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0);

		if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
			return 1;
	}
	here();
	for (;;)
		pause();
}

static int bomb(void)
{
	sigset_t set;
	int sig, me;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	me = getpid();
	setpriority(PRIO_PROCESS, 0, 10); /* it is to be watched, not to win */
	here();
	sigwait(&set, &sig);
	/* who is refused goes, so that it never comes to rest */
	for (;;)
		if (fork() < 0 && getpid() != me)
			_exit(1);
}

static int fork_as(int pid)
{
	pid_t want = pid;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&want,
		.set_tid_size = 1,
	};

	return (int)syscall(SYS_clone3, &args, sizeof(args));
}

static int reuse(int n)
{
	int first = fork(), status;

	for (int i = 0; i < n; i++) {
		char word[16];
		int pid = i ? fork_as(first) : first;

		if (pid < 0) {
			printf("reuse=0 errno=%d\n", errno);
			fflush(stdout);
			return 1;
		}
		snprintf(word, sizeof(word), "%d", i);
		if (!pid) {
			execl("/proc/self/exe", "prog_crowd", i + 1 < n ? "exit" : "stay", word,
			      (char *)NULL);
			_exit(127);
		}
		if (i + 1 < n && waitpid(pid, &status, 0) != pid)
			return 1;
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(mode, "many"))
		return many(n);
	if (!strcmp(mode, "listen") && argc > 3)
		return listen_on(n, argv[3]);
	if (!strcmp(mode, "bomb"))
		return bomb();
	if (!strcmp(mode, "reuse"))
		return reuse(n);
	if (!strcmp(mode, "exit"))
		return n;
	if (strcmp(mode, "stay"))
		return 2;
	printf("reuse=%d\n", (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}
