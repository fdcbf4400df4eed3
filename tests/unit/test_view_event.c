/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view's lines for single records: which are noise, and what the others say. */
#include <signal.h>

#include "view_stub.h"

#define CHLD  17
#define CONT  18
#define URG   23
#define WINCH 28
#define KERNEL 0x80 /* SI_KERNEL */

static struct view *view;

static int setup(void **state)
{
	const struct view_options none = { 0 };
	struct session_view *s;

	stub_setup(state);
	s = add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	s->root_tgid = 100;
	s = add_session(4, "deploy", 0, REQUEST_EXEC);
	s->root_tgid = 200;
	view = view_text_new(&none);
	return view ? 0 : -1;
}

static int teardown(void **state)
{
	view_free(view);
	return stub_teardown(state);
}

static bool shown(struct event ev, uint32_t session)
{
	bool yes;

	world_apply(&stub.world, &ev);
	show_event(view, &ev, session);
	yes = view->out.len > 0;
	buf_reset(&view->out);
	return yes;
}

/* The last line, from the column of the event on. */
static void line_is(struct event ev, uint32_t session, const char *want)
{
	const char *out, *line;

	show_event(view, &ev, session);
	out = buf_cstr(&view->out);
	assert_true(view->out.len > 32);
	for (line = out + view->out.len - 1; line > out && line[-1] != '\n'; line--)
		;
	assert_true(strlen(line) > 32);
	assert_string_equal(line + 32, want);
	buf_reset(&view->out);
}

static struct event exec_in_group(uint32_t tgid, uint32_t pgid)
{
	struct event ev = EXEC(1, SEC, tgid, "x", "x");

	ev.u.exec.task.pgid = pgid;
	return ev;
}

/* Which processes a shell started for itself is session/'s to know: test_session.c. */
static void mark_startup(uint32_t tgid)
{
	struct event ev = exec_in_group(tgid, 100);

	world_apply(&stub.world, &ev);
	world_event_task(&stub.world, &ev)->startup = true;
}

static void test_start_up_files_are_noise(void **state)
{
	struct event killed = exec_in_group(101, 100);

	(void)state;
	mark_startup(101);
	assert_false(shown(exec_in_group(101, 100), 3));
	assert_true(shown(exec_in_group(102, 100), 3));
	killed.u.h.kind = WIRE_TASK_EXIT;
	killed.u.h.len = sizeof(killed.u.exit);
	killed.u.exit.exit_code = SIGKILL;
	assert_false(shown(killed, 3));
	killed.u.h.tgid = 102;
	assert_true(shown(killed, 3));
	mark_startup(104);
	view->opt.verbose = true;
	assert_true(shown(exec_in_group(104, 100), 3));
	view->opt.verbose = false;
	view->opt.filter.kinds = 1u << WIRE_TASK_EXEC;
	assert_true(shown(exec_in_group(104, 100), 3));
}

static void test_first_exec_of_a_root_is_told_by_the_opening(void **state)
{
	struct fact f = fact_of(FACT_OPEN, 1, 0, 3);

	(void)state;
	assert_false(shown(exec_in_group(200, 200), 4));
	assert_true(shown(exec_in_group(200, 200), 4));
	/* one that was open before: its first exec was long ago */
	f.u.open.user = "deploy";
	show_fact(view, &f);
	buf_reset(&view->out);
	assert_true(shown(exec_in_group(100, 100), 3));
}

static void test_servers_own_processes_are_noise(void **state)
{
	struct event ev = exec_in_group(300, 300);
	struct event by_server = kill_record(2, SEC, 15, 201, "x");

	(void)state;
	ev.u.exec.task.scope |= WIRE_SERVER;
	assert_false(shown(ev, 4));
	assert_false(shown(exit_record(2, SEC, 300, "sshd", 9), 4));
	assert_true(shown(exit_record(2, SEC, 301, "sshd", 9), 4));
	assert_true(shown(by_server, 4));
	by_server.u.h.tgid = 300;
	by_server.u.h.start = 1300;
	assert_false(shown(by_server, 4));
}

static void test_no_session(void **state)
{
	struct event ev = exec_in_group(50, 50);

	(void)state;
	assert_false(shown(ev, 0));
	assert_false(shown(exit_record(1, 0, 50, "x", 9), 0));
	assert_false(shown(kill_record(1, 0, 15, 50, "x"), 0));
	assert_true(shown(record(1, WIRE_TRACE_LOST, 0, 0, ""), 0));
	stub.begin.scope = WIRE_SCOPE_ALL;
	assert_true(shown(ev, 0));
	assert_true(shown(exit_record(1, 0, 50, "x", 9), 0));
	assert_true(shown(exit_record(1, 0, 50, "x", 1 << 8), 0));
	assert_false(shown(exit_record(1, 0, 50, "x", 0), 0));
	assert_true(shown(kill_record(1, 0, 15, 50, "x"), 0));
	stub.begin.scope = WIRE_SCOPE_SSHD;
	view->opt.verbose = true;
	assert_true(shown(ev, 0));
}

static void test_exits(void **state)
{
	struct event hup = kill_record(7, 0, 1, 60, "x");

	(void)state;
	assert_false(shown(exit_record(1, 0, 60, "x", 3 << 8), 4));
	assert_true(shown(exit_record(1, 0, 60, "x", 9), 4));
	/* of a signal that a fact tells; the same number of another process, of another signal */
	stub.told[0] = 7;
	assert_false(shown(hup, 4));
	assert_false(shown(exit_record(1, 0, 60, "x", 1), 4));
	assert_true(shown(exit_record(1, 0, 60, "x", 15), 4));
	assert_true(shown(exit_record(1, 0, 61, "x", 1), 4));
	hup = exit_record(1, 0, 60, "x", 1);
	hup.u.h.start++;
	assert_true(shown(hup, 4));
	/* or of a death that the engine says is told */
	stub.told[1] = 8;
	assert_false(shown(exit_record(8, 0, 62, "x", 9), 4));
	view->opt.verbose = true;
	assert_true(shown(exit_record(1, 0, 60, "x", 1), 4));
	assert_true(shown(exit_record(1, 0, 60, "x", 0), 4));
}

static void test_signals_that_are_noise(void **state)
{
	static const uint32_t noise[] = { CHLD, URG, WINCH, 32, 33 };
	struct event ev;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		ev = kill_record(1, 0, noise[i], 60, "x");
		assert_false(shown(ev, 4));
		view->opt.verbose = true;
		assert_true(shown(ev, 4));
		view->opt.verbose = false;
		/* asked for by name, or only not excluded */
		view->opt.filter.signals = UINT64_C(1) << (noise[i] - 1);
		assert_true(shown(ev, 4));
		view->opt.filter.signals = ~UINT64_C(2);
		assert_false(shown(ev, 4));
		view->opt.filter.signals = 0;
	}
	assert_true(shown(kill_record(1, 0, 34, 60, "x"), 4));
	ev = kill_record(1, 0, CONT, 60, "x");
	assert_true(shown(ev, 4));
	ev.u.generate.result = 1;
	assert_false(shown(ev, 4));
}

static void test_signals_to_itself_and_hangups(void **state)
{
	struct event ev = kill_record(1, 0, 6, 60, "x");

	(void)state;
	ev.u.h.tgid = 60;
	ev.u.h.start = 1060;
	assert_false(shown(ev, 4));
	ev.u.h.start++; /* the same pid, another process */
	assert_true(shown(ev, 4));
	ev.u.h.start--;
	ev.u.generate.sig = 11; /* a fault: SEGV_MAPERR */
	ev.u.generate.si_code = 1;
	assert_true(shown(ev, 4));
	ev = kill_record(1, 0, 1, 60, "x");
	ev.u.generate.si_code = KERNEL;
	ev.u.generate.flags = 0;
	assert_true(shown(ev, 4));
	ev.u.generate.result = 1;
	assert_false(shown(ev, 4));
	stub.told[0] = 9;
	ev = kill_record(9, 0, 15, 60, "x");
	assert_false(shown(ev, 4));
	ev.seq = 10;
	assert_true(shown(ev, 4));
}

static void test_verbose_shows_all_but_ticks(void **state)
{
	unsigned kind;

	(void)state;
	for (kind = 1; kind <= WIRE_KIND_MAX; kind++) {
		struct event ev = record(1, kind, 0, 1, "a");

		view->opt.verbose = true;
		assert_int_equal(shown(ev, 0), kind != WIRE_TRACE_TICK);
		view->opt.verbose = false;
		view->opt.filter.kinds = 1u << kind;
		assert_int_equal(shown(ev, 0), kind != WIRE_TRACE_TICK);
		view->opt.filter.kinds = 0;
	}
	view->opt.filter.failed = true;
	assert_true(shown(record(1, WIRE_SOCK_RESET, 0, 0, ""), 4));
	assert_false(shown(record(1, WIRE_TTY_KEY, 0, 0, ""), 4));
}

/* ---- what they say ---- */

static void test_generate(void **state)
{
	struct event ev = kill_record(1, 0, 15, 60, "sleep");

	(void)state;
	line_is(ev, 4, "signal     sleep 60       "
		       "SIGTERM from kill 812 (SI_USER): delivered, default\n");
	ev.many = (struct wire_many){ .count = 1048211, .ts_last = 2 };
	line_is(ev, 4, "signal     sleep 60       "
		       "... 1,048,211 x SIGTERM from kill 812 (SI_USER): delivered, default\n");
	ev.many = (struct wire_many){ 0 };
	ev.u.generate.result = 1;
	ev.u.generate.disposition = WIRE_IGN;
	line_is(ev, 4, "signal     sleep 60       "
		       "SIGTERM from kill 812 (SI_USER): ignored\n");
	ev.u.generate.result = 2;
	ev.u.generate.disposition = WIRE_HANDLER;
	ev.u.generate.blocked = 1;
	ev.u.generate.group = 0;
	ev.u.generate.target_pid = 61;
	ev.u.generate.si_code = -6;
	line_is(ev, 4, "signal     sleep 60       SIGTERM from kill 812 (SI_TKILL): "
		       "already pending, handler, blocked, for thread 61 alone\n");
	ev = kill_record(1, 0, 2, 60, "sleep");
	ev.u.generate.flags = WIRE_SIG_KTHREAD;
	ev.u.generate.si_code = KERNEL;
	ev.u.generate.work_tty = PTS(7);
	line_is(ev, 4, "signal     sleep 60       "
		       "SIGINT from pts/7 (SI_KERNEL): delivered, default\n");
	ev.u.generate.work_tty = 0;
	ev.u.generate.sig = 14;
	line_is(ev, 4, "signal     sleep 60       "
		       "SIGALRM from a timer (SI_KERNEL): delivered, default\n");
	ev.u.generate.sig = 9;
	ev.u.generate.flags = WIRE_SIG_UNKILLABLE | WIRE_SIG_TRACED;
	line_is(ev, 4, "signal     sleep 60       SIGKILL from the kernel (SI_KERNEL): delivered, "
		       "default, to the init of a pid namespace, traced\n");
	ev.u.generate.sig = 1;
	ev.u.generate.flags = 0;
	line_is(ev, 4, "signal     sleep 60       SIGHUP from the hang-up of its terminal "
		       "(SI_KERNEL): delivered, default\n");
}

static void test_task_lines(void **state)
{
	static const char many[400] = "x";
	struct event ev = EXEC(1, 0, 60, "tail", "tail\0-f\0a b");

	(void)state;
	line_is(ev, 4, "exec       tail 60        tail -f 'a b'\n");
	stub.begin.scope = WIRE_SCOPE_ALL;
	line_is(ev, 0, "exec     tail 60          tail -f 'a b'\n");
	ev = exec_record(1, 0, 60, "x", many, sizeof(many));
	show_event(view, &ev, 4);
	assert_true(view->out.len < 330);
	assert_non_null(strstr(buf_cstr(&view->out), "...\n"));
	buf_reset(&view->out);
	ev = EXEC(1, 0, 60, "x", "");
	ev.args_len = 0;
	ev.filename = "/bin/x";
	ev.filename_len = 6;
	ev.u.exec.truncated = WIRE_ARGS_FAULT;
	line_is(ev, 4, "exec       x 60           /bin/x (its arguments could not be read)\n");
	line_is(exit_record(1, 0, 60, "x", 11 | 0x80), 4,
		"exit       x 60           killed by SIGSEGV (core dumped)\n");
	line_is(exit_record(1, 0, 60, "x", 9), 4, "exit       x 60           killed by SIGKILL\n");
	view->opt.verbose = true;
	line_is(exit_record(1, 0, 60, "x", 3 << 8), 4, "exit       x 60           status 3\n");
	ev = record(1, WIRE_TASK_FORK, 0, 60, "x");
	ev.u.fork.child_tgid = ev.u.fork.child_pid = 61;
	line_is(ev, 4, "fork       x 60           child 61\n");
	ev.u.fork.child_tgid = 60;
	line_is(ev, 4, "fork       x 60           thread 61\n");
	ev = record(1, WIRE_SIGNAL_DELIVER, 0, 60, "x");
	ev.u.deliver.sig = 2;
	ev.u.deliver.si_code = KERNEL;
	ev.u.deliver.disposition = WIRE_HANDLER;
	line_is(ev, 4, "deliver    x 60           SIGINT (SI_KERNEL), handler\n");
}

static void test_lines_of_no_process(void **state)
{
	struct event ev = record(1, WIRE_TTY_KEY, 0, 77, "kworker/u8:1");

	(void)state;
	view->opt.verbose = true;
	ev.u.key.tty = PTS(5);
	ev.u.key.tty_pgrp = 4711;
	ev.u.key.isig = 1;
	line_is(ev, 3, "key      -                ^C on pts/5, group 4711 in the foreground\n");
	ev.u.key.key = WIRE_KEY_QUIT;
	ev.u.key.isig = 0;
	line_is(ev, 3, "key      -                ^\\ on pts/5, group 4711 in the foreground; "
		       "no signal: it is data for the program that reads (ISIG is off)\n");
	ev = record(1, WIRE_SOCK_STATE, 0, 77, "ksoftirqd/1");
	ev.u.sock.sk = stub_sock;
	ev.u.sock.old_state = WIRE_TCP_ESTABLISHED;
	ev.u.sock.new_state = WIRE_TCP_CLOSE;
	ev.u.sock.sk_err = 104;
	line_is(ev, 3, "sock     -                203.0.113.7:51514 -> 192.0.2.1:22: "
		       "ESTABLISHED to CLOSE (ECONNRESET)\n");
	ev = record(1, WIRE_SOCK_RESET, 0, 77, "x");
	ev.u.reset.sk = stub_sock;
	line_is(ev, 3, "reset    -                203.0.113.7:51514 -> 192.0.2.1:22: "
		       "reset received\n");
}

static void test_loss(void **state)
{
	struct event ev = record(1, WIRE_TRACE_LOST, SEC, 77, "x");

	(void)state;
	ev.u.lost.count = 12;
	ev.u.lost.lost_kind = WIRE_TASK_EXEC;
	ev.u.lost.lost_cpu = 3;
	line_is(ev, 0, "LOST     -                12 task.exec records on CPU 3; "
		       "what is told of this time may be incomplete\n");
	view->opt.color = true;
	ev.u.lost.count = 1;
	ev.u.lost.lost_kind = 0;
	show_event(view, &ev, 0);
	assert_string_equal(buf_cstr(&view->out),
			    "\x1b[1;31m14:02:12.318  -        -        LOST     -                "
			    "1 record on CPU 3; what is told of this time may be incomplete"
			    "\x1b[0m\n");
}

static void test_who_without_a_session(void **state)
{
	struct event user = user_record(1, 1000, "deploy");
	struct event ev = EXEC(2, SEC, 60, "x", "x");

	(void)state;
	stub.begin.scope = WIRE_SCOPE_ALL;
	show_event(view, &ev, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "14:02:12.318  -        1000     exec"));
	buf_reset(&view->out);
	world_apply(&stub.world, &user);
	world_apply(&stub.world, &ev);
	show_event(view, &ev, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "14:02:12.318  -        deploy   exec"));
	buf_reset(&view->out);
	/* a signal's is the target's */
	ev = kill_record(3, SEC, 15, 60, "x");
	show_event(view, &ev, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "14:02:12.318  -        deploy   signal"));
	buf_reset(&view->out);
	ev = kill_record(3, SEC, 15, 61, "x");
	show_event(view, &ev, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "14:02:12.318  -        -        signal"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start_up_files_are_noise),
		TEST(test_first_exec_of_a_root_is_told_by_the_opening),
		TEST(test_servers_own_processes_are_noise),
		TEST(test_no_session),
		TEST(test_exits),
		TEST(test_signals_that_are_noise),
		TEST(test_signals_to_itself_and_hangups),
		TEST(test_verbose_shows_all_but_ticks),
		TEST(test_generate),
		TEST(test_task_lines),
		TEST(test_lines_of_no_process),
		TEST(test_loss),
		TEST(test_who_without_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
