/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_pretender COMM CONNECTION: does all that makes a process an ssh server, on a port of its own,
 * with a client of its own. It calls itself COMM; its session's first program finds SSH_CONNECTION=
 * CONNECTION ("ff": 4 KiB of 0xff) and names that nobody should print. Prints "pretender=PID root=PID
 * port=N peer=N" and waits for SIGUSR1; then the client goes, the command stays, the server ends.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVIL "\033]0;owned\007\n\xe2\x80\xae\xff\xc2\x9b"

static int bound(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (s < 0 || bind(s, (struct sockaddr *)a, len) || getsockname(s, (struct sockaddr *)a, &len))
		_exit(90);
	return s;
}

/* On a terminal that it leads, as a login shell. */
static void command(const char *connection, int say)
{
	static char ff[4097];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char name[64];

	if (!strcmp(connection, "ff"))
		connection = memset(ff, 0xff, sizeof(ff) - 1);
	setsid();
	if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof(name)))
		_exit(91);
	/* whom the kernel puts before the leader in the list of the session */
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	slave = open(name, O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0))
		_exit(92);
	fcntl(master, F_SETFD, 0); /* else the terminal hangs up at the exec */
	dup2(slave, 0);
	setenv("SSH_CONNECTION", connection, 1);
	setenv("SSH_TTY", EVIL, 1);
	signal(SIGHUP, SIG_IGN);
	dup2(say, 1);
	dup2(open("/dev/null", O_WRONLY), 2); /* it complains in its own name */
	execl("/bin/sh", "-" EVIL, "-c", ": " EVIL "\n$0 $0; echo; exec 1>&2; while sleep 1; do :; done",
	      EVIL, (char *)NULL);
	_exit(93);
}

int main(int argc, char **argv)
{
	struct sockaddr_in server, client;
	int listener = bound(&server), peer = bound(&client), ready[2], conn, root, serves, sig;
	sigset_t set;
	char c;

	if (argc < 3 || pipe(ready))
		return 2;
	prctl(PR_SET_NAME, argv[1]);
	if (listen(listener, 4))
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (connect(peer, (struct sockaddr *)&server, sizeof(server)))
		return 3;
	conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (conn < 0)
		return 4;
	/* a process of the connection, as sshd has one, and its child */
	serves = fork();
	if (!serves) {
		close(peer);
		close(listener);
		root = fork();
		if (!root)
			command(argv[2], ready[1]);
		if (read(ready[0], &c, 1) != 1)
			_exit(94);
		printf("pretender=%d root=%d port=%d peer=%d\n", (int)getppid(), root,
		       ntohs(server.sin_port), ntohs(client.sin_port));
		fflush(stdout);
		while (read(conn, &c, 1) > 0)
			;
		_exit(0);
	}
	close(conn);
	sigwait(&set, &sig);
	shutdown(peer, SHUT_RDWR);
	close(peer);
	waitpid(serves, NULL, 0);
	return 0;
}
