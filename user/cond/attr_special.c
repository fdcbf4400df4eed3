/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes that a row of a field table alone does not give. */
#include "cond/attr_special.h"

#include <string.h>

#include "event/names.h"
#include "world/task.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef void get_fn(const struct subject *s, const struct attr *a, struct value *v);

void attr_string(const struct subject *s)
{
	buf_reset(s->scratch);
}

void attr_string_done(const struct subject *s, struct value *v)
{
	v->p = buf_cstr(s->scratch);
	v->len = s->scratch->len;
}

static void set_string(struct value *v, const char *p, size_t max)
{
	v->p = p;
	v->len = p ? strnlen(p, max) : 0;
	v->null = !p;
}

/* ---- records ---- */

static uint32_t tail_flags(const struct event *ev)
{
	return ev->u.h.kind == WIRE_TASK_EXEC ? ev->u.exec.truncated : ev->u.args.truncated;
}

static void get_lost_kind(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.lost.lost_kind;
}

static void get_lost_cpu(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.lost.lost_cpu;
}

static void get_thread(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.fork.child_tgid == s->ev->u.h.tgid;
}

static void get_truncated(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = (tail_flags(s->ev) & (WIRE_TRUNC_FILENAME | WIRE_TRUNC_ARGS)) != 0;
}

static void get_fault(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = (tail_flags(s->ev) & WIRE_ARGS_FAULT) != 0;
}

static void get_filename(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	set_string(v, s->ev->filename ? s->ev->filename : "", s->ev->filename_len);
	v->cut = tail_flags(s->ev) & WIRE_TRUNC_FILENAME;
}

/* One line, blanks between. */
static void join(const struct subject *s, struct value *v, const char *args, size_t n)
{
	attr_string(s);
	for (size_t i = 0; i < n;) {
		size_t len = strnlen(args + i, n - i);

		if (i)
			buf_char(s->scratch, ' ');
		buf_put(s->scratch, args + i, len);
		i += len + 1;
	}
	attr_string_done(s, v);
	v->cut |= s->scratch->failed;
}

static void get_args(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->cut = tail_flags(s->ev) & (WIRE_TRUNC_ARGS | WIRE_ARGS_FAULT);
	join(s, v, s->ev->argv, s->ev->args_len);
}

static void get_count(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = (int64_t)event_count(s->ev);
}

static void get_ts_last(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = (int64_t)(s->ev->many.count ? s->ev->many.ts_last : s->ev->u.h.ts);
}

static void get_siginfo(const struct subject *s, const struct attr *a, struct value *v)
{
	const struct wire_generate *g = &s->ev->u.generate;

	v->n = !strcmp(a->name, "si_pid") ? g->sender_pid : g->sender_uid;
	v->null = !(g->flags & WIRE_SIG_INFO);
}

static void get_signo(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.generate.sig;
}

static void get_origin(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = sig_origin(&s->ev->u.generate);
}

static const struct wire_sock *sock_of(const struct subject *s)
{
	if (s->fact)
		return s->fact->u.open.sk;
	switch (s->ev->u.h.kind) {
	case WIRE_SOCK_RESET:
		return &s->ev->u.reset.sk;
	case WIRE_SOCK_OWNER:
		return &s->ev->u.owner.sk;
	case WIRE_SOCK_CLIENT:
		return &s->ev->u.client.sk;
	default:
		return &s->ev->u.sock.sk;
	}
}

static void get_addr(const struct subject *s, const struct attr *a, struct value *v)
{
	const struct wire_sock *sk = sock_of(s);
	bool peer = !strcmp(a->name, "peer");

	v->null = !sk;
	if (!sk)
		return;
	attr_string(s);
	sock_addr(s->scratch, sk->family, peer ? sk->raddr : sk->laddr,
		  peer ? sk->rport : sk->lport);
	attr_string_done(s, v);
}

/* ---- facts ---- */

static void get_command(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->p = s->fact->u.open.command;
	v->len = s->fact->u.open.command_len;
	v->null = !v->len;
}

static void get_orphan_args(const struct subject *s, const struct attr *a, struct value *v)
{
	const struct fact_orphan *o = &s->fact->u.orphan;

	(void)a;
	/* an argv that fills what is kept of it may have been longer */
	v->cut = o->args_len >= WIRE_ARGS;
	join(s, v, o->args, o->args_len);
}

static void get_cause(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->fact->u.interrupt.cause;
	v->null = s->fact->u.interrupt.origin != ORIGIN_DISCONNECT;
}

static void get_exit_status(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->fact->kind == FACT_FATE ? s->fact->u.fate.exit_status :
					    s->fact->u.close.exit_status;
	v->null = v->n < 0;
}

/* ---- the table ---- */

#define OPEN (ATTR_FACT + FACT_OPEN)
#define INTERRUPT (ATTR_FACT + FACT_INTERRUPT)
#define ORPHAN (ATTR_FACT + FACT_ORPHAN)
#define CLOSE (ATTR_FACT + FACT_CLOSE)
#define FATE (ATTR_FACT + FACT_FATE)

static const struct {
	unsigned kind;
	const char *name;
	enum attr_type type;
	bool nullable;
	get_fn *get;
	const char *const *names;
} special[] = {
	{WIRE_TRACE_LOST, "kind", ATTR_KIND, false, get_lost_kind, NULL},
	{WIRE_TRACE_LOST, "cpu", ATTR_NUMBER, false, get_lost_cpu, NULL},
	{WIRE_TASK_FORK, "thread", ATTR_BOOL, false, get_thread, NULL},
	{WIRE_TASK_EXEC, "truncated", ATTR_BOOL, false, get_truncated, NULL},
	{WIRE_TASK_EXEC, "filename", ATTR_STRING, false, get_filename, NULL},
	{WIRE_TASK_EXEC, "args", ATTR_STRING, false, get_args, NULL},
	{WIRE_TASK_EXEC, "args_fault", ATTR_BOOL, false, get_fault, NULL},
	{WIRE_TASK_ARGS, "truncated", ATTR_BOOL, false, get_truncated, NULL},
	{WIRE_TASK_ARGS, "filename", ATTR_STRING, false, get_filename, NULL},
	{WIRE_TASK_ARGS, "args", ATTR_STRING, false, get_args, NULL},
	{WIRE_TASK_ARGS, "args_fault", ATTR_BOOL, false, get_fault, NULL},
	{WIRE_SIGNAL_GENERATE, "si_pid", ATTR_NUMBER, true, get_siginfo, NULL},
	{WIRE_SIGNAL_GENERATE, "si_uid", ATTR_NUMBER, true, get_siginfo, NULL},
	{WIRE_SIGNAL_GENERATE, "signo", ATTR_NUMBER, false, get_signo, NULL},
	{WIRE_SIGNAL_GENERATE, "origin", ATTR_ENUM, false, get_origin, sig_origin_names},
	{WIRE_SIGNAL_GENERATE, "count", ATTR_NUMBER, false, get_count, NULL},
	{WIRE_SIGNAL_GENERATE, "ts_last", ATTR_TIME, false, get_ts_last, NULL},
	{WIRE_SIGNAL_DELIVER, "count", ATTR_NUMBER, false, get_count, NULL},
	{WIRE_SIGNAL_DELIVER, "ts_last", ATTR_TIME, false, get_ts_last, NULL},
	{WIRE_SOCK_STATE, "local", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_STATE, "peer", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_RESET, "local", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_RESET, "peer", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_OWNER, "local", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_OWNER, "peer", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_CLIENT, "local", ATTR_ADDR, false, get_addr, NULL},
	{WIRE_SOCK_CLIENT, "peer", ATTR_ADDR, false, get_addr, NULL},
	{OPEN, "local", ATTR_ADDR, true, get_addr, NULL},
	{OPEN, "peer", ATTR_ADDR, true, get_addr, NULL},
	{OPEN, "command", ATTR_STRING, true, get_command, NULL},
	{INTERRUPT, "cause", ATTR_ENUM, true, get_cause, end_names},
	{ORPHAN, "args", ATTR_STRING, false, get_orphan_args, NULL},
	{CLOSE, "exit_status", ATTR_NUMBER, true, get_exit_status, NULL},
	{FATE, "exit_status", ATTR_NUMBER, true, get_exit_status, NULL},
};

void attr_special(unsigned kind, struct attr *a)
{
	for (size_t i = 0; i < COUNT(special); i++) {
		if (special[i].kind != kind || strcmp(special[i].name, a->name))
			continue;
		a->type = special[i].type;
		a->nullable = special[i].nullable;
		a->get = special[i].get;
		a->names = special[i].names;
	}
}

/* ---- nested ---- */

static void get_target_tgid(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.generate.target_tgid;
}

static void get_target_pid(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->ev->u.generate.target_pid;
}

static void get_target_comm(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	set_string(v, s->ev->u.generate.target_comm, WIRE_COMM);
}

/* What ran is the sender only where a process asked for the signal: of a typed Ctrl-C it is a
 * kworker, of a SIGALRM whoever the timer's interrupt hit. */
static bool is_sent(const struct subject *s)
{
	return sig_origin(&s->ev->u.generate) == SIG_ORIGIN_USER;
}

static void get_sender_tgid(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	if (s->ev)
		v->n = s->ev->u.h.tgid;
	else
		v->n = s->fact->kind == FACT_FATE ? s->fact->u.fate.sender_tgid :
						    s->fact->u.interrupt.sender_tgid;
	v->null = s->ev ? !is_sent(s) : !v->n;
}

static void get_sender_comm(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	if (s->ev)
		set_string(v, s->ev->u.h.comm, WIRE_COMM);
	else if (s->fact->kind == FACT_FATE)
		set_string(v, s->fact->u.fate.sender_tgid ? s->fact->u.fate.sender_comm : NULL,
			   WIRE_COMM);
	else
		set_string(v, s->fact->u.interrupt.sender_tgid ? s->fact->u.interrupt.sender_comm : NULL,
			   WIRE_COMM);
	if (s->ev)
		v->null = !is_sent(s);
}

static void get_status(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = exit_status(s->ev->u.exit.exit_code);
	v->null = v->n < 0;
}

static void get_exit_signal(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = exit_signal(s->ev->u.exit.exit_code);
	v->null = !v->n;
}

static void get_core(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = (s->ev->u.exit.exit_code & 0x80) != 0;
}

static const struct {
	unsigned kind;
	struct attr a;
} nested[] = {
	{WIRE_SIGNAL_GENERATE, {"target.tgid", ATTR_NUMBER, .get = get_target_tgid,
				.doc = "process that the signal is for"}},
	{WIRE_SIGNAL_GENERATE, {"target.pid", ATTR_NUMBER, .get = get_target_pid,
				.doc = "thread that the signal is for"}},
	{WIRE_SIGNAL_GENERATE, {"target.comm", ATTR_STRING, .comm = true, .get = get_target_comm,
				.doc = "name of the target"}},
	{WIRE_SIGNAL_GENERATE, {"sender.tgid", ATTR_NUMBER, true, .get = get_sender_tgid,
				.doc = "process that sent it; null unless origin is user"}},
	{WIRE_SIGNAL_GENERATE, {"sender.comm", ATTR_STRING, true, .comm = true,
				.get = get_sender_comm, .doc = "its name"}},
	{INTERRUPT, {"sender.tgid", ATTR_NUMBER, true, .get = get_sender_tgid,
		     .doc = "process that sent it, or null"}},
	{INTERRUPT, {"sender.comm", ATTR_STRING, true, .comm = true, .get = get_sender_comm,
		     .doc = "its name"}},
	{FATE, {"sender.tgid", ATTR_NUMBER, true, .get = get_sender_tgid,
		.doc = "process that sent the signal, or null"}},
	{FATE, {"sender.comm", ATTR_STRING, true, .comm = true, .get = get_sender_comm,
		.doc = "its name"}},
	{WIRE_TASK_EXIT, {"status", ATTR_NUMBER, true, .get = get_status,
			  .doc = "exit status, null if a signal killed it"}},
	{WIRE_TASK_EXIT, {"signal", ATTR_SIGNAL, true, .get = get_exit_signal,
			  .doc = "signal that killed it, or null"}},
	{WIRE_TASK_EXIT, {"core", ATTR_BOOL, .get = get_core, .doc = "true: core dumped"}},
};

size_t attr_nested(unsigned kind, struct attr *out)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(nested); i++)
		if (nested[i].kind == kind)
			out[n++] = nested[i].a;
	return n;
}
