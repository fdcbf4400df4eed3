/* SPDX-License-Identifier: GPL-2.0-only */
/* Who listens for TCP connections, from /proc alone. */
#ifndef SIGTRACE_SOURCE_LISTENERS_H
#define SIGTRACE_SOURCE_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener {
	uint32_t tgid;
	uint16_t port;
	char comm[16];
	char exe[256]; /* "": not readable */
};

/*
 * Fills `out` with the listening sockets of processes whose comm `is` one of those looked for, one a
 * process and port, each in its own network namespace. How many, at most `most`; *unread: how many of
 * these processes could not be looked into for lack of rights.
 */
size_t listeners_find(bool (*is)(const char *comm), struct listener *out, size_t most,
		      size_t *unread);

#endif
