/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

static int loopback(uint16_t port, int (*how)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && how(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* 0: carried some; -1: EOF or error. */
static int carry(int from, int to)
{
	char chunk[16384];
	ssize_t n = read(from, chunk, sizeof(chunk)), done = 0;

	while (done < n) {
		ssize_t w = send(to, chunk + done, (size_t)(n - done), MSG_NOSIGNAL);

		if (w < 0)
			return -1;
		done += w;
	}
	return n > 0 ? 0 : -1;
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void run(int listener, uint16_t to_port, int control)
{
	int client = accept(listener, NULL, NULL), server = loopback(to_port, connect);
	struct pollfd p[] = { { .fd = control, .events = POLLIN },
			      { .fd = client, .events = POLLIN },
			      { .fd = server, .events = POLLIN } };
	char c;

	while (client >= 0 && server >= 0 && poll(p, 3, -1) > 0) {
		if (p[0].revents) {
			if (read(control, &c, 1) != 1)
				return;
			if (c == 'r') {
				reset(server);
				reset(client);
				return;
			}
			p[1].fd = p[2].fd = -1; /* 'f' */
			continue;
		}
		if ((p[1].revents && carry(client, server) < 0) ||
		    (p[2].revents && carry(server, client) < 0))
			return;
	}
}

int relay_start(struct relay *r, uint16_t to_port)
{
	int control[2] = { -1, -1 }, listener = loopback(0, bind);
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	pid_t parent = getpid();

	if (listener < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (void *)&a, &len) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0)
		goto failed;
	r->pid = fork();
	if (r->pid < 0)
		goto failed;
	if (!r->pid) {
		proc_plain_child(parent, SIGKILL);
		close(control[0]);
		run(listener, to_port, control[1]);
		_exit(0);
	}
	close(listener);
	close(control[1]);
	r->control = control[0];
	r->port = ntohs(a.sin_port);
	return 0;
failed:
	for (int i = 0; i < 2; i++)
		if (control[i] >= 0)
			close(control[i]);
	if (listener >= 0)
		close(listener);
	r->pid = 0;
	return -1;
}

int relay_reset(struct relay *r)
{
	int status;

	if (send(r->control, "r", 1, MSG_NOSIGNAL) != 1 || proc_wait(r->pid, &status, 5000) < 0)
		return -1;
	close(r->control);
	r->pid = 0;
	return 0;
}

int relay_freeze(struct relay *r)
{
	return send(r->control, "f", 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

void relay_end(struct relay *r)
{
	int status;

	if (r->pid <= 0)
		return;
	proc_kill(r->pid, &status);
	close(r->control);
	r->pid = 0;
}
