/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's end on the same host: the whole way of a Ctrl-C, and where it ended. */
#include "live/live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A command that says "pid=N" and sleeps; its pid once it does. */
static struct client *sleeper(struct live *l, enum client_mode mode, const char *flag,
			      const char *cmd, int *pid)
{
	struct client *c = live_ssh(l, mode, flag ? ARGS(flag, cmd) : ARGS(cmd));

	*pid = live_number(l, c, "pid=");
	return c;
}

#define SLEEP "echo pid=$$; exec sleep 1000"

static json_t *opened(struct live *l, const struct client *c)
{
	return live_expect(l, "{s:s, s:{s:i, s:s}}", "type", "session.open", "client", "tgid",
			   (int)c->pid, "comm", "ssh");
}

static void test_key_on_its_whole_way(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = sleeper(l, CLIENT_PTY, "-t", SLEEP, &pid);
	opened(l, c);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:s, s:s, s:s, s:[{s:i, s:s}], s:[{s:i, s:s}], s:s}", "type",
		    "interrupt", "origin", "tty", "side", "server", "verdict", "stopped", "via",
		    "tgid", (int)c->pid, "comm", "ssh", "members", "tgid", pid, "outcome", "died",
		    "confidence", "seen");
	live_wait(l, c);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

/* Two at once: each key goes the way of its own client. */
static void test_keys_of_two_clients(void **state)
{
	struct live *l = live(state);
	struct client *a, *b;
	int pa, pb;

	live_trace(l, TRACE_SSHD);
	a = sleeper(l, CLIENT_PTY, "-t", SLEEP, &pa);
	b = sleeper(l, CLIENT_PTY, "-t", SLEEP, &pb);
	live_type(l, b, "\x03");
	live_expect(l, "{s:s, s:[{s:i}], s:[{s:i}]}", "type", "interrupt", "via", "tgid",
		    (int)b->pid, "members", "tgid", pb);
	live_type(l, a, "\x03");
	live_expect(l, "{s:s, s:[{s:i}], s:[{s:i}]}", "type", "interrupt", "via", "tgid",
		    (int)a->pid, "members", "tgid", pa);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 2);
}

static void test_client_that_ran_before(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	c = sleeper(l, CLIENT_PTY, "-t", SLEEP, &pid);
	assert_true(proc_becomes(pid, "sleep"));
	live_trace(l, TRACE_SSHD);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:[{s:i, s:s}], s:[{s:i, s:s}]}", "type", "interrupt", "via", "tgid",
		    (int)c->pid, "comm", "ssh", "members", "tgid", pid, "outcome", "died");
	live_done(l);
}

/* Without a terminal on the server the key is the client's own SIGINT, and the client goes. */
static void test_client_interrupted_by_key(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *gone;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = sleeper(l, CLIENT_PTY, NULL, SLEEP, &pid);
	live_type(l, c, "\x03");
	gone = live_expect(l, "{s:s, s:s, s:s, s:{s:i, s:s, s:b, s:i}}", "type", "interrupt",
			   "origin", "disconnect", "cause", "disconnect", "client", "tgid",
			   (int)c->pid, "sig", "SIGINT", "alive", 0, "exit_status", 255);
	assert_non_null(strstr(live_str(l, json_object_get(gone, "client"), "tty"), "pts/"));
	assert_non_null(strstr(live_str(l, gone, "why"), "got SIGINT from its terminal pts/"));
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", pid, "reason", "no_pty");
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

static void test_client_killed(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = sleeper(l, CLIENT_PLAIN, NULL, SLEEP, &pid);
	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:s, s:{s:i, s:s, s:s, s:{s:i, s:n}}}", "type", "session.close", "end",
		    "vanished", "client", "tgid", (int)c->pid, "sig", "SIGKILL", "exit_signal",
		    "SIGKILL", "sender", "tgid", (int)getpid(), "session");
	live_done(l);
}

/* The seed question: the client got the signal, and went on. */
static void test_client_that_stays(void **state)
{
	struct live *l = live(state);
	struct buf out = { 0 }, err = { 0 };
	struct client *c;
	char rec[300];
	int pid;

	snprintf(rec, sizeof(rec), "%s/stays.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = sleeper(l, CLIENT_DEAF, NULL, SLEEP, &pid);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:s, s:s, s:s, s:[{s:i, s:s}], s:[{s:i, s:s}]}", "type", "interrupt",
		    "origin", "tty", "side", "client", "verdict", "no_effect", "members", "tgid",
		    (int)c->pid, "outcome", "ignored", "missed", "tgid", pid, "reason", "no_pty");
	assert_true(proc_alive(pid));
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
	assert_int_equal(tool_run(ARGS("explain", "-r", rec), EVENT_MS, &out, &err), 0);
	assert_non_null(strstr(buf_cstr(&out), "it ended at the client ssh "));
	buf_free(&out);
	buf_free(&err);
}

/* The byte left the terminal and did not arrive: the server's process is stopped. */
static void test_key_that_does_not_arrive(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	int pid, server;

	live_trace(l, TRACE_SSHD);
	c = sleeper(l, CLIENT_PTY, "-t", SLEEP, &pid);
	open = opened(l, c);
	server = live_int(l, open, "server_tgid");
	kill(server, SIGSTOP);
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:s, s:s, s:[{s:i, s:s}], s:s}", "type", "interrupt", "side", "client",
		    "verdict", "no_effect", "missed", "tgid", pid, "reason", "no_signal",
		    "confidence", "inferred");
	assert_true(proc_alive(pid));
	/* it arrives after all */
	kill(server, SIGCONT);
	live_expect(l, "{s:s, s:s, s:s, s:[{s:i, s:s}]}", "type", "interrupt", "side", "server",
		    "verdict", "stopped", "members", "tgid", pid, "outcome", "died");
	live_done(l);
}

/* A terminal inside the session's: one key, told once, with its way. */
static void test_terminal_inside(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *i;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PTY,
		     ARGS("-t", "exec script -qec 'echo pid=$$; exec sleep 1000' /dev/null"));
	pid = live_number(l, c, "pid=");
	assert_true(proc_becomes(pid, "sleep"));
	live_type(l, c, "\x03");
	i = live_expect(l, "{s:s, s:s, s:[{s:i}, {s:s}], s:[{s:i, s:s}]}", "type", "interrupt",
			"verdict", "stopped", "via", "tgid", (int)c->pid, "comm", "script",
			"members", "tgid", pid, "outcome", "died");
	assert_int_equal(json_array_size(json_object_get(i, "via")), 2);
	live_wait(l, c);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

/* From host to host, both of them this one: the inner session's client is a process of the outer. */
static void test_nested(void **state)
{
	struct live *l = live(state);
	char cmd[1024], cp[700];
	struct client *c;
	json_t *outer, *inner;
	int pid;

	/* the session's user may not read the key of the test */
	snprintf(cp, sizeof(cp), "install -m 600 -o %s %s/client %s/nested", ACCOUNT,
		 l->server.dir, l->server.dir);
	assert_int_equal(system(cp), 0);
	live_trace(l, TRACE_SSHD);
	snprintf(cmd, sizeof(cmd),
		 "exec ssh -F none -tt -o BatchMode=yes -o LogLevel=ERROR "
		 "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i %s/nested "
		 "-p %d %s@127.0.0.1 'echo pid=$$; exec sleep 1000'",
		 l->server.dir, l->server.port, ACCOUNT);
	c = live_ssh(l, CLIENT_PTY, ARGS("-t", cmd));
	pid = live_number(l, c, "pid=");
	outer = opened(l, c);
	inner = live_expect(l, "{s:s, s:i, s:{s:s, s:i}}", "type", "session.open", "tgid", pid,
			    "client", "comm", "ssh", "session", live_int(l, outer, "session"));
	live_type(l, c, "\x03");
	live_expect(l, "{s:s, s:i, s:s, s:[{s:s}], s:[{s:i, s:s}]}", "type", "interrupt", "session",
		    live_int(l, inner, "session"), "verdict", "stopped", "via", "comm", "ssh",
		    "members", "tgid", pid, "outcome", "died");
	live_expect(l, "{s:s, s:i, s:s, s:[{s:i}]}", "type", "interrupt", "session",
		    live_int(l, outer, "session"), "verdict", "not_a_signal", "via", "tgid",
		    (int)c->pid);
	live_done(l);
}

/* What an orphan came to, who ended it, and what it served. */
static void test_fate_of_orphans(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, port;

	live_trace(l, TRACE_SSHD);
	c = sleeper(l, CLIENT_PLAIN, NULL, SLEEP, &pid);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i}", "type", "orphan", "tgid", pid);
	kill(pid, SIGTERM);
	live_expect(l, "{s:s, s:i, s:s, s:n, s:{s:i}}", "type", "orphan.exit", "tgid", pid,
		    "exit_signal", "SIGTERM", "exit_status", "sender", "tgid", (int)getpid());
	c = live_ssh(l, CLIENT_PLAIN, ARGS(live_prog(l, "listen")));
	pid = live_number(l, c, "pid=");
	port = live_number(l, c, "port=");
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:[i]}", "type", "orphan", "tgid", pid, "ports", port);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "orphan.exit", "tgid", pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_key_on_its_whole_way),
		LIVE_TEST(test_keys_of_two_clients),
		LIVE_TEST(test_client_that_ran_before),
		LIVE_TEST(test_client_interrupted_by_key),
		LIVE_TEST(test_client_killed),
		LIVE_TEST(test_client_that_stays),
		LIVE_TEST(test_key_that_does_not_arrive),
		LIVE_TEST(test_terminal_inside),
		LIVE_TEST(test_nested),
		LIVE_TEST(test_fate_of_orphans),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
