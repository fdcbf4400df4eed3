/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of `sigtrace doctor`. */
#ifndef SIGTRACE_CLI_DOCTOR_H
#define SIGTRACE_CLI_DOCTOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_LESS,	  /* tracing works, and knows less */
	DOCTOR_MISSING,	  /* tracing does not work */
	DOCTOR_UNCHECKED, /* it could not be looked at */
};
#define DOCTOR_STATES 4

struct doctor {
	bool json;
	struct buf out;
	unsigned count[DOCTOR_STATES];
};

/* One line: the check's name, what is so, and what to do (NULL: nothing). */
void doctor_say(struct doctor *d, enum doctor_state state, const char *check, const char *advice,
		const char *what, ...) __attribute__((format(printf, 5, 6)));
/* The same of an error: what and hint. */
void doctor_err(struct doctor *d, enum doctor_state state, const char *check, const struct err *e);

/* What the kernel and this process's rights allow, and what sshd and PAM add. */
void doctor_kernel(struct doctor *d);
void doctor_ssh(struct doctor *d);

#endif
