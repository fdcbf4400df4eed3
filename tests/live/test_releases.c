/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OpenSSH of other releases, and logins of root: other programs, other titles, another number of
 * processes between the listener and the command (ssh-facts 1.1), and the same story told.
 * What this machine's own release does for a plain account is in test_sshd_*.c.
 */
#include "live/live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "live/release.h"

static const struct server {
	const char *release; /* NULL: this machine's own, whichever it is */
	const char *user;    /* "": the account */
	const char *version; /* as it tells its client */
	const char *program; /* what serves a connection */
	bool split;	     /* a monitor stands between the listener and the user's process */
} servers[] = {
	{ .user = "root" },
	{ "bullseye", "", "OpenSSH_8.4", "sshd", true },
	{ "bullseye", "root", "OpenSSH_8.4", "sshd", false },
	{ "trixie", "", "OpenSSH_10.", "sshd-session", true },
	{ "trixie", "root", "OpenSSH_10.", "sshd-session", true },
};

static const struct server *now;

#define SLEEP "echo pid=$$; exec sleep 1000"

static void version(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	if (now->release) {
		char said[64];

		snprintf(said, sizeof(said), "remote software version %s", now->version);
		c = live_ssh(l, CLIENT_PLAIN, ARGS("-v", "true"));
		assert_int_equal(client_expect(c, said, EVENT_MS), 0);
		assert_int_equal(live_wait(l, c), 0);
	}
	live_trace(l, TRACE_SSHD);
	live_sleeper(l, &l->server, "openssh", &pid, &session);
	if (now->release) {
		assert_true(proc_becomes(proc_parent(pid), now->program));
		assert_int_equal(proc_parent(proc_parent(pid)) == l->server.listener,
				 !now->split);
	}
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
}

static void client_interrupted(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s, s:n, s:n, s:s, s:s}", "type", "interrupt", "session",
		    session, "origin", "disconnect", "sig", "tty", "verdict", "no_effect", "cause",
		    "disconnect");
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "disconnect", 1);
	live_done(l);
	/* Only the client got one. */
	live_forbid(l, "{s:s, s:s, s:i}", "type", "signal.generate", "sig", "SIGINT", "session",
		    session);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

static void client_killed(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGKILL);
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "vanished", 1);
	live_done(l);
}

static void connection_reset(void **state)
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
	live_done(l);
}

static void user_process_killed(void **state)
{
	struct live *l = live(state);
	int pid, session, process;

	live_trace(l, TRACE_SSHD);
	live_sleeper(l, &l->server, "openssh", &pid, &session);
	process = proc_parent(pid);
	kill(process, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", process, "signal",
		    "SIGKILL");
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "server_killed", 1);
	live_done(l);
}

/* The first process of the connection: a monitor hands the signal on to the user's process, which
 * dies of it; where there is none, it is caught and the status is that of a goodbye. */
static void connection_terminated(void **state)
{
	struct live *l = live(state);
	int pid, session, process, first;

	live_trace(l, TRACE_SSHD);
	live_sleeper(l, &l->server, "openssh", &pid, &session);
	process = first = proc_parent(pid);
	if (proc_parent(first) != l->server.listener)
		first = proc_parent(first);
	kill(first, SIGTERM);
	if (first != process)
		live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", process, "signal",
			    "SIGTERM");
	else
		live_expect(l, "{s:s, s:i, s:i}", "type", "task.exit", "tgid", process, "status",
			    255);
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "server_killed", 1);
	live_done(l);
}

static void command_exits(void **state)
{
	struct live *l = live(state);
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("exit 3"));
	assert_int_equal(live_wait(l, c), 3);
	live_expect(l, "{s:s, s:s, s:i, s:n, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", 3, "exit_signal", "orphans", 0, "lost", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
	live_forbid(l, "{s:s}", "type", "interrupt");
	live_forbid(l, "{s:s}", "type", "orphan");
}

static json_t *open_with_terminal(struct live *l, int pid, const char *request)
{
	json_t *open = live_expect(l, "{s:s, s:i, s:s, s:s, s:s}", "type", "session.open", "tgid",
				   pid, "server", "openssh", "user", l->server.user, "request",
				   request);

	assert_non_null(strstr(live_str(l, open, "pty"), "pts/"));
	return open;
}

static void expect_stopped(struct live *l, const json_t *open, int pid)
{
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:[{s:i, s:s}]}", "type", "interrupt",
		    "session", live_int(l, open, "session"), "origin", "tty", "sig", "SIGINT",
		    "tty", live_str(l, open, "pty"), "fg_pgid", pid, "verdict", "stopped",
		    "members", "tgid", pid, "outcome", "died");
}

static void typed(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", SLEEP));
	pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	open = open_with_terminal(l, pid, "exec");
	live_type(l, c, "\x03");
	expect_stopped(l, open, pid);
	live_expect(l, "{s:s, s:s, s:n, s:s, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", "exit_signal", "SIGINT", "orphans", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

/* A job of the shell's dies of ^C and the shell goes on; the hang-up then ends all. */
static void typed_in_a_shell(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	int shell, job;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	open = open_with_terminal(l, shell, "shell");
	live_type(l, c, "sleep 1001\n");
	job = live_int(l,
		       live_expect(l, "{s:s, s:s, s:[s,s]}", "type", "task.exec", "comm", "sleep",
				   "args", "sleep", "1001"),
		       "tgid");
	live_type(l, c, "\x03");
	expect_stopped(l, open, job);
	assert_true(proc_alive(shell));
	/* with nothing unread, else its end resets the connection */
	assert_int_equal(client_expect(c, "^C", EVENT_MS), 0);
	assert_int_equal(client_expect(c, "$ ", EVENT_MS), 0);
	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s}", "type", "signal.generate", "sig", "SIGHUP",
		    "target", "tgid", shell, "origin", "hangup");
	live_expect_close(l, live_int(l, open, "session"), "vanished", 0);
	assert_true(proc_ends(shell));
	live_done(l);
}

static void forward_only(void **state)
{
	struct live *l = live(state);
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_forward(l);
	live_expect(l, "{s:s, s:s, s:s, s:n, s:n, s:s}", "type", "session.open", "server",
		    "openssh", "request", "none", "pty", "command", "user", l->server.user);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "disconnect", "orphans",
		    0);
	live_done(l);
	/* The connection that came through it never logged in: no session. */
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
	live_forbid(l, "{s:s}", "type", "orphan");
}

/* Served by a fork of the user's process, with no exec. */
static void internal_sftp(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("-s", "inside"));
	open = live_expect(l, "{s:s, s:s, s:s, s:n, s:s, s:s}", "type", "session.open", "server",
			   "openssh", "request", "subsystem", "pty", "user", l->server.user,
			   "command", "internal-sftp");
	assert_true(proc_alive(live_int(l, open, "tgid")));
	client_eof(c);
	live_wait(l, c);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "exit", "orphans", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "session.open"), 1);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

static void preexisting(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS(SLEEP));
	int pid = live_number(l, c, "pid="), session;

	assert_true(proc_becomes(pid, "sleep"));
	live_trace(l, TRACE_SSHD);
	session = live_int(l,
			   live_expect(l, "{s:s, s:i, s:s, s:s, s:n, s:b}", "type", "session.open",
				       "tgid", pid, "server", "openssh", "user", l->server.user,
				       "pty", "preexisting", 1),
			   "session");
	client_signal(c, SIGINT);
	live_expect_left(l, session, pid);
	live_expect_close(l, session, "disconnect", 1);
	live_done(l);
}

static int group_setup(void **state)
{
	static char tree[512];
	struct throwaway like = { .user = "" };

	snprintf(like.user, sizeof(like.user), "%s", now->user);
	if (now->release) {
		if (release_fetch(now->release, tree, sizeof(tree)) < 0)
			return live_group_skip(state, tree);
		like.sshd = "/usr/sbin/sshd";
		like.enter = release_enter;
		like.tree = tree;
	}
	return live_group_start(state, &like, "Subsystem inside internal-sftp");
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction f;
	} rows[] = {
#define ROW(f) { #f, f }
		ROW(version),	      ROW(client_interrupted),	ROW(client_killed),
		ROW(connection_reset), ROW(user_process_killed), ROW(connection_terminated),
		ROW(command_exits),   ROW(typed),		ROW(typed_in_a_shell),
		ROW(forward_only),    ROW(internal_sftp),	ROW(preexisting),
	};
	struct CMUnitTest tests[sizeof(rows) / sizeof(*rows)];
	char names[sizeof(rows) / sizeof(*rows)][64];
	int failed = 0;

	for (now = servers; now < servers + sizeof(servers) / sizeof(*servers); now++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			snprintf(names[i], sizeof(names[i]), "%s/%s/%s",
				 now->release ? now->release : "here",
				 now->user[0] ? now->user : "account", rows[i].name);
			tests[i] = (struct CMUnitTest){ names[i], rows[i].f, NULL, live_teardown,
							NULL };
		}
		failed += cmocka_run_group_tests(tests, group_setup, live_group_teardown);
	}
	return failed;
}
