/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace orphans` on what real sessions leave: no trace runs, /proc is all there is. */
#include "live/live.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

/* Runs `sigtrace orphans --json` with these words; its lines, in the test's trace. */
static int orphans(struct live *l, const char *const *args)
{
	struct buf out = {0}, err = {0};
	int status = tool_run(args, EVENT_MS, &out, &err);
	char *save, *line = strtok_r((char *)buf_cstr(&out), "\n", &save);
	json_error_t e;

	json_decref(l->trace.lines);
	l->trace.lines = json_array();
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &e);

		if (!o)
			live_fail(l, "%s in %s", e.text, line);
		json_array_append_new(l->trace.lines, o);
	}
	buf_free(&out);
	buf_free(&err);
	return status;
}

#define ORPHANS(l, ...) orphans(l, ARGS("orphans", "--json", ##__VA_ARGS__))

static json_t *row(struct live *l, int pid)
{
	json_t *o;
	size_t i;

	json_array_foreach(l->trace.lines, i, o)
		if (json_integer_value(json_object_get(o, "tgid")) == pid)
			return o;
	return NULL;
}

static bool has_evidence(const json_t *o, const char *id)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(o, "evidence"), i, v)
		if (!strcmp(json_string_value(v), id))
			return true;
	return false;
}

static json_t *expect_row(struct live *l, int pid, const char *evidence)
{
	json_t *o = row(l, pid);

	if (!o)
		live_fail(l, "%d is not listed", pid);
	if (!has_evidence(o, evidence))
		live_fail(l, "no %s: %s", evidence, json_dumps(o, JSON_COMPACT));
	return o;
}

/* Kills the client, and waits until `pid` has lost its parent and nobody has the connection. */
static void lose(struct client *c, int pid)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;
	int above[8], n = 0;

	/* Up to the listener, which is our child: each has the connection's socket, or its terminal. */
	for (int p = proc_parent(pid); n < 8 && p > 1 && proc_parent(p) != getpid(); p = proc_parent(p))
		above[n++] = p;
	client_signal(c, SIGKILL);
	for (int i = 0; i < n; i++)
		proc_ends(above[i]);
	while (n && proc_parent(pid) == above[0] && proc_left(deadline))
		poll(NULL, 0, 2);
}

/* ssh host 'sleep 1000' whose client was killed; `from` is that client, as --json tells it. */
static int leave_sleep(struct live *l, const struct throwaway *to, char *from, size_t size)
{
	struct client *c = live_ssh_to(l, to, CLIENT_PLAIN,
				       ARGS("set -- $SSH_CONNECTION; echo port=$2; echo pid=$$;"
					    "exec sleep 1000"));
	int port = live_number(l, c, "port="), pid = live_number(l, c, "pid=");

	snprintf(from, size, "127.0.0.1:%d", port);
	assert_true(proc_becomes(pid, "sleep"));
	lose(c, pid);
	assert_true(proc_alive(pid));
	return pid;
}

static void test_client_killed(void **state)
{
	struct live *l = live(state);
	char from[32];
	int pid = leave_sleep(l, &l->server, from, sizeof(from));
	const char *class;
	json_t *o;

	assert_int_equal(ORPHANS(l, "--exit-code"), 1);
	o = expect_row(l, pid, "connection_gone");
	assert_true(has_evidence(o, "pipe_dead"));
	assert_true(has_evidence(o, "adopted"));
	class = live_str(l, o, "class");
	if (strcmp(class, "certain") && strcmp(class, "likely"))
		live_fail(l, "class %s", class);
	assert_string_equal(live_str(l, o, "type"), "leftover");
	assert_string_equal(live_str(l, o, "from"), from);
	assert_string_equal(live_str(l, o, "comm"), "sleep");
	assert_string_equal(live_str(l, o, "user"), ACCOUNT);
	assert_int_equal(json_array_size(json_object_get(o, "args")), 2);
	assert_true(json_integer_value(json_object_get(o, "age_ns")) > 0);
	assert_non_null(strstr(live_str(l, o, "why"), "SSH_CONNECTION"));
	assert_true(proc_alive(pid)); /* it never kills */
	l->passed = true;
}

static void test_min_age_hides_the_young(void **state)
{
	struct live *l = live(state);
	char from[32];
	int pid = leave_sleep(l, &l->server, from, sizeof(from));

	assert_int_equal(ORPHANS(l, "--min-age", "1000000h", "--exit-code"), 0);
	assert_int_equal(json_array_size(l->trace.lines), 0);
	assert_int_equal(ORPHANS(l, "--min-age=1h"), 0);
	assert_null(row(l, pid));
	assert_int_equal(ORPHANS(l, "--min-age=1ms"), 0);
	assert_non_null(row(l, pid));
	l->passed = true;
}

static void test_text(void **state)
{
	struct live *l = live(state);
	struct buf out = {0}, err = {0};
	char from[32], want[64];
	int pid = leave_sleep(l, &l->server, from, sizeof(from));

	assert_int_equal(tool_run(ARGS("orphans"), EVENT_MS, &out, &err), 0);
	assert_int_equal(strncmp(buf_cstr(&out), "    PID  USER ", 14), 0);
	snprintf(want, sizeof(want), "\n%7d  %s", pid, ACCOUNT);
	assert_non_null(strstr(buf_cstr(&out), want));
	assert_non_null(strstr(buf_cstr(&out), from));
	assert_non_null(strstr(buf_cstr(&out), "  sleep 1000\n"));
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("orphans", "--min-age=1000000h"), EVENT_MS, &out, &err), 0);
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(buf_cstr(&err), "no process of a past ssh session is left"));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

/* With PAM the audit session is a second witness; not every machine lets it be set. */
static void test_audit_session(void **state)
{
	struct live *l = live(state);
	char from[32];
	struct err e;
	json_t *o;
	int pid;

	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	if (throwaway_start(&l->other, "UsePAM yes", &e) < 0)
		live_fail(l, "%s", e.what);
	pid = leave_sleep(l, &l->other, from, sizeof(from));
	assert_int_equal(ORPHANS(l), 0);
	o = expect_row(l, pid, "connection_gone");
	if (json_is_null(json_object_get(o, "sessionid")))
		live_skip("no audit session is made here");
	assert_true(has_evidence(o, "session_ended"));
	assert_string_equal(live_str(l, o, "class"), "certain");
	l->passed = true;
}

static void test_terminal_gone(void **state)
{
	struct live *l = live(state);
	struct client *c;
	json_t *o;
	int shell, pid;

	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1000 & disown $!; echo job''=$!\n");
	pid = live_number(l, c, "job=");
	assert_true(proc_becomes(pid, "sleep"));
	lose(c, pid);
	assert_int_equal(ORPHANS(l), 0);
	o = expect_row(l, pid, "pty_gone");
	assert_true(has_evidence(o, "connection_gone"));
	assert_null(row(l, shell));
	l->passed = true;
}

static void test_child_of_a_leftover(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN,
				    ARGS("env -u SSH_CONNECTION sleep 1000 & echo child=$!;"
					 "echo pid=$$; wait"));
	int child = live_number(l, c, "child="), pid = live_number(l, c, "pid=");

	assert_true(proc_becomes(child, "sleep"));
	lose(c, pid);
	assert_int_equal(ORPHANS(l), 0);
	expect_row(l, pid, "adopted");
	assert_string_equal(live_str(l, expect_row(l, child, "parent"), "from"),
			    live_str(l, row(l, pid), "from"));
	l->passed = true;
}

#define ALOOF " </dev/null >/dev/null 2>&1 & "

static void test_on_purpose(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN,
				    ARGS("nohup sleep 1000" ALOOF "echo nohup=$!;"
					 "setsid sleep 1000" ALOOF "echo setsid=$!;"
					 "exec sleep 1000"));
	int nohup = live_number(l, c, "nohup="), setsid = live_number(l, c, "setsid=");
	json_t *o;

	assert_true(proc_becomes(nohup, "sleep"));
	assert_true(proc_becomes(setsid, "sleep"));
	lose(c, proc_parent(nohup));
	ORPHANS(l);
	assert_null(row(l, nohup));
	assert_null(row(l, setsid));
	assert_int_equal(ORPHANS(l, "--all"), 0);
	o = expect_row(l, nohup, "hup_ignored");
	assert_string_equal(live_str(l, o, "class"), "on purpose");
	o = expect_row(l, setsid, "own_session");
	assert_string_equal(live_str(l, o, "class"), "on purpose");
	l->passed = true;
}

static void test_live_session_is_not_listed(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN,
				    ARGS("(sleep 1000" ALOOF "echo job=$!); echo pid=$$;"
					 "exec sleep 1000"));
	int job = live_number(l, c, "job="), pid = live_number(l, c, "pid=");

	assert_true(proc_becomes(job, "sleep"));
	assert_true(proc_becomes(pid, "sleep"));
	assert_int_equal(ORPHANS(l, "--all"), 0);
	assert_null(row(l, pid));
	assert_null(row(l, job)); /* adopted, but its connection is up */
	assert_null(row(l, l->server.listener));
	lose(c, pid);
	assert_int_equal(ORPHANS(l, "--all"), 0);
	assert_non_null(row(l, pid));
	assert_non_null(row(l, job));
	l->passed = true;
}

/* One of two on a connection that stays: its server lives, and is its parent. */
static void test_closed_channel(void **state)
{
	struct live *l = live(state);
	const char *cmd = "echo pid=$$; exec sleep 1000";
	int64_t deadline;
	struct client *master, *second;
	char path[300];
	int p1, p2;

	snprintf(path, sizeof(path), "ControlPath=%s/mux", l->server.dir);
	master = live_ssh(l, CLIENT_PLAIN, ARGS("-M", "-o", path, cmd));
	p1 = live_number(l, master, "pid=");
	second = live_ssh(l, CLIENT_PLAIN, ARGS("-o", path, cmd));
	p2 = live_number(l, second, "pid=");
	ORPHANS(l);
	assert_null(row(l, p1));
	assert_null(row(l, p2));
	client_signal(second, SIGINT);
	for (deadline = proc_now_ms() + EVENT_MS; !row(l, p2) && proc_left(deadline);)
		ORPHANS(l);
	assert_string_equal(live_str(l, expect_row(l, p2, "channel_closed"), "class"), "likely");
	assert_null(row(l, p1));
	l->passed = true;
}

static void test_daemon_is_not_listed(void **state)
{
	struct live *l = live(state);
	int pid = 0;
	FILE *f;

	f = popen("env -i setsid sh -c 'sleep 1000" ALOOF "echo $!'", "re");
	if (!f || fscanf(f, "%d", &pid) != 1 || pclose(f))
		live_fail(l, "no daemon");
	assert_int_equal(ORPHANS(l, "--all"), 0);
	kill(pid, SIGKILL);
	assert_null(row(l, pid));
	assert_null(row(l, getpid()));
	l->passed = true;
}

static void expect_usage(const char *const *args, int status, const char *says)
{
	struct buf out = {0}, err = {0};

	assert_int_equal(tool_run(args, EVENT_MS, &out, &err), status);
	assert_non_null(strstr(buf_cstr(status ? &err : &out), says));
	buf_free(&out);
	buf_free(&err);
}

static void test_usage(void **state)
{
	struct live *l = live(state);

	expect_usage(ARGS("orphans", "--min-age", "soon"), 2, "not 'soon'");
	expect_usage(ARGS("orphans", "--min-age"), 2, "--min-age needs T");
	expect_usage(ARGS("orphans", "--all=1"), 2, "takes no value");
	expect_usage(ARGS("orphans", "--alll"), 2, "did you mean --all?");
	expect_usage(ARGS("orphans", "17"), 2, "unknown argument '17'");
	expect_usage(ARGS("orphans", "-h"), 0, "--min-age T");
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_client_killed),
		LIVE_TEST(test_min_age_hides_the_young),
		LIVE_TEST(test_text),
		LIVE_TEST(test_audit_session),
		LIVE_TEST(test_terminal_gone),
		LIVE_TEST(test_child_of_a_leftover),
		LIVE_TEST(test_on_purpose),
		LIVE_TEST(test_live_session_is_not_listed),
		LIVE_TEST(test_closed_channel),
		LIVE_TEST(test_daemon_is_not_listed),
		LIVE_TEST(test_usage),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
