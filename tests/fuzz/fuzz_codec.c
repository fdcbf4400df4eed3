/* SPDX-License-Identifier: GPL-2.0-only */
/* A record -> its text form -> the very bytes; a line that is a record -> a text that stays as it is. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "event/field.h"

static void there_and_back(const struct event *ev)
{
	const struct kind_info *info = kind_info(ev->u.h.kind);
	struct buf want = {0}, line = {0}, back = {0}, why = {0};

	buf_put(&want, &ev->u, info->size);
	if (ev->many.count)
		buf_put(&want, &ev->many, sizeof(ev->many));
	if (info->tail) {
		buf_put(&want, ev->filename, ev->filename_len);
		buf_put(&want, ev->argv, ev->args_len);
	}
	event_dump(&line, ev);
	fuzz_is_text(&line);
	FUZZ_REQUIRE(!memchr(line.p, '\n', line.len));
	FUZZ_REQUIRE(!event_parse(buf_cstr(&line), &back, &why));
	FUZZ_REQUIRE(back.len == want.len && !memcmp(back.p, want.p, want.len));
	buf_free(&want);
	buf_free(&line);
	buf_free(&back);
	buf_free(&why);
}

static void as_line(const uint8_t *p, size_t n)
{
	struct buf line = {0}, rec = {0}, why = {0};
	struct event ev;

	buf_put(&line, p, n);
	if (!event_parse(buf_cstr(&line), &rec, &why)) {
		FUZZ_REQUIRE(event_decode(rec.p, rec.len, &ev) == EVENT_OK);
		there_and_back(&ev);
	} else {
		FUZZ_REQUIRE(why.len);
	}
	buf_free(&line);
	buf_free(&rec);
	buf_free(&why);
}

static void as_json(const struct event *ev)
{
	struct buf b = {0};

	buf_str(&b, "{\"type\":0");
	event_json(&b, ev);
	buf_str(&b, "}\n");
	fuzz_is_json(&b);
	buf_free(&b);
}

int fuzz_codec(const uint8_t *p, size_t n)
{
	struct event ev;

	if (event_decode(p, n, &ev) == EVENT_OK) {
		FUZZ_REQUIRE(event_length(p, n) == ev.u.h.len);
		there_and_back(&ev);
		as_json(&ev);
	}
	as_line(p, n);
	return 0;
}
