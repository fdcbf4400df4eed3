/* SPDX-License-Identifier: GPL-2.0-only */
#include "view/evidence.h"

#include <stdlib.h>
#include <string.h>

#define KEPT 16384 /* records: several seconds of a busy host */

struct evidence {
	struct view *text;
	struct {
		uint64_t seq;
		char *line;
	} kept[KEPT]; /* by seq modulo size; facts have numbers too, so not every place is used */
};

struct evidence *evidence_new(void)
{
	const struct view_options all = {.verbose = true};
	struct evidence *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->text = view_text_new(&all);
	if (!v->text) {
		free(v);
		return NULL;
	}
	return v;
}

void evidence_free(struct evidence *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < KEPT; i++)
		free(v->kept[i].line);
	view_free(v->text);
	free(v);
}

/* The last line of what the view made: in front of its first is the header. */
static char *last_line(struct buf *b)
{
	const char *p = buf_cstr(b), *from;
	size_t n = strlen(p);

	if (!n)
		return NULL;
	from = memrchr(p, '\n', n - 1);
	from = from ? from + 1 : p;
	return strndup(from, (size_t)(p + n - 1 - from));
}

bool evidence_take(struct evidence *v, const struct engine *e, const struct event *ev,
		   uint32_t session)
{
	size_t at = ev->seq % KEPT;

	buf_reset(&v->text->out);
	v->text->ops->event(v->text, e, ev, session);
	free(v->kept[at].line);
	v->kept[at].seq = ev->seq;
	v->kept[at].line = last_line(&v->text->out);
	return !v->text->out.failed && (v->kept[at].line || !v->text->out.len);
}

void evidence_put(struct buf *b, const struct evidence *v, uint64_t seq)
{
	size_t at = seq % KEPT;

	if (v->kept[at].seq == seq && v->kept[at].line)
		buf_str(b, v->kept[at].line);
	else
		buf_str(b, "(too long ago: its line was not kept)");
}
