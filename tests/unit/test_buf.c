/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "unit/any_record.h"

/* What `write` puts into an empty buffer must be `want`. */
#define EXPECT(want, write)                                                                        \
	do {                                                                                       \
		struct buf b = { 0 };                                                              \
		write;                                                                             \
		assert_string_equal(buf_cstr(&b), want);                                           \
		buf_free(&b);                                                                      \
	} while (0)

#define LIT(s) (s), sizeof(s) - 1

static void grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	for (unsigned i = 0; i < 100000; i++)
		buf_char(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 100000);
	assert_true(b.cap < 4 * 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_put(&b, "a\0b", 3);
	assert_memory_equal(b.p, "a\0b", 3);
	buf_free(&b);
	assert_null(b.p);
}

static void failure_sticks(void **state)
{
	volatile size_t too_much = SIZE_MAX / 2 + 1; /* unknown to the compiler, which warns */
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "kept");
	buf_put(&b, "", too_much);
	assert_true(b.failed);
	assert_int_equal(b.len, 4);
	buf_str(&b, "x");
	buf_u64(&b, 1);
	buf_printf(&b, "%d", 1);
	buf_json(&b, "x", 1);
	assert_int_equal(b.len, 4);
	assert_string_equal(buf_cstr(&b), "");
	buf_reset(&b);
	buf_str(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	buf_free(&b);
}

static void numbers(void **state)
{
	char want[32];

	(void)state;
	EXPECT("0", buf_u64(&b, 0));
	EXPECT("18446744073709551615", buf_u64(&b, UINT64_MAX));
	EXPECT("-9223372036854775808", buf_s64(&b, INT64_MIN));
	EXPECT("9223372036854775807", buf_s64(&b, INT64_MAX));
	EXPECT("-1", buf_s64(&b, -1));
	EXPECT("0", buf_s64(&b, 0));
	EXPECT("007", buf_u64_width(&b, 7, 3));
	EXPECT("1234", buf_u64_width(&b, 1234, 3));
	EXPECT("000000000000000000000000000012", buf_u64_width(&b, 12, 30));
	EXPECT("0x0", buf_hex(&b, 0));
	EXPECT("0x1f", buf_hex(&b, 0x1f));
	EXPECT("0xffffffffffffffff", buf_hex(&b, UINT64_MAX));
	for (unsigned i = 0; i < 64; i++) {
		uint64_t v = UINT64_MAX >> i;

		snprintf(want, sizeof(want), "%" PRIu64, v);
		EXPECT(want, buf_u64(&b, v));
		snprintf(want, sizeof(want), "0x%" PRIx64, v);
		EXPECT(want, buf_hex(&b, v));
	}
}

static void formatted(void **state)
{
	char longer[1000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	EXPECT("a 5", buf_printf(&b, "%s %d", "a", 5));
	EXPECT(longer, buf_printf(&b, "%s", longer));
	/* About the room that there is at first. */
	for (int n = 100; n < 600; n++)
		EXPECT(longer + sizeof(longer) - 1 - n, buf_printf(&b, "%.*s", n, longer));
}

static void padded(void **state)
{
	(void)state;
	EXPECT("ab   |", (buf_str(&b, "ab"), buf_pad(&b, 0, 5), buf_char(&b, '|')));
	EXPECT("abcdef |", (buf_str(&b, "abcdef"), buf_pad(&b, 0, 5), buf_char(&b, '|')));
	EXPECT("abcde |", (buf_str(&b, "abcde"), buf_pad(&b, 0, 5), buf_char(&b, '|')));
	EXPECT("x\nab  |", (buf_str(&b, "x\nab"), buf_pad(&b, 2, 4), buf_char(&b, '|')));
	EXPECT("\xc3\xa9   |", (buf_str(&b, "\xc3\xa9"), buf_pad(&b, 0, 4), buf_char(&b, '|')));
	EXPECT("\x1b[1;31mab\x1b[0m  |",
	       (buf_str(&b, "\x1b[1;31mab\x1b[0m"), buf_pad(&b, 0, 4), buf_char(&b, '|')));
}

/* Length of the valid code point at the start of a literal, 0 for none. */
static size_t valid(const char *p, size_t n)
{
	uint32_t cp;

	return utf8_next(p, n, &cp);
}

static void utf8(void **state)
{
	uint32_t cp = 0;

	(void)state;
	assert_int_equal(valid(LIT("")), 0);
	assert_int_equal(valid(LIT("a")), 1);
	assert_int_equal(valid("\0", 1), 1);
	assert_int_equal(valid(LIT("\xc2\x80")), 2);
	assert_int_equal(valid(LIT("\xe0\xa0\x80")), 3);
	assert_int_equal(valid(LIT("\xed\x9f\xbf")), 3);
	assert_int_equal(valid(LIT("\xee\x80\x80")), 3);
	assert_int_equal(valid(LIT("\xf0\x90\x80\x80")), 4);
	assert_int_equal(utf8_next(LIT("\xf4\x8f\xbf\xbf"), &cp), 4);
	assert_int_equal(cp, 0x10ffff);
	/* Overlong, surrogates, above the end, no start byte, no continuation, cut short. */
	assert_int_equal(valid(LIT("\xc0\x80")), 0);
	assert_int_equal(valid(LIT("\xc1\xbf")), 0);
	assert_int_equal(valid(LIT("\xe0\x9f\xbf")), 0);
	assert_int_equal(valid(LIT("\xf0\x8f\xbf\xbf")), 0);
	assert_int_equal(valid(LIT("\xed\xa0\x80")), 0);
	assert_int_equal(valid(LIT("\xed\xbf\xbf")), 0);
	assert_int_equal(valid(LIT("\xf4\x90\x80\x80")), 0);
	assert_int_equal(valid(LIT("\xf5\x80\x80\x80")), 0);
	assert_int_equal(valid(LIT("\xff")), 0);
	assert_int_equal(valid(LIT("\x80")), 0);
	assert_int_equal(valid(LIT("\xc3\x28")), 0);
	assert_int_equal(valid(LIT("\xe2\x82\x28")), 0);
	assert_int_equal(valid("\xc3\xa9", 1), 0);
	assert_int_equal(valid("\xe2\x82\xac", 2), 0);
	assert_int_equal(valid("\xf0\x9f\x98\x80", 3), 0);
}

static void text(void **state)
{
	(void)state;
	EXPECT("plain \xc3\xa9 \xf0\x9f\x98\x80",
	       buf_text(&b, LIT("plain \xc3\xa9 \xf0\x9f\x98\x80")));
	EXPECT("\\n\\t\\r\\x1b[31m\\x00\\x7f", buf_text(&b, LIT("\n\t\r\x1b[31m\0\x7f")));
	EXPECT("a\\\\b", buf_text(&b, LIT("a\\b")));
	EXPECT("\\xc0\\x80", buf_text(&b, LIT("\xc0\x80")));
	EXPECT("x\\xe2\\x82", buf_text(&b, LIT("x\xe2\x82")));
	EXPECT("\\xed\\xa0\\x80", buf_text(&b, LIT("\xed\xa0\x80")));
	EXPECT("\\x9b\\u009b", buf_text(&b, LIT("\x9b\xc2\x9b")));
	EXPECT("\\u202e\\u202a\\u2066\\u2069", buf_text(&b, LIT("\u202e\u202a\u2066\u2069")));
	EXPECT("\\u200e\\u200f\\u2028\\u2029\\u061c",
	       buf_text(&b, LIT("\u200e\u200f\u2028\u2029\u061c")));
	EXPECT("\u2010\u206a", buf_text(&b, LIT("\u2010\u206a")));
}

/* No byte of the output may move the cursor, and UTF-8 stays UTF-8. */
static void text_is_safe(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char in[12];
		size_t n = any_u32(sizeof(in) + 1);
		struct buf b = { 0 };

		for (size_t k = 0; k < n; k++)
			in[k] = (char)(any_u32(2) ? any_u32(256) : 0xe2u - any_u32(0x63));
		buf_text(&b, in, n);
		buf_args(&b, in, n, any_u32(9));
		for (size_t at = 0; at < b.len; ) {
			uint32_t cp;
			size_t len = utf8_next(b.p + at, b.len - at, &cp);

			assert_true(len > 0 && !utf8_unsafe(cp));
			at += len;
		}
		buf_free(&b);
	}
}

static void json(void **state)
{
	(void)state;
	EXPECT("\"\"", buf_json(&b, NULL, 0));
	EXPECT("\"a\\\"b\\\\c/\"", buf_json(&b, LIT("a\"b\\c/")));
	EXPECT("\"\\n\\t\\r\\b\\f\\u0000\\u001b\\u007f\"",
	       buf_json(&b, LIT("\n\t\r\b\f\0\x1b\x7f")));
	EXPECT("\"\xc3\xa9\xf0\x9f\x98\x80\"", buf_json(&b, LIT("\xc3\xa9\xf0\x9f\x98\x80")));
	EXPECT("\"x\\u00c3\"", buf_json(&b, LIT("x\xc3")));
	EXPECT("\"\\u00c0\\u0080z\"", buf_json(&b, LIT("\xc0\x80z")));
	EXPECT("\"\\u00ed\\u00a0\\u0080\"", buf_json(&b, LIT("\xed\xa0\x80")));
	EXPECT("\"\\u00f4\\u0090\\u0080\\u0080\"", buf_json(&b, LIT("\xf4\x90\x80\x80")));
	EXPECT("\"\\u202ex\"", buf_json(&b, LIT("\u202ex")));
}

/* A strict reader gets each byte back: a code point, or U+00XX for a byte that was none. */
static void json_reads_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		char in[24], want[64];
		size_t n = any_u32(sizeof(in) + 1), w = 0;
		struct buf b = { 0 };
		json_t *v;

		for (size_t k = 0; k < n; k++)
			in[k] = (char)(any_u32(2) ? any_u32(256) : any_u32(128));
		for (size_t k = 0; k < n; ) {
			uint32_t cp;
			size_t len = utf8_next(in + k, n - k, &cp);

			if (len) {
				memcpy(want + w, in + k, len);
				w += len;
			} else {
				want[w++] = (char)(0xc0 | (unsigned char)in[k] >> 6);
				want[w++] = (char)(0x80 | ((unsigned char)in[k] & 0x3f));
			}
			k += len ? len : 1;
		}
		buf_json(&b, in, n);
		v = json_loadb(b.p, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(v);
		assert_int_equal(json_string_length(v), w);
		assert_memory_equal(json_string_value(v), want, w);
		json_decref(v);
		buf_free(&b);
	}
}

static void args(void **state)
{
	(void)state;
	EXPECT("", buf_args(&b, "", 0, 0));
	EXPECT("sleep 300", buf_args(&b, LIT("sleep\000300\0"), 0));
	EXPECT("sleep 300", buf_args(&b, LIT("sleep\000300"), 0));
	EXPECT("a ''", buf_args(&b, LIT("a\0\0"), 0));
	EXPECT("sh -c 'echo $HOME; ls *'", buf_args(&b, LIT("sh\0-c\0echo $HOME; ls *\0"), 0));
	EXPECT("'it'\\''s'", buf_args(&b, LIT("it's\0"), 0));
	EXPECT("grep 'a\\.b'", buf_args(&b, LIT("grep\0a\\.b\0"), 0));
	EXPECT("$'a\\nb' $'\\x1b\\\\\\'' c", buf_args(&b, LIT("a\nb\0\x1b\\'\0c\0"), 0));
	EXPECT("$'\\u202etxt'", buf_args(&b, LIT("\u202etxt\0"), 0));
	EXPECT("\xc3\xa9=/x:y,z@1%+", buf_args(&b, LIT("\xc3\xa9=/x:y,z@1%+\0"), 0));
}

static void args_cut(void **state)
{
	(void)state;
	EXPECT("sleep 300", buf_args(&b, LIT("sleep\000300\0"), 9));
	EXPECT("sleep 30...", buf_args(&b, LIT("sleep\000300\0"), 8));
	EXPECT("\xc3\xa9\xc3\xa9...", buf_args(&b, LIT("\xc3\xa9\xc3\xa9\xc3\xa9"), 2));
	/* An escape is whole or not there. */
	EXPECT("$'a...", buf_args(&b, LIT("a\x1b\0"), 5));
	EXPECT("$'\\x1b...", buf_args(&b, LIT("\x1b\x1b\0"), 7));
	EXPECT("a ...", buf_args(&b, LIT("a\0b c\0"), 2));
}

static void duration(void **state)
{
	const uint64_t ms = 1000000, s = 1000 * ms;

	(void)state;
	EXPECT("0 ns", buf_duration(&b, 0));
	EXPECT("999 ns", buf_duration(&b, 999));
	EXPECT("350 us", buf_duration(&b, 350999));
	EXPECT("1.5 ms", buf_duration(&b, 1500000));
	EXPECT("2 ms", buf_duration(&b, 2 * ms));
	EXPECT("120 ms", buf_duration(&b, 120 * ms));
	EXPECT("999 ms", buf_duration(&b, s - 1));
	EXPECT("15.5 s", buf_duration(&b, 15 * s + 599 * ms));
	EXPECT("2 s", buf_duration(&b, 2 * s));
	EXPECT("59.9 s", buf_duration(&b, 60 * s - 1));
	EXPECT("1 m", buf_duration(&b, 60 * s));
	EXPECT("3 m 20 s", buf_duration(&b, 200 * s));
	EXPECT("2 h 5 m", buf_duration(&b, (2 * 3600 + 5 * 60 + 59) * s));
	EXPECT("3 d 4 h", buf_duration(&b, (3 * 86400 + 4 * 3600 + 3599) * s));
	EXPECT("213503 d 23 h", buf_duration(&b, UINT64_MAX));
}

static void errors(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, EXIT_USAGE, "no %s", "such\nthing"), -1);
	assert_int_equal(e.status, EXIT_USAGE);
	assert_string_equal(e.what, "no such thing");
	assert_string_equal(e.hint, "");
	assert_int_equal(err_hint(&e, "try %d", 5), -1);
	assert_string_equal(e.hint, "try 5");
	assert_int_equal(err_set(&e, EXIT_USAGE, "again"), -1);
	assert_string_equal(e.hint, "");
	assert_int_equal(err_set(NULL, EXIT_USAGE, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
	err_set(&e, EXIT_USAGE, "%01000d", 7);
	assert_int_equal(strlen(e.what), sizeof(e.what) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(failure_sticks),
		cmocka_unit_test(numbers),
		cmocka_unit_test(formatted),
		cmocka_unit_test(padded),
		cmocka_unit_test(utf8),
		cmocka_unit_test(text),
		cmocka_unit_test(text_is_safe),
		cmocka_unit_test(json),
		cmocka_unit_test(json_reads_back),
		cmocka_unit_test(args),
		cmocka_unit_test(args_cut),
		cmocka_unit_test(duration),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
