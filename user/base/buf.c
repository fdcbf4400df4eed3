/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;
	char *p;

	if (b->failed)
		return false;
	while (cap - b->len < n) {
		if (cap > SIZE_MAX / 2)
			goto fail;
		cap *= 2;
	}
	p = realloc(b->p, cap);
	if (!p)
		goto fail;
	b->p = p;
	b->cap = cap;
	return true;
fail:
	b->failed = true;
	return false;
}

static inline bool room(struct buf *b, size_t n)
{
	return !b->failed && n <= b->cap - b->len ? true : grow(b, n);
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !room(b, n))
		return;
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

void buf_char(struct buf *b, char c)
{
	if (room(b, 1))
		b->p[b->len++] = c;
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_u64_width(struct buf *b, uint64_t v, unsigned width)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	for (size_t have = sizeof(digits) - n; have < width; have++)
		buf_char(b, '0');
	buf_put(b, digits + n, sizeof(digits) - n);
}

void buf_u64(struct buf *b, uint64_t v)
{
	buf_u64_width(b, v, 1);
}

void buf_s64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void buf_hex(struct buf *b, uint64_t v)
{
	char digits[16];
	size_t n = sizeof(digits);

	do
		digits[--n] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	buf_put(b, "0x", 2);
	buf_put(b, digits + n, sizeof(digits) - n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!room(b, 128))
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)n >= b->cap - b->len) {
		if (!room(b, (size_t)n + 1))
			return;
		va_start(ap, fmt);
		n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

/* Bytes of an escape sequence ESC [ .. final byte (ECMA-48 5.4), 0 if there is none at p. */
static size_t sgr_len(const char *p, size_t n)
{
	if (n < 3 || p[0] != 0x1b || p[1] != '[')
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] >= 0x40 && p[i] <= 0x7e)
			return i + 1;
	return 0;
}

void buf_pad(struct buf *b, size_t start, size_t column)
{
	size_t width = 0;

	for (size_t i = start; i < b->len; ) {
		size_t skip = sgr_len(b->p + i, b->len - i);

		if (skip) {
			i += skip;
			continue;
		}
		width += (b->p[i] & 0xc0) != 0x80;
		i++;
	}
	do
		buf_char(b, ' ');
	while (++width < column);
}

const char *buf_cstr(struct buf *b)
{
	if (!room(b, 1))
		return "";
	b->p[b->len] = '\0';
	return b->p;
}

static void two_units(struct buf *b, uint64_t v, uint64_t per, const char *big, const char *small)
{
	buf_u64(b, v / per);
	buf_str(b, big);
	if (v % per) {
		buf_char(b, ' ');
		buf_u64(b, v % per);
		buf_str(b, small);
	}
}

static void one_decimal(struct buf *b, uint64_t tenths, const char *unit)
{
	buf_u64(b, tenths / 10);
	if (tenths % 10) {
		buf_char(b, '.');
		buf_u64(b, tenths % 10);
	}
	buf_str(b, unit);
}

/* Cut, never rounded: "60 s" and "1000 ms" cannot come out, and more time never shows as less. */
void buf_duration(struct buf *b, uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (ns < 1000) {
		buf_u64(b, ns);
		buf_str(b, " ns");
	} else if (ns < 1000000) {
		buf_u64(b, ns / 1000);
		buf_str(b, " us");
	} else if (ns < 10000000) {
		one_decimal(b, ns / 100000, " ms");
	} else if (ns < 1000000000) {
		buf_u64(b, ns / 1000000);
		buf_str(b, " ms");
	} else if (s < 60) {
		one_decimal(b, ns / 100000000, " s");
	} else if (s < 3600) {
		two_units(b, s, 60, " m", " s");
	} else if (s < 86400) {
		two_units(b, s / 60, 60, " h", " m");
	} else {
		two_units(b, s / 3600, 24, " d", " h");
	}
}
