/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as it is written everywhere: values, and members `,"name":value` behind another one. */
#ifndef SIGTRACE_BASE_JSON_H
#define SIGTRACE_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

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

static inline void json_member_u64(struct buf *b, const char *name, uint64_t v)
{
	json_key(b, name);
	buf_u64(b, v);
}

/* 0 as null */
static inline void json_member_u64_null(struct buf *b, const char *name, uint64_t v)
{
	json_key(b, name);
	if (v)
		buf_u64(b, v);
	else
		json_null(b);
}

static inline void json_member_bool(struct buf *b, const char *name, bool v)
{
	json_key(b, name);
	json_bool(b, v);
}

/* n bytes, of whatever kind; NULL as null */
static inline void json_member_bytes(struct buf *b, const char *name, const char *p, size_t n)
{
	json_key(b, name);
	if (p)
		buf_json(b, p, n);
	else
		json_null(b);
}

static inline void json_member_str(struct buf *b, const char *name, const char *s)
{
	json_member_bytes(b, name, s, s ? strlen(s) : 0);
}

#endif
