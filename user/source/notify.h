/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service manager is told: the protocol of sd_notify(3), datagrams to $NOTIFY_SOCKET. */
#ifndef SIGTRACE_SOURCE_NOTIFY_H
#define SIGTRACE_SOURCE_NOTIFY_H

#include <stdint.h>

struct notify {
	int sock;	   /* -1: nobody wants to be told */
	uint64_t watchdog; /* ns: within it the manager wants to hear of us; 0: it does not */
	uint64_t next;	   /* CLOCK_BOOTTIME, when it is told again; UINT64_MAX: never */
};

/* Before anything is given up. A socket that is not there is as none: the manager finds out. */
void notify_open(struct notify *n);

/* "READY=1", "STOPPING=1": a line of the protocol. */
void notify_say(const struct notify *n, const char *line);

/* WATCHDOG=1 once half of the time is over. now: CLOCK_BOOTTIME. */
void notify_alive(struct notify *n, uint64_t now);

void notify_close(struct notify *n);

#endif
