/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace explain` and `sigtrace sessions` of what really happened, from a recording and live. */
#include "live/live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *recording(const struct live *l)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/explain.sgt", l->server.dir);
	remove(path);
	return path;
}

/* The session of the process that runs the command. */
static int session_of(struct live *l, int pid)
{
	return live_int(l, live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid), "session");
}

/* What `sigtrace explain -r REC QUESTION` says, with exit status 0, has each of the texts. */
static void explains(struct live *l, const char *rec, const char *question,
		     const char *const *texts)
{
	struct buf out, err;
	int status = tool_run(ARGS("explain", "-r", rec, question), EVENT_MS, &out, &err);

	if (status || err.len)
		live_fail(l, "explain %s: status %d, %s", question, status, buf_cstr(&err));
	for (; *texts; texts++)
		if (!strstr(buf_cstr(&out), *texts))
			live_fail(l, "explain %s: no \"%s\" in\n%s", question, *texts, buf_cstr(&out));
	buf_free(&out);
	buf_free(&err);
}

static const char *number(int n, const char *prefix)
{
	static char ring[8][64];
	static unsigned next;
	char *s = ring[next++ % 8];

	snprintf(s, sizeof(ring[0]), "%s%d", prefix, n);
	return s;
}

/* No terminal: the client gets the Ctrl-C, the sleep gets nothing. */
static void test_without_terminal(void **state)
{
	struct live *l = live(state);
	const char *rec = recording(l);
	struct client *c;
	int pid, session;

	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	session = session_of(l, pid);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i}", "type", "orphan", "tgid", pid);
	live_done(l);
	explains(l, rec, number(session, "#"),
		 ARGS(number(session, "client gone, session #"), ACCOUNT " from 127.0.0.1:",
		      "origin    client disconnected", number(pid, "left      sleep "),
		      "verdict   no effect: 1 process runs on", "advice    ssh -t"));
	explains(l, rec, number(pid, ""),
		 ARGS("command   sleep 1000", "fate      was still there",
		      number(session, "because   it outlived session #"), "no terminal"));
}

/* With one: the key makes a SIGINT, and the sleep dies of it. */
static void test_typed(void **state)
{
	struct live *l = live(state);
	const char *rec = recording(l);
	struct client *c;
	int pid, session;

	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	session = session_of(l, pid);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:i}", "type", "session.close", "session", session);
	live_done(l);
	explains(l, rec, number(session, "#"),
		 ARGS(number(session, "^C, session #"), "origin    the key ^C on pts/",
		      number(pid, "hit       sleep "), "verdict   it worked"));
	explains(l, rec, number(pid, ""),
		 ARGS("fate      died of SIGINT at ", "because   ^C was typed on pts/"));
	explains(l, rec, "4194305", ARGS("process 4194305 was not seen in this recording\n"));
}

/* A kill(2) from another session is told with its session. */
static void test_killed_from_session(void **state)
{
	struct live *l = live(state);
	const char *rec = recording(l);
	struct client *c, *killer;
	char command[64];
	int pid, other;

	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	/* a shell that sends it itself, and is there until all is told */
	snprintf(command, sizeof(command), "echo pid=$$; kill %d; read x", pid);
	killer = live_ssh(l, CLIENT_PLAIN, ARGS(command));
	other = session_of(l, live_number(l, killer, "pid="));
	live_expect(l, "{s:s, s:i}", "type", "task.exit", "tgid", pid);
	client_eof(killer);
	live_wait(l, killer);
	live_done(l);
	explains(l, rec, number(pid, ""),
		 ARGS("fate      died of SIGTERM at ", number(other, " of session #"),
		      "(" ACCOUNT ") sent it SIGTERM\n"));
}

/* Of a table the row of one client port has these texts; status 0. */
static void has_row(struct live *l, const char *const *args, const char *port,
		    const char *const *texts)
{
	struct buf out, err;
	const char *row;
	char *end;

	if (tool_run(args, EVENT_MS, &out, &err))
		live_fail(l, "%s", buf_cstr(&err));
	row = strstr(buf_cstr(&out), port);
	if (!row)
		live_fail(l, "no %s in\n%s", port, buf_cstr(&out));
	end = strchr(row, '\n');
	if (end)
		*end = '\0';
	for (; *texts; texts++)
		if (!strstr(row, *texts))
			live_fail(l, "no \"%s\" in %s", *texts, row);
	buf_free(&out);
	buf_free(&err);
}

static void test_sessions(void **state)
{
	struct live *l = live(state);
	const char *rec = recording(l);
	struct client *c;
	int pid, session;
	const char *peer;

	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; read x; exit 3"));
	pid = live_number(l, c, "pid=");
	session = session_of(l, pid);
	peer = live_str(l, live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid), "peer");
	has_row(l, ARGS("sessions"), peer, ARGS("still open", "-"));
	client_eof(c);
	assert_int_equal(live_wait(l, c), 3);
	live_expect(l, "{s:s, s:i}", "type", "session.close", "session", session);
	live_done(l);
	has_row(l, ARGS("sessions", "-r", rec), peer,
		ARGS(" exit 3 ", "exec 'echo pid=$$; read x; exit 3'"));
	has_row(l, ARGS("sessions", "-r", rec, number(session, "")), peer,
		ARGS("exec without a terminal"));
}

/* Reads on until sigtrace has said `text`, which it says when the thing is settled, not at its end. */
static void says(struct live *l, const char *text)
{
	while (!strstr(buf_cstr(&l->trace.bytes), text))
		if (trace_pump(&l->trace, EVENT_MS) < 0)
			live_fail(l, "explain does not say \"%s\":\n%s", text,
				  buf_cstr(&l->trace.bytes));
}

static void test_live(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	l->trace.raw = true;
	live_trace(l, ARGS("explain"));
	c = live_ssh(l, CLIENT_PTY, ARGS("-t", "echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	assert_true(proc_becomes(pid, "sleep"));
	live_type(l, c, "\x03");
	says(l, number(pid, "sleep "));
	says(l, "it worked: every process that got the signal ended");
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	assert_true(proc_becomes(pid, "sleep"));
	client_signal(c, SIGINT);
	says(l, number(pid, "left      sleep "));
	says(l, "no effect: 1 process runs on");
	assert_int_equal(trace_stop(&l->trace), 0);
	l->passed = true;
}

/* A process that runs now: what it is like, from a snapshot. */
static void test_process_now(void **state)
{
	struct live *l = live(state);
	struct buf out, err;
	int pid;

	pid = live_child(l, ARGS("/bin/bash", "-c", "trap '' TERM; trap : USR1; echo; kill -STOP $$"));
	assert_int_equal(tool_run(ARGS("explain", number(pid, "")), EVENT_MS, &out, &err), 0);
	assert_non_null(strstr(buf_cstr(&out), "is there at "));
	assert_non_null(strstr(buf_cstr(&out), " SIGTERM"));
	assert_non_null(strstr(buf_cstr(&out), "handles   SIGUSR1"));
	assert_non_null(strstr(buf_cstr(&out), "state     T, "));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

static void test_usage(void **state)
{
	struct live *l = live(state);
	struct buf out, err;

	assert_int_equal(tool_run(ARGS("explain", "@14:02"), EVENT_MS, &out, &err), 2);
	assert_non_null(strstr(buf_cstr(&err), "sigtrace --sshd -q -w FILE"));
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("explain", "--duration", "1s", "1"), EVENT_MS, &out, &err), 2);
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("sessions", "--all"), EVENT_MS, &out, &err), 2);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_without_terminal),
		LIVE_TEST(test_typed),
		LIVE_TEST(test_killed_from_session),
		LIVE_TEST(test_sessions),
		LIVE_TEST(test_live),
		LIVE_TEST(test_process_now),
		LIVE_TEST(test_usage),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
