/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for people, and as JSON. */
#include <string.h>

#include "check/check.h"

void checks_write(const struct checks *c, const struct check_output *format, struct check_run *run,
		  struct buf *out)
{
	run->totals = checks_totals(c);
	if (format->begin)
		format->begin(out, run);
	for (size_t i = 0; format->result && i < checks_count(c); i++) {
		run->number = i + 1;
		format->result(out, run, checks_result(c, i));
	}
	if (format->end)
		format->end(out, run);
}

/* ---- text ---- */

static void put_line(struct buf *out, const char *label, const char *text)
{
	if (*text)
		buf_printf(out, "      %-8s %s\n", label, text);
}

static void text_failure(struct buf *out, const struct check_failure *f)
{
	buf_str(out, "    at ");
	buf_duration(out, f->since);
	buf_printf(out, " %s\n", f->event);
	put_line(out, "sender", f->sender);
	put_line(out, "target", f->target);
	put_line(out, "instead", f->instead);
	for (size_t i = 0; i < f->ncontext; i++)
		put_line(out, i ? "" : "context", f->context[i]);
}

static void text_result(struct buf *out, const struct check_run *run, const struct check_result *r)
{
	(void)run;
	buf_printf(out, "%-12s ", check_verdict_name(r->verdict));
	buf_text(out, r->check->text, strlen(r->check->text));
	buf_printf(out, "\n    %s:%u: %s\n", r->check->file, r->check->line, r->why);
	for (size_t i = 0; i < r->nfailures; i++)
		text_failure(out, &r->failures[i]);
	if (r->nfailures && r->broken > r->nfailures)
		buf_printf(out, "    and %llu more\n",
			   (unsigned long long)(r->broken - r->nfailures));
}

static void text_end(struct buf *out, const struct check_run *run)
{
	const struct check_totals *t = &run->totals;
	const struct {
		size_t n;
		const char *name;
	} all[] = {
		{t->pass, "passed"}, {t->fail, "failed"}, {t->inconclusive, "inconclusive"},
		{t->vacuous, "vacuous"}, {t->skipped, "skipped"},
	};

	buf_printf(out, "%zu check%s:", t->n, t->n == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].n || !i)
			buf_printf(out, "%s %zu %s", i ? "," : "", all[i].n, all[i].name);
	buf_char(out, '\n');
	if (run->recording)
		buf_printf(out, "to look into it: sigtrace -r %s, or sigtrace explain -r %s PID\n",
			   run->recording, run->recording);
}

const struct check_output check_text = {
	.name = "text",
	.result = text_result,
	.end = text_end,
};

/* ---- JSON: an object a line ---- */

static void key(struct buf *b, const char *name)
{
	buf_printf(b, ",\"%s\":", name);
}

static void member(struct buf *b, const char *name, const char *s)
{
	key(b, name);
	if (s)
		buf_json(b, s, strlen(s));
	else
		buf_str(b, "null");
}

static void number(struct buf *b, const char *name, uint64_t v)
{
	key(b, name);
	buf_u64(b, v);
}

static void number_null(struct buf *b, const char *name, uint64_t v)
{
	key(b, name);
	if (v)
		buf_u64(b, v);
	else
		buf_str(b, "null");
}

static void json_failure(struct buf *b, const struct check_failure *f)
{
	buf_str(b, "{\"seq\":");
	buf_u64(b, f->seq);
	number(b, "ts", f->ts);
	number(b, "since_ns", f->since);
	number_null(b, "session", f->session);
	number_null(b, "tgid", f->tgid);
	member(b, "event", f->event);
	member(b, "sender", *f->sender ? f->sender : NULL);
	member(b, "target", *f->target ? f->target : NULL);
	member(b, "instead", *f->instead ? f->instead : NULL);
	key(b, "context");
	buf_char(b, '[');
	for (size_t i = 0; i < f->ncontext; i++) {
		buf_str(b, i ? "," : "");
		buf_json(b, f->context[i], strlen(f->context[i]));
	}
	buf_str(b, "]}");
}

static void json_result(struct buf *b, const struct check_run *run, const struct check_result *r)
{
	(void)run;
	buf_str(b, "{\"type\":\"check\"");
	member(b, "check", r->check->text);
	member(b, "file", r->check->file);
	number(b, "line", r->check->line);
	member(b, "scope", r->check->scope);
	member(b, "form", check_form_name(r->check->form));
	member(b, "verdict", check_verdict_name(r->verdict));
	member(b, "why", r->why);
	number(b, "matches", r->matches);
	number(b, "broken", r->broken);
	key(b, "failures");
	buf_char(b, '[');
	for (size_t i = 0; i < r->nfailures; i++) {
		buf_str(b, i ? "," : "");
		json_failure(b, &r->failures[i]);
	}
	buf_str(b, "]}\n");
}

static void json_end(struct buf *b, const struct check_run *run)
{
	const struct check_totals *t = &run->totals;

	buf_str(b, "{\"type\":\"check.end\"");
	member(b, "name", run->name);
	member(b, "command", run->command);
	key(b, "command_status");
	if (run->command_status >= 0)
		buf_s64(b, run->command_status);
	else
		buf_str(b, "null");
	member(b, "recording", run->recording);
	number(b, "duration_ns", run->duration);
	number(b, "checks", t->n);
	number(b, "pass", t->pass);
	number(b, "fail", t->fail);
	number(b, "inconclusive", t->inconclusive);
	number(b, "vacuous", t->vacuous);
	number(b, "skipped", t->skipped);
	buf_str(b, "}\n");
}

const struct check_output check_json = {
	.name = "json",
	.result = json_result,
	.end = json_end,
};
