/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/field.h"
#include "event/names.h"

/* ---- lines ---- */

/* "sleep/140" up to a blank: the tgid, and where comm ends. */
static const char *who(const char *p, const char **comm_end)
{
	const char *slash = p + strcspn(p, " ");

	while (slash > p && *slash != '/')
		slash--;
	if (*slash != '/')
		fail_msg("comm/tgid expected: %s", p);
	*comm_end = slash;
	return slash + 1;
}

static void put_who(struct buf *b, const char *prefix, const char *p, bool start)
{
	const char *end, *tgid = who(p, &end);
	int n = (int)strcspn(tgid, " "), ncomm = (int)(end - p);

	if (start)
		buf_printf(b, " %sstart=%.*s", prefix, n, tgid);
	buf_printf(b, " %stgid=%.*s %spid=%.*s %scomm=\"%.*s\"", prefix, n, tgid, prefix, n, tgid,
		   prefix, ncomm, p);
}

static const char *token_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || *p != ' '); p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return p;
}

static void put_token(struct buf *b, const char *p, size_t n)
{
	int v = (int)n;

	if (!strncmp(p, "->", 2)) {
		put_who(b, "target_", p + 2, true);
	} else if (!strncmp(p, "fork=", 5)) {
		p += 5, v -= 5;
		buf_printf(b, " child_start=%.*s child_tgid=%.*s child_pid=%.*s", v, p, v, p, v, p);
	} else if (!strncmp(p, "parent=", 7)) {
		p += 7, v -= 7;
		buf_printf(b, " parent_start=%.*s ppid=%.*s", v, p, v, p);
	} else {
		buf_char(b, ' ');
		buf_put(b, p, n);
	}
}

/* A line of a story -> the text form. */
static void expand(struct buf *out, const char *line)
{
	size_t ms, kind;
	const char *p = line;

	buf_reset(out);
	if (*p++ != '@')
		fail_msg("@ms expected: %s", line);
	ms = strspn(p, "0123456789");
	p += ms + 1;
	kind = strcspn(p, " ");
	if (memchr(p, '/', kind))
		p += kind + 1;
	kind = strcspn(p, " ");
	buf_put(out, p, kind);
	buf_printf(out, " ts=%.*s000000", (int)ms, line + 1);
	if (p > line + ms + 2)
		put_who(out, "", line + ms + 2, !strstr(p, " start="));
	p += kind;
	while (*p == ' ') {
		const char *end = token_end(++p);

		if (end > p)
			put_token(out, p, end - p);
		p = end;
	}
}

void story_records(const char *lines, void (*take)(void *ctx, const void *rec, size_t len),
		   void *ctx)
{
	struct buf line = {0}, text = {0}, rec = {0}, why = {0};

	while (*lines) {
		size_t n = strcspn(lines, "\n");

		buf_reset(&line);
		buf_put(&line, lines, n);
		lines += n + (lines[n] == '\n');
		if (!n)
			continue;
		expand(&text, buf_cstr(&line));
		if (event_parse(buf_cstr(&text), &rec, &why))
			fail_msg("%s\n%s", buf_cstr(&why), buf_cstr(&text));
		take(ctx, rec.p, rec.len);
	}
	buf_free(&line);
	buf_free(&text);
	buf_free(&rec);
	buf_free(&why);
}

/* ---- facts ---- */

struct story {
	struct engine *engine;
	struct buf facts;
	bool exact; /* with times, evidence and words */
};

static void put_open(struct buf *b, const struct fact_open *o)
{
	buf_printf(b, " %s %s ", o->user, request_name(o->request));
	buf_json(b, o->command, o->command_len);
	buf_printf(b, " root=%u server=%u", o->tgid, o->server_tgid);
	if (o->pty) {
		buf_str(b, " pty=");
		tty_name(b, o->pty);
	}
	if (o->preexisting)
		buf_str(b, " preexisting");
}

static void put_interrupt(struct buf *b, const struct fact_interrupt *i)
{
	buf_printf(b, " %s ", origin_name(i->origin));
	buf_str(b, i->sig ? signal_name(i->sig) : end_name(i->cause));
	for (size_t n = 0; n < i->nvia; n++) {
		buf_printf(b, " %s/%u at ", i->via[n].comm, i->via[n].tgid);
		tty_name(b, i->via[n].tty);
	}
	if (i->at_client)
		buf_str(b, " at client");
	if (i->sender_tgid)
		buf_printf(b, " from %s/%u", i->sender_comm, i->sender_tgid);
	buf_printf(b, " %s:", verdict_name(i->verdict));
	for (size_t n = 0; n < i->nmembers; n++) {
		buf_printf(b, "%s %s/%u %s", n ? "," : "", i->members[n].comm, i->members[n].tgid,
			   outcome_name(i->members[n].outcome));
		if (i->members[n].reason && i->origin != ORIGIN_DISCONNECT)
			buf_printf(b, "(%s)", i->members[n].reason);
	}
	buf_char(b, ';');
	for (size_t n = 0; n < i->nmissed; n++)
		buf_printf(b, "%s %s/%u %s", n ? "," : " missed", i->missed[n].comm,
			   i->missed[n].tgid, i->missed[n].why);
	if (i->nmissed)
		buf_char(b, ';');
}

static void put_close(struct buf *b, const struct fact_close *c)
{
	buf_printf(b, " %s", end_name(c->end));
	if (c->exit_signal)
		buf_printf(b, " signal=%s", signal_name(c->exit_signal));
	if (c->exit_status >= 0)
		buf_printf(b, " status=%d", c->exit_status);
	buf_printf(b, " processes=%u orphans=%u lost=%llu", c->processes, c->orphans,
		   (unsigned long long)c->lost);
}

static void put_orphan(struct buf *b, const struct fact_orphan *o)
{
	buf_printf(b, " %s/%u %s %s", o->comm, o->tgid, reason_name(o->reason),
		   o->intended ? "intended" : "leaked");
}

static void put_rest(struct buf *b, const struct fact *f)
{
	buf_printf(b, " at %llu of", (unsigned long long)f->ts);
	for (size_t n = 0; n < f->nevidence; n++)
		buf_printf(b, " %llu", (unsigned long long)f->evidence[n]);
	if (f->kind == FACT_OPEN && f->u.open.sk)
		buf_printf(b, "; peer port %u", f->u.open.sk->rport);
	else if (f->kind == FACT_INTERRUPT)
		buf_printf(b, "%s: %s", f->u.interrupt.shell_only ? "; shell only" : "",
			   f->u.interrupt.why);
	else if (f->kind == FACT_CLOSE)
		buf_printf(b, ": %s", f->u.close.why);
	else if (f->kind == FACT_ORPHAN)
		buf_printf(b, ": %s; %s", f->u.orphan.why, f->u.orphan.advice);
	else if (f->kind == FACT_FATE)
		buf_printf(b, ": %s", f->u.fate.why);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	static const char *const kinds[] = {
		[FACT_OPEN] = "open", [FACT_INTERRUPT] = "interrupt",
		[FACT_ORPHAN] = "orphan", [FACT_CLOSE] = "close",
		[FACT_FATE] = "fate",
	};
	struct story *s = ctx;
	struct buf *b = &s->facts;

	(void)e;
	buf_printf(b, "%s #%u", kinds[f->kind], f->session);
	if (f->kind == FACT_OPEN)
		put_open(b, &f->u.open);
	else if (f->kind == FACT_INTERRUPT)
		put_interrupt(b, &f->u.interrupt);
	else if (f->kind == FACT_ORPHAN)
		put_orphan(b, &f->u.orphan);
	else if (f->kind == FACT_FATE)
		buf_printf(b, " %s/%u after %llu:", f->u.fate.comm, f->u.fate.tgid,
			   (unsigned long long)f->u.fate.after);
	else
		put_close(b, &f->u.close);
	buf_printf(b, " %s", confidence_name(f->confidence));
	if (s->exact)
		put_rest(b, f);
	buf_char(b, '\n');
}

struct story *story_new(void)
{
	struct story *s = calloc(1, sizeof(*s));
	const struct sink sink = {.ctx = s, .fact = on_fact};

	assert_non_null(s);
	s->engine = engine_new(&sink);
	assert_non_null(s->engine);
	return s;
}

void story_free(struct story *s)
{
	engine_free(s->engine);
	buf_free(&s->facts);
	free(s);
}

struct engine *story_engine(struct story *s)
{
	return s->engine;
}

static void feed(void *ctx, const void *rec, size_t len)
{
	struct story *s = ctx;

	assert_int_equal(engine_feed(s->engine, rec, len), EVENT_OK);
}

void story_tell(struct story *s, const char *lines)
{
	story_records(lines, feed, s);
}

void story_expect(struct story *s, const char *facts)
{
	assert_string_equal(buf_cstr(&s->facts), facts);
	buf_reset(&s->facts);
}

const char *story_so_far(struct story *s)
{
	return buf_cstr(&s->facts);
}

void story_is(const char *lines, const char *facts)
{
	struct story *s = story_new();

	story_tell(s, lines);
	story_expect(s, facts);
	story_free(s);
}

char *story_facts(const char *lines)
{
	struct story *s = story_new();
	char *facts;

	s->exact = true;
	story_tell(s, lines);
	facts = strdup(buf_cstr(&s->facts));
	assert_non_null(facts);
	story_free(s);
	return facts;
}

void story_has(const char *lines, const char *const parts[])
{
	char *facts = story_facts(lines);
	const char *at = facts;

	for (; *parts; parts++) {
		at = strstr(at, *parts);
		if (!at)
			fail_msg("%s expected in\n%s", *parts, facts);
		at += strlen(*parts);
	}
	free(facts);
}
