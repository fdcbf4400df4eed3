/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has the other ends of the pipes that a command without a terminal was given. From /proc. */
#ifndef SIGTRACE_SOURCE_ENDS_H
#define SIGTRACE_SOURCE_ENDS_H

#include <stddef.h>
#include <stdint.h>

#define ENDS_MOST 64

struct ends {
	uint32_t server;	/* tgid of who made the pipes */
	uint64_t pipe[2];	/* inode numbers: stdin, stdout of the command */
	const uint32_t *tgids;	/* the command's processes, at most ENDS_MOST */
	size_t n;
};

/* WIRE_ENDS_*; 0: the server's process is gone, or must not be looked at. proc: the open /proc. */
uint32_t ends_look(int proc, const struct ends *e);

#endif
