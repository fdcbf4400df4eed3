/* SPDX-License-Identifier: GPL-2.0-only */
/* One object a line; contract.md lists the members. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "event/field.h"
#include "event/names.h"
#include "event/tables.h"
#include "session/fact_field.h"
#include "view/fact_json.h"
#include "view/view.h"

struct json {
	struct view v; /* first: a struct view * of this view is a struct json * */
	uint64_t seq;  /* of the last record */
	uint64_t ts;
	uint32_t reason; /* WIRE_END_* */
	struct view_second second;
};

/* ---- members: `,"key":value` ---- */

static void put_signal(struct buf *b, const char *name, uint32_t sig)
{
	json_member_str(b, name, sig ? signal_name(sig) : NULL);
}

static void put_tty(struct buf *b, const char *name, uint32_t dev)
{
	json_key(b, name);
	if (!dev) {
		buf_str(b, "null");
		return;
	}
	buf_char(b, '"');
	tty_name(b, dev);
	buf_char(b, '"');
}

static void put_addr(struct buf *b, const char *name, const struct wire_sock *sk, bool remote)
{
	json_key(b, name);
	if (!sk) {
		buf_str(b, "null");
		return;
	}
	buf_char(b, '"');
	sock_addr(b, sk->family, remote ? sk->raddr : sk->laddr, remote ? sk->rport : sk->lport);
	buf_char(b, '"');
}

static void open_task(struct buf *b, uint32_t tgid, const char *comm)
{
	buf_str(b, "{\"tgid\":");
	buf_u64(b, tgid);
	json_member_str(b, "comm", comm);
}

/* ---- the envelope ---- */

static void open_object(struct json *j, const struct engine *e, const char *type, uint64_t seq,
			uint64_t ts, uint32_t session)
{
	struct buf *b = &j->v.out;

	buf_str(b, "{\"type\":\"");
	buf_str(b, type);
	buf_char(b, '"');
	json_member_u64(b, "seq", seq);
	json_member_u64(b, "ts", ts);
	buf_str(b, ",\"time\":\"");
	view_time_kept(b, engine_begin(e), ts, &j->second);
	buf_char(b, '"');
	json_member_u64_null(b, "session", session);
}

static void close_object(struct buf *b)
{
	buf_str(b, "}\n");
}

/* ---- facts ---- */

/* status -1, sig 0: null */
static void put_status(struct buf *b, int status, uint32_t sig)
{
	json_key(b, "exit_status");
	if (status >= 0)
		buf_s64(b, status);
	else
		buf_str(b, "null");
	put_signal(b, "exit_signal", sig);
}

static void put_sender(struct buf *b, uint32_t tgid, const char *comm, uint32_t session)
{
	json_key(b, "sender");
	if (!tgid) {
		buf_str(b, "null");
		return;
	}
	open_task(b, tgid, comm);
	json_member_u64_null(b, "session", session);
	buf_char(b, '}');
}

static void put_client(struct buf *b, const struct fact_client *c, bool end)
{
	json_key(b, "client");
	if (!c) {
		buf_str(b, "null");
		return;
	}
	open_task(b, c->tgid, c->comm);
	json_member_u64_null(b, "session", c->session);
	if (end) {
		json_member_bool(b, "alive", c->alive);
		put_signal(b, "sig", c->sig);
		put_tty(b, "tty", c->tty);
		put_sender(b, c->sender_tgid, c->sender_comm, c->sender_session);
		put_status(b, c->alive ? -1 : exit_status(c->exit_code),
			   c->alive ? 0 : exit_signal(c->exit_code));
	}
	buf_char(b, '}');
}

static void put_via(struct buf *b, const struct fact_interrupt *i)
{
	json_key(b, "via");
	buf_char(b, '[');
	for (size_t n = 0; n < i->nvia; n++) {
		if (n)
			buf_char(b, ',');
		open_task(b, i->via[n].tgid, i->via[n].comm);
		put_tty(b, "tty", i->via[n].tty);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_open(struct buf *b, const struct fact_open *o)
{
	json_member_str(b, "server", server_name(o->server));
	put_addr(b, "peer", o->sk, true);
	put_addr(b, "local", o->sk, false);
	json_member_str(b, "user", o->user);
	json_member_u64(b, "uid", o->uid);
	put_tty(b, "pty", o->pty);
	json_member_str(b, "request", request_name(o->request));
	json_member_bytes(b, "command", o->command_len ? o->command : NULL, o->command_len);
	json_member_u64(b, "tgid", o->tgid);
	json_member_u64(b, "server_tgid", o->server_tgid);
	json_member_bool(b, "preexisting", o->preexisting);
	put_client(b, o->client, false);
}

static void put_member(struct buf *b, const struct fact_member *m)
{
	open_task(b, m->tgid, m->comm);
	json_member_str(b, "outcome", outcome_name(m->outcome));
	json_member_str(b, "reason", m->reason);
	json_member_u64_null(b, "elapsed_ns", m->elapsed);
	if (m->outcome == OUTCOME_DIED || m->outcome == OUTCOME_EXITED) {
		if (exit_signal(m->exit_code))
			put_signal(b, "signal", exit_signal(m->exit_code));
		else
			json_member_u64(b, "status", (uint64_t)exit_status(m->exit_code));
	}
	buf_char(b, '}');
}

static void put_missed(struct buf *b, const struct fact_missed *m)
{
	open_task(b, m->tgid, m->comm);
	json_member_str(b, "reason", reason_name(m->reason));
	json_member_str(b, "why", m->why);
	buf_char(b, '}');
}

static void put_interrupt(struct buf *b, const struct fact_interrupt *i)
{
	size_t n;

	json_member_str(b, "origin", origin_name(i->origin));
	put_signal(b, "sig", i->sig);
	put_tty(b, "tty", i->tty);
	json_member_u64_null(b, "fg_pgid", i->fg_pgid);
	put_sender(b, i->sender_tgid, i->sender_comm, i->sender_session);
	json_member_str(b, "side", side_names[i->at_client]);
	put_via(b, i);
	json_key(b, "members");
	buf_char(b, '[');
	for (n = 0; n < i->nmembers; n++) {
		if (n)
			buf_char(b, ',');
		put_member(b, &i->members[n]);
	}
	buf_char(b, ']');
	json_key(b, "missed");
	buf_char(b, '[');
	for (n = 0; n < i->nmissed; n++) {
		if (n)
			buf_char(b, ',');
		put_missed(b, &i->missed[n]);
	}
	buf_char(b, ']');
	json_member_str(b, "verdict", verdict_name(i->verdict));
	json_member_str(b, "cause", i->origin == ORIGIN_DISCONNECT ? end_name(i->cause) : NULL);
	put_client(b, i->client, true);
	json_member_str(b, "why", i->why);
}

static void put_orphan(struct buf *b, const struct fact_orphan *o)
{
	const char *arg;
	size_t len;
	unsigned i;

	json_member_u64(b, "tgid", o->tgid);
	json_member_str(b, "comm", o->comm);
	json_key(b, "args");
	buf_char(b, '[');
	for (i = 0; (arg = args_get(o->args, o->args_len, i, &len)); i++) {
		if (i)
			buf_char(b, ',');
		buf_json(b, arg, len);
	}
	buf_char(b, ']');
	json_member_u64(b, "age_ns", o->age);
	json_member_u64_null(b, "new_ppid", o->new_ppid);
	json_member_u64(b, "cpu_ns", o->cpu);
	json_key(b, "ports");
	buf_char(b, '[');
	for (size_t n = 0; n < o->nports; n++) {
		if (n)
			buf_char(b, ',');
		buf_u64(b, o->ports[n]);
	}
	buf_char(b, ']');
	json_member_str(b, "reason", reason_name(o->reason));
	json_member_bool(b, "intended", o->intended);
	json_member_str(b, "why", o->why);
	json_member_str(b, "advice", o->advice ? o->advice : "");
}

static void put_fate(struct buf *b, const struct fact_fate *t)
{
	json_member_u64(b, "tgid", t->tgid);
	json_member_str(b, "comm", t->comm);
	json_member_u64(b, "after_ns", t->after);
	json_member_u64(b, "cpu_ns", t->cpu);
	put_status(b, t->exit_status, t->exit_signal);
	put_sender(b, t->sender_tgid, t->sender_comm, t->sender_session);
	json_member_str(b, "why", t->why);
}

static void put_close(struct buf *b, const struct fact_close *c)
{
	json_member_u64(b, "duration_ns", c->duration);
	json_member_str(b, "end", end_name(c->end));
	put_status(b, c->exit_status, c->exit_signal);
	json_member_u64(b, "processes", c->processes);
	json_member_u64(b, "orphans", c->orphans);
	json_member_u64(b, "intended", c->intended);
	json_member_u64(b, "lost", c->lost);
	put_client(b, c->client, true);
	json_member_str(b, "why", c->why);
}

void fact_json(struct buf *b, const struct fact *f)
{
	switch (f->kind) {
	case FACT_OPEN:
		put_open(b, &f->u.open);
		break;
	case FACT_INTERRUPT:
		put_interrupt(b, &f->u.interrupt);
		break;
	case FACT_ORPHAN:
		put_orphan(b, &f->u.orphan);
		break;
	case FACT_CLOSE:
		put_close(b, &f->u.close);
		break;
	case FACT_FATE:
		put_fate(b, &f->u.fate);
		break;
	}
	json_member_str(b, "confidence", confidence_name(f->confidence));
	json_key(b, "evidence");
	buf_char(b, '[');
	for (size_t i = 0; i < f->nevidence; i++) {
		if (i)
			buf_char(b, ',');
		buf_u64(b, f->evidence[i]);
	}
	buf_char(b, ']');
}

static void json_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	struct buf *b = &v->out;

	if (!view_wants_fact(v, e, f) || v->opt.quiet)
		return;
	open_object((struct json *)v, e, fact_kind_name(f->kind), f->seq, f->ts, f->session);
	fact_json(b, f);
	close_object(b);
}

/* ---- events ---- */

static bool shows(const struct view *v, const struct engine *e, const struct event *ev,
		  uint32_t session)
{
	unsigned kind = ev->u.h.kind;

	if (kind == WIRE_TRACE_BEGIN)
		return true;
	if (kind == WIRE_TRACE_END || kind == WIRE_TRACE_TICK || v->opt.quiet)
		return false;
	if ((kind == WIRE_USER_NAME || kind == WIRE_TASK_ARGS) && !v->opt.verbose &&
	    !(v->opt.filter.kinds >> kind & 1))
		return false;
	return view_wants_event(v, e, ev, session);
}

static void json_event(struct view *v, const struct engine *e, const struct event *ev,
		       uint32_t session)
{
	struct json *j = (struct json *)v;
	const struct kind_info *kind = kind_info(ev->u.h.kind);

	j->seq = ev->seq;
	j->ts = ev->u.h.ts;
	if (ev->u.h.kind == WIRE_TRACE_END)
		j->reason = ev->u.end.reason;
	if (!kind || !shows(v, e, ev, session))
		return;
	open_object(j, e, kind->name, ev->seq, ev->u.h.ts, session);
	event_json(&v->out, ev);
	close_object(&v->out);
}

/* Not in json_event(): the facts that the record brings forth come after it. */
static void json_end(struct view *v, const struct engine *e)
{
	struct json *j = (struct json *)v;
	const struct totals t = engine_totals(e);
	struct buf *b = &v->out;

	open_object(j, e, "trace.end", j->seq, j->ts, 0);
	json_member_u64(b, "records", t.records);
	json_member_u64(b, "lost", t.lost);
	json_member_u64(b, "evicted", t.evicted);
	json_member_u64(b, "sessions", t.sessions);
	json_member_u64(b, "orphans", t.orphans);
	json_member_u64(b, "interrupts", t.interrupts);
	json_member_str(b, "reason", table_name(table_end_reason, j->reason));
	close_object(b);
}

static const struct view_ops json_ops = {
	.name = "json",
	.event = json_event,
	.fact = json_fact,
	.end = json_end,
};

struct view *view_json_new(const struct view_options *opt)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->v.ops = &json_ops;
	j->v.opt = *opt;
	j->reason = WIRE_END_CUT;
	return &j->v;
}
