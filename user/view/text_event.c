/* SPDX-License-Identifier: GPL-2.0-only */
/* One line a record: what the kernel did. */
#include "event/event.h"
#include "event/field.h"
#include "event/names.h"
#include "event/tables.h"
#include "view/text.h"
#include "view/who.h"

#define ARGS_SHOWN 200 /* code points of argv, without -v */

struct line {
	struct buf *b;
	const struct engine *e;
	const struct event *ev;
	bool verbose;
};

static void put_tty(struct buf *b, uint32_t dev)
{
	if (dev)
		tty_name(b, dev);
	else
		buf_str(b, "no terminal");
}

/* ---- trace ---- */

static void detail_begin(const struct line *l)
{
	const struct wire_begin *begin = &l->ev->u.begin;

	buf_str(l->b, "sigtrace ");
	text_cstr(l->b, begin->tool);
	buf_str(l->b, " on ");
	text_cstr(l->b, begin->host);
	buf_str(l->b, ", Linux ");
	text_cstr(l->b, begin->kernel);
}

static void detail_end(const struct line *l)
{
	const char *reason = table_name(table_end_reason, l->ev->u.end.reason);

	buf_str(l->b, reason ? reason : "?");
}

static void detail_lost(const struct line *l)
{
	const struct wire_lost *lost = &l->ev->u.lost;
	const struct kind_info *kind = kind_info(lost->lost_kind);

	buf_u64(l->b, lost->count);
	if (lost->lost_kind && kind)
		buf_printf(l->b, " %s", kind->name);
	buf_str(l->b, lost->count == 1 ? " record" : " records");
	buf_printf(l->b, " on CPU %u; what is told of this time may be incomplete", lost->lost_cpu);
}

static void detail_ready(const struct line *l)
{
	const struct wire_ready *r = &l->ev->u.ready;

	text_count(l->b, r->tasks, "process", "processes");
	buf_str(l->b, r->asked ? " looked at again" : " found");
	if (!r->elapsed)
		return;
	buf_str(l->b, ", ");
	buf_duration(l->b, r->elapsed);
	buf_str(l->b, " after the start");
}

static void detail_user(const struct line *l)
{
	const struct wire_user *u = &l->ev->u.user;

	buf_printf(l->b, "uid %u is ", u->uid);
	text_cstr(l->b, u->name[0] ? u->name : "nobody's that is known");
}

/* ---- task ---- */

static void put_command(const struct line *l, uint32_t truncated)
{
	const struct event *ev = l->ev;

	if (ev->args_len) {
		buf_args(l->b, ev->argv, ev->args_len, l->verbose ? 0 : ARGS_SHOWN);
		if (l->verbose && truncated & WIRE_TRUNC_ARGS)
			buf_str(l->b, "...");
	} else {
		buf_text(l->b, ev->filename ? ev->filename : "", ev->filename_len);
	}
	if (truncated & WIRE_ARGS_FAULT)
		buf_str(l->b, " (its arguments could not be read)");
}

static void detail_exec(const struct line *l)
{
	put_command(l, l->ev->u.exec.truncated);
}

static void detail_args(const struct line *l)
{
	put_command(l, l->ev->u.args.truncated);
}

static void detail_fork(const struct line *l)
{
	const struct wire_fork *f = &l->ev->u.fork;

	buf_str(l->b, f->child_tgid == f->h.tgid ? "thread " : "child ");
	buf_u64(l->b, f->child_pid);
}

static void detail_exit(const struct line *l)
{
	text_exit_code(l->b, l->ev->u.exit.exit_code);
}

static void detail_snapshot(const struct line *l)
{
	const struct wire_task *t = &l->ev->u.snapshot.task;

	buf_printf(l->b, "parent %u, group %u, session %u, ", t->ppid, t->pgid, t->sid);
	put_tty(l->b, t->tty);
	buf_printf(l->b, ", uid %u, state %c", t->uid, task_state_letter(t->state));
}

static void detail_env(const struct line *l)
{
	const struct wire_env *env = &l->ev->u.env;

	buf_str(l->b, "SSH_CONNECTION=");
	text_cstr(l->b, env->ssh_connection);
	buf_str(l->b, " SSH_TTY=");
	text_cstr(l->b, env->ssh_tty);
}

static void put_end(const struct line *l, const char *name, uint64_t pipe, uint32_t has)
{
	const struct wire_place *p = &l->ev->u.place;

	if (!pipe)
		return;
	buf_printf(l->b, ", %s pipe %llu", name, (unsigned long long)pipe);
	if (has && p->ends & WIRE_ENDS_KNOWN)
		buf_str(l->b, p->ends & has ? " (the server has its other end)" :
					      " (the server has let go of it)");
}

static void detail_place(const struct line *l)
{
	const struct wire_place *p = &l->ev->u.place;

	buf_str(l->b, "cgroup ");
	if (!p->cgroup[0])
		buf_str(l->b, "not looked at");
	else
		text_cstr(l->b, p->cgroup_name[0] ? p->cgroup_name : "/");
	put_end(l, "stdin", p->pipe[0], WIRE_ENDS_STDIN);
	put_end(l, "stdout", p->pipe[1], WIRE_ENDS_STDOUT);
	put_end(l, "stderr", p->pipe[2], 0);
}

/* ---- signal ---- */

static void put_code(struct buf *b, uint32_t sig, int32_t code)
{
	const char *name = si_code_name(sig, code);

	if (name)
		buf_str(b, name);
	else
		buf_s64(b, code);
}

/* Not the header's task where something else was the cause: what ran is then a bystander. */
static void put_sender(struct buf *b, const struct wire_generate *g)
{
	switch (sig_origin(g)) {
	case SIG_ORIGIN_TTY:
		if (g->work_tty || g->tty)
			tty_name(b, g->work_tty ? g->work_tty : g->tty);
		else
			buf_str(b, "a terminal");
		return;
	case SIG_ORIGIN_HANGUP:
		buf_str(b, "the hang-up of its terminal");
		return;
	case SIG_ORIGIN_KERNEL:
		buf_str(b, "the kernel");
		return;
	case SIG_ORIGIN_TIMER:
		buf_str(b, "a timer");
		return;
	case SIG_ORIGIN_USER:
	case SIG_ORIGIN_CHILD:
		break;
	}
	if (g->h.tgid == g->target_tgid && g->h.start == g->target_start)
		buf_str(b, "itself");
	else
		text_task(b, g->h.comm, g->h.tgid);
}

void text_grouped(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		text_grouped(b, n / 1000);
		buf_printf(b, ",%03u", (unsigned)(n % 1000));
	} else {
		buf_u64(b, n);
	}
}

/* "... 48,211 x ": as many more like one that had a line of its own. */
static void put_many(const struct line *l)
{
	if (!event_repeats(l->ev))
		return;
	buf_str(l->b, "... ");
	text_grouped(l->b, event_count(l->ev));
	buf_str(l->b, " x ");
}

static void detail_generate(const struct line *l)
{
	static const char *const results[] = {
		"delivered", "ignored", "already pending", "lost: the queue is full",
		"delivered without its siginfo",
	};
	const struct wire_generate *g = &l->ev->u.generate;
	const char *disposition = disposition_name(g->disposition);
	struct buf *b = l->b;

	put_many(l);
	buf_str(b, signal_name(g->sig));
	buf_str(b, " from ");
	put_sender(b, g);
	buf_str(b, " (");
	put_code(b, g->sig, g->si_code);
	buf_str(b, "): ");
	/* the kernel calls it ignored too when the target is dying already, or is an init */
	if (g->result == 1 && g->disposition != WIRE_IGN)
		buf_str(b, "discarded");
	else
		buf_str(b, g->result < sizeof(results) / sizeof(results[0]) ? results[g->result] : "?");
	if (g->disposition != WIRE_IGN) {
		buf_str(b, ", ");
		buf_str(b, disposition ? disposition : "?");
	}
	if (g->blocked)
		buf_str(b, ", blocked");
	if (!g->group && g->target_pid != g->target_tgid)
		buf_printf(b, ", for thread %u alone", g->target_pid);
	if (g->flags & WIRE_SIG_UNKILLABLE)
		buf_str(b, ", to the init of a pid namespace");
	if (g->flags & WIRE_SIG_TRACED)
		buf_str(b, ", traced");
}

static void detail_deliver(const struct line *l)
{
	const struct wire_deliver *d = &l->ev->u.deliver;
	const char *disposition = disposition_name(d->disposition);

	put_many(l);
	buf_str(l->b, signal_name(d->sig));
	buf_str(l->b, " (");
	put_code(l->b, d->sig, d->si_code);
	buf_str(l->b, "), ");
	buf_str(l->b, disposition ? disposition : "?");
}

static void detail_key(const struct line *l)
{
	static const char *const keys[] = { "^C", "^\\", "^Z" };
	const struct wire_key *k = &l->ev->u.key;

	buf_str(l->b, k->key < sizeof(keys) / sizeof(keys[0]) ? keys[k->key] : "?");
	buf_str(l->b, " on ");
	put_tty(l->b, k->tty);
	buf_printf(l->b, ", group %u in the foreground", k->tty_pgrp);
	if (!k->isig)
		buf_str(l->b, "; no signal: it is data for the program that reads (ISIG is off)");
}

/* ---- sock ---- */

static void put_sock(struct buf *b, const struct wire_sock *sk)
{
	sock_addr(b, sk->family, sk->raddr, sk->rport);
	buf_str(b, " -> ");
	sock_addr(b, sk->family, sk->laddr, sk->lport);
}

static void detail_sock(const struct line *l)
{
	const struct wire_sock_state *s = &l->ev->u.sock;
	const char *err = errno_name(s->sk_err);

	put_sock(l->b, &s->sk);
	buf_printf(l->b, ": %s to ", tcp_state_name(s->old_state));
	buf_str(l->b, tcp_state_name(s->new_state));
	if (s->sk_err && err)
		buf_printf(l->b, " (%s)", err);
	else if (s->sk_err)
		buf_printf(l->b, " (errno %u)", s->sk_err);
}

static void detail_reset(const struct line *l)
{
	const struct wire_sock_reset *r = &l->ev->u.reset;

	put_sock(l->b, &r->sk);
	buf_str(l->b, r->direction == WIRE_RESET_SENT ? ": reset sent" : ": reset received");
}

static void detail_owner(const struct line *l)
{
	const struct wire_sock_owner *o = &l->ev->u.owner;

	if (o->state == WIRE_TCP_LISTEN)
		sock_addr(l->b, o->sk.family, o->sk.laddr, o->sk.lport);
	else
		put_sock(l->b, &o->sk);
	buf_printf(l->b, ": %s", tcp_state_name(o->state));
	if (o->fd != WIRE_UNSET)
		buf_printf(l->b, ", fd %u", o->fd);
}

static void detail_client(const struct line *l)
{
	const struct wire_sock_client *c = &l->ev->u.client;

	sock_addr(l->b, c->sk.family, c->sk.laddr, c->sk.lport);
	buf_str(l->b, " -> ");
	sock_addr(l->b, c->sk.family, c->sk.raddr, c->sk.rport);
	buf_printf(l->b, ": %s", tcp_state_name(c->state));
	if (c->fd != WIRE_UNSET)
		buf_printf(l->b, ", fd %u", c->fd);
}

/* ---- all of it ---- */

/* Whose line it is. What ran when a key came, a packet or a loss has nothing to do with it. */
enum whose { RAN, TARGET, NOBODY };

static const struct {
	const char *label;
	enum whose whose;
	void (*detail)(const struct line *l);
} lines[WIRE_KIND_MAX + 1] = {
	[WIRE_TRACE_BEGIN] = { "begin", NOBODY, detail_begin },
	[WIRE_TRACE_END] = { "end", NOBODY, detail_end },
	[WIRE_TRACE_LOST] = { "LOST", NOBODY, detail_lost },
	[WIRE_TRACE_READY] = { "ready", NOBODY, detail_ready },
	[WIRE_TASK_FORK] = { "fork", RAN, detail_fork },
	[WIRE_TASK_EXEC] = { "exec", RAN, detail_exec },
	[WIRE_TASK_EXIT] = { "exit", RAN, detail_exit },
	[WIRE_TASK_SNAPSHOT] = { "task", RAN, detail_snapshot },
	[WIRE_TASK_ARGS] = { "args", RAN, detail_args },
	[WIRE_TASK_ENV] = { "env", RAN, detail_env },
	[WIRE_TASK_PLACE] = { "place", RAN, detail_place },
	[WIRE_SIGNAL_GENERATE] = { "signal", TARGET, detail_generate },
	[WIRE_SIGNAL_DELIVER] = { "deliver", RAN, detail_deliver },
	[WIRE_TTY_KEY] = { "key", NOBODY, detail_key },
	[WIRE_SOCK_STATE] = { "sock", NOBODY, detail_sock },
	[WIRE_SOCK_RESET] = { "reset", NOBODY, detail_reset },
	[WIRE_SOCK_OWNER] = { "owner", RAN, detail_owner },
	[WIRE_SOCK_CLIENT] = { "client", RAN, detail_client },
	[WIRE_USER_NAME] = { "user", NOBODY, detail_user },
};

const char *text_label(unsigned kind)
{
	return lines[kind].label;
}

static bool is_child(const struct engine *e, uint32_t session, uint32_t tgid)
{
	struct session_view s = { 0 };

	if (!session)
		return false;
	return !engine_session(e, session, &s) || !s.server || s.server->key.tgid != tgid;
}

static void put_event(struct view *v, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct text *t = (struct text *)v;
	unsigned kind = ev->u.h.kind;
	struct line l = { .b = &v->out, .e = e, .ev = ev, .verbose = v->opt.verbose };
	struct text_row r = { .ts = ev->u.h.ts, .session = session };
	char digits[WHO_DIGITS];

	if (kind > WIRE_KIND_MAX || !lines[kind].label)
		return;
	if (!text_shows(t, e, ev, session) || !view_wants_event(v, e, ev, session))
		return;
	if (text_folds(t, ev))
		return;
	text_catch_up(t, e);
	if (lines[kind].whose == RAN) {
		r.comm = ev->u.h.comm;
		r.tgid = ev->u.h.tgid;
	} else if (lines[kind].whose == TARGET) {
		r.comm = ev->u.generate.target_comm;
		r.tgid = ev->u.generate.target_tgid;
	}
	r.user = who_user(e, session, lines[kind].whose == NOBODY ? NULL : ev, digits);
	r.child = r.comm && is_child(e, session, r.tgid);
	r.event = lines[kind].label;
	r.sgr = kind == WIRE_TRACE_LOST ? TEXT_ALARM : NULL;
	text_row(t, e, &r);
	lines[kind].detail(&l);
	text_done(t, &r);
}

void text_event(struct view *v, const struct engine *e, const struct event *ev, uint32_t session)
{
	if (!v->opt.quiet)
		put_event(v, e, ev, session);
}
