/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits that tell the kernel side who is no server: bpf/hint.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hint.h"

static uint32_t hint(const char four[4])
{
	uint32_t name;

	memcpy(&name, four, sizeof(name));
	return hint_of(name);
}

static bool is_set(const __u64 hints[HINTS / 64], const char four[4])
{
	return hints[hint(four) / 64] >> hint(four) % 64 & 1;
}

static void test_only_its_own(void **state)
{
	__u64 hints[HINTS / 64] = {};
	unsigned n = 0;

	(void)state;
	hint_set(hints, "sshd-session");
	assert_true(is_set(hints, "sshd"));
	hint_set(hints, "lsh");
	assert_true(is_set(hints, "lsh"));
	for (unsigned i = 0; i < HINTS / 64; i++)
		n += __builtin_popcountll(hints[i]);
	assert_int_equal(n, 2);
}

/* 5.10 leaves there the end of the name that the task had before. */
static void test_behind_the_end(void **state)
{
	__u64 hints[HINTS / 64] = {}, one[HINTS / 64] = {};

	(void)state;
	hint_set(hints, "ab");
	assert_true(is_set(hints, "ab\0x") && is_set(hints, "ab\0y"));
	hint_set(one, "a");
	assert_true(is_set(one, "a\0yx") && is_set(one, "a\0\0x"));
}

static void test_each_letter_counts(void **state)
{
	(void)state;
	assert_int_not_equal(hint("sshd"), hint("ssh"));
	assert_int_not_equal(hint("sshd"), hint("ssh-"));
	assert_int_not_equal(hint("sshd"), hint("bash"));
	assert_true(hint("\xff\xff\xff\xff") < HINTS && hint("sshd") < HINTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_its_own),
		cmocka_unit_test(test_behind_the_end),
		cmocka_unit_test(test_each_letter_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
