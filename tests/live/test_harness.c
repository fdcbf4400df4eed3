/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness by itself: server, clients, relay, helper programs, and a sigtrace made of sh. */
#include "live/live.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_exec(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN,
				    ARGS("echo home=$HOME; echo who=$(id -un); exit 3"));

	assert_int_equal(client_expect(c, "home=", EVENT_MS), 0);
	assert_int_equal(client_expect(c, l->server.dir, EVENT_MS), 0);
	assert_int_equal(client_expect(c, "who=" ACCOUNT "\n", EVENT_MS), 0);
	assert_int_equal(live_wait(l, c), 3);
	assert_int_equal(client_expect(c, "more", EVENT_MS), -1);
}

static void test_plain_stdin(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("while read x; do echo got=$x.; done"));

	live_type(l, c, "41\n");
	assert_int_equal(live_number(l, c, "got="), 41);
	live_type(l, c, "42\n");
	assert_int_equal(live_number(l, c, "got="), 42);
	client_eof(c);
	assert_int_equal(live_wait(l, c), 0);
}

static void test_interrupted_client_leaves_orphan(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	int pid = live_number(l, c, "pid=");

	assert_true(proc_becomes(pid, "sleep"));
	client_signal(c, SIGINT);
	assert_int_equal(live_wait(l, c), 255);
	assert_true(proc_alive(pid));
	assert_int_equal(throwaway_sweep(&l->server), 1);
	assert_false(proc_alive(pid));
}

static void test_shell_and_typed_interrupt(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, pid;

	c = live_shell(l, &shell);
	assert_true(shell > 0);
	live_type(l, c, "bash -c 'echo job''=$$; exec sleep 1000'; echo status''=$?\n");
	pid = live_number(l, c, "job=");
	assert_true(proc_becomes(pid, "sleep"));
	live_type(l, c, "\x03");
	assert_true(proc_ends(pid));
	live_type(l, c, "echo status''=$?\n");
	assert_int_equal(live_number(l, c, "status="), 130);
	live_type(l, c, "exit 5\n");
	assert_int_equal(live_wait(l, c), 5);
}

static void test_connection_processes_are_split(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	int user = proc_parent(live_number(l, c, "pid=")), monitor = proc_parent(user);

	assert_int_equal(proc_parent(monitor), l->server.listener);
	kill(user, SIGKILL);
	assert_int_equal(live_wait(l, c), 255);
}

static void test_relay_resets(void **state)
{
	struct live *l = live(state);
	struct throwaway via = l->server;
	struct client *c;
	int pid;

	assert_int_equal(relay_start(&l->relay, l->server.port), 0);
	via.port = l->relay.port;
	c = live_ssh_to(l, &via, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	assert_int_equal(relay_reset(&l->relay), 0);
	assert_int_equal(live_wait(l, c), 255);
	assert_true(proc_alive(pid));
}

static void test_mux(void **state)
{
	struct live *l = live(state);
	struct client *master, *second;
	char path[300];

	snprintf(path, sizeof(path), "ControlPath=%s/mux", l->server.dir);
	master = live_ssh(l, CLIENT_PLAIN,
			  ARGS("-M", "-o", path, "echo one=$PPID; exec sleep 1000"));
	int one = live_number(l, master, "one=");

	second = live_ssh(l, CLIENT_PLAIN, ARGS("-o", path, "echo two=$PPID"));
	assert_int_equal(live_number(l, second, "two="), one);
	assert_int_equal(live_wait(l, second), 0);
}

static void test_helper_programs(void **state)
{
	struct live *l = live(state);
	const char *hold = live_prog(l, "hold");
	struct client *c = live_ssh(l, CLIENT_PTY, ARGS("-tt", hold, "handle"));
	int pid = live_number(l, c, "hold=");

	live_type(l, c, "\x03");
	assert_int_equal(client_expect(c, "handled", EVENT_MS), 0);
	assert_true(proc_alive(pid));
	client_signal(c, SIGKILL);
	assert_true(proc_ends(pid)); /* hung up */

	pid = live_child(l, ARGS(hold, "ignore"));
	kill(pid, SIGINT);
	assert_true(proc_alive(pid));
}

static void test_server_leaves_nothing(void **state)
{
	struct live *l = live(state);
	struct client *c;
	char dir[256];
	int pid;
	struct err e;

	snprintf(l->other.user, sizeof(l->other.user), "root");
	assert_int_equal(throwaway_start(&l->other, "MaxSessions 3", &e), 0);
	assert_int_not_equal(l->other.port, l->server.port);
	c = live_ssh_to(l, &l->other, CLIENT_PLAIN,
			ARGS("setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo pid=$!"));
	pid = live_number(l, c, "pid=");
	assert_int_equal(live_wait(l, c), 0);
	assert_true(proc_alive(pid));
	snprintf(dir, sizeof(dir), "%s", l->other.dir);
	throwaway_stop(&l->other);
	assert_false(proc_alive(pid));
	assert_int_equal(access(dir, F_OK), -1);
	throwaway_stop(&l->other);
	/* Ours still runs, and has what it needs. */
	c = live_ssh(l, CLIENT_PLAIN, ARGS("true"));
	assert_int_equal(live_wait(l, c), 0);
}

static void test_server_that_cannot_start(void **state)
{
	struct live *l = live(state);
	struct err e = { 0 };

	assert_int_equal(throwaway_start(&l->other, "NoSuchOption yes", &e), -1);
	assert_non_null(strstr(e.what, "terminating, 1 bad configuration options"));
	assert_string_equal(l->other.dir, "");
}

#define LINE(type, seq, more)                                                                      \
	"{\"type\":\"" type "\",\"seq\":" seq                                                      \
	",\"ts\":1,\"time\":\"2026-01-31T14:02:11.318000123Z\",\"session\":null" more "}"
#define END(seq, more) LINE("trace.end", seq, ",\"records\":3,\"sessions\":0,\"orphans\":0" more)

/* A sigtrace of three lines: says `first`, is ready, says `second`, and `last` on SIGTERM. */
static void fake(struct live *l, const char *second, const char *last)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/fake", l->server.dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f,
		"#!/bin/sh\nsleep 1000 >/dev/null 2>&1 &\n"
		"trap 'kill $!; cat <<\\E\n%s\nE\nexit 0' TERM\n"
		"cat <<\\E\n%s\nE\necho ready >&2\neval \"echo >&$2\"\ncat <<\\E\n%s\nE\nwait\n",
		last, LINE("trace.begin", "1", ""), second);
	fchmod(fileno(f), 0755);
	fclose(f);
	setenv("SIGTRACE", path, 1);
}

static void test_trace(void **state)
{
	struct live *l = live(state);
	char *was = getenv("SIGTRACE") ? strdup(getenv("SIGTRACE")) : NULL;
	struct trace *t = &l->trace;
	json_t *p = json_pack("{s:s, s:{s:i}, s:[{s:i}]}", "type", "x.y", "target", "tgid", 7,
			      "members", "tgid", 2);

	fake(l, LINE("x.y", "2", ",\"target\":{\"tgid\":7,\"pid\":7},"
				 "\"members\":[{\"tgid\":1},{\"tgid\":2,\"comm\":\"a\"}]"),
	     END("3", ",\"lost\":0"));
	assert_int_equal(trace_start(t, ARGS("--sshd")), 0);
	assert_non_null(trace_find(t, p, EVENT_MS));
	json_object_set_new(json_object_get(p, "target"), "tgid", json_integer(8));
	assert_null(trace_find(t, p, 0));
	assert_int_equal(trace_stop(t), 0);
	assert_non_null(strstr(buf_cstr(&t->said), "ready"));
	trace_free(t);

	fake(l, LINE("x.y", "2", ""), END("3", ",\"lost\":5"));
	assert_int_equal(trace_start(t, ARGS("--sshd")), 0);
	assert_int_equal(trace_stop(t), -1);
	assert_non_null(strstr(t->why, "records were lost"));
	trace_free(t);

	json_decref(p);
	if (was)
		setenv("SIGTRACE", was, 1);
	free(was);
}

static void test_trace_that_fails(void **state)
{
	struct live *l = live(state);
	char *was = getenv("SIGTRACE") ? strdup(getenv("SIGTRACE")) : NULL;
	struct buf out, err;

	setenv("SIGTRACE", "/bin/false", 1);
	assert_int_equal(trace_start(&l->trace, ARGS("--sshd")), -1);
	assert_non_null(strstr(l->trace.why, "not ready"));
	setenv("SIGTRACE", "/bin/sh", 1);
	assert_int_equal(tool_run(ARGS("-c", "echo a; echo b >&2; kill -9 $$"), EVENT_MS, &out,
				  &err),
			 137);
	assert_string_equal(buf_cstr(&out), "a\n");
	assert_string_equal(buf_cstr(&err), "b\n");
	buf_free(&out);
	buf_free(&err);
	if (was)
		setenv("SIGTRACE", was, 1);
	free(was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_exec),
		LIVE_TEST(test_plain_stdin),
		LIVE_TEST(test_interrupted_client_leaves_orphan),
		LIVE_TEST(test_shell_and_typed_interrupt),
		LIVE_TEST(test_connection_processes_are_split),
		LIVE_TEST(test_relay_resets),
		LIVE_TEST(test_mux),
		LIVE_TEST(test_helper_programs),
		LIVE_TEST(test_server_leaves_nothing),
		LIVE_TEST(test_server_that_cannot_start),
		LIVE_TEST(test_trace),
		LIVE_TEST(test_trace_that_fails),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
