/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace export`: every golden case in the Trace Event Format, and what the command makes of files. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "golden/play.h"
#include "unit/ask.h"
#include "unit/told.h"
#include "view_sink.h"

/* ---- what holds of every export ---- */

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static double number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	assert_true(json_is_number(v));
	return json_number_value(v);
}

static bool same_line(const json_t *a, const json_t *b)
{
	return number(a, "pid") == number(b, "pid") && number(a, "tid") == number(b, "tid");
}

/* A slice of its line that is going on then: what an arrow holds on to. */
static bool in_slice(const json_t *events, const json_t *at)
{
	double ts = number(at, "ts");
	const json_t *e;
	size_t i;

	json_array_foreach(events, i, e)
		if (!strcmp(text(e, "ph"), "X") && same_line(e, at) && ts >= number(e, "ts") &&
		    ts <= number(e, "ts") + number(e, "dur"))
			return true;
	return false;
}

static void check_flow(const char *name, const json_t *events, const json_t *flow)
{
	bool begins = !strcmp(text(flow, "ph"), "s");
	size_t i, others = 0, same = 0;
	const json_t *e;

	json_array_foreach(events, i, e) {
		const char *ph = text(e, "ph");

		if ((strcmp(ph, "s") && strcmp(ph, "f")) || number(e, "id") != number(flow, "id"))
			continue;
		same += !strcmp(ph, text(flow, "ph"));
		others += strcmp(ph, text(flow, "ph")) != 0;
		if (begins && !strcmp(ph, "f"))
			assert_true(number(e, "ts") >= number(flow, "ts"));
		assert_string_equal(text(e, "name"), text(flow, "name"));
		assert_string_equal(text(e, "cat"), text(flow, "cat"));
	}
	if (same != 1 || others != 1 || !in_slice(events, flow))
		fail_msg("%s: arrow %.0f: %zu, %zu, %s", name, number(flow, "id"), same, others, text(flow, "ph"));
}

static size_t count(const json_t *events, const char *ph, const char *cat)
{
	const json_t *e;
	size_t i, n = 0;

	json_array_foreach(events, i, e)
		n += !strcmp(text(e, "ph"), ph) && (!cat || !strcmp(text(e, "cat"), cat));
	return n;
}

/* Each line has a name, and so has its track. */
static void check_named(const char *name, const json_t *events, const json_t *at)
{
	bool track = false, line = false;
	const json_t *e;
	size_t i;

	json_array_foreach(events, i, e) {
		if (strcmp(text(e, "ph"), "M") || number(e, "pid") != number(at, "pid"))
			continue;
		track |= !strcmp(text(e, "name"), "process_name");
		line |= !strcmp(text(e, "name"), "thread_name") && same_line(e, at);
	}
	if (!track || !line)
		fail_msg("%s: '%s' has no named line", name, text(at, "name"));
}

static void check_events(const char *name, const json_t *events)
{
	double end = 0;
	const json_t *e;
	size_t i;

	json_array_foreach(events, i, e)
		if (!strcmp(text(e, "cat"), "trace"))
			end = number(e, "dur");
	json_array_foreach(events, i, e) {
		const char *ph = text(e, "ph");

		assert_int_equal(strlen(ph), 1);
		assert_non_null(strchr("MXisf", ph[0]));
		assert_true(number(e, "tid") > 0 && number(e, "pid") >= 10000000);
		if (ph[0] == 'M')
			continue;
		if (number(e, "ts") < 0 || number(e, "ts") > end)
			fail_msg("%s: '%s' is not within the trace", name, text(e, "name"));
		if (ph[0] == 'X') {
			assert_true(number(e, "dur") >= 0);
			assert_true(number(e, "ts") + number(e, "dur") <= end + 0.001);
			check_named(name, events, e);
		}
		if (ph[0] == 's' || ph[0] == 'f')
			check_flow(name, events, e);
		else
			assert_true(json_is_object(json_object_get(e, "args")));
	}
}

/* The counts of the end are those of what is shown; sessions and Ctrl-Cs each once. */
static void check_counts(const char *name, const json_t *root)
{
	const json_t *events = json_object_get(root, "traceEvents"), *other = json_object_get(root, "otherData");

	if (count(events, "X", "session") != number(other, "sessions") ||
	    count(events, "i", "interrupt") != number(other, "interrupts") ||
	    count(events, "i", "orphan") != number(other, "orphans") || count(events, "X", "trace") != 1)
		fail_msg("%s: the counts are not those of otherData", name);
	assert_int_equal(count(events, "s", NULL), count(events, "f", NULL));
}

/* The caller frees. */
static json_t *parsed(const char *name, const char *p, size_t n)
{
	json_error_t bad;
	json_t *root = json_loadb(p, n, JSON_REJECT_DUPLICATES, &bad);

	if (!root)
		fail_msg("%s: line %d: %s", name, bad.line, bad.text);
	return root;
}

/* ---- all golden cases ---- */

/* Of the first n records; what ends it is as the command has it. */
static json_t *exported(const char *name, const struct records *r, size_t n)
{
	struct view *v = view_chrome_new(&(struct view_options){0});
	const struct sink sink = view_sink(v);
	struct engine *e = engine_new(&sink);
	json_t *root;
	uint64_t ts = 0;

	for (size_t i = 0; i < n; i++) {
		struct wire_hdr h;
		size_t len;
		const void *rec = record(r, i, &len);

		memcpy(&h, rec, sizeof(h));
		ts = h.ts;
		assert_int_equal(engine_feed(e, rec, len), EVENT_OK);
	}
	if (n < r->n)
		engine_cut(e, ts);
	v->ops->end(v, e);
	v->ops->end(v, e); /* once is enough */
	assert_false(v->out.failed);
	root = parsed(name, v->out.p, v->out.len);
	engine_free(e);
	view_free(v);
	return root;
}

static void each_case(void (*check)(const char *name, const struct records *r))
{
	const char *src = getenv("SIGTRACE_SRC");
	struct buf pattern = {0}, lines = {0}, why = {0};
	glob_t g = {0};

	buf_printf(&pattern, "%s/tests/golden/*.rec", src ? src : ".");
	assert_int_equal(glob(buf_cstr(&pattern), 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 40);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct records r = {0};

		assert_int_equal(read_file(g.gl_pathv[i], &lines), 0);
		assert_int_equal(records_parse(&r, buf_cstr(&lines), &why), 0);
		check(strrchr(g.gl_pathv[i], '/') + 1, &r);
		records_free(&r);
	}
	globfree(&g);
	buf_free(&pattern);
	buf_free(&lines);
	buf_free(&why);
}

static size_t arrows;

static void whole_case(const char *name, const struct records *r)
{
	json_t *root = exported(name, r, r->n);

	check_events(name, json_object_get(root, "traceEvents"));
	check_counts(name, root);
	arrows += count(json_object_get(root, "traceEvents"), "s", NULL);
	json_decref(root);
}

static void whole(void **state)
{
	(void)state;
	each_case(whole_case);
	assert_true(arrows > 60);
}

/* Cut off behind any record. */
static void cut_case(const char *name, const struct records *r)
{
	for (size_t n = 0; n < r->n; n++) {
		json_t *root = exported(name, r, n);

		check_events(name, json_object_get(root, "traceEvents"));
		if (n)
			check_counts(name, root);
		assert_string_equal(text(json_object_get(root, "otherData"), "reason"), "cut");
		json_decref(root);
	}
}

static void cut(void **state)
{
	(void)state;
	each_case(cut_case);
}

/* ---- arrows ---- */

#define TWO                                                                                        \
	"@0 trace.begin scope=all host=\"h\"\n"                                                     \
	"@1 a/10 task.snapshot parent=1 scope=in\n@1 b/20 task.snapshot parent=1 scope=in\n"        \
	"@2 trace.ready tasks=2\n"
#define SENT_BY_A(ms, more) "@" ms " a/10 signal.generate ->b/20 si_code=SI_USER flags=info si_pid=10 " more "\n"
#define TAKEN(ms, more) "@" ms " b/20 signal.deliver disposition=handler " more "\n"

/* The arrows of a story, as "seq: line of the one end > line of the other at us; ". */
static void arrows_are(const char *lines, const char *want)
{
	char *out = told(view_chrome_new(&(struct view_options){0}), lines);
	json_t *root = parsed(lines, out, strlen(out));
	const json_t *events = json_object_get(root, "traceEvents"), *e, *from = NULL;
	struct buf got = {0};
	size_t i;

	check_events(lines, events);
	json_array_foreach(events, i, e) {
		if (!strcmp(text(e, "ph"), "s"))
			from = e;
		if (!strcmp(text(e, "ph"), "f"))
			buf_printf(&got, "%.0f: %.0f > %.0f at %.3f; ", number(e, "id"), number(from, "tid"),
				   number(e, "tid"), number(e, "ts"));
	}
	assert_string_equal(buf_cstr(&got), want);
	buf_free(&got);
	json_decref(root);
	free(out);
}

static void arrow(void **state)
{
	(void)state;
	/* to a handler, once; to the death of it */
	arrows_are(TWO SENT_BY_A("10", "sig=SIGTERM group=1 disposition=handler") TAKEN("12", "sig=SIGTERM")
		   TAKEN("14", "sig=SIGTERM") "@20 trace.end reason=signal\n",
		   "5: 10 > 20 at 12000.000; ");
	arrows_are(TWO SENT_BY_A("10", "sig=SIGTERM group=1") "@12 b/20 signal.deliver sig=SIGKILL\n"
		   "@13 b/20 task.exit exit_code=15\n@20 trace.end reason=signal\n",
		   "5: 10 > 20 at 12999.999; ");
	/* of the kernel: outside of sessions from the line of the trace */
	arrows_are(TWO "@10 swapper/0 signal.generate ->b/20 sig=SIGALRM si_code=SI_KERNEL group=1\n"
		   TAKEN("11", "sig=SIGALRM") "@20 trace.end reason=signal\n",
		   "5: 10000000 > 20 at 11000.000; ");
}

static void no_arrow(void **state)
{
	(void)state;
	/* ignored; ended by another signal; of another thread */
	arrows_are(TWO SENT_BY_A("10", "sig=SIGTERM group=1 result=ignored") TAKEN("12", "sig=SIGTERM")
		   "@20 trace.end reason=signal\n", "");
	arrows_are(TWO SENT_BY_A("10", "sig=SIGTERM group=1 blocked=1") "@13 b/20 task.exit exit_code=9\n"
		   "@20 trace.end reason=signal\n", "");
	arrows_are(TWO "@10 a/10 signal.generate si_code=SI_TKILL flags=info si_pid=10 sig=SIGUSR1 target_tgid=20"
		   " target_pid=21 target_start=20 target_comm=\"b\"\n" TAKEN("12", "sig=SIGUSR1")
		   "@20 trace.end reason=signal\n", "");
	/* two of a real-time signal wait: which of them the first one taken is, is not known */
	arrows_are(TWO SENT_BY_A("10", "sig=SIGRTMIN group=1") SENT_BY_A("11", "sig=SIGRTMIN group=1")
		   TAKEN("12", "sig=SIGRTMIN") TAKEN("13", "sig=SIGRTMIN") SENT_BY_A("14", "sig=SIGRTMIN group=1")
		   TAKEN("15", "sig=SIGRTMIN") "@20 trace.end reason=signal\n", "9: 10 > 20 at 15000.000; ");
	/* nor of those that were counted, until all are taken */
	arrows_are(TWO SENT_BY_A("10", "sig=SIGRTMIN group=1") SENT_BY_A("11", "sig=SIGRTMIN group=1")
		   SENT_BY_A("11", "sig=SIGRTMIN group=1 count=3 ts_last=11500000") TAKEN("12", "sig=SIGRTMIN")
		   TAKEN("12", "sig=SIGRTMIN count=4 ts_last=13000000") SENT_BY_A("14", "sig=SIGRTMIN group=1")
		   TAKEN("15", "sig=SIGRTMIN") "@20 trace.end reason=signal\n", "10: 10 > 20 at 15000.000; ");
}

/* ---- the command ---- */

static char folder[64];

static int enter(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sigtrace-export-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	return ask("for c in hostile-names pty-two-keys nopty-job-left-behind lost-exits; do"
		   " \"${SIGTRACE%/*}\"/tests/golden/run --export \"$SIGTRACE_SRC\"/tests/golden/$c.rec $c.sgt || exit 1;"
		   " done");
}

static int leave(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return chdir("/") || ask(command);
}

static json_t *asked(const char *command, int status)
{
	assert_int_equal(ask(command), status);
	return parsed(command, said, strlen(said));
}

/* The slice of a process, by its name. */
static const json_t *slice(const json_t *root, const char *comm)
{
	const json_t *events = json_object_get(root, "traceEvents"), *e;
	size_t i;

	json_array_foreach(events, i, e)
		if (!strcmp(text(e, "cat"), "process") && !strcmp(text(json_object_get(e, "args"), "comm"), comm))
			return e;
	fail_msg("no slice of %s", comm);
	return NULL;
}

static void bytes(void **state)
{
	(void)state;
	/* that of the view, and with -o the same */
	assert_int_equal(ask("\"$SIGTRACE\" export -r hostile-names.sgt --to chrome -o out 2>&1 &&"
			     " cmp out \"$SIGTRACE_SRC\"/tests/golden/hostile-names.chrome"), 0);
	assert_int_equal(ask("\"$SIGTRACE\" export -r - --to=chrome <hostile-names.sgt | cmp - out"), 0);
	assert_int_equal(ask("\"$SIGTRACE\" export -r hostile-names.sgt --to json >a &&"
			     " \"$SIGTRACE\" -r hostile-names.sgt --json | cmp - a && test -s a"), 0);
}

static void story(void **state)
{
	json_t *root = asked("\"$SIGTRACE\" export -r nopty-job-left-behind.sgt --to chrome", 0);
	const json_t *sleep = slice(root, "sleep"), *args = json_object_get(sleep, "args");

	(void)state;
	assert_string_equal(text(sleep, "name"), "sleep 1000");
	assert_true(json_is_true(json_object_get(args, "orphan")));
	assert_true(json_is_true(json_object_get(args, "alive")));
	assert_true(json_is_false(json_object_get(json_object_get(slice(root, "bash"), "args"), "orphan")));
	/* from its fork to the end of the trace */
	assert_true(number(sleep, "ts") == 1031666.0);
	assert_true(number(sleep, "ts") + number(sleep, "dur") == 2415574.0);
	json_decref(root);
}

static void redacted(void **state)
{
	json_t *root = asked("\"$SIGTRACE\" export -r nopty-job-left-behind.sgt --to chrome", 0);

	(void)state;
	assert_non_null(strstr(said, "sleep 1000"));
	json_decref(root);
	root = asked("\"$SIGTRACE\" export -r nopty-job-left-behind.sgt --to chrome --redact args", 0);
	assert_string_equal(text(slice(root, "sleep"), "name"), "sleep '***'");
	assert_null(strstr(said, "1000 >"));
	assert_null(strstr(said, "sleep 1000"));
	assert_null(strstr(said, "\"1000\""));
	json_decref(root);
	assert_int_equal(ask("\"$SIGTRACE\" export -r nopty-job-left-behind.sgt --to json --redact args"), 0);
	assert_null(strstr(said, "\"1000\""));
	assert_non_null(strstr(said, "***"));
}

/* Of a pty session: the arrow goes out from the signal that was taken, not from the one too many. */
static void second_key(void **state)
{
	json_t *root = asked("\"$SIGTRACE\" export -r pty-two-keys.sgt --to chrome", 0);
	const json_t *events = json_object_get(root, "traceEvents"), *e;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(events, i, e)
		if (!strcmp(text(e, "ph"), "s")) {
			assert_true(number(e, "id") == 24);
			seen++;
		}
	assert_int_equal(seen, 1);
	json_decref(root);
}

static void damaged(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(ask("head -c -40 pty-two-keys.sgt >cut.sgt"), 0);
	root = asked("\"$SIGTRACE\" export -r cut.sgt --to chrome 2>err", 4);
	assert_string_equal(text(json_object_get(root, "otherData"), "reason"), "cut");
	json_decref(root);
	assert_int_equal(ask("(head -c 400 pty-two-keys.sgt; echo nonsense) >bad.sgt"), 0);
	json_decref(asked("\"$SIGTRACE\" export -r bad.sgt --to chrome 2>err", 4));
	assert_int_equal(ask("test -s err"), 0);
	/* and lost records are told, as of every view */
	root = asked("\"$SIGTRACE\" export -r lost-exits.sgt --to chrome 2>err", 4);
	assert_true(count(json_object_get(root, "traceEvents"), "i", "trace.lost") > 0);
	json_decref(root);
}

static void asked_wrong(void **state)
{
	(void)state;
	assert_int_equal(ask("\"$SIGTRACE\" export --to chrome 2>&1"), 2);
	assert_non_null(strstr(said, "-r FILE"));
	assert_int_equal(ask("\"$SIGTRACE\" export --to chrome pty-two-keys.sgt 2>&1"), 2);
	assert_non_null(strstr(said, "did you mean -r FILE?"));
	assert_int_equal(ask("\"$SIGTRACE\" export -r pty-two-keys.sgt 2>&1"), 2);
	assert_non_null(strstr(said, "--to chrome"));
	assert_int_equal(ask("\"$SIGTRACE\" export -r pty-two-keys.sgt --to chrom 2>&1"), 2);
	assert_non_null(strstr(said, "did you mean chrome?"));
	assert_int_equal(ask("\"$SIGTRACE\" export -r not-there --to chrome 2>/dev/null"), 2);
	assert_string_equal(said, "");
	assert_int_equal(ask("\"$SIGTRACE\" --to chrome -r pty-two-keys.sgt 2>&1"), 2);
	assert_int_equal(ask("\"$SIGTRACE\" export --help"), 0);
	assert_non_null(strstr(said, "--to FORMAT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut),
		cmocka_unit_test(arrow),
		cmocka_unit_test(no_arrow),
		cmocka_unit_test(bytes),
		cmocka_unit_test(story),
		cmocka_unit_test(redacted),
		cmocka_unit_test(second_key),
		cmocka_unit_test(damaged),
		cmocka_unit_test(asked_wrong),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
