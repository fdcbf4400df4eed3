/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/engine.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "finding/finding.h"

struct engine {
	struct sink sink;
	struct world world;
	struct sessions sessions;
	struct wire_begin begin;
	struct totals totals;
	uint64_t seq;
	bool ended;
};

struct engine *engine_new(const struct sink *sink)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->sink = *sink;
	world_init(&e->world);
	sessions_init(&e->sessions, &e->world);
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	sessions_free(&e->sessions);
	world_free(&e->world);
	free(e);
}

static void tell(struct engine *e, struct fact *f, struct seqs *evidence)
{
	seqs_sort(evidence);
	f->evidence = evidence->v;
	f->nevidence = evidence->n;
	f->seq = ++e->seq;
	if (e->sink.fact)
		e->sink.fact(e->sink.ctx, e, f);
	seqs_free(evidence);
}

static enum confidence confidence(const struct engine *e, const struct session *x,
				  enum confidence best)
{
	if (e->world.failed || e->sessions.failed || (x && e->sessions.lost > x->lost_before))
		return CONF_GUESSED;
	return best;
}

static void tell_open(struct engine *e, const struct session *x)
{
	struct seqs evidence = {0};
	struct fact f = {
		.kind = FACT_OPEN,
		.ts = x->opened.ts,
		.session = x->number,
		.confidence = confidence(e, x, x->preexisting ? CONF_INFERRED : CONF_SEEN),
		.u.open = {
			.server = x->server ? server_of(x->server->comm) : SERVER_OTHER,
			.sk = x->sk.family ? &x->sk : NULL,
			.user = x->user,
			.uid = x->uid,
			.pty = x->pty,
			.request = x->request,
			.command = x->command ? x->command : "",
			.command_len = x->command_len,
			.tgid = x->root_tgid ? x->root_tgid : x->server ? x->server->key.tgid : 0,
			.server_tgid = x->server ? x->server->key.tgid : 0,
			.server_comm = x->server ? x->server->comm : "",
			.preexisting = x->preexisting,
		},
	};

	seqs_add(&evidence, x->opened.seq);
	if (x->conn)
		seqs_add(&evidence, x->conn->seen.seq);
	if (x->root)
		seqs_add(&evidence, x->root->seq);
	e->totals.sessions++;
	e->totals.open++;
	tell(e, &f, &evidence);
}

static struct fact_member *members_of(const struct member *m, size_t n, struct seqs *evidence)
{
	struct fact_member *out = calloc(n ? n : 1, sizeof(*out));

	for (size_t k = 0; out && k < n; k++) {
		out[k] = (struct fact_member){
			.tgid = m[k].key.tgid,
			.comm = m[k].comm,
			.outcome = m[k].outcome,
			.elapsed = m[k].end_ts > m[k].ts ? m[k].end_ts - m[k].ts : 0,
			.exit_code = m[k].exit_code,
		};
		seqs_add(evidence, m[k].seq);
		seqs_add(evidence, m[k].deliver_seq);
		seqs_add(evidence, m[k].end_seq);
	}
	return out;
}

static struct fact_missed *missed_of(const struct interrupt *i)
{
	struct fact_missed *out = calloc(i->nmissed ? i->nmissed : 1, sizeof(*out));

	for (size_t k = 0; out && k < i->nmissed; k++)
		out[k] = (struct fact_missed){
			.tgid = i->missed[k].key.tgid,
			.comm = i->missed[k].comm,
			.reason = i->missed[k].reason,
		};
	return out;
}

static void tell_interrupt(struct engine *e, const struct interrupt *i, const struct session *x)
{
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact_member *members;
	struct fact_missed *missed;
	struct fact f = {
		.kind = FACT_INTERRUPT,
		.ts = i->ts,
		.session = i->session,
		.confidence = confidence(e, x, i->origin == ORIGIN_TTY && !i->key_seq ?
						       CONF_INFERRED : CONF_SEEN),
	};

	seqs_add(&evidence, i->key_seq);
	members = members_of(i->members, i->nmembers, &evidence);
	missed = missed_of(i);
	verdict_say(&why, i, x);
	f.u.interrupt = (struct fact_interrupt){
		.origin = i->origin,
		.sig = i->sig,
		.tty = i->tty,
		.fg_pgid = i->fg_pgid,
		.sender_tgid = i->sender_tgid,
		.sender_comm = i->sender_comm,
		.members = members,
		.nmembers = members ? i->nmembers : 0,
		.missed = missed,
		.nmissed = missed ? i->nmissed : 0,
		.verdict = verdict_of(i),
		.shell_only = verdict_shell_only(i),
		.why = buf_cstr(&why),
		.tgid = i->nmembers ? i->members[0].key.tgid : x ? x->root_tgid : 0,
		.comm = i->nmembers ? i->members[0].comm : x && x->root ? x->root->comm : "",
	};
	e->totals.interrupts++;
	tell(e, &f, &evidence);
	buf_free(&why);
	free(members);
	free(missed);
}

static size_t count_members(const struct session *x)
{
	const struct task *t;
	size_t n = 0;

	DL_FOREACH2(x->members, t, member_next)
		n++;
	return n;
}

/* Those who went with the session, and those who are still there. */
static struct fact_member *members_at_end(const struct session *x, struct seqs *evidence, size_t *n)
{
	size_t left = count_members(x);
	struct fact_member *gone = members_of(x->gone, x->ngone, evidence);
	struct fact_member *all = realloc(gone, (x->ngone + left + 1) * sizeof(*all));
	const struct task *t;

	*n = 0;
	if (!all) {
		free(gone);
		return NULL;
	}
	*n = x->ngone;
	DL_FOREACH2(x->members, t, member_next) {
		all[(*n)++] = (struct fact_member){
			.tgid = t->key.tgid,
			.comm = t->comm,
			.outcome = OUTCOME_NOT_DELIVERED,
		};
		seqs_add(evidence, t->snapshot_seq);
	}
	return all;
}

/*
 * Without a terminal a Ctrl-C ends at the client, which then goes: all that is to be seen here is
 * that it went. So the end of such a session is told as an interrupt of its own kind.
 */
static void tell_disconnect(struct engine *e, const struct session *x, const struct cause *cause)
{
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact_member *members;
	size_t n;
	struct fact f = {
		.kind = FACT_INTERRUPT,
		.ts = session_end(x),
		.session = x->number,
		.confidence = confidence(e, x, CONF_INFERRED),
	};

	cause_evidence(&evidence, x);
	cause_say(&why, cause, x);
	buf_str(&why, "; no signal was generated here");
	members = members_at_end(x, &evidence, &n);
	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_DISCONNECT,
		.sender_comm = "",
		.members = members,
		.nmembers = n,
		.verdict = !x->members ? VERDICT_STOPPED : x->ngone ? VERDICT_PARTLY :
								      VERDICT_NO_EFFECT,
		.cause = cause->end,
		.why = buf_cstr(&why),
		.tgid = x->server ? x->server->key.tgid : 0,
		.comm = x->server ? x->server->comm : "",
	};
	e->totals.interrupts++;
	tell(e, &f, &evidence);
	buf_free(&why);
	free(members);
}

static void tell_orphan(struct engine *e, const struct session *x, const struct task *t,
			enum end end)
{
	struct seqs evidence = {0};
	struct buf why = {0}, advice = {0};
	const struct survival *s;
	const char *rule = NULL;
	struct survivor v;
	bool intended;
	struct fact f = {
		.kind = FACT_ORPHAN,
		.ts = x->ended,
		.session = x->number,
		.confidence = confidence(e, x, t->snapshot_seq ? CONF_SEEN : CONF_INFERRED),
	};

	survivor_init(&v, x, t, end);
	s = survival_of(&v);
	intended = survivor_intended(&v, &rule);
	buf_str(&why, s->text);
	if (intended)
		buf_printf(&why, "; on purpose: %s", rule);
	survivor_advice(&advice, &v, s->reason, intended);
	cause_evidence(&evidence, x);
	seqs_add(&evidence, t->seq);
	seqs_add(&evidence, t->exec_seq);
	seqs_add(&evidence, t->snapshot_seq);
	seqs_add(&evidence, v.hup ? v.hup->seq : 0);
	f.u.orphan = (struct fact_orphan){
		.tgid = t->key.tgid,
		.start = t->key.start,
		.comm = t->comm,
		.args = t->args ? t->args : "",
		.args_len = t->args_len,
		.age = x->ended > t->key.start ? x->ended - t->key.start : 0,
		.new_ppid = t->s.ppid,
		.reason = s->reason,
		.intended = intended,
		.why = buf_cstr(&why),
		.advice = buf_cstr(&advice),
	};
	e->totals.orphans++;
	e->totals.intended += intended;
	tell(e, &f, &evidence);
	buf_free(&why);
	buf_free(&advice);
}

static uint32_t count_intended(const struct session *x, enum end end)
{
	const struct task *t;
	uint32_t n = 0;

	DL_FOREACH2(x->members, t, member_next) {
		const char *rule;
		struct survivor v;

		survivor_init(&v, x, t, end);
		n += survivor_intended(&v, &rule);
	}
	return n;
}

static void tell_close(struct engine *e, const struct session *x)
{
	const struct cause *cause = cause_of(x);
	struct seqs evidence = {0};
	struct buf why = {0};
	const struct task *t;
	uint64_t ts = cause->end == END_EXIT ? x->root_exit.ts : x->ended;
	struct fact f = {
		.kind = FACT_CLOSE,
		.ts = ts,
		.session = x->number,
		.confidence = confidence(e, x, cause->end == END_UNKNOWN ? CONF_GUESSED : CONF_SEEN),
	};

	if (!x->pty && x->root_tgid && cause_is_loss(cause->end))
		tell_disconnect(e, x, cause);
	cause_evidence(&evidence, x);
	cause_say(&why, cause, x);
	f.u.close = (struct fact_close){
		.duration = ts > x->opened.ts ? ts - x->opened.ts : 0,
		.end = cause->end,
		.exit_status = x->root_exit.seq ? exit_status(x->root->exit_code) : -1,
		.exit_signal = x->root_exit.seq ? exit_signal(x->root->exit_code) : 0,
		.processes = x->processes,
		.orphans = count_members(x),
		.intended = count_intended(x, cause->end),
		.lost = e->sessions.lost - x->lost_before,
		.why = buf_cstr(&why),
		.server_tgid = x->server ? x->server->key.tgid : 0,
		.server_comm = x->server ? x->server->comm : "",
	};
	e->totals.open--;
	tell(e, &f, &evidence);
	buf_free(&why);
	DL_FOREACH2(x->members, t, member_next) {
		tell_orphan(e, x, t, cause->end);
	}
}

static void tell_done(struct engine *e)
{
	struct done *d;

	while ((d = sessions_next(&e->sessions))) {
		switch (d->kind) {
		case DONE_OPEN:
			tell_open(e, d->session);
			break;
		case DONE_INTERRUPT:
			tell_interrupt(e, d->interrupt, d->session);
			break;
		case DONE_CLOSE:
			tell_close(e, d->session);
			break;
		}
		sessions_release(&e->sessions, d);
	}
}

static void forget_dead(struct engine *e, const struct event *ev)
{
	struct task *t = world_event_task(&e->world, ev);

	if (t && !t->alive && !t->held)
		world_forget(&e->world, t);
}

enum event_error engine_feed(struct engine *e, const void *rec, size_t len)
{
	struct event ev;
	enum event_error err = event_decode(rec, len, &ev);

	if (err)
		return err;
	ev.seq = ++e->seq;
	e->totals.records++;
	if (ev.u.h.kind == WIRE_TRACE_BEGIN)
		e->begin = ev.u.begin;
	world_apply(&e->world, &ev);
	sessions_apply(&e->sessions, &ev);
	if (ev.u.h.kind == WIRE_TRACE_END)
		sessions_finish(&e->sessions);
	if (e->sink.event)
		e->sink.event(e->sink.ctx, e, &ev, session_of(&e->sessions, &ev));
	tell_done(e);
	sessions_sweep(&e->sessions);
	if (ev.u.h.kind == WIRE_TASK_EXIT)
		forget_dead(e, &ev);
	return EVENT_OK;
}

uint64_t engine_deadline(const struct engine *e)
{
	return e->sessions.due;
}

size_t engine_asks(struct engine *e, uint32_t *tgids, size_t max)
{
	struct sessions *s = &e->sessions;
	size_t n = s->nasks < max ? s->nasks : max;

	memcpy(tgids, s->asks, n * sizeof(*tgids));
	memmove(s->asks, s->asks + n, (s->nasks - n) * sizeof(*s->asks));
	s->nasks -= n;
	return n;
}

struct totals engine_totals(const struct engine *e)
{
	struct totals t = e->totals;

	t.lost = e->sessions.lost;
	return t;
}

const struct world *engine_world(const struct engine *e)
{
	return &e->world;
}

const struct wire_begin *engine_begin(const struct engine *e)
{
	return &e->begin;
}

bool engine_session(const struct engine *e, uint32_t number, struct session_view *v)
{
	const struct session *x = number ? session_find(&e->sessions, number) : NULL;

	if (!x)
		return false;
	*v = (struct session_view){
		.number = x->number,
		.user = x->user,
		.pty = x->pty,
		.request = x->request,
		.root = x->root,
		.server = x->server,
		.root_tgid = x->root_tgid,
	};
	return true;
}

static bool is_hangup(const struct wire_generate *r)
{
	return (r->sig == 1 || r->sig == 18) && !(r->flags & WIRE_SIG_INFO);
}

/* The leader's shell hands the hang-up on to its jobs, and to itself. */
static bool handed_on(const struct engine *e, const struct wire_generate *r, const struct task *t)
{
	const struct session *x = session_find(&e->sessions, t->session);

	return x && (r->sig == 1 || r->sig == 18) && r->sender_pid == x->root_tgid;
}

bool engine_told(const struct engine *e, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	const struct task *t;

	if (ev->u.h.kind != WIRE_SIGNAL_GENERATE)
		return false;
	t = world_task(&e->world, r->target_tgid, r->target_start);
	if (!t || !t->session)
		return false;
	return r->work_tty || r->sig == 2 || r->sig == 3 || r->sig == 20 || is_hangup(r) ||
	       handed_on(e, r, t);
}
