/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers written in Go: one process for all connections. Nobody knows their names; they are
 * recognised by what they do, or by --server. go_naive never hangs up a terminal, go_teleport kills
 * the command's first process.
 */
#include "live/live.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define NAIVE "go_naive"
#define TELEPORT "go_teleport"

/* These servers' sessions do not carry the mark by which a throw-away's orphans are found. */
static int left[32];
static size_t nleft;

static int teardown(void **state)
{
	while (nleft)
		kill(left[--nleft], SIGKILL);
	return live_teardown(state);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

static int keep(int pid)
{
	left[nleft++] = pid;
	return pid;
}

static const char *program(const char *name)
{
	const char *dir = getenv("SIGTRACE_TESTDIR");
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
	if (access(path, X_OK))
		live_skip("Go or its crypto package is not installed: tools/setup --test");
	return path;
}

/* sigtrace, and the server under it; what ssh logs in to. `named`: it is told the port. */
static struct throwaway serve(struct live *l, const char *name, bool named)
{
	struct throwaway to = l->server;
	const char *path = program(name);
	char port[16];

	if (proc_free_port(&to.port) < 0)
		live_fail(l, "no free port");
	l->other.port = to.port; /* so that its sessions count as ours */
	snprintf(port, sizeof(port), "%u", to.port);
	live_trace(l, named ? ARGS("--server", port, "--json") : TRACE_SSHD);
	live_child(l, ARGS(path, port));
	if (throwaway_answers(&to, EVENT_MS))
		live_fail(l, "%s does not answer", name);
	return to;
}

/* What it says of its pid, and its session.open with these members. */
static int opened(struct live *l, struct client *c, int *session, const char *request,
		  const char *sure)
{
	int pid = keep(live_number(l, c, "pid="));

	*session = live_int(l, live_expect(l, "{s:s, s:i, s:s, s:s, s:s}", "type", "session.open",
					   "tgid", pid, "server", "other", "request", request,
					   "confidence", sure), "session");
	return pid;
}

/* A pid that a command says behind `name`, once it runs `comm`. */
static int runs(struct live *l, struct client *c, const char *name, const char *comm)
{
	int pid = keep(live_number(l, c, name));

	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", comm);
	return pid;
}

static void is_left(struct live *l, int session, int tgid, const char *reason, const char *why,
		    int new_ppid)
{
	json_t *o = live_expect(l, "{s:s, s:i, s:i, s:s, s:b, s:i}", "type", "orphan", "session",
				session, "tgid", tgid, "reason", reason, "intended", 0, "new_ppid",
				new_ppid);

	if (!strstr(live_str(l, o, "why"), why))
		live_fail(l, "why is \"%s\"", live_str(l, o, "why"));
}

/* That nothing came before the FIN is what tells that no goodbye was said: the line is silent. */
static void goes(struct live *l, struct client *c, int sig)
{
	poll(NULL, 0, 100);
	client_signal(c, sig);
	live_wait(l, c);
}

/* ---- a key typed ---- */

static void typed(void **state, const char *name, const char *key, const char *sig,
		  const char *verdict, const char *outcome, const char *sure)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, name, false);
	struct client *c =
		live_ssh_to(l, &to, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	int session, pid = opened(l, c, &session, "exec", sure);

	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	live_type(l, c, key);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:[{s:i, s:s}]}", "type", "interrupt", "session",
		    session, "origin", "tty", "sig", sig, "verdict", verdict, "members", "tgid", pid,
		    "outcome", outcome);
	if (!strcmp(outcome, "died"))
		live_expect(l, "{s:s, s:i, s:s, s:s, s:i}", "type", "session.close", "session",
			    session, "end", "exit", "exit_signal", sig, "orphans", 0);
	live_done(l);
}

static void naive_typed(void **state)
{
	typed(state, NAIVE, "\003", "SIGINT", "stopped", "died", "inferred");
}

static void teleport_typed(void **state)
{
	typed(state, TELEPORT, "\003", "SIGINT", "stopped", "died", "seen");
}

/* ssh-facts 0.8 */
static void teleport_typed_quit(void **state)
{
	typed(state, TELEPORT, "\034", "SIGQUIT", "no_effect", "ignored", "seen");
}

/* ---- a client written in Go, and OpenSSH's server ---- */

static int sleeping(struct live *l, const char *seconds)
{
	return keep(live_sleeping(l, seconds));
}

/* It asks for a signal, which the server sends to the command's group. */
static void ssh_signal(void **state)
{
	struct live *l = live(state);
	char port[16], key[300];
	json_t *open;
	int job, front;

	snprintf(port, sizeof(port), "%u", l->server.port);
	snprintf(key, sizeof(key), "%s/client", l->server.dir);
	live_trace(l, TRACE_SSHD);
	live_child(l, ARGS(program("go_signal"), port, l->server.user, key,
			   "trap : INT; sleep 900 & echo up; sleep 1000; sleep 1001; echo over"));
	open = live_expect(l, "{s:s, s:n, s:s}", "type", "session.open", "pty", "request", "exec");
	job = sleeping(l, "900");
	front = sleeping(l, "1000");
	kill(l->child, SIGUSR1);
	live_expect(l, "{s:s, s:s, s:s, s:i, s:s, s:[{s:i, s:s}, {s:i, s:s}, {s:i, s:s}]}", "type",
		    "interrupt", "origin", "ssh_signal", "sig", "SIGINT", "session",
		    live_int(l, open, "session"), "verdict", "partly", "members", "tgid", front,
		    "outcome", "died", "tgid", live_int(l, open, "tgid"), "reason", "handler", "tgid",
		    job, "reason", "ignored_background");
	front = sleeping(l, "1001");
	kill(l->child, SIGKILL);
	live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", live_int(l, open, "session"),
		    "tgid", front);
	live_done(l);
}

/* A server's forced command takes no such request. */
static void ssh_signal_refused(void **state)
{
	struct live *l = live(state);
	char port[16], key[300];
	json_t *open;
	struct err e;
	int pid;

	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	if (throwaway_start(&l->other, "ForceCommand echo up; exec sleep 1003", &e) < 0)
		live_fail(l, "%s", e.what);
	snprintf(port, sizeof(port), "%u", l->other.port);
	snprintf(key, sizeof(key), "%s/client", l->other.dir);
	live_trace(l, TRACE_SSHD);
	live_child(l, ARGS(program("go_signal"), port, l->other.user, key, "sleep 1000", "leave"));
	pid = sleeping(l, "1003");
	open = live_expect(l, "{s:s, s:i, s:s, s:s}", "type", "session.open", "tgid", pid, "request",
			   "exec", "command", "echo up; exec sleep 1003");
	kill(l->child, SIGUSR1);
	live_expect(l, "{s:s, s:i, s:i, s:s}", "type", "orphan", "session", live_int(l, open, "session"),
		    "tgid", pid, "reason", "no_pty");
	live_done(l);
	live_forbid(l, "{s:s, s:s}", "type", "interrupt", "origin", "ssh_signal");
	live_forbid(l, "{s:s, s:s, s:{s:i}}", "type", "signal.generate", "sig", "SIGINT", "target", "tgid",
		    pid);
}

/* ---- the client goes, no terminal ---- */

static void naive_goes(void **state, int sig, const char *end, const char *sure)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, NAIVE, true);
	struct client *c = live_ssh_to(l, &to, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	int session, pid = opened(l, c, &session, "exec", "inferred");

	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	goes(l, c, sig);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s}", "type", "interrupt", "session", session,
		    "origin", "disconnect", "verdict", "no_effect", "cause", end);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:i}", "type", "session.close", "session", session,
		    "end", end, "confidence", sure, "orphans", 1);
	is_left(l, session, pid, "no_pty", "no terminal", l->child);
	live_done(l);
}

static void naive_client_interrupted(void **state)
{
	naive_goes(state, SIGINT, "disconnect", "guessed");
}

static void naive_client_killed(void **state)
{
	naive_goes(state, SIGKILL, "vanished", "inferred");
}

static void teleport_goes(void **state, int sig, const char *end, const char *sure)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, TELEPORT, false);
	struct client *c = live_ssh_to(l, &to, CLIENT_PLAIN,
				       ARGS("echo pid=$$; sleep 1000 & echo job=$!; wait"));
	int session, pid = opened(l, c, &session, "exec", "seen");
	int job = runs(l, c, "job=", "sleep");
	json_t *close;

	goes(l, c, sig);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:[{s:i, s:s}, {s:i, s:s}]}", "type", "interrupt",
		    "session", session, "origin", "disconnect", "verdict", "partly", "cause", end,
		    "members", "tgid", pid, "outcome", "exited", "tgid", job, "outcome",
		    "not_delivered");
	close = live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:i}", "type", "session.close", "session",
			    session, "end", end, "confidence", sure, "exit_signal", "SIGKILL",
			    "orphans", 1);
	assert_non_null(strstr(live_str(l, close, "why"), "the server killed the command"));
	is_left(l, session, job, "no_signal", "killed only the command's first process", 1);
	live_done(l);
	/* the kill is the session's end, no Ctrl-C of anybody's */
	live_forbid(l, "{s:s, s:s}", "type", "interrupt", "origin", "ssh_signal");
}

static void teleport_client_interrupted(void **state)
{
	teleport_goes(state, SIGINT, "disconnect", "guessed");
}

static void teleport_client_killed(void **state)
{
	teleport_goes(state, SIGKILL, "vanished", "inferred");
}

/* ---- the client goes, with a terminal ---- */

static void naive_pty_lost(void **state)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, NAIVE, false);
	struct client *c = live_ssh_to(l, &to, CLIENT_PTY,
				       ARGS("-tt", "echo pid=$$; sleep 1000 & echo job=$!; wait"));
	int session, pid = opened(l, c, &session, "exec", "inferred");
	int job = runs(l, c, "job=", "sleep");

	goes(l, c, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:i}", "type", "session.close", "session", session,
		    "end", "vanished", "confidence", "inferred", "orphans", 2);
	is_left(l, session, pid, "no_signal", "keeps the terminal's master open", l->child);
	is_left(l, session, job, "no_signal", "keeps the terminal's master open", pid);
	live_done(l);
	live_forbid(l, "{s:s, s:s}", "type", "signal.generate", "sig", "SIGHUP");
}

static void teleport_pty_lost(void **state)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, TELEPORT, false);
	struct client *c = live_ssh_to(
		l, &to, CLIENT_PTY,
		ARGS("-tt", "set -m; echo pid=$$; sleep 1000 & echo job=$!; wait"));
	int session, pid = opened(l, c, &session, "exec", "seen");
	int job = runs(l, c, "job=", "sleep");

	goes(l, c, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:i}", "type", "session.close", "session", session,
		    "end", "vanished", "confidence", "inferred", "exit_signal", "SIGKILL",
		    "orphans", 1);
	is_left(l, session, job, "no_signal", "its shell was killed before", 1);
	live_done(l);
	assert_true(proc_ends(pid));
}

/* ---- who is who ---- */

/*
 * Each from an address of its own, the second while the first is open, and the first's ends. At once
 * only where the server says who is who: else what two clients send within one jiffy is a guess.
 */
static void two(void **state, const char *name, bool at_once)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, name, true);
	static const char *const from[] = { "127.0.0.2", "127.0.0.3" };
	struct client *c[2];
	int pid[2];

	for (int i = 0; i < 2; i++) {
		c[i] = live_ssh_to(l, &to, CLIENT_PLAIN,
				   ARGS("-b", from[i], "echo pid=$$; exec sleep 1000"));
		if (!at_once && client_expect(c[i], "pid=", EVENT_MS))
			live_fail(l, "no session from %s", from[i]);
		if (!at_once)
			c[i]->seen = 0;
	}
	for (int i = 0; i < 2; i++) {
		json_t *open;

		pid[i] = keep(live_number(l, c[i], "pid="));
		open = live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid[i]);
		if (strncmp(live_str(l, open, "peer"), from[i], strlen(from[i])))
			live_fail(l, "the peer of %s is %s", from[i], live_str(l, open, "peer"));
	}
	goes(l, c[0], SIGKILL);
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "vanished");
	assert_int_equal(live_count(l, "{s:s}", "type", "session.close"), 1);
	live_done(l);
}

static void naive_two(void **state)
{
	two(state, NAIVE, false);
}

static void teleport_two(void **state)
{
	two(state, TELEPORT, true);
}

static void open_before(void **state, const char *name)
{
	struct live *l = live(state);
	struct throwaway to = l->server;
	const char *path = program(name);
	char port[16];
	struct client *c;
	int pid;

	if (proc_free_port(&to.port) < 0)
		live_fail(l, "no free port");
	l->other.port = to.port;
	snprintf(port, sizeof(port), "%u", to.port);
	live_child(l, ARGS(path, port));
	c = live_ssh_to(l, &to, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	pid = keep(live_number(l, c, "pid="));
	assert_true(proc_becomes(pid, "sleep"));
	live_trace(l, TRACE_SSHD);
	live_expect(l, "{s:s, s:i, s:s, s:b, s:s}", "type", "session.open", "tgid", pid, "server",
		    "other", "preexisting", 1, "confidence", "inferred");
	live_type(l, c, "\003");
	live_expect(l, "{s:s, s:s, s:s}", "type", "interrupt", "origin", "tty", "verdict", "stopped");
	live_done(l);
}

static void naive_open_before(void **state)
{
	open_before(state, NAIVE);
}

static void teleport_open_before(void **state)
{
	open_before(state, TELEPORT);
}

/* ---- what is no server ---- */

/* As any program that listens and runs others: these lead no session, or have no terminal and no
 * SSH_CONNECTION of another user's. Without --server that says nothing. */
static void not_by_a_child(void **state)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, NAIVE, false);
	struct client *c = live_ssh_to(l, &to, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	int pid = keep(live_number(l, c, "pid="));

	assert_true(proc_becomes(pid, "sleep"));
	c = live_ssh_to(l, &to, CLIENT_PLAIN,
			ARGS("export SSH_CONNECTION='127.0.0.1 1 127.0.0.1 2'; echo pid=$$; "
			     "exec setsid sleep 1000"));
	pid = keep(live_number(l, c, "pid="));
	assert_true(proc_becomes(pid, "sleep"));
	live_done(l);
	live_forbid(l, "{s:s, s:i}", "type", "task.snapshot", "tgid", l->child);
	live_forbid(l, "{s:s, s:i}", "type", "task.exec", "ppid", l->child);
}

static void refuses(struct live *l, const char *const *args, const char *says)
{
	struct buf out, err;

	if (tool_run(args, EVENT_MS, &out, &err) != 2 || !strstr(buf_cstr(&err), says))
		live_fail(l, "\"%s\" expected: %s", says, buf_cstr(&err));
	buf_free(&out);
	buf_free(&err);
}

static void usage(void **state)
{
	struct live *l = live(state);

	refuses(l, ARGS("--server"), "--server needs EXE|PORT");
	refuses(l, ARGS("--server", "0"), "a program or a port, not '0'");
	refuses(l, ARGS("--server", "65536"), "a program or a port, not '65536'");
	refuses(l, ARGS("--server", "/usr/sbin/"), "a program or a port, not");
	refuses(l, ARGS("--server", "/no/such/program"), "there is no program /no/such/program");
	refuses(l, ARGS("--server", "22", "-r", "x.sgt"), "--server cannot add to it");
	l->passed = true;
}

/* By its name instead of its port, and of a server that runs before sigtrace does. */
static void by_name(void **state)
{
	struct live *l = live(state);
	struct throwaway to = l->server;
	const char *path = program(NAIVE);
	struct client *c;
	char port[16];
	int session;

	if (proc_free_port(&to.port) < 0)
		live_fail(l, "no free port");
	l->other.port = to.port;
	snprintf(port, sizeof(port), "%u", to.port);
	live_child(l, ARGS(path, port));
	live_trace(l, ARGS("--server", path, "--json"));
	c = live_ssh_to(l, &to, CLIENT_PLAIN, ARGS("echo pid=$$; exit 3"));
	opened(l, c, &session, "exec", "inferred");
	assert_int_equal(live_wait(l, c), 3);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session", session, "end",
		    "exit", "exit_status", 3);
	live_done(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ssh_signal),
		TEST(ssh_signal_refused),
		TEST(naive_typed),
		TEST(naive_client_interrupted),
		TEST(naive_client_killed),
		TEST(naive_pty_lost),
		TEST(naive_two),
		TEST(naive_open_before),
		TEST(teleport_typed),
		TEST(teleport_typed_quit),
		TEST(teleport_client_interrupted),
		TEST(teleport_client_killed),
		TEST(teleport_pty_lost),
		TEST(teleport_two),
		TEST(teleport_open_before),
		TEST(not_by_a_child),
		TEST(by_name),
		TEST(usage),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
