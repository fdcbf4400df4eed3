/* SPDX-License-Identifier: GPL-2.0-only */
/* When facts are told, what is asked for, and that the records alone decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"
#include "unit/story.h"

#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL
#define OPEN_SHELL "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"
#define EXEC STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]")
#define OPEN_EXEC "open #1 alice exec \"x\" root=130 server=120 seen\n"
#define GONE                                                                                       \
	STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "")                                         \
	"@1001 sshd/120 task.exit pgid=110 sid=110\n"
#define NO_PTY                                                                                     \
	"interrupt #1 disconnect vanished no_effect: bash/130 not_delivered; inferred\n"           \
	"close #1 vanished processes=1 orphans=1 lost=0 seen\n"

static void tick(struct story *s, uint64_t ts)
{
	struct wire_tick r = {.h = {.len = sizeof(r), .kind = WIRE_TRACE_TICK, .ts = ts}};

	assert_int_equal(engine_feed(story_engine(s), &r, sizeof(r)), EVENT_OK);
}

/* Ticks only when the engine wants one: nothing a moment before, and at last the facts. It may
 * want a few, for what it was waiting for may have come by another way. */
static void falls_due(struct story *s, const char *facts)
{
	uint64_t due, now = 0;

	for (int i = 0; i < 4 && !*story_so_far(s); i++) {
		due = engine_deadline(story_engine(s));
		assert_true(due != UINT64_MAX);
		if (due > now) {
			tick(s, due - 1);
			story_expect(s, "");
			now = due;
		}
		tick(s, now);
	}
	story_expect(s, facts);
}

static void nothing_to_wait_for(void **state)
{
	struct story *s = story_new();

	(void)state;
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_tell(s, STORY_SERVER);
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_tell(s, STORY_LOGIN STORY_SHELL "@9000 trace.tick\n");
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_free(s);
}

static void deadline_of_interrupts(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0"));
	story_expect(s, OPEN_SHELL);
	story_tell(s, STORY_KEY("1000", "140"));
	falls_due(s, "interrupt #1 tty SIGINT not_a_signal:; seen\n");
	story_tell(s, STORY_KEY("2000", "140") STORY_INT("2000", "a/140", "140", ""));
	falls_due(s, "interrupt #1 tty SIGINT no_effect: a/140 not_delivered(not_taken); seen\n");
	story_tell(s, STORY_KEY("4000", "140") STORY_INT("4000", "a/140", "140", "")
		      "@4001 a/140 task.exit exit_code=2 pgid=140 sid=130\n");
	falls_due(s, "interrupt #1 tty SIGINT stopped: a/140 died; seen\n");
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_free(s);
}

static void deadline_of_the_end(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL "@1000 bash/130 task.exit pgid=130 sid=130\n");
	story_expect(s, OPEN_SHELL);
	/* the server may still end; by then it has settled */
	falls_due(s, "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_free(s);
}

/* A lid that is closed for hours: nobody was waited for meanwhile, and nobody was silent. */
static void suspended(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0")
			  STORY_KEY("1000", "140") STORY_INT("1000", "a/140", "140", "disposition=handler")
			  "@1001 a/140 signal.deliver sig=SIGINT disposition=handler\n");
	story_expect(s, OPEN_SHELL);
	/* 8 hours later its handler goes on as if nothing had been, and ends it */
	story_tell(s, "@28801000 trace.tick\n");
	story_expect(s, "");
	story_tell(s, "@28801500 a/140 task.exit exit_code=0 pgid=140 sid=130\n@28801600 trace.tick\n");
	story_expect(s, "interrupt #1 tty SIGINT stopped: a/140 exited; inferred\n");
	/* the same again, and the client says goodbye in its first second */
	story_tell(s, "@57601000 trace.tick\n"
		      STORY_TCP("57601100", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=100000000")
		      "@57601101 sshd/120 task.exit exit_code=65280 pgid=110 sid=110\n"
		      STORY_HUP("57601102", "sshd/110", "bash/130", "130", "")
		      "@57601103 bash/130 task.exit exit_code=1 pgid=130 sid=130\n"
		      "@57602000 trace.tick\n");
	story_expect(s, "close #1 disconnect signal=SIGHUP processes=2 orphans=0 lost=0 seen\n");
	story_free(s);
}

static void asks_and_is_answered(void **state)
{
	struct story *s = story_new();
	uint32_t asked[4];

	(void)state;
	story_tell(s, EXEC GONE);
	story_expect(s, OPEN_EXEC);
	/* the first deadline may be that of something that is over: a tick for nothing */
	tick(s, engine_deadline(story_engine(s)));
	tick(s, engine_deadline(story_engine(s)));
	story_expect(s, "");
	assert_int_equal(engine_asks(story_engine(s), asked, 4), 1);
	assert_int_equal(asked[0], 130);
	assert_int_equal(engine_asks(story_engine(s), asked, 4), 0);
	/* the answer to somebody else's question */
	story_tell(s, "@1150 trace.ready tasks=0 asked=1\n");
	story_expect(s, "");
	story_tell(s, "@1151 bash/130 task.snapshot parent=1 pgid=130 sid=130\n"
		      "@1152 trace.ready tasks=1 asked=1\n");
	story_expect(s, NO_PTY "orphan #1 bash/130 no_pty leaked seen\n");
	/* it may be asked for one tick more, then for none */
	tick(s, engine_deadline(story_engine(s)));
	assert_true(engine_deadline(story_engine(s)) == UINT64_MAX);
	story_free(s);
}

static void never_answered(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, EXEC GONE);
	story_expect(s, OPEN_EXEC);
	/* the first deadline may be that of something that is over: a tick for nothing */
	tick(s, engine_deadline(story_engine(s)));
	tick(s, engine_deadline(story_engine(s)));
	story_expect(s, "");
	falls_due(s, NO_PTY "orphan #1 bash/130 no_pty leaked inferred\n");
	/* a late answer changes nothing */
	story_tell(s, "@9000 bash/130 task.snapshot parent=1 pgid=130 sid=130\n"
		      "@9001 trace.ready tasks=1 asked=1\n");
	story_expect(s, "");
	story_free(s);
}

/* Who ends between the question and the answer is no orphan. */
static void ends_while_asked(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, EXEC GONE);
	tick(s, engine_deadline(story_engine(s)));
	story_expect(s, OPEN_EXEC);
	story_tell(s, "@1140 bash/130 task.exit pgid=130 sid=130\n"
		      "@1150 trace.ready tasks=0 asked=1\n");
	story_expect(s, "interrupt #1 disconnect vanished stopped: bash/130 exited; inferred\n"
			"close #1 vanished status=0 processes=1 orphans=0 lost=0 seen\n");
	story_free(s);
}

/* Asks are handed out in parts, each once. */
static void asks_in_parts(void **state)
{
	struct story *s = story_new();
	uint32_t a, b;

	(void)state;
	story_tell(s, EXEC STORY_CHILD("40", "y", "140", "130", "") GONE);
	tick(s, engine_deadline(story_engine(s)));
	tick(s, engine_deadline(story_engine(s)));
	assert_int_equal(engine_asks(story_engine(s), &a, 1), 1);
	assert_int_equal(engine_asks(story_engine(s), &b, 1), 1);
	assert_int_equal(a + b, 270);
	assert_int_equal(engine_asks(story_engine(s), &a, 1), 0);
	story_free(s);
}

/* The trace ends while all is still in the air: what is known is told, what is open stays so. */
static void cut_off(void **state)
{
	(void)state;
	story_is(EXEC GONE "@1010 trace.end reason=signal\n",
		 OPEN_EXEC NO_PTY "orphan #1 bash/130 no_pty leaked inferred\n");
	story_is(SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0") STORY_KEY("100", "140")
		 STORY_INT("100", "a/140", "140", "") "@101 trace.end reason=cut\n", OPEN_SHELL
		 "interrupt #1 tty SIGINT no_effect: a/140 not_delivered(not_taken); seen\n");
	story_is(SHELL "@100 trace.end reason=signal\n", OPEN_SHELL);
}

#define LONG_STORY                                                                                 \
	SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0")                                    \
	STORY_CHILD("41", "b", "141", "141", "") STORY_KEY("100", "140")                           \
	STORY_INT("100", "a/140", "140", "") "@101 a/140 task.exit exit_code=2\n"                  \
	"@102 trace.lost count=1 total=1 lost_kind=6\n" GONE                                       \
	STORY_HUP("1002", "sshd/110", "bash/130", "130", "")                                       \
	"@1003 bash/130 task.exit exit_code=1 pgid=130 sid=130\n@1200 trace.tick\n"                \
	"@1201 b/141 task.snapshot parent=1 pgid=141 sid=130\n@1202 trace.ready asked=1\n"         \
	"@2000 trace.end reason=signal\n"

static void same_records_same_facts(void **state)
{
	char *a = story_facts(LONG_STORY), *b = story_facts(LONG_STORY);

	(void)state;
	assert_string_equal(a, b);
	assert_non_null(strstr(a, "orphan #1 b/141"));
	free(a);
	free(b);
}

/* Live, somebody takes the questions and looks at the deadline; in a replay nobody does. */
struct live {
	struct story *s;
};

static void feed_live(void *ctx, const void *rec, size_t len)
{
	struct live *l = ctx;
	uint32_t tgids[4];

	engine_deadline(story_engine(l->s));
	assert_int_equal(engine_feed(story_engine(l->s), rec, len), EVENT_OK);
	engine_asks(story_engine(l->s), tgids, 4);
}

static void replay_is_live(void **state)
{
	struct live l = {.s = story_new()};
	struct story *replay = story_new();

	(void)state;
	story_records(LONG_STORY, feed_live, &l);
	story_tell(replay, LONG_STORY);
	assert_string_equal(story_so_far(l.s), story_so_far(replay));
	story_free(l.s);
	story_free(replay);
}

/* Ticks that nothing waits for, at any place: the same facts. */
static void idle_ticks(void **state)
{
	char *facts = story_facts(LONG_STORY);
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL "@31 trace.tick\n@39 trace.tick\n"
		   STORY_CHILD("40", "a", "140", "140", "tty=pts/0") "@40 trace.tick\n"
		   STORY_CHILD("41", "b", "141", "141", "") STORY_KEY("100", "140")
		   "@100 trace.tick\n" STORY_INT("100", "a/140", "140", "") "@100 trace.tick\n"
		   "@101 a/140 task.exit exit_code=2\n");
	/* the kernel is asked about b, and does not answer */
	tick(s, engine_deadline(story_engine(s)));
	story_expect(s, OPEN_SHELL);
	tick(s, engine_deadline(story_engine(s)));
	story_expect(s,
		     "interrupt #1 tty SIGINT stopped: a/140 died; missed b/141 background_job; seen\n");
	assert_non_null(strstr(facts, "interrupt #1 tty SIGINT stopped: a/140 died; missed b/141"
				      " background_job;"));
	story_free(s);
	free(facts);
}

/* A time stamp may go back by a little; time does not, and the order counts. */
static void time_goes_back(void **state)
{
	(void)state;
	story_is(EXEC STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "")
		 "@999 sshd/120 task.exit pgid=110 sid=110\n@1000 bash/130 task.exit exit_code=13\n"
		 "@998 trace.tick\n@1800 trace.tick\n", OPEN_EXEC
		 "interrupt #1 disconnect vanished stopped: bash/130 exited; inferred\n"
		 "close #1 vanished signal=SIGPIPE processes=1 orphans=0 lost=0 seen\n");
}

static void what_is_no_record(void **state)
{
	struct story *s = story_new();
	struct wire_tick r = {.h = {.len = sizeof(r), .kind = 999, .ts = 1}};

	(void)state;
	assert_int_equal(engine_feed(story_engine(s), &r, sizeof(r)), EVENT_KIND);
	assert_int_equal(engine_feed(story_engine(s), &r, 7), EVENT_SHORT);
	assert_int_equal(engine_totals(story_engine(s)).records, 0);
	story_free(s);
}

static void totals(void **state)
{
	struct story *s = story_new();
	struct totals t;

	(void)state;
	story_tell(s, SHELL);
	assert_int_equal(engine_totals(story_engine(s)).open, 1);
	story_free(s);
	s = story_new();
	story_tell(s, LONG_STORY);
	t = engine_totals(story_engine(s));
	assert_int_equal(t.sessions, 1);
	assert_int_equal(t.open, 0);
	assert_int_equal(t.orphans, 1);
	assert_int_equal(t.intended, 0);
	assert_int_equal(t.interrupts, 1);
	assert_int_equal(t.lost, 1);
	story_free(s);
}

/* What has ended is forgotten: a server that runs for months does not grow. */
static void forgets(void **state)
{
	struct story *s = story_new();
	const struct world *w;

	(void)state;
	story_tell(s, SHELL STORY_CHILD("40", "a", "140", "140", "tty=pts/0")
		   "@50 a/140 task.exit pgid=140 sid=130\n@60 bash/130 task.exit pgid=130 sid=130\n"
		   "@61 sshd/120 task.exit pgid=110 sid=110\n@62 sshd/110 task.exit pgid=110 sid=110\n"
		   "@900 trace.tick\n@950 trace.tick\n");
	w = engine_world(story_engine(s));
	assert_non_null(world_last(w, 100));
	assert_int_equal(HASH_CNT(hh, w->tasks), 1);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_wait_for),
		cmocka_unit_test(deadline_of_interrupts),
		cmocka_unit_test(deadline_of_the_end),
		cmocka_unit_test(suspended),
		cmocka_unit_test(asks_and_is_answered),
		cmocka_unit_test(never_answered),
		cmocka_unit_test(ends_while_asked),
		cmocka_unit_test(asks_in_parts),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(same_records_same_facts),
		cmocka_unit_test(replay_is_live),
		cmocka_unit_test(idle_ticks),
		cmocka_unit_test(time_goes_back),
		cmocka_unit_test(what_is_no_record),
		cmocka_unit_test(totals),
		cmocka_unit_test(forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
