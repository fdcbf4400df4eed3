/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/engine.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "finding/tell.h"
#include "session/state.h"

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

static void tell_done(struct engine *e)
{
	while (e->sessions.done) {
		struct done *d = sessions_next(&e->sessions);

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
		case DONE_FATE:
			tell_fate(e, d->session, d->task);
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

static void end_unseen(struct engine *e, const struct event *exit)
{
	world_apply(&e->world, exit);
	sessions_apply(&e->sessions, exit);
	tell_done(e);
	sessions_sweep(&e->sessions);
	forget_dead(e, exit);
}

/* .. or the kernel, which was asked. */
static void end_gone(struct engine *e, const struct event *ev)
{
	struct event exit;
	struct task *t;

	while ((t = census_gone(&e->sessions))) {
		world_unseen_exit(t, ev, &exit);
		end_unseen(e, &exit);
	}
}

/* Where the record of an end was lost, the next process of that tgid tells of it. */
static void end_stale(struct engine *e, const struct event *ev)
{
	struct event exit[sizeof(e->world.stale) / sizeof(e->world.stale[0])];
	unsigned n = e->world.nstale;

	for (unsigned i = 0; i < n; i++)
		world_stale_exit(&e->world, i, ev, &exit[i]);
	for (unsigned i = 0; i < n; i++)
		end_unseen(e, &exit[i]);
}

enum event_error engine_feed(struct engine *e, const void *rec, size_t len)
{
	struct event ev;
	enum event_error err = event_decode(rec, len, &ev);

	if (err)
		return err;
	if (ev.u.h.kind == WIRE_TRACE_END) {
		/* what is still to be told comes before the last record */
		sessions_finish(&e->sessions);
		tell_done(e);
		e->looked = ev.u.end.looked && e->sessions.command &&
			    e->sessions.command->root_exit.seq;
		if (e->looked)
			tell_left(e);
	}
	ev.seq = ++e->seq;
	e->totals.records++;
	e->totals.coalesced += ev.many.count;
	if (ev.u.h.kind == WIRE_TRACE_BEGIN)
		e->begin = ev.u.begin;
	world_apply(&e->world, &ev);
	if (e->world.nstale)
		end_stale(e, &ev);
	sessions_apply(&e->sessions, &ev);
	if (e->sink.event)
		e->sink.event(e->sink.ctx, e, &ev, session_of(&e->sessions, &ev));
	tell_done(e);
	sessions_sweep(&e->sessions);
	if (ev.u.h.kind == WIRE_TASK_EXIT)
		forget_dead(e, &ev);
	else if (ev.u.h.kind == WIRE_TRACE_READY)
		end_gone(e, &ev);
	return EVENT_OK;
}

void engine_cut(struct engine *e, uint64_t ts)
{
	const struct wire_end end = {
		.h = {.kind = WIRE_TRACE_END, .len = sizeof(end), .ts = ts},
		.reason = WIRE_END_CUT,
	};

	engine_feed(e, &end, sizeof(end));
}

void engine_state(const struct engine *e, void (*put)(void *ctx, const void *rec, size_t len),
		  void *ctx)
{
	struct wire_begin begin = e->begin;

	begin.h.ts = e->sessions.now;
	put(ctx, &begin, sizeof(begin));
	sessions_state(&e->sessions, put, ctx);
}

uint64_t engine_deadline(const struct engine *e)
{
	uint64_t census = census_deadline(&e->sessions);

	return census < e->sessions.due ? census : e->sessions.due;
}

bool engine_census(const struct engine *e, const struct task_key **doubted, size_t *n)
{
	return census_asks(&e->sessions, doubted, n);
}

size_t engine_asks(struct engine *e, uint32_t *tgids, size_t max)
{
	struct sessions *s = &e->sessions;
	size_t n = s->nasks < max ? s->nasks : max;

	if (!n)
		return 0;
	memcpy(tgids, s->asks, n * sizeof(*tgids));
	memmove(s->asks, s->asks + n, (s->nasks - n) * sizeof(*s->asks));
	s->nasks -= n;
	return n;
}

bool engine_ends(const struct engine *e, uint32_t after, uint64_t ts, struct ends_view *v)
{
	const struct session *x = session_find(&e->sessions, after);
	const struct task *t;

	for (x = x ? x->next : e->sessions.list; x; x = x->next) {
		if (x->number > after && x->opened.ts < ts && ends_to_watch(x))
			break;
	}
	if (!x)
		return false;
	*v = (struct ends_view){
		.session = x->number,
		.root = x->root->key,
		.comm = x->root->comm,
		.server = x->server->key.tgid,
		.pipe = {x->place.pipe[0], x->place.pipe[1]},
		.told = x->ends,
	};
	DL_FOREACH2(x->members, t, member_next) {
		if (v->n < ENDS_TGIDS)
			v->tgids[v->n++] = t->key.tgid;
	}
	return true;
}

size_t engine_left(const struct engine *e, uint32_t *tgids, size_t max)
{
	const struct task *t;
	size_t n = 0;

	for (t = e->world.tasks; t; t = t->hh.next)
		if (tree_has(&e->sessions, t) && n++ < max)
			tgids[n - 1] = t->key.tgid;
	return n;
}

struct command_view engine_command(const struct engine *e)
{
	const struct session *x = e->sessions.command;

	return (struct command_view){
		.is = e->sessions.command_tgid != 0,
		.tgid = e->sessions.command_tgid,
		.ended = x ? x->ended : 0,
		.looked = e->looked,
		.left = engine_left(e, NULL, 0),
	};
}

bool engine_of_command(const struct engine *e, const struct event *ev)
{
	const struct task *t = world_event_task(&e->world, ev);

	if (e->sessions.command_alone || (t && t->of_command))
		return true;
	if (ev->u.h.kind != WIRE_SIGNAL_GENERATE)
		return false;
	t = world_task(&e->world, ev->u.generate.target_tgid, ev->u.generate.target_start);
	return t && t->of_command;
}

bool engine_knows(const struct engine *e, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;

	return world_event_task(&e->world, ev) &&
	       (r->h.kind != WIRE_SIGNAL_GENERATE ||
		world_task(&e->world, r->target_tgid, r->target_start));
}

struct totals engine_totals(const struct engine *e)
{
	struct totals t = e->totals;

	t.lost = e->sessions.lost;
	t.missing = sessions_missing(&e->sessions);
	t.evicted = e->world.evicted + e->sessions.evicted + e->sessions.conns.evicted;
	t.open -= e->sessions.evicted_open;
	return t;
}

bool engine_failed(const struct engine *e)
{
	return e->failed || e->world.failed || e->sessions.failed || e->sessions.conns.failed;
}

uint64_t engine_lost_of(const struct engine *e, unsigned kind)
{
	return e->sessions.lost_kinds[kind];
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
		.sk = x->sk.family ? &x->sk : NULL,
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
