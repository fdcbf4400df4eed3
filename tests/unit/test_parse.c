/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"
#include "event/names.h"

static void durations(void **state)
{
	static const struct {
		const char *s;
		uint64_t ns;
	} good[] = {
		{ "0s", 0 },
		{ "1ns", 1 },
		{ "7us", 7000 },
		{ "300ms", 300000000 },
		{ "2s", 2000000000 },
		{ "1.5s", 1500000000 },
		{ "1.000000001s", 1000000001 },
		{ "0.5ns", 0 },
		{ "5m", 300000000000 },
		{ "0.25h", 900000000000 },
		{ "1d", 86400000000000 },
		{ "18446744073709551615ns", UINT64_MAX },
		{ "18446744073.709551615s", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", "5", "s", "-1s", "+1s", " 1s", "1s ", "1 s", "1.s", ".5s", "1.5", "1,5s",
		"1e3s",
		"1S", "1sec", "1m30s", "0x1s", "18446744073709551616ns", "18446744073.709551616s",
		"18446744074s", "307445734562m", "99999999999999999999s", "213504d",
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ns = 12345;
		assert_int_equal(parse_duration(good[i].s, &ns), 0);
		assert_true(ns == good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_duration(bad[i], &ns), -1);
}

static void integers(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(parse_u64("0", 0, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(parse_u64("18446744073709551615", UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", UINT64_MAX, &v), -1);
	assert_int_equal(parse_u64("99999999999999999999999", UINT64_MAX, &v), -1);
	assert_int_equal(parse_u64("65535", 65535, &v), 0);
	assert_int_equal(parse_u64("65536", 65535, &v), -1);
	assert_int_equal(parse_u64("", 9, &v), -1);
	assert_int_equal(parse_u64("-1", 9, &v), -1);
	assert_int_equal(parse_u64("+1", 9, &v), -1);
	assert_int_equal(parse_u64(" 1", 9, &v), -1);
	assert_int_equal(parse_u64("1 ", 9, &v), -1);
	assert_int_equal(parse_u64("0x1", 9, &v), -1);
}

static void nearest(void **state)
{
	static const char *const kinds[] = {
		"task.fork", "task.exec", "signal.generate", "tty.key",
	};
	size_t n;
	const char *const *signals = signal_names(&n);

	(void)state;
	assert_string_equal(parse_nearest("SIGITN", signals, n), "SIGINT");
	assert_string_equal(parse_nearest("sigterm", signals, n), "SIGTERM");
	assert_string_equal(parse_nearest("SIGHUPP", signals, n), "SIGHUP");
	assert_string_equal(parse_nearest("SIGRTMIN+33", signals, n), "SIGRTMIN+3");
	assert_string_equal(parse_nearest("signal.generated", kinds, 4), "signal.generate");
	assert_string_equal(parse_nearest("signal.gnrte", kinds, 4), "signal.generate");
	assert_string_equal(parse_nearest("taskexec", kinds, 4), "task.exec");
	assert_string_equal(parse_nearest("ttykye", kinds, 4), "tty.key");
	assert_null(parse_nearest("banana", kinds, 4));
	assert_null(parse_nearest("", kinds, 4));
	assert_null(parse_nearest("x", kinds, 4));
	assert_null(parse_nearest("tty.key", kinds, 0));
}

/* A word of two letters is two edits from everything of two letters. */
static void nearest_keeps_something(void **state)
{
	static const char *const words[] = { "cd", "ab" };
	char longer[200];

	(void)state;
	assert_null(parse_nearest("xy", words, 2));
	assert_string_equal(parse_nearest("ax", words, 2), "ab");
	assert_string_equal(parse_nearest("ba", words, 2), "ab");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_null(parse_nearest(longer, words, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(integers),
		cmocka_unit_test(nearest),
		cmocka_unit_test(nearest_keeps_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
