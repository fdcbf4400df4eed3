/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known, said once more as records: a stream that begins there is told as one that goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/story.h"

static void feed(void *ctx, const void *rec, size_t len)
{
	assert_int_equal(engine_feed(ctx, rec, len), EVENT_OK);
}

/* After `before` its state alone is told, then `rest`: the facts of that are `facts`. */
static void goes_on(const char *before, const char *rest, const char *facts)
{
	struct story *old = story_new(), *new = story_new();

	story_tell(old, before);
	engine_state(story_engine(old), feed, story_engine(new));
	story_tell(new, rest);
	story_expect(new, facts);
	story_free(old);
	story_free(new);
}

#define BEFORE                                                                                     \
	STORY_SERVER STORY_LOGIN STORY_SHELL                                                       \
	STORY_CHILD("40", "make", "140", "140", "")                                                \
	STORY_CHILD("41", "sleep", "141", "140", "")
#define OPEN "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 preexisting inferred\n"

static void session(void **state)
{
	(void)state;
	goes_on(BEFORE, "", OPEN);
	goes_on(BEFORE,
		STORY_KEY("1000", "140") STORY_INT("1000", "make/140", "140", "")
		STORY_INT("1000", "sleep/141", "140", "")
		"@1001 make/140 task.exit exit_code=2 pgid=140 sid=130\n"
		"@1002 sleep/141 task.exit exit_code=2 pgid=140 sid=130\n@1600 trace.tick\n",
		OPEN "interrupt #1 tty SIGINT stopped: make/140 died, sleep/141 died; seen\n");
}

static void end(void **state)
{
	(void)state;
	goes_on(BEFORE,
		"@50 make/140 task.exit pgid=140 sid=130\n@51 sleep/141 task.exit pgid=140 sid=130\n"
		"@60 bash/130 task.exit exit_code=1792 pgid=130 sid=130\n"
		STORY_TCP("61", "ESTABLISHED", "FIN_WAIT1", "")
		"@62 sshd/120 task.exit exit_code=65280 pgid=110 sid=110\n"
		"@63 sshd/110 task.exit exit_code=65280 pgid=110 sid=110\n@2000 trace.tick\n",
		OPEN "close #1 exit status=7 processes=3 orphans=0 lost=0 seen\n");
}

/* A new session of a server that was there. */
static void next_login(void **state)
{
	(void)state;
	goes_on(STORY_SERVER, STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]"),
		"open #1 alice exec \"sleep 9\" root=130 server=120 seen\n");
}

#define NODE                                                                                       \
	"@0 trace.begin scope=sshd host=\"h\"\n@1 user.name uid=1000 name=\"alice\"\n"             \
	"@1 node/100 task.snapshot parent=1 pgid=90 sid=90 scope=in,server\n"                      \
	"@1 node/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN\n"               \
	"@2 trace.ready tasks=1\n"                                                                 \
	"@10 ssh/80 sock.state " STORY_SOCK " old=SYN_RECV new=ESTABLISHED\n"                      \
	"@20 node/100 task.fork fork=130 pgid=90 sid=90 scope=in,server\n"                         \
	"@21 bash/130 task.exec parent=100 uid=1000 scope=in args=[\"bash\",\"-c\",\"x\"]"         \
	" pgid=130 sid=130 tty=pts/0 tty_pgrp=130 fd=tty,tty,tty\n"                                \
	"@21 bash/130 task.env ssh_connection=\"203.0.113.7 5000 192.0.2.1 22\"\n"

/* Of one process for many connections: by what its environment said. */
static void kept(void **state)
{
	(void)state;
	goes_on(NODE, "", "open #1 alice exec \"x\" root=130 server=100 pty=pts/0 preexisting inferred\n");
}

#define COMMAND                                                                                    \
	"@0 trace.begin scope=command scope_tgid=50 host=\"h\"\n"                                      \
	"@1 sh/50 task.snapshot parent=9 pgid=50 sid=5 scope=in\n@2 trace.ready tasks=1\n"         \
	"@3 sh/50 task.exec parent=9 pgid=50 sid=5 scope=in args=[\"sh\"]\n"                       \
	"@4 sh/50 task.fork fork=51 pgid=50 sid=5 scope=in\n"                                      \
	"@5 sleep/51 task.exec parent=50 pgid=50 sid=5 scope=in args=[\"sleep\"]\n"

static void command(void **state)
{
	(void)state;
	goes_on(COMMAND,
		"@9 sh/50 task.exit pgid=50 sid=5\n"
		"@19 sleep/51 task.snapshot parent=1 pgid=50 sid=5 scope=in\n"
		"@19 trace.ready asked=1\n@20 trace.end reason=command looked=1\n",
		"orphan #0 sleep/51 no_signal leaked seen\n");
}

/* It is the same again when it is said again. */
static void stable(void **state)
{
	struct story *a = story_new(), *b = story_new(), *c = story_new();

	(void)state;
	story_tell(a, BEFORE);
	engine_state(story_engine(a), feed, story_engine(b));
	engine_state(story_engine(b), feed, story_engine(c));
	assert_int_equal(engine_totals(story_engine(b)).records,
			 engine_totals(story_engine(c)).records);
	story_expect(c, OPEN);
	story_free(a);
	story_free(b);
	story_free(c);
}

#define PLACE(ms, more) "@" ms " bash/130 task.place stdin=501 stdout=502" more "\n"
#define PLAIN                                                                                      \
	STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")                      \
	PLACE("32", " cgroup_id=30 above1=1 cgroup=\"session-3.scope\"")
#define OPEN_PLAIN "open #1 alice exec \"sleep 9\" root=130 server=120 preexisting inferred\n"

/* Of a channel's end only the pipes tell, and who had their other ends before. */
static void pipes(void **state)
{
	(void)state;
	goes_on(PLAIN PLACE("600", " ends=known,stdin,stdout,used"),
		PLACE("1100", " ends=known,used") "@5000 trace.tick\n@7000 trace.tick\n@9000 trace.tick\n",
		OPEN_PLAIN
		"interrupt #1 disconnect mux_closed no_effect: bash/130 not_delivered; inferred\n"
		"close #1 mux_closed processes=1 orphans=1 lost=0 inferred\n"
		"orphan #1 bash/130 no_pty leaked inferred\n");
	/* never looked at, or let go of one before */
	goes_on(PLAIN, PLACE("1100", " ends=known,used") "@5000 trace.tick\n@7000 trace.tick\n",
		OPEN_PLAIN);
	goes_on(PLAIN PLACE("600", " ends=known,stdout,used"),
		PLACE("1100", " ends=known,used") "@5000 trace.tick\n@7000 trace.tick\n", OPEN_PLAIN);
}

/* .. nor of who left the cgroup that its session had. */
static void cgroup(void **state)
{
	(void)state;
	goes_on(PLAIN,
		STORY_TCP("1100", "ESTABLISHED", "CLOSE_WAIT", "")
		"@1101 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n@3000 trace.tick\n"
		"@3001 bash/130 task.snapshot parent=1 uid=1000 scope=in pgid=130 sid=130\n"
		"@3001 bash/130 task.place cgroup_id=40 above1=1 cgroup=\"run-7.scope\"\n"
		"@3002 trace.ready tasks=1 asked=1\n",
		OPEN_PLAIN "interrupt #1 disconnect disconnect no_effect: bash/130 not_delivered; inferred\n"
		"close #1 disconnect processes=1 orphans=1 lost=0 seen\n"
		"orphan #1 bash/130 no_pty intended seen\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session), cmocka_unit_test(end),     cmocka_unit_test(next_login),
		cmocka_unit_test(kept),	   cmocka_unit_test(command), cmocka_unit_test(stable),
		cmocka_unit_test(pipes),   cmocka_unit_test(cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
