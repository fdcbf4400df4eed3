/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/timer.h"

#include <stdlib.h>

static void put(struct timers *all, struct timer *t, size_t place)
{
	all->v[place - 1] = t;
	t->place = place;
}

static void rise(struct timers *all, struct timer *t)
{
	size_t place = t->place;

	for (; place > 1 && all->v[place / 2 - 1]->at > t->at; place /= 2)
		put(all, all->v[place / 2 - 1], place);
	put(all, t, place);
}

static void sink(struct timers *all, struct timer *t)
{
	size_t place = t->place, below;

	while ((below = 2 * place) <= all->n) {
		if (below < all->n && all->v[below]->at < all->v[below - 1]->at)
			below++;
		if (all->v[below - 1]->at >= t->at)
			break;
		put(all, all->v[below - 1], place);
		place = below;
	}
	put(all, t, place);
}

int timer_set(struct timers *all, struct timer *t, uint64_t at)
{
	if (!t->place) {
		if (all->n == all->cap) {
			size_t cap = all->cap ? 2 * all->cap : 16;
			struct timer **v = realloc(all->v, cap * sizeof(*v));

			if (!v)
				return -1;
			all->v = v;
			all->cap = cap;
		}
		put(all, t, ++all->n);
	}
	t->at = at;
	rise(all, t);
	sink(all, t);
	return 0;
}

void timer_clear(struct timers *all, struct timer *t)
{
	struct timer *last;

	if (!t->place)
		return;
	last = all->v[--all->n];
	if (last != t) {
		put(all, last, t->place);
		rise(all, last);
		sink(all, last);
	}
	t->place = 0;
}

struct timer *timers_first(const struct timers *all)
{
	return all->n ? all->v[0] : NULL;
}

uint64_t timers_deadline(const struct timers *all)
{
	return all->n ? all->v[0]->at : UINT64_MAX;
}

void timers_postpone(struct timers *all, uint64_t ns)
{
	for (size_t i = 0; i < all->n; i++)
		all->v[i]->at += ns;
}

void timers_free(struct timers *all)
{
	free(all->v);
	*all = (struct timers){0};
}
