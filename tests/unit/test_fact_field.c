/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of facts names what the JSON view writes, in its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "session/fact_field.h"
#include "unit/story.h"
#include "view/view.h"

#define STORY                                                                                      \
	STORY_SERVER STORY_LOGIN STORY_SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0")     \
	STORY_KEY("100", "140") STORY_INT("100", "a/140", "140", "")                               \
	"@101 a/140 task.exit exit_code=2\n" STORY_CHILD("110", "b", "141", "141", "")              \
	STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "")                                         \
	"@1001 sshd/120 task.exit pgid=110 sid=110\n@1200 trace.tick\n"                             \
	"@1201 b/141 task.snapshot parent=1 pgid=141 sid=130\n"                                     \
	"@1201 bash/130 task.snapshot parent=1 pgid=130 sid=130\n@1202 trace.ready asked=1\n"       \
	"@2000 trace.end reason=signal\n"

struct play {
	struct engine *e;
	struct view *v;
};

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct play *p = ctx;

	p->v->ops->fact(p->v, e, f);
}

static void feed(void *ctx, const void *rec, size_t len)
{
	struct play *p = ctx;

	assert_int_equal(engine_feed(p->e, rec, len), EVENT_OK);
}

static unsigned compare(const json_t *o)
{
	static const char *const envelope[] = {"type", "seq", "ts", "time", "session"};
	unsigned kind = fact_by_name(json_string_value(json_object_get(o, "type")));
	const struct field *f = fact_fields(kind);
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)o, key, v) {
		if (n++ < 5) {
			assert_string_equal(key, envelope[n - 1]);
			continue;
		}
		if (!f->name && f != fact_fields(0))
			f = fact_fields(0);
		assert_non_null(f->name);
		assert_string_equal(key, f->name);
		f++;
	}
	assert_null(f->name);
	return 1u << kind;
}

static void json_has_the_rows(void **state)
{
	const struct view_options opt = {0};
	struct play p = {.v = view_json_new(&opt)};
	const struct sink sink = {.ctx = &p, .fact = on_fact};
	unsigned seen = 0;
	const char *text;

	(void)state;
	p.e = engine_new(&sink);
	story_records(STORY, feed, &p);
	for (text = buf_cstr(&p.v->out); *text; text += strcspn(text, "\n") + 1) {
		json_t *o = json_loadb(text, strcspn(text, "\n"), 0, NULL);

		assert_non_null(o);
		seen |= compare(o);
		json_decref(o);
	}
	for (unsigned kind = FACT_OPEN; kind <= FACT_CLOSE; kind++)
		assert_true(seen >> kind & 1);
	engine_free(p.e);
	view_free(p.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(json_has_the_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
