/* SPDX-License-Identifier: GPL-2.0-only */
/* --stats and --metrics: their figures are those of the trace, and the file is always whole. */
#include "live/live.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define STORM_MS (6 * EVENT_MS)

/* ---- a strict reader of Prometheus' text format ---- */

struct metrics {
	char text[32768];
	char family[128], type[16]; /* of the last # TYPE line */
	char seen[64][128];	    /* families so far */
	size_t nseen;
	char why[300];		    /* what is wrong, empty: nothing */
};

static void wrong(struct metrics *m, const char *what, const char *line)
{
	if (!m->why[0])
		snprintf(m->why, sizeof(m->why), "%s: '%.*s'", what, (int)strcspn(line, "\n"), line);
}

/* [a-zA-Z_:][a-zA-Z0-9_:]* into `out`; what is behind it. */
static const char *name(const char *p, char *out, size_t size)
{
	size_t n = 0;

	while (isalpha((unsigned char)p[n]) || p[n] == '_' || p[n] == ':' ||
	       (n && isdigit((unsigned char)p[n])))
		n++;
	snprintf(out, size, "%.*s", (int)n, p);
	return p + n;
}

static void on_help(struct metrics *m, const char *line)
{
	char family[128];
	const char *p = name(line + 7, family, sizeof(family));

	if (!family[0] || *p != ' ' || p[1] == '\n')
		wrong(m, "no help", line);
	for (size_t i = 0; i < m->nseen; i++)
		if (!strcmp(m->seen[i], family))
			wrong(m, "a family comes twice", line);
	if (m->nseen < 64)
		strcpy(m->seen[m->nseen++], family);
	m->type[0] = '\0';
}

static void on_type(struct metrics *m, const char *line)
{
	const char *p = name(line + 7, m->family, sizeof(m->family));
	bool counter = !strncmp(p, " counter\n", 9), gauge = !strncmp(p, " gauge\n", 7);
	size_t n = strlen(m->family);

	if (!m->nseen || strcmp(m->seen[m->nseen - 1], m->family) || m->type[0])
		wrong(m, "TYPE is not behind its HELP", line);
	if (!counter && !gauge)
		wrong(m, "unknown type", line);
	if (counter != (n > 6 && !strcmp(m->family + n - 6, "_total")))
		wrong(m, "a counter's name ends with _total, no other does", line);
	strcpy(m->type, counter ? "counter" : "gauge");
}

static void on_sample(struct metrics *m, const char *line)
{
	char family[128], label[128], *end;
	const char *p = name(line, family, sizeof(family));

	if (!m->type[0] || strcmp(family, m->family))
		wrong(m, "a sample outside of its family", line);
	if (*p == '{') {
		p = name(p + 1, label, sizeof(label));
		if (!label[0] || strncmp(p, "=\"", 2))
			wrong(m, "a bad label", line);
		p += 2;
		p += strcspn(p, "\"\\\n");
		if (strncmp(p, "\"}", 2))
			wrong(m, "a bad label", line);
		p += 2;
	}
	if (*p != ' ' || !(isdigit((unsigned char)p[1])))
		wrong(m, "no value", line);
	strtod(p + 1, &end);
	if (*end != '\n')
		wrong(m, "something behind the value", line);
}

/* Empty: it is well. */
static const char *parse(struct metrics *m, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(m->text, 1, sizeof(m->text) - 1, f) : 0;

	memset(m->seen, 0, sizeof(m->seen));
	m->nseen = 0;
	m->why[0] = m->type[0] = '\0';
	m->text[n] = '\0';
	if (f)
		fclose(f);
	if (!n || m->text[n - 1] != '\n')
		wrong(m, "it is not whole", m->text);
	for (const char *p = m->text; *p && !m->why[0]; p = strchr(p, '\n') + 1) {
		if (!strncmp(p, "# HELP ", 7))
			on_help(m, p);
		else if (!strncmp(p, "# TYPE ", 7))
			on_type(m, p);
		else
			on_sample(m, p);
	}
	return m->why;
}

/* The value of `sigtrace_SAMPLE`, label and all; -1: there is none. */
static double value(const struct metrics *m, const char *sample)
{
	char line[128];
	const char *p;

	snprintf(line, sizeof(line), "\nsigtrace_%s ", sample);
	p = strstr(m->text, line);
	return p ? strtod(p + strlen(line), NULL) : -1;
}

static double sum(const struct metrics *m, const char *family)
{
	char line[128];
	double n = 0;

	snprintf(line, sizeof(line), "\nsigtrace_%s{", family);
	for (const char *p = m->text; (p = strstr(p, line)); p++)
		n += strtod(strchr(p, '}') + 2, NULL);
	return n;
}

/* ---- the tests ---- */

static struct metrics metrics;

static void must_parse(struct live *l, const char *path)
{
	if (parse(&metrics, path)[0])
		live_fail(l, "%s: %s", path, metrics.why);
}

static double total_of(struct live *l, const char *key)
{
	json_t *end = live_expect(l, "{s:s}", "type", "trace.end");

	return (double)json_integer_value(json_object_get(end, key));
}

static double coalesced(struct live *l)
{
	double n = 0;
	json_t *o;
	size_t i;

	json_array_foreach(l->trace.lines, i, o) {
		if (json_object_get(o, "count") &&
		    !strncmp(json_string_value(json_object_get(o, "type")), "signal.", 7))
			n += (double)json_integer_value(json_object_get(o, "count"));
	}
	return n;
}

/* A storm that a small buffer cannot hold, while sigtrace stands still: lost and coalesced count. */
static void test_agree(void **state)
{
	struct live *l = live(state);
	int64_t deadline = proc_now_ms() + STORM_MS;
	const char *file = live_path(l, "agree.prom");
	char said[64];
	int pid, status;

	l->trace.may_lose = true;
	pid = live_child(l, ARGS(live_prog(l, "storms"), live_path(l, "made"), "0", "ignored=20000",
				 "forks=1000"));
	live_trace(l, ARGS("--all", "--json", "--buffer", "64k", "--stats", "--metrics", file));
	kill(l->trace.pid, SIGSTOP);
	if (waitpid(l->trace.pid, &status, WUNTRACED) != l->trace.pid || !WIFSTOPPED(status))
		live_fail(l, "sigtrace does not stop");
	kill(pid, SIGUSR2);
	while (proc_alive(pid))
		if (!proc_left(deadline) || poll(NULL, 0, 2) < 0)
			live_fail(l, "the storm does not end");
	kill(l->trace.pid, SIGCONT);
	if (trace_stop(&l->trace) < 0)
		live_fail(l, "%s", l->trace.why);
	must_parse(l, file);
	assert_true(value(&metrics, "records_total") == total_of(l, "records"));
	assert_true(total_of(l, "lost") > 0);
	assert_true(sum(&metrics, "lost_records_total") == total_of(l, "lost"));
	assert_true(value(&metrics, "lost_records_total{kind=\"task.fork\"}") > 0);
	assert_true(coalesced(l) > 0);
	assert_true(value(&metrics, "coalesced_signals_total") == coalesced(l));
	assert_true(value(&metrics, "sessions_total") == total_of(l, "sessions"));
	assert_true(value(&metrics, "orphans_total") == total_of(l, "orphans"));
	assert_true(value(&metrics, "ring_bytes") == 65536);
	assert_in_range((uintmax_t)value(&metrics, "ring_most_bytes"), 65536 / 2, 65536);
	assert_true(value(&metrics, "program_runs_total{program=\"on_generate\"}") >= 20000);
	assert_true(value(&metrics, "program_seconds_total{program=\"on_generate\"}") > 0);
	assert_true(value(&metrics, "resident_memory_bytes") > 0);
	snprintf(said, sizeof(said), "stats of all: %.0f records", total_of(l, "records"));
	assert_non_null(strstr(buf_cstr(&l->trace.said), said));
	snprintf(said, sizeof(said), ", %.0f lost (", total_of(l, "lost"));
	assert_non_null(strstr(buf_cstr(&l->trace.said), said));
	assert_non_null(strstr(buf_cstr(&l->trace.said), "; ns a run: "));
	l->passed = true;
}

/* A process that does nothing: whatever else goes on here is not traced. */
static const char *waiting(struct live *l)
{
	static char number[16];
	int pid = live_child(l, ARGS(live_prog(l, "storms"), live_path(l, "made"), "0", "ignored=1"));

	snprintf(number, sizeof(number), "%d", pid);
	return number;
}

/* Waits until the file was put into the folder once more. */
static void await_file(struct live *l, int watch, const char *name)
{
	int64_t deadline = proc_now_ms() + STORM_MS;
	char events[4096] __attribute__((aligned(8)));
	struct pollfd p = { .fd = watch, .events = POLLIN };

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, proc_left(deadline)) <= 0)
			live_fail(l, "%s is not written again", name);
		n = read(watch, events, sizeof(events));
		for (char *at = events; at < events + n;) {
			const struct inotify_event *e = (const void *)at;

			if (e->len && !strcmp(e->name, name))
				return;
			at += sizeof(*e) + e->len;
		}
	}
}

/* Each time it is there as a whole, for everybody to read, and nothing else is left beside it. */
static void test_each_second(void **state)
{
	struct live *l = live(state);
	const char *dir = live_path(l, "metrics"), *file;
	double before = -1;
	struct stat st;
	int watch = inotify_init1(IN_CLOEXEC);

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_true(inotify_add_watch(watch, dir, IN_MOVED_TO) >= 0);
	file = live_path(l, "metrics/each.prom");
	live_trace(l, ARGS("-p", waiting(l), "--json", "--stats", "--metrics", file));
	for (int i = 0; i < 3; i++) {
		await_file(l, watch, "each.prom");
		must_parse(l, file);
		assert_true(value(&metrics, "records_total") >= before);
		before = value(&metrics, "records_total");
		while (!trace_pump(&l->trace, 0)) /* else it may wait for us */
			;
	}
	assert_true(before > 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	if (trace_stop(&l->trace))
		live_fail(l, "%s", l->trace.why);
	assert_non_null(strstr(buf_cstr(&l->trace.said), "stats: "));
	assert_non_null(strstr(strstr(buf_cstr(&l->trace.said), "stats: ") + 1, "stats: "));
	close(watch);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(live_path(l, "metrics")), 0);
	l->passed = true;
}

/* The kernel measures programs for --stats alone: that costs all of the machine's. */
static void test_not_measured(void **state)
{
	struct live *l = live(state);
	const char *file = live_path(l, "plain.prom");

	live_trace(l, ARGS("-p", waiting(l), "--json", "--metrics", file));
	if (trace_stop(&l->trace))
		live_fail(l, "%s", l->trace.why);
	must_parse(l, file);
	assert_true(value(&metrics, "records_total") == total_of(l, "records"));
	assert_null(strstr(metrics.text, "program"));
	assert_null(strstr(buf_cstr(&l->trace.said), "stats"));
	l->passed = true;
}

/* Of a recording there are no ring and no programs. */
static void test_replay(void **state)
{
	struct live *l = live(state);
	const char *rec = live_path(l, "replay.sgt"), *file = live_path(l, "replay.prom");
	struct buf out = { 0 }, err = { 0 };
	char said[64];

	live_trace(l, ARGS("-p", waiting(l), "--json", "-w", rec));
	if (trace_stop(&l->trace))
		live_fail(l, "%s", l->trace.why);
	assert_int_equal(tool_run(ARGS("-r", rec, "-q", "--stats", "--metrics", file), EVENT_MS, &out,
				  &err), 0);
	must_parse(l, file);
	assert_true(value(&metrics, "records_total") == total_of(l, "records"));
	assert_null(strstr(metrics.text, "ring"));
	assert_null(strstr(metrics.text, "program"));
	snprintf(said, sizeof(said), "stats of all: %.0f records", total_of(l, "records"));
	assert_non_null(strstr(buf_cstr(&err), said));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

static void test_no_such_folder(void **state)
{
	struct live *l = live(state);
	struct buf out = { 0 }, err = { 0 };

	assert_int_equal(tool_run(ARGS("--all", "-q", "--duration", "1s", "--metrics",
				       live_path(l, "none/x.prom")), EVENT_MS, &out, &err), 2);
	assert_non_null(strstr(buf_cstr(&err), "cannot write metrics"));
	assert_non_null(strstr(buf_cstr(&err), "No such file or directory"));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_agree),
		LIVE_TEST(test_each_second),
		LIVE_TEST(test_not_measured),
		LIVE_TEST(test_replay),
		LIVE_TEST(test_no_such_folder),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
