/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a process outlives the terminal that its session had: each reason that a real one can be made for. */
#include "live/live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_orphan(struct live *l, int pid, const char *reason, const char *why,
			  const char *advice)
{
	json_t *o = live_expect(l, "{s:s, s:i, s:s, s:b}", "type", "orphan", "tgid", pid, "reason",
				reason, "intended", 0);

	if (!strstr(live_str(l, o, "why"), why))
		live_fail(l, "why is \"%s\"", live_str(l, o, "why"));
	if (!strstr(live_str(l, o, "advice"), advice))
		live_fail(l, "the advice is \"%s\"", live_str(l, o, "advice"));
}

static struct client *on_terminal(struct live *l, const char *cmd)
{
	live_trace(l, TRACE_SSHD);
	return live_ssh(l, CLIENT_PTY, ARGS("-tt", cmd));
}

/* The sleep is what is left when the client is gone. */
static void one(void **state, const char *cmd, const char *reason, const char *why,
		const char *advice)
{
	struct live *l = live(state);
	struct client *c = on_terminal(l, cmd);
	int pid = live_sleeping(l, "1001");

	client_signal(c, SIGKILL);
	expect_orphan(l, pid, reason, why, advice);
	live_done(l);
}

static void ignored(void **state)
{
	one(state, "trap '' HUP; exec sleep 1001", "ignored", "it ignored the hang-up's SIGHUP",
	    "writes fail with EIO");
}

static void blocked(void **state)
{
	one(state, "exec env --block-signal=HUP sleep 1001", "blocked", "it blocks SIGHUP in every thread",
	    "SIGTERM, then SIGKILL");
}

static void init_of_a_pid_namespace(void **state)
{
	live(state);
	if (system("unshare -Urpf true 2>/dev/null"))
		live_skip("unshare(1) gives no pid namespace here");
	one(state, "exec unshare -Urpf sh -c 'exec sleep 1001'", "ignored",
	    "it is the init of a pid namespace", "SIGKILL from outside its namespace");
}

/* The leader takes it, and what it waits for is not signalled at all. */
static void handled(void **state)
{
	struct live *l = live(state);
	struct client *c = on_terminal(l, "trap : HUP; echo pid=$$; sleep 1001; :");
	int shell = live_number(l, c, "pid="), job = live_sleeping(l, "1001");

	client_signal(c, SIGKILL);
	expect_orphan(l, shell, "handled", "its handler took the hang-up's SIGHUP", "SIGTERM");
	expect_orphan(l, job, "no_signal", "the hang-up went to the session's leader only", "");
	live_done(l);
}

static void group_of_timeout(void **state)
{
	struct live *l = live(state);
	struct client *c = on_terminal(l, "timeout 100 sleep 1001; :");
	json_t *exec = live_expect(l, "{s:s, s:s, s:[s,s]}", "type", "task.exec", "comm", "sleep",
				   "args", "sleep", "1001");
	int job = live_int(l, exec, "tgid"), parent = live_int(l, exec, "ppid");

	client_signal(c, SIGKILL);
	expect_orphan(l, parent, "other_group", "timeout(1) made for itself", "timeout --foreground");
	expect_orphan(l, job, "other_group", "timeout(1) made for itself", "timeout --foreground");
	live_done(l);
}

/* What is advised: then the hang-up reaches it. How soon it ends of that is the scheduler's affair. */
static void timeout_in_the_foreground(void **state)
{
	struct live *l = live(state);
	struct client *c = on_terminal(l, "timeout --foreground 100 sleep 1001; :");
	int pid = live_sleeping(l, "1001");

	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGHUP");
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "vanished");
	live_done(l);
	live_forbid(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", pid, "reason", "other_group");
}

static void group_of_its_own(void **state)
{
	struct live *l = live(state);
	struct client *c;
	char cmd[400];
	int pid;

	snprintf(cmd, sizeof(cmd), "%s setpgid & sleep 1001; :", live_prog(l, "wait"));
	c = on_terminal(l, cmd);
	pid = live_number(l, c, "wait=");
	live_sleeping(l, "1001");
	client_signal(c, SIGKILL);
	expect_orphan(l, pid, "other_group", "it is in a process group of its own", "EIO");
	live_done(l);
}

static void disowned(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, pid;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1001 & disown; echo dis''owned\n");
	pid = live_sleeping(l, "1001");
	assert_int_equal(client_expect(c, "disowned", EVENT_MS), 0);
	client_signal(c, SIGKILL);
	expect_orphan(l, pid, "other_group", "a background job that its shell no longer owned", "");
	live_done(l);
}

/* Without a terminal: it was told to end, and is deaf to that. */
static void ignores_what_it_is_sent(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PLAIN, ARGS("sleep 1001 & echo pid=$!; sleep 1002"));
	pid = live_number(l, c, "pid=");
	assert_int_equal(live_sleeping(l, "1001"), pid);
	kill(pid, SIGINT);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s}", "type", "signal.generate", "sig", "SIGINT", "target",
		    "tgid", pid, "result", "ignored");
	client_signal(c, SIGINT);
	expect_orphan(l, pid, "ignored", "it was sent a signal that it ignores", "SIGTERM, then SIGKILL");
	expect_orphan(l, live_sleeping(l, "1002"), "no_pty", "a Ctrl-C at the client ends there", "ssh -t");
	live_done(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(ignored),
		LIVE_TEST(blocked),
		LIVE_TEST(init_of_a_pid_namespace),
		LIVE_TEST(handled),
		LIVE_TEST(group_of_timeout),
		LIVE_TEST(timeout_in_the_foreground),
		LIVE_TEST(group_of_its_own),
		LIVE_TEST(disowned),
		LIVE_TEST(ignores_what_it_is_sent),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
