/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void sessions_init(struct sessions *s, struct world *w)
{
	memset(s, 0, sizeof(*s));
	s->world = w;
	s->due = UINT64_MAX;
}

static void session_free(struct session *x)
{
	free(x->command);
	free(x->gone);
	free(x);
}

void sessions_free(struct sessions *s)
{
	struct session *x, *next;

	while (s->done)
		sessions_release(s, sessions_next(s));
	pending_free(&s->pending);
	HASH_CLEAR(hh, s->by_number);
	DL_FOREACH_SAFE(s->list, x, next) {
		DL_DELETE(s->list, x);
		session_free(x);
	}
	if (s->command)
		session_free(s->command);
	timers_free(&s->deadlines);
	conns_free(&s->conns);
	census_free(&s->census);
	free(s->asks);
}

struct session *session_find(const struct sessions *s, uint32_t number)
{
	struct session *x;

	if (!number)
		return s->command;
	HASH_FIND(hh, s->by_number, &number, sizeof(number), x);
	return x;
}

void session_asks(struct sessions *s, uint32_t tgid)
{
	if (s->nasks == ASKS_MOST)
		return;
	if (s->nasks == s->cap_asks) {
		size_t cap = s->cap_asks ? 2 * s->cap_asks : 16;
		uint32_t *v = realloc(s->asks, cap * sizeof(*v));

		if (!v) {
			s->failed = true;
			return;
		}
		s->asks = v;
		s->cap_asks = cap;
	}
	s->asks[s->nasks++] = tgid;
}

void session_due(struct sessions *s, uint64_t deadline)
{
	if (deadline < s->due)
		s->due = deadline;
}

static struct done *queue(struct sessions *s, enum done_kind kind, struct session *x)
{
	struct done *d = calloc(1, sizeof(*d));

	if (!d) {
		s->failed = true;
		return NULL;
	}
	d->kind = kind;
	d->session = x;
	LL_APPEND2(s->done, d, next);
	return d;
}

void session_done(struct sessions *s, enum done_kind kind, struct session *x, struct interrupt *i)
{
	struct done *d = queue(s, kind, x);

	if (d)
		d->interrupt = i;
	else
		interrupt_free(i);
}

void session_fate(struct sessions *s, struct session *x, const struct task *t)
{
	struct done *d = queue(s, DONE_FATE, x);

	if (d)
		d->task = t;
}

uint64_t sessions_missing(const struct sessions *s)
{
	return s->lost + s->evicted - s->evicted_closed + s->world->missing + s->conns.evicted;
}

struct done *sessions_next(struct sessions *s)
{
	struct done *d = s->done;

	if (d)
		s->done = d->next;
	return d;
}

void sessions_release(struct sessions *s, struct done *d)
{
	(void)s;
	interrupt_free(d->interrupt);
	free(d);
}

/* Takes t off the list that it is on; whose that was, NULL: nobody's. */
static struct session *unlist(struct sessions *s, struct task *t)
{
	struct session *x = t->member_prev ? session_find(s, t->session) : NULL;

	if (x) {
		DL_DELETE2(x->members, t, member_prev, member_next);
		if (x->state == SESSION_DONE && !x->members)
			session_stale(s, x);
	}
	t->member_prev = t->member_next = NULL;
	return x;
}

void session_take(struct session *x, enum role_kind kind, struct task *t)
{
	struct role *r = &x->roles[kind];

	if (!t)
		return;
	r->session = x;
	r->task = t;
	t->held++;
	DL_APPEND(t->roles, r);
}

static void give_back(struct sessions *s, struct role *r)
{
	if (!r->task)
		return;
	DL_DELETE(r->task->roles, r);
	world_release(s->world, r->task);
	r->task = NULL;
}

void session_stale(struct sessions *s, struct session *x)
{
	if (x->stale)
		return;
	x->stale = true;
	LL_PREPEND2(s->stale, x, stale_next);
}

int session_by_number(const struct session *a, const struct session *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

void session_leave(struct sessions *s, struct task *t)
{
	struct session *x = unlist(s, t);

	if (x)
		x->processes--;
	t->session = 0;
	t->startup = t->of_shell = false;
}

void session_join(struct session *x, struct task *t)
{
	/* a damaged recording may tell the end of a process before its birth */
	if (!t->alive || t->member_prev)
		return;
	t->session = x->number;
	x->processes++;
	DL_APPEND2(x->members, t, member_prev, member_next);
}

static void on_fork(struct sessions *s, const struct event *ev)
{
	struct task *t = world_task(s->world, ev->u.fork.child_tgid, ev->u.fork.child_start);
	struct session *x;

	if (!t || ev->u.fork.child_tgid == ev->u.h.tgid || !t->session || t->member_prev)
		return;
	x = session_find(s, t->session);
	if (x)
		session_join(x, t);
}

/* A server that was started from inside a session serves sessions of its own. */
static void on_owner(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);

	if (t && t->conn && t->session)
		session_leave(s, t);
}

/* A client is traced from its connect(2) on: what it is, its group and its terminal, is asked. */
static void on_client(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);

	if (t && t->client && !t->known)
		session_asks(s, t->key.tgid);
}

static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	const struct session *x = t ? unlist(s, t) : NULL;

	/* a connection may have lost the last that serves it, a closed session its last orphan */
	if (t && (t->conn || t->client || t->held || (x && x->state == SESSION_DONE)))
		s->sweep = true;
}

/* Two programs may tell one loss: what counts is by how much its total grew. */
static void on_lost(struct sessions *s, const struct event *ev)
{
	const struct wire_lost *r = &ev->u.lost;
	uint32_t kind = r->lost_kind <= WIRE_KIND_MAX ? r->lost_kind : 0;
	uint64_t *told, count = r->count;

	if (r->lost_cpu < LOST_CPUS && kind == r->lost_kind) {
		told = &s->lost_of[r->lost_cpu][kind];
		count = r->total > *told ? r->total - *told : 0;
		*told += count;
	}
	s->lost += count;
	s->lost_kinds[kind] += count;
}

/*
 * Nobody looked for so long behind a deadline: the machine was suspended, or we were stopped. What
 * was to happen by then had no time to, so it gets the time once more.
 */
#define SLEPT (60000 * MS)

static void wake_up(struct sessions *s)
{
	uint64_t gap = s->now - s->due;

	timers_postpone(&s->deadlines, gap);
	timers_postpone(&s->conns.looks, gap);
	interrupt_postpone(s, gap);
	s->due = sessions_deadline(s);
}

static void due(struct sessions *s)
{
	if (s->now < s->due)
		return;
	if (s->now - s->due > SLEPT)
		wake_up(s);
	if (s->now < s->due)
		return;
	s->due = UINT64_MAX;
	open_due(s);
	interrupt_due(s, false);
	close_due(s);
	s->due = sessions_deadline(s);
	s->sweep = true;
}

static void take(struct sessions *s, const struct event *ev)
{
	conns_apply(&s->conns, s->world, ev);
	switch (ev->u.h.kind) {
	case WIRE_TASK_FORK:
		on_fork(s, ev);
		break;
	case WIRE_SOCK_OWNER:
		on_owner(s, ev);
		break;
	case WIRE_SOCK_CLIENT:
		on_client(s, ev);
		break;
	case WIRE_TASK_EXIT:
		on_exited(s, ev);
		break;
	case WIRE_TRACE_READY:
		s->sweep = true;
		break;
	case WIRE_SOCK_STATE:
		s->sweep |= ev->u.sock.new_state == WIRE_TCP_CLOSE;
		break;
	case WIRE_TRACE_LOST:
		on_lost(s, ev);
		break;
	}
	census_apply(s, ev);
	tree_apply(s, ev);
	open_apply(s, ev);
	noise_apply(s, ev);
	interrupt_apply(s, ev);
	ends_apply(s, ev);
	close_apply(s, ev);
}

void sessions_apply(struct sessions *s, const struct event *ev)
{
	if (ev->u.h.ts > s->now)
		s->now = ev->u.h.ts;
	s->seq = ev->seq;
	due(s);
	if (event_repeats(ev))
		return;
	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE: /* most of what there is, and none of the others looks at it */
		interrupt_apply(s, ev);
		close_apply(s, ev);
		break;
	case WIRE_SIGNAL_DELIVER:
		interrupt_apply(s, ev);
		break;
	default:
		take(s, ev);
	}
}

/* Its orphans keep a closed session, for the name of its user; the rest goes at once. */
static void let_go(struct sessions *s, struct session *x)
{
	for (size_t i = 0; i < ROLES; i++)
		give_back(s, &x->roles[i]);
	if (x->conn) {
		DL_DELETE2(x->conn->opened, x, conn_prev, conn_next);
		if (!--x->conn->refs)
			conns_stale(&s->conns, x->conn);
	}
	x->keeper = NULL;
	x->root = NULL;
	x->conn = NULL;
	x->server = NULL;
}

static void forget(struct sessions *s, struct session *x)
{
	s->closed--;
	DL_DELETE(s->list, x);
	if (x->hh.tbl)
		HASH_DELETE(hh, s->by_number, x);
	session_free(x);
}

static void evict(struct sessions *s, struct session *x)
{
	struct task *t, *next;

	s->evicted++;
	s->evicted_open += x->state != SESSION_DONE;
	s->evicted_closed += x->state == SESSION_DONE;
	x->stale = true; /* it goes now */
	if (x->state != SESSION_DONE)
		close_mark(s, x);
	DL_FOREACH_SAFE2(x->members, t, next, member_next) {
		session_leave(s, t);
	}
	let_go(s, x);
	forget(s, x);
}

static void evict_closed(struct sessions *s)
{
	struct session *x, *next;

	DL_FOREACH_SAFE(s->list, x, next) {
		if (s->closed <= CLOSED_MOST)
			return;
		if (x->state == SESSION_DONE)
			evict(s, x);
	}
}

void sessions_sweep(struct sessions *s)
{
	struct session *x, *next, *stale = s->stale;

	if (!s->sweep)
		return;
	s->sweep = false;
	s->stale = NULL;
	LL_FOREACH_SAFE2(stale, x, next, stale_next) {
		x->stale = false;
		let_go(s, x);
		if (!x->members)
			forget(s, x);
	}
	if (s->closed > CLOSED_MOST)
		evict_closed(s);
	while (HASH_COUNT(s->by_number) > SESSIONS_MOST)
		evict(s, s->list);
	conns_sweep(&s->conns, s->world);
}

uint64_t sessions_deadline(const struct sessions *s)
{
	const uint64_t each[] = {timers_deadline(&s->conns.looks), interrupts_deadline(s),
				 timers_deadline(&s->deadlines)};
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		if (each[i] < first)
			first = each[i];
	return first;
}

void sessions_finish(struct sessions *s)
{
	struct session *x;

	interrupt_due(s, true);
	DL_FOREACH(s->list, x) {
		if (x->state == SESSION_SETTLING || x->state == SESSION_ASKED) {
			close_mark(s, x);
			session_done(s, DONE_CLOSE, x, NULL);
		}
	}
}

uint64_t session_end(const struct session *x)
{
	uint64_t changed = x->conn ? conn_changed(x->conn) : 0;
	const uint64_t signs[] = {changed, x->root_exit.ts, x->server_exit.ts, x->hangup.ts,
				  x->unplugged.ts};
	uint64_t first = 0;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (signs[i] && (!first || signs[i] < first))
			first = signs[i];
	return first;
}

uint32_t session_of_tty(const struct sessions *s, uint32_t sid, uint32_t pgid)
{
	const struct task *t = world_last(s->world, sid);

	if (!t || !t->session)
		t = world_last(s->world, pgid);
	return t ? t->session : 0;
}

uint32_t session_of(const struct sessions *s, const struct event *ev)
{
	const struct task *t;

	if (ev->u.h.kind == WIRE_TTY_KEY)
		return session_of_tty(s, ev->u.key.tty_sid, ev->u.key.tty_pgrp);
	if (ev->u.h.kind == WIRE_SIGNAL_GENERATE)
		t = world_task(s->world, ev->u.generate.target_tgid, ev->u.generate.target_start);
	else
		t = world_event_task(s->world, ev);
	return t ? t->session : 0;
}
