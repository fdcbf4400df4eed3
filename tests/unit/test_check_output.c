/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for CI systems: JUnit XML, TAP, annotations; nothing inconclusive is green in any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "check/check.h"
#include "unit/story.h"

#define STORY                                                                                      \
	"@1 trace.begin scope=all host=\"h<1>\"\n@2 trace.ready tasks=0\n"                         \
	"@3 sh/10 task.exec parent=9 pgid=10 sid=5 scope=in args=[\"sh\",\"a<b>&\\\"c\\x01\"]\n"     \
	"@4 sh/10 signal.generate ->sh/10 sig=SIGKILL group=1 flags=info si_pid=10\n"              \
	"@5 sh/10 task.exit pgid=10 sid=5 exit_code=9\n"
#define LOST "@6 trace.lost count=2 total=2 lost_kind=8\n"
#define END "@7 trace.end reason=signal\n"

#define CHECKS                                                                                     \
	"never signal sig=SIGKILL   # fails\n"                                                     \
	"some exec comm=sh\n"                                                                      \
	"never exit comm=\"x#y\"\n"                                                                \
	"every signal sig=SIGTERM -> exec within 1s\n"

static void feed(void *ctx, const void *rec, size_t len)
{
	assert_int_equal(engine_feed(ctx, rec, len), EVENT_OK);
}

static struct checks *play(const char *text, const char *story)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	struct buf why = {0};
	struct engine *e;
	struct sink sink;

	if (checks_load(c, "ci:1,2.sig", text, strlen(text), &why))
		fail_msg("%s", buf_cstr(&why));
	sink = checks_sink(c);
	e = engine_new(&sink);
	story_records(story, feed, e);
	checks_finish(c, e);
	engine_free(e);
	return c;
}

static char *write_as(const struct check_output *format, const char *text, const char *story)
{
	struct check_run run = {
		.name = "ci", .command = "sh -c 'a<b>&\"c'", .command_status = 3,
		.recording = "x.sgt", .host = "h<1>", .duration = UINT64_C(1234567890),
	};
	struct checks *c = play(text, story);
	struct buf out = {0};
	char *copy;

	checks_write(c, format, &run, &out);
	copy = strdup(buf_cstr(&out));
	buf_free(&out);
	checks_free(c);
	return copy;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in\n%s", part, text);
}

/* ---- JUnit ---- */

static void junit(void **state)
{
	char *out = write_as(&check_junit, CHECKS, STORY LOST END);

	(void)state;
	has(out, "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"1.234\" hostname=\"h&#60;1&#62;\"");
	has(out, "<testcase name=\"never signal sig=SIGKILL\" classname=\"ci:1,2.sig\">\n      <failure type=\"fail\" message=\"");
	has(out, "<testcase name=\"some exec comm=sh\" classname=\"ci:1,2.sig\"/>");
	has(out, "<testcase name=\"never exit comm=&#34;x#y&#34;\" classname=\"ci:1,2.sig\">\n      <error type=\"inconclusive\"");
	has(out, "<skipped message=\"");
	has(out, "command: sh -c 'a&#60;b&#62;&#38;&#34;c'\nstatus: 3\nrecording: x.sgt\n");
	free(out);
}

/* The bytes of a check are its author's: what no XML may hold is spelt out. */
static void junit_hostile(void **state)
{
	char *out = write_as(&check_junit, "never exec comm=\"\xff\x01]]>\xef\xbf\xbf\"\n", STORY END);

	(void)state;
	has(out, "\\xff\\x01]]&#62;\\xef\\xbf\\xbf&#34;\"");
	free(out);
	/* XML may hold these, and a terminal that shows it may not */
	out = write_as(&check_junit, "never exec comm=\"\x7f\xe2\x80\xae\xc2\x9b\"\n", STORY END);
	has(out, "comm=&#34;\\x7f\\u202e\\u009b&#34;\"");
	free(out);
}

/* What is one case to a CI system is one check. */
static void junit_scopes(void **state)
{
	char *out = write_as(&check_junit, "never exit\nscope session\nnever exit\n", STORY END);

	(void)state;
	has(out, "<testcase name=\"never exit\" ");
	has(out, "<testcase name=\"never exit (scope session)\" ");
	free(out);
}

static void validate(const char *text, const char *story)
{
	const char *src = getenv("SIGTRACE_SRC");
	char path[] = "/tmp/sigtrace-junit-XXXXXX", cmd[600];
	char *out = write_as(&check_junit, text, story);
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, out, strlen(out)), strlen(out));
	close(fd);
	snprintf(cmd, sizeof(cmd), "xmllint --noout --schema %s/tests/unit/junit.xsd %s >/dev/null",
		 src ? src : ".", path);
	assert_int_equal(system(cmd), 0);
	unlink(path);
	free(out);
}

static void junit_fits_the_schema(void **state)
{
	(void)state;
	if (system("command -v xmllint >/dev/null 2>&1")) {
		fprintf(stderr, "# skip: xmllint is not installed\n");
		skip();
	}
	validate(CHECKS, STORY LOST END);
	validate(CHECKS, STORY END);
	validate("never exec comm=\"\xff\x01]]>\xef\xbf\xbf\"\n", STORY END);
}

/* ---- TAP ---- */

static void tap(void **state)
{
	char *out = write_as(&check_tap, CHECKS, STORY LOST END);

	(void)state;
	has(out, "TAP version 14\n1..4\nnot ok 1 - never signal sig=SIGKILL\n  ---\n  verdict: \"fail\"\n");
	has(out, "\n  file: \"ci:1,2.sig\"\n  line: 1\n  broken: 1\n  failures:\n    - since_ns: ");
	has(out, "\n      event: \"signal.generate SIGKILL to sh 10\"\n");
	has(out, "\n  recording: \"x.sgt\"\n  ...\nok 2 - some exec comm=sh\nnot ok 3 - never exit "
		 "comm=\"x\\#y\"\n  ---\n  verdict: \"inconclusive\"\n");
	has(out, "\nok 4 - every signal sig=SIGTERM -> exec within 1s # SKIP vacuous: ");
	free(out);
}

/* ---- GitHub ---- */

static void github(void **state)
{
	struct checks *c = play(CHECKS, STORY LOST END);
	struct buf out = {0};

	(void)state;
	checks_github(c, &out);
	has(buf_cstr(&out), "::error file=ci%3A1%2C2.sig,line=1,title=never signal sig=SIGKILL::fail: ");
	has(buf_cstr(&out), "%0Asignal.generate SIGKILL to sh 10\n::error file=ci%3A1%2C2.sig,line=3,");
	has(buf_cstr(&out), "::inconclusive: ");
	assert_null(strstr(buf_cstr(&out), "line=2"));
	assert_null(strstr(buf_cstr(&out), "line=4"));
	buf_free(&out);
	checks_free(c);
}

static void github_has_no_control_byte(void **state)
{
	struct checks *c = play("never signal sig=SIGKILL and comm!=\"\x1b[2J\"\v", STORY END);
	struct buf out = {0};

	(void)state;
	checks_github(c, &out);
	has(buf_cstr(&out), "comm!=\"\\x1b[2J\"");
	for (size_t i = 0; i < out.len; i++)
		assert_true(out.p[i] == '\n' || (unsigned char)out.p[i] >= ' ');
	buf_free(&out);
	checks_free(c);
}

/* An expression stands in no file that GitHub could show. */
static void github_expression(void **state)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	const struct sink sink = checks_sink(c);
	struct buf out = {0};
	struct engine *e;

	(void)state;
	assert_int_equal(checks_load(c, "-e", "never exec\n", 11, NULL), 0);
	e = engine_new(&sink);
	story_records(STORY END, feed, e);
	checks_finish(c, e);
	checks_github(c, &out);
	has(buf_cstr(&out), "::error title=never exec::fail: ");
	buf_free(&out);
	engine_free(e);
	checks_free(c);
}

static void github_has_room_for_nine(void **state)
{
	char text[1024] = "";
	struct buf out = {0};
	struct checks *c;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 12; i++)
		strcat(text, "never signal sig=SIGKILL\n");
	c = play(text, STORY END);
	checks_github(c, &out);
	for (const char *p = buf_cstr(&out); (p = strstr(p, "::error file=")); p++)
		n++;
	assert_int_equal(n, 9);
	has(buf_cstr(&out), "::error::3 more checks failed or are inconclusive\n");
	buf_free(&out);
	checks_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(junit),
		cmocka_unit_test(junit_hostile),
		cmocka_unit_test(junit_scopes),
		cmocka_unit_test(junit_fits_the_schema),
		cmocka_unit_test(tap),
		cmocka_unit_test(github),
		cmocka_unit_test(github_has_no_control_byte),
		cmocka_unit_test(github_expression),
		cmocka_unit_test(github_has_room_for_nine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
