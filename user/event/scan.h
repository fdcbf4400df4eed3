/* SPDX-License-Identifier: GPL-2.0-only */
/* Between from_text.c and scan_value.c only. */
#ifndef SIGTRACE_EVENT_SCAN_H
#define SIGTRACE_EVENT_SCAN_H

#include "event/field.h"

#define TOKEN_MAX 64

struct parser {
	const char *p; /* what is left of the line */
	struct event ev;
	struct buf filename, args;
	struct buf *why;
	uint64_t seen[2]; /* rows that had a value: of the header, of the kind */
};

/* Each reads at ps->p and moves it; 0, or -1. */

/* A name or number, up to a blank, an equals sign, a comma or the end. */
int scan_token(struct parser *ps, char out[TOKEN_MAX]);
/* A quoted string, its bytes appended to `out`. */
int scan_string(struct parser *ps, struct buf *out);
/* A number, decimal or 0x. */
int scan_number(struct parser *ps, uint64_t *v);
/* A value as the row has it, into ps->ev. */
int scan_value(struct parser *ps, const struct field *f);

#endif
