/* SPDX-License-Identifier: GPL-2.0-only */
/* Between field.c, as_json.c and json_special.c only. */
#ifndef SIGTRACE_EVENT_JSON_H
#define SIGTRACE_EVENT_JSON_H

#include "event/field.h"

/* For struct field's `json`. */
json_fn json_lost_kind, json_lost_cpu;
json_fn json_thread;
json_fn json_filename, json_args, json_truncated, json_args_fault;
json_fn json_if_siginfo, json_signo, json_target, json_origin;
json_fn json_local, json_peer;

/* False: what `put` writes is left out of this record. */
bool json_present(const struct event *ev, json_fn *put);

static inline void json_key(struct buf *b, const char *name)
{
	buf_put(b, ",\"", 2);
	buf_str(b, name);
	buf_put(b, "\":", 2);
}

/* Of what needs no escape. */
static inline void json_name(struct buf *b, const char *s)
{
	buf_char(b, '"');
	buf_str(b, s);
	buf_char(b, '"');
}

static inline void json_bool(struct buf *b, bool v)
{
	buf_str(b, v ? "true" : "false");
}

static inline void json_null(struct buf *b)
{
	buf_put(b, "null", 4);
}

#endif
