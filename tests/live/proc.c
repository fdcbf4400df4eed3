/* SPDX-License-Identifier: GPL-2.0-only */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"
#include "live/live.h"

/* State, parent and comm of a process. 0 or -1. */
static int stat_of(int pid, char *state, int *ppid, char *comm, size_t size)
{
	char path[32], line[512], *end;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	end = strrchr(line, ')');
	if (!end || sscanf(end + 1, " %c %d", state, ppid) != 2)
		return -1;
	*end = '\0';
	snprintf(comm, size, "%s", strchr(line, '(') + 1);
	return 0;
}

bool proc_alive(int pid)
{
	char state, comm[64];
	int ppid;

	return !stat_of(pid, &state, &ppid, comm, sizeof(comm)) && state != 'Z' && state != 'X';
}

int proc_parent(int pid)
{
	char state, comm[64];
	int ppid;

	return stat_of(pid, &state, &ppid, comm, sizeof(comm)) < 0 ? -1 : ppid;
}

bool proc_becomes(int pid, const char *comm)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;
	char state, is[64];
	int ppid;

	while (!stat_of(pid, &state, &ppid, is, sizeof(is)) && proc_left(deadline)) {
		if (!strcmp(is, comm))
			return true;
		poll(NULL, 0, 2);
	}
	return false;
}

bool proc_ends(int pid)
{
	int fd = proc_open(pid);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool ended = fd < 0 || poll(&p, 1, EVENT_MS) > 0;

	if (fd >= 0)
		close(fd);
	return ended;
}
