/* SPDX-License-Identifier: GPL-2.0-only */
/* Hostile bytes as text, as JSON, as a command line. */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static const char hexdigit[] = "0123456789abcdef";

/* The escape of one unsafe code point, or (cp above Unicode) of one byte; its length. */
static size_t escape(char out[8], uint32_t cp, unsigned char byte)
{
	size_t n = 0;

	out[n++] = '\\';
	if (cp == '\n' || cp == '\t' || cp == '\r') {
		out[n++] = cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r';
	} else if (cp < 0x80 || cp > 0x10ffff) {
		out[n++] = 'x';
		out[n++] = hexdigit[byte >> 4];
		out[n++] = hexdigit[byte & 15];
	} else {
		out[n++] = 'u';
		for (int shift = 12; shift >= 0; shift -= 4)
			out[n++] = hexdigit[cp >> shift & 15];
	}
	return n;
}

/* Stands for itself, in text and between quotes of JSON, and begins no longer code point. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t plain_run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_plain((unsigned char)p[i]))
		i++;
	return i;
}

void buf_text(struct buf *b, const char *p, size_t n)
{
	char esc[8];

	for (size_t i = 0; i < n; ) {
		size_t run = plain_run(p + i, n - i);

		if (run) {
			buf_put(b, p + i, run);
			i += run;
			continue;
		}
		uint32_t cp = UINT32_MAX;
		size_t len = utf8_next(p + i, n - i, &cp);

		if (cp == '\\')
			buf_put(b, "\\\\", 2);
		else if (len && !utf8_unsafe(cp))
			buf_put(b, p + i, len);
		else
			buf_put(b, esc, escape(esc, cp, (unsigned char)p[i]));
		i += len ? len : 1;
	}
}

static void json_escape(struct buf *b, uint32_t cp)
{
	static const char shorthand[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',
					  ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"',
					  ['\\'] = '\\' };
	char u[6] = "\\u";

	if (cp < sizeof(shorthand) && shorthand[cp]) {
		buf_char(b, '\\');
		buf_char(b, shorthand[cp]);
		return;
	}
	for (int i = 0; i < 4; i++)
		u[2 + i] = hexdigit[cp >> (12 - 4 * i) & 15];
	buf_put(b, u, sizeof(u));
}

void buf_json(struct buf *b, const char *p, size_t n)
{
	size_t plain = 0; /* bytes before i that are not yet put */

	buf_char(b, '"');
	for (size_t i = 0; i < n; ) {
		uint32_t cp = (unsigned char)p[i];
		size_t run = plain_run(p + i, n - i), len;

		if (run) {
			plain += run;
			i += run;
			continue;
		}
		len = utf8_next(p + i, n - i, &cp);

		if (len && cp != '"' && cp != '\\' && !utf8_unsafe(cp)) {
			plain += len;
		} else {
			buf_put(b, p + i - plain, plain);
			plain = 0;
			json_escape(b, cp);
		}
		i += len ? len : 1;
	}
	if (plain)
		buf_put(b, p + n - plain, plain);
	buf_char(b, '"');
}

/* Where buf_args() writes: whole units (a code point, an escape) or none. */
struct sink {
	struct buf *b;
	size_t left;
	bool full;
};

static void sink_put(struct sink *s, const char *p, size_t bytes, size_t width)
{
	if (s->full)
		return;
	if (width > s->left) {
		s->full = true;
		buf_str(s->b, "...");
		return;
	}
	s->left -= width;
	buf_put(s->b, p, bytes);
}

enum quoting { BARE, QUOTED, ESCAPED };

static enum quoting quoting(const char *p, size_t n)
{
	enum quoting q = n ? BARE : QUOTED;

	for (size_t i = 0; i < n; ) {
		uint32_t cp = 0;
		size_t len = utf8_next(p + i, n - i, &cp);

		if (!len || utf8_unsafe(cp))
			return ESCAPED;
		/* strchr() finds the NUL as well, but a NUL is unsafe and got no further. */
		if (cp < 0x80 && strchr(" \"'\\`$&|;<>()*?[]{}!#~^", (int)cp))
			q = QUOTED;
		i += len;
	}
	return q;
}

static void arg(struct sink *s, const char *p, size_t n)
{
	enum quoting q = quoting(p, n);
	char esc[8];

	if (q != BARE)
		sink_put(s, q == ESCAPED ? "$'" : "'", q == ESCAPED ? 2 : 1, q == ESCAPED ? 2 : 1);
	for (size_t i = 0; i < n && !s->full; ) {
		uint32_t cp = UINT32_MAX;
		size_t len = utf8_next(p + i, n - i, &cp);

		if (cp == '\'' && q == QUOTED) {
			sink_put(s, "'\\''", 4, 4);
		} else if (q == ESCAPED && (cp == '\'' || cp == '\\')) {
			sink_put(s, cp == '\'' ? "\\'" : "\\\\", 2, 2);
		} else if (len && !utf8_unsafe(cp)) {
			sink_put(s, p + i, len, 1);
		} else {
			size_t e = escape(esc, cp, (unsigned char)p[i]);

			sink_put(s, esc, e, e);
		}
		i += len ? len : 1;
	}
	if (q != BARE)
		sink_put(s, "'", 1, 1);
}

void buf_args(struct buf *b, const char *args, size_t n, size_t max)
{
	struct sink s = { .b = b, .left = max ? max : SIZE_MAX };

	for (size_t i = 0; i < n && !s.full; ) {
		size_t len = strnlen(args + i, n - i);

		if (i)
			sink_put(&s, " ", 1, 1);
		arg(&s, args + i, len);
		i += len + 1;
	}
}
