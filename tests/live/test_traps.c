/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other tracers get wrong about threads, exec, signals and process trees. A program does it
 * under `sigtrace -- PROGRAM` and prints what sigtrace has to say of it, a line each:
 *   N OBJECT      exactly N lines of JSON have these members
 *   then OBJECT   one has them, behind the one of the `then` before
 *   skip: REASON  this machine cannot do it
 */
#include "live/live.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_MS slow_ms(30000)

/* Elements of args may not be missing, and not stand elsewhere. */
static bool agrees(const json_t *o, const json_t *want)
{
	const json_t *args = json_object_get(want, "args");

	return json_has(o, want) && (!args || json_equal(args, json_object_get(o, "args")));
}

static void then(struct live *l, const char *line, const json_t *want, size_t *at)
{
	size_t n = json_array_size(l->trace.lines);

	for (size_t i = *at; i < n; i++) {
		if (agrees(json_array_get(l->trace.lines, i), want)) {
			*at = i + 1;
			return;
		}
	}
	live_fail(l, "did not come behind line %zu: %.700s", *at, line);
}

static void exactly(struct live *l, const char *line, const json_t *want, size_t n)
{
	size_t i, found = 0;
	json_t *o;

	json_array_foreach(l->trace.lines, i, o)
		found += agrees(o, want);
	if (found != n)
		live_fail(l, "came %zu times: %.700s", found, line);
}

static void check_word(struct live *l, char *line, size_t *at)
{
	char *object = strchr(line, '{');
	json_error_t e;
	json_t *want;

	if (!strncmp(line, "skip: ", 6))
		live_skip(line + 6);
	want = json_loads(object ? object : "", JSON_REJECT_DUPLICATES, &e);
	if (!want)
		live_fail(l, "the program said \"%.300s\": %s", line, e.text);
	if (!strncmp(line, "then ", 5))
		then(l, line, want, at);
	else if (isdigit((unsigned char)*line))
		exactly(l, line, want, (size_t)atoi(line));
	else
		live_fail(l, "the program said \"%.300s\"", line);
	json_decref(want);
}

static void load(struct live *l, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	trace_free(&l->trace);
	l->trace.lines = json_array();
	l->trace.out = l->trace.err = -1;
	while (f && (n = getline(&line, &size, f)) > 0) {
		json_error_t e;
		json_t *o = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, &e);

		if (!o)
			live_fail(l, "%s: %.300s", e.text, line);
		json_array_append_new(l->trace.lines, o);
	}
	free(line);
	if (f)
		fclose(f);
	remove(path);
	live_expect(l, "{s:s, s:i, s:s}", "type", "trace.end", "lost", 0, "reason", "command");
}

/* Traces `prog_NAME MODE DIR`, which is to end with 0 or else with `status`. */
static void play(void **state, const char *name, const char *mode, int status)
{
	struct live *l = live(state);
	struct buf out, err;
	size_t at = 0, said = 0;
	char path[300], *line, *next;
	int rc;

	snprintf(path, sizeof(path), "%s/out.json", l->server.dir);
	rc = tool_run(ARGS("--json", "-v", "-o", path, "--", live_prog(l, name), mode,
			   l->server.dir),
		      RUN_MS, &out, &err);
	if (rc != status)
		live_fail(l, "sigtrace ended with %d: %.300s", rc, buf_cstr(&err));
	load(l, path);
	buf_cstr(&out);
	for (line = out.p; (next = strchr(line, '\n')); line = next + 1, said++) {
		*next = '\0';
		check_word(l, line, &at);
	}
	if (!said)
		live_fail(l, "the program said nothing");
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

#define PLAY(test, prog, mode, status)                                                             \
	static void test(void **state)                                                             \
	{                                                                                          \
		play(state, prog, mode, status);                                                   \
	}

PLAY(test_leader_thread_ends_first, "threads", "leader", 7)
PLAY(test_exec_of_another_thread, "threads", "exec", 9)
PLAY(test_kill_of_many_threads, "threads", "kill", 0)
PLAY(test_signal_to_a_thread, "threads", "target", 0)
PLAY(test_blocked_in_which_thread, "threads", "blocked", 0)
PLAY(test_execveat, "exec", "at", 0)
PLAY(test_no_environment_no_argv, "exec", "env", 0)
PLAY(test_empty_arguments, "exec", "empty", 0)
PLAY(test_long_argv, "exec", "long-args", 0)
PLAY(test_long_filename, "exec", "long-name", 0)
PLAY(test_hostile_argv, "exec", "hostile", 0)
PLAY(test_ways_to_signal, "signals", "ways", 0)
PLAY(test_fates_of_signals, "signals", "fates", 0)
PLAY(test_deaths, "signals", "deaths", 0)
PLAY(test_core_bit, "signals", "core", 0)
PLAY(test_daemon, "tree", "daemon", 0)
PLAY(test_subreaper, "tree", "subreaper", 0)
PLAY(test_pid_reuse, "tree", "reuse", 0)

/* Line ends apart, no C0, DEL or C1, and nothing that is not UTF-8. */
static bool is_clean(const struct buf *b)
{
	const unsigned char *p = (const unsigned char *)b->p;
	json_t *all = json_stringn(b->len ? b->p : "", b->len); /* NULL if it is no UTF-8 */
	bool clean = all != NULL;

	json_decref(all);
	for (size_t i = 0; i < b->len; i++)
		if ((p[i] < ' ' && p[i] != '\n') || p[i] == 0x7f ||
		    (p[i] == 0xc2 && i + 1 < b->len && p[i + 1] < 0xa0))
			clean = false;
	return clean;
}

static void test_hostile_argv_as_text(void **state)
{
	struct live *l = live(state);
	struct buf view = { 0 }, out, err;
	char path[300], chunk[65536];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/out.text", l->server.dir);
	assert_int_equal(tool_run(ARGS("-v", "--color", "never", "-o", path, "--",
				       live_prog(l, "exec"), "hostile", l->server.dir),
				  RUN_MS, &out, &err),
			 0);
	f = fopen(path, "re");
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&view, chunk, n);
	fclose(f);
	if (!strstr(buf_cstr(&view), "0;title"))
		live_fail(l, "the command is not in the text view: %.900s", view.p);
	if (!is_clean(&view))
		live_fail(l, "control characters in the text view: %.900s", view.p);
	if (!is_clean(&err))
		live_fail(l, "control characters on stderr: %.900s", buf_cstr(&err));
	buf_free(&view);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_leader_thread_ends_first),
		LIVE_TEST(test_exec_of_another_thread),
		LIVE_TEST(test_kill_of_many_threads),
		LIVE_TEST(test_signal_to_a_thread),
		LIVE_TEST(test_blocked_in_which_thread),
		LIVE_TEST(test_execveat),
		LIVE_TEST(test_no_environment_no_argv),
		LIVE_TEST(test_empty_arguments),
		LIVE_TEST(test_long_argv),
		LIVE_TEST(test_long_filename),
		LIVE_TEST(test_hostile_argv),
		LIVE_TEST(test_hostile_argv_as_text),
		LIVE_TEST(test_ways_to_signal),
		LIVE_TEST(test_fates_of_signals),
		LIVE_TEST(test_deaths),
		LIVE_TEST(test_core_bit),
		LIVE_TEST(test_daemon),
		LIVE_TEST(test_subreaper),
		LIVE_TEST(test_pid_reuse),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
