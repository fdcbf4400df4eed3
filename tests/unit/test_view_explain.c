/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace explain`: what is asked, each Ctrl-C, and why a process died or did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/told.h"
#include "view/explain.h"

#define END(ms) "@" ms " trace.end reason=signal\n"

static struct view *ask_with(const char *word, bool verbose)
{
	const struct view_options opt = {.verbose = verbose};
	struct question q;

	assert_int_equal(question_parse(&q, word), 0);
	return view_explain_new(&opt, &q);
}

static struct view *ask(const char *word)
{
	return ask_with(word, false);
}

/* ---- the question ---- */

static void is_time(const char *word, uint32_t from, uint32_t to)
{
	struct question q;

	assert_int_equal(question_parse(&q, word), 0);
	assert_int_equal(q.ask, ASK_TIME);
	assert_int_equal(q.from, from);
	assert_int_equal(q.to, to);
}

static void times(void **state)
{
	const uint32_t at = (14 * 60 + 2) * 60000;

	(void)state;
	is_time("@14:02", at, at + 60000);
	is_time("@14:02:26", at + 26000, at + 27000);
	is_time("@14:02:26.3", at + 26300, at + 26400);
	is_time("@14:02:26.318", at + 26318, at + 26319);
	is_time("@00:00", 0, 60000);
}

static void no_question(void **state)
{
	static const char *const bad[] = {"",	      "#",	   "#0",      "0",	    "x",
					  "-1",	      "3x",	   "@",	      "@14",	    "@14:2",
					  "@24:00",   "@14:60",    "@14:02:60", "@14:02x", "@14:02:26.",
					  "@14:02:26.3188", "@14:02:26.3x", "99999999999"};
	struct question q;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!question_parse(&q, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(question_parse(&q, "#3"), 0);
	assert_int_equal(q.ask, ASK_SESSION);
	assert_int_equal(question_parse(&q, "4711"), 0);
	assert_int_equal(q.ask, ASK_NUMBER);
}

/* ---- Ctrl-Cs ---- */

#define TYPED                                                                                      \
	STORY_SERVER STORY_LOGIN STORY_PTY("[\"bash\",\"-c\",\"sleep 9; true\"]")                  \
	STORY_CHILD("40", "sleep", "140", "130", "")                                               \
	STORY_KEY("500", "130") STORY_INT("500", "bash/130", "130", "disposition=handler")         \
	STORY_INT("500", "sleep/140", "130", "")                                                   \
	"@501 sleep/140 task.exit exit_code=2\n"                                                   \
	"@502 bash/130 signal.deliver sig=SIGINT disposition=handler\n"                            \
	"@1600 trace.tick\n"

static void typed(void **state)
{
	(void)state;
	told_is(told(ask(NULL), TYPED END("2000")),
		"1970-01-01 00:00:00.500  ^C, session #1: alice from 203.0.113.7:5000, on pts/0, exec "
		"'sleep 9; true'\n"
		"  origin    the key ^C on pts/0, which makes SIGINT for its foreground group 130\n"
		"  hit       bash 130 handled it and went on\n"
		"            sleep 140 died after 1 ms\n"
		"  verdict   in part: bash 130 is still there: its handler ran and it went on\n"
		"  advice    a shell goes on with its next command after a trap: exit in the "
		"trap, or exec the last command so that the signal meets that alone\n");
}

static void chosen(void **state)
{
	(void)state;
	HAS(ask("#1"), TYPED END("2000"), "verdict   in part");
	HAS(ask("1"), TYPED END("2000"), "verdict   in part");
	HAS(ask("@00:00"), TYPED END("2000"), "verdict   in part");
	HAS(ask("@00:00:00.500"), TYPED END("2000"), "verdict   in part");
	told_is(told(ask("@00:00:01"), TYPED END("2000")), "no Ctrl-C at that time\n");
}

static void none(void **state)
{
	(void)state;
	told_is(told(ask(NULL), STORY_SERVER END("9")), "no Ctrl-C in any ssh session\n");
	told_is(told(ask("#1"), STORY_SERVER STORY_LOGIN STORY_SHELL END("99")),
		"session #1: alice from 203.0.113.7:5000, on pts/0, shell\n"
		"  verdict   no Ctrl-C came to it; it was still open at the end\n");
}

static void with_records(void **state)
{
	(void)state;
	HAS(ask_with(NULL, true), TYPED END("2000"), "\n  records       ",
	    "  00:00:00.500  #1       alice    key      -                ^C on pts/0",
	    "  00:00:00.501  #1       alice    exit       sleep 140      killed by SIGINT\n");
}

/* The client is interrupted: cat reads EOF, the sleep stays. */
#define GONE                                                                                       \
	STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9 & cat\"]")                 \
	STORY_CHILD("40", "sleep", "140", "130", "")                                               \
	STORY_CHILD("41", "cat", "141", "130", "")                                                 \
	STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "")                                         \
	"@2001 sshd/120 task.exit exit_code=65280\n"                                               \
	"@2001 sshd/110 task.exit exit_code=65280\n"                                               \
	"@2002 cat/141 task.exit\n@2003 bash/130 task.exit\n"                                      \
	"@2500 trace.tick\n@3500 trace.tick\n"

static void gone(void **state)
{
	(void)state;
	told_is(told(ask(NULL), GONE END("4000")),
		"1970-01-01 00:00:02.000  client gone, session #1: alice from 203.0.113.7:5000, without "
		"a terminal, exec 'sleep 9 & cat'\n"
		"  origin    client disconnected; no signal was generated here (a Ctrl-C there ends ssh "
		"itself; so does ~. or its window)\n"
		"  ended     cat 141 ended after 2 ms, status 0\n"
		"            bash 130 ended after 3 ms, status 0\n"
		"  left      sleep 140: never signalled: no terminal, so a Ctrl-C at the client ends "
		"there\n"
		"  verdict   in part: 1 process runs on\n"
		"  advice    ssh -t: with a terminal Ctrl-C travels to the server as a key and becomes a "
		"SIGINT there\n");
}

/* What was meant to stay needs no advice. */
static void gone_on_purpose(void **state)
{
	char *out = told(ask(NULL),
			 STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"nohup sleep 9\"]")
			 STORY_CHILD("40", "nohup", "140", "130", "")
			 "@41 sleep/140 task.exec parent=130 pgid=130 sid=130 uid=1000 scope=in\n"
			 STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "")
			 "@2001 sshd/120 task.exit exit_code=65280\n"
			 "@2001 sshd/110 task.exit exit_code=65280\n"
			 "@2003 bash/130 task.exit\n"
			 "@2500 trace.tick\n@3500 trace.tick\n" END("4000"));

	(void)state;
	assert_non_null(strstr(out, "1 process runs on, as was meant\n"));
	assert_null(strstr(out, "advice"));
	free(out);
}

#define KILL(ms, from, sig, target, more)                                                          \
	"@" ms " " from " signal.generate ->" target " sig=" sig " si_code=SI_USER group=1"        \
	" flags=info sid=130 pgid=130 " more "\n"

/* By a shell outside of all sessions. */
static void killed(void **state)
{
	(void)state;
	HAS(ask(NULL),
	    STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")
	    KILL("500", "bash/77", "SIGINT", "bash/130", "si_pid=77 si_uid=1000")
	    "@501 bash/130 task.exit exit_code=2\n@1600 trace.tick\n" END("2000"),
	    "SIGINT, session #1: ",
	    "origin    SIGINT sent with kill(2) by bash 77 (alice, in no ssh session)\n",
	    "hit       bash 130 died after 1 ms\n");
}

/* ---- processes ---- */

static void died_of_key(void **state)
{
	(void)state;
	told_is(told(ask("140"), TYPED END("2000")),
		"process 140, sleep, session #1: alice from 203.0.113.7:5000, on pts/0, exec 'sleep 9; "
		"true'\n"
		"  command   sleep\n"
		"  fate      died of SIGINT at 1970-01-01 00:00:00.501, 500 ms after its start\n"
		"  because   ^C was typed on pts/0 in session #1\n");
}

static void survived_key(void **state)
{
	(void)state;
	HAS(ask("130"), TYPED END("2000"),
	    "fate      was still there when the recording ended, at 1970-01-01 00:00:02.000\n",
	    "because   of the last Ctrl-C, 1970-01-01 00:00:00.500 (SIGINT): its handler ran and it "
	    "went on\n");
}

static void survived_client(void **state)
{
	(void)state;
	HAS(ask("140"), GONE END("4000"), "fate      was still there",
	    "because   it outlived session #1: never signalled: no terminal");
	HAS(ask("141"), GONE END("4000"), "fate      ended by itself with status 0 at ",
	    "because   the client of session #1 had gone, and with it its input and output\n");
}

static void died_later(void **state)
{
	(void)state;
	HAS(ask("140"),
	    GONE KILL("3600", "kill/88", "SIGTERM", "sleep/140", "si_pid=88 si_uid=0")
	    "@3601 sleep/140 task.exit exit_code=15\n" END("4000"),
	    "fate      died of SIGTERM at ",
	    "because   kill 88 (uid 0, in no ssh session) sent it SIGTERM\n",
	    "before    it outlived session #1: never signalled");
}

/* Its own shell's kill: of this session. And what comes while it dies does not count. */
static void killed_from_session(void **state)
{
	(void)state;
	HAS(ask("140"),
	    STORY_SERVER STORY_LOGIN STORY_SHELL STORY_CHILD("40", "sleep", "140", "140", "")
	    KILL("500", "bash/130", "SIGTERM", "sleep/140", "si_pid=130 si_uid=1000")
	    KILL("500", "bash/77", "SIGTERM", "sleep/140", "si_pid=77 result=ignored")
	    "@501 sleep/140 task.exit exit_code=15\n" END("2000"),
	    "because   bash 130 of session #1 (alice) sent it SIGTERM\n");
}

static void ignores(void **state)
{
	(void)state;
	HAS(ask("140"),
	    STORY_SERVER STORY_LOGIN STORY_SHELL STORY_CHILD("40", "sleep", "140", "140", "")
	    KILL("500", "bash/130", "SIGTERM", "sleep/140",
		 "si_pid=130 result=ignored disposition=ignore") END("2000"),
	    "because   bash 130 of session #1 (alice) sent it SIGTERM, but it ignores the signal\n");
	HAS(ask("140"),
	    STORY_SERVER STORY_LOGIN STORY_SHELL STORY_CHILD("40", "sleep", "140", "140", "")
	    END("2000"), "because   nothing that would have ended it was sent to it\n");
}

static void broken_pipe(void **state)
{
	(void)state;
	HAS(ask("140"),
	    STORY_SERVER STORY_LOGIN STORY_SHELL STORY_CHILD("40", "yes", "140", "140", "")
	    "@500 yes/140 signal.generate ->yes/140 sig=SIGPIPE si_code=SI_USER sid=130 pgid=140\n"
	    "@501 yes/140 task.exit exit_code=13\n" END("2000"),
	    "fate      died of SIGPIPE at ",
	    "because   it wrote to a pipe or socket that nobody reads any more\n");
}

static void not_seen(void **state)
{
	(void)state;
	told_is(told(ask("4711"), TYPED END("2000")),
		"process 4711 was not seen in this recording\n");
}

/* The number is used again: both are told, the first one first. */
static void reused(void **state)
{
	char *out = told(ask("140"), STORY_SERVER STORY_LOGIN STORY_SHELL
			 STORY_CHILD("40", "sleep", "140", "140", "")
			 "@50 sleep/140 task.exit exit_code=256\n"
			 "@60 cat/140 task.exec start=60000000 parent=130 pgid=140 sid=130 scope=in\n"
			 END("2000"));
	const char *first = strstr(out, "process 140, sleep, "), *second = strstr(out, "process 140, cat");

	(void)state;
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	assert_non_null(strstr(out, "ended by itself with status 1 at "));
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),	   cmocka_unit_test(no_question),
		cmocka_unit_test(typed),	   cmocka_unit_test(chosen),
		cmocka_unit_test(none),		   cmocka_unit_test(with_records),
		cmocka_unit_test(gone),		   cmocka_unit_test(gone_on_purpose),
		cmocka_unit_test(killed),	   cmocka_unit_test(died_of_key),
		cmocka_unit_test(survived_key),	   cmocka_unit_test(survived_client),
		cmocka_unit_test(died_later),	   cmocka_unit_test(killed_from_session),
		cmocka_unit_test(ignores),	   cmocka_unit_test(broken_pipe),
		cmocka_unit_test(not_seen),	   cmocka_unit_test(reused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
