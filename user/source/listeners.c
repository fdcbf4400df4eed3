/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/listeners.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN 10 /* include/net/tcp_states.h */

struct found {
	struct listener *out;
	size_t most;
	size_t n;
};

/* The port on which the socket listens, as the process's own network namespace tells it; 0: not. */
static uint16_t port_of(uint32_t tgid, unsigned long inode)
{
	static const char *const tables[] = { "tcp", "tcp6" };
	unsigned port, state, found = 0;
	char path[64], line[512];
	unsigned long is;

	for (size_t i = 0; i < 2 && !found; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%u/net/%s", tgid, tables[i]);
		f = fopen(path, "re");
		while (f && !found && fgets(line, sizeof(line), f))
			if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*u %*u %lu",
				   &port, &state, &is) == 3 &&
			    is == inode && state == TCP_LISTEN)
				found = port;
		if (f)
			fclose(f);
	}
	return (uint16_t)found;
}

static void add(struct found *f, uint32_t tgid, const char *comm, uint16_t port)
{
	struct listener *l = &f->out[f->n];
	char path[64];
	ssize_t len;

	for (size_t i = 0; i < f->n; i++)
		if (f->out[i].tgid == tgid && f->out[i].port == port)
			return;
	if (f->n == f->most)
		return;
	memset(l, 0, sizeof(*l));
	l->tgid = tgid;
	l->port = port;
	snprintf(l->comm, sizeof(l->comm), "%s", comm);
	snprintf(path, sizeof(path), "/proc/%u/exe", tgid);
	len = readlink(path, l->exe, sizeof(l->exe) - 1);
	l->exe[len > 0 ? len : 0] = '\0';
	f->n++;
}

/* false: its descriptors may not be read. */
static bool look_into(struct found *f, uint32_t tgid, const char *comm)
{
	char path[64], to[64];
	struct dirent *d;
	unsigned long inode;
	uint16_t port;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%u/fd", tgid);
	fds = opendir(path);
	if (!fds)
		return false;
	while ((d = readdir(fds))) {
		ssize_t n = readlinkat(dirfd(fds), d->d_name, to, sizeof(to) - 1);

		to[n > 0 ? n : 0] = '\0';
		if (sscanf(to, "socket:[%lu]", &inode) == 1 && (port = port_of(tgid, inode)))
			add(f, tgid, comm, port);
	}
	closedir(fds);
	return true;
}

static bool comm_of(const char *tgid, char comm[16])
{
	char path[64];
	FILE *f;
	bool read;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", tgid);
	f = fopen(path, "re");
	if (!f)
		return false;
	read = fgets(comm, 16, f) != NULL;
	fclose(f);
	comm[read ? strcspn(comm, "\n") : 0] = '\0';
	return read;
}

size_t listeners_find(bool (*is)(const char *comm), struct listener *out, size_t most,
		      size_t *unread)
{
	struct found f = {.out = out, .most = most};
	DIR *proc = opendir("/proc");
	struct dirent *d;
	char comm[16];

	*unread = 0;
	while (proc && (d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]) && comm_of(d->d_name, comm) && is(comm) &&
		    !look_into(&f, (uint32_t)strtoul(d->d_name, NULL, 10), comm))
			++*unread;
	if (proc)
		closedir(proc);
	return f.n;
}
