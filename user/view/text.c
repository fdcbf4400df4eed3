/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines for people: the columns, what both facts and events need, the summary. */
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "view/text.h"

enum { COL_SESSION = 14, COL_WHO = 23, COL_EVENT = 32, COL_PROCESS = 41, COL_DETAIL = 58 };

static void colour(struct text *t, const char *sgr)
{
	if (!t->v.opt.color || !sgr)
		return;
	buf_str(&t->v.out, "\x1b[");
	buf_str(&t->v.out, sgr);
	buf_char(&t->v.out, 'm');
}

void text_done(struct text *t, const struct text_row *r)
{
	colour(t, r->sgr ? "0" : NULL);
	buf_char(&t->v.out, '\n');
}

static void header(struct text *t)
{
	static const struct text_row dim = { .sgr = TEXT_DIM };
	struct buf *b = &t->v.out;
	size_t start = b->len;

	if (t->begun)
		return;
	t->begun = true;
	colour(t, dim.sgr);
	buf_str(b, "TIME");
	buf_pad(b, start, COL_SESSION);
	buf_str(b, "SESSION");
	buf_pad(b, start, COL_WHO);
	buf_str(b, "WHO");
	buf_pad(b, start, COL_EVENT);
	buf_str(b, "EVENT");
	buf_pad(b, start, COL_PROCESS);
	buf_str(b, "PROCESS");
	buf_pad(b, start, COL_DETAIL);
	buf_str(b, "DETAIL");
	text_done(t, &dim);
}

static void put_session(struct buf *b, const struct text_row *r)
{
	if (!r->session) {
		buf_char(b, '-');
		return;
	}
	buf_char(b, '#');
	buf_u64(b, r->session);
	if (r->mark)
		buf_str(b, r->mark);
}

void text_row(struct text *t, const struct engine *e, const struct text_row *r)
{
	struct buf *b = &t->v.out;
	size_t start;

	header(t);
	start = b->len;
	colour(t, r->sgr);
	view_clock(b, engine_begin(e), r->ts);
	buf_pad(b, start, COL_SESSION);
	put_session(b, r);
	buf_pad(b, start, COL_WHO);
	if (r->user && r->user[0])
		text_cstr(b, r->user);
	else
		buf_char(b, '-');
	buf_pad(b, start, COL_EVENT);
	buf_str(b, r->event);
	buf_pad(b, start, COL_PROCESS);
	if (r->comm) {
		buf_str(b, r->child ? "  " : "");
		text_task(b, r->comm, r->tgid);
	} else {
		buf_char(b, '-');
	}
	buf_pad(b, start, COL_DETAIL);
}

void text_next(struct text *t, const struct text_row *r)
{
	size_t start;

	text_done(t, r);
	start = t->v.out.len;
	colour(t, r->sgr);
	buf_pad(&t->v.out, start, COL_DETAIL);
}

void text_cstr(struct buf *b, const char *s)
{
	if (s)
		buf_text(b, s, strlen(s));
	else
		buf_char(b, '?');
}

void text_sentence(struct buf *b, const char *s)
{
	const char *end;

	for (; (end = strchr(s, '\\')); s = end + 1) {
		buf_text(b, s, (size_t)(end - s));
		buf_char(b, '\\');
	}
	buf_text(b, s, strlen(s));
}

void text_task(struct buf *b, const char *comm, uint32_t tgid)
{
	text_cstr(b, comm && comm[0] ? comm : NULL);
	buf_char(b, ' ');
	buf_u64(b, tgid);
}

void text_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	buf_u64(b, n);
	buf_char(b, ' ');
	buf_str(b, n == 1 ? one : many);
}

void text_exit_code(struct buf *b, uint32_t code)
{
	uint32_t sig = exit_signal(code);

	if (!sig) {
		buf_str(b, "status ");
		buf_s64(b, exit_status(code));
		return;
	}
	buf_str(b, "killed by ");
	buf_str(b, signal_name(sig));
	if (code & 0x80)
		buf_str(b, " (core dumped)");
}

const char *text_key(uint32_t sig)
{
	switch (sig) {
	case 2:
		return "^C";
	case 3:
		return "^\\";
	case 20:
		return "^Z";
	default:
		return NULL;
	}
}

static void text_end(struct view *v, const struct engine *e)
{
	struct text *t = (struct text *)v;
	const struct totals n = engine_totals(e);
	struct buf *b = &v->out;

	if (v->opt.quiet)
		return;
	if (t->begun)
		buf_char(b, '\n');
	text_count(b, n.sessions, "session, ", "sessions, ");
	text_count(b, n.typed, "Ctrl-C typed, ", "Ctrl-Cs typed, ");
	text_count(b, n.orphans - n.intended, "orphan, ", "orphans, ");
	if (n.intended) {
		buf_u64(b, n.intended);
		buf_str(b, " left on purpose, ");
	}
	text_count(b, n.records, "record, ", "records, ");
	buf_u64(b, n.lost);
	buf_str(b, " lost");
	if (n.evicted)
		buf_printf(b, ", %llu not kept for lack of room", (unsigned long long)n.evicted);
	if (n.lost || n.missing)
		buf_str(b, ": what is told of that time may be incomplete");
	buf_char(b, '\n');
}

static void catch_up(struct view *v, const struct engine *e)
{
	text_catch_up((struct text *)v, e);
}

static const struct view_ops text_ops = {
	.name = "text",
	.event = text_event,
	.fact = text_fact,
	.catch_up = catch_up,
	.end = text_end,
};

struct view *view_text_new(const struct view_options *opt)
{
	struct text *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->v.ops = &text_ops;
	t->v.opt = *opt;
	return &t->v;
}
