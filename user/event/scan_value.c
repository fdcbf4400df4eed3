/* SPDX-License-Identifier: GPL-2.0-only */
/* The value of one member in the text form. */
#include "event/scan.h"

#include <string.h>

#include "base/parse.h"
#include "event/names.h"
#include "event/tables.h"

static bool name_byte(char c)
{
	return c && c != ' ' && c != '=' && c != ',';
}

int scan_token(struct parser *ps, char out[TOKEN_MAX])
{
	size_t n = 0;

	while (name_byte(ps->p[n]) && n < TOKEN_MAX)
		n++;
	if (n == 0 || n == TOKEN_MAX)
		return -1;
	memcpy(out, ps->p, n);
	out[n] = '\0';
	ps->p += n;
	return 0;
}

static void store(struct parser *ps, const struct field *f, uint64_t v)
{
	unsigned char *to = (unsigned char *)&ps->ev.u + f->offset;
	uint32_t v32 = (uint32_t)v;
	uint16_t v16 = (uint16_t)v;

	if (f->size == 8)
		memcpy(to, &v, sizeof(v));
	else if (f->size == 4)
		memcpy(to, &v32, sizeof(v32));
	else
		memcpy(to, &v16, sizeof(v16));
}

static uint64_t max_of(const struct field *f)
{
	return f->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * f->size) - 1;
}

static int hexdigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decimal or 0x. */
static int number(const char *s, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;

	if (s[0] != '0' || s[1] != 'x')
		return parse_u64(s, max, v);
	s += 2;
	if (!*s)
		return -1;
	for (; *s; s++) {
		int d = hexdigit(*s);

		if (d < 0 || n >> 60)
			return -1;
		n = n << 4 | (unsigned)d;
	}
	*v = n;
	return n > max ? -1 : 0;
}

/* How a name becomes the number of a member. 0, or -1. */
typedef int lookup_fn(const struct field *f, const char *name, uint64_t *v);

static int lookup_none(const struct field *f, const char *name, uint64_t *v)
{
	(void)f, (void)name, (void)v;
	return -1;
}

static int lookup_unset(const struct field *f, const char *name, uint64_t *v)
{
	(void)f;
	*v = WIRE_UNSET;
	return strcmp(name, "unset") ? -1 : 0;
}

static int lookup_signal(const struct field *f, const char *name, uint64_t *v)
{
	(void)f;
	*v = signal_by_name(name);
	return *v ? 0 : -1;
}

static int lookup_signal_bit(const struct field *f, const char *name, uint64_t *v)
{
	if (lookup_signal(f, name, v))
		return -1;
	*v = UINT64_C(1) << (*v - 1);
	return 0;
}

static int lookup_enum(const struct field *f, const char *name, uint64_t *v)
{
	return table_value(f->names, name, v);
}

static int lookup_bit(const struct field *f, const char *name, uint64_t *v)
{
	if (table_value(f->names, name, v))
		return -1;
	*v = UINT64_C(1) << *v;
	return 0;
}

static int lookup_tty(const struct field *f, const char *name, uint64_t *v)
{
	uint32_t dev;

	(void)f;
	if (tty_by_name(name, &dev))
		return -1;
	*v = dev;
	return 0;
}

/* What a name of this format is looked up in. */
static lookup_fn *const lookup[] = {
	[FIELD_PAD] = lookup_none,	 [FIELD_U32] = lookup_none,
	[FIELD_U64] = lookup_none,	 [FIELD_U16] = lookup_none,
	[FIELD_BOOL] = lookup_none,	 [FIELD_UNSET] = lookup_unset,
	[FIELD_NS] = lookup_none,	 [FIELD_SIGNAL] = lookup_signal,
	[FIELD_SIGSET] = lookup_signal_bit, [FIELD_ENUM] = lookup_enum,
	[FIELD_TTY] = lookup_tty,	 [FIELD_EXIT_CODE] = lookup_none,
	[FIELD_BYTES] = lookup_enum,	 [FIELD_FLAGS] = lookup_bit,
	[FIELD_STATE] = lookup_bit,
};

static int element(struct parser *ps, const struct field *f, uint64_t max, uint64_t *v)
{
	char word[TOKEN_MAX];

	if (scan_token(ps, word))
		return -1;
	return number(word, max, v) && lookup[f->format](f, word, v) ? -1 : 0;
}

/* Reads one value at ps->p into the member. 0, or -1. */
typedef int scan_fn(struct parser *ps, const struct field *f);

static int scan_one(struct parser *ps, const struct field *f)
{
	uint64_t v;

	if (element(ps, f, max_of(f), &v))
		return -1;
	store(ps, f, v);
	return 0;
}

static int scan_set(struct parser *ps, const struct field *f)
{
	uint64_t set = 0, v;

	for (;;) {
		if (element(ps, f, max_of(f), &v))
			return -1;
		set |= v;
		if (*ps->p != ',')
			break;
		ps->p++;
	}
	store(ps, f, set);
	return 0;
}

static int scan_signed(struct parser *ps, const struct field *f)
{
	uint64_t max = max_of(f) >> 1, v;
	char word[TOKEN_MAX];
	bool minus;
	int code;

	if (scan_token(ps, word))
		return -1;
	minus = word[0] == '-';
	if (!number(word + minus, max + minus, &v))
		store(ps, f, minus ? -v : v);
	else if (f->format == FIELD_SI_CODE && !si_code_by_name(word, &code))
		store(ps, f, (uint64_t)(int64_t)code);
	else
		return -1;
	return 0;
}

static int scan_hex(struct parser *ps, const struct field *f)
{
	unsigned char *to = (unsigned char *)&ps->ev.u + f->offset;

	for (size_t i = 0; i < f->size; i++, ps->p += 2) {
		int hi = hexdigit(ps->p[0]), lo = hi < 0 ? -1 : hexdigit(ps->p[1]);

		if (lo < 0)
			return -1;
		to[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}

static int scan_bytes(struct parser *ps, const struct field *f)
{
	unsigned char *to = (unsigned char *)&ps->ev.u + f->offset;
	uint64_t v;

	if (!f->names)
		return scan_hex(ps, f);
	for (size_t i = 0; i < f->size; i++) {
		if (element(ps, f, UINT8_MAX, &v))
			return -1;
		to[i] = (unsigned char)v;
		if (*ps->p != ',')
			return 0;
		ps->p++;
	}
	return -1;
}

static int scan_addr(struct parser *ps, const struct field *f)
{
	size_t n = strcspn(ps->p, " ");
	uint8_t *to = (uint8_t *)&ps->ev.u + f->offset;
	char word[TOKEN_MAX];
	uint32_t family;

	if (!memchr(ps->p, ':', n) && !memchr(ps->p, '.', n))
		return scan_hex(ps, f);
	if (n >= sizeof(word))
		return -1;
	memcpy(word, ps->p, n);
	word[n] = '\0';
	ps->p += n;
	return ip_by_name(word, &family, to);
}

/* The byte that an escape behind the backslash stands for, -1 if there is none such. */
static int unescape(struct parser *ps)
{
	char c = *ps->p;
	int hi, lo;

	if (c)
		ps->p++;
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '"':
	case '\\':
		return c;
	case 'x':
		hi = hexdigit(ps->p[0]);
		lo = hi < 0 ? -1 : hexdigit(ps->p[1]);
		if (lo < 0)
			return -1;
		ps->p += 2;
		return hi << 4 | lo;
	default:
		return -1;
	}
}

int scan_string(struct parser *ps, struct buf *out)
{
	if (*ps->p != '"')
		return -1;
	ps->p++;
	while (*ps->p && *ps->p != '"') {
		int c = (unsigned char)*ps->p++;

		if (c == '\\')
			c = unescape(ps);
		if (c < 0)
			return -1;
		buf_char(out, (char)c);
	}
	if (!*ps->p)
		return -1;
	ps->p++;
	return 0;
}

static int scan_str(struct parser *ps, const struct field *f)
{
	struct buf s = { 0 };
	int ret = scan_string(ps, &s);

	if (!ret && !s.failed && s.len < f->size)
		memcpy((char *)&ps->ev.u + f->offset, buf_cstr(&s), s.len);
	else
		ret = -1;
	buf_free(&s);
	return ret;
}

static scan_fn *const scan[] = {
	[FIELD_PAD] = scan_one,	      [FIELD_U32] = scan_one,
	[FIELD_S32] = scan_signed,    [FIELD_U64] = scan_one,
	[FIELD_S64] = scan_signed,    [FIELD_U16] = scan_one,
	[FIELD_BOOL] = scan_one,      [FIELD_UNSET] = scan_one,
	[FIELD_NS] = scan_one,	      [FIELD_SIGNAL] = scan_one,
	[FIELD_SIGSET] = scan_set,    [FIELD_SI_CODE] = scan_signed,
	[FIELD_ENUM] = scan_one,      [FIELD_TTY] = scan_one,
	[FIELD_EXIT_CODE] = scan_one, [FIELD_STR] = scan_str,
	[FIELD_BYTES] = scan_bytes,   [FIELD_FLAGS] = scan_set,
	[FIELD_STATE] = scan_set,     [FIELD_ADDR] = scan_addr,
	[FIELD_DERIVED] = NULL,
};

int scan_number(struct parser *ps, uint64_t *v)
{
	char token[TOKEN_MAX];

	return scan_token(ps, token) ? -1 : number(token, UINT64_MAX, v);
}

int scan_value(struct parser *ps, const struct field *f)
{
	return scan[f->format](ps, f);
}
