/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as TAP 14 (testanything.org/tap-version-14-specification.html), and for GitHub's log. */
#include <string.h>

#include "check/check.h"

#define ANNOTATIONS 9 /* GitHub shows ten errors of a step; the tenth says how many more there are */

/* ---- TAP ---- */

static void tap_begin(struct buf *b, const struct check_run *run)
{
	buf_printf(b, "TAP version 14\n1..%zu\n", run->totals.n);
}

/* A # begins a directive, a backslash an escape. */
static void tap_text(struct buf *b, const char *s)
{
	struct buf plain = {0};

	buf_text(&plain, s, strlen(s));
	for (s = buf_cstr(&plain); *s; s++) {
		if (*s == '#' || *s == '\\')
			buf_char(b, '\\');
		buf_char(b, *s);
	}
	buf_free(&plain);
}

static void yaml(struct buf *b, const char *indent, const char *name, const char *s)
{
	if (!*s)
		return;
	buf_printf(b, "%s%s: ", indent, name);
	buf_json(b, s, strlen(s));
	buf_char(b, '\n');
}

static void tap_failure(struct buf *b, const struct check_failure *f)
{
	buf_printf(b, "    - since_ns: %llu\n", (unsigned long long)f->since);
	yaml(b, "      ", "event", f->event);
	yaml(b, "      ", "sender", f->sender);
	yaml(b, "      ", "target", f->target);
	yaml(b, "      ", "instead", f->instead);
	for (size_t i = 0; i < f->ncontext; i++) {
		buf_str(b, i ? "        - " : "      context:\n        - ");
		buf_json(b, f->context[i], strlen(f->context[i]));
		buf_char(b, '\n');
	}
}

static void tap_result(struct buf *b, const struct check_run *run, const struct check_result *r)
{
	bool skipped = r->verdict == CHECK_SKIPPED || r->verdict == CHECK_VACUOUS;

	buf_printf(b, "%sok %zu - ", r->verdict == CHECK_PASS || skipped ? "" : "not ", run->number);
	tap_text(b, r->check->text);
	if (skipped) {
		buf_printf(b, " # SKIP %s: ", check_verdict_name(r->verdict));
		tap_text(b, r->why);
	}
	buf_char(b, '\n');
	if (r->verdict == CHECK_PASS || skipped)
		return;
	buf_str(b, "  ---\n");
	yaml(b, "  ", "verdict", check_verdict_name(r->verdict));
	yaml(b, "  ", "message", r->why);
	yaml(b, "  ", "file", r->check->file);
	buf_printf(b, "  line: %u\n  broken: %llu\n", r->check->line, (unsigned long long)r->broken);
	if (r->nfailures)
		buf_str(b, "  failures:\n");
	for (size_t i = 0; i < r->nfailures; i++)
		tap_failure(b, &r->failures[i]);
	if (run->recording)
		yaml(b, "  ", "recording", run->recording);
	buf_str(b, "  ...\n");
}

const struct check_output check_tap = {
	.name = "tap",
	.begin = tap_begin,
	.result = tap_result,
};

/* ---- GitHub: "Workflow commands for GitHub Actions" ---- */

static void github_escape(struct buf *b, const char *s, bool property)
{
	for (; *s; s++) {
		if (*s == '%' || *s == '\r' || *s == '\n' || (property && (*s == ':' || *s == ',')))
			buf_printf(b, "%%%02X", (unsigned char)*s);
		else
			buf_char(b, *s);
	}
}

/* The author's own bytes, which a quoted value may hold any of. */
static void github_text(struct buf *b, const char *s)
{
	struct buf safe = {0};

	buf_text(&safe, s, strlen(s));
	github_escape(b, buf_cstr(&safe), true);
	b->failed |= safe.failed;
	buf_free(&safe);
}

static void annotate(struct buf *b, const struct check_result *r)
{
	buf_str(b, "::error ");
	if (strcmp(r->check->file, "-e")) { /* an expression stands in no file that could be shown */
		buf_str(b, "file=");
		github_text(b, r->check->file);
		buf_printf(b, ",line=%u,", r->check->line);
	}
	buf_str(b, "title=");
	github_text(b, r->check->text);
	buf_printf(b, "::%s: ", check_verdict_name(r->verdict));
	github_escape(b, r->why, false);
	if (r->nfailures) {
		buf_str(b, "%0A");
		github_escape(b, r->failures[0].event, false);
	}
	buf_char(b, '\n');
}

void checks_github(const struct checks *c, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < checks_count(c); i++) {
		const struct check_result *r = checks_result(c, i);

		if (r->verdict != CHECK_FAIL && r->verdict != CHECK_INCONCLUSIVE)
			continue;
		if (n++ < ANNOTATIONS)
			annotate(out, r);
	}
	if (n > ANNOTATIONS)
		buf_printf(out, "::error::%zu more checks failed or are inconclusive\n",
			   n - ANNOTATIONS);
}
