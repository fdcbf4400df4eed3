/* SPDX-License-Identifier: GPL-2.0-only */
/* A record as a line of text that from_text.c reads back to the very bytes. */
#include "event/field.h"

#include "event/member.h"
#include "event/names.h"
#include "event/tables.h"

/* More members than this and a set is easier to read as a number. */
#define SET_MAX 16

typedef void text_fn(struct buf *b, const struct event *ev, const struct field *f);

static void put_unsigned(struct buf *b, const struct event *ev, const struct field *f)
{
	buf_u64(b, member_u64(ev, f));
}

static void put_signed(struct buf *b, const struct event *ev, const struct field *f)
{
	buf_s64(b, member_s64(ev, f));
}

static void put_unset(struct buf *b, const struct event *ev, const struct field *f)
{
	if (member_u64(ev, f) == WIRE_UNSET)
		buf_str(b, "unset");
	else
		put_unsigned(b, ev, f);
}

static void put_signal(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t sig = member_u64(ev, f);

	if (sig <= SIG_MAX)
		buf_str(b, signal_name((unsigned)sig));
	else
		buf_u64(b, sig);
}

static void put_sigset(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t set = member_u64(ev, f);
	const char *comma = "";

	if (__builtin_popcountll(set) > SET_MAX) {
		buf_hex(b, set);
		return;
	}
	for (unsigned sig = 1; sig <= SIG_MAX; sig++) {
		if (!(set >> (sig - 1) & 1))
			continue;
		buf_str(b, comma);
		buf_str(b, signal_name(sig));
		comma = ",";
	}
}

static void put_si_code(struct buf *b, const struct event *ev, const struct field *f)
{
	int code = (int)member_s64(ev, f);
	const char *name = si_code_name(member_sig(ev), code);

	if (name)
		buf_str(b, name);
	else
		buf_s64(b, code);
}

static void put_enum(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t v = member_u64(ev, f);
	const char *name = table_name(f->names, v);

	if (name)
		buf_str(b, name);
	else
		buf_u64(b, v);
}

static void put_flags(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t v = member_u64(ev, f), rest = 0;
	const char *comma = "";

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = table_name(f->names, bit);

		if (!(v >> bit & 1))
			continue;
		if (!name) {
			rest |= UINT64_C(1) << bit;
			continue;
		}
		buf_str(b, comma);
		buf_str(b, name);
		comma = ",";
	}
	if (rest) {
		buf_str(b, comma);
		buf_hex(b, rest);
	}
}

static void put_tty(struct buf *b, const struct event *ev, const struct field *f)
{
	tty_name(b, (uint32_t)member_u64(ev, f));
}

static void put_hex(struct buf *b, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_char(b, "0123456789abcdef"[p[i] >> 4]);
		buf_char(b, "0123456789abcdef"[p[i] & 15]);
	}
}

static void put_bytes(struct buf *b, const struct event *ev, const struct field *f)
{
	const unsigned char *p = member_bytes(ev, f);
	size_t n = f->size;

	if (!f->names) {
		put_hex(b, p, n);
		return;
	}
	while (n && !p[n - 1])
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *name = table_name(f->names, p[i]);

		if (i)
			buf_char(b, ',');
		if (name)
			buf_str(b, name);
		else
			buf_u64(b, p[i]);
	}
}

static void put_addr(struct buf *b, const struct event *ev, const struct field *f)
{
	static const unsigned char zero[12];
	const unsigned char *p = member_bytes(ev, f);
	uint32_t family = member_family(ev);

	if (family == WIRE_AF_INET6 || (family == WIRE_AF_INET && !memcmp(p + 4, zero, 12)))
		ip_addr(b, family, p);
	else
		put_hex(b, p, f->size);
}

/* ASCII only, so that a golden file reads the same everywhere. */
static void put_string(struct buf *b, const char *p, size_t n)
{
	buf_char(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '"' || c == '\\') {
			buf_char(b, '\\');
			buf_char(b, (char)c);
		} else if (c == '\n') {
			buf_put(b, "\\n", 2);
		} else if (c == '\t') {
			buf_put(b, "\\t", 2);
		} else if (c < 0x20 || c >= 0x7f) {
			buf_put(b, "\\x", 2);
			put_hex(b, &c, 1);
		} else {
			buf_char(b, (char)c);
		}
	}
	buf_char(b, '"');
}

/* What a kernel leaves behind the NUL is part of the record. */
static void put_str(struct buf *b, const struct event *ev, const struct field *f)
{
	const char *s = (const char *)member_bytes(ev, f);
	size_t n = f->size;

	while (n && !s[n - 1])
		n--;
	put_string(b, s, n);
}

static text_fn *const by_format[] = {
	[FIELD_PAD] = put_unsigned,
	[FIELD_U32] = put_unsigned,
	[FIELD_S32] = put_signed,
	[FIELD_U64] = put_unsigned,
	[FIELD_S64] = put_signed,
	[FIELD_U16] = put_unsigned,
	[FIELD_BOOL] = put_unsigned,
	[FIELD_UNSET] = put_unset,
	[FIELD_NS] = put_unsigned,
	[FIELD_SIGNAL] = put_signal,
	[FIELD_SIGSET] = put_sigset,
	[FIELD_SI_CODE] = put_si_code,
	[FIELD_ENUM] = put_enum,
	[FIELD_TTY] = put_tty,
	[FIELD_EXIT_CODE] = put_unsigned,
	[FIELD_STR] = put_str,
	[FIELD_BYTES] = put_bytes,
	[FIELD_FLAGS] = put_flags,
	[FIELD_STATE] = put_flags,
	[FIELD_ADDR] = put_addr,
	[FIELD_DERIVED] = NULL,
};

static bool zero(const struct event *ev, const struct field *f)
{
	const unsigned char *p = member_bytes(ev, f);

	for (size_t i = 0; i < f->size; i++)
		if (p[i])
			return false;
	return true;
}

static void put_rows(struct buf *b, const struct event *ev, const struct field *f)
{
	for (; f->name; f++) {
		if (member_computed(f) || zero(ev, f))
			continue;
		buf_char(b, ' ');
		buf_str(b, f->name);
		buf_char(b, '=');
		by_format[f->format](b, ev, f);
	}
}

static void put_args(struct buf *b, const struct event *ev)
{
	buf_str(b, " args=[");
	for (size_t i = 0; i < ev->args_len; ) {
		size_t len = strnlen(ev->argv + i, ev->args_len - i);

		if (i)
			buf_char(b, ',');
		put_string(b, ev->argv + i, len);
		i += len;
		if (i == ev->args_len)
			buf_str(b, "...");
		i++;
	}
	buf_char(b, ']');
}

void event_dump(struct buf *b, const struct event *ev)
{
	const struct kind_info *info = kind_info(ev->u.h.kind);

	buf_str(b, info->name);
	put_rows(b, ev, kind_info(0)->fields);
	put_rows(b, ev, info->fields);
	if (ev->many.count) {
		buf_str(b, " count=");
		buf_u64(b, ev->many.count);
		buf_str(b, " ts_last=");
		buf_u64(b, ev->many.ts_last);
	}
	if (info->tail && ev->filename_len) {
		buf_str(b, " filename=");
		put_string(b, ev->filename, ev->filename_len);
	}
	if (info->tail && ev->args_len)
		put_args(b, ev);
}
