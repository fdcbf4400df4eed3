/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/ends.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

/* The inode number of the pipe that the link names, 0: it is none. */
static uint64_t pipe_of(int dir, const char *name)
{
	char to[64];
	ssize_t n = readlinkat(dir, name, to, sizeof(to) - 1);

	if (n < 0)
		return 0;
	to[n] = '\0';
	return strncmp(to, "pipe:[", 6) ? 0 : strtoull(to + 6, NULL, 10);
}

static DIR *open_fds(uint32_t tgid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/fd", tgid);
	return opendir(path);
}

/* One that has exited, and was not waited for, has no descriptors at all. */
static uint32_t look_at_server(const struct ends *e)
{
	DIR *fds = open_fds(e->server);
	struct dirent *d;
	uint32_t ends = 0;

	while (fds && (d = readdir(fds))) {
		uint64_t pipe = d->d_name[0] == '.' ? 0 : pipe_of(dirfd(fds), d->d_name);

		if (d->d_name[0] != '.')
			ends |= WIRE_ENDS_KNOWN;
		if (pipe == e->pipe[0])
			ends |= WIRE_ENDS_STDIN;
		if (pipe == e->pipe[1])
			ends |= WIRE_ENDS_STDOUT;
	}
	if (fds)
		closedir(fds);
	return ends;
}

static bool has_stdout(uint32_t tgid, uint64_t pipe)
{
	DIR *fds = open_fds(tgid);
	bool has = fds && (pipe_of(dirfd(fds), "1") == pipe || pipe_of(dirfd(fds), "2") == pipe);

	if (fds)
		closedir(fds);
	return has;
}

uint32_t ends_look(const struct ends *e)
{
	uint32_t ends = look_at_server(e);

	if (!ends)
		return 0;
	for (size_t i = 0; i < e->n; i++)
		if (has_stdout(e->tgids[i], e->pipe[1]))
			return ends | WIRE_ENDS_USED;
	return ends;
}
