/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for people, and as JSON. */
#include <string.h>

#include "base/json.h"
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

static void json_failure(struct buf *b, const struct check_failure *f)
{
	buf_str(b, "{\"seq\":");
	buf_u64(b, f->seq);
	json_member_u64(b, "ts", f->ts);
	json_member_u64(b, "since_ns", f->since);
	json_member_u64_null(b, "session", f->session);
	json_member_u64_null(b, "tgid", f->tgid);
	json_member_str(b, "event", f->event);
	json_member_str(b, "sender", *f->sender ? f->sender : NULL);
	json_member_str(b, "target", *f->target ? f->target : NULL);
	json_member_str(b, "instead", *f->instead ? f->instead : NULL);
	json_key(b, "context");
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
	json_member_str(b, "check", r->check->text);
	json_member_str(b, "file", r->check->file);
	json_member_u64(b, "line", r->check->line);
	json_member_str(b, "scope", r->check->scope);
	json_member_str(b, "form", check_form_name(r->check->form));
	json_member_str(b, "verdict", check_verdict_name(r->verdict));
	json_member_str(b, "why", r->why);
	json_member_u64(b, "matches", r->matches);
	json_member_u64(b, "broken", r->broken);
	json_key(b, "failures");
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
	json_member_str(b, "name", run->name);
	json_member_str(b, "command", run->command);
	json_key(b, "command_status");
	if (run->command_status >= 0)
		buf_s64(b, run->command_status);
	else
		buf_str(b, "null");
	json_member_str(b, "recording", run->recording);
	json_member_u64(b, "duration_ns", run->duration);
	json_member_u64(b, "checks", t->n);
	json_member_u64(b, "pass", t->pass);
	json_member_u64(b, "fail", t->fail);
	json_member_u64(b, "inconclusive", t->inconclusive);
	json_member_u64(b, "vacuous", t->vacuous);
	json_member_u64(b, "skipped", t->skipped);
	buf_str(b, "}\n");
}

const struct check_output check_json = {
	.name = "json",
	.result = json_result,
	.end = json_end,
};
