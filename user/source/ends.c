/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/ends.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

/* The inode number of the pipe that a descriptor of tgid is, 0: it is none. */
static uint64_t pipe_of(int proc, uint32_t tgid, const char *name)
{
	char path[64], to[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%u/fd/%.16s", tgid, name);
	n = readlinkat(proc, path, to, sizeof(to) - 1);
	if (n < 0)
		return 0;
	to[n] = '\0';
	return strncmp(to, "pipe:[", 6) ? 0 : strtoull(to + 6, NULL, 10);
}

static DIR *open_fds(int proc, uint32_t tgid)
{
	char path[32];
	DIR *fds;
	int fd;

	snprintf(path, sizeof(path), "%u/fd", tgid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds = fd < 0 ? NULL : fdopendir(fd);
	if (!fds && fd >= 0)
		close(fd);
	return fds;
}

/* One that has exited, and was not waited for, has no descriptors at all. */
static uint32_t look_at_server(int proc, const struct ends *e)
{
	DIR *fds = open_fds(proc, e->server);
	struct dirent *d;
	uint32_t ends = 0;

	while (fds && (d = readdir(fds))) {
		uint64_t pipe;

		if (d->d_name[0] == '.')
			continue;
		ends |= WIRE_ENDS_KNOWN;
		pipe = pipe_of(proc, e->server, d->d_name);
		if (pipe == e->pipe[0])
			ends |= WIRE_ENDS_STDIN;
		if (pipe == e->pipe[1])
			ends |= WIRE_ENDS_STDOUT;
	}
	if (fds)
		closedir(fds);
	return ends;
}

uint32_t ends_look(int proc, const struct ends *e)
{
	uint32_t ends = look_at_server(proc, e);

	if (!ends)
		return 0;
	for (size_t i = 0; i < e->n; i++)
		if (pipe_of(proc, e->tgids[i], "1") == e->pipe[1] ||
		    pipe_of(proc, e->tgids[i], "2") == e->pipe[1])
			return ends | WIRE_ENDS_USED;
	return ends;
}
