/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a Ctrl-C did not end who got it, or missed them: what the kernel must be asked for, and rows
 * that no live test can make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/story.h"

#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL
#define OPEN "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"
#define JOB(more) STORY_CHILD("40", "a", "140", "140", "tty=pts/0 " more)
#define KEY(ms) STORY_KEY(ms, "140")
#define INT(ms, more) STORY_INT(ms, "a/140", "140", more)
#define WAITED                                                                                     \
	"@100 kworker/7 signal.generate ->a/140 sig=SIGINT si_code=SI_KERNEL group=1"              \
	" flags=kthread,waited work_tty=pts/0 tty=pts/0 sid=130 pgid=140 tty_pgrp=140\n"
#define HANDLER "disposition=handler"
#define IGNORED "disposition=ignore result=ignored"
#define NOW(ms, who, more) "@" ms " " who " task.snapshot parent=1 sid=130 scope=in " more "\n"
#define READY(ms) "@" ms " trace.ready tasks=1 asked=1\n"
/* Asked at 2000 and answered. */
#define A_IS(more) "@2000 trace.tick\n" NOW("2001", "a/140", "pgid=140 " more) READY("2002")
#define A(verdict, how, sure) OPEN "interrupt #1 tty SIGINT " verdict ": a/140 " how "; " sure "\n"

/* Blocked, or waited for: whether it is still pending decides. */
static void pending_or_not(void **state)
{
	(void)state;
	story_is(SHELL JOB("") KEY("100") INT("100", "blocked=1")
		 A_IS("blocked=SIGINT pending=SIGINT"),
		 A("no_effect", "blocked(blocked_all_threads)", "seen"));
	story_is(SHELL JOB("") KEY("100") INT("100", "blocked=1") A_IS("blocked=SIGINT"),
		 A("no_effect", "handled(signalfd)", "inferred"));
	story_is(SHELL JOB("") KEY("100") WAITED A_IS(""),
		 A("no_effect", "handled(sigwait)", "seen"));
	/* it did not come to it: it was stopped in sigwait(3) */
	story_is(SHELL JOB("") KEY("100") WAITED
		 A_IS("pending=SIGINT state=__TASK_STOPPED"),
		 A("no_effect", "not_delivered(stopped)", "seen"));
	story_is(SHELL JOB("") KEY("100") INT("100", "") A_IS(""),
		 A("no_effect", "not_delivered(not_seen)", "inferred"));
	story_is(SHELL JOB("") KEY("100") INT("100", "") A_IS("pending=SIGINT"),
		 A("no_effect", "not_delivered(not_taken)", "seen"));
}

/* Blocked for a moment only. */
static void unblocked_in_time(void **state)
{
	(void)state;
	story_is(SHELL JOB("") KEY("100") INT("100", "blocked=1 " HANDLER)
		 "@300 a/140 signal.deliver sig=SIGINT disposition=handler\n@2000 trace.tick\n",
		 A("no_effect", "handled(handler)", "seen"));
	story_is(SHELL JOB("") KEY("100") INT("100", "blocked=1")
		 "@300 a/140 task.exit pgid=140 sid=130 exit_code=2\n@2000 trace.tick\n",
		 A("stopped", "died", "seen"));
	story_is(SHELL JOB("") KEY("100") INT("100", "state=__TASK_STOPPED")
		 "@300 a/140 task.exit pgid=140 sid=130 exit_code=2\n@2000 trace.tick\n",
		 A("stopped", "died", "seen"));
}

/* A D that nothing ends takes a broken device or file server: not made by a live test. */
static void states(void **state)
{
	static const struct {
		const char *now, *reason;
	} rows[] = {
		{"state=TASK_UNINTERRUPTIBLE", "uninterruptible"},
		{"state=TASK_UNINTERRUPTIBLE,TASK_FREEZABLE", "uninterruptible"},
		{"state=TASK_UNINTERRUPTIBLE,TASK_WAKEKILL", "killable"},
		{"state=TASK_INTERRUPTIBLE", "not_taken"},
		{"state=__TASK_STOPPED", "stopped"},
		{"state=__TASK_TRACED flags=traced", "traced"},
		{"flags=traced", "not_taken"},
		{"flags=frozen", "frozen"},
		{"state=TASK_FROZEN", "frozen"},
		{"state=TASK_UNINTERRUPTIBLE flags=frozen", "frozen"},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		char lines[4096], facts[512];

		snprintf(lines, sizeof(lines), "%s" NOW("2001", "a/140", "pgid=140 pending=SIGINT %s")
			 READY("2002"), SHELL JOB("") KEY("100") INT("100", "") "@2000 trace.tick\n",
			 rows[k].now);
		snprintf(facts, sizeof(facts), "%sinterrupt #1 tty SIGINT no_effect: a/140"
			 " not_delivered(%s); seen\n", OPEN, rows[k].reason);
		story_is(lines, facts);
	}
}

/* ---- who is asked, and the answer ---- */

static void asks_and_waits(void **state)
{
	struct story *s = story_new();
	uint32_t tgids[4];

	(void)state;
	story_tell(s, SHELL JOB("") KEY("100") INT("100", "blocked=1") "@1100 trace.tick\n");
	story_expect(s, OPEN);
	assert_int_equal(engine_asks(story_engine(s), tgids, 4), 1);
	assert_int_equal(tgids[0], 140);
	/* an answer to somebody else */
	story_tell(s, NOW("1101", "bash/130", "pgid=130") READY("1102"));
	story_expect(s, "");
	story_tell(s, NOW("1103", "a/140", "pgid=140 blocked=SIGINT pending=SIGINT") READY("1104"));
	story_expect(s, "interrupt #1 tty SIGINT no_effect: a/140 blocked(blocked_all_threads); seen\n");
	story_tell(s, "@1700 trace.tick\n");
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_free(s);
}

/* Nothing is to be asked of who took it and ended, or whose handler ran. */
static void asks_nobody(void **state)
{
	struct story *s = story_new();
	uint32_t tgids[4];

	(void)state;
	story_tell(s, SHELL JOB("") KEY("100") INT("100", HANDLER)
		   "@101 a/140 signal.deliver sig=SIGINT disposition=handler\n@1100 trace.tick\n");
	story_expect(s, A("no_effect", "handled(handler)", "seen"));
	assert_int_equal(engine_asks(story_engine(s), tgids, 4), 0);
	story_free(s);
}

static void no_answer(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL JOB("") KEY("100") INT("100", "blocked=1") "@1100 trace.tick\n"
		   "@1599 trace.tick\n");
	story_expect(s, OPEN);
	story_tell(s, "@1601 trace.tick\n");
	story_expect(s, "interrupt #1 tty SIGINT no_effect: a/140 blocked(blocked_all_threads); seen\n");
	/* the end comes first */
	story_tell(s, KEY("2000") INT("2000", "blocked=1") "@3100 trace.tick\n"
		   "@3101 trace.end reason=signal\n");
	story_expect(s, "interrupt #1 tty SIGINT no_effect: a/140 blocked(blocked_all_threads); seen\n");
	story_free(s);
}

/* They are told in the order in which they were typed, whosever answer comes first. */
static void in_order(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL JOB("") KEY("100") INT("100", "blocked=1") STORY_KEY("300", "130")
		   STORY_INT("300", "bash/130", "130", HANDLER)
		   "@301 bash/130 signal.deliver sig=SIGINT disposition=handler\n"
		   "@1200 trace.tick\n");
	story_expect(s, OPEN);
	story_tell(s, NOW("1201", "a/140", "pgid=140 blocked=SIGINT pending=SIGINT") READY("1202"));
	story_expect(s, "interrupt #1 tty SIGINT no_effect: a/140 blocked(blocked_all_threads); seen\n");
	story_tell(s, NOW("1203", "a/140", "pgid=140") READY("1204"));
	story_expect(s, "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); missed a/140"
			" background_job; seen\n");
	story_free(s);
}

/* Its session ends while the answer is awaited: it is told as long as that is known. */
static void session_ends_meanwhile(void **state)
{
	(void)state;
	story_is(SHELL STORY_CHILD("40", "bg", "150", "150", "") JOB("") KEY("100") INT("100", "")
		 "@101 a/140 task.exit pgid=140 sid=130 exit_code=2\n@130 trace.tick\n"
		 "@131 bg/150 task.exit pgid=150 sid=130\n@132 bash/130 task.exit pgid=130 sid=130\n"
		 "@133 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n@300 trace.tick\n", OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; missed bg/150 background_job; seen\n"
		 "close #1 exit status=0 processes=3 orphans=0 lost=0 seen\n");
}

/* ---- ignored, and since when ---- */

#define BASH_C STORY_SERVER STORY_LOGIN STORY_PTY("[\"bash\",\"-c\",\"x\"]")
#define OPEN_X "open #1 alice exec \"x\" root=130 server=120 pty=pts/0 seen\n"
#define CHILD(more) STORY_CHILD("40", "a", "140", "130", "tty=pts/0 " more)
#define TYPED STORY_KEY("100", "130")
#define TO_A(more) STORY_INT("100", "a/140", "130", IGNORED " " more)
#define IS(how, sure) OPEN_X "interrupt #1 tty SIGINT no_effect: a/140 ignored(" how "); " sure "\n"
#define ABOVE(more) "@2000 trace.tick\n" NOW("2001", "bash/130", "pgid=130 " more) READY("2002")

static void by_the_parent(void **state)
{
	(void)state;
	story_is(BASH_C CHILD("ignored=SIGINT") TYPED TO_A("") ABOVE("ignored=SIGINT"),
		 IS("ignored_inherited", "seen"));
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("")
		 ABOVE("ignored=SIGINT,SIGQUIT"), IS("ignored_inherited", "seen"));
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("") ABOVE(""),
		 IS("ignored_background", "inferred"));
	/* bash itself always ignores SIGQUIT */
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("") ABOVE("ignored=SIGQUIT"),
		 IS("ignored_background", "inferred"));
	story_is(BASH_C CHILD("ignored=SIGQUIT") "@100 kworker/7 signal.generate ->a/140 sig=SIGQUIT"
		 " si_code=SI_KERNEL group=1 flags=kthread work_tty=pts/0 tty=pts/0 sid=130 pgid=130 "
		 IGNORED "\n" ABOVE("ignored=SIGQUIT"),
		 OPEN_X "interrupt #1 tty SIGQUIT no_effect: a/140 ignored(ignored_at_exec);"
		 " inferred\n");
	/* & makes it ignore both */
	story_is(BASH_C CHILD("ignored=SIGINT") TYPED TO_A("") ABOVE(""),
		 IS("ignored_at_exec", "seen"));
	/* no answer about the parent */
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("")
		 "@2000 trace.tick\n@2600 trace.tick\n", IS("ignored_at_exec", "seen"));
	story_is(BASH_C CHILD("") TYPED TO_A("") ABOVE("ignored=SIGINT"), IS("ignored_own", "seen"));
	/* python's subprocess is no shell's & */
	story_is(BASH_C "@35 python3/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 uid=1000"
		 " scope=in args=[\"python3\"]\n" CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("")
		 "@2000 trace.tick\n" NOW("2001", "python3/130", "pgid=130") READY("2002"),
		 IS("ignored_at_exec", "seen"));
}

/* A subshell that has called no exec: what it ignores must be asked. */
static void without_exec(void **state)
{
#define FORKED "@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"
#define BOTH(mine, above)                                                                          \
	"@2000 trace.tick\n" NOW("2001", "a/140", "pgid=130 " mine) NOW("2001", "bash/130",        \
	"pgid=130 " above) READY("2002")
	(void)state;
	story_is(BASH_C FORKED TYPED TO_A("") BOTH("ignored=SIGINT,SIGQUIT", ""),
		 IS("ignored_background", "inferred"));
	story_is(BASH_C FORKED TYPED TO_A("") BOTH("ignored=SIGINT", ""), IS("ignored_own", "seen"));
	story_is(BASH_C FORKED TYPED TO_A("") BOTH("ignored=SIGINT", "ignored=SIGINT"),
		 IS("ignored_inherited", "seen"));
	story_is(BASH_C FORKED TYPED TO_A("") "@2000 trace.tick\n@2600 trace.tick\n",
		 IS("ignored", "seen"));
}

/* The shell's own signal tells that it does not ignore it, and it is gone before it can be asked. */
static void parent_dies(void **state)
{
	(void)state;
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("")
		 STORY_INT("100", "bash/130", "130", "")
		 "@101 bash/130 task.exit pgid=130 sid=130 exit_code=2\n@150 trace.tick\n", OPEN_X
		 "interrupt #1 tty SIGINT partly: a/140 ignored(ignored_background), bash/130 died;"
		 " inferred\n");
}

#define ROOT(more)                                                                                 \
	"@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"                       \
	"@31 bash/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 tty_pgrp=130 uid=1000"       \
	" scope=in fd=tty,tty,tty args=[\"bash\",\"-c\",\"x\"] " more "\n"
#define DEAF_SERVER                                                                                \
	"@25 sshd/120 task.exec parent=110 pgid=110 sid=110 uid=1000 scope=in,server"              \
	" ignored=SIGINT args=[\"sshd\"]\n"

static void from_the_start(void **state)
{
	(void)state;
	story_is(STORY_SERVER STORY_LOGIN DEAF_SERVER ROOT("ignored=SIGINT") CHILD("ignored=SIGINT")
		 TYPED TO_A("") ABOVE("ignored=SIGINT"), IS("ignored_by_server", "seen"));
	story_is(STORY_SERVER STORY_LOGIN ROOT("ignored=SIGINT") CHILD("ignored=SIGINT") TYPED
		 TO_A("") ABOVE("ignored=SIGINT"), IS("ignored_from_start", "seen"));
	/* the server's is reset for the session */
	story_is(STORY_SERVER STORY_LOGIN DEAF_SERVER ROOT("") CHILD("ignored=SIGINT") TYPED TO_A("")
		 ABOVE("ignored=SIGINT"), IS("ignored_inherited", "seen"));
	/* reset in between, and set again by itself */
	story_is(STORY_SERVER STORY_LOGIN DEAF_SERVER ROOT("ignored=SIGINT") CHILD("") TYPED TO_A("")
		 ABOVE("ignored=SIGINT"), IS("ignored_own", "seen"));
}

/* ---- Ctrl-Z ---- */

#define SUSP                                                                                       \
	"@100 kworker/7 tty.key tty=pts/0 key=susp isig=1 tty_sid=130 tty_pgrp=140\n"              \
	"@100 kworker/7 signal.generate ->a/140 sig=SIGTSTP si_code=SI_KERNEL group=1"             \
	" flags=kthread work_tty=pts/0 tty=pts/0 pgid=140 sid=130\n"

static void suspended(void **state)
{
	(void)state;
	story_is(SHELL JOB("") SUSP A_IS("state=__TASK_STOPPED"),
		 OPEN "interrupt #1 tty SIGTSTP stopped: a/140 stopped; seen\n");
	story_is(SHELL JOB("") SUSP A_IS("state=TASK_INTERRUPTIBLE"),
		 OPEN "interrupt #1 tty SIGTSTP no_effect: a/140 ignored(orphaned_group); inferred\n");
	/* it has not run since: the machine is busy */
	story_is(SHELL JOB("") SUSP A_IS("pending=SIGTSTP"),
		 OPEN "interrupt #1 tty SIGTSTP stopped: a/140 stopped; seen\n");
	/* continued since: fg */
	story_is(SHELL JOB("") SUSP "@110 bash/130 signal.generate ->a/140 sig=SIGCONT si_pid=130"
		 " group=1 flags=info pgid=140 sid=130\n" A_IS("state=TASK_INTERRUPTIBLE"),
		 OPEN "interrupt #1 tty SIGTSTP stopped: a/140 stopped; seen\n");
}

/* ---- a shell and its children ---- */

#define SHELL_TAKES                                                                                \
	STORY_INT("100", "bash/130", "130", HANDLER)                                               \
	"@101 bash/130 signal.deliver sig=SIGINT disposition=handler\n"
#define LATER "@2000 trace.tick\n@2600 trace.tick\n"

static void shell_waits(void **state)
{
	(void)state;
	story_is(BASH_C CHILD("") TYPED STORY_INT("100", "a/140", "130", HANDLER) SHELL_TAKES
		 "@102 a/140 signal.deliver sig=SIGINT disposition=handler\n"
		 "@103 a/140 task.exit pgid=130 sid=130\n" LATER, OPEN_X
		 "interrupt #1 tty SIGINT partly: a/140 exited, bash/130 handled(waits_for_child);"
		 " inferred\n");
	/* the child died of it: that is a trap */
	story_is(BASH_C CHILD("") TYPED STORY_INT("100", "a/140", "130", "") SHELL_TAKES
		 "@103 a/140 task.exit pgid=130 sid=130 exit_code=2\n" LATER, OPEN_X
		 "interrupt #1 tty SIGINT partly: a/140 died, bash/130 handled(handler); seen\n");
	/* a child that it does not wait for */
	story_is(BASH_C CHILD("ignored=SIGINT,SIGQUIT") TYPED TO_A("") SHELL_TAKES LATER, OPEN_X
		 "interrupt #1 tty SIGINT no_effect: a/140 ignored(ignored_background),"
		 " bash/130 handled(handler); inferred\n");
	/* not a shell */
	story_is(BASH_C "@35 make/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 uid=1000"
		 " scope=in args=[\"make\"]\n" CHILD("") TYPED
		 STORY_INT("100", "a/140", "130", HANDLER)
		 STORY_INT("100", "make/130", "130", HANDLER)
		 "@101 make/130 signal.deliver sig=SIGINT disposition=handler\n"
		 "@103 a/140 task.exit pgid=130 sid=130\n" LATER, OPEN_X
		 "interrupt #1 tty SIGINT partly: a/140 exited, make/130 handled(handler);"
		 " inferred\n");
}

/* ---- missed ---- */

#define DIES "@101 a/140 task.exit pgid=140 sid=130 exit_code=2\n"
#define MISSED(why) OPEN "interrupt #1 tty SIGINT stopped: a/140 died; missed " why "; seen\n"
#define B_IS(more) "@130 trace.tick\n" NOW_B(more) READY("132")
#define NOW_B(more) "@131 b/150 task.snapshot parent=130 scope=in " more "\n"

static void told_by_the_answer(void **state)
{
	(void)state;
	/* setpgid(2) and setsid(2) make no record */
	story_is(SHELL JOB("") STORY_CHILD("50", "b", "150", "140", "tty=pts/0") KEY("100")
		 INT("100", "") DIES B_IS("pgid=150 sid=130 tty=pts/0"), MISSED("b/150 own_group"));
	story_is(SHELL JOB("") STORY_CHILD("50", "b", "150", "140", "tty=pts/0") KEY("100")
		 INT("100", "") DIES B_IS("pgid=150 sid=150"), MISSED("b/150 own_session"));
	story_is(SHELL JOB("") STORY_CHILD("50", "b", "150", "140", "tty=pts/0") KEY("100")
		 INT("100", "") DIES B_IS("pgid=150 sid=150 tty=pts/7"), MISSED("b/150 inner_pty"));
}

/* Its group comes from the shell, before its exec: a job, whatever its name. */
static void timeout(void **state)
{
	(void)state;
	story_is(SHELL JOB("") STORY_CHILD("50", "timeout", "150", "150", "tty=pts/0")
		 "@51 timeout/150 task.fork fork=151 pgid=150 sid=130 scope=in\n"
		 "@52 b/151 task.exec parent=150 pgid=150 sid=130 tty=pts/0 scope=in\n" KEY("100")
		 INT("100", "") DIES LATER,
		 MISSED("timeout/150 background_job, b/151 background_job"));
	/* .. also at the prompt, whose shell is in the foreground and met the signal */
	story_is(SHELL STORY_CHILD("50", "timeout", "150", "150", "tty=pts/0")
		 STORY_KEY("100", "130") STORY_INT("100", "bash/130", "130", HANDLER)
		 "@101 bash/130 signal.deliver sig=SIGINT disposition=handler\n" LATER, OPEN
		 "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); missed timeout/150"
		 " background_job; seen\n");
}

/* One in between ends of the signal: who waits above it is known all the same. */
static void ancestors(void **state)
{
	(void)state;
	story_is(SHELL "@40 bash/130 task.fork fork=135 pgid=130 sid=130 scope=in\n"
		 "@41 su/135 task.exec parent=130 pgid=135 sid=130 tty=pts/0 scope=in\n"
		 "@42 su/135 task.fork fork=138 pgid=135 sid=130 scope=in\n"
		 "@43 sh/138 task.exec parent=135 pgid=138 sid=130 tty=pts/0 scope=in\n"
		 "@44 sh/138 task.fork fork=140 pgid=138 sid=130 scope=in\n"
		 "@45 a/140 task.exec parent=138 pgid=140 sid=130 tty=pts/0 scope=in\n" KEY("100")
		 INT("100", "") DIES "@102 sh/138 task.exit pgid=138 sid=130 exit_code=33280\n"
		 "@103 trace.tick\n" LATER, OPEN "interrupt #1 tty SIGINT stopped: a/140 died; seen\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pending_or_not),
		cmocka_unit_test(unblocked_in_time),
		cmocka_unit_test(states),
		cmocka_unit_test(asks_and_waits),
		cmocka_unit_test(asks_nobody),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(in_order),
		cmocka_unit_test(session_ends_meanwhile),
		cmocka_unit_test(by_the_parent),
		cmocka_unit_test(without_exec),
		cmocka_unit_test(parent_dies),
		cmocka_unit_test(from_the_start),
		cmocka_unit_test(suspended),
		cmocka_unit_test(shell_waits),
		cmocka_unit_test(told_by_the_answer),
		cmocka_unit_test(timeout),
		cmocka_unit_test(ancestors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
