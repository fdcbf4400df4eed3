/* SPDX-License-Identifier: GPL-2.0-only */
/* An error as a value: what, why, what to do. */
#ifndef SIGTRACE_BASE_ERR_H
#define SIGTRACE_BASE_ERR_H

/* The exit statuses of contract.md. */
enum {
	EXIT_OK = 0,
	EXIT_CHECK_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT_TRACE = 3,
	EXIT_INCONCLUSIVE = 4,
	EXIT_NOTHING_CHECKED = 5,
};

struct err {
	int status;	/* EXIT_*: what the process should end with */
	char what[512]; /* one line, no newline; what failed and why */
	char hint[256]; /* what to do, or empty */
};

/* Fills *e and returns -1, so that a caller can `return err_set(...)`. e may be NULL. */
int err_set(struct err *e, int status, const char *what, ...) __attribute__((format(printf, 3, 4)));
/* Adds the hint; returns -1. */
int err_hint(struct err *e, const char *hint, ...) __attribute__((format(printf, 2, 3)));

#endif
