/* SPDX-License-Identifier: GPL-2.0-only */
/* The field table against the structs of wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/field.h"

/* Each byte exactly once, in wire order. */
static void cover(unsigned kind, size_t from)
{
	const struct kind_info *info = kind_info(kind);
	size_t at = from;

	assert_non_null(info);
	for (const struct field *f = info->fields; f->name; f++) {
		if (f->format == FIELD_DERIVED) {
			assert_int_equal(f->size, 0);
			continue;
		}
		if (f->offset != at || f->size == 0)
			fail_msg("%s.%s is at %u, the row before it ends at %zu", info->name,
				 f->name, f->offset, at);
		at += f->size;
	}
	if (at != info->size)
		fail_msg("%s: the rows end at %zu of %u", info->name, at, info->size);
}

static void rows_cover_structs(void **state)
{
	(void)state;
	cover(0, 0);
	assert_int_equal(kind_info(0)->size, sizeof(struct wire_hdr));
#define COVER(num, NAME, title, type, tail)                                                        \
	cover(WIRE_##NAME, sizeof(struct wire_hdr));                                               \
	assert_int_equal(kind_info(num)->size, sizeof(struct type));
	WIRE_KINDS(COVER)
#undef COVER
}

static void kinds(void **state)
{
	unsigned n = 0;

	(void)state;
#define ONE(num, NAME, title, type, has_tail)                                                      \
	assert_string_equal(kind_info(num)->name, title);                                          \
	assert_int_equal(kind_by_name(title), num);                                                \
	assert_int_equal(kind_info(num)->tail, has_tail);                                          \
	assert_true(num <= WIRE_KIND_MAX);                                                         \
	n++;
	WIRE_KINDS(ONE)
#undef ONE
	assert_int_equal(n, WIRE_KIND_MAX);
	assert_null(kind_info(WIRE_KIND_MAX + 1));
	assert_null(kind_info(65535));
	assert_null(kind_info(UINT32_MAX));
	assert_int_equal(kind_by_name("record"), 0);
	assert_int_equal(kind_by_name("task.exe"), 0);
	assert_int_equal(kind_by_name(""), 0);
}

static unsigned size_of(const struct field *f)
{
	switch (f->format) {
	case FIELD_PAD:
	case FIELD_U32:
	case FIELD_S32:
	case FIELD_BOOL:
	case FIELD_UNSET:
	case FIELD_SIGNAL:
	case FIELD_SI_CODE:
	case FIELD_ENUM:
	case FIELD_TTY:
	case FIELD_EXIT_CODE:
	case FIELD_STATE:
		return 4;
	case FIELD_U64:
	case FIELD_S64:
	case FIELD_NS:
	case FIELD_SIGSET:
		return 8;
	case FIELD_U16:
		return 2;
	case FIELD_ADDR:
		return 16;
	case FIELD_FLAGS:
		return f->size == 8 ? 8 : 4;
	default:
		return f->size;
	}
}

static void check_row(unsigned kind, const struct field *f)
{
	bool named = f->format == FIELD_ENUM || f->format == FIELD_FLAGS ||
		     f->format == FIELD_STATE;
	size_t names = 0;

	assert_int_equal(f->kind, kind);
	assert_int_equal(f->size, size_of(f));
	assert_non_null(f->doc);
	assert_true(f->doc[0] != '\0' || f->format == FIELD_PAD);
	assert_true(!named || f->names);
	assert_true(!f->shown || f->format != FIELD_PAD);
	if (f->format == FIELD_NS)
		assert_string_equal(f->unit, "ns");
	if (f->format == FIELD_FLAGS || f->format == FIELD_STATE) {
		while (f->names[names])
			names++;
		assert_true(names <= 8u * f->size);
	}
}

static void rows_are_sane(void **state)
{
	(void)state;
	for (unsigned k = 0; k <= WIRE_KIND_MAX; k++) {
		const struct field *rows = kind_info(k)->fields;
		bool derived = false;

		for (const struct field *f = rows; f->name; f++) {
			check_row(k, f);
			assert_true(!derived || f->format == FIELD_DERIVED);
			derived = f->format == FIELD_DERIVED;
			for (const struct field *g = rows; g != f; g++)
				assert_string_not_equal(f->name, g->name);
			/* A name of the text form must not mean two things in one line. */
			for (const struct field *h = kind_info(0)->fields; k && h->name; h++)
				if (f->format != FIELD_DERIVED)
					assert_string_not_equal(f->name, h->name);
		}
		/* from_text.c counts rows in a word. */
		for (unsigned n = 0; rows[n].name; n++)
			assert_true(n < 64);
	}
}

/* A name in two places of a table would not lead back. */
static void names_are_unique(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		for (const struct field *f = kind_info(k)->fields; f->name; f++) {
			for (size_t i = 0; f->names && f->names[i]; i++) {
				/* A name that begins like a number would be read as one. */
				assert_false(f->names[i][0] >= '0' && f->names[i][0] <= '9');
				assert_null(strpbrk(f->names[i], " ,=\"\\"));
				for (size_t j = 0; f->names[i][0] && j < i; j++)
					assert_string_not_equal(f->names[i], f->names[j]);
			}
		}
	}
}

/* The rows point at the members that they name: a few of each shape. */
static void rows_point_right(void **state)
{
	static const struct {
		unsigned kind;
		const char *name;
		size_t offset;
	} want[] = {
		{ 0, "comm", offsetof(struct wire_hdr, comm) },
		{ WIRE_TASK_EXEC, "loginuid", offsetof(struct wire_exec, task.loginuid) },
		{ WIRE_TASK_EXEC, "args_len", offsetof(struct wire_exec, args_len) },
		{ WIRE_TASK_SNAPSHOT, "blocked", offsetof(struct wire_snapshot, task.blocked) },
		{ WIRE_TASK_SNAPSHOT, "fd", offsetof(struct wire_snapshot, task.fd) },
		{ WIRE_SOCK_STATE, "rport", offsetof(struct wire_sock_state, sk.rport) },
		{ WIRE_SOCK_STATE, "new", offsetof(struct wire_sock_state, new_state) },
		{ WIRE_SOCK_OWNER, "fd", offsetof(struct wire_sock_owner, fd) },
		{ WIRE_SIGNAL_GENERATE, "work_tty", offsetof(struct wire_generate, work_tty) },
		{ WIRE_TRACE_BEGIN, "schema", offsetof(struct wire_begin, version) },
		{ WIRE_TRACE_BEGIN, "version", offsetof(struct wire_begin, tool) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct field *f = kind_info(want[i].kind)->fields;

		while (f->name && strcmp(f->name, want[i].name))
			f++;
		assert_non_null(f->name);
		assert_int_equal(f->offset, want[i].offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cover_structs),
		cmocka_unit_test(kinds),
		cmocka_unit_test(rows_are_sane),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(rows_point_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
