/* SPDX-License-Identifier: GPL-2.0-only */
/* Between as_json.c and json_special.c only. */
#ifndef SIGTRACE_EVENT_JSON_H
#define SIGTRACE_EVENT_JSON_H

#include "event/field.h"

/* Writes the value of the member. */
typedef void json_fn(struct buf *b, const struct event *ev, const struct field *f);

/* Of a member whose value is not that of its row alone: each FIELD_DERIVED, and a few others; NULL
 * for the rest. */
json_fn *json_special(const struct field *f);

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
