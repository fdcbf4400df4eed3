/* SPDX-License-Identifier: GPL-2.0-only */
/* A process between one client and the server, to do to a connection what a network does. */
#ifndef SIGTRACE_LIVE_RELAY_H
#define SIGTRACE_LIVE_RELAY_H

#include <stdint.h>
#include <sys/types.h>

struct relay {
	pid_t pid;     /* 0: does not run */
	int control;
	uint16_t port; /* where the client is to connect, on 127.0.0.1 */
};

/* Takes one connection and carries its bytes to 127.0.0.1:to_port and back. 0 or -1. */
int relay_start(struct relay *r, uint16_t to_port);

/* Both connections end with a RST (SO_LINGER 0); returns when that is done. 0 or -1. */
int relay_reset(struct relay *r);

/* From now on nothing is carried any more, and both connections stay up. 0 or -1. */
int relay_freeze(struct relay *r);

/* Kills it; the connections close in order. May be called twice. */
void relay_end(struct relay *r);

#endif
