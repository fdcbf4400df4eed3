/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections of other shapes: shared, without a command, older than the trace, many at once. */
#include "live/live.h"

#include <signal.h>
#include <string.h>

static struct client *holder(struct live *l, enum client_mode mode, const char *const *args,
			     int *pid)
{
	struct client *c = live_ssh(l, mode, args);

	*pid = live_number(l, c, "pid=");
	while (l->trace.pid && !trace_pump(&l->trace, 0)) /* else it waits for us, and loses */
		;
	return c;
}

static json_t *open_of(struct live *l, int pid)
{
	return live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid);
}

static void test_mux(void **state)
{
	struct live *l = live(state);
	const char *cmd = "echo pid=$$; exec sleep 1000";
	struct client *master, *second;
	json_t *one, *two;
	char path[300];
	int p1, p2;

	snprintf(path, sizeof(path), "ControlPath=%s/mux", l->server.dir);
	live_trace(l, TRACE_SSHD);
	master = holder(l, CLIENT_PLAIN, ARGS("-M", "-o", path, cmd), &p1);
	second = holder(l, CLIENT_PTY, ARGS("-tt", "-o", path, cmd), &p2);
	one = open_of(l, p1);
	two = open_of(l, p2);
	assert_string_equal(live_str(l, one, "peer"), live_str(l, two, "peer"));
	assert_int_not_equal(live_int(l, one, "session"), live_int(l, two, "session"));

	/* No TCP event and no exit of sshd: sshd hangs up this one terminal. */
	client_signal(second, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session",
		    live_int(l, two, "session"), "end", "mux_closed", "orphans", 0);
	assert_true(proc_alive(p1));
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), 1);

	client_signal(master, SIGINT);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session",
		    live_int(l, one, "session"), "end", "disconnect", "orphans", 1);
	live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", live_int(l, one, "session"),
		    "tgid", p1);
	live_done(l);
}

static struct client *channel(struct live *l, const char *path, const char *cmd, int *pid)
{
	return holder(l, CLIENT_PLAIN, ARGS("-o", path, cmd), pid);
}

/* Its pipes were looked at while the server had both, or while it is the command that has not. */
static void expect_looked(struct live *l, int pid, const char *has)
{
	live_expect(l, "{s:s, s:i, s:[s,s]}", "type", "task.place", "tgid", pid, "ends", "known", has);
}

static void expect_channel_closed(struct live *l, json_t *open, int pid)
{
	int session = live_int(l, open, "session");

	live_expect(l, "{s:s, s:i, s:s, s:s, s:s}", "type", "interrupt", "session", session, "origin",
		    "disconnect", "cause", "mux_closed", "verdict", "no_effect");
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session", session, "end",
		    "mux_closed", "orphans", 1);
	live_expect(l, "{s:s, s:i, s:i, s:s, s:b}", "type", "orphan", "session", session, "tgid", pid,
		    "reason", "no_pty", "intended", 0);
	assert_true(proc_alive(pid));
}

/* The server's process closes the pipes of one command and goes on: no signal, no exit, no packet.
 * When a second channel's end is told, those that are open were looked at again as well. */
static void test_mux_without_terminals(void **state)
{
	struct live *l = live(state);
	const char *cmd = "echo pid=$$; exec sleep 1000";
	struct client *master, *second, *third;
	json_t *one, *two, *three;
	int p1, p2, p3, silent;
	char path[300];

	snprintf(path, sizeof(path), "ControlPath=%s/plain", l->server.dir);
	live_trace(l, TRACE_SSHD);
	master = holder(l, CLIENT_PLAIN, ARGS("-M", "-o", path, cmd), &p1);
	channel(l, path, "echo pid=$$; exec sleep 1001 >/dev/null 2>&1 </dev/null", &silent);
	second = channel(l, path, cmd, &p2);
	third = channel(l, path, cmd, &p3);
	one = open_of(l, p1);
	two = open_of(l, p2);
	three = open_of(l, p3);
	expect_looked(l, p2, "stdout");
	expect_looked(l, p3, "stdout");
	expect_looked(l, silent, "stdin");

	client_signal(second, SIGINT);
	expect_channel_closed(l, two, p2);
	client_signal(third, SIGKILL);
	expect_channel_closed(l, three, p3);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), 2);
	assert_int_equal(live_count(l, "{s:s}", "type", "orphan"), 2);

	client_signal(master, SIGINT);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session",
		    live_int(l, one, "session"), "end", "disconnect", "orphans", 1);
	live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", live_int(l, one, "session"),
		    "tgid", p1);
	live_done(l);
}

static void test_mux_open_before(void **state)
{
	struct live *l = live(state);
	const char *cmd = "echo pid=$$; exec sleep 1000";
	struct client *second;
	char path[300];
	json_t *two;
	int p1, p2;

	snprintf(path, sizeof(path), "ControlPath=%s/before", l->server.dir);
	holder(l, CLIENT_PLAIN, ARGS("-M", "-o", path, cmd), &p1);
	second = channel(l, path, cmd, &p2);
	live_trace(l, TRACE_SSHD);
	open_of(l, p1);
	two = open_of(l, p2);
	expect_looked(l, p2, "stdout");
	client_signal(second, SIGINT);
	expect_channel_closed(l, two, p2);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), 1);
	live_done(l);
}

static bool is_stdin_alone(const json_t *o, const void *arg)
{
	const json_t *ends = json_object_get(o, "ends");
	bool alone = false;
	json_t *end;
	size_t i;

	if (json_integer_value(json_object_get(o, "tgid")) != *(const int *)arg)
		return false;
	json_array_foreach(ends, i, end) {
		if (!strcmp(json_string_value(end), "stdout"))
			return false;
		alone |= !strcmp(json_string_value(end), "stdin");
	}
	return alone;
}

/* Nobody reads the client's output any more: the server closes its stdout, and the client waits. */
static void test_output_that_nobody_reads(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = holder(l, CLIENT_PLAIN, ARGS("echo pid=$$; read x; echo more; read x; exit 7"), &pid);
	expect_looked(l, pid, "stdout");
	close(c->out);
	c->out = -1;
	live_type(l, c, "x\n");
	if (!trace_find_if(&l->trace, is_stdin_alone, &pid, EVENT_MS))
		live_fail(l, "the server does not let go of stdout alone");
	live_type(l, c, "x\n");
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit", "exit_status", 7,
		    "orphans", 0);
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

static void expect_no_request(struct live *l)
{
	live_expect(l, "{s:s, s:s, s:n, s:n, s:s}", "type", "session.open", "request", "none",
		    "pty", "command", "user", ACCOUNT);
}

static void expect_disconnected(struct live *l)
{
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "disconnect", "orphans",
		    0);
	live_done(l);
	/* The connection to the server that came through it never logged in: no session. */
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
	live_forbid(l, "{s:s}", "type", "orphan");
}

static void test_forward_only(void **state)
{
	struct live *l = live(state);
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_forward(l);
	expect_no_request(l);
	client_signal(c, SIGINT);
	expect_disconnected(l);
}

/* Over before anybody could tell that no request would come: told at the latest then. */
static void test_forward_only_short(void **state)
{
	struct live *l = live(state);

	live_trace(l, TRACE_SSHD);
	client_signal(live_forward(l), SIGINT);
	expect_no_request(l);
	expect_disconnected(l);
}

static bool serves_sftp(const struct live *l)
{
	char line[512];
	bool yes = false;
	FILE *f;

	snprintf(line, sizeof(line), "%s/config", l->server.dir);
	f = fopen(line, "re");
	while (f && !yes && fgets(line, sizeof(line), f))
		yes = !strncmp(line, "Subsystem sftp", 14);
	if (f)
		fclose(f);
	return yes;
}

static void test_sftp(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;

	if (!serves_sftp(l))
		live_skip("no sftp-server on this machine");
	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("-s", "sftp"));
	open = live_expect(l, "{s:s, s:s, s:n}", "type", "session.open", "request", "subsystem",
			   "pty");
	assert_non_null(strstr(live_str(l, open, "command"), "sftp-server"));
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", live_int(l, open, "tgid"),
		    "comm", "sftp-server");
	client_eof(c);
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", 0, "orphans", 0);
	live_done(l);
}

static void test_preexisting_terminal(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	c = holder(l, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"), &pid);
	assert_true(proc_becomes(pid, "sleep"));
	live_trace(l, TRACE_SSHD);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:b}", "type", "session.open", "tgid", pid, "server",
		    "openssh", "user", ACCOUNT, "preexisting", 1);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:s, s:s, s:s, s:[{s:i, s:s}]}", "type", "interrupt", "origin", "tty",
		    "sig", "SIGINT", "verdict", "stopped", "members", "tgid", pid, "outcome",
		    "died");
	live_expect(l, "{s:s, s:s, s:s, s:i}", "type", "session.close", "end", "exit",
		    "exit_signal", "SIGINT", "orphans", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
}

static void test_preexisting_plain(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	int pid;

	c = holder(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"), &pid);
	assert_true(proc_becomes(pid, "sleep"));
	live_trace(l, TRACE_SSHD);
	open = live_expect(l, "{s:s, s:i, s:n, s:b}", "type", "session.open", "tgid", pid, "pty",
			   "preexisting", 1);
	assert_non_null(strstr(live_str(l, open, "peer"), "127.0.0.1:"));
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:s, s:s}", "type", "interrupt", "origin", "disconnect", "verdict",
		    "no_effect");
	live_expect(l, "{s:s, s:i, s:s, s:b}", "type", "orphan", "tgid", pid, "reason", "no_pty",
		    "intended", 0);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "disconnect", "orphans",
		    1);
	live_done(l);
}

/* Still open at the end of the trace: that is no end of the session, and leaves no orphan. */
static void test_open_at_the_end(void **state)
{
	struct live *l = live(state);
	int pid;

	live_trace(l, TRACE_SSHD);
	holder(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"), &pid);
	open_of(l, pid);
	live_done(l);
	live_forbid(l, "{s:s}", "type", "orphan");
	live_forbid(l, "{s:s}", "type", "interrupt");
	live_forbid(l, "{s:s, s:s}", "type", "session.close", "end", "exit");
}

static void test_server_started_later(void **state)
{
	struct live *l = live(state);
	struct client *c;
	struct err e;
	int pid;

	live_trace(l, TRACE_SSHD);
	snprintf(l->other.user, sizeof(l->other.user), "root");
	if (throwaway_start(&l->other, NULL, &e) < 0)
		live_fail(l, "%s", e.what);
	c = live_ssh_to(l, &l->other, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s, s:s, s:b}", "type", "session.open", "tgid", pid, "server",
		    "openssh", "user", "root", "preexisting", 0);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", pid, "reason", "no_pty");
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "disconnect");
	live_done(l);
}

#define MANY 50

static void test_many_at_once(void **state)
{
	struct live *l = live(state);
	struct client *c[MANY];
	int pid[MANY], session[MANY];

	live_skip_slow("so many log-ins at once take minutes on a machine this slow");
	live_trace(l, TRACE_SSHD);
	for (int i = 0; i < MANY; i++)
		c[i] = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; read x; exit 0"));
	for (int i = 0; i < MANY; i++) {
		/* All log in at the same time, on as few CPUs as there are. */
		pid[i] = (int)client_number(c[i], "pid=", 4 * EVENT_MS);
		if (pid[i] < 0)
			live_fail(l, "client %d: %.300s", i, buf_cstr(&c[i]->text));
		while (!trace_pump(&l->trace, 0)) /* else it waits for us, and loses */
			;
	}
	for (int i = 0; i < MANY; i++) {
		session[i] = live_int(l, open_of(l, pid[i]), "session");
		for (int k = 0; k < i; k++)
			assert_int_not_equal(session[k], session[i]);
	}
	for (int i = 0; i < MANY; i++)
		client_eof(c[i]);
	for (int i = 0; i < MANY; i++)
		live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session",
			    session[i], "end", "exit", "orphans", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), MANY);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), MANY);
	live_forbid(l, "{s:s}", "type", "orphan");
	live_forbid(l, "{s:s}", "type", "interrupt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_mux),
		LIVE_TEST(test_mux_without_terminals),
		LIVE_TEST(test_mux_open_before),
		LIVE_TEST(test_output_that_nobody_reads),
		LIVE_TEST(test_forward_only),
		LIVE_TEST(test_forward_only_short),
		LIVE_TEST(test_sftp),
		LIVE_TEST(test_preexisting_terminal),
		LIVE_TEST(test_preexisting_plain),
		LIVE_TEST(test_open_at_the_end),
		LIVE_TEST(test_server_started_later),
		LIVE_TEST(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
