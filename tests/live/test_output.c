/* SPDX-License-Identifier: GPL-2.0-only */
/* However the run ends, what was seen comes out whole; and a recording gives it once more. */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Three sessions: an exit, a typed ^C, and one whose client is interrupted. */
static void some_sessions(struct live *l)
{
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("exit 3"));
	int pid, server;

	assert_int_equal(live_wait(l, c), 3);
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	assert_true(proc_becomes(pid, "sleep"));
	live_type(l, c, "\x03");
	assert_int_equal(live_wait(l, c), 255);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	assert_true(proc_becomes(pid, "sleep"));
	server = proc_parent(pid);
	client_signal(c, SIGINT);
	assert_int_equal(live_wait(l, c), 255);
	/* the client is gone before the server's process is, whose end ends the session */
	assert_true(proc_ends(server));
}

static void test_duration(void **state)
{
	struct live *l = live(state);

	live_trace(l, ARGS("--sshd", "--json", "--duration", "300ms"));
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 0);
	l->passed = true;
}

/* All is in the pipe, or still in sigtrace, when the signal comes; nothing was read until then. */
static void terminated(struct live *l, int sig)
{
	live_trace(l, TRACE_SSHD);
	some_sessions(l);
	kill(l->trace.pid, sig);
	if (trace_join(&l->trace, EVENT_MS))
		live_fail(l, "status 0x%x, %s", l->trace.status, l->trace.why);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 3);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), 3);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "exit", "exit_status", 3);
	live_expect(l, "{s:s, s:s}", "type", "session.close", "exit_signal", "SIGINT");
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "disconnect");
	l->passed = true;
}

static void test_sigterm(void **state)
{
	terminated(live(state), SIGTERM);
}

static void test_sigint(void **state)
{
	terminated(live(state), SIGINT);
}

static void test_closed_pipe(void **state)
{
	struct live *l = live(state);
	struct client *c;
	struct pollfd p;
	int out[2];
	char ch;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	/* Nobody reads until it is ready, and there may be much to say of open sessions. */
	fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
	l->trace.stdout_fd = out[1];
	live_trace(l, TRACE_SSHD);
	close(out[1]);
	p = (struct pollfd){ .fd = out[0], .events = POLLIN };
	do { /* head -1 */
		if (poll(&p, 1, EVENT_MS) != 1 || read(out[0], &ch, 1) != 1)
			live_fail(l, "no first line");
	} while (ch != '\n');
	close(out[0]);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("true"));
	assert_int_equal(live_wait(l, c), 0);
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 0);
	assert_null(strstr(buf_cstr(&l->trace.said), "roken pipe"));
	l->passed = true;
}

/* ---- recordings ---- */

struct files {
	char view[300];
	char rec[300];
};

/* A live run of some_sessions() with -o and -w, ended by SIGTERM. */
static void record(struct live *l, struct files *f, bool json)
{
	struct stat st;

	snprintf(f->view, sizeof(f->view), "%s/live.out", l->server.dir);
	snprintf(f->rec, sizeof(f->rec), "%s/live.sgt", l->server.dir);
	remove(f->view);
	remove(f->rec);
	if (json)
		live_trace(l, ARGS("--sshd", "--json", "-o", f->view, "-w", f->rec));
	else
		live_trace(l, ARGS("--sshd", "-o", f->view, "-w", f->rec));
	some_sessions(l);
	if (trace_stop(&l->trace))
		live_fail(l, "status 0x%x, %s", l->trace.status, l->trace.why);
	assert_int_equal(json_array_size(l->trace.lines), 0); /* it went into the file */
	assert_int_equal(stat(f->rec, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void read_file(struct live *l, const char *path, struct buf *b)
{
	char chunk[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*b = (struct buf){ 0 };
	if (fd < 0)
		live_fail(l, "%s: %s", path, strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(b, chunk, (size_t)n);
	close(fd);
}

static void same(struct live *l, const struct buf *a, const struct buf *b)
{
	size_t at = 0, line = 1;

	while (at < a->len && at < b->len && a->p[at] == b->p[at])
		line += a->p[at++] == '\n';
	if (at < a->len || at < b->len)
		live_fail(l,
			  "live (%zu bytes) and replay (%zu) differ in line %zu: %.200s || %.200s",
			  a->len, b->len, line, at < a->len ? a->p + at : "(end)",
			  at < b->len ? b->p + at : "(end)");
}

static void replay(struct live *l, bool json)
{
	struct buf live_out, out, err;
	struct files f;

	record(l, &f, json);
	read_file(l, f.view, &live_out);
	buf_cstr(&live_out);
	assert_true(live_out.len > 500);
	assert_int_equal(tool_run(json ? ARGS("-r", f.rec, "--json") : ARGS("-r", f.rec), EVENT_MS,
				  &out, &err),
			 0);
	buf_cstr(&out);
	same(l, &live_out, &out);
	buf_free(&live_out);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

static void test_replay_json(void **state)
{
	replay(live(state), true);
}

static void test_replay_text(void **state)
{
	replay(live(state), false);
}

static void write_file(const char *path, const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

/* Replays a damaged file: exit 4, one message, and what came before the damage. */
static void damaged(struct live *l, const char *path, const struct buf *whole)
{
	struct buf out, err;
	size_t n;

	assert_int_equal(tool_run(ARGS("-r", path, "--json"), EVENT_MS, &out, &err), 4);
	if (!err.len)
		live_fail(l, "no message about the damage");
	/* Line by line as far as the last, which is a trace.end of its own. */
	n = out.len;
	while (n > 1 && out.p[n - 2] != '\n')
		n--;
	if (n > 1) {
		assert_non_null(strstr(buf_cstr(&out) + n - 1, "\"type\":\"trace.end\""));
		assert_true(whole->len > 40);
		assert_memory_equal(out.p, whole->p, 40); /* trace.begin */
	}
	buf_free(&out);
	buf_free(&err);
}

static void test_damaged_recording(void **state)
{
	struct live *l = live(state);
	struct buf rec, out, err;
	struct files f;
	char path[300];

	record(l, &f, true);
	read_file(l, f.rec, &rec);
	assert_int_equal(tool_run(ARGS("-r", f.rec, "--json"), EVENT_MS, &out, &err), 0);
	snprintf(path, sizeof(path), "%s/damaged.sgt", l->server.dir);
	for (size_t i = 1; i < 8; i++) {
		write_file(path, rec.p, rec.len * i / 8);
		damaged(l, path, &out);
	}
	rec.p[rec.len / 2] ^= 0x10;
	write_file(path, rec.p, rec.len);
	damaged(l, path, &out);
	buf_free(&rec);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_duration),
		LIVE_TEST(test_sigterm),
		LIVE_TEST(test_sigint),
		LIVE_TEST(test_closed_pipe),
		LIVE_TEST(test_replay_json),
		LIVE_TEST(test_replay_text),
		LIVE_TEST(test_damaged_recording),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
