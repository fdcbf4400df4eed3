/* SPDX-License-Identifier: GPL-2.0-only */
/* A record as the members of a JSON object. */
#include "event/field.h"

#include "event/json.h"
#include "event/member.h"
#include "event/names.h"
#include "event/tables.h"

static void put_unsigned(struct buf *b, const struct event *ev, const struct field *f)
{
	buf_u64(b, member_u64(ev, f));
}

static void put_signed(struct buf *b, const struct event *ev, const struct field *f)
{
	buf_s64(b, member_s64(ev, f));
}

static void put_bool(struct buf *b, const struct event *ev, const struct field *f)
{
	json_bool(b, member_u64(ev, f) != 0);
}

static void put_unset(struct buf *b, const struct event *ev, const struct field *f)
{
	if (member_u64(ev, f) == WIRE_UNSET)
		json_null(b);
	else
		put_unsigned(b, ev, f);
}

static void put_signal(struct buf *b, const struct event *ev, const struct field *f)
{
	json_name(b, signal_name((unsigned)member_u64(ev, f)));
}

static void put_sigset(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t set = member_u64(ev, f);
	const char *comma = "";

	buf_char(b, '[');
	for (unsigned sig = 1; sig <= SIG_MAX; sig++) {
		if (!(set >> (sig - 1) & 1))
			continue;
		buf_str(b, comma);
		json_name(b, signal_name(sig));
		comma = ",";
	}
	buf_char(b, ']');
}

static void put_si_code(struct buf *b, const struct event *ev, const struct field *f)
{
	int code = (int)member_s64(ev, f);
	const char *name = si_code_name(member_sig(ev), code);

	if (name)
		json_name(b, name);
	else
		buf_s64(b, code);
}

static void put_enum(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t v = member_u64(ev, f);
	const char *name = table_name(f->names, v);

	if (name)
		json_name(b, name);
	else if (v == 0)
		json_null(b);
	else
		buf_u64(b, v);
}

static void put_flags(struct buf *b, const struct event *ev, const struct field *f)
{
	uint64_t v = member_u64(ev, f);
	const char *comma = "";

	buf_char(b, '[');
	for (; v; v &= v - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(v);
		const char *name = table_name(f->names, bit);

		buf_str(b, comma);
		if (name)
			json_name(b, name);
		else
			buf_u64(b, UINT64_C(1) << bit);
		comma = ",";
	}
	buf_char(b, ']');
}

static void put_state(struct buf *b, const struct event *ev, const struct field *f)
{
	char letter[] = { task_state_letter((uint32_t)member_u64(ev, f)), '\0' };

	json_name(b, letter);
}

static void put_tty(struct buf *b, const struct event *ev, const struct field *f)
{
	uint32_t dev = (uint32_t)member_u64(ev, f);

	if (!dev) {
		json_null(b);
		return;
	}
	buf_char(b, '"');
	tty_name(b, dev);
	buf_char(b, '"');
}

/* wait(2): WIFEXITED, WTERMSIG, WCOREDUMP */
static void put_exit_code(struct buf *b, const struct event *ev, const struct field *f)
{
	uint32_t code = (uint32_t)member_u64(ev, f);
	unsigned sig = code & 0x7f;

	buf_u64(b, code);
	json_key(b, "status");
	if (sig)
		json_null(b);
	else
		buf_u64(b, code >> 8 & 0xff);
	json_key(b, "signal");
	if (sig)
		json_name(b, signal_name(sig));
	else
		json_null(b);
	json_key(b, "core");
	json_bool(b, code & 0x80);
}

static void put_str(struct buf *b, const struct event *ev, const struct field *f)
{
	const char *s = (const char *)member_bytes(ev, f);

	buf_json(b, s, strnlen(s, f->size));
}

static void put_bytes(struct buf *b, const struct event *ev, const struct field *f)
{
	const unsigned char *p = member_bytes(ev, f);

	buf_char(b, '[');
	for (size_t i = 0; i < f->size; i++) {
		const char *name = f->names ? table_name(f->names, p[i]) : NULL;

		if (i)
			buf_char(b, ',');
		if (name)
			json_name(b, name);
		else
			buf_u64(b, p[i]);
	}
	buf_char(b, ']');
}

static void put_addr(struct buf *b, const struct event *ev, const struct field *f)
{
	buf_char(b, '"');
	ip_addr(b, member_family(ev), member_bytes(ev, f));
	buf_char(b, '"');
}

static json_fn *const by_format[] = {
	[FIELD_PAD] = put_unsigned,
	[FIELD_U32] = put_unsigned,
	[FIELD_S32] = put_signed,
	[FIELD_U64] = put_unsigned,
	[FIELD_S64] = put_signed,
	[FIELD_U16] = put_unsigned,
	[FIELD_BOOL] = put_bool,
	[FIELD_UNSET] = put_unset,
	[FIELD_NS] = put_unsigned,
	[FIELD_SIGNAL] = put_signal,
	[FIELD_SIGSET] = put_sigset,
	[FIELD_SI_CODE] = put_si_code,
	[FIELD_ENUM] = put_enum,
	[FIELD_TTY] = put_tty,
	[FIELD_EXIT_CODE] = put_exit_code,
	[FIELD_STR] = put_str,
	[FIELD_BYTES] = put_bytes,
	[FIELD_FLAGS] = put_flags,
	[FIELD_STATE] = put_state,
	[FIELD_ADDR] = put_addr,
	[FIELD_DERIVED] = NULL, /* each has one of its own */
};

static bool of_a_task(unsigned kind)
{
	return kind >= WIRE_TASK_FORK && kind != WIRE_USER_NAME;
}

void event_json(struct buf *b, const struct event *ev)
{
	const struct kind_info *info = kind_info(ev->u.h.kind);

	if (of_a_task(ev->u.h.kind)) {
		json_key(b, "tgid");
		buf_u64(b, ev->u.h.tgid);
		json_key(b, "pid");
		buf_u64(b, ev->u.h.pid);
		json_key(b, "comm");
		buf_json(b, ev->u.h.comm, strnlen(ev->u.h.comm, sizeof(ev->u.h.comm)));
	}
	for (const struct field *f = info->fields; f->name; f++) {
		json_fn *put;

		if (!f->shown)
			continue;
		put = f->json ? f->json : by_format[f->format];
		if (!json_present(ev, put))
			continue;
		buf_put(b, f->key, f->key_len);
		put(b, ev, f);
	}
}
