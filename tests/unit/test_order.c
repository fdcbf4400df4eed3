/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel counted is told where its last signal belongs, and all once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/order.h"
#include "wire.h"

#define MOST 64

/* Records as in a ring: record i is at position 8 * i. `tgid` tells one from the others. */
struct at {
	union {
		struct wire_hdr h;
		struct wire_exit exit;
		struct {
			struct wire_generate r;
			struct wire_many many;
		} generate;
		struct {
			struct wire_deliver r;
			struct wire_many many;
		} deliver;
	} u;
};

struct ring {
	struct at at[MOST];
	unsigned n, seen, next;
	struct order *order;
	unsigned told[2 * MOST]; /* tgids */
	unsigned seen_by[2 * MOST]; /* so many had been looked at when it was told */
	uint64_t counts[2 * MOST];
	unsigned ntold;
};

static void take(void *ctx, const void *rec, size_t len)
{
	struct ring *r = ctx;
	const struct at *a = rec;

	assert_int_equal(a->u.h.len, len);
	assert_true(r->ntold < 2 * MOST);
	r->counts[r->ntold] = len == sizeof(a->u.generate) ? a->u.generate.many.count :
			      len == sizeof(a->u.deliver)  ? a->u.deliver.many.count :
							     0;
	r->seen_by[r->ntold] = r->seen;
	r->told[r->ntold++] = a->u.h.tgid;
}

static struct ring *ring(void)
{
	struct ring *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->order = order_new(take, r);
	assert_non_null(r->order);
	return r;
}

static void done(struct ring *r)
{
	order_free(r->order);
	free(r);
}

static struct at *put(struct ring *r, uint32_t kind, size_t len, uint64_t ts)
{
	struct at *a = &r->at[r->n];

	assert_true(r->n < MOST);
	a->u.h.kind = kind;
	a->u.h.len = len;
	a->u.h.ts = ts;
	a->u.h.tgid = r->n++;
	return a;
}

static void plain(struct ring *r, uint64_t ts)
{
	put(r, WIRE_TASK_EXIT, sizeof(struct wire_exit), ts);
}

static void counted(struct ring *r, uint64_t ts, uint64_t ts_last, uint64_t count)
{
	struct at *a = put(r, WIRE_SIGNAL_GENERATE, sizeof(a->u.generate), ts);

	a->u.generate.many = (struct wire_many){.count = count, .ts_last = ts_last};
}

static void delivered(struct ring *r, uint64_t ts, uint64_t ts_last, uint64_t count)
{
	struct at *a = put(r, WIRE_SIGNAL_DELIVER, sizeof(a->u.deliver), ts);

	a->u.deliver.many = (struct wire_many){.count = count, .ts_last = ts_last};
}

/* Looks ahead at all there are. */
static void look(struct ring *r)
{
	for (; r->seen < r->n; r->seen++)
		order_see(r->order, 8 * r->seen, &r->at[r->seen], r->at[r->seen].u.h.len);
	order_seen(r->order);
}

/* Hands out to before record `end`. */
static void go(struct ring *r, unsigned end)
{
	for (; r->next < end; r->next++) {
		order_next(r->order, 8 * r->next, &r->at[r->next], r->at[r->next].u.h.len);
		/* its memory is another's from now on */
		memset(&r->at[r->next], 0xff, sizeof(r->at[r->next]));
	}
}

#define IS(r, ...)                                                                                 \
	do {                                                                                       \
		const unsigned want[] = {__VA_ARGS__};                                             \
		assert_int_equal((r)->ntold, sizeof(want) / sizeof(want[0]));                      \
		assert_memory_equal((r)->told, want, sizeof(want));                                \
	} while (0)

static void nothing_counted(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	plain(r, 8); /* another CPU's */
	go(r, 2);
	plain(r, 12);
	look(r);
	go(r, 3);
	IS(r, 0, 1, 2);
	done(r);
}

static void before_what_is_younger(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	plain(r, 20);
	plain(r, 30);
	counted(r, 5, 19, 7);
	plain(r, 40);
	look(r);
	go(r, 5);
	IS(r, 0, 3, 1, 2, 4);
	assert_int_equal(r->counts[1], 7);
	done(r);
}

/* Of two of one time the signal was first: that its process ends may come of it. */
static void of_one_time(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 20);
	counted(r, 5, 20, 7);
	look(r);
	go(r, 2);
	IS(r, 1, 0);
	done(r);
}

static void by_their_last(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	plain(r, 30);
	delivered(r, 1, 25, 2);
	counted(r, 2, 24, 2);
	counted(r, 3, 5, 2);
	delivered(r, 4, 25, 2);
	look(r);
	go(r, 6);
	IS(r, 4, 0, 3, 2, 5, 1);
	done(r);
}

/* Nothing that was written is younger: where it is, at the latest. */
static void youngest(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	counted(r, 5, 50, 7);
	plain(r, 20);
	counted(r, 5, 60, 7);
	look(r);
	go(r, 4);
	IS(r, 0, 1, 2, 3);
	done(r);
}

/* A flush writes them slot by slot: the signal that was generated last, and then those delivered before. */
static void youngest_of_two(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	counted(r, 5, 50, 8);
	delivered(r, 6, 49, 7);
	look(r);
	go(r, 3);
	IS(r, 0, 2, 1);
	done(r);
}

/* The reader hands out only to where it knew that nothing is missing, and looks again then. */
static void over_rounds(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	plain(r, 20);
	counted(r, 1, 15, 3); /* told in the first round */
	counted(r, 2, 33, 4); /* in the second, where it is; and what belongs before it */
	look(r);
	go(r, 2);
	IS(r, 0, 2, 1);
	plain(r, 30);
	plain(r, 40);
	counted(r, 3, 32, 5);
	counted(r, 4, 90, 6); /* in the third */
	look(r);
	go(r, 6);
	IS(r, 0, 2, 1, 6, 3, 4, 5);
	go(r, 8);
	IS(r, 0, 2, 1, 6, 3, 4, 5, 7);
	done(r);
}

/* Nothing older can come: it need not wait for what is younger. */
static void until(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	counted(r, 5, 50, 7);
	counted(r, 5, 30, 7);
	look(r);
	go(r, 1);
	IS(r, 0);
	order_until(r->order, 40);
	IS(r, 0, 2);
	order_until(r->order, 50);
	plain(r, 60);
	look(r);
	go(r, 4);
	IS(r, 0, 2, 1, 3);
	done(r);
}

/* One that nobody looked ahead for has its place where it is. */
static void not_seen(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	counted(r, 1, 5, 3);
	go(r, 2);
	IS(r, 0, 1);
	done(r);
}

/* Of a single signal nothing was counted: it is as any other. */
static void one_alone(void **state)
{
	struct ring *r = ring();

	(void)state;
	plain(r, 10);
	counted(r, 5, 5, 1);
	delivered(r, 6, 6, 1);
	counted(r, 7, 9, 2);
	look(r);
	go(r, 4);
	IS(r, 1, 2, 3, 0);
	assert_int_equal(r->counts[0], 0);
	assert_int_equal(r->counts[1], 0);
	assert_int_equal(r->counts[2], 2);
	done(r);
}

/* Of those told at i and later: did j, which had been looked at by then, belong before i? */
static bool was_late(const struct ring *r, const uint64_t ts[MOST], unsigned i, unsigned j)
{
	if (!r->counts[j] || r->told[j] >= r->seen_by[i])
		return false;
	if (r->counts[i])
		return ts[r->told[j]] < ts[r->told[i]];
	return ts[r->told[j]] <= ts[r->told[i]] || r->told[j] < r->told[i];
}

/* However they lie: each once, and in its place. */
static void each_once(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 2000; seed++) {
		struct ring *r = ring();
		uint64_t ts[MOST], now = 100;
		bool told[MOST] = {0};

		srand(seed);
		while (r->n < MOST) {
			for (unsigned some = rand() % 12; some && r->n < MOST; some--) {
				ts[r->n] = rand() % 3 ? now += rand() % 3 : now - rand() % 40;
				if (ts[r->n] == now)
					plain(r, now);
				else
					counted(r, 1, ts[r->n], 2);
			}
			look(r);
			go(r, r->next + rand() % (r->n - r->next + 1));
		}
		go(r, MOST);
		assert_int_equal(r->ntold, MOST);
		for (unsigned i = 0; i < MOST; i++) {
			assert_false(told[r->told[i]]);
			told[r->told[i]] = true;
			for (unsigned j = i + 1; j < MOST; j++)
				if (was_late(r, ts, i, j))
					fail_msg("seed %u: %u before %u", seed, r->told[i], r->told[j]);
		}
		done(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted), cmocka_unit_test(before_what_is_younger),
		cmocka_unit_test(of_one_time),	   cmocka_unit_test(by_their_last),
		cmocka_unit_test(youngest),	   cmocka_unit_test(youngest_of_two),
		cmocka_unit_test(over_rounds),	   cmocka_unit_test(until),
		cmocka_unit_test(not_seen),	   cmocka_unit_test(one_alone),
		cmocka_unit_test(each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
