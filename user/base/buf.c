/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buf_grow(struct buf *b, size_t n)
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

/* The digits of v at the end of `digits`, two at a time; where they begin. */
static size_t decimal(char digits[20], uint64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	size_t n = 20;

	for (; v >= 100; v /= 100)
		memcpy(digits + (n -= 2), pairs + 2 * (v % 100), 2);
	if (v >= 10)
		memcpy(digits + (n -= 2), pairs + 2 * v, 2);
	else
		digits[--n] = (char)('0' + v);
	return n;
}

void buf_u64_width(struct buf *b, uint64_t v, unsigned width)
{
	char digits[20];
	size_t n = decimal(digits, v);

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

	if (!buf_room(b, 128))
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)n >= b->cap - b->len) {
		if (!buf_room(b, (size_t)n + 1))
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

/* Code points in bytes without an escape sequence: what is no continuation byte, eight at once. */
static size_t code_points(const char *p, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t width = n;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v;

		memcpy(&v, p, sizeof(v));
		width -= (size_t)__builtin_popcountll(v >> 7 & ~(v >> 6) & ones);
	}
	for (size_t i = 0; i < n; i++)
		width -= (p[i] & 0xc0) == 0x80;
	return width;
}

static size_t width_of(const char *p, size_t n)
{
	size_t width = 0;

	while (n) {
		const char *esc = memchr(p, 0x1b, n);
		size_t plain = esc ? (size_t)(esc - p) : n;
		size_t skip = sgr_len(p + plain, n - plain);

		if (esc && !skip)
			plain++; /* a bare ESC is a byte like others */
		width += code_points(p, plain);
		p += plain + skip;
		n -= plain + skip;
	}
	return width;
}

void buf_pad(struct buf *b, size_t start, size_t column)
{
	static const char spaces[] = "                                                                ";
	size_t width = width_of(b->p + start, b->len - start);
	size_t n = width < column ? column - width : 1;

	for (; n > sizeof(spaces) - 1; n -= sizeof(spaces) - 1)
		buf_put(b, spaces, sizeof(spaces) - 1);
	buf_put(b, spaces, n);
}

const char *buf_cstr(struct buf *b)
{
	if (!buf_room(b, 1))
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
