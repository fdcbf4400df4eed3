/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzz targets (tests/fuzz) take each of their seeds, whole, cut and with a byte changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/fuzz.h"
#include "fuzz/seeds.h"

static const struct target {
	const char *name;
	int (*run)(const uint8_t *p, size_t n);
} targets[] = {
	{"check", fuzz_check},
	{"codec", fuzz_codec},
	{"engine", fuzz_engine},
	{"recording", fuzz_recording},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static size_t taken[TARGETS];

static void take(void *ctx, const char *target, const char *name, const void *p, size_t n)
{
	uint8_t *other = malloc(n);

	(void)ctx;
	(void)name;
	assert_non_null(other);
	memcpy(other, p, n);
	for (size_t i = 0; i < TARGETS; i++) {
		if (strcmp(targets[i].name, target))
			continue;
		assert_int_equal(targets[i].run(p, n), 0);
		assert_int_equal(targets[i].run(p, n * 2 / 3), 0);
		other[n / 2] ^= 0x41;
		assert_int_equal(targets[i].run(other, n), 0);
		taken[i]++;
	}
	free(other);
}

static void seeds(void **state)
{
	size_t all = 0;

	(void)state;
	assert_true(seeds_each(take, &all) > 0);
	for (size_t i = 0; i < TARGETS; i++)
		assert_true(taken[i] >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
