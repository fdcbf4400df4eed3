/* SPDX-License-Identifier: GPL-2.0-only */
/* Each verdict of each form, what is in doubt, and that a loss never makes anything green. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "check/check.h"
#include "unit/story.h"

/* A command, sh 10 in group 10; its start and its end. */
#define CMD                                                                                        \
	"@1 trace.begin scope=command scope_tgid=10 host=\"h\"\n"                                  \
	"@1 sh/10 task.snapshot parent=9 pgid=10 sid=5 scope=in\n@2 trace.ready tasks=1\n"         \
	"@3 sh/10 task.exec parent=9 pgid=10 sid=5 scope=in args=[\"sh\",\"-c\",\"x\"]\n"
#define DONE "@9000 sh/10 task.exit pgid=10 sid=5\n"
#define LOOKED "@9001 trace.ready asked=1\n@9002 trace.end reason=command looked=1\n"
#define END DONE LOOKED
#define CHILD(ms, comm, tgid)                                                                      \
	"@" ms " sh/10 task.fork fork=" tgid " pgid=10 sid=5 scope=in\n"                           \
	"@" ms " " comm "/" tgid " task.exec parent=10 pgid=10 sid=5 scope=in args=[\"" comm "\"]\n"
#define GONE(ms, comm, tgid) "@" ms " " comm "/" tgid " task.exit pgid=10 sid=5\n"
#define TERM(ms, comm, tgid)                                                                       \
	"@" ms " kill/50 signal.generate ->" comm "/" tgid " sig=SIGTERM group=1 flags=info si_pid=50\n"
#define LOST(kind) "@100 trace.lost count=2 total=2 lost_kind=" kind "\n"
#define FORKS "6"
#define EXECS "7"
#define EXITS "8"
#define SIGNALS "12"

struct play {
	struct checks *c;
	struct engine *e;
};

static void feed(void *ctx, const void *rec, size_t len)
{
	struct play *p = ctx;

	assert_int_equal(engine_feed(p->e, rec, len), EVENT_OK);
}

static struct checks *play(const char *text, const char *story, bool strict)
{
	const struct check_options opt = {.strict = strict};
	struct play p = {.c = checks_new(&opt)};
	struct buf why = {0};
	struct sink sink;

	if (checks_load(p.c, "x", text, strlen(text), &why))
		fail_msg("%s", buf_cstr(&why));
	sink = checks_sink(p.c);
	p.e = engine_new(&sink);
	story_records(story, feed, &p);
	checks_finish(p.c, p.e);
	engine_free(p.e);
	return p.c;
}

/* "pass: why" */
static void is(const char *text, const char *story, const char *verdict)
{
	struct checks *c = play(text, story, false);
	const struct check_result *r = checks_result(c, checks_count(c) - 1);
	char got[512];

	snprintf(got, sizeof(got), "%s: %s", check_verdict_name(r->verdict), r->why);
	if (strcmp(got, verdict))
		fail_msg("%s\nis       %s\nexpected %s\n%s", text, got, verdict, story);
	checks_free(c);
}

static void never(void **state)
{
	(void)state;
	is("never exec comm=cc1", CMD END, "pass: it did not happen");
	is("never exec comm=cc1", CMD CHILD("10", "cc1", "20") CHILD("11", "cc1", "21")
	   GONE("12", "cc1", "20") GONE("12", "cc1", "21") END, "fail: it happened 2 times");
	is("never exec comm=cc1", CMD LOST(EXECS) END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is("never exec comm=cc1", CMD LOST(SIGNALS) END, "pass: it did not happen");
	/* what was seen was seen */
	is("never exec comm=cc1", CMD LOST(EXECS) CHILD("110", "cc1", "20") END,
	   "fail: it happened 1 time");
	is("never exec comm=cc1", CMD, "inconclusive: the trace stops without an end");
	is("never exec comm=cc1", CMD "@9 trace.end reason=cut\n",
	   "inconclusive: the trace stops without an end");
	is("never exec comm=cc1", CMD "@9 trace.end reason=duration\n",
	   "inconclusive: the trace ended before the command did");
	is("never exec args contains x", CMD "@9 sh/10 task.exec truncated=args args=[\"y\"]\n" END,
	   "fail: it happened 1 time");
	is("never exec args contains z", CMD "@9 sh/10 task.exec truncated=args args=[\"y\"]\n" END,
	   "inconclusive: 1 time it cannot be told: a command line was cut off");
	is("allow exec args contains y\nnever exec comm=sh args contains y", CMD
	   "@9 sh/10 task.exec args=[\"y\"]\n" END, "pass: it did not happen");
}

static void some(void **state)
{
	(void)state;
	is("some exec comm=cc1", CMD CHILD("10", "cc1", "20") GONE("11", "cc1", "20") END,
	   "pass: it happened 1 time");
	is("some exec comm=cc1", CMD END, "fail: it never happened");
	is("some exec comm=cc1", CMD LOST(EXECS) END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is("some exec comm=cc1", CMD LOST(EXECS) CHILD("110", "cc1", "20") END,
	   "pass: it happened 1 time");
	is("some exec comm=cc1", CMD "@9 trace.end reason=signal\n",
	   "inconclusive: the trace ended before the command did");
}

static void count(void **state)
{
#define TWO CHILD("10", "cc1", "20") GONE("11", "cc1", "20") CHILD("12", "cc1", "21")               \
	GONE("13", "cc1", "21")
	(void)state;
	is("count exec comm=cc1 between 1 and 2", CMD TWO END, "pass: it happened 2 times");
	is("count exec comm=cc1 between 0 and 0", CMD END, "pass: it happened 0 times");
	is("count exec comm=cc1 between 3 and 4", CMD TWO END,
	   "fail: it happened 2 times, not between 3 and 4");
	is("count exec comm=cc1 between 0 and 1", CMD LOST(EXECS) TWO END,
	   "fail: it happened 2 times, not between 0 and 1");
	is("count exec comm=cc1 between 1 and 2", CMD LOST(EXECS) TWO END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is("count exec comm=cc1 between 3 and 4", CMD LOST(EXECS) TWO END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
}

#define OBEYS "every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s"
#define SERVER CHILD("10", "nginx", "20")

static void every(void **state)
{
	(void)state;
	is(OBEYS, CMD SERVER TERM("20", "nginx", "20") GONE("30", "nginx", "20") END,
	   "pass: 1 time, and it came each time");
	is(OBEYS, CMD SERVER GONE("30", "nginx", "20") END, "vacuous: its left side never happened");
	is(OBEYS, CMD SERVER TERM("20", "nginx", "20") GONE("6000", "nginx", "20") END,
	   "fail: 1 of 1 time it did not come");
	/* of another process */
	is(OBEYS, CMD SERVER TERM("20", "nginx", "20") CHILD("21", "a", "21") GONE("30", "a", "21")
	   GONE("6000", "nginx", "20") END, "fail: 1 of 1 time it did not come");
	/* the deadline itself is in time */
	is(OBEYS, CMD SERVER TERM("20", "nginx", "20") GONE("5020", "nginx", "20") END,
	   "pass: 1 time, and it came each time");
	is(OBEYS, CMD SERVER TERM("20", "nginx", "20") GONE("5021", "nginx", "20") END,
	   "fail: 1 of 1 time it did not come");
	is(OBEYS, CMD SERVER LOST(EXITS) TERM("120", "nginx", "20") GONE("6000", "nginx", "20") END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is(OBEYS, CMD SERVER LOST(SIGNALS) TERM("120", "nginx", "20") GONE("130", "nginx", "20") END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	/* a signal that was lost could not have made this one come in time */
	is(OBEYS, CMD SERVER LOST(SIGNALS) TERM("120", "nginx", "20") GONE("6000", "nginx", "20") END,
	   "fail: 1 of 1 time it did not come");
	is(OBEYS, CMD SERVER TERM("8000", "nginx", "20") DONE LOOKED,
	   "inconclusive: the trace ended while the time of 1 was not over");
}

/* A storm: what came after the first is told by a count, late. */
static void many(void **state)
{
#define MORE(n) "@40 kill/50 signal.generate ->nginx/20 sig=SIGTERM group=1 flags=info si_pid=50 count=" n  \
		" ts_last=41\n"
#define STORM CMD SERVER TERM("20", "nginx", "20") MORE("9") GONE("50", "nginx", "20") END
	(void)state;
	is("count signal sig=SIGTERM between 10 and 10", STORM, "pass: it happened 10 times");
	is("count signal sig=SIGTERM between 0 and 4", STORM,
	   "fail: it happened 10 times, not between 0 and 4");
	is("count signal count=9 between 9 and 9", STORM, "pass: it happened 9 times");
	is("count signal count=1 between 1 and 1", STORM, "pass: it happened 1 time");
	is("never signal sig=SIGTERM", STORM, "fail: it happened 10 times");
	is("some signal sig=SIGTERM", STORM, "pass: it happened 10 times");
	is("order signal sig=SIGTERM < exit comm=nginx", STORM, "pass: each came after the one before");
	is(OBEYS, STORM,
	   "inconclusive: 9 of a storm of signals were told by count, without the time of each: "
	   "trace with --each");
	is("every exec comm=nginx -> signal sig=SIGTERM within 5ms", STORM,
	   "inconclusive: 9 of a storm of signals were told by count, without the time of each: "
	   "trace with --each");
	is("every exec comm=nginx -> signal sig=SIGTERM within 15ms", CMD SERVER
	   TERM("20", "nginx", "20") GONE("50", "nginx", "20") END,
	   "pass: 1 time, and it came each time");
}

/* Nobody is left: what has not come does not come any more. */
static void scope_closed(void **state)
{
	(void)state;
	is("every exec comm=a -> exec comm=b within 1m", CMD CHILD("10", "a", "20")
	   GONE("11", "a", "20") END, "fail: 1 of 1 time it did not come");
	is("every exec comm=a -> no exec comm=b within 1m", CMD CHILD("10", "a", "20")
	   GONE("11", "a", "20") END, "pass: 1 time, and it never came");
	is("every exec comm=a -> no exec comm=b within 1m", CMD CHILD("10", "a", "20") DONE
	   "@9000 a/20 task.snapshot parent=1 scope=in\n" LOOKED,
	   "inconclusive: the trace ended while the time of 1 was not over");
}

static void every_no(void **state)
{
#define NO "every exec comm=a -> no exec comm=b within 1s"
	(void)state;
	is(NO, CMD CHILD("10", "a", "20") GONE("11", "a", "20") CHILD("500", "b", "21")
	   GONE("501", "b", "21") END, "fail: 1 of 1 time it came all the same");
	is(NO, CMD CHILD("10", "a", "20") GONE("11", "a", "20") CHILD("1500", "b", "21")
	   GONE("1501", "b", "21") END, "pass: 1 time, and it never came");
	is(NO, CMD END, "vacuous: its left side never happened");
	is("allow exec comm=b\n" NO, CMD CHILD("10", "a", "20") GONE("11", "a", "20")
	   CHILD("500", "b", "21") GONE("501", "b", "21") END, "pass: 1 time, and it never came");
	is(NO, CMD LOST(EXECS) CHILD("110", "a", "20") GONE("111", "a", "20") END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
}

static void order(void **state)
{
#define ORDER "order exec comm=a < exec comm=b < exec comm=c"
#define A CHILD("10", "a", "20") GONE("11", "a", "20")
#define B(ms) CHILD(ms, "b", "21") GONE(ms, "b", "21")
#define C(ms) CHILD(ms, "c", "22") GONE(ms, "c", "22")
	(void)state;
	is(ORDER, CMD A B("20") C("30") END, "pass: each came after the one before");
	is(ORDER, CMD A B("20") END, "pass: each came after the one before");
	is(ORDER, CMD A END, "vacuous: nothing came that had an order");
	is(ORDER, CMD END, "vacuous: nothing came that had an order");
	is(ORDER, CMD B("5") A C("30") END, "fail: step 2 came before step 1");
	is(ORDER, CMD A C("30") B("40") END, "fail: step 3 came before step 2");
	is(ORDER, CMD B("5") END, "fail: step 2 came without step 1");
	is(ORDER, CMD B("5") A, "fail: step 2 came before step 1");
	is(ORDER, CMD A B("20"), "inconclusive: the trace stops without an end");
	is(ORDER, CMD LOST(EXECS) B("120") END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is(ORDER, CMD LOST(EXITS) A B("20") C("30") END, "pass: each came after the one before");
}

/* ---- who the command leaves ---- */

#define LEFT(comm, tgid, more)                                                                     \
	DONE "@9000 " comm "/" tgid " task.snapshot parent=1 scope=in " more "\n" LOOKED

static void orphans(void **state)
{
	(void)state;
	is("no orphan", CMD SERVER GONE("30", "nginx", "20") END, "pass: it did not happen");
	is("no orphan", CMD SERVER LEFT("nginx", "20", "pgid=10 sid=5"), "fail: it happened 1 time");
	/* it died while the kernel was asked, or the kernel did not find it */
	is("no orphan", CMD SERVER DONE "@9000 nginx/20 task.snapshot parent=1 scope=in\n"
	   GONE("9001", "nginx", "20") LOOKED, "pass: it did not happen");
	is("no orphan", CMD SERVER DONE LOOKED, "pass: it did not happen");
	/* forked behind the answer */
	is("no orphan", CMD SERVER DONE "@9001 trace.ready asked=1\n"
	   "@9001 nginx/20 task.fork fork=30 pgid=10 sid=5 scope=in\n" GONE("9001", "nginx", "20")
	   "@9002 trace.end reason=command looked=1\n", "fail: it happened 1 time");
	is("no orphan", CMD SERVER DONE "@9002 trace.end reason=command\n",
	   "inconclusive: the trace ended with the command: nobody looked whom it left behind");
	is("no orphan", CMD SERVER LOST(SIGNALS) GONE("130", "nginx", "20") END,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is("no orphan", CMD SERVER LOST(EXITS) LEFT("nginx", "20", "pgid=10 sid=5"),
	   "inconclusive: 1 time it rests on a guess, because records were lost");
	is("some orphan", CMD DONE "@9002 trace.end reason=command\n",
	   "inconclusive: the trace ended with the command: nobody looked whom it left behind");
	is("allow orphan comm in (tmux, nginx)\nno orphan", CMD SERVER LEFT("nginx", "20", "pgid=10 sid=5"),
	   "pass: it did not happen");
	is("no orphan not intended", CMD SERVER LEFT("nginx", "20", "pgid=20 sid=20"),
	   "fail: it happened 1 time");
}

static void reason(const char *story, const char *why)
{
	char text[64];

	snprintf(text, sizeof(text), "some orphan %s", why);
	is(text, story, "pass: it happened 1 time");
}

static void reasons(void **state)
{
#define SENT(more) "@50 kill/50 signal.generate ->nginx/20 sig=SIGTERM group=1 pgid=10 sid=5 " more "\n"
	(void)state;
	reason(CMD SERVER LEFT("nginx", "20", "pgid=10 sid=5"), "reason=no_signal not intended");
	reason(CMD SERVER LEFT("nginx", "20", "pgid=20 sid=5"), "reason=other_group not intended");
	reason(CMD SERVER LEFT("nginx", "20", "pgid=20 sid=20"), "reason=other_session not intended");
	reason(CMD SERVER LEFT("nginx", "20", "pgid=19 sid=19"), "reason=other_session intended");
	reason(CMD CHILD("9", "setsid", "19") CHILD("10", "tmux", "20") GONE("11", "setsid", "19")
	       LEFT("tmux", "20", "pgid=10 sid=5"), "intended");
	reason(CMD SERVER SENT("result=ignored disposition=ignore") LEFT("nginx", "20", "pgid=10 sid=5"),
	       "reason=ignored");
	reason(CMD SERVER SENT("blocked=1") LEFT("nginx", "20", "pgid=10 sid=5"), "reason=blocked");
	reason(CMD SERVER SENT("disposition=handler") "@51 nginx/20 signal.deliver sig=SIGTERM\n"
	       LEFT("nginx", "20", "pgid=10 sid=5"), "reason=handled");
	reason(CMD SERVER SENT("state=__TASK_STOPPED") LEFT("nginx", "20", "pgid=10 sid=5 state=__TASK_STOPPED"),
	       "reason=stopped");
	reason(CMD SERVER LEFT("nginx", "20", "pgid=10 sid=5"), "new_ppid=1 session=null comm=nginx args=nginx");
}

/* A Ctrl-C at a command is an interrupt too, of no session. */
static void typed(void **state)
{
#define KEY "@50 kworker/7 tty.key tty=pts/0 key=intr isig=1 tty_sid=5 tty_pgrp=10\n"               \
	"@50 kworker/7 signal.generate ->sh/10 sig=SIGINT si_code=SI_KERNEL group=1 flags=kthread"  \
	" work_tty=pts/0 tty=pts/0 pgid=10 sid=5 tty_pgrp=10\n"
	(void)state;
	is("every interrupt origin=tty -> no orphan within 10s", CMD KEY
	   "@51 sh/10 task.exit exit_code=2 pgid=10 sid=5\n" LOOKED, "pass: 1 time, and it never came");
	is("every interrupt origin=tty -> no orphan within 2s", CMD SERVER KEY
	   "@51 sh/10 task.exit exit_code=2 pgid=10 sid=5\n"
	   "@4000 nginx/20 task.snapshot parent=1 pgid=10 sid=5 scope=in\n"
	   "@4001 trace.ready asked=1\n@4002 trace.end reason=command looked=1\n",
	   "fail: 1 of 1 time it came all the same");
	/* the interrupt is told when the exit has long been seen */
	is("every interrupt origin=tty -> exit comm=sh signal=SIGINT within 1s", CMD KEY
	   "@51 sh/10 task.exit exit_code=2 pgid=10 sid=5\n@4001 trace.ready asked=1\n"
	   "@4002 trace.end reason=command looked=1\n", "pass: 1 time, and it came each time");
	is("every interrupt origin=tty -> exit comm=bash within 1s", CMD KEY
	   "@51 sh/10 task.exit exit_code=2 pgid=10 sid=5\n@4001 trace.ready asked=1\n"
	   "@4002 trace.end reason=command looked=1\n", "fail: 1 of 1 time it did not come");
}

/* ---- scopes ---- */

#define SESSIONS STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]")
#define STOPPED "@9000 trace.end reason=signal\n"

static void scopes(void **state)
{
	(void)state;
	is("scope command\nno orphan", SESSIONS STOPPED,
	   "skipped: its scope is a command, and this trace is not of one");
	is("scope command\nno orphan", CMD END, "pass: it did not happen");
	is("scope session user=bob\nnever exec", SESSIONS STOPPED,
	   "vacuous: no ssh session that the scope names was seen");
	is("scope session user=alice\nnever exec comm=x", SESSIONS STOPPED, "pass: it did not happen");
	is("scope session user=alice\nnever exec comm=cc1", SESSIONS STORY_CHILD("40", "cc1", "140",
	   "130", "") STOPPED, "fail: it happened 1 time");
	is("scope session user=bob\nnever exec comm=cc1", SESSIONS STORY_CHILD("40", "cc1", "140",
	   "130", "") STOPPED, "vacuous: no ssh session that the scope names was seen");
	is("scope session\nnever exec comm=sshd", SESSIONS STOPPED, "pass: it did not happen");
	is("never exec comm=sshd", SESSIONS STOPPED, "fail: it happened 1 time");
	/* what was counted of a storm comes late */
#define STORMED(ms) "@" ms " cc1/140 signal.deliver sig=SIGUSR1 count=9 ts_last=41000000\n"
#define CHILD_GONE "@42 cc1/140 task.exit pgid=130 sid=130\n"
	is("scope session user=alice\ncount deliver sig=SIGUSR1 between 0 and 5", SESSIONS
	   STORY_CHILD("40", "cc1", "140", "130", "") STORMED("41") CHILD_GONE STOPPED,
	   "fail: it happened 9 times, not between 0 and 5");
	is("scope session user=alice\ncount deliver sig=SIGUSR1 between 0 and 5", SESSIONS
	   STORY_CHILD("40", "cc1", "140", "130", "") CHILD_GONE STORMED("43") STOPPED,
	   "inconclusive: 9 of a storm of signals were told when their process was gone: whether they "
	   "belong to the scope is not known");
	is("scope session user=alice\ncount deliver sig=SIGUSR2 between 0 and 5", SESSIONS
	   STORY_CHILD("40", "cc1", "140", "130", "") CHILD_GONE STORMED("43") STOPPED,
	   "pass: it happened 0 times");
	is("scope session user=alice\nevery exec comm=cc1 -> deliver sig=SIGUSR1 within 1s", SESSIONS
	   STORY_CHILD("40", "cc1", "140", "130", "") CHILD_GONE STORMED("43") STOPPED,
	   "inconclusive: 9 of a storm of signals were told when their process was gone: whether they "
	   "belong to the scope is not known");
	/* who is in a session rests on every record */
	is("scope session user=alice\nnever exec comm=x", SESSIONS LOST(FORKS) STOPPED,
	   "inconclusive: 2 records were lost, and what it looks for may be among them");
	is("no session.close end=vanished", SESSIONS STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "")
	   "@1001 sshd/120 task.exit pgid=110 sid=110\n" STOPPED, "fail: it happened 1 time");
}

static void strictly(void **state)
{
	struct checks *c = play(OBEYS, CMD END, true);

	(void)state;
	assert_int_equal(checks_result(c, 0)->verdict, CHECK_FAIL);
	assert_string_equal(checks_result(c, 0)->why, "its left side never happened (--strict)");
	assert_int_equal(checks_status(c), EXIT_CHECK_FAILED);
	checks_free(c);
}

static void status(const char *text, const char *story, int want)
{
	struct checks *c = play(text, story, false);

	assert_int_equal(checks_status(c), want);
	checks_free(c);
}

static void statuses(void **state)
{
	(void)state;
	status("no orphan\n" OBEYS, CMD END, EXIT_OK);
	status(OBEYS, CMD END, EXIT_NOTHING_CHECKED);
	status("scope command\nno orphan", SESSIONS STOPPED, EXIT_NOTHING_CHECKED);
	status("some exec comm=sh\nnever exec comm=x", CMD LOST(EXECS) END, EXIT_INCONCLUSIVE);
	status("some exec comm=x\nno orphan", CMD LOST(SIGNALS) DONE LOOKED, EXIT_CHECK_FAILED);
}

/* ---- what a failure shows ---- */

static void shows(void **state)
{
	struct check_run run = {.name = "x", .command_status = 0, .recording = "x.sgt"};
	struct checks *c = play("never signal sig=SIGTERM\n" OBEYS, CMD SERVER
				TERM("20", "nginx", "20") GONE("7270", "nginx", "20") END, false);
	struct buf out = {0};

	(void)state;
	checks_write(c, &check_text, &run, &out);
	assert_string_equal(buf_cstr(&out),
		"fail         never signal sig=SIGTERM\n"
		"    x:1: it happened 1 time\n"
		"    at 19 ms signal.generate SIGTERM to nginx 20\n"
		"      sender   kill 50\n"
		"      target   nginx 20 (nginx)\n"
		"      context  it was started 10 ms before by sh 10 (sh -c x)\n"
		"fail         " OBEYS "\n"
		"    x:2: 1 of 1 time it did not come\n"
		"    at 19 ms signal.generate SIGTERM to nginx 20\n"
		"      sender   kill 50\n"
		"      target   nginx 20 (nginx)\n"
		"      instead  it came 7.2 s after, 2.2 s too late\n"
		"      context  it was started 10 ms before by sh 10 (sh -c x)\n"
		"               its last signal was SIGTERM from kill 50\n"
		"               it ended with status 0 7.2 s after\n"
		"2 checks: 0 passed, 2 failed\n"
		"to look into it: sigtrace -r x.sgt, or sigtrace explain -r x.sgt PID\n");
	buf_free(&out);
	checks_free(c);
}

/* Memory holds what is open, and a flood of it is all told in the end. */
static void flood(void **state)
{
	struct buf story = {0};
	struct checks *c;

	(void)state;
	buf_str(&story, CMD SERVER);
	for (int i = 0; i < 3000; i++)
		buf_str(&story, TERM("20", "nginx", "20"));
	buf_str(&story, GONE("30", "nginx", "20") END);
	c = play(OBEYS, buf_cstr(&story), false);
	assert_int_equal(checks_result(c, 0)->verdict, CHECK_PASS);
	assert_int_equal(checks_result(c, 0)->matches, 3000);
	checks_free(c);
	/* each finds its own */
	buf_reset(&story);
	buf_str(&story, CMD);
	for (int i = 0; i < 3000; i++)
		buf_printf(&story, "@10 kill/50 signal.generate ->a/%d sig=SIGTERM\n", 100 + i);
	for (int i = 0; i < 3000; i++)
		buf_printf(&story, "@20 a/%d task.exit\n", 100 + i * 7 % 3000);
	buf_str(&story, END);
	c = play("every signal -> exit tgid=$target.tgid within 1s", buf_cstr(&story), false);
	assert_int_equal(checks_result(c, 0)->verdict, CHECK_PASS);
	checks_free(c);
	c = play("every signal -> exit comm=x within 1s", buf_cstr(&story), false);
	assert_int_equal(checks_result(c, 0)->broken, 3000);
	assert_int_equal(checks_result(c, 0)->nfailures, CHECK_FAILURES);
	checks_free(c);
	buf_free(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never),    cmocka_unit_test(some),	    cmocka_unit_test(count), cmocka_unit_test(many),
		cmocka_unit_test(every),    cmocka_unit_test(scope_closed), cmocka_unit_test(every_no),
		cmocka_unit_test(order),    cmocka_unit_test(orphans),	    cmocka_unit_test(reasons),
		cmocka_unit_test(typed),    cmocka_unit_test(scopes),	    cmocka_unit_test(strictly),
		cmocka_unit_test(statuses), cmocka_unit_test(shows),	    cmocka_unit_test(flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
