/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/timer.h"
#include "unit/any_record.h"

#define MANY 500

static uint64_t least(const struct timer *t)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < MANY; i++)
		if (t[i].place && t[i].at < first)
			first = t[i].at;
	return first;
}

static void none(void **state)
{
	struct timers all = {0};
	struct timer t = {0};

	(void)state;
	assert_null(timers_first(&all));
	assert_true(timers_deadline(&all) == UINT64_MAX);
	timer_clear(&all, &t);
	assert_null(timers_first(&all));
	timers_free(&all);
}

/* Set, moved and cleared in any order: the first is always the first. */
static void any_order(void **state)
{
	struct timer t[MANY] = {0};
	struct timers all = {0};

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct timer *one = &t[any_u32(MANY)];

		if (any_u32(3))
			assert_int_equal(timer_set(&all, one, any_u32(1000)), 0);
		else
			timer_clear(&all, one);
		assert_true(timers_deadline(&all) == least(t));
		if (timers_first(&all))
			assert_true(timers_first(&all)->at == least(t));
	}
	timers_free(&all);
}

/* Taken out one by one they come in order, each once. */
static void in_order(void **state)
{
	struct timer t[MANY] = {0}, *first;
	struct timers all = {0};
	uint64_t last = 0;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(timer_set(&all, &t[i], any_u32(100)), 0);
	for (; (first = timers_first(&all)); n++) {
		assert_true(first->at >= last);
		last = first->at;
		timer_clear(&all, first);
		assert_int_equal(first->place, 0);
	}
	assert_int_equal(n, MANY);
	timers_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(any_order),
		cmocka_unit_test(in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
