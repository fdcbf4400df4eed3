/* SPDX-License-Identifier: GPL-2.0-only */
/* The members of JSON that a row alone does not give. */
#include "event/json.h"

#include "event/member.h"
#include "event/names.h"

void json_lost_kind(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct kind_info *info = kind_info(ev->u.lost.lost_kind);

	(void)f;
	if (info && ev->u.lost.lost_kind)
		json_name(b, info->name);
	else
		buf_u64(b, ev->u.lost.lost_kind);
}

void json_lost_cpu(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->u.lost.lost_cpu);
}

void json_thread(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, ev->u.fork.child_tgid == ev->u.h.tgid);
}

/* A tail that holds the NUL of the name, or more behind it, is not longer for that. */
void json_filename(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_json(b, ev->filename, ev->filename ? strnlen(ev->filename, ev->filename_len) : 0);
}

void json_args(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_char(b, '[');
	for (size_t i = 0; i < ev->args_len; ) {
		size_t len = strnlen(ev->argv + i, ev->args_len - i);

		if (i)
			buf_char(b, ',');
		buf_json(b, ev->argv + i, len);
		i += len + 1;
	}
	buf_char(b, ']');
}

static uint32_t tail_flags(const struct event *ev)
{
	return ev->u.h.kind == WIRE_TASK_EXEC ? ev->u.exec.truncated : ev->u.args.truncated;
}

void json_truncated(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, tail_flags(ev) & (WIRE_TRUNC_FILENAME | WIRE_TRUNC_ARGS));
}

void json_args_fault(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, tail_flags(ev) & WIRE_ARGS_FAULT);
}

void json_if_siginfo(struct buf *b, const struct event *ev, const struct field *f)
{
	if (ev->u.generate.flags & WIRE_SIG_INFO)
		buf_u64(b, member_u64(ev, f));
	else
		json_null(b);
}

void json_signo(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->u.generate.sig);
}

void json_target(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct wire_generate *g = &ev->u.generate;

	(void)f;
	buf_str(b, "{\"tgid\":");
	buf_u64(b, g->target_tgid);
	json_key(b, "pid");
	buf_u64(b, g->target_pid);
	json_key(b, "comm");
	buf_json(b, g->target_comm, strnlen(g->target_comm, sizeof(g->target_comm)));
	buf_char(b, '}');
}

void json_origin(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_name(b, generate_origin(&ev->u.generate));
}

static const struct wire_sock *sock_of(const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SOCK_RESET:
		return &ev->u.reset.sk;
	case WIRE_SOCK_OWNER:
		return &ev->u.owner.sk;
	case WIRE_SOCK_CLIENT:
		return &ev->u.client.sk;
	default:
		return &ev->u.sock.sk;
	}
}

void json_local(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct wire_sock *sk = sock_of(ev);

	(void)f;
	buf_char(b, '"');
	sock_addr(b, sk->family, sk->laddr, sk->lport);
	buf_char(b, '"');
}

void json_peer(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct wire_sock *sk = sock_of(ev);

	(void)f;
	buf_char(b, '"');
	sock_addr(b, sk->family, sk->raddr, sk->rport);
	buf_char(b, '"');
}

void json_count(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->many.count);
}

void json_ts_last(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->many.ts_last);
}

bool json_present(const struct event *ev, json_fn *put)
{
	if (put == json_count || put == json_ts_last)
		return ev->many.count != 0;
	return put != json_args_fault || (tail_flags(ev) & WIRE_ARGS_FAULT);
}
