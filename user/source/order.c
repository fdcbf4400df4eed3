/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/order.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

struct late {
	uint64_t pos;
	const void *rec;
	size_t len;
	struct wire_many many;
	bool told;
};

struct due {
	uint64_t ts_last;
	size_t late;
};

struct order {
	void (*take)(void *ctx, const void *rec, size_t len);
	void *ctx;
	struct late *late; /* by position; those before `first` have been next */
	size_t first, nlate, room;
	struct due *due; /* by time; those before `sooner` have been told */
	size_t sooner, ndue;
};

struct order *order_new(void (*take)(void *ctx, const void *rec, size_t len), void *ctx)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o) {
		o->take = take;
		o->ctx = ctx;
	}
	return o;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	free(o->late);
	free(o->due);
	free(o);
}

/* What a record counts, or false. */
static bool counted(const void *rec, size_t len, struct wire_many *m)
{
	const struct wire_hdr *h = rec;

	if (!(h->kind == WIRE_SIGNAL_GENERATE && len == sizeof(struct wire_generate) + sizeof(*m)) &&
	    !(h->kind == WIRE_SIGNAL_DELIVER && len == sizeof(struct wire_deliver) + sizeof(*m)))
		return false;
	memcpy(m, (const char *)rec + len - sizeof(*m), sizeof(*m));
	return true;
}

/* Room for one more in each list; false: there is none. */
static bool grow(struct order *o)
{
	size_t room = o->room ? 2 * o->room : 64;
	struct late *late;
	struct due *due;

	if (o->nlate < o->room)
		return true;
	late = realloc(o->late, room * sizeof(*late));
	if (!late)
		return false;
	o->late = late;
	due = realloc(o->due, room * sizeof(*due));
	if (!due)
		return false;
	o->due = due;
	o->room = room;
	return true;
}

void order_see(struct order *o, uint64_t pos, const void *rec, size_t len)
{
	struct wire_many m;

	if (counted(rec, len, &m) && grow(o))
		o->late[o->nlate++] = (struct late){.pos = pos, .rec = rec, .len = len, .many = m};
}

static int by_time(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->ts_last != y->ts_last)
		return x->ts_last < y->ts_last ? -1 : 1;
	return x->late < y->late ? -1 : 1;
}

void order_seen(struct order *o)
{
	o->nlate -= o->first;
	if (o->nlate)
		memmove(o->late, o->late + o->first, o->nlate * sizeof(*o->late));
	o->first = o->sooner = o->ndue = 0;
	for (size_t i = 0; i < o->nlate; i++)
		if (!o->late[i].told)
			o->due[o->ndue++] = (struct due){.ts_last = o->late[i].many.ts_last, .late = i};
	if (o->ndue)
		qsort(o->due, o->ndue, sizeof(*o->due), by_time);
}

static void tell(struct order *o, struct late *late)
{
	union {
		struct wire_hdr h;
		struct wire_generate generate;
		struct wire_deliver deliver;
	} one;

	if (late->told)
		return;
	late->told = true;
	if (late->many.count != 1) {
		o->take(o->ctx, late->rec, late->len);
		return;
	}
	memcpy(&one, late->rec, late->len - sizeof(late->many));
	one.h.len = (uint32_t)(late->len - sizeof(late->many));
	o->take(o->ctx, &one, one.h.len);
}

void order_until(struct order *o, uint64_t ts)
{
	for (; o->sooner < o->ndue && o->due[o->sooner].ts_last <= ts; o->sooner++)
		tell(o, &o->late[o->due[o->sooner].late]);
}

void order_next(struct order *o, uint64_t pos, const void *rec, size_t len)
{
	struct late here = {.pos = pos, .rec = rec, .len = len}, *late = &here;

	if (!counted(rec, len, &here.many)) {
		order_until(o, ((const struct wire_hdr *)rec)->ts);
		o->take(o->ctx, rec, len);
		return;
	}
	if (o->first < o->nlate && o->late[o->first].pos == pos)
		late = &o->late[o->first++];
	if (late->told)
		return;
	order_until(o, late->many.ts_last);
	tell(o, late);
}
