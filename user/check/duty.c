/* SPDX-License-Identifier: GPL-2.0-only */
/* `every A -> B within T`: an A is a duty until its B came, or its time is over. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "check/parts.h"

#define MS UINT64_C(1000000)
#define SKEW (100 * MS) /* a time stamp may go back by a little */
/* That a fact is told behind what it tells: a session's end settles, and the kernel is asked
 * (close.c); a Ctrl-C waits for handlers, and for the one before it (interrupt.c). */
#define LATE (5000 * MS)
#define SHOWN 64 /* duties whose command lines are kept */

static bool is_fact(const struct pattern *p)
{
	return p->kind > ATTR_FACT;
}

static uint64_t due_of(const struct check *k, const struct duty *d)
{
	return d->deadline + (is_fact(&k->pat[1]) ? LATE : SKEW);
}

static unsigned bucket_of(int64_t key)
{
	return (unsigned)(((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 54);
}

_Static_assert(BUCKETS == 1 << 10, "bucket_of() keeps ten bits");

static void add(struct check *k, struct duty *d)
{
	int64_t key;

	/* without memory for them it is found nowhere, and `failed` says so */
	if (d->refs && cond_key(k->pat[1].cond, d->refs, NULL, &key))
		d->bucket = bucket_of(key);
	DL_APPEND(k->duties, d);
	DL_APPEND2(k->buckets[d->bucket], d, near_prev, near_next);
	k->nduties++;
}

static void drop(struct check *k, struct duty *d)
{
	DL_DELETE2(k->buckets[d->bucket], d, near_prev, near_next);
	DL_DELETE(k->duties, d);
	k->nduties--;
	refs_free(d->refs);
	show_free(&d->show);
	free(d);
}

static void drop_past(struct check *k, struct past *p)
{
	DL_DELETE(k->pasts, p);
	frozen_free(k->pat[1].cond, p->frozen);
	free(p);
}

void duty_free(struct check *k)
{
	while (k->duties)
		drop(k, k->duties);
	while (k->pasts)
		drop_past(k, k->pasts);
	free(k->buckets);
}

/* ---- what came of one ---- */

/* The right side did not come. */
static void missing(struct check *k, struct duty *d, const struct engine *e, bool closed)
{
	struct check_failure *f;

	if (d->maybe) {
		k->maybe++;
		return;
	}
	show_instead(&d->show, closed ? "nothing that could do it is left" : "it did not come in time");
	show_context(&d->show, e, NULL);
	f = check_break(k, &d->show);
	d->show = (struct check_failure){0};
	if (!f)
		return;
	k->late[f - k->failures] = d->refs;
	d->refs = NULL;
}

static void put_time(struct buf *b, uint64_t ns)
{
	buf_duration(b, ns);
}

/* s NULL: it came before the left side was known. */
static void came(struct checks *c, struct check *k, struct duty *d, const struct seen *s,
		 uint64_t ts, bool guessed)
{
	struct buf b = {0};

	if (guessed || d->maybe) {
		k->guessed++;
	} else if (!k->right_no) {
		k->kept++;
	} else {
		put_time(&b, ts - d->ts);
		if (s) {
			struct check_failure right = {0};

			show_fill(&right, c, s);
			show_instead(&d->show, "%s, %s after", right.event, buf_cstr(&b));
			show_context(&d->show, s->e, s->s.fact);
			show_free(&right);
		} else {
			show_instead(&d->show, "%s came %s after", attr_kind_name(k->pat[1].kind),
				     buf_cstr(&b));
		}
		check_break(k, &d->show);
		d->show = (struct check_failure){0};
	}
	buf_free(&b);
}

static bool in_time(const struct duty *d, uint64_t ts)
{
	return ts >= d->ts && ts <= d->deadline;
}

/* ---- the left side ---- */

/* A fact is told late: its right side may have come already. */
static bool was_before(struct checks *c, struct check *k, struct duty *d)
{
	struct past *p;

	DL_FOREACH(k->pasts, p) {
		enum tri is = in_time(d, p->ts) ? cond_thaw(k->pat[1].cond, p->frozen, d->refs) :
						  COND_NO;

		if (is == COND_NO)
			continue;
		came(c, k, d, NULL, p->ts, p->guessed || is == COND_MAYBE);
		return true;
	}
	return false;
}

void duty_left(struct checks *c, struct check *k, const struct seen *s, enum tri is)
{
	struct duty *d = calloc(1, sizeof(*d));

	if (!k->buckets)
		k->buckets = calloc(BUCKETS, sizeof(struct duty *));
	if (!d || !k->buckets) {
		c->failed = true;
		free(d);
		return;
	}
	k->yes += is == COND_YES;
	k->maybe += is == COND_MAYBE;
	d->ts = s->ts;
	d->seq = s->seq;
	d->deadline = s->ts + k->within;
	d->maybe = is == COND_MAYBE;
	d->refs = refs_take(k->pat[1].cond, &s->s);
	if (!d->refs)
		c->failed = true;
	if (k->nduties < SHOWN)
		show_fill(&d->show, c, s);
	else
		show_brief(&d->show, c, s);
	add(k, d);
	if (is_fact(&k->pat[0]) && was_before(c, k, d)) {
		drop(k, d);
		return;
	}
	if (due_of(k, d) < c->due)
		c->due = due_of(k, d);
}

/* ---- the right side ---- */

static void remember(struct checks *c, struct check *k, const struct seen *s, bool unsure)
{
	struct past *p;

	while (k->pasts && k->pasts->ts + LATE < c->now)
		drop_past(k, k->pasts);
	if (cond_is(k->pat[1].cond, &s->s, NULL) == COND_NO)
		return;
	p = calloc(1, sizeof(*p));
	if (!p) {
		c->failed = true;
		return;
	}
	p->ts = s->ts;
	p->seq = s->seq;
	p->guessed = s->guessed || unsure;
	p->frozen = cond_freeze(k->pat[1].cond, &s->s);
	if (!p->frozen)
		c->failed = true;
	DL_APPEND(k->pasts, p);
	if (!p->frozen)
		drop_past(k, p);
}

/* It came after all, of one that was given up. */
static void came_late(struct check *k, const struct seen *s)
{
	struct buf after = {0}, over = {0};

	for (size_t i = 0; i < k->nfailures; i++) {
		uint64_t took = s->ts - k->failures[i].ts;

		if (!k->late[i] || s->ts < k->failures[i].ts ||
		    cond_is(k->pat[1].cond, &s->s, k->late[i]) != COND_YES)
			continue;
		buf_reset(&after);
		buf_reset(&over);
		put_time(&after, took);
		put_time(&over, took > k->within ? took - k->within : 0);
		show_instead(&k->failures[i], "it came %s after, %s too late", buf_cstr(&after),
			     buf_cstr(&over));
		refs_free(k->late[i]);
		k->late[i] = NULL;
	}
	buf_free(&after);
	buf_free(&over);
}

void duty_right(struct checks *c, struct check *k, const struct seen *s)
{
	enum tri allowed = COND_NO;
	struct duty *d, *next;
	int64_t key;

	if (cond_is(k->pat[1].cond, &s->s, NULL) == COND_NO)
		return;
	if (k->right_no)
		allowed = check_allowed(k, &s->s);
	if (allowed == COND_YES)
		return;
	if (is_fact(&k->pat[0]))
		remember(c, k, s, allowed == COND_MAYBE);
	came_late(k, s);
	if (!k->duties)
		return;
	d = k->buckets[cond_key(k->pat[1].cond, NULL, &s->s, &key) ? bucket_of(key) : 0];
	for (; d; d = next) {
		enum tri is = in_time(d, s->ts) ? cond_is(k->pat[1].cond, &s->s, d->refs) : COND_NO;

		next = d->near_next;
		if (is == COND_NO)
			continue;
		came(c, k, d, s, s->ts,
		     s->guessed || is == COND_MAYBE || allowed == COND_MAYBE);
		drop(k, d);
	}
}

/* ---- time ---- */

static void over(struct check *k, struct duty *d, const struct engine *e, bool closed)
{
	if (k->right_no)
		k->kept++;
	else
		missing(k, d, e, closed);
}

void duty_due(struct checks *c, const struct engine *e)
{
	c->due = UINT64_MAX;
	for (size_t i = 0; i < c->n; i++) {
		struct check *k = c->v[i];
		struct duty *d, *next;

		DL_FOREACH_SAFE(k->duties, d, next) {
			if (due_of(k, d) >= c->now) {
				if (due_of(k, d) < c->due)
					c->due = due_of(k, d);
				if (!is_fact(&k->pat[0]))
					break; /* in order, but for a little */
				continue;
			}
			over(k, d, e, false);
			drop(k, d);
		}
	}
}

void duty_finish(struct checks *c, struct check *k, const struct engine *e)
{
	bool closed = scope_is_closed(c, k, e);

	while (k->duties) {
		struct duty *d = k->duties;

		if (c->now >= d->deadline || closed)
			over(k, d, e, c->now < d->deadline);
		else
			k->open++;
		drop(k, d);
	}
}
