/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording into a pipe whose reader stands still: it is waited for, until a signal says that the
 * trace is to end. What is in the pipe can be read, what is not is told.
 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define STORM "100000" /* signals: some 13 MB of records, which the pipe does not hold, however well they are packed */
#define PIPE 16384

/* The reader's end of a pipe with a name; *in, if wanted, a writer's. */
static int make_pipe(struct live *l, const char *path, int *in)
{
	int out;

	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	out = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	*in = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (out < 0 || *in < 0 || fcntl(out, F_SETPIPE_SZ, PIPE) < 0)
		live_fail(l, "%s: %s", path, strerror(errno));
	return out;
}

/* Frames in the pipe that hold such a signal: the second of those that came meanwhile does. */
static void fill_some(struct live *l, int out, int pid)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;
	int had = 0, has = 0, frames = 0;

	while (frames < 3) {
		kill(pid, SIGUSR1);
		poll(NULL, 0, 5);
		assert_int_equal(ioctl(out, FIONREAD, &has), 0);
		frames += has > had;
		had = has;
		if (!proc_left(deadline))
			live_fail(l, "nothing is written");
	}
}

/* Until there is no room: its writer waits, for it has more. */
static void is_full(struct live *l, int in)
{
	struct pollfd room = { .fd = in, .events = POLLOUT };
	int64_t deadline = proc_now_ms() + EVENT_MS;

	while (poll(&room, 1, 0) > 0) {
		if (!proc_left(deadline))
			live_fail(l, "the pipe is not filled");
		poll(NULL, 0, 5);
	}
}

static void storm(struct live *l, int pid)
{
	kill(pid, SIGUSR2);
	if (!proc_becomes(pid, "stormed"))
		live_fail(l, "the storm does not end");
}

/* Whom the tracer is told to trace. */
static int storm_child(struct live *l, char number[16])
{
	int pid = live_child(l, ARGS(live_prog(l, "storm"), STORM));

	snprintf(number, 16, "%d", pid);
	return pid;
}

/* A storm's process, traced into a pipe with a name, with or without a view; its number. */
static int trace_into_pipe(struct live *l, const char *view, int *out, int *in)
{
	char number[16], fifo[300];
	int pid;

	snprintf(fifo, sizeof(fifo), "%s", live_path(l, "fifo"));
	*out = make_pipe(l, fifo, in);
	pid = storm_child(l, number);
	l->trace.may_lose = true;
	live_trace(l, ARGS(view, "-w", fifo, "-p", number, "--buffer", "64k"));
	return pid;
}

/* All that is in the pipe, to a file. The writers are gone. */
static void save(struct live *l, int out, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char chunk[PIPE];
	ssize_t n;

	assert_true(to >= 0);
	while ((n = read(out, chunk, sizeof(chunk))) > 0)
		assert_int_equal(write(to, chunk, (size_t)n), n);
	if (n < 0)
		live_fail(l, "the pipe has a writer still: %s", strerror(errno));
	close(to);
	close(out);
}

/* The number in front of the words. */
static unsigned long long said(struct live *l, const char *words)
{
	const char *text = buf_cstr(&l->trace.said), *p = strstr(text, words);

	if (!p)
		live_fail(l, "it says \"%.400s\" and not \"%s\"", text, words);
	while (p > text && p[-1] >= '0' && p[-1] <= '9')
		p--;
	return strtoull(p, NULL, 10);
}

/* Both are told, and a recording in the pipe is what it was up to then. */
static void ends_in_time(struct live *l, int want)
{
	int status = trace_join(&l->trace, EVENT_MS);

	if (status != want)
		live_fail(l, "status %d, not %d: %s %.300s", status, want, l->trace.why,
			  buf_cstr(&l->trace.said));
	said(l, "its reader stands still");
}

/* Each record that the engine took is in the pipe, or among those that it says are not; what came
 * while the ring was full was lost, and counted as well. */
static void test_signal(void **state)
{
	struct live *l = live(state);
	unsigned long long unwritten;
	char rec[300];
	struct live_recorded f;
	json_t *end;
	int pid, out, in;

	snprintf(rec, sizeof(rec), "%s", live_path(l, "read.sgt"));
	pid = trace_into_pipe(l, "--json", &out, &in);
	fill_some(l, out, pid);
	storm(l, pid);
	is_full(l, in);
	close(in);
	kill(l->trace.pid, SIGTERM);
	ends_in_time(l, 4);
	save(l, out, rec);
	f = live_recorded(l, rec, SIGUSR1);
	unwritten = said(l, " records (");
	end = live_expect(l, "{s:s}", "type", "trace.end");
	assert_true(f.signals > 0 && !f.whole);
	assert_int_equal(f.records + unwritten, live_int(l, end, "records"));
	assert_true(live_int(l, end, "lost") > 0);
	assert_int_equal(said(l, " records were lost as well"), live_int(l, end, "lost"));
	l->passed = true;
}

/* What can be read of it is shown, and that it is cut. */
static void test_stdout(void **state)
{
	struct live *l = live(state);
	char number[16], rec[300];
	struct buf text, err;
	int pid, fd[2];

	snprintf(rec, sizeof(rec), "%s", live_path(l, "stdout.sgt"));
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_true(fcntl(fd[0], F_SETPIPE_SZ, PIPE) > 0);
	pid = storm_child(l, number);
	l->trace.may_lose = true;
	l->trace.stdout_fd = fd[1];
	live_trace(l, ARGS("-q", "-w", "/dev/stdout", "-p", number, "--buffer", "64k"));
	fill_some(l, fd[0], pid);
	storm(l, pid);
	is_full(l, fd[1]);
	/* it is shared with who started us, whose it is to say whether it waits */
	assert_int_equal(fcntl(fd[1], F_GETFL) & O_NONBLOCK, 0);
	close(fd[1]);
	kill(l->trace.pid, SIGINT);
	ends_in_time(l, 4);
	save(l, fd[0], rec);
	assert_int_equal(tool_run(ARGS("-r", rec, "--json"), 4 * EVENT_MS, &text, &err), 4);
	assert_non_null(strstr(buf_cstr(&text), "\"SIGUSR1\""));
	assert_non_null(strstr(buf_cstr(&text), "\"reason\":\"cut\""));
	buf_free(&text);
	buf_free(&err);
	l->passed = true;
}

static void test_second_signal(void **state)
{
	struct live *l = live(state);
	int pid, out, in;

	pid = trace_into_pipe(l, "-q", &out, &in);
	storm(l, pid);
	is_full(l, in);
	/* both are there when it looks: which it takes is its own matter */
	kill(l->trace.pid, SIGSTOP);
	kill(l->trace.pid, SIGTERM);
	kill(l->trace.pid, SIGINT);
	kill(l->trace.pid, SIGCONT);
	trace_join(&l->trace, EVENT_MS);
	if (!WIFSIGNALED(l->trace.status))
		live_fail(l, "status 0x%x: %.300s", l->trace.status, buf_cstr(&l->trace.said));
	close(in);
	close(out);
	l->passed = true;
}

/* Of a command it is passed on: its end is ours, and the status its own. */
static void test_command(void **state)
{
	struct live *l = live(state);
	const char *word = "storm=";
	char fifo[300];
	int pid, out, in;

	snprintf(fifo, sizeof(fifo), "%s", live_path(l, "fifo"));
	out = make_pipe(l, fifo, &in);
	l->trace.may_lose = l->trace.raw = true;
	live_trace(l, ARGS("-q", "-w", fifo, "--buffer", "64k", "--", live_prog(l, "storm"), STORM));
	for (int64_t deadline = proc_now_ms() + EVENT_MS; !strchr(buf_cstr(&l->trace.bytes), '\n');) {
		trace_pump(&l->trace, 50);
		if (!proc_left(deadline))
			live_fail(l, "the command says \"%s\"", buf_cstr(&l->trace.bytes));
	}
	pid = atoi(buf_cstr(&l->trace.bytes) + strlen(word));
	storm(l, pid);
	is_full(l, in);
	kill(l->trace.pid, SIGTERM);
	ends_in_time(l, 128 + SIGTERM);
	assert_false(proc_alive(pid));
	close(in);
	close(out);
	l->passed = true;
}

/* In front of the first record for which there is room again. */
static void until_lost_is_told(struct live *l, int pid)
{
	json_t *lost = json_pack("{s:s, s:s}", "type", "trace.lost", "kind", "signal.generate");
	int64_t deadline = proc_now_ms() + EVENT_MS;

	do {
		kill(pid, SIGUSR1);
		if (!proc_left(deadline))
			live_fail(l, "no loss is told");
	} while (!trace_find(&l->trace, lost, 20));
	json_decref(lost);
}

/* Without a signal it waits as long as it takes, and then all is written. */
static void test_goes_on(void **state)
{
	struct live *l = live(state);
	char rec[300];
	pid_t reader;
	struct live_recorded f;
	json_t *end;
	int pid, out, in, status;

	snprintf(rec, sizeof(rec), "%s", live_path(l, "read.sgt"));
	pid = trace_into_pipe(l, "--json", &out, &in);
	storm(l, pid);
	is_full(l, in);
	reader = fork();
	if (!reader) {
		proc_plain_child(getppid(), SIGKILL);
		close(in);
		fcntl(out, F_SETFL, 0);
		save(l, out, rec);
		_exit(0);
	}
	close(in);
	close(out);
	until_lost_is_told(l, pid);
	kill(l->trace.pid, SIGTERM);
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 4);
	assert_int_equal(proc_wait(reader, &status, EVENT_MS), 0);
	assert_int_equal(status, 0);
	f = live_recorded(l, rec, SIGUSR1);
	end = live_expect(l, "{s:s}", "type", "trace.end");
	assert_true(f.whole);
	assert_int_equal(f.records, live_int(l, end, "records"));
	assert_int_equal(f.lost, live_int(l, end, "lost"));
	assert_null(strstr(buf_cstr(&l->trace.said), "could not be written"));
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_signal),	 LIVE_TEST(test_stdout),  LIVE_TEST(test_second_signal),
		LIVE_TEST(test_command), LIVE_TEST(test_goes_on),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
