/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP connections that a process has: /proc/net/tcp and tcp6 of some network namespaces. */
#include <stdlib.h>
#include <sys/socket.h>

#include "source/procscan.h"
#include "source/procscan_file.h"

#define MAX_TABLE (256u << 20)
#define TCP_LISTEN 10 /* include/net/tcp_states.h */
#define TIMER_RETRANSMIT 1 /* get_tcp4_sock(), net/ipv4/tcp_ipv4.c */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void procscan_net(struct procscan_nets *nets, int dir)
{
	struct procscan_net *net = &nets->net[nets->n];
	struct stat st;

	if (fstatat(dir, "ns/net", &st, 0)) {
		nets->failed |= procscan_refused(errno);
		return;
	}
	for (size_t i = 0; i < nets->n; i++)
		if (nets->net[i].ino == st.st_ino)
			return;
	if (nets->n == COUNT(nets->net)) {
		nets->failed = true;
		return;
	}
	net->ino = st.st_ino;
	net->tcp = openat(dir, "net/tcp", O_RDONLY | O_CLOEXEC);
	net->tcp6 = openat(dir, "net/tcp6", O_RDONLY | O_CLOEXEC); /* absent without IPv6 */
	if (net->tcp < 0)
		nets->failed = true;
	nets->n++;
}

/* Words of the address in the host's byte order, %08X each: net/ipv4/tcp_ipv4.c. */
static void set_addr(struct procinfo_addr *a, const char *hex, unsigned port)
{
	size_t words = strlen(hex) / 8;

	memset(a, 0, sizeof(*a));
	a->family = words == 4 ? AF_INET6 : AF_INET;
	a->port = port;
	for (size_t i = 0; i < words && i < 4; i++) {
		char one[9] = "";
		uint32_t word;

		memcpy(one, hex + 8 * i, 8);
		word = strtoul(one, NULL, 16);
		memcpy(a->addr + 4 * i, &word, 4);
	}
	procinfo_unmap(a);
}

/* A socket that no process has any more (TIME_WAIT, FIN_WAIT1 ..) has inode 0. */
static bool parse(const char *line, struct procinfo_conn *c)
{
	unsigned local_port, peer_port, state, timer, resent;
	char local[33], peer[33];
	unsigned long inode;

	if (sscanf(line, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %x:%*s %x %*u %*u %lu", local,
		   &local_port, peer, &peer_port, &state, &timer, &resent, &inode) != 8)
		return false;
	if (!inode || state == TCP_LISTEN)
		return false;
	set_addr(&c->local, local, local_port);
	set_addr(&c->peer, peer, peer_port);
	c->unanswered = timer == TIMER_RETRANSMIT ? resent : 0;
	return true;
}

static int add_table(struct procinfo_scan *s, size_t *cap, const char *line)
{
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (s->nconns == *cap) {
			size_t more = *cap ? 2 * *cap : 64;
			struct procinfo_conn *c = realloc(s->conns, more * sizeof(*c));

			if (!c)
				return -1;
			s->conns = c;
			*cap = more;
		}
		s->nconns += parse(line, &s->conns[s->nconns]);
	}
	return 0;
}

int procscan_conns(struct procinfo_scan *s, struct procscan_nets *nets, struct buf *b)
{
	size_t cap = 0;
	int r = 0;

	for (size_t i = 0; i < 2 * nets->n; i++) {
		int fd = i % 2 ? nets->net[i / 2].tcp6 : nets->net[i / 2].tcp;

		if (fd < 0)
			continue;
		if (procscan_fd(fd, MAX_TABLE, b))
			nets->failed = true;
		else
			r |= add_table(s, &cap, buf_cstr(b));
	}
	if (s->nconns)
		qsort(s->conns, s->nconns, sizeof(*s->conns), procinfo_conn_cmp);
	s->conns_known = !nets->failed;
	return r;
}
