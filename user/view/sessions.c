/* SPDX-License-Identifier: GPL-2.0-only */
/* A row a session, as users of last(1) expect it: `sigtrace sessions`. */
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "view/roster.h"
#include "view/text.h"

#define COMMAND_SHOWN 80 /* code points, without -v */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct table {
	struct view v; /* first: a struct view * of this view is a struct table * */
	struct roster roster;
	uint64_t now;  /* ts of the last record */
};

struct cell {
	struct buf *b;
	const struct table *t;
	const struct wire_begin *begin;
	const struct roster_row *row;
};

static void put_number(const struct cell *c)
{
	buf_char(c->b, '#');
	buf_u64(c->b, c->row->number);
}

static void put_user(const struct cell *c)
{
	text_cstr(c->b, c->row->user[0] ? c->row->user : "-");
}

static void put_from(const struct cell *c)
{
	if (c->row->peer)
		sock_addr(c->b, c->row->sk.family, c->row->sk.raddr, c->row->sk.rport);
	else
		buf_char(c->b, '-');
}

static void put_tty(const struct cell *c)
{
	if (c->row->pty)
		tty_name(c->b, c->row->pty);
	else
		buf_char(c->b, '-');
}

static void put_opened(const struct cell *c)
{
	view_date(c->b, c->begin, c->row->opened);
}

static void put_closed(const struct cell *c)
{
	if (c->row->closed)
		view_date(c->b, c->begin, c->row->opened + c->row->duration);
	else
		buf_str(c->b, "still open");
}

static void put_duration(const struct cell *c)
{
	uint64_t open = c->t->now > c->row->opened ? c->t->now - c->row->opened : 0;

	buf_duration(c->b, c->row->closed ? c->row->duration : open);
}

static void put_ended(const struct cell *c)
{
	const struct roster_row *r = c->row;

	if (!r->closed)
		buf_char(c->b, '-');
	else if (r->end != END_EXIT)
		buf_str(c->b, end_name(r->end));
	else if (r->exit_signal)
		buf_str(c->b, signal_name(r->exit_signal));
	else if (r->exit_status >= 0)
		buf_printf(c->b, "exit %d", r->exit_status);
	else
		buf_str(c->b, "exit");
	if (r->lost)
		buf_char(c->b, '?');
}

static void put_typed(const struct cell *c)
{
	buf_u64(c->b, c->row->typed);
}

static void put_left(const struct cell *c)
{
	if (c->row->leaked || !c->row->intended)
		buf_u64(c->b, c->row->leaked);
	if (c->row->intended)
		buf_printf(c->b, "%s%u meant", c->row->leaked ? ", " : "", c->row->intended);
}

static void put_command(const struct cell *c)
{
	roster_request(c->b, c->row, c->t->v.opt.verbose ? 0 : COMMAND_SHOWN);
}

static const struct {
	const char *title;
	void (*put)(const struct cell *c);
} columns[] = {
	{"ID", put_number},	  {"USER", put_user},	    {"FROM", put_from},
	{"TTY", put_tty},	  {"OPENED", put_opened},   {"CLOSED", put_closed},
	{"DURATION", put_duration}, {"ENDED", put_ended},   {"CTRL-C", put_typed},
	{"LEFT", put_left},	  {"COMMAND", put_command},
};

/* Code points: what is put is valid UTF-8, without control characters. */
static size_t width(const char *p, size_t n)
{
	size_t points = 0;

	for (size_t i = 0; i < n; i++)
		points += ((unsigned char)p[i] & 0xc0) != 0x80;
	return points;
}

/* ends[i]: where column i + 1 begins */
static void measure(struct table *t, const struct wire_begin *begin, size_t *ends)
{
	struct buf b = {0};
	bool failed = false;
	size_t at = 0;

	for (size_t i = 0; i + 1 < COUNT(columns); i++) {
		size_t most = strlen(columns[i].title);

		for (size_t k = 0; k < t->roster.n; k++) {
			struct cell c = {&b, t, begin, &t->roster.rows[k]};

			buf_reset(&b);
			columns[i].put(&c);
			if (width(b.p, b.len) > most)
				most = width(b.p, b.len);
			failed |= b.failed;
		}
		at += most + 2;
		ends[i] = at;
	}
	t->v.out.failed |= failed;
	buf_free(&b);
}

static void put_rows(struct table *t, const struct wire_begin *begin)
{
	struct buf *b = &t->v.out;
	size_t ends[COUNT(columns)], start = b->len;

	measure(t, begin, ends);
	for (size_t i = 0; i < COUNT(columns); i++) {
		if (i)
			buf_pad(b, start, ends[i - 1]);
		buf_str(b, columns[i].title);
	}
	buf_char(b, '\n');
	for (size_t k = 0; k < t->roster.n; k++) {
		struct cell c = {b, t, begin, &t->roster.rows[k]};

		start = b->len;
		for (size_t i = 0; i < COUNT(columns); i++) {
			if (i)
				buf_pad(b, start, ends[i - 1]);
			columns[i].put(&c);
		}
		buf_char(b, '\n');
	}
}

static void sessions_event(struct view *v, const struct engine *e, const struct event *ev,
			   uint32_t session)
{
	struct table *t = (struct table *)v;

	(void)e;
	(void)session;
	t->now = ev->u.h.ts;
}

static void sessions_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	struct table *t = (struct table *)v;

	(void)e;
	roster_take(&t->roster, f);
}

static void sessions_end(struct view *v, const struct engine *e)
{
	struct table *t = (struct table *)v;

	if (t->roster.failed)
		v->out.failed = true;
	if (!t->roster.n)
		buf_str(&v->out, "no ssh session\n");
	else
		put_rows(t, engine_begin(e));
}

static void sessions_free_view(struct view *v)
{
	roster_free(&((struct table *)v)->roster);
}

static const struct view_ops sessions_ops = {
	.name = "sessions",
	.event = sessions_event,
	.fact = sessions_fact,
	.end = sessions_end,
	.free = sessions_free_view,
};

struct view *view_sessions_new(const struct view_options *opt)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->v.ops = &sessions_ops;
	t->v.opt = *opt;
	return &t->v;
}
