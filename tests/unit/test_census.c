/* SPDX-License-Identifier: GPL-2.0-only */
/* After a loss: who is alive is asked, who is not is ended, who is new is taken in, and not too often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/session.h"
#include "unit/story.h"

#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL
#define OPEN "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"
#define LOST(ms, kind, total) "@" ms " trace.lost count=1 total=" total " lost_kind=" kind "\n"
#define LOST_EXIT(ms, total) LOST(ms, "8", total)
#define IS_THERE(ms, task, more) "@" ms " " task " task.snapshot " more "\n"
#define LISTENER(ms) IS_THERE(ms, "sshd/100", "parent=1 pgid=100 sid=100 scope=in,server")
#define MONITOR(ms) IS_THERE(ms, "sshd/110", "parent=100 pgid=110 sid=110 scope=in,server")
#define SERVER(ms) IS_THERE(ms, "sshd/120", "parent=110 pgid=110 sid=110 scope=in,server")
#define ROOT(ms) IS_THERE(ms, "bash/130", "parent=120 pgid=130 sid=130 tty=pts/0 uid=1000 scope=in")
#define ALL(ms, tasks) "@" ms " trace.ready tasks=" tasks " asked=2\n"
#define DOUBT(ms, tasks) "@" ms " trace.ready tasks=" tasks " asked=3\n"
#define CLOSED "close #1 unknown processes=1 orphans=0 lost=1 guessed\n"

static struct story *begin(const char *lines)
{
	struct story *s = story_new();

	story_tell(s, SHELL);
	story_expect(s, OPEN);
	story_tell(s, lines);
	story_expect(s, "");
	return s;
}

/* When it wants to hear of the time, ms; -1: never. */
static long deadline(struct story *s)
{
	uint64_t ts = engine_deadline(story_engine(s));

	return ts == UINT64_MAX ? -1 : (long)(ts / MS);
}

/* -1: no question; 0: all; else how many are doubted, *first the first of them. */
static long question(struct story *s, uint32_t *first)
{
	const struct task_key *who;
	size_t n;

	if (!engine_census(story_engine(s), &who, &n))
		return -1;
	*first = n ? who[0].tgid : 0;
	return (long)n;
}

static void asks(struct story *s, long n, uint32_t first)
{
	uint32_t tgid = 0;

	assert_int_equal(question(s, &tgid), n);
	assert_int_equal(tgid, first);
}

static bool lives(struct story *s, uint32_t tgid)
{
	const struct task *t = world_last(engine_world(story_engine(s)), tgid);

	return t && t->alive;
}

static void gone_are_ended(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@1500 trace.tick\n");

	(void)state;
	assert_int_equal(deadline(s), 2000);
	asks(s, -1, 0);
	story_tell(s, "@2000 trace.tick\n");
	asks(s, 0, 0);
	story_tell(s, LISTENER("2001") ALL("2002", "1"));
	asks(s, 3, 110);
	assert_true(lives(s, 130));
	story_tell(s, DOUBT("2003", "0"));
	asks(s, -1, 0);
	assert_false(lives(s, 130));
	assert_false(lives(s, 120));
	assert_true(lives(s, 100));
	story_expect(s, "");
	/* as after any end it settles first */
	story_tell(s, "@2100 trace.tick\n");
	story_expect(s, CLOSED);
	assert_int_equal(deadline(s), -1);
	story_free(s);
}

/* Its time is that of the answer, which is all the evidence, and what ended it is not said. */
static void evidence(void **state)
{
	(void)state;
	STORY_HAS(SHELL LOST_EXIT("1000", "1") "@2000 trace.tick\n" LISTENER("2001") ALL("2002", "1")
		  DOUBT("2003", "0") "@2100 trace.tick\n",
		  "close #1 unknown processes=1 orphans=0 lost=1 guessed at 2003000000 of ",
		  "found gone");
}

/* It is alive and traced no more, as an ssh client whose connection has ended. */
static void alive_are_kept(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") MONITOR("2001") SERVER("2001") ALL("2002", "3"));

	(void)state;
	asks(s, 1, 130);
	story_tell(s, ROOT("2003") DOUBT("2004", "1") "@3000 trace.tick\n");
	assert_true(lives(s, 130));
	asks(s, -1, 0);
	story_expect(s, "");
	story_free(s);
}

/* One of two that were found is not in the answer: nobody is gone for not being there. */
static void cut_answer(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") ALL("2002", "2"));

	(void)state;
	asks(s, -1, 0);
	assert_true(lives(s, 130));
	/* later and later */
	assert_int_equal(deadline(s), 2002 + 10000);
	story_tell(s, "@12002 trace.tick\n" LISTENER("12003") ALL("12003", "2"));
	assert_int_equal(deadline(s), 12003 + 20000);
	/* of the second answer likewise */
	story_tell(s, "@32003 trace.tick\n" LISTENER("32004") ALL("32004", "1"));
	asks(s, 3, 110);
	story_tell(s, DOUBT("32005", "1"));
	assert_true(lives(s, 130));
	story_expect(s, "");
	story_free(s);
}

static void loss_in_answer(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") LOST("2001", "9", "1") ALL("2002", "1"));

	(void)state;
	asks(s, -1, 0);
	assert_true(lives(s, 130));
	assert_int_equal(deadline(s), 2002 + 10000);
	story_free(s);
}

/* What is lost after the question the answer may lack. A good answer makes it patient for 5 s. */
static void again_and_not_too_often(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") MONITOR("2001") LOST_EXIT("2001", "2") SERVER("2001")
				ROOT("2001") ALL("2002", "4"));

	(void)state;
	asks(s, -1, 0);
	assert_int_equal(deadline(s), 7002);
	story_tell(s, LOST_EXIT("2100", "3"));
	assert_int_equal(deadline(s), 7002);
	story_tell(s, "@7002 trace.tick\n" LISTENER("7003") MONITOR("7003") SERVER("7003")
		      ROOT("7003") ALL("7003", "4"));
	assert_int_equal(deadline(s), -1);
	story_tell(s, LOST_EXIT("60000", "4"));
	assert_int_equal(deadline(s), 61000);
	story_free(s);
}

/* One that took 300 ms: a hundredth of the time at most. */
static void takes_its_time(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") MONITOR("2001") LOST_EXIT("2001", "2") SERVER("2001")
				ROOT("2001") ALL("2300", "4"));

	(void)state;
	assert_int_equal(deadline(s), 2300 + 30000);
	story_free(s);
}

/* Losses of other kinds leave nobody behind. */
static void other_kinds(void **state)
{
	struct story *s = begin(LOST("1000", "12", "1") LOST("1000", "15", "1") "@1500 trace.tick\n");

	(void)state;
	assert_int_equal(deadline(s), -1);
	story_free(s);
}

/* The pid is somebody else's now: a process is known by its start as well. */
static void pid_reused(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n"
				LISTENER("2001") MONITOR("2001") SERVER("2001")
				"@2001 cron/130 task.snapshot start=777 parent=100 pgid=130 sid=130 scope=in\n"
				ALL("2002", "4"));
	const struct world *w = engine_world(story_engine(s));

	(void)state;
	assert_true(lives(s, 130));
	assert_int_equal(world_last(w, 130)->key.start, 777);
	/* who is new, and not who was */
	asks(s, 1, 130);
	story_tell(s, "@2003 cron/130 task.snapshot start=777 parent=100 pgid=130 sid=130 scope=in\n"
		      DOUBT("2004", "1"));
	assert_true(lives(s, 130));
	story_free(s);
}

/* A child whose fork was lost is of its parent's session, and left behind like any. */
static void new_are_taken_in(void **state)
{
	struct story *s = begin(LOST("1000", "6", "1") "@2000 trace.tick\n" LISTENER("2001")
				MONITOR("2001") SERVER("2001") ROOT("2001")
				IS_THERE("2001", "sleep/150", "parent=130 pgid=150 sid=130 uid=1000 scope=in")
				ALL("2002", "5"));
	const struct task *t;

	(void)state;
	asks(s, 1, 150);
	story_tell(s, IS_THERE("2003", "sleep/150", "parent=130 pgid=150 sid=130 uid=1000 scope=in")
		      "@2003 sleep/150 task.args args=[\"sleep\",\"9\"]\n" DOUBT("2004", "1"));
	t = world_last(engine_world(story_engine(s)), 150);
	assert_int_equal(t->session, 1);
	assert_non_null(t->args);
	story_expect(s, "");
	story_free(s);
}

/* The same where its exec was told: by that it is known, and of no session yet. */
static void executed_are_taken_in(void **state)
{
	struct story *s = begin(LOST("1000", "6", "1")
				"@1001 sleep/150 task.exec parent=130 pgid=130 sid=130 uid=1000 scope=in args=[\"sleep\"]\n"
				"@2000 trace.tick\n" LISTENER("2001") MONITOR("2001") SERVER("2001") ROOT("2001")
				IS_THERE("2001", "sleep/150", "parent=130 pgid=130 sid=130 uid=1000 scope=in")
				ALL("2002", "5"));

	(void)state;
	asks(s, -1, 0);
	assert_int_equal(world_last(engine_world(story_engine(s)), 150)->session, 1);
	story_free(s);
}

/* A log-in that was lost: what runs is a session from when it was found. */
static void session_is_found(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, STORY_SERVER STORY_LOGIN LOST("30", "6", "1") LOST("31", "7", "1")
		      "@1031 trace.tick\n" LISTENER("1032") MONITOR("1032") SERVER("1032") ROOT("1032")
		      ALL("1033", "4"));
	asks(s, 1, 130);
	story_expect(s, "");
	story_tell(s, ROOT("1034") "@1034 bash/130 task.args args=[\"-bash\"]\n" DOUBT("1035", "1"));
	story_expect(s, "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 inferred\n");
	story_free(s);
}

/* Of a recording from before these questions nothing is made of it. */
static void never_answered(void **state)
{
	struct story *s = begin(LOST_EXIT("1000", "1") "@2000 trace.tick\n@90000 trace.tick\n"
				LOST_EXIT("90000", "2"));

	(void)state;
	assert_true(lives(s, 130));
	story_tell(s, "@90001 bash/130 task.exit exit_code=0 pgid=130 sid=130\n"
		      "@90002 sshd/120 task.exit pgid=110 sid=110\n@91000 trace.tick\n");
	story_expect(s, "close #1 exit status=0 processes=1 orphans=0 lost=2 guessed\n");
	story_free(s);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gone_are_ended),	TEST(evidence),	       TEST(alive_are_kept),
		TEST(cut_answer),	TEST(loss_in_answer),  TEST(again_and_not_too_often),
		TEST(takes_its_time),	TEST(other_kinds),	TEST(pid_reused),      TEST(new_are_taken_in),
		TEST(executed_are_taken_in), TEST(session_is_found), TEST(never_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
