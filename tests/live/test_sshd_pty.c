/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions with a terminal: what a typed control character did, and what outlived the shell. */
#include "live/live.h"

#include <signal.h>
#include <string.h>

/* `ssh -tt host COMMAND` that says "pid=N" and becomes `comm`; its pid. */
static struct client *command(struct live *l, const char *cmd, const char *comm, int *pid)
{
	struct client *c = live_ssh(l, CLIENT_PTY, ARGS("-tt", cmd));

	*pid = live_number(l, c, "pid=");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", *pid, "comm", comm);
	return c;
}

/* Has read what the shell says after `text`, to its prompt: a client that is killed with something
 * unread in its socket resets the connection instead of closing it. */
static void settled(struct client *c, const char *text)
{
	assert_int_equal(client_expect(c, text, EVENT_MS), 0);
	assert_int_equal(client_expect(c, "$ ", EVENT_MS), 0);
}

/* Seen on 5.10 and a slow machine: pty_close() wakes the shell's read(2) before it hangs the terminal
 * up, and a shell that reads its end first ends by itself, without SIGHUP. */
#define HANGUP "a shell may end by itself before its terminal is hung up: on a machine this slow it does"

static json_t *expect_open(struct live *l, int tgid, const char *request)
{
	json_t *open = live_expect(l, "{s:s, s:i, s:s, s:s}", "type", "session.open", "tgid", tgid,
				   "request", request, "user", ACCOUNT);

	assert_non_null(strstr(live_str(l, open, "pty"), "pts/"));
	return open;
}

static json_t *expect_interrupt(struct live *l, const char *verdict)
{
	return live_expect(l, "{s:s, s:s, s:s, s:s}", "type", "interrupt", "origin", "tty", "sig",
			   "SIGINT", "verdict", verdict);
}

/* Has the interrupt exactly this one member? */
static void one_member(struct live *l, const json_t *interrupt, int tgid, const char *outcome)
{
	json_t *p = json_pack("{s:[{s:i, s:s}]}", "members", "tgid", tgid, "outcome", outcome);
	bool ok = json_has(interrupt, p);

	json_decref(p);
	if (!ok || json_array_size(json_object_get(interrupt, "members")) != 1)
		live_fail(l, "the interrupt has not %d, %s, as its only member", tgid, outcome);
}

static void test_shell_interrupt(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open, *i;
	int shell, job;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	open = expect_open(l, shell, "shell");
	live_type(l, c, "sleep 1001\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, "\x03");
	i = expect_interrupt(l, "stopped");
	one_member(l, i, job, "died");
	assert_int_equal(live_int(l, i, "fg_pgid"), job);
	assert_int_equal(live_int(l, i, "session"), live_int(l, open, "session"));
	assert_string_equal(live_str(l, i, "tty"), live_str(l, open, "pty"));
	live_expect(l, "{s:s, s:s, s:s, s:b}", "type", "tty.key", "tty", live_str(l, open, "pty"),
		    "key", "intr", "isig", 1);
	live_type(l, c, "exit 4\n");
	assert_int_equal(live_wait(l, c), 4);
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", 4, "orphans", 0);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s}", "type", "interrupt"), 1);
}

static void test_exec_interrupt(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = command(l, "echo pid=$$; exec sleep 1000", "sleep", &pid);
	expect_open(l, pid, "exec");
	live_type(l, c, "\x03");
	one_member(l, expect_interrupt(l, "stopped"), pid, "died");
	live_expect(l, "{s:s, s:s, s:n, s:s, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", "exit_signal", "SIGINT", "orphans", 0);
	live_done(l);
}

/* A member of the foreground group that takes ^C in this way. */
static void survivor(struct live *l, const char *cmd, const char *comm, const char *ready,
		     const char *outcome)
{
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = command(l, cmd, comm, &pid);
	assert_int_equal(client_expect(c, ready, EVENT_MS), 0);
	live_type(l, c, "\x03");
	one_member(l, expect_interrupt(l, "no_effect"), pid, outcome);
	assert_true(proc_alive(pid));
	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "vanished", "orphans", 0);
	assert_true(proc_ends(pid)); /* of the hang-up */
	live_done(l);
}

static void test_interrupt_ignored(void **state)
{
	survivor(live(state), "trap '' INT; echo pid=$$; exec sleep 1000", "sleep", "",
		 "ignored");
}

static void hold(struct live *l, const char *mode, const char *outcome)
{
	char cmd[400];

	snprintf(cmd, sizeof(cmd), "echo pid=$$; exec %s %s", live_prog(l, "hold"), mode);
	survivor(l, cmd, "prog_hold", "hold=", outcome);
}

static void test_interrupt_handled(void **state)
{
	hold(live(state), "handle", "handled");
}

static void test_interrupt_blocked(void **state)
{
	hold(live(state), "block", "blocked");
}

/* It ended, but by itself: the handler said so. */
static void test_interrupt_handled_by_leaving(void **state)
{
	struct live *l = live(state);
	struct client *c;
	char cmd[400];
	int pid;

	snprintf(cmd, sizeof(cmd), "echo pid=$$; exec %s quit", live_prog(l, "hold"));
	live_trace(l, TRACE_SSHD);
	c = command(l, cmd, "prog_hold", &pid);
	assert_int_equal(client_expect(c, "hold=", EVENT_MS), 0);
	live_type(l, c, "\x03");
	one_member(l, expect_interrupt(l, "stopped"), pid, "exited");
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "exit", "exit_status", 0);
	live_done(l);
}

/* With ISIG off the byte is the program's: no failure of anything. */
static void test_raw_terminal(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *i;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = command(l, "stty -isig; echo pid=$$; exec cat", "cat", &pid);
	live_type(l, c, "\x03");
	i = live_expect(l, "{s:s, s:s, s:s}", "type", "interrupt", "origin", "tty", "verdict",
			"not_a_signal");
	assert_int_equal(live_int(l, i, "fg_pgid"), pid);
	live_expect(l, "{s:s, s:s, s:b}", "type", "tty.key", "key", "intr", "isig", 0);
	assert_true(proc_alive(pid));
	live_type(l, c, "\n\x04");
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "exit", "exit_status", 0);
	live_done(l);
	live_forbid(l, "{s:s, s:s, s:{s:i}}", "type", "signal.generate", "sig", "SIGINT", "target",
		    "tgid", pid);
}

static void test_background_job_is_missed(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *i, *p;
	int shell, job, front;

	live_skip_slow(HANGUP);
	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1001 &\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, "sleep 1002\n");
	front = live_sleeping(l, "1002");
	live_type(l, c, "\x03");
	i = expect_interrupt(l, "stopped");
	one_member(l, i, front, "died");
	p = json_pack("{s:[{s:i, s:s, s:s}]}", "missed", "tgid", job, "comm", "sleep", "reason",
		      "other_group");
	assert_true(json_has(i, p));
	json_decref(p);
	assert_true(proc_alive(job));
	settled(c, "^C");
	client_signal(c, SIGKILL);
	/* its shell hands the hang-up on */
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "vanished", "orphans", 0);
	assert_true(proc_ends(job));
	live_done(l);
}

static void test_detached_outlive_a_killed_client(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, own, deaf;
	char job[32];

	live_skip_slow(HANGUP);
	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "setsid sleep 1001 &\n");
	own = live_sleeping(l, "1001");
	live_type(l, c, "nohup sleep 1002 >/dev/null 2>&1 </dev/null &\n");
	deaf = live_sleeping(l, "1002");
	/* the first job's number is free again if setsid(1), which forks, was seen to end */
	snprintf(job, sizeof(job), "] %d", deaf);
	settled(c, job);
	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s, s:b}", "type", "orphan", "tgid", own, "reason",
		    "other_session", "intended", 1);
	live_expect(l, "{s:s, s:i, s:s, s:b}", "type", "orphan", "tgid", deaf, "reason", "ignored",
		    "intended", 1);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "vanished", "orphans", 2);
	assert_true(proc_alive(own));
	assert_true(proc_alive(deaf));
	live_done(l);
}

static void test_job_outlives_exit(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, job;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1001 &\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, "exit 0\n");
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", job, "reason", "other_group");
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit",
		    "exit_status", 0, "orphans", 1);
	assert_true(proc_alive(job));
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

static void test_suspend(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, job;

	live_skip_slow(HANGUP);
	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1001\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, "\x1a");
	live_expect(l, "{s:s, s:s, s:b}", "type", "tty.key", "key", "susp", "isig", 1);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s, s:s}", "type", "signal.generate", "sig", "SIGTSTP",
		    "target", "tgid", job, "origin", "tty", "result", "delivered");
	settled(c, "Stopped");
	/* A stopped job does not keep the session: the kernel hangs it up with its shell. */
	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "vanished", "orphans", 0);
	assert_true(proc_ends(job));
	live_done(l);
}

static void test_quit(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid;

	live_trace(l, TRACE_SSHD);
	c = command(l, "ulimit -c 0; echo pid=$$; exec sleep 1000", "sleep", &pid);
	live_type(l, c, "\x1c");
	live_expect(l, "{s:s, s:s, s:b}", "type", "tty.key", "key", "quit", "isig", 1);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGQUIT");
	live_expect(l, "{s:s, s:s, s:s}", "type", "session.close", "end", "exit", "exit_signal",
		    "SIGQUIT");
	live_done(l);
}

/* The client says goodbye (SSH_MSG_DISCONNECT) with a terminal open: a hang-up, and no ^C. */
static void test_client_interrupted_by_hand(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	expect_open(l, shell, "shell");
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "disconnect", "orphans",
		    0);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s}", "type", "signal.generate", "sig", "SIGHUP",
		    "target", "tgid", shell, "origin", "hangup");
	live_done(l);
	live_forbid(l, "{s:s, s:s}", "type", "interrupt", "origin", "tty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_shell_interrupt),
		LIVE_TEST(test_exec_interrupt),
		LIVE_TEST(test_interrupt_ignored),
		LIVE_TEST(test_interrupt_handled),
		LIVE_TEST(test_interrupt_blocked),
		LIVE_TEST(test_interrupt_handled_by_leaving),
		LIVE_TEST(test_raw_terminal),
		LIVE_TEST(test_background_job_is_missed),
		LIVE_TEST(test_detached_outlive_a_killed_client),
		LIVE_TEST(test_job_outlives_exit),
		LIVE_TEST(test_suspend),
		LIVE_TEST(test_quit),
		LIVE_TEST(test_client_interrupted_by_hand),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
