/* SPDX-License-Identifier: GPL-2.0-only */
/* A byte buffer that grows, and the one place where bytes of other processes become text. */
#ifndef SIGTRACE_BASE_BUF_H
#define SIGTRACE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Zero-initialised is empty. The owner calls buf_free(). When memory runs out `failed` is set and
 * every later put is a no-op, so that a caller checks once, at the end.
 */
struct buf {
	char *p;
	size_t len;
	size_t cap;
	bool failed;
};

void buf_free(struct buf *b);

/* Forgets the content and `failed`, keeps the memory. */
void buf_reset(struct buf *b);

/* Makes room for n more bytes. False: there is none, and `failed` is set. */
bool buf_grow(struct buf *b, size_t n);

/* Inline, as the views call them a hundred times a record. */
static inline bool buf_room(struct buf *b, size_t n)
{
	return !b->failed && n <= b->cap - b->len ? true : buf_grow(b, n);
}

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_room(b, n))
		return;
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

static inline void buf_char(struct buf *b, char c)
{
	if (buf_room(b, 1))
		b->p[b->len++] = c;
}

static inline void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_u64(struct buf *b, uint64_t v);
void buf_s64(struct buf *b, int64_t v);
/* At least `width` digits, zeros in front: for clock times. */
void buf_u64_width(struct buf *b, uint64_t v, unsigned width);
void buf_hex(struct buf *b, uint64_t v); /* 0x1f */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Spaces until the current line (from `start`, an earlier value of len) is `column` wide; always
 * at least one. Counts code points, not bytes; escape sequences (SGR) count as nothing. */
void buf_pad(struct buf *b, size_t start, size_t column);

/* The content as a C string, owned by b, valid until the next put; "" if out of memory. */
const char *buf_cstr(struct buf *b);

/*
 * Bytes that an attacker may have chosen (comm, argv, paths) for a terminal: control characters
 * (C0, DEL, C1), invalid UTF-8 and the bidirectional controls (U+202A..E, U+2066..9, U+200E/F,
 * U+061C) and U+2028/9 as \n \t \x1b \u202e; backslash as \\. Valid UTF-8 passes.
 */
void buf_text(struct buf *b, const char *p, size_t n);

/* The same bytes as a JSON string with its quotes: RFC 8259; a byte that is not UTF-8 becomes
 * \u00XX of that byte (contract.md), and what buf_text() escapes is escaped, to the same string. */
void buf_json(struct buf *b, const char *p, size_t n);

/* argv (each argument ended by NUL) as a shell user would type it: bare, '...' where needed, and
 * where an escape is needed $'...' with buf_text's. At most `max` code points, then "..."; 0: no
 * limit. */
void buf_args(struct buf *b, const char *args, size_t n, size_t max);

/* 15.5 s, 3 m 20 s, 120 ms: a duration in ns for people, two significant units at the most. */
void buf_duration(struct buf *b, uint64_t ns);

#endif
