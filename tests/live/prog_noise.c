/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_noise: prints "noise=PID", then forks, execs, signals and dies as fast as is polite. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	(void)argc;
	if (argv[1] && !strcmp(argv[1], "child"))
		return raise(SIGTERM);
	signal(SIGUSR1, nothing);
	printf("noise=%d\n", (int)getpid());
	fflush(stdout);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			execl("/proc/self/exe", "prog_noise", "child", (char *)NULL);
			_exit(127);
		}
		kill(getpid(), SIGUSR1);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		usleep(1000); /* it shares the machine */
	}
}
