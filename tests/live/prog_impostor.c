/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_impostor [name]: looks like a part of sshd and is none. Its children lead sessions of their
 * own and have in their environment what sshd puts there. With "name" it calls itself sshd;
 * without, its file is to have that name.
 *
 * Prints "impostor=PID" when the first ones have come and gone and one is there to stay; makes more
 * of them at SIGUSR1, and ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(const char *first, const char *second, const char *third)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	dup2(null, 0);
	setenv("HOME", "/", 1); /* nobody's start-up files */
	setenv("SSH_CONNECTION", "192.0.2.1 4711 192.0.2.2 22", 1);
	setenv("SSH_TTY", "/dev/pts/99", 1);
	execl("/bin/sh", first, second, third, (char *)NULL);
	_exit(127);
}

static void children(void)
{
	for (int i = 0; i < 4; i++) {
		int pid = fork();

		/* two of them as grandchildren, like those of a connection's process */
		if (!pid && i >= 2) {
			setsid();
			pid = fork();
			if (pid) {
				waitpid(pid, NULL, 0);
				_exit(0);
			}
		}
		if (!pid && i & 1)
			child("-sh", NULL, NULL);
		if (!pid)
			child("sh", "-c", "exit 3");
		waitpid(pid, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	sigset_t set;
	int ready[2], sig;
	char c;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (argc > 1 && !strcmp(argv[1], "name"))
		prctl(PR_SET_NAME, "sshd");
	children();
	if (pipe(ready))
		return 1;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ready[1], 1);
		child("sh", "-c", "echo; kill -STOP $$");
	}
	if (read(ready[0], &c, 1) != 1)
		return 1;
	printf("impostor=%d\n", (int)getpid());
	fflush(stdout);
	sigwait(&set, &sig);
	children();
	return 0;
}
