/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/tell.h"

#include <stdlib.h>
#include <utlist.h>

#include "finding/finding.h"

void tell_fact(struct engine *e, struct fact *f, struct seqs *evidence)
{
	e->failed |= evidence->failed;
	seqs_sort(evidence);
	f->evidence = evidence->v;
	f->nevidence = evidence->n;
	f->seq = ++e->seq;
	if (e->sink.fact)
		e->sink.fact(e->sink.ctx, e, f);
	seqs_free(evidence);
}

enum confidence tell_confidence(const struct engine *e, const struct session *x,
				enum confidence best)
{
	if (engine_failed(e) || (x && sessions_missing(&e->sessions) > x->missing_before))
		return CONF_GUESSED;
	return best;
}

void tell_open(struct engine *e, const struct session *x)
{
	struct seqs evidence = {0};
	struct fact_client client;
	bool here = client_of(&client, x, &evidence);
	struct fact f = {
		.kind = FACT_OPEN,
		.ts = x->opened.ts,
		.session = x->number,
		.confidence = tell_confidence(e, x, x->preexisting && x->conn_sure < CONF_INFERRED ?
							    CONF_INFERRED : x->conn_sure),
		.u.open = {
			.client = here ? &client : NULL,
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
	tell_fact(e, &f, &evidence);
}

/* i NULL: of a client's going */
static void put_reason(struct fact_member *out, const struct interrupt *i, const struct member *m,
		       const struct session *x)
{
	const struct member_reason *r = i ? member_reason(i, m, x) : NULL;

	out->reason = r ? r->id : NULL;
	out->text = r ? r->text : NULL;
}

static struct fact_member *members_of(const struct member *m, size_t n, struct seqs *evidence,
				      const struct interrupt *i, const struct session *x)
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
		put_reason(&out[k], i, &m[k], x);
		seqs_add(evidence, m[k].seq);
		seqs_add(evidence, m[k].deliver_seq);
		seqs_add(evidence, m[k].end_seq);
		seqs_add(evidence, m[k].asked_seq);
		seqs_add(evidence, m[k].above.seq);
	}
	return out;
}

static struct fact_missed *missed_of(const struct interrupt *i, struct seqs *evidence)
{
	struct fact_missed *out = calloc(i->nmissed ? i->nmissed : 1, sizeof(*out));

	for (size_t k = 0; out && k < i->nmissed; k++) {
		out[k] = (struct fact_missed){
			.tgid = i->missed[k].key.tgid,
			.comm = i->missed[k].comm,
			.reason = i->missed[k].row->reason,
			.why = i->missed[k].row->id,
			.text = i->missed[k].row->text,
		};
		seqs_add(evidence, i->missed[k].seq);
	}
	return out;
}

static struct fact_hop *via_of(const struct interrupt *i, struct seqs *evidence)
{
	struct fact_hop *out = calloc(i->nvia + 1, sizeof(*out));
	size_t n = 0;

	for (; out && n < i->nvia; n++) {
		out[n] = (struct fact_hop){i->via[n].tty, i->via[n].key.tgid, i->via[n].comm};
		seqs_add(evidence, i->via[n].key_seq);
	}
	return out;
}

/* Whom it is about: who got it first, or reads the byte, or else the session's root. */
static void about(struct fact_interrupt *f, const struct interrupt *i, const struct session *x)
{
	f->tgid = x ? x->root_tgid : 0;
	f->comm = x && x->root ? x->root->comm : "";
	if (i->nmembers) {
		f->tgid = i->members[0].key.tgid;
		f->comm = i->members[0].comm;
	} else if (i->client) {
		f->tgid = i->reader.tgid;
		f->comm = i->reader_comm;
	} else if (i->raw && i->nmissed) {
		f->tgid = i->missed[0].key.tgid;
		f->comm = i->missed[0].comm;
	}
}

/* A key that was not seen, or an end by exit(2) that may have had a reason of its own, is not. */
static bool is_proven(const struct interrupt *i, const struct session *x)
{
	if (i->origin == ORIGIN_TTY && !i->key_seq)
		return false;
	/* that nothing arrived is no proof that nothing was sent */
	if (i->client && i->raw)
		return false;
	for (size_t k = 0; k < i->nmembers; k++) {
		const struct member_reason *r = member_reason(i, &i->members[k], x);

		if (i->members[k].outcome == OUTCOME_EXITED || (r && r->best != CONF_SEEN))
			return false;
	}
	return true;
}

void tell_interrupt(struct engine *e, const struct interrupt *i, const struct session *x)
{
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact_member *members;
	struct fact_missed *missed;
	struct fact_hop *via;
	struct fact f = {
		.kind = FACT_INTERRUPT,
		.ts = i->ts,
		.session = i->session,
		.confidence = tell_confidence(e, x, is_proven(i, x) ? CONF_SEEN : CONF_INFERRED),
	};

	seqs_add(&evidence, i->key_seq);
	members = members_of(i->members, i->nmembers, &evidence, i, x);
	missed = missed_of(i, &evidence);
	via = via_of(i, &evidence);
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
		.verdict = verdict_of(i, x),
		.key_seen = i->key_seq != 0,
		.shell_only = verdict_shell_only(i),
		.why = buf_cstr(&why),
		.at_client = i->client,
		.pty = x && x->pty,
		.sender_session = i->sender_session,
		.via = via,
		.nvia = via ? i->nvia : 0,
	};
	about(&f.u.interrupt, i, x);
	e->totals.interrupts++;
	e->totals.typed += i->origin == ORIGIN_TTY;
	e->failed |= why.failed || !members || !missed || !via;
	tell_fact(e, &f, &evidence);
	buf_free(&why);
	free(members);
	free(missed);
	free(via);
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
	struct fact_member *gone = members_of(x->gone, x->ngone, evidence, NULL, x);
	struct fact_member *all = gone ? realloc(gone, (x->ngone + left + 1) * sizeof(*all)) : NULL;
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
			.reason = reason_no_signal.id,
			.text = reason_no_signal.text,
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
	uint64_t changed = x->conn ? conn_changed(x->conn) : 0;
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact_client client;
	bool here = client_of(&client, x, &evidence);
	struct fact_member *members;
	size_t n;
	struct fact f = {
		.kind = FACT_INTERRUPT,
		.ts = changed && changed < x->ended ? changed : x->ended,
		.session = x->number,
		.confidence = tell_confidence(e, x, cause->best == CONF_SEEN ? CONF_INFERRED : cause->best),
	};

	cause_evidence(&evidence, x);
	cause_say(&why, cause, x);
	if (here)
		client_say(&why, &client);
	if (!cause_killed_root(x))
		buf_str(&why, here ? "; no signal was generated for the session" :
				     "; no signal was generated here");
	members = members_at_end(x, &evidence, &n);
	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_DISCONNECT,
		.sender_comm = "",
		.members = members,
		.nmembers = n,
		.verdict = !x->members ? VERDICT_STOPPED : x->ngone ? VERDICT_PARTLY :
								      VERDICT_NO_EFFECT,
		.cause = cause->end,
		.by_tcp = cause_is_tcp_timeout(x),
		.client = here ? &client : NULL,
		.many = x->keeper != NULL,
		.why = buf_cstr(&why),
		.tgid = x->server ? x->server->key.tgid : 0,
		.comm = x->server ? x->server->comm : "",
	};
	e->totals.interrupts++;
	e->failed |= why.failed || !members;
	tell_fact(e, &f, &evidence);
	buf_free(&why);
	free(members);
}

static void tell_orphan(struct engine *e, const struct session *x, const struct task *t,
			enum end end)
{
	struct seqs evidence = {0};
	struct buf why = {0}, advice = {0};
	const struct survival *s;
	const struct intention *intended;
	struct survivor v;
	/* else the kernel's answer did not come, and what it is like now is not known */
	bool fresh = x->asked_seq && t->snapshot_seq >= x->asked_seq;
	struct fact f = {
		.kind = FACT_ORPHAN,
		.ts = x->ended,
		.session = x->number,
		.confidence = tell_confidence(e, x, fresh ? CONF_SEEN : CONF_INFERRED),
	};

	survivor_init(&v, x, t, end);
	s = survival_of(&v);
	intended = survivor_intended(&v);
	buf_str(&why, s->text);
	if (intended)
		buf_printf(&why, "; on purpose: %s", intended->rule);
	if (intended && intended->more)
		intended->more(&why, &v);
	survivor_advice(&advice, &v, s, intended);
	cause_evidence(&evidence, x);
	seqs_add(&evidence, t->seq);
	seqs_add(&evidence, t->exec_seq);
	seqs_add(&evidence, t->snapshot_seq);
	seqs_add(&evidence, v.hup ? v.hup->seq : 0);
	if (intended && t->place)
		seqs_add(&evidence, t->place->seq);
	f.u.orphan = (struct fact_orphan){
		.tgid = t->key.tgid,
		.start = t->key.start,
		.comm = t->comm,
		.args = t->args ? t->args : "",
		.args_len = t->args_len,
		.age = x->ended > t->key.start ? x->ended - t->key.start : 0,
		.new_ppid = fresh ? t->s.ppid : 0,
		.cpu = t->s.cpu,
		.ports = t->ports,
		.nports = fresh ? t->nports : 0,
		.reason = s->reason,
		.intended = intended != NULL,
		.why = buf_cstr(&why),
		.advice = buf_cstr(&advice),
	};
	e->totals.orphans++;
	e->totals.intended += intended != NULL;
	e->failed |= why.failed || advice.failed;
	tell_fact(e, &f, &evidence);
	buf_free(&why);
	buf_free(&advice);
}

static uint32_t count_intended(const struct session *x, enum end end)
{
	const struct task *t;
	uint32_t n = 0;

	DL_FOREACH2(x->members, t, member_next) {
		struct survivor v;

		survivor_init(&v, x, t, end);
		n += survivor_intended(&v) != NULL;
	}
	return n;
}

static bool is_channel(const struct session *x, const struct cause *cause)
{
	return cause->end == END_MUX_CLOSED && x->unplugged.seq;
}

void tell_close(struct engine *e, const struct session *x)
{
	const struct cause *cause = cause_of(x);
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact_client client;
	bool here = client_of(&client, x, &evidence);
	const struct task *t;
	uint64_t ts = cause->end == END_EXIT ? x->root_exit.ts : x->ended;
	struct fact f = {
		.kind = FACT_CLOSE,
		.ts = ts,
		.session = x->number,
		.confidence = tell_confidence(e, x, cause->best),
	};

	if (!x->pty && x->root_tgid && (cause_is_loss(cause->end) || is_channel(x, cause)))
		tell_disconnect(e, x, cause);
	cause_evidence(&evidence, x);
	cause_say(&why, cause, x);
	if (here && cause_is_loss(cause->end))
		client_say(&why, &client);
	f.u.close = (struct fact_close){
		.duration = ts > x->opened.ts ? ts - x->opened.ts : 0,
		.end = cause->end,
		.exit_status = x->root_exit.seq ? exit_status(x->root->exit_code) : -1,
		.exit_signal = x->root_exit.seq ? exit_signal(x->root->exit_code) : 0,
		.processes = x->processes,
		.orphans = count_members(x),
		.intended = count_intended(x, cause->end),
		.lost = e->sessions.lost - x->lost_records,
		.client = here ? &client : NULL,
		.why = buf_cstr(&why),
		.server_tgid = x->server ? x->server->key.tgid : 0,
		.server_comm = x->server ? x->server->comm : "",
	};
	e->totals.open--;
	e->failed |= why.failed;
	tell_fact(e, &f, &evidence);
	buf_free(&why);
	DL_FOREACH2(x->members, t, member_next) {
		tell_orphan(e, x, t, cause->end);
	}
}

void tell_left(struct engine *e)
{
	const struct session *x = e->sessions.command;
	const struct task *t;

	for (t = e->world.tasks; t; t = t->hh.next)
		if (tree_left(&e->sessions, t))
			tell_orphan(e, x, t, END_EXIT);
}
