/* SPDX-License-Identifier: GPL-2.0-only */
/* What other tracers get wrong about themselves: a reader that stands still or is slow, threads
 * that end together, signals to the tracer. */
#include "live/live.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

/* ---- storms ---- */

#define STORM 30000 /* of records of 160 bytes into 1 MiB */
#define SQUALL 20000 /* fits */

/* The n-th CPU that we may run on; -1: there are less. n < 0: all of them. */
static int run_on(int n)
{
	static cpu_set_t all;
	cpu_set_t one;

	if (!CPU_COUNT(&all))
		sched_getaffinity(0, sizeof(all), &all);
	if (n < 0)
		return sched_setaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || n--)
			continue;
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof(one), &one);
	}
	return -1;
}

/* On the first CPU. */
static int start_storm(struct live *l, int n, const char *const *more)
{
	const char *args[16] = { "--json", "-p" };
	char number[16], pid_arg[16];
	int pid;

	snprintf(number, sizeof(number), "%d", n);
	run_on(0);
	pid = live_child(l, ARGS(live_prog(l, "storm"), number));
	run_on(-1);
	snprintf(pid_arg, sizeof(pid_arg), "%d", pid);
	args[2] = pid_arg;
	for (size_t i = 3; i < 15 && *more; i++)
		args[i] = *more++;
	live_trace(l, args);
	return pid;
}

static void storm(struct live *l, int pid)
{
	kill(pid, SIGUSR2);
	if (!proc_becomes(pid, "stormed"))
		live_fail(l, "the storm does not end");
}

static void stop(struct live *l, int pid)
{
	int status;

	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		live_fail(l, "sigtrace does not stop");
}

static bool is(const json_t *o, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && !strcmp(s, value);
}

/* Sends SIGUSR1 until one comes through; returns how many that took. */
static int ping(struct live *l, int pid)
{
	json_t *pattern = json_pack("{s:s, s:s, s:i}", "type", "signal.generate", "sig", "SIGUSR1",
				    "tgid", (int)getpid());
	int64_t deadline = proc_now_ms() + 4 * EVENT_MS;
	int n = 0;

	do {
		kill(pid, SIGUSR1);
		n++;
		if (!proc_left(deadline))
			live_fail(l, "nothing comes after the storm");
	} while (!trace_find(&l->trace, pattern, 50));
	json_decref(pattern);
	return n;
}

/* Where the losses stand: behind what was caught of the storm, before what came after it. */
static void check_order(struct live *l)
{
	size_t i, first = 0, lost = 0, last = 0, after = 0;
	json_t *o;

	json_array_foreach(l->trace.lines, i, o) {
		if (is(o, "type", "trace.lost") && is(o, "kind", "signal.generate")) {
			first = first ? first : i;
			lost = i;
		} else if (is(o, "type", "signal.generate") && is(o, "sig", "SIGURG")) {
			last = i;
		} else if (is(o, "type", "signal.generate") && is(o, "sig", "SIGUSR1") && !after) {
			after = i;
		}
	}
	if (first < last || !lost || after < lost)
		live_fail(l, "trace.lost is line %zu to %zu, the last caught %zu, the next %zu",
			  first, lost, last, after);
}

/* Losses are counted by CPU: what is sent from another one tells of them as well. */
static void stands_still(struct live *l, int ping_cpu)
{
	json_int_t caught = 0, lost = 0, all_lost = 0;
	int pid, pings;
	size_t i;
	json_t *o;

	l->trace.may_lose = true;
	pid = start_storm(l, STORM, ARGS("--buffer", "1M"));
	stop(l, l->trace.pid);
	storm(l, pid);
	kill(l->trace.pid, SIGCONT);
	run_on(ping_cpu);
	pings = ping(l, pid);
	run_on(-1);
	kill(pid, SIGTERM);
	assert_int_equal(trace_join(&l->trace, 4 * EVENT_MS), 4);
	json_array_foreach(l->trace.lines, i, o) {
		const json_t *count = json_object_get(o, "count");
		json_int_t n = count ? json_integer_value(count) : 1;

		caught += is(o, "type", "signal.generate") ? n : 0;
		if (!is(o, "type", "trace.lost"))
			continue;
		all_lost += n;
		lost += is(o, "kind", "signal.generate") ? n : 0;
	}
	/* SIGUSR2 before the storm, SIGTERM after it */
	if (caught + lost != STORM + pings + 2 || !lost || caught < 4000)
		live_fail(l, "of %d signals, %lld were caught and %lld lost", STORM + pings + 2,
			  (long long)caught, (long long)lost);
	live_expect(l, "{s:s, s:I}", "type", "trace.end", "lost", all_lost);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGTERM");
	check_order(l);
	if (!strstr(buf_cstr(&l->trace.said), "lost"))
		live_fail(l, "no word about it on stderr");
	l->passed = true;
}

static void test_reader_stands_still(void **state)
{
	stands_still(live(state), 0);
}

static void test_loss_on_another_cpu(void **state)
{
	struct live *l = live(state);

	if (run_on(1) < 0)
		live_skip("this machine has one CPU");
	stands_still(l, 1);
}

/* A reader of stdout that takes little at a time; all of it, in *b. */
static void read_slowly(struct live *l, int fd, struct buf *b)
{
	int64_t deadline = proc_now_ms() + 6 * EVENT_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char chunk[1000];
	ssize_t n = 1;

	while (n > 0 && poll(&p, 1, proc_left(deadline)) > 0) {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_put(b, chunk, (size_t)n);
	}
	if (n)
		live_fail(l, "stdout has no end after %zu bytes", b->len);
}

static void test_sigterm_and_a_slow_reader(void **state)
{
	struct live *l = live(state);
	struct buf b = { 0 };
	size_t caught = 0;
	char *line, *next;
	json_t *end;
	int out[2], pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fcntl(out[0], F_SETPIPE_SZ, 4096);
	l->trace.stdout_fd = out[1];
	pid = start_storm(l, SQUALL, ARGS(NULL));
	close(out[1]);
	storm(l, pid);
	kill(l->trace.pid, SIGTERM);
	read_slowly(l, out[0], &b);
	close(out[0]);
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 0);
	buf_cstr(&b);
	for (line = b.p; (next = strchr(line, '\n')) && next[1]; line = next + 1)
		caught += !!memmem(line, (size_t)(next - line), "\"SIGURG\"", 8);
	assert_int_equal(caught, SQUALL);
	end = json_loads(line, 0, NULL);
	if (!is(end, "type", "trace.end") || !is(end, "reason", "signal"))
		live_fail(l, "the last line is %.200s", line);
	json_decref(end);
	buf_free(&b);
	l->passed = true;
}

/* ---- everything, and every process once ---- */

#define DEATHS 400 /* in one of a hundred the last two threads meet */

static void test_all_tells_each_end_once(void **state)
{
	struct live *l = live(state);
	char number[16];
	size_t i, n = 0, k;
	json_t *o;

	l->trace.may_lose = true; /* it is the whole machine, whatever that does */
	l->trace.filtered = true;
	live_trace(l, ARGS("--json", "--all", "-e", "task.exit"));
	snprintf(number, sizeof(number), "%d", DEATHS);
	live_child(l, ARGS(live_prog(l, "threads"), "many", number));
	live_done(l);
	json_array_foreach(l->trace.lines, i, o) {
		if (!is(o, "comm", "prog_threads") || !is(o, "signal", "SIGKILL"))
			continue;
		n++;
		for (k = 0; k < i; k++) {
			const json_t *other = json_array_get(l->trace.lines, k);

			if (is(other, "type", "task.exit") && is(other, "comm", "prog_threads") &&
			    json_equal(json_object_get(other, "tgid"), json_object_get(o, "tgid")))
				live_fail(l, "process %d ended twice", live_int(l, o, "tgid"));
		}
	}
	assert_int_equal(n, DEATHS);
}

/* ---- begin and end ---- */

static void test_ready_and_duration(void **state)
{
	struct live *l = live(state);
	char number[16], c[4];
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	snprintf(number, sizeof(number), "%d", fd[1]);
	assert_int_equal(trace_spawn(&l->trace, ARGS("--sshd", "--json", "--ready-fd", number,
						     "--duration", "1h")),
			 0);
	close(fd[1]);
	/* one newline, and the descriptor is closed then, not when sigtrace ends */
	assert_int_equal(read(fd[0], c, sizeof(c)), 1);
	assert_int_equal(c[0], '\n');
	assert_int_equal(read(fd[0], c, sizeof(c)), 0);
	close(fd[0]);
	assert_true(proc_alive(l->trace.pid));
	live_done(l);
	trace_free(&l->trace);
	live_trace(l, ARGS("--sshd", "--json", "--duration", "100ms"));
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 0);
	live_expect(l, "{s:s, s:s}", "type", "trace.end", "reason", "duration");
}

/* A signal to sigtrace goes on to the command, which decides. */
static void passed_on(void **state, int sig, const char *mode, int status, const char *signal_is)
{
	struct live *l = live(state);
	const char *said = "hold=";
	char path[300];
	json_t *o;
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "%s/out.json", l->server.dir);
	l->trace.raw = true;
	live_trace(l, ARGS("--json", "-o", path, "--", live_prog(l, "hold"), mode));
	while (!memchr(l->trace.bytes.p ? l->trace.bytes.p : "", '\n', l->trace.bytes.len))
		if (trace_pump(&l->trace, EVENT_MS) < 0)
			live_fail(l, "the command says nothing");
	pid = atoi(strstr(buf_cstr(&l->trace.bytes), said) + strlen(said));
	kill(l->trace.pid, sig);
	assert_int_equal(trace_join(&l->trace, EVENT_MS), status);
	assert_false(proc_alive(pid));
	f = fopen(path, "re");
	while (f && (o = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)))
		json_array_append_new(l->trace.lines, o);
	if (f)
		fclose(f);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s}", "type", "signal.generate", "sig", signal_is,
		    "target", "tgid", pid, "origin", "user");
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.exit", "tgid", pid), 1);
	live_expect(l, "{s:s, s:s}", "type", "trace.end", "reason", "command");
	l->passed = true;
}

static void test_sigterm_goes_to_the_command(void **state)
{
	passed_on(state, SIGTERM, "ignore", 143, "SIGTERM");
}

static void test_sigint_goes_to_the_command(void **state)
{
	passed_on(state, SIGINT, "quit", 0, "SIGINT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_reader_stands_still),
		LIVE_TEST(test_loss_on_another_cpu),
		LIVE_TEST(test_sigterm_and_a_slow_reader),
		LIVE_TEST(test_all_tells_each_end_once),
		LIVE_TEST(test_ready_and_duration),
		LIVE_TEST(test_sigterm_goes_to_the_command),
		LIVE_TEST(test_sigint_goes_to_the_command),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
