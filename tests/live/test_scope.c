/* SPDX-License-Identifier: GPL-2.0-only */
/* What is traced, and what is not: -- CMD, -p, --all, and strangers under --sshd. */
#include "live/live.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* sigtrace --json -o FILE -- sh -c SCRIPT; its status, with the lines of FILE in l->trace. */
static int run_command(struct live *l, const char *script, const char *stdout_is)
{
	struct buf out, err;
	char path[300];
	json_t *o;
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/out.json", l->server.dir);
	rc = tool_run(ARGS("--json", "-o", path, "--", "/bin/sh", "-c", script), EVENT_MS, &out,
		      &err);
	if (strcmp(buf_cstr(&out), stdout_is))
		live_fail(l, "the command's stdout is \"%s\"", buf_cstr(&out));
	buf_free(&out);
	buf_free(&err);
	trace_free(&l->trace);
	l->trace.lines = json_array();
	l->trace.out = l->trace.err = -1;
	f = fopen(path, "re");
	while (f && (o = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)))
		json_array_append_new(l->trace.lines, o);
	if (f)
		fclose(f);
	remove(path);
	if (!json_array_size(l->trace.lines))
		live_fail(l, "%s is not NDJSON", path);
	live_expect(l, "{s:s}", "type", "trace.begin");
	live_expect(l, "{s:s, s:i}", "type", "trace.end", "lost", 0);
	return rc;
}

static void test_command_status(void **state)
{
	struct live *l = live(state);
	json_t *exec;

	assert_int_equal(run_command(l, "echo hello; exit 7", "hello\n"), 7);
	exec = live_expect(l, "{s:s, s:[s,s,s]}", "type", "task.exec", "args", "/bin/sh", "-c",
			   "echo hello; exit 7");
	live_expect(l, "{s:s, s:i, s:i, s:i, s:n, s:b}", "type", "task.exit", "tgid",
		    live_int(l, exec, "tgid"), "exit_code", 7 << 8, "status", 7, "signal", "core",
		    0);
	l->passed = true;
}

static void test_command_signalled(void **state)
{
	struct live *l = live(state);

	assert_int_equal(run_command(l, "kill -9 $$", ""), 137);
	live_expect(l, "{s:s, s:i, s:n, s:s}", "type", "task.exit", "exit_code", 9, "status",
		    "signal", "SIGKILL");
	live_expect(l, "{s:s, s:s, s:s}", "type", "signal.generate", "sig", "SIGKILL", "origin",
		    "user");
	l->passed = true;
}

static void test_command_tree(void **state)
{
	struct live *l = live(state);
	json_t *fork, *echo;

	assert_int_equal(run_command(l, "(/bin/echo inner; exit 3); exit 0", "inner\n"), 0);
	echo = live_expect(l, "{s:s, s:s, s:[s,s]}", "type", "task.exec", "comm", "echo", "args",
			   "/bin/echo", "inner");
	fork = live_expect(l, "{s:s, s:i}", "type", "task.fork", "child_tgid",
			   live_int(l, echo, "tgid"));
	live_expect(l, "{s:s, s:i, s:i}", "type", "task.exit", "tgid", live_int(l, fork, "tgid"),
		    "status", 3);
	l->passed = true;
}

static void test_command_that_is_not_there(void **state)
{
	struct live *l = live(state);
	struct buf out, err;

	assert_int_equal(tool_run(ARGS("--json", "--", "/no/such/program"), EVENT_MS, &out, &err),
			 127);
	assert_non_null(strstr(buf_cstr(&err), "/no/such/program"));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

static void test_pid(void **state)
{
	struct live *l = live(state);
	char number[16];
	int pid = live_child(l, ARGS(live_prog(l, "hold"), "ignore"));

	snprintf(number, sizeof(number), "%d", pid);
	live_trace(l, ARGS("--json", "-p", number));
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.snapshot", "tgid", pid, "comm",
		    "prog_hold");
	kill(pid, SIGINT);
	live_expect(l, "{s:s, s:s, s:s, s:s, s:{s:i, s:s}, s:s, s:i}", "type", "signal.generate",
		    "sig", "SIGINT", "result", "ignored", "disposition", "ignore", "target", "tgid",
		    pid, "comm", "prog_hold", "origin", "user", "tgid", (int)getpid());
	kill(pid, SIGTERM);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "task.exit", "tgid", pid, "signal",
		    "SIGTERM", "exit_code", SIGTERM);
	live_done(l);
	live_forbid(l, "{s:s}", "type", "task.exec");
}

static void test_all(void **state)
{
	struct live *l = live(state);
	int pid;

	l->trace.may_lose = true; /* it is the whole machine, whatever that does */
	live_trace(l, ARGS("--json", "--all"));
	pid = live_child(l, ARGS(live_prog(l, "hold")));
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "prog_hold");
	kill(pid, SIGTERM);
	live_expect(l, "{s:s, s:s, s:{s:i}, s:s, s:s}", "type", "signal.generate", "sig", "SIGTERM",
		    "target", "tgid", pid, "origin", "user", "result", "delivered");
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGTERM");
	live_done(l);
}

/* Ahead of everybody, unless it was started with a nice value of its own; its command never. */
static void test_precedence(void **state)
{
	struct live *l = live(state);
	int own = getpriority(PRIO_PROCESS, 0);
	char line[16];

	live_trace(l, TRACE_SSHD);
	assert_int_equal(getpriority(PRIO_PROCESS, l->trace.pid), own ? own : -20);
	live_done(l);
	snprintf(line, sizeof(line), "%d\n", own);
	l->passed = false;
	assert_int_equal(run_command(l, "nice", line), 0);
	l->passed = true;
}

static bool tells_of_noise(const json_t *o, const void *arg)
{
	char *s = json_dumps(o, JSON_COMPACT);
	bool yes = s && (strstr(s, "prog_noise") || strstr(s, arg));

	free(s);
	return yes;
}

static void test_nothing_of_strangers(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *open;
	char tgid[32];

	snprintf(tgid, sizeof(tgid), "tgid\":%d,", live_child(l, ARGS(live_prog(l, "noise"))));
	live_trace(l, TRACE_SSHD);
	for (int i = 0; i < 3; i++) {
		c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 0.1"));
		open = live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid",
				   live_number(l, c, "pid="));
		live_expect(l, "{s:s, s:i}", "type", "session.close", "session",
			    live_int(l, open, "session"));
	}
	live_done(l);
	if (trace_find_if(&l->trace, tells_of_noise, tgid, 0))
		live_fail(l, "a process of no ssh session is in it");
}

/* In a container its own numbers and the kernel's would be mixed up. */
/* Whoever looks at the server's port, a monitoring agent say, is a client: that, and nothing that it
 * does besides. */
static void test_children_of_a_client(void **state)
{
	struct live *l = live(state);
	char port[8];
	int pid;

	snprintf(port, sizeof(port), "%u", l->server.port);
	live_trace(l, ARGS("--sshd", "--json", "-v"));
	pid = live_child(l, ARGS("/bin/bash", "-c",
				 "exec 3<>/dev/tcp/127.0.0.1/$0; read line <&3; /bin/sh -c 'exit 7';"
				 " (sleep 0; exit 9); echo here; exec sleep 1000", port));
	live_expect(l, "{s:s, s:i}", "type", "sock.client", "tgid", pid);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.fork", "tgid", pid), 0);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.exec", "ppid", pid), 0);
}

static void test_pid_namespace(void **state)
{
	struct live *l = live(state);
	int status = system("unshare -pf --mount-proc \"$SIGTRACE\" -- true 2>/dev/null");

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_command_status),
		LIVE_TEST(test_command_signalled),
		LIVE_TEST(test_command_tree),
		LIVE_TEST(test_command_that_is_not_there),
		LIVE_TEST(test_pid),
		LIVE_TEST(test_all),
		LIVE_TEST(test_precedence),
		LIVE_TEST(test_nothing_of_strangers),
		LIVE_TEST(test_children_of_a_client),
		LIVE_TEST(test_pid_namespace),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
