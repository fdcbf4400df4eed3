/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions without a terminal: nothing on the server is signalled, whatever the client does. */
#include "live/live.h"

#include <signal.h>
#include <string.h>

static void test_open_says_who_and_what(void **state)
{
	struct live *l = live(state);
	char local[16];
	json_t *open;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	live_sleeper(l, &l->server, "openssh", &pid, &session);
	open = live_expect(l, "{s:s}", "type", "session.open");
	snprintf(local, sizeof(local), ":%u", l->server.port);
	assert_non_null(strstr(live_str(l, open, "local"), local));
	assert_non_null(strstr(live_str(l, open, "peer"), "127.0.0.1:"));
	assert_string_equal(live_str(l, open, "command"), "echo pid=$$; exec sleep 1000");
	live_done(l);
}

static void test_client_interrupted(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s, s:n, s:n, s:s}", "type", "interrupt", "session", session,
		    "origin", "disconnect", "sig", "tty", "verdict", "no_effect");
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "disconnect", 1);
	live_expect(l, "{s:s, s:i, s:n, s:n}", "type", "session.close", "session", session,
		    "exit_status", "exit_signal");
	assert_true(proc_alive(pid));
	live_done(l);
	/* Fact 1: the kernel generates no SIGINT for the session, only the client's own. */
	live_forbid(l, "{s:s, s:s, s:i}", "type", "signal.generate", "sig", "SIGINT", "session",
		    session);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

static void test_client_killed(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGKILL);
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "vanished", 1);
	assert_true(proc_alive(pid));
	live_done(l);
}

static void test_connection_reset(void **state)
{
	struct live *l = live(state);
	struct throwaway via = l->server;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	assert_int_equal(relay_start(&l->relay, l->server.port), 0);
	via.port = l->relay.port;
	live_sleeper(l, &via, "openssh", &pid, &session);
	assert_int_equal(relay_reset(&l->relay), 0);
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "reset", 1);
	live_expect(l, "{s:s, s:s}", "type", "sock.reset", "direction", "received");
	live_done(l);
}

/* A server whose client does not answer any more; nothing on the wire tells it so. */
static void test_client_silent(void **state)
{
	struct live *l = live(state);
	struct throwaway via;
	struct err e;
	int pid, session;

	live_skip_slow(MOMENTS);
	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	if (throwaway_start(&l->other, "ClientAliveInterval 1\nClientAliveCountMax 1", &e) < 0)
		live_fail(l, "%s", e.what);
	live_trace(l, TRACE_SSHD);
	assert_int_equal(relay_start(&l->relay, l->other.port), 0);
	via = l->other;
	via.port = l->relay.port;
	live_sleeper(l, &via, "openssh", &pid, &session);
	assert_int_equal(relay_freeze(&l->relay), 0);
	live_expect_close(l, session, "timeout", 1);
	live_expect_left(l, session, pid);
	live_done(l);
}

static void test_connection_process_killed(void **state)
{
	struct live *l = live(state);
	int pid, session, user;

	live_trace(l, TRACE_SSHD);
	live_sleeper(l, &l->server, "openssh", &pid, &session);
	user = proc_parent(pid);
	assert_int_not_equal(proc_parent(user), l->server.listener); /* the monitor is between */
	kill(user, SIGKILL);
	live_expect_close(l, session, "server_killed", 1);
	live_expect(l, "{s:s, s:i, s:i, s:b}", "type", "orphan", "session", session, "tgid", pid,
		    "intended", 0);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", user, "signal", "SIGKILL");
	live_done(l);
}

/* A killed monitor ends nothing (ssh-facts 0.6): only the client's going does. */
static void test_monitor_killed(void **state)
{
	struct live *l = live(state);
	int pid, session, monitor;
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	monitor = proc_parent(proc_parent(pid));
	assert_int_equal(proc_parent(monitor), l->server.listener);
	kill(monitor, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", monitor, "signal", "SIGKILL");
	client_signal(c, SIGINT);
	live_expect_close(l, session, "disconnect", 1);
	live_expect(l, "{s:s, s:i, s:i, s:s}", "type", "orphan", "session", session, "tgid", pid,
		    "reason", "no_pty");
	live_done(l);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "session.close", "session", session), 1);
}

/* What reads its input ends with it: gone a moment after sshd, and nobody's orphan. */
static void test_reader_is_no_orphan(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	int pid;

	live_skip_slow(MOMENTS);
	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec cat"));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "cat");
	open = live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid);
	client_signal(c, SIGINT);
	live_expect_close(l, live_int(l, open, "session"), "disconnect", 0);
	assert_true(proc_ends(pid));
	live_done(l);
	live_forbid(l, "{s:s}", "type", "orphan");
}

static void clean_exit(struct live *l, const char *command, int status)
{
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS(command));
	assert_int_equal(live_wait(l, c), status);
	live_expect(l, "{s:s, s:s, s:i, s:n, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", status, "exit_signal", "orphans", 0, "lost", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
	live_forbid(l, "{s:s}", "type", "interrupt");
	live_forbid(l, "{s:s}", "type", "orphan");
}

static void test_exit_0(void **state)
{
	clean_exit(live(state), "true", 0);
}

static void test_exit_3(void **state)
{
	clean_exit(live(state), "exit 3", 3);
}

static void test_command_dies(void **state)
{
	struct live *l = live(state);

	live_trace(l, TRACE_SSHD);
	live_ssh(l, CLIENT_PLAIN, ARGS("kill -TERM $$"));
	live_expect(l, "{s:s, s:s, s:n, s:s, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", "exit_signal", "SIGTERM", "orphans", 0);
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

static void test_exit_with_a_job_left(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN,
		     ARGS("sleep 1000 >/dev/null 2>&1 </dev/null & echo pid=$!"));
	pid = live_number(l, c, "pid=");
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", 0, "orphans", 1);
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", pid, "comm", "sleep");
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_open_says_who_and_what),
		LIVE_TEST(test_client_interrupted),
		LIVE_TEST(test_client_killed),
		LIVE_TEST(test_connection_reset),
		LIVE_TEST(test_client_silent),
		LIVE_TEST(test_connection_process_killed),
		LIVE_TEST(test_monitor_killed),
		LIVE_TEST(test_reader_is_no_orphan),
		LIVE_TEST(test_exit_0),
		LIVE_TEST(test_exit_3),
		LIVE_TEST(test_command_dies),
		LIVE_TEST(test_exit_with_a_job_left),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
