/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/pending.h"

#include <stdlib.h>
#include <utlist.h>

#include "session/session.h"

static struct queue *find(struct queue *const *all, uint32_t key)
{
	struct queue *q;

	HASH_FIND(hh, *all, &key, sizeof(key), q);
	return q;
}

static struct queue *find_or_add(struct queue **all, uint32_t key)
{
	struct queue *q = find(all, key);

	if (q)
		return q;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->key = key;
	HASH_ADD(hh, *all, key, sizeof(q->key), q);
	if (q->hh.tbl)
		return q;
	free(q);
	return NULL;
}

static void leave(struct queue **all, struct queue *q)
{
	if (--q->n)
		return;
	HASH_DELETE(hh, *all, q);
	free(q);
}

int pending_add(struct pending *p, struct interrupt *i)
{
	struct queue *q = find_or_add(&p->by_session, i->session);

	if (!q)
		return -1;
	i->its = q;
	i->nth = ++p->count;
	q->n++;
	p->n++;
	DL_APPEND2(q->first, i, its_prev, its_next);
	DL_APPEND(p->list, i);
	return 0;
}

int pending_typed(struct pending *p, struct interrupt *i)
{
	struct queue *q = find_or_add(&p->by_tty, i->tty);

	if (!q)
		return -1;
	i->at_tty = q;
	q->n++;
	DL_APPEND2(q->first, i, tty_prev, tty_next);
	return 0;
}

void pending_ask(struct pending *p, struct interrupt *i)
{
	i->asked = true;
	DL_APPEND2(p->asked, i, asked_prev, asked_next);
}

int pending_meet(struct interrupt *i, struct task *t, size_t at)
{
	struct meeting *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	m->task = t;
	m->interrupt = i;
	m->at = at;
	t->held++;
	DL_APPEND(t->meetings, m);
	DL_APPEND2(i->meetings, m, its_prev, its_next);
	return 0;
}

static void unlink_meeting(struct meeting *m)
{
	DL_DELETE(m->task->meetings, m);
	DL_DELETE2(m->interrupt->meetings, m, its_prev, its_next);
	free(m);
}

void pending_part(struct task *t)
{
	while (t->meetings) {
		unlink_meeting(t->meetings);
		t->held--;
	}
}

struct interrupt *pending_remove(struct pending *p, struct interrupt *i)
{
	struct interrupt *next = pending_is_behind(i) ? NULL : i->its_next;

	timer_clear(&p->deadlines, &i->look);
	while (i->meetings) {
		i->meetings->task->held--; /* it lives, or this is the record of its end: engine.c */
		unlink_meeting(i->meetings);
	}
	if (i->asked)
		DL_DELETE2(p->asked, i, asked_prev, asked_next);
	if (i->at_tty) {
		DL_DELETE2(i->at_tty->first, i, tty_prev, tty_next);
		leave(&p->by_tty, i->at_tty);
	}
	DL_DELETE2(i->its->first, i, its_prev, its_next);
	leave(&p->by_session, i->its);
	DL_DELETE(p->list, i);
	p->n--;
	return next;
}

void pending_free(struct pending *p)
{
	struct interrupt *i, *next;
	struct queue *q, *qnext;

	DL_FOREACH_SAFE(p->list, i, next) {
		while (i->meetings)
			unlink_meeting(i->meetings);
		DL_DELETE(p->list, i);
		interrupt_free(i);
	}
	HASH_ITER(hh, p->by_session, q, qnext) {
		HASH_DELETE(hh, p->by_session, q);
		free(q);
	}
	HASH_ITER(hh, p->by_tty, q, qnext) {
		HASH_DELETE(hh, p->by_tty, q);
		free(q);
	}
	timers_free(&p->deadlines);
}

struct interrupt *pending_of_session(const struct pending *p, uint32_t session)
{
	const struct queue *q = find(&p->by_session, session);

	return q ? q->first : NULL;
}

struct interrupt *pending_of_tty(const struct pending *p, uint32_t tty)
{
	const struct queue *q = find(&p->by_tty, tty);

	return q ? q->first : NULL;
}

unsigned pending_count(const struct pending *p, uint32_t session)
{
	const struct queue *q = find(&p->by_session, session);

	return q ? q->n : 0;
}

bool pending_is_behind(const struct interrupt *i)
{
	return i->its->first != i;
}
