/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor that is written without ever waiting for who reads it. Our stdout is shared with who
 * started us: O_NONBLOCK on it would be theirs, too. So it is opened once more.
 */
#ifndef SIGTRACE_SOURCE_OUTPUT_H
#define SIGTRACE_SOURCE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output {
	int fd;	     /* the caller's */
	int own;     /* -1: none, writing may wait (a file, or it could not be opened once more) */
	bool socket; /* cannot be opened once more, and need not be */
};

void output_open(struct output *o, int fd);
void output_close(struct output *o);

/* Can it tell that it would have to wait? */
bool output_never_waits(const struct output *o);

/*
 * Writes what goes, of n bytes, into *done. 0, or -1 with errno: it cannot be written, EPIPE: nobody
 * reads it any more.
 */
int output_some(const struct output *o, const char *p, size_t n, size_t *done);

/* To be polled for POLLOUT when it has to wait. */
int output_fd(const struct output *o);

#endif
