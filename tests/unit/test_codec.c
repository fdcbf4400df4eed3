/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/field.h"
#include "unit/any_record.h"

static unsigned char rec[EVENT_MAX];
static struct event ev;

static void put32(void *record, size_t at, uint32_t v)
{
	memcpy((unsigned char *)record + at, &v, sizeof(v));
}

/* From a block of exactly n bytes at an odd address, for the sanitizers. */
static enum event_error decode(const void *p, size_t n)
{
	unsigned char *copy = malloc(n + 1);
	enum event_error e;

	assert_non_null(copy);
	memcpy(copy + 1, p, n);
	e = event_decode(copy + 1, n, &ev);
	free(copy);
	return e;
}

static void every_kind(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		for (unsigned i = 0; i < 200; i++) {
			size_t n = any_record(k, rec), size = kind_info(k)->size;

			assert_int_equal(event_length(rec, n), n);
			assert_int_equal(event_decode(rec, n, &ev), EVENT_OK);
			assert_memory_equal(&ev.u, rec, size);
			assert_int_equal(ev.filename_len + ev.args_len +
						 (ev.many.count ? sizeof(ev.many) : 0),
					 n - size);
			if (kind_info(k)->tail) {
				assert_ptr_equal(ev.filename, rec + size);
				assert_ptr_equal(ev.argv, rec + size + ev.filename_len);
			} else {
				assert_null(ev.filename);
				assert_null(ev.argv);
			}
		}
	}
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		size_t n = any_record(k, rec);

		for (size_t cut = 0; cut < n; cut++) {
			struct wire_hdr h;

			assert_int_equal(decode(rec, cut), EVENT_SHORT);
			if (cut < sizeof(h))
				continue;
			/* Cut, and h.len says so too. */
			memcpy(&h, rec, sizeof(h));
			put32(rec, 0, (uint32_t)cut);
			/* without its wire_many a signal stands for itself */
			assert_int_equal(decode(rec, cut),
					 cut == kind_info(k)->size && !kind_info(k)->tail ?
						 EVENT_OK : EVENT_LENGTH);
			memcpy(rec, &h, sizeof(h));
		}
		assert_int_equal(decode(rec, n), EVENT_OK);
	}
}

static void wrong_length(void **state)
{
	static unsigned char longer[2 * EVENT_MAX];

	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		size_t n = any_record(k, rec);

		memset(longer, 0, sizeof(longer));
		memcpy(longer, rec, n);
		put32(longer, 0, (uint32_t)n + 1);
		assert_int_equal(decode(longer, n + 1), EVENT_LENGTH);
		put32(longer, 0, (uint32_t)n - 1);
		assert_int_equal(decode(longer, n), EVENT_LENGTH);
		put32(longer, 0, 0);
		assert_int_equal(decode(longer, n), EVENT_LENGTH);
		put32(longer, 0, UINT32_MAX);
		assert_int_not_equal(decode(longer, n), EVENT_OK);
		/* What stands behind the record is the next one's. */
		assert_int_equal(decode(rec, sizeof(rec)), EVENT_OK);
	}
}

static void unknown_kind(void **state)
{
	static const uint16_t unknown[] = {
		0, WIRE_KIND_MAX + 1, 255, 256 + WIRE_TASK_EXIT, 65535,
	};
	size_t n = any_record(WIRE_TASK_EXIT, rec);

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		memcpy(rec + offsetof(struct wire_hdr, kind), &unknown[i], 2);
		assert_int_equal(decode(rec, n), EVENT_KIND);
	}
}

/* Both lengths of a tail, for both kinds that have one. */
static void tails(void **state)
{
	static const struct {
		unsigned kind;
		size_t size, at;
	} with_tail[] = {
		{ WIRE_TASK_EXEC, sizeof(struct wire_exec),
		  offsetof(struct wire_exec, filename_len) },
		{ WIRE_TASK_ARGS, sizeof(struct wire_args),
		  offsetof(struct wire_args, filename_len) },
	};
	static const struct {
		uint32_t filename_len, args_len, tail;
		enum event_error want;
	} cases[] = {
		{ 0, 0, 0, EVENT_OK },
		{ WIRE_FILENAME, WIRE_ARGS, WIRE_FILENAME + WIRE_ARGS, EVENT_OK },
		{ 3, 4, 7, EVENT_OK },
		{ 3, 4, 6, EVENT_LENGTH },
		{ 3, 4, 8, EVENT_LENGTH },
		{ 4, 3, 3, EVENT_LENGTH },
		{ WIRE_FILENAME + 1, 0, WIRE_FILENAME + 1, EVENT_LENGTH },
		{ 0, WIRE_ARGS + 1, WIRE_ARGS + 1, EVENT_LENGTH },
		/* Sums that come out right when they wrap. */
		{ 8, UINT32_MAX, 7, EVENT_LENGTH },
		{ UINT32_MAX, 8, 7, EVENT_LENGTH },
		{ UINT32_MAX, 1, 0, EVENT_LENGTH },
	};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			size_t len = with_tail[k].size + cases[i].tail;

			any_record(with_tail[k].kind, rec);
			put32(rec, 0, (uint32_t)len);
			put32(rec, with_tail[k].at, cases[i].filename_len);
			put32(rec, with_tail[k].at + 4, cases[i].args_len);
			assert_int_equal(decode(rec, len), cases[i].want);
		}
	}
}

static void ranges(void **state)
{
	static const struct {
		unsigned kind;
		size_t at;
		uint32_t good[3], bad[4];
	} m[] = {
		{ WIRE_SIGNAL_GENERATE, offsetof(struct wire_generate, sig),
		  { 1, 34, 64 }, { 0, 65, 128, UINT32_MAX } },
		{ WIRE_SIGNAL_GENERATE, offsetof(struct wire_generate, result),
		  { 0, 2, 4 }, { 5, 6, 256, UINT32_MAX } },
		{ WIRE_SIGNAL_GENERATE, offsetof(struct wire_generate, disposition),
		  { 0, 1, 2 }, { 3, 4, 256, UINT32_MAX } },
		{ WIRE_SIGNAL_DELIVER, offsetof(struct wire_deliver, sig),
		  { 1, 34, 64 }, { 0, 65, 128, UINT32_MAX } },
		{ WIRE_SIGNAL_DELIVER, offsetof(struct wire_deliver, disposition),
		  { 0, 1, 2 }, { 3, 4, 256, UINT32_MAX } },
		{ WIRE_TTY_KEY, offsetof(struct wire_key, key),
		  { 0, 1, 2 }, { 3, 4, 256, UINT32_MAX } },
		{ WIRE_SOCK_STATE, offsetof(struct wire_sock_state, sk.family),
		  { 2, 10, 2 }, { 0, 1, 9, 11 } },
		{ WIRE_SOCK_RESET, offsetof(struct wire_sock_reset, sk.family),
		  { 2, 10, 2 }, { 0, 1, 9, 11 } },
		{ WIRE_SOCK_OWNER, offsetof(struct wire_sock_owner, sk.family),
		  { 2, 10, 2 }, { 0, 1, 9, UINT32_MAX } },
		{ WIRE_SOCK_RESET, offsetof(struct wire_sock_reset, direction),
		  { 0, 1, 0 }, { 2, 3, 256, UINT32_MAX } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
		size_t n = any_record(m[i].kind, rec);

		for (size_t k = 0; k < 3; k++) {
			put32(rec, m[i].at, m[i].good[k]);
			assert_int_equal(decode(rec, n), EVENT_OK);
		}
		for (size_t k = 0; k < 4; k++) {
			put32(rec, m[i].at, m[i].bad[k]);
			assert_int_equal(decode(rec, n), EVENT_RANGE);
		}
	}
}

static void strings_end(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		const struct field *rows[] = { kind_info(0)->fields, kind_info(k)->fields };
		size_t n = any_record(k, rec);

		for (size_t r = 0; r < 2; r++)
			for (const struct field *f = rows[r]; f->name; f++)
				if (f->format == FIELD_STR)
					memset(rec + f->offset, 'x', f->size);
		assert_int_equal(decode(rec, n), EVENT_OK);
		for (size_t r = 0; r < 2; r++)
			for (const struct field *f = rows[r]; f->name; f++)
				if (f->format == FIELD_STR)
					assert_int_equal(strnlen((char *)&ev.u + f->offset,
							 f->size),
							 f->size - 1);
	}
}

/* Whatever the bytes are: no read out of bounds, and what is accepted is consistent. */
static void noise(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		size_t n = any_record(1 + any_u32(WIRE_KIND_MAX), rec);

		for (unsigned k = any_u32(6); k; k--)
			rec[any_u32((uint32_t)n)] = (unsigned char)any_u32(256);
		n = any_u32(8) ? n : any_u32((uint32_t)n + 1);
		if (decode(rec, n) == EVENT_OK) {
			assert_true(ev.u.h.len <= n);
			assert_int_equal(ev.u.h.len,
					 kind_info(ev.u.h.kind)->size + ev.filename_len + ev.args_len +
						 (ev.many.count ? sizeof(ev.many) : 0));
		}
	}
}

static void many(void **state)
{
	static const struct {
		unsigned kind;
		size_t size;
	} signals[] = {
		{ WIRE_SIGNAL_GENERATE, sizeof(struct wire_generate) },
		{ WIRE_SIGNAL_DELIVER, sizeof(struct wire_deliver) },
	};
	struct wire_many m = { .count = 48211, .ts_last = 77 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t n = signals[i].size + sizeof(m);

		any_record(signals[i].kind, rec);
		put32(rec, 0, (uint32_t)signals[i].size);
		assert_int_equal(decode(rec, n), EVENT_OK);
		assert_false(event_repeats(&ev));
		assert_int_equal(event_count(&ev), 1);
		put32(rec, 0, (uint32_t)n);
		memcpy(rec + signals[i].size, &m, sizeof(m));
		assert_int_equal(decode(rec, n), EVENT_OK);
		assert_true(event_repeats(&ev));
		assert_int_equal(event_count(&ev), 48211);
		assert_int_equal(ev.many.ts_last, 77);
		memset(rec + signals[i].size, 0, sizeof(m.count));
		assert_int_equal(decode(rec, n), EVENT_RANGE);
	}
	memset(rec, 0, sizeof(rec));
	any_record(WIRE_TASK_EXIT, rec);
	memset(rec + sizeof(struct wire_exit), 1, sizeof(m));
	put32(rec, 0, sizeof(struct wire_exit) + sizeof(m));
	assert_int_equal(decode(rec, sizeof(struct wire_exit) + sizeof(m)), EVENT_LENGTH);
}

static void lengths(void **state)
{
	struct wire_hdr h = { .len = sizeof(h) };

	(void)state;
	assert_int_equal(event_length(&h, sizeof(h)), sizeof(h));
	assert_int_equal(event_length(&h, sizeof(h) - 1), 0);
	assert_int_equal(event_length(&h, 0), 0);
	h.len = sizeof(h) - 1;
	assert_int_equal(event_length(&h, sizeof(h)), 0);
	h.len = EVENT_MAX;
	assert_int_equal(event_length(&h, sizeof(h)), EVENT_MAX);
	h.len = EVENT_MAX + 1;
	assert_int_equal(event_length(&h, sizeof(h)), 0);
	h.len = UINT32_MAX;
	assert_int_equal(event_length(&h, sizeof(h)), 0);
}

static void error_names(void **state)
{
	(void)state;
	for (int a = EVENT_OK; a <= EVENT_RANGE; a++)
		for (int b = EVENT_OK; b < a; b++)
			assert_string_not_equal(event_error_name((enum event_error)a),
						event_error_name((enum event_error)b));
	assert_string_equal(event_error_name((enum event_error)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(wrong_length),
		cmocka_unit_test(unknown_kind),
		cmocka_unit_test(tails),
		cmocka_unit_test(many),
		cmocka_unit_test(ranges),
		cmocka_unit_test(strings_end),
		cmocka_unit_test(noise),
		cmocka_unit_test(lengths),
		cmocka_unit_test(error_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
