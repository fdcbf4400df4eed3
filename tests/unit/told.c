/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view_sink.h"

static void take(void *ctx, const void *rec, size_t len)
{
	assert_int_equal(engine_feed(ctx, rec, len), EVENT_OK);
}

char *told(struct view *v, const char *lines)
{
	const struct sink sink = view_sink(v);
	struct engine *e = engine_new(&sink);
	char *out;

	assert_non_null(e);
	story_records(lines, take, e);
	if (v->ops->end)
		v->ops->end(v, e);
	assert_false(v->out.failed);
	out = strdup(buf_cstr(&v->out));
	engine_free(e);
	view_free(v);
	return out;
}

void told_has(char *out, const char *const *texts)
{
	for (; *texts; texts++)
		if (!strstr(out, *texts))
			fail_msg("no \"%s\" in\n%s", *texts, out);
	free(out);
}

void told_is(char *out, const char *want)
{
	assert_string_equal(out, want);
	free(out);
}
