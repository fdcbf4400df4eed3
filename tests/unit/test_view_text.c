/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view, to the byte. */
#include "view_stub.h"

#include <stdio.h>

#include "base/utf8.h"

static struct view *view;

static int setup(void **state)
{
	const struct view_options none = { 0 };

	stub_setup(state);
	view = view_text_new(&none);
	return view ? 0 : -1;
}

static int teardown(void **state)
{
	view_free(view);
	return stub_teardown(state);
}

static void out_is(const char *want)
{
	assert_string_equal(buf_cstr(&view->out), want);
	buf_reset(&view->out);
}

#define HEAD "TIME          SESSION  WHO      EVENT    PROCESS          DETAIL\n"
#define CONT "                                                          "

/* What the header line is followed by; the header comes but once. */
static void lines_are(const char *want)
{
	const char *have = buf_cstr(&view->out);

	if (strncmp(have, HEAD, strlen(HEAD)) == 0)
		have += strlen(HEAD);
	assert_string_equal(have, want);
	buf_reset(&view->out);
}

static struct fact opening(uint64_t ts, enum request request, uint32_t pty, const char *command)
{
	struct fact f = fact_of(FACT_OPEN, 1, ts, 3);

	f.u.open = (struct fact_open){
		.server = SERVER_OPENSSH, .sk = &stub_sock, .user = "deploy", .uid = 1000,
		.pty = pty, .request = request, .command = command,
		.command_len = strlen(command), .tgid = 7889, .server_tgid = 7497,
		.server_comm = "sshd",
	};
	return f;
}

static struct fact closing(uint64_t ts)
{
	struct fact f = fact_of(FACT_CLOSE, 1, ts, 3);

	f.u.close = (struct fact_close){
		.duration = 15500 * MS, .end = END_EXIT, .exit_status = -1, .why = "w",
		.server_tgid = 7497, .server_comm = "sshd",
	};
	return f;
}

static struct fact gone(uint64_t ts, const char *why)
{
	struct fact f = fact_of(FACT_INTERRUPT, 1, ts, 3);

	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_DISCONNECT, .verdict = VERDICT_NOT_A_SIGNAL,
		.cause = END_DISCONNECT, .why = why, .tgid = 7497, .comm = "sshd",
	};
	return f;
}

static struct fact orphan(uint64_t ts)
{
	struct fact f = fact_of(FACT_ORPHAN, 1, ts, 3);

	f.u.orphan = (struct fact_orphan){
		.tgid = 7889, .comm = "tail", .args = "tail\0-f", .args_len = 8, .new_ppid = 1,
		.reason = REASON_NO_PTY,
		.why = "never signalled: no terminal, so a Ctrl-C at the client ends there",
		.advice = "would die of SIGPIPE at its next write; try ssh -t",
	};
	return f;
}

static struct fact key(const struct fact_member *members, size_t n, enum verdict verdict)
{
	struct fact f = fact_of(FACT_INTERRUPT, 1, SEC, 3);

	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_TTY, .sig = 2, .tty = PTS(5), .fg_pgid = 4711,
		.members = members, .nmembers = n, .verdict = verdict, .why = "the reason",
		.tgid = n ? members[0].tgid : 7889, .comm = n ? members[0].comm : "bash",
	};
	return f;
}

/* ---- the whole screen ---- */

static void screen(void)
{
	struct session_view *s = add_session(3, "deploy", 0, REQUEST_EXEC);
	struct event first = EXEC(1, 0, 7889, "bash", "bash\0-c\0tail -f /var/log/kube-apiserver.log");
	struct event ev = EXEC(2, 84 * MS, 7889, "tail", "tail\0-f\0/var/log/kube-apiserver.log");
	struct fact f;

	s->root_tgid = 7889;
	show_event(view, &first, 3);
	f = opening(0, REQUEST_EXEC, 0, "tail -f /var/log/kube-apiserver.log");
	show_fact(view, &f);
	show_event(view, &ev, 3);
	f = gone(15453 * MS, "client disconnected; no signal was generated here");
	show_fact(view, &f);
	f = closing(15454 * MS);
	f.u.close.end = END_DISCONNECT;
	f.u.close.orphans = 1;
	show_fact(view, &f);
	f = orphan(15454 * MS);
	show_fact(view, &f);
	stub.totals = (struct totals){
		.records = 1234, .sessions = 1, .orphans = 1, .interrupts = 1
	};
	view->ops->end(view, NULL);
}

static void test_screen(void **state)
{
	(void)state;
	screen();
	out_is(HEAD
	"14:02:11.318  #3+      deploy   open     sshd 7497        203.0.113.7:51514 -> :22, exec without a terminal\n"
	"14:02:11.402  #3       deploy   exec       tail 7889      tail -f /var/log/kube-apiserver.log\n"
	"14:02:26.771  #3       deploy   gone     sshd 7497        client disconnected; no signal was generated here\n"
	"14:02:26.772  #3-      deploy   close    sshd 7497        after 15.5 s, 1 process left behind\n"
	"14:02:26.772  #3       deploy   ORPHAN   tail 7889        never signalled: no terminal, so a Ctrl-C at the client ends there\n"
	CONT "adopted by pid 1; would die of SIGPIPE at its next write; try ssh -t\n"
	"\n"
	"1 session, 0 Ctrl-Cs typed, 1 orphan, 1234 records, 0 lost\n");
}

static void test_screen_in_colour(void **state)
{
	(void)state;
	view->opt.color = true;
	screen();
	out_is("\x1b[2mTIME          SESSION  WHO      EVENT    PROCESS          DETAIL\x1b[0m\n"
	"\x1b[32m14:02:11.318  #3+      deploy   open     sshd 7497        203.0.113.7:51514 -> :22, exec without a terminal\x1b[0m\n"
	"14:02:11.402  #3       deploy   exec       tail 7889      tail -f /var/log/kube-apiserver.log\n"
	"\x1b[33m14:02:26.771  #3       deploy   gone     sshd 7497        client disconnected; no signal was generated here\x1b[0m\n"
	"14:02:26.772  #3-      deploy   close    sshd 7497        after 15.5 s, 1 process left behind\n"
	"\x1b[1;31m14:02:26.772  #3       deploy   ORPHAN   tail 7889        never signalled: no terminal, so a Ctrl-C at the client ends there\x1b[0m\n"
	"\x1b[1;31m" CONT "adopted by pid 1; would die of SIGPIPE at its next write; try ssh -t\x1b[0m\n"
	"\n"
	"1 session, 0 Ctrl-Cs typed, 1 orphan, 1234 records, 0 lost\n");
}

static void test_quiet_says_nothing(void **state)
{
	(void)state;
	view->opt.quiet = true;
	screen();
	out_is("");
}

static void test_long_cells_push(void **state)
{
	struct session_view *s = add_session(123456789, "a-very-long-account-name", 0, REQUEST_EXEC);
	struct event ev = EXEC(1, 0, 4194304, "fifteen-bytes-x", "x");

	(void)state;
	s->root_tgid = 1;
	show_event(view, &ev, 123456789);
	lines_are("14:02:11.318  #123456789 a-very-long-account-name exec   fifteen-bytes-x 4194304 x\n");
}

/* ---- session.open ---- */

static void open_is(struct fact f, const char *detail)
{
	char want[512];

	show_fact(view, &f);
	snprintf(want, sizeof(want), "14:02:11.318  #3+      deploy   open     sshd 7497        %s\n",
		 detail);
	lines_are(want);
}

static void test_open(void **state)
{
	struct fact f = opening(0, REQUEST_SHELL, PTS(5), "-bash");

	(void)state;
	open_is(f, "203.0.113.7:51514 -> :22, shell on pts/5");
	f.u.open.sk = NULL;
	open_is(f, "shell on pts/5");
	f.u.open.preexisting = true;
	f.u.open.pty = 0;
	open_is(f, "shell without a terminal; open since before the start");
	f = opening(0, REQUEST_EXEC, PTS(5), "top");
	open_is(f, "203.0.113.7:51514 -> :22, exec on pts/5");
	f = opening(0, REQUEST_EXEC, 0, "trap '' INT; sleep 9");
	open_is(f, "203.0.113.7:51514 -> :22, exec without a terminal: "
		   "'trap '\\'''\\'' INT; sleep 9'");
	f = opening(0, REQUEST_EXEC, 0, "top");
	f.u.open.preexisting = true;
	open_is(f, "203.0.113.7:51514 -> :22, exec without a terminal: top; "
		   "open since before the start");
	f = opening(0, REQUEST_SUBSYSTEM, 0, "sftp");
	open_is(f, "203.0.113.7:51514 -> :22, subsystem sftp");
	f = opening(0, REQUEST_NONE, 0, "");
	open_is(f, "203.0.113.7:51514 -> :22, its process ended before a command ran");
	f.u.open.tgid = f.u.open.server_tgid;
	open_is(f, "203.0.113.7:51514 -> :22, no command (port forwarding, if anything)");
}

/* ---- interrupt ---- */

#define KEY(name) "14:02:12.318  #3       deploy   " name "       sleep 4712       pts/5 -> group 4711: "

static void test_key_that_stops(void **state)
{
	static const struct fact_member members[] = {
		{ 4712, "sleep", OUTCOME_DIED, 4 * MS, 2, NULL, NULL },
		{ 4713, "make", OUTCOME_EXITED, 12 * MS, 130 << 8, NULL, NULL },
		{ 4714, "dd", OUTCOME_DIED, 0, 3 | 0x80, NULL, NULL },
		{ 4715, "cat", OUTCOME_EXITED, 0, 13, NULL, NULL },
	};
	static const struct fact_missed missed[] = { { 4800, "tail", REASON_OTHER_GROUP,
		"other_group", "is in another process group" } };
	struct fact f = key(members, 1, VERDICT_STOPPED);

	(void)state;
	add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	show_fact(view, &f);
	lines_are(KEY("^C") "sleep 4712 died after 4 ms\n");
	f.u.interrupt.nmembers = 4;
	f.u.interrupt.missed = missed;
	f.u.interrupt.nmissed = 1;
	f.u.interrupt.sig = 3;
	show_fact(view, &f);
	lines_are(KEY("^\\") "sleep 4712 died after 4 ms\n"
		  CONT "make 4713 ended after 12 ms, status 130\n"
		  CONT "dd 4714 died (core dumped)\n"
		  CONT "cat 4715 ended, killed by SIGPIPE\n"
		  CONT "tail 4800 was not reached: is in another process group\n");
	f.u.interrupt.nmembers = 1;
	f.u.interrupt.nmissed = 0;
	f.u.interrupt.sig = 20;
	show_fact(view, &f);
	lines_are(KEY("^Z") "sleep 4712 died after 4 ms\n");
}

static void test_dead_key(void **state)
{
	static const struct fact_member members[] = {
		{ 4712, "sleep", OUTCOME_IGNORED, 0, 0, NULL, NULL },
		{ 4713, "vi", OUTCOME_HANDLED, 2 * MS, 0, NULL, NULL },
		{ 4714, "x", OUTCOME_BLOCKED, 0, 0, NULL, NULL },
	};
	struct fact f = key(members, 3, VERDICT_NO_EFFECT);

	(void)state;
	add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	show_fact(view, &f);
	lines_are(KEY("^C") "sleep 4712 ignored it\n"
		  CONT "vi 4713 handled it and went on after 2 ms\n"
		  CONT "x 4714 has it blocked\n"
		  CONT "the reason\n");
	view->opt.color = true;
	f.u.interrupt.nmembers = 1;
	show_fact(view, &f);
	lines_are("\x1b[1;31m" KEY("^C") "sleep 4712 ignored it\x1b[0m\n"
		  "\x1b[1;31m" CONT "the reason\x1b[0m\n");
	f.u.interrupt.verdict = VERDICT_PARTLY;
	f.confidence = CONF_GUESSED;
	show_fact(view, &f);
	lines_are("\x1b[1;33m" KEY("^C") "sleep 4712 ignored it\x1b[0m\n"
		  "\x1b[1;33m" CONT "the reason (a guess)\x1b[0m\n");
	f.u.interrupt.verdict = VERDICT_STOPPED;
	show_fact(view, &f);
	lines_are("\x1b[32m" KEY("^C") "sleep 4712 ignored it\x1b[0m\n");
}

static void test_reasons_that_say_no_more(void **state)
{
	static const struct fact_member members[] = {
		{ 4712, "sleep", OUTCOME_BLOCKED, 0, 0, "blocked_all_threads", "it blocks it in every thread" },
		{ 4718, "b", OUTCOME_HANDLED, 0, 0, "handler", "its handler ran and it went on" },
		{ 4713, "c", OUTCOME_IGNORED, 0, 0, "ignored", "it ignores the signal" },
		{ 4714, "d", OUTCOME_IGNORED, 0, 0, "ignored_own", "by its own choice" },
		{ 4715, "e", OUTCOME_ALREADY_PENDING, 0, 0, "already_pending", "it is pending" },
		{ 4716, "f", OUTCOME_NOT_DELIVERED, 0, 0, "not_taken", "it has not taken it" },
		{ 4717, "g", OUTCOME_NOT_DELIVERED, 0, 0, "stopped", "it is stopped" },
	};
	struct fact f = key(members, 7, VERDICT_NO_EFFECT);

	(void)state;
	add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	show_fact(view, &f);
	lines_are(KEY("^C") "sleep 4712 has it blocked\n"
		  CONT "b 4718 handled it and went on\n"
		  CONT "c 4713 ignored it\n"
		  CONT "d 4714 ignored it: by its own choice\n"
		  CONT "e 4715 has not taken the one before yet\n"
		  CONT "f 4716 has not taken it\n"
		  CONT "g 4717 has not taken it: it is stopped\n"
		  CONT "the reason\n");
}

static void test_calm_keys(void **state)
{
	static const struct fact_member shell = { 7889, "bash", OUTCOME_HANDLED, 0, 0, NULL, NULL };
	struct fact f = key(&shell, 1, VERDICT_NO_EFFECT);

	(void)state;
	add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	view->opt.color = true;
	show_fact(view, &f);
	buf_reset(&view->out);
	f.u.interrupt.shell_only = true;
	show_fact(view, &f);
	lines_are("14:02:12.318  #3       deploy   ^C       bash 7889        "
		  "pts/5 -> group 4711: the reason\n");
	f.u.interrupt.why = "";
	show_fact(view, &f);
	lines_are("14:02:12.318  #3       deploy   ^C       bash 7889        "
		  "pts/5 -> group 4711: bash 7889 handled it and went on\n");
	f = key(NULL, 0, VERDICT_NOT_A_SIGNAL);
	show_fact(view, &f);
	lines_are("14:02:12.318  #3       deploy   ^C       bash 7889        "
		  "pts/5 -> group 4711: the reason\n");
}

static void test_large_group(void **state)
{
	struct fact_member members[20];
	struct fact f;
	size_t i, lines = 0;

	(void)state;
	add_session(3, "deploy", PTS(5), REQUEST_SHELL);
	for (i = 0; i < 20; i++)
		members[i] = (struct fact_member){ 4712 + (uint32_t)i, "sleep", OUTCOME_DIED, 0, 2, NULL, NULL };
	members[19].outcome = OUTCOME_IGNORED;
	f = key(members, 20, VERDICT_PARTLY);
	show_fact(view, &f);
	assert_non_null(strstr(buf_cstr(&view->out), CONT "sleep 4731 ignored it\n"
						     CONT "and 11 more did (-v tells)\n"
						     CONT "the reason\n"));
	assert_null(strstr(buf_cstr(&view->out), "sleep 4720 died"));
	buf_reset(&view->out);
	view->opt.verbose = true;
	show_fact(view, &f);
	for (i = 0; i < view->out.len; i++)
		lines += view->out.p[i] == '\n';
	assert_int_equal(lines, 21);
}

static void test_signals_by_others(void **state)
{
	static const struct fact_member member = { 4712, "sleep", OUTCOME_DIED, 4 * MS, 15, NULL, NULL };
	struct fact f = key(&member, 1, VERDICT_STOPPED);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	f.u.interrupt.origin = ORIGIN_KILL;
	f.u.interrupt.sig = 15;
	f.u.interrupt.sender_tgid = 812;
	f.u.interrupt.sender_comm = "kill";
	f.u.interrupt.tty = 0;
	f.u.interrupt.fg_pgid = 0;
	show_fact(view, &f);
	lines_are("14:02:12.318  #3       deploy   signal   sleep 4712       "
		  "SIGTERM from kill 812: sleep 4712 died after 4 ms\n");
	f.u.interrupt.origin = ORIGIN_SSH_SIGNAL;
	f.u.interrupt.sender_comm = "sshd";
	f.u.interrupt.fg_pgid = 4711;
	show_fact(view, &f);
	lines_are("14:02:12.318  #3       deploy   signal   sleep 4712       "
		  "SIGTERM asked for by the client, from sshd 812 -> group 4711: "
		  "sleep 4712 died after 4 ms\n");
}

/* ---- session.close, orphan ---- */

static void close_is(struct fact f, const char *detail)
{
	char want[512];

	show_fact(view, &f);
	snprintf(want, sizeof(want), "14:02:11.318  #3-      deploy   close    sshd 7497        %s\n",
		 detail);
	lines_are(want);
}

static void test_close(void **state)
{
	struct fact f = closing(0);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	close_is(f, "after 15.5 s; w");
	f.u.close.orphans = 3;
	f.u.close.intended = 1;
	close_is(f, "after 15.5 s, 2 processes left behind, 1 left on purpose; w");
	f.u.close.orphans = 2;
	f.u.close.intended = 2;
	f.u.close.end = END_DISCONNECT;
	f.u.close.exit_status = 0;
	close_is(f, "after 15.5 s, status 0, 2 left on purpose; w");
	f.u.close.exit_status = -1;
	f.u.close.exit_signal = 1;
	f.confidence = CONF_GUESSED;
	close_is(f, "after 15.5 s, killed by SIGHUP, 2 left on purpose; w (a guess)");
	/* the sentence of an exit tells how */
	f.u.close.end = END_EXIT;
	f.u.close.orphans = f.u.close.intended = 0;
	f.u.close.why = "killed by \\x1b";
	close_is(f, "after 15.5 s; killed by \\x1b (a guess)");
	f.u.close.why = "";
	f.u.close.lost = 1;
	close_is(f, "after 15.5 s, killed by SIGHUP\n"
		    CONT "1 record lost meanwhile: what is told of it may be incomplete");
}

static void test_close_after_a_gone_line_does_not_repeat_it(void **state)
{
	struct fact f = gone(0, "x"), other = closing(0);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	show_fact(view, &f);
	buf_reset(&view->out);
	close_is(closing(0), "after 15.5 s");
	/* only that session's */
	other.session = 4;
	show_fact(view, &other);
	lines_are("14:02:11.318  #4-      -        close    sshd 7497        after 15.5 s; w\n");
	/* not when the filter has kept the other line back */
	f.session = 4;
	view->opt.filter.kinds = VIEW_FACT_BIT(FACT_CLOSE);
	show_fact(view, &f);
	show_fact(view, &other);
	lines_are("14:02:11.318  #4-      -        close    sshd 7497        after 15.5 s; w\n");
}

static void test_gone_in_full(void **state)
{
	static const struct fact_member members[] = {
		{ 7890, "cat", OUTCOME_EXITED, 2 * MS, 0, NULL, NULL },
		{ 7889, "tail", OUTCOME_NOT_DELIVERED, 0, 0, NULL, NULL },
	};
	struct fact f = gone(0, "x"), close = closing(0);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	f.u.interrupt.members = members;
	f.u.interrupt.nmembers = 2;
	show_fact(view, &f);
	lines_are("14:02:11.318  #3       deploy   gone     sshd 7497        x\n");
	view->opt.verbose = true;
	show_fact(view, &f);
	lines_are("14:02:11.318  #3       deploy   gone     sshd 7497        x\n"
		  CONT "cat 7890 ended after 2 ms, status 0\n"
		  CONT "tail 7889 is still there\n");
	show_fact(view, &close);
	lines_are("14:02:11.318  #3-      deploy   close    sshd 7497        after 15.5 s; w\n");
}

static void test_orphans(void **state)
{
	struct fact f = orphan(0);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	view->opt.color = true;
	f.u.orphan.intended = true;
	f.u.orphan.why = "it was started by nohup";
	f.u.orphan.advice = "";
	show_fact(view, &f);
	buf_reset(&view->out);
	show_fact(view, &f);
	lines_are("14:02:11.318  #3       deploy   left     tail 7889        it was started by nohup\n"
		  CONT "adopted by pid 1\n");
	f.u.orphan.new_ppid = 4711;
	f.u.orphan.advice = "kill it";
	show_fact(view, &f);
	lines_are("14:02:11.318  #3       deploy   left     tail 7889        it was started by nohup\n"
		  CONT "its parent is pid 4711; kill it\n");
	f.u.orphan.new_ppid = 0;
	f.u.orphan.advice = NULL;
	f.u.orphan.why = NULL;
	show_fact(view, &f);
	lines_are("14:02:11.318  #3       deploy   left     tail 7889        no_pty\n");
}

/* ---- end ---- */

static void end_is(struct totals n, const char *want)
{
	stub.totals = n;
	view->ops->end(view, NULL);
	out_is(want);
}

static void test_summary(void **state)
{
	(void)state;
	end_is((struct totals){ .records = 2 },
	       "0 sessions, 0 Ctrl-Cs typed, 0 orphans, 2 records, 0 lost\n");
	end_is((struct totals){ .records = 1, .sessions = 1, .typed = 1, .orphans = 1,
				.intended = 1 },
	       "1 session, 1 Ctrl-C typed, 0 orphans, 1 left on purpose, 1 record, 0 lost\n");
	end_is((struct totals){ .records = 1234, .sessions = 3, .typed = 4, .orphans = 2,
				.lost = 7 },
	       "3 sessions, 4 Ctrl-Cs typed, 2 orphans, 1234 records, 7 lost: "
	       "what is told of that time may be incomplete\n");
	end_is((struct totals){ .records = 9, .evicted = 3 },
	       "0 sessions, 0 Ctrl-Cs typed, 0 orphans, 9 records, 0 lost, "
	       "3 not kept for lack of room\n");
	end_is((struct totals){ .records = 9, .evicted = 3, .missing = 1 },
	       "0 sessions, 0 Ctrl-Cs typed, 0 orphans, 9 records, 0 lost, "
	       "3 not kept for lack of room: what is told of that time may be incomplete\n");
}

/* ---- hostile bytes ---- */

static void assert_clean(const struct buf *b)
{
	size_t i, n;
	uint32_t cp;

	for (i = 0; i < b->len; i += n) {
		n = utf8_next(b->p + i, b->len - i, &cp);
		assert_true(n > 0);
		assert_true(cp == '\n' || !utf8_unsafe(cp));
	}
}

#define EVIL "a\x1b[31m\n\xc2\x9b\xff\xe2\x80\xae\x7f"

static void test_hostile_bytes(void **state)
{
	static const struct fact_member member = { 1, EVIL, OUTCOME_IGNORED, 0, 0, NULL, NULL };
	static const struct fact_missed missed = { 2, EVIL, REASON_UNKNOWN, NULL, NULL };
	struct event ev = EXEC(1, 0, 7889, EVIL, EVIL "\0" EVIL);
	struct event env = record(2, WIRE_TASK_ENV, 0, 7889, EVIL);
	struct event user = user_record(3, 7, EVIL);
	struct event kill = kill_record(4, 0, 15, 7890, EVIL);
	struct event begin = record(5, WIRE_TRACE_BEGIN, 0, 0, "");
	struct fact f = opening(0, REQUEST_EXEC, 0, EVIL ";" EVIL);
	size_t i, lines = 0;

	(void)state;
	add_session(3, EVIL, 0, REQUEST_EXEC);
	view->opt.verbose = true;
	strcpy(env.u.env.ssh_connection, EVIL);
	strcpy(env.u.env.ssh_tty, EVIL);
	strcpy(kill.u.h.comm, EVIL);
	strcpy(begin.u.begin.host, EVIL);
	strcpy(begin.u.begin.kernel, EVIL);
	strcpy(begin.u.begin.tool, EVIL);
	show_event(view, &begin, 0);
	show_event(view, &ev, 3);
	show_event(view, &env, 3);
	show_event(view, &user, 0);
	show_event(view, &kill, 3);
	f.u.open.server_comm = EVIL;
	show_fact(view, &f);
	f.u.open.request = REQUEST_SUBSYSTEM;
	show_fact(view, &f);
	f = key(&member, 1, VERDICT_PARTLY);
	f.u.interrupt.origin = ORIGIN_KILL;
	f.u.interrupt.sender_tgid = 1;
	f.u.interrupt.sender_comm = EVIL;
	f.u.interrupt.missed = &missed;
	f.u.interrupt.nmissed = 1;
	f.u.interrupt.why = EVIL;
	show_fact(view, &f);
	f = gone(0, EVIL);
	f.u.interrupt.comm = EVIL;
	show_fact(view, &f);
	f = orphan(0);
	f.u.orphan.comm = f.u.orphan.why = f.u.orphan.advice = EVIL;
	f.u.orphan.args = EVIL;
	f.u.orphan.args_len = sizeof(EVIL);
	show_fact(view, &f);
	f = closing(0);
	f.u.close.why = f.u.close.server_comm = EVIL;
	show_fact(view, &f);
	assert_clean(&view->out);
	for (i = 0; i < view->out.len; i++)
		lines += view->out.p[i] == '\n';
	assert_int_equal(lines, 1 + 5 + 2 + 3 + 1 + 3 + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* ---- a reader that falls behind ---- */

static void urg(uint64_t ts, uint64_t many)
{
	struct event ev = kill_record(5, ts, 10, 300, "prog");

	ev.many.count = many;
	show_event(view, &ev, 3);
}

/* Events are counted, each of those that a record stands for; a fact comes all the same, behind the
 * counts; and the counts when the reader is there again. */
static void test_slow(void **state)
{
	struct event died = exit_record(6, 5 * SEC, 300, "prog", 11);
	struct fact end = closing(6 * SEC);

	(void)state;
	add_session(3, "deploy", 0, REQUEST_EXEC);
	urg(SEC, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "SIGUSR1 from kill 812"));
	buf_reset(&view->out);
	view->slow = true;
	urg(2 * SEC, 0);
	urg(3 * SEC, 48210);
	show_event(view, &died, 3);
	out_is("");
	show_fact(view, &end);
	lines_are("14:02:16.318  -        -        signal   -                ... 48,211 SIGUSR1 folded: the output is slow\n"
		  "14:02:16.318  -        -        exit     -                ... 1 folded: the output is slow\n"
		  "14:02:17.318  #3-      deploy   close    sshd 7497        after 15.5 s; w\n");
	urg(7 * SEC, 0);
	out_is("");
	view->slow = false;
	view->ops->catch_up(view, NULL);
	lines_are("14:02:18.318  -        -        signal   -                ... 1 SIGUSR1 folded: the output is slow\n");
	view->ops->catch_up(view, NULL);
	out_is("");
	urg(8 * SEC, 0);
	assert_non_null(strstr(buf_cstr(&view->out), "SIGUSR1 from kill 812"));
	buf_reset(&view->out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_screen),
		TEST(test_screen_in_colour),
		TEST(test_quiet_says_nothing),
		TEST(test_long_cells_push),
		TEST(test_open),
		TEST(test_key_that_stops),
		TEST(test_dead_key),
		TEST(test_reasons_that_say_no_more),
		TEST(test_calm_keys),
		TEST(test_large_group),
		TEST(test_signals_by_others),
		TEST(test_close),
		TEST(test_close_after_a_gone_line_does_not_repeat_it),
		TEST(test_gone_in_full),
		TEST(test_orphans),
		TEST(test_summary),
		TEST(test_hostile_bytes),
		TEST(test_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
