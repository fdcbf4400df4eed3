/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_storm N: prints "storm=PID", waits for SIGUSR2, sends itself N times SIGURG, which is
 * ignored, and no two of them alike; calls itself "stormed" and waits to be killed. SIGUSR1 is
 * ignored as well.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;
	int me = getpid(), sig;
	siginfo_t info = { .si_signo = SIGURG };
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("storm=%d\n", me);
	fflush(stdout);
	sigwait(&set, &sig);
	info.si_pid = me;
	while (n--) {
		info.si_code = -1000 - (int)n;
		syscall(SYS_rt_sigqueueinfo, me, SIGURG, &info);
	}
	prctl(PR_SET_NAME, "stormed");
	for (;;)
		pause();
}
