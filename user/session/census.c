/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is alive, after records were lost: else a process whose exit is among them would be kept for ever,
 * and one whose fork is would never be known. First the kernel tells all that is traced; who is not
 * among them may be traced no more, so it is asked about by its number. Who is in neither answer is
 * gone, when and how was not seen. An answer of which a part was lost says nothing of who is not in it.
 */
#include "session/census.h"

#include <stdlib.h>

#include "session/session.h"

#define AFTER (1000 * MS)	 /* a loss: what else is lost at that time is met as well */
#define REST (5000 * MS)	 /* between two .. */
#define REST_TIMES 100		 /* .. and this many times as long as one took */
#define REST_MOST (300000 * MS)	 /* where the ring is too small for the answer, REST doubles up to this */

static void want(struct census *c, uint64_t now)
{
	uint64_t after = now + AFTER, rested = c->last ? c->last + c->rest : 0;

	if (c->phase != CENSUS_IDLE) {
		c->again |= c->phase != CENSUS_WANTED;
		return;
	}
	c->phase = CENSUS_WANTED;
	c->due = after > rested ? after : rested;
}

static bool tells_of_tasks(uint32_t kind)
{
	return kind == WIRE_TASK_FORK || kind == WIRE_TASK_EXEC || kind == WIRE_TASK_EXIT ||
	       kind == WIRE_TASK_SNAPSHOT;
}

static void begin(struct census *c, enum census_phase phase, const struct sessions *s, uint64_t seq)
{
	c->phase = phase;
	c->seq = seq;
	c->told = 0;
	c->lost = s->lost_kinds[WIRE_TASK_SNAPSHOT];
}

static void over(struct sessions *s, bool good)
{
	struct census *c = &s->census;
	bool again = c->again || !good;

	c->phase = CENSUS_IDLE;
	c->again = false;
	c->n = 0;
	c->last = s->now;
	c->rest = good ? REST : c->rest < REST ? 2 * REST : 2 * c->rest;
	if (c->rest < REST_TIMES * (s->now - c->asked))
		c->rest = REST_TIMES * (s->now - c->asked);
	if (c->rest > REST_MOST)
		c->rest = REST_MOST;
	if (again)
		want(c, s->now);
}

static bool is_complete(const struct sessions *s, const struct event *ev)
{
	return s->census.told >= ev->u.ready.tasks &&
	       s->census.lost == s->lost_kinds[WIRE_TASK_SNAPSHOT];
}

static void doubt(struct sessions *s, const struct task *t)
{
	struct census *c = &s->census;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;
		struct task_key *v = realloc(c->v, cap * sizeof(*v));

		if (!v) {
			s->failed = true;
			return;
		}
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = t->key;
}

static bool was_told(const struct census *c, const struct task *t)
{
	return t->snapshot_seq > c->seq;
}

static bool is_new(const struct census *c, const struct task *t)
{
	return t->seq > c->seq && !t->forked;
}

/* Of who is new, or executed something unseen, argv and environment are to be told as well. */
static void on_all(struct sessions *s, const struct event *ev)
{
	struct census *c = &s->census;
	const struct task *t;
	bool good = is_complete(s, ev);

	c->n = 0;
	for (t = s->world->tasks; t; t = t->hh.next) {
		if (!t->alive)
			continue;
		if (was_told(c, t) ? is_new(c, t) || open_is_root(s, t) : t->seq <= c->seq)
			doubt(s, t);
	}
	if (!c->n || !good) {
		open_unseen(s, ev);
		over(s, good);
		return;
	}
	begin(c, CENSUS_DOUBT, s, ev->seq);
}

static void on_doubt(struct sessions *s, const struct event *ev)
{
	struct census *c = &s->census;
	bool good = is_complete(s, ev);
	size_t n = 0;

	for (size_t i = 0; good && i < c->n; i++) {
		const struct task *t = world_task(s->world, c->v[i].tgid, c->v[i].start);

		if (t && t->alive && !was_told(c, t))
			c->v[n++] = c->v[i];
	}
	open_unseen(s, ev);
	over(s, good);
	c->ngone = n;
	c->gone = 0;
}

void census_apply(struct sessions *s, const struct event *ev)
{
	struct census *c = &s->census;

	if (c->phase == CENSUS_WANTED && s->ready && s->now >= c->due) {
		begin(c, CENSUS_ALL, s, ev->seq);
		c->asked = s->now;
	}
	switch (ev->u.h.kind) {
	case WIRE_TRACE_LOST:
		if (tells_of_tasks(ev->u.lost.lost_kind))
			want(c, s->now);
		break;
	case WIRE_TASK_SNAPSHOT:
		c->told++;
		break;
	case WIRE_TRACE_READY:
		if (ev->u.ready.asked == WIRE_ASKED_ALL && c->phase == CENSUS_ALL)
			on_all(s, ev);
		else if (ev->u.ready.asked == WIRE_ASKED_DOUBT && c->phase == CENSUS_DOUBT)
			on_doubt(s, ev);
		break;
	}
}

uint64_t census_deadline(const struct sessions *s)
{
	return s->census.phase == CENSUS_WANTED && s->ready ? s->census.due : UINT64_MAX;
}

bool census_asks(const struct sessions *s, const struct task_key **doubted, size_t *n)
{
	*doubted = s->census.v;
	*n = s->census.phase == CENSUS_DOUBT ? s->census.n : 0;
	return s->census.phase == CENSUS_ALL || s->census.phase == CENSUS_DOUBT;
}

struct task *census_gone(struct sessions *s)
{
	struct census *c = &s->census;
	struct task *t = NULL;

	while (!t && c->gone < c->ngone) {
		const struct task_key *k = &c->v[c->gone++];

		t = world_task(s->world, k->tgid, k->start);
	}
	return t;
}

void census_free(struct census *c)
{
	free(c->v);
}
