/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits that tell the kernel side who is no server: bpf/hint.h. */
#include <setjmp.h>
#include <stdarg.h>
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

/* 5.10 leaves there the end of the name that the task had before. */
static void test_behind_the_end(void **state)
{
	(void)state;
	assert_int_equal(hint("ab\0x"), hint("ab\0"));
	assert_int_equal(hint("a\0yx"), hint("a\0\0"));
	assert_int_equal(hint("a\0\0x"), hint("a\0\0"));
	assert_int_equal(hint("\0zyx"), hint("\0\0\0"));
	assert_int_equal(hint("\x81\0\xff\x80"), hint("\x81\0\0"));
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
		cmocka_unit_test(test_behind_the_end),
		cmocka_unit_test(test_each_letter_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
