/* SPDX-License-Identifier: GPL-2.0-only */
#include "golden/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/field.h"
#include "view_sink.h"

static void add(struct records *r, const struct buf *rec)
{
	size_t *at = realloc(r->at, (r->n + 2) * sizeof(*at));

	if (!at)
		abort();
	r->at = at;
	r->at[r->n++] = r->bytes.len;
	buf_put(&r->bytes, rec->p, rec->len);
	r->at[r->n] = r->bytes.len;
	r->ended = ((const struct wire_hdr *)rec->p)->kind == WIRE_TRACE_END;
}

int records_parse(struct records *r, const char *text, struct buf *why)
{
	struct buf rec = {0}, line = {0};
	unsigned number = 0;
	int ret = 0;

	while (*text && !ret) {
		size_t n = strcspn(text, "\n");

		number++;
		buf_reset(&line);
		buf_put(&line, text, n);
		text += n + (text[n] == '\n');
		if (!n || line.p[0] == '#')
			continue;
		buf_printf(why, "line %u: ", number);
		ret = event_parse(buf_cstr(&line), &rec, why);
		if (!ret) {
			add(r, &rec);
			buf_reset(why);
		}
	}
	if (!ret && !r->n) {
		buf_str(why, "no record");
		ret = -1;
	}
	buf_free(&rec);
	buf_free(&line);
	return ret;
}

void records_free(struct records *r)
{
	buf_free(&r->bytes);
	free(r->at);
	memset(r, 0, sizeof(*r));
}

void play_view(const struct records *r, struct view *(*make)(const struct view_options *opt),
	       struct buf *out)
{
	const struct view_options opt = {0};
	struct view *v = make(&opt);
	const struct sink sink = view_sink(v);
	struct engine *e = engine_new(&sink);

	if (!v || !e)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		size_t len;
		const void *rec = record(r, i, &len);

		engine_feed(e, rec, len);
	}
	if (v->ops->end && r->ended)
		v->ops->end(v, e);
	buf_reset(out);
	buf_put(out, v->out.p, v->out.len);
	engine_free(e);
	view_free(v);
}

int read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;
	int ret;

	buf_reset(b);
	if (!f)
		return -1;
	while ((n = fread(part, 1, sizeof(part), f)))
		buf_put(b, part, n);
	ret = ferror(f) ? -1 : 0;
	fclose(f);
	return ret;
}
