/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_hold [MODE..]: takes its modes, prints "hold=PID" and waits to be killed.
 *   ignore  SIGINT is ignored            block    SIGINT is blocked
 *   handle  a handler prints "handled"   quit     a handler exits with 0
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void handle(int sig)
{
	static const char text[] = "handled\n";

	(void)sig;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(1);
}

static void quit(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "ignore"))
			signal(SIGINT, SIG_IGN);
		else if (!strcmp(argv[i], "handle"))
			signal(SIGINT, handle);
		else if (!strcmp(argv[i], "quit"))
			signal(SIGINT, quit);
		else if (!strcmp(argv[i], "block"))
			sigaddset(&set, SIGINT);
		else
			return 2;
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("hold=%d\n", (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}
