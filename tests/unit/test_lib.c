/* SPDX-License-Identifier: GPL-2.0-only */
/* libsigtrace as a program sees it: <sigtrace.h> and -lsigtrace, and nothing else of ours. */
#include <glob.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <sigtrace.h>

static char dir[] = "/tmp/sigtrace-lib-XXXXXX";
static char recording[64], other[64];

/* ---- files and programs ---- */

static const char *in_tree(const char *path)
{
	static char full[512];
	const char *src = getenv("SIGTRACE_SRC");

	snprintf(full, sizeof(full), "%s/%s", src && *src ? src : ".", path);
	return full;
}

static const char *built(const char *path)
{
	static char full[512];
	const char *program = getenv("SIGTRACE");
	const char *slash = program ? strrchr(program, '/') : NULL;

	snprintf(full, sizeof(full), "%.*s/%s", slash ? (int)(slash - program) : 5,
		 slash ? program : "build", path);
	return full;
}

/* The whole file with a NUL behind it; the caller frees. */
static char *content(const char *path, size_t *n)
{
	FILE *f = fopen(path, "re");
	char *p;
	long size;

	if (!f)
		fail_msg("%s is not there", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	assert_true(size >= 0);
	p = malloc((size_t)size + 1);
	assert_non_null(p);
	*n = fread(p, 1, (size_t)size, f);
	p[*n] = '\0';
	fclose(f);
	return p;
}

static void write_file(const char *path, const char *mode, const char *p, size_t n)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Its exit status; stdout goes to `out`. */
static int run(const char *out, const char *program, const char *a, const char *b, const char *c)
{
	char *argv[] = {(char *)program, (char *)a, (char *)b, (char *)c, NULL};
	char *env[] = {NULL};
	posix_spawn_file_actions_t acts;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_addopen(&acts, 1, out, 0x241 /* write, create, truncate */, 0600);
	assert_int_equal(posix_spawn(&pid, program, &acts, NULL, argv, env), 0);
	posix_spawn_file_actions_destroy(&acts);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* `path`, a golden case, as the file `recording`. */
static void make_recording(const char *path)
{
	assert_int_equal(run("/dev/null", built("tests/golden/run"), "--export", path, recording), 0);
}

static struct sigtrace_recording *open_recording(void)
{
	char why[512];
	struct sigtrace_recording *r = sigtrace_open(recording, why, sizeof(why));

	if (!r)
		fail_msg("%s", why);
	return r;
}

/* ---- items ---- */

static void item_is(const struct sigtrace_item *item, const char *line, size_t n)
{
	json_t *o = json_loadb(line, n, 0, NULL);

	assert_non_null(o);
	assert_int_equal(item->json_len, n);
	assert_memory_equal(item->json, line, n);
	assert_int_equal(strlen(item->json), n);
	assert_string_equal(item->type, json_string_value(json_object_get(o, "type")));
	assert_int_equal(item->seq, json_integer_value(json_object_get(o, "seq")));
	assert_int_equal(item->ts, json_integer_value(json_object_get(o, "ts")));
	assert_int_equal(item->session, json_integer_value(json_object_get(o, "session")));
	assert_int_equal(item->is_fact, json_object_get(o, "evidence") != NULL);
	json_decref(o);
}

/* Each item is a line of what is expected. How many there are. */
static size_t items_are(struct sigtrace_recording *r, const char *expected)
{
	const struct sigtrace_item *item;
	size_t count = 0;

	for (; *expected; expected += strcspn(expected, "\n") + 1, count++) {
		assert_int_equal(sigtrace_next(r, &item), 1);
		item_is(item, expected, strcspn(expected, "\n"));
	}
	return count;
}

static void one_case(char *path)
{
	const struct sigtrace_item *item;
	const struct sigtrace_totals *t;
	struct sigtrace_recording *r;
	char *json, *last;
	size_t n;
	json_t *o;

	make_recording(path);
	strcpy(strrchr(path, '.'), ".json");
	json = content(path, &n);
	r = open_recording();
	assert_true(items_are(r, json) > 1);
	assert_int_equal(sigtrace_next(r, &item), 0);
	assert_int_equal(sigtrace_next(r, &item), 0);
	assert_string_equal(sigtrace_error(r), "");

	last = strstr(json, "{\"type\":\"trace.end\"");
	assert_non_null(last);
	o = json_loads(last, 0, NULL);
	t = sigtrace_totals(r);
	assert_int_equal(t->records, json_integer_value(json_object_get(o, "records")));
	assert_int_equal(t->lost, json_integer_value(json_object_get(o, "lost")));
	assert_int_equal(t->sessions, json_integer_value(json_object_get(o, "sessions")));
	assert_int_equal(t->orphans, json_integer_value(json_object_get(o, "orphans")));
	json_decref(o);
	sigtrace_close(r);
	free(json);
}

static void items_are_those_of_json(void **state)
{
	glob_t g = {0};

	(void)state;
	assert_int_equal(glob(in_tree("tests/golden/*.rec"), 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 20);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char *path = malloc(strlen(g.gl_pathv[i]) + sizeof(".json"));

		assert_non_null(path);
		one_case(strcpy(path, g.gl_pathv[i]));
		free(path);
	}
	globfree(&g);
}

static void opening_says_why_not(void **state)
{
	char why[512], want[256], little[8];

	(void)state;
	snprintf(other, sizeof(other), "%s/none.sgt", dir);
	assert_null(sigtrace_open(other, why, sizeof(why)));
	snprintf(want, sizeof(want), "cannot open recording '%s': No such file or directory", other);
	assert_string_equal(why, want);
	assert_null(sigtrace_open(other, little, sizeof(little)));
	assert_string_equal(little, "cannot ");
	assert_null(sigtrace_open(other, NULL, 0));
	write_file(other, "we", "hello, world, this is no recording at all, not even one bit", 59);
	assert_null(sigtrace_open(other, why, sizeof(why)));
	assert_non_null(strstr(why, "is not a recording"));
}

/* Its writer was killed: everything that it told, an end, and then the error. */
static void cut_short(void **state)
{
	const struct sigtrace_item *item;
	struct sigtrace_recording *r;
	char *rec, *json, want[256];
	size_t n, count;
	json_t *o;

	(void)state;
	rec = content(in_tree("tests/golden/command-left.rec"), &n);
	snprintf(other, sizeof(other), "%s/cut.rec", dir);
	write_file(other, "we", rec, (size_t)(strstr(rec, "\ntrace.end") + 1 - rec));
	make_recording(other);
	json = content(in_tree("tests/golden/command-left.json"), &n);
	*(strstr(json, "{\"type\":\"orphan\"")) = '\0';

	r = open_recording();
	count = items_are(r, json);
	assert_true(count > 10);
	assert_int_equal(sigtrace_next(r, &item), 1);
	assert_string_equal(sigtrace_error(r), "");
	assert_string_equal(item->type, "trace.end");
	o = json_loads(item->json, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "reason")), "cut");
	json_decref(o);
	snprintf(want, sizeof(want), "recording '%s' has no end: its writer runs on, or was killed",
		 recording);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sigtrace_next(r, &item), -1);
		assert_string_equal(sigtrace_error(r), want);
	}
	sigtrace_close(r);
	free(json);
	free(rec);
}

/* ---- checks ---- */

static void load(struct sigtrace_checks *c, const char *name, const char *text)
{
	if (sigtrace_checks_load(c, name, text, strlen(text)))
		fail_msg("%s", sigtrace_checks_error(c));
}

/* `sigtrace assert` shows these, from *at on. */
static void result_is(const char **at, struct sigtrace_checks *c, size_t i)
{
	const struct sigtrace_result *k = sigtrace_checks_result(c, i);
	const struct sigtrace_failure *f;
	char want[1024];
	size_t n;

	snprintf(want, sizeof(want), "%-12s %s\n    %s:%u: %s\n", k->verdict, k->text, k->file,
		 k->line, k->why);
	if (strncmp(*at, want, strlen(want)))
		fail_msg("%s is not shown at: %.200s", want, *at);
	*at += strlen(want);
	for (n = 0; (f = sigtrace_checks_failure(c, i, n)); n++) {
		snprintf(want, sizeof(want), "    at %llu ms %s\n",
			 (unsigned long long)(f->since_ns / 1000000), f->event);
		if (strncmp(*at, want, strlen(want)))
			fail_msg("%s is not shown at: %.200s", want, *at);
		assert_true(f->tgid >= 1422 && f->tgid <= 1428);
		for (*at += strlen(want); !strncmp(*at, "      ", 6); )
			*at += strcspn(*at, "\n") + 1;
	}
	assert_int_equal(n, k->failures);
	assert_true(k->broken >= k->failures);
}

static void results_are_those_of_assert(void **state)
{
	struct sigtrace_checks *c = sigtrace_checks_new(false);
	struct sigtrace_recording *r;
	const struct sigtrace_item *item;
	char *text, *expected;
	const char *at;
	size_t n;

	(void)state;
	make_recording(in_tree("tests/golden/command-left.rec"));
	text = content(in_tree("tests/golden/command-left.sig"), &n);
	at = expected = content(in_tree("tests/golden/command-left.checks"), &n);
	load(c, "checks", text);
	assert_int_equal(sigtrace_checks_count(c), 20);
	assert_null(sigtrace_checks_result(c, 0));
	assert_null(sigtrace_checks_failure(c, 0, 0));
	assert_int_equal(sigtrace_checks_status(c), 2);
	r = open_recording();
	assert_int_equal(sigtrace_checks_run(c, r), 0);
	assert_int_equal(sigtrace_next(r, &item), 0);
	for (size_t i = 0; i < 20; i++)
		result_is(&at, c, i);
	assert_string_equal(at, "20 checks: 8 passed, 6 failed, 3 inconclusive, 3 vacuous\n");
	assert_null(sigtrace_checks_result(c, 20));
	assert_int_equal(sigtrace_checks_status(c), 1);
	sigtrace_close(r);
	sigtrace_checks_free(c);
	free(text);
	free(expected);
}

static int status_of(const char *text, bool strict)
{
	struct sigtrace_checks *c = sigtrace_checks_new(strict);
	struct sigtrace_recording *r = open_recording();
	int status;

	load(c, "checks", text);
	sigtrace_checks_run(c, r);
	status = sigtrace_checks_status(c);
	sigtrace_checks_free(c);
	sigtrace_close(r);
	return status;
}

static void statuses(void **state)
{
	(void)state;
	make_recording(in_tree("tests/golden/command-left.rec"));
	assert_int_equal(status_of("never signal sig=SIGKILL", false), 0);
	assert_int_equal(status_of("no orphan", false), 1);
	assert_int_equal(status_of("every exec comm=nohup -> exit tgid=$tgid within 1m", false), 4);
	assert_int_equal(status_of("every interrupt -> no orphan within 1s", false), 5);
	assert_int_equal(status_of("every interrupt -> no orphan within 1s", true), 1);
	assert_int_equal(status_of("", false), 5);
	/* damage behind the end: nothing that passed is to be trusted */
	write_file(recording, "ae", "these are no frames of zstd", 27);
	assert_int_equal(status_of("never signal sig=SIGKILL", false), 4);
	assert_int_equal(status_of("no orphan", false), 1);
}

static void wrong_checks(void **state)
{
	struct sigtrace_checks *c = sigtrace_checks_new(false);
	struct sigtrace_recording *r;
	char want[512];

	(void)state;
	make_recording(in_tree("tests/golden/command-left.rec"));
	snprintf(other, sizeof(other), "%s/bad.sig", dir);
	write_file(other, "we", "no orphan\nno orphn\nno exec com=x\n", 33);
	assert_int_equal(sigtrace_checks_load_file(c, other), -1);
	snprintf(want, sizeof(want), "%s:2:4: ", other);
	assert_int_equal(strncmp(sigtrace_checks_error(c), want, strlen(want)), 0);
	snprintf(want, sizeof(want), "\n%s:3:9: ", other);
	assert_non_null(strstr(sigtrace_checks_error(c), want));
	assert_int_not_equal(sigtrace_checks_error(c)[strlen(sigtrace_checks_error(c)) - 1], '\n');
	r = open_recording();
	assert_int_equal(sigtrace_checks_run(c, r), -1);
	assert_int_equal(sigtrace_checks_load(c, "x", "no orphan", 9), -1);
	assert_non_null(strstr(sigtrace_checks_error(c), want));
	assert_int_equal(sigtrace_checks_status(c), 2);
	sigtrace_checks_free(c);
	sigtrace_close(r);
}

static void wrong_use(void **state)
{
	struct sigtrace_checks *c = sigtrace_checks_new(false);
	const struct sigtrace_item *item;
	struct sigtrace_recording *r;
	char want[256];

	(void)state;
	make_recording(in_tree("tests/golden/command-left.rec"));
	load(c, "x", "no orphan");
	r = open_recording();
	assert_int_equal(sigtrace_next(r, &item), 1);
	assert_int_equal(sigtrace_checks_run(c, r), -1);
	assert_string_equal(sigtrace_checks_error(c), "the recording has been read from");
	assert_int_equal(sigtrace_checks_status(c), 2);
	sigtrace_close(r);
	r = open_recording();
	assert_int_equal(sigtrace_checks_run(c, r), 0);
	assert_string_equal(sigtrace_checks_error(c), "");
	assert_int_equal(sigtrace_checks_run(c, r), -1);
	assert_string_equal(sigtrace_checks_error(c), "checks are run once");
	assert_int_equal(sigtrace_checks_load(c, "x", "no orphan", 9), -1);
	assert_string_equal(sigtrace_checks_error(c), "checks are loaded before they are run");
	assert_int_equal(sigtrace_checks_count(c), 1);
	assert_int_equal(sigtrace_checks_status(c), 1);
	sigtrace_checks_free(c);
	sigtrace_close(r);

	c = sigtrace_checks_new(false);
	assert_int_equal(sigtrace_checks_load_file(c, dir), -1);
	snprintf(want, sizeof(want), "cannot read '%s': Is a directory", dir);
	assert_string_equal(sigtrace_checks_error(c), want);
	sigtrace_checks_free(c);
	sigtrace_checks_free(NULL);
	sigtrace_close(NULL);
}

/* ---- the manual ---- */

/* As scdoc takes it: what stands behind a backslash. */
static void unescape(char *p)
{
	char *to = p;

	for (; *p; p++) {
		p += *p == '\\';
		*to++ = *p;
	}
	*to = '\0';
}

static void example_is_the_manuals(void **state)
{
	size_t n;
	char *page = content(in_tree("user/man/libsigtrace.3.scd"), &n);
	char *code = content(in_tree("tests/lib/example.c"), &n), *shown;

	(void)state;
	shown = strstr(page, "```\n#include <stdio.h>");
	assert_non_null(shown);
	shown += 4;
	*strstr(shown, "```") = '\0';
	unescape(shown);
	assert_string_equal(strchr(code, '\n') + 1, shown);
	free(page);
	free(code);
}

/* It is linked with the static library. */
static void example_runs(void **state)
{
	static const char checks[] = "no orphan\nno orphan not intended\n";
	char out[64], want[512], *got;
	size_t n;

	(void)state;
	make_recording(in_tree("tests/golden/command-left.rec"));
	snprintf(other, sizeof(other), "%s/two.sig", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	write_file(other, "we", checks, strlen(checks));
	assert_int_equal(run(out, built("tests/lib/example"), recording, other, NULL), 1);
	got = content(out, &n);
	snprintf(want, sizeof(want),
		 "%s:1: fail: it happened 2 times\n"
		 "  orphan sleep 1426, other_session, on purpose\n"
		 "  orphan sleep 1427, no_signal, on purpose\n"
		 "%s:2: pass: it did not happen\n", other, other);
	assert_string_equal(got, want);
	free(got);
}

/* ---- */

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(recording, sizeof(recording), "%s/one.sgt", dir);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"one.sgt", "none.sgt", "cut.rec", "bad.sig", "two.sig",
					    "out"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(other, sizeof(other), "%s/%s", dir, names[i]);
		unlink(other);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_those_of_json),
		cmocka_unit_test(opening_says_why_not),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(results_are_those_of_assert),
		cmocka_unit_test(statuses),
		cmocka_unit_test(wrong_checks),
		cmocka_unit_test(wrong_use),
		cmocka_unit_test(example_is_the_manuals),
		cmocka_unit_test(example_runs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
