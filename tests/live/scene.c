/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions that tests of several servers begin with. */
#include "live/live.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client *live_sleeper(struct live *l, const struct throwaway *to, const char *server,
			    int *pid, int *session)
{
	struct client *c = live_ssh_to(l, to, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	json_t *open;

	*pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", *pid, "comm", "sleep");
	open = live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:n, s:b}", "type", "session.open", "tgid",
			   *pid, "server", server, "user", to->user, "request", "exec", "pty",
			   "preexisting", 0);
	*session = live_int(l, open, "session");
	return c;
}

static int loopback(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(*port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(*port ? connect(fd, (void *)&a, len) : bind(fd, (void *)&a, len), 0);
	getsockname(fd, (void *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

struct client *live_forward(struct live *l)
{
	struct pollfd p = { .events = POLLIN };
	char forward[64], banner[4] = "";
	struct client *c;
	uint16_t port = 0;

	close(loopback(&port));
	snprintf(forward, sizeof(forward), "%u:127.0.0.1:%u", port, l->server.port);
	c = live_ssh(l, CLIENT_PLAIN,
		     ARGS("-N", "-L", forward, "-o", "PermitLocalCommand=yes", "-o",
			  "LocalCommand=echo up"));
	assert_int_equal(client_expect(c, "up", EVENT_MS), 0);
	p.fd = loopback(&port);
	assert_int_equal(poll(&p, 1, EVENT_MS), 1);
	assert_int_equal(read(p.fd, banner, 4), 4);
	assert_memory_equal(banner, "SSH-", 4);
	close(p.fd);
	return c;
}
