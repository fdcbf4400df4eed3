/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracer is stopped while processes come and go, until its ring is full: what happens from then on
 * no record tells, ends included. When it goes on it finds out who is alive, and a replay with it.
 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

/* Three records each, of which the ring holds those of some hundred. */
#define PROGRAMS "400"

static void stop(struct live *l)
{
	siginfo_t info;

	assert_int_equal(kill(l->trace.pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)l->trace.pid, &info, WSTOPPED), 0);
}

/* Fills the ring when it is told to, says what it started unseen, and stays; its pid. */
static struct client *filler(struct live *l, int *pid, int *session)
{
	struct client *c = live_ssh(l, CLIENT_PLAIN,
				    ARGS("echo pid=$$; read go; i=0; while [ $i -lt " PROGRAMS " ]; do "
					 "/bin/true; i=$((i+1)); done; sleep 1000 & echo unseen=$!; wait"));

	*pid = live_number(l, c, "pid=");
	*session = live_int(l, live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", *pid),
			    "session");
	return c;
}

static void expect_same(struct live *l, const char *rec)
{
	struct buf out, err;
	char *save, *line;
	size_t n = 0;

	assert_int_equal(tool_run(ARGS("-r", rec, "--json"), EVENT_MS, &out, &err), 4);
	for (line = strtok_r((char *)buf_cstr(&out), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), n++) {
		json_t *o = json_loads(line, 0, NULL);

		if (!json_equal(o, json_array_get(l->trace.lines, n)))
			live_fail(l, "line %zu of the replay is another: %.300s", n + 1, line);
		json_decref(o);
	}
	assert_int_equal(n, json_array_size(l->trace.lines));
	buf_free(&out);
	buf_free(&err);
}

static void test_ends_unseen(void **state)
{
	struct live *l = live(state);
	int gone, stays, child, of_gone, of_stays, server, monitor, unseen;
	struct client *ends, *fills;
	char rec[300], listener[16];
	json_t *close;

	snprintf(rec, sizeof(rec), "%s", live_path(l, "census.sgt"));
	/* what others do with other servers is not to fill the ring */
	snprintf(listener, sizeof(listener), "%d", (int)l->server.listener);
	l->trace.may_lose = true;
	live_trace(l, ARGS("-p", listener, "--json", "--buffer", "64K", "-w", rec));
	ends = live_sleeper(l, &l->server, "openssh", &gone, &of_gone);
	fills = filler(l, &stays, &of_stays);
	server = proc_parent(gone);
	monitor = proc_parent(server);
	stop(l);
	live_type(l, fills, "go\n");
	unseen = live_number(l, fills, "unseen=");
	/* the client, and with the connection all of its session */
	kill(gone, SIGKILL);
	live_wait(l, ends);
	assert_true(proc_ends(gone) && proc_ends(server) && proc_ends(monitor));
	kill(l->trace.pid, SIGCONT);
	live_expect(l, "{s:s, s:s}", "type", "trace.lost", "kind", "task.exit");
	close = live_expect(l, "{s:s, s:i}", "type", "session.close", "session", of_gone);
	assert_string_equal(live_str(l, close, "end"), "unknown");
	assert_string_equal(live_str(l, close, "confidence"), "guessed");
	/* who lives is not ended, and who was not seen is known: it is left behind with the rest */
	live_forbid(l, "{s:s, s:i}", "type", "session.close", "session", of_stays);
	child = unseen;
	client_signal(fills, SIGKILL);
	live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", of_stays, "tgid", child);
	live_expect(l, "{s:s, s:i}", "type", "session.close", "session", of_stays);
	if (trace_stop(&l->trace) != 4)
		live_fail(l, "status 0x%x: %s", l->trace.status, l->trace.why);
	expect_same(l, rec);
	l->passed = true;
}

/* With no record behind the loss either: it is told all the same. */
static void test_quiet(void **state)
{
	struct live *l = live(state);
	const struct json_t *lost;
	char number[16];
	int pid;

	pid = live_child(l, ARGS(live_prog(l, "storm"), "5000"));
	snprintf(number, sizeof(number), "%d", pid);
	l->trace.may_lose = true;
	live_trace(l, ARGS("--json", "-p", number, "--buffer", "64K"));
	stop(l);
	kill(pid, SIGUSR2);
	assert_true(proc_becomes(pid, "stormed"));
	kill(l->trace.pid, SIGCONT);
	lost = live_expect(l, "{s:s, s:s}", "type", "trace.lost", "kind", "signal.generate");
	assert_true(live_int(l, lost, "count") > 0);
	assert_true(proc_alive(pid));
	assert_int_equal(trace_stop(&l->trace), 4);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_ends_unseen),
		LIVE_TEST(test_quiet),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
