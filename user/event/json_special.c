/* SPDX-License-Identifier: GPL-2.0-only */
/* The members of JSON that a row alone does not give. */
#include "event/json.h"

#include "event/member.h"
#include "event/names.h"

static void lost_kind(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct kind_info *info = kind_info(ev->u.lost.lost_kind);

	(void)f;
	if (info && ev->u.lost.lost_kind)
		json_name(b, info->name);
	else
		buf_u64(b, ev->u.lost.lost_kind);
}

static void lost_cpu(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->u.lost.lost_cpu);
}

static void fork_thread(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, ev->u.fork.child_tgid == ev->u.h.tgid);
}

/* A tail that holds the NUL of the name, or more behind it, is not longer for that. */
static void tail_filename(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_json(b, ev->filename, ev->filename ? strnlen(ev->filename, ev->filename_len) : 0);
}

static void tail_args(struct buf *b, const struct event *ev, const struct field *f)
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

static void tail_truncated(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, tail_flags(ev) & (WIRE_TRUNC_FILENAME | WIRE_TRUNC_ARGS));
}

static void tail_fault(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	json_bool(b, tail_flags(ev) & WIRE_ARGS_FAULT);
}

static void if_siginfo(struct buf *b, const struct event *ev, const struct field *f)
{
	if (ev->u.generate.flags & WIRE_SIG_INFO)
		buf_u64(b, member_u64(ev, f));
	else
		json_null(b);
}

static void generate_signo(struct buf *b, const struct event *ev, const struct field *f)
{
	(void)f;
	buf_u64(b, ev->u.generate.sig);
}

static void generate_target(struct buf *b, const struct event *ev, const struct field *f)
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

static void generate_cause(struct buf *b, const struct event *ev, const struct field *f)
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

static void sock_local(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct wire_sock *sk = sock_of(ev);

	(void)f;
	buf_char(b, '"');
	sock_addr(b, sk->family, sk->laddr, sk->lport);
	buf_char(b, '"');
}

static void sock_peer(struct buf *b, const struct event *ev, const struct field *f)
{
	const struct wire_sock *sk = sock_of(ev);

	(void)f;
	buf_char(b, '"');
	sock_addr(b, sk->family, sk->raddr, sk->rport);
	buf_char(b, '"');
}

static const struct {
	uint16_t kind;
	const char *name;
	json_fn *put;
} special[] = {
	{ WIRE_TRACE_LOST, "kind", lost_kind },
	{ WIRE_TRACE_LOST, "cpu", lost_cpu },
	{ WIRE_TASK_FORK, "thread", fork_thread },
	{ WIRE_TASK_EXEC, "truncated", tail_truncated },
	{ WIRE_TASK_EXEC, "filename", tail_filename },
	{ WIRE_TASK_EXEC, "args", tail_args },
	{ WIRE_TASK_EXEC, "args_fault", tail_fault },
	{ WIRE_TASK_ARGS, "truncated", tail_truncated },
	{ WIRE_TASK_ARGS, "filename", tail_filename },
	{ WIRE_TASK_ARGS, "args", tail_args },
	{ WIRE_TASK_ARGS, "args_fault", tail_fault },
	{ WIRE_SIGNAL_GENERATE, "si_pid", if_siginfo },
	{ WIRE_SIGNAL_GENERATE, "si_uid", if_siginfo },
	{ WIRE_SIGNAL_GENERATE, "signo", generate_signo },
	{ WIRE_SIGNAL_GENERATE, "target", generate_target },
	{ WIRE_SIGNAL_GENERATE, "origin", generate_cause },
	{ WIRE_SOCK_STATE, "local", sock_local },
	{ WIRE_SOCK_STATE, "peer", sock_peer },
	{ WIRE_SOCK_RESET, "local", sock_local },
	{ WIRE_SOCK_RESET, "peer", sock_peer },
	{ WIRE_SOCK_OWNER, "local", sock_local },
	{ WIRE_SOCK_OWNER, "peer", sock_peer },
	{ WIRE_SOCK_CLIENT, "local", sock_local },
	{ WIRE_SOCK_CLIENT, "peer", sock_peer },
};

json_fn *json_special(const struct field *f)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (special[i].kind == f->kind && !strcmp(special[i].name, f->name))
			return special[i].put;
	return NULL;
}

bool json_present(const struct event *ev, json_fn *put)
{
	return put != tail_fault || (tail_flags(ev) & WIRE_ARGS_FAULT);
}
