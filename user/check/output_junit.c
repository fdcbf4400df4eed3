/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results as JUnit XML, with no more than the schema of Jenkins' xunit plugin (jenkins-junit.xsd)
 * knows. Inconclusive is an error: CI shows it red, and not as a failure of what was checked.
 */
#include <string.h>

#include "base/utf8.h"
#include "check/check.h"

/* XML 1.0 section 2.2: of the control characters only these three, and no surrogates, FFFE, FFFF. */
static bool is_xml(uint32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp < 0xd800 || (cp > 0xdfff && cp != 0xfffe && cp != 0xffff);
}

static void xml(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	while (n) {
		uint32_t cp;
		size_t len = utf8_next(s, n, &cp);

		if (!len || !is_xml(cp)) {
			len = 1; /* its other bytes are no characters either, and come next */
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		} else if (strchr("<>&\"\n\t\r", *s)) {
			buf_printf(b, "&#%u;", (unsigned char)*s);
		} else if (utf8_unsafe(cp)) {
			buf_text(b, s, len);
		} else {
			buf_put(b, s, len);
		}
		s += len;
		n -= len;
	}
}

static void attribute(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s=\"", name);
	xml(b, value);
	buf_char(b, '"');
}

static void seconds(struct buf *b, const char *name, uint64_t ns)
{
	buf_printf(b, " %s=\"%llu.%03llu\"", name, (unsigned long long)(ns / 1000000000),
		   (unsigned long long)(ns / 1000000 % 1000));
}

static void counts(struct buf *b, const struct check_totals *t)
{
	buf_printf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", t->n, t->fail,
		   t->inconclusive);
}

static void begin(struct buf *b, const struct check_run *run)
{
	buf_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	attribute(b, "name", "sigtrace assert");
	counts(b, &run->totals);
	buf_str(b, ">\n  <testsuite");
	attribute(b, "name", run->name);
	counts(b, &run->totals);
	buf_printf(b, " skipped=\"%zu\"", run->totals.vacuous + run->totals.skipped);
	seconds(b, "time", run->duration);
	if (run->host && *run->host)
		attribute(b, "hostname", run->host);
	buf_str(b, ">\n");
}

static void line(struct buf *b, const char *label, const char *text)
{
	if (!*text)
		return;
	buf_printf(b, "%s: ", label);
	xml(b, text);
	buf_char(b, '\n');
}

static void details(struct buf *b, const struct check_result *r)
{
	for (size_t i = 0; i < r->nfailures; i++) {
		const struct check_failure *f = &r->failures[i];

		buf_str(b, "at ");
		buf_duration(b, f->since);
		buf_str(b, ": ");
		xml(b, f->event);
		buf_char(b, '\n');
		line(b, "sender", f->sender);
		line(b, "target", f->target);
		line(b, "instead", f->instead);
		for (size_t k = 0; k < f->ncontext; k++)
			line(b, "context", f->context[k]);
	}
	if (r->nfailures && r->broken > r->nfailures)
		buf_printf(b, "and %llu more\n", (unsigned long long)(r->broken - r->nfailures));
}

/* CI systems know a case by class and name, and a check may stand under several scopes. */
static void name(struct buf *b, const struct check_info *check)
{
	struct buf text = {0};

	buf_str(&text, check->text);
	if (strcmp(check->scope, "all"))
		buf_printf(&text, " (scope %s)", check->scope);
	attribute(b, "name", buf_cstr(&text));
	b->failed |= text.failed;
	buf_free(&text);
}

static void result(struct buf *b, const struct check_run *run, const struct check_result *r)
{
	static const char *const elements[] = {
		[CHECK_FAIL] = "failure", [CHECK_INCONCLUSIVE] = "error",
		[CHECK_VACUOUS] = "skipped", [CHECK_SKIPPED] = "skipped",
	};

	(void)run;
	buf_str(b, "    <testcase");
	name(b, r->check);
	attribute(b, "classname", r->check->file);
	if (r->verdict == CHECK_PASS) {
		buf_str(b, "/>\n");
		return;
	}
	buf_printf(b, ">\n      <%s", elements[r->verdict]);
	if (r->verdict == CHECK_FAIL || r->verdict == CHECK_INCONCLUSIVE)
		attribute(b, "type", check_verdict_name(r->verdict));
	attribute(b, "message", r->why);
	buf_char(b, '>');
	if (r->verdict == CHECK_FAIL || r->verdict == CHECK_INCONCLUSIVE)
		details(b, r);
	buf_printf(b, "</%s>\n    </testcase>\n", elements[r->verdict]);
}

static void end(struct buf *b, const struct check_run *run)
{
	if (run->command || run->recording) {
		buf_str(b, "    <system-out>");
		line(b, "command", run->command ? run->command : "");
		if (run->command_status >= 0)
			buf_printf(b, "status: %d\n", run->command_status);
		line(b, "recording", run->recording ? run->recording : "");
		buf_str(b, "</system-out>\n");
	}
	buf_str(b, "  </testsuite>\n</testsuites>\n");
}

const struct check_output check_junit = {
	.name = "junit",
	.begin = begin,
	.result = result,
	.end = end,
};
