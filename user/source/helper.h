/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process of our own that does for us what we must not do ourselves, or may not any more: forked,
 * not executed. One socket connects the two, and its end is the helper's end, however we went.
 */
#ifndef SIGTRACE_SOURCE_HELPER_H
#define SIGTRACE_SOURCE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct helper {
	pid_t pid; /* 0: there is none */
	int sock;
};

/*
 * Forks it: there `serve` runs with the other end of the socket, deaf to the signals that end us,
 * and the process ends when it returns. `name` becomes its comm. 0, or -1 with e. The caller ends
 * it with helper_stop().
 */
int helper_start(struct helper *h, const char *name, void (*serve)(int sock, void *ctx), void *ctx,
		 struct err *e);

/* Closes the socket and waits for its end. */
void helper_stop(struct helper *h);

/* Reads n bytes from either end of the socket, as long as that takes. false: the other end is gone. */
bool helper_read(int sock, void *to, size_t n);

/* In a helper: keeps 0 to 2, on /dev/null, and the socket, whose new number it returns; -1: errno. */
int helper_keep_only(int sock);

#endif
