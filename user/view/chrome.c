/* SPDX-License-Identifier: GPL-2.0-only */
/* The Trace Event Format of chrome://tracing, which Perfetto reads too. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "event/names.h"
#include "event/tables.h"
#include "view/chrome_parts.h"
#include "view/fact_json.h"
#include "view/roster.h"

#define OPEN_LEAST 1024

/* ---- events ---- */

void chrome_us(struct buf *b, const char *name, uint64_t ns)
{
	json_key(b, name);
	buf_u64(b, ns / 1000);
	buf_char(b, '.');
	buf_u64_width(b, ns % 1000, 3);
}

uint64_t chrome_since(const struct chrome *c, uint64_t ts)
{
	return ts > c->start ? ts - c->start : 0;
}

static void open_named(struct chrome *c, const char *ph, const char *name, size_t n, const char *cat,
		       uint64_t pid, uint64_t tid)
{
	struct buf *b = &c->v.out;

	buf_str(b, c->begun ? ",\n{\"ph\":\"" : "{\"traceEvents\":[\n{\"ph\":\"");
	c->begun = true;
	buf_str(b, ph);
	buf_char(b, '"');
	json_member_bytes(b, "name", name, n);
	if (cat)
		json_member_str(b, "cat", cat);
	json_member_u64(b, "pid", pid);
	json_member_u64(b, "tid", tid);
}

void chrome_open(struct chrome *c, const char *ph, const char *cat, uint64_t pid, uint64_t tid)
{
	c->v.out.failed |= c->text.failed;
	open_named(c, ph, buf_cstr(&c->text), c->text.len, cat, pid, tid);
}

void chrome_args(struct chrome *c, uint32_t session)
{
	struct buf *b = &c->v.out;

	buf_str(b, ",\"args\":{\"session\":");
	if (session)
		buf_u64(b, session);
	else
		json_null(b);
}

void chrome_close(struct chrome *c)
{
	buf_str(&c->v.out, "}}");
}

void chrome_text(struct chrome *c, const char *name)
{
	buf_reset(&c->text);
	buf_text(&c->text, name, strlen(name));
}

void chrome_name(struct chrome *c, const char *what, uint64_t pid, uint64_t tid)
{
	c->v.out.failed |= c->text.failed;
	open_named(c, "M", what, strlen(what), NULL, pid, tid);
	buf_str(&c->v.out, ",\"args\":{\"name\":");
	buf_json(&c->v.out, buf_cstr(&c->text), c->text.len);
	chrome_close(c);
}

void chrome_slice(struct chrome *c, const char *cat, uint64_t pid, uint64_t tid, uint64_t from,
		       uint64_t to)
{
	uint64_t start = chrome_since(c, from), end = chrome_since(c, to);

	chrome_open(c, "X", cat, pid, tid);
	chrome_us(&c->v.out, "ts", start);
	chrome_us(&c->v.out, "dur", end > start ? end - start : 0);
}

void chrome_instant(struct chrome *c, const char *cat, uint64_t pid, uint64_t tid, uint64_t ts,
			 const char *scope)
{
	chrome_open(c, "i", cat, pid, tid);
	chrome_us(&c->v.out, "ts", chrome_since(c, ts));
	json_member_str(&c->v.out, "s", scope);
}

struct opened *chrome_opened(struct chrome *c, uint32_t session)
{
	for (size_t i = c->nopen; i-- && c->open[i].session >= session; )
		if (c->open[i].session == session)
			return &c->open[i];
	return NULL;
}

static void chrome_event(struct view *v, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct chrome *c = (struct chrome *)v;

	if (!c->begun) {
		c->start = ev->u.h.ts;
		chrome_text(c, "outside of ssh sessions");
		chrome_name(c, "process_name", TRACKS, TRACKS);
		chrome_text(c, "trace");
		chrome_name(c, "thread_name", TRACKS, TRACKS);
	}
	if (ev->u.h.ts > c->now)
		c->now = ev->u.h.ts;
	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE:
		chrome_generate(c, e, ev, session);
		break;
	case WIRE_SIGNAL_DELIVER:
		chrome_deliver(c, e, ev, session);
		break;
	case WIRE_TASK_EXIT:
		chrome_exit(c, e, ev);
		break;
	case WIRE_TRACE_LOST:
		chrome_lost(c, ev);
		break;
	case WIRE_TRACE_END:
		c->reason = ev->u.end.reason;
		break;
	}
}

/* ---- facts ---- */

/* One that had to give way to others has no end that is told. */
static void drop_unknown(struct chrome *c, const struct engine *e)
{
	struct session_view s;
	size_t n = 0;

	for (size_t i = 0; i < c->nopen; i++)
		if (engine_session(e, c->open[i].session, &s))
			c->open[n++] = c->open[i];
	c->nopen = n;
}

static bool grow(struct chrome *c)
{
	size_t cap = c->cap ? 2 * c->cap : OPEN_LEAST;
	struct opened *open = realloc(c->open, cap * sizeof(*open));

	c->v.out.failed |= !open;
	if (!open)
		return false;
	c->open = open;
	c->cap = cap;
	return true;
}

static void put_open(struct chrome *c, const struct engine *e, const struct fact *f)
{
	struct roster one = {0};

	roster_take(&one, f);
	c->v.out.failed |= one.failed;
	buf_reset(&c->text);
	buf_char(&c->text, '#');
	buf_u64(&c->text, f->session);
	buf_char(&c->text, ' ');
	if (one.n)
		roster_describe(&c->text, &one.rows[0], NAME_MOST);
	roster_free(&one);
	chrome_name(c, "process_name", chrome_track(f->session), chrome_track(f->session));
	chrome_text(c, "session");
	chrome_name(c, "thread_name", chrome_track(f->session), chrome_track(f->session));
	if (c->nopen == c->cap && c->cap)
		drop_unknown(c, e);
	if (c->nopen < c->cap || grow(c))
		c->open[c->nopen++] = (struct opened){.ts = f->ts, .session = f->session};
}

/* What arrows begin in: the session itself may have ended before the last of its signals was made. */
static void put_kernel(struct chrome *c, const struct opened *o, uint64_t to)
{
	uint64_t last = o->last < c->now ? o->last + 1 : o->last;

	chrome_text(c, "kernel");
	chrome_name(c, "thread_name", chrome_track(o->session), KERNEL);
	chrome_slice(c, "kernel", chrome_track(o->session), KERNEL, o->ts, last > to ? last : to);
	chrome_args(c, o->session);
	chrome_close(c);
}

static void put_session(struct chrome *c, const struct opened *o, uint64_t to, const struct fact *f)
{
	uint64_t at = chrome_track(o->session);

	buf_reset(&c->text);
	buf_str(&c->text, "session #");
	buf_u64(&c->text, o->session);
	chrome_slice(c, "session", at, at, o->ts, to);
	chrome_args(c, o->session);
	if (f)
		fact_json(&c->v.out, f);
	else
		json_member_str(&c->v.out, "end", NULL);
	chrome_close(c);
	if (o->last)
		put_kernel(c, o, to);
}

static void put_close(struct chrome *c, const struct fact *f)
{
	struct opened *o = chrome_opened(c, f->session);

	if (!o)
		return;
	put_session(c, o, f->ts, f);
	memmove(o, o + 1, (size_t)(c->open + --c->nopen - o) * sizeof(*o));
}

static void put_fact(struct chrome *c, const struct fact *f, const char *name, uint64_t line,
		     const char *scope)
{
	buf_reset(&c->text);
	buf_str(&c->text, name);
	if (f->kind == FACT_INTERRUPT) {
		buf_str(&c->text, ": ");
		buf_str(&c->text, verdict_name(f->u.interrupt.verdict));
	}
	chrome_instant(c, fact_kind_name(f->kind), chrome_track(f->session), line, f->ts, scope);
	chrome_args(c, f->session);
	fact_json(&c->v.out, f);
	chrome_close(c);
}

static const char *interrupt_title(const struct fact_interrupt *i)
{
	if (i->origin == ORIGIN_DISCONNECT)
		return "disconnect";
	if (i->origin != ORIGIN_TTY)
		return signal_name(i->sig);
	return i->sig == 2 ? "^C" : i->sig == 3 ? "^\\" : i->sig == 20 ? "^Z" : signal_name(i->sig);
}

static void chrome_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	struct chrome *c = (struct chrome *)v;

	switch (f->kind) {
	case FACT_OPEN:
		put_open(c, e, f);
		break;
	case FACT_INTERRUPT:
		put_fact(c, f, interrupt_title(&f->u.interrupt), chrome_track(f->session), "p");
		break;
	case FACT_ORPHAN:
		put_fact(c, f, f->u.orphan.intended ? "left on purpose" : "ORPHAN", f->u.orphan.tgid, "t");
		break;
	case FACT_FATE:
		put_fact(c, f, "orphan ended", f->u.fate.tgid, "t");
		break;
	case FACT_CLOSE:
		put_close(c, f);
		break;
	}
}

/* ---- the end ---- */

/* Also those of whose end the records say nothing, while the engine knows them. */
static void put_living(struct chrome *c, const struct engine *e)
{
	for (const struct task *t = engine_world(e)->tasks; t; t = t->hh.next)
		if (t->alive || t->unseen)
			chrome_process(c, t, t->alive ? c->now : t->exit_ts);
	for (size_t i = 0; i < c->nopen; i++)
		put_session(c, &c->open[i], c->now, NULL);
	chrome_text(c, "trace");
	chrome_slice(c, "trace", TRACKS, TRACKS, c->start, c->now);
	chrome_args(c, 0);
	chrome_close(c);
}

static void put_about(struct chrome *c, const struct engine *e)
{
	const struct wire_begin *begin = engine_begin(e);
	const struct totals t = engine_totals(e);
	struct buf *b = &c->v.out;

	buf_str(b, "\n],\"displayTimeUnit\":\"ns\",\"otherData\":{\"host\":");
	buf_json(b, begin->host, strlen(begin->host));
	json_member_str(b, "kernel", begin->kernel);
	json_member_str(b, "boot_id", begin->boot_id);
	json_member_str(b, "version", begin->tool);
	json_member_u64(b, "start_ns", c->start);
	buf_str(b, ",\"time\":\"");
	view_time(b, begin, c->start);
	buf_char(b, '"');
	json_member_u64(b, "records", t.records);
	json_member_u64(b, "lost", t.lost);
	json_member_u64(b, "evicted", t.evicted);
	json_member_u64(b, "sessions", t.sessions);
	json_member_u64(b, "orphans", t.orphans);
	json_member_u64(b, "interrupts", t.interrupts);
	json_member_str(b, "reason", table_name(table_end_reason, c->reason));
	buf_str(b, "}}\n");
}

static void chrome_end(struct view *v, const struct engine *e)
{
	struct chrome *c = (struct chrome *)v;

	if (c->ended)
		return;
	c->ended = true;
	if (c->begun)
		put_living(c, e);
	else
		buf_str(&v->out, "{\"traceEvents\":[");
	put_about(c, e);
	v->out.failed |= c->text.failed;
}

static void chrome_free(struct view *v)
{
	struct chrome *c = (struct chrome *)v;

	buf_free(&c->text);
	free(c->open);
}

static const struct view_ops chrome_ops = {
	.name = "chrome",
	.event = chrome_event,
	.fact = chrome_fact,
	.end = chrome_end,
	.free = chrome_free,
};

struct view *view_chrome_new(const struct view_options *opt)
{
	struct chrome *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->v.ops = &chrome_ops;
	c->v.opt = *opt;
	c->reason = WIRE_END_CUT;
	return &c->v;
}
