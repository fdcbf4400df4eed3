/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a channel without a terminal, of which only the pipes tell: and what only looks so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/story.h"

#define PIPES(ms, who, in, out) "@" ms " " who " task.place stdin=" in " stdout=" out "\n"
#define ONE                                                                                        \
	STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")                      \
	PIPES("32", "bash/130", "501", "502")
#define OPEN_ONE "open #1 alice exec \"sleep 9\" root=130 server=120 seen\n"
/* A second one on the same connection. */
#define TWO                                                                                        \
	ONE "@40 sshd/120 task.fork fork=150 pgid=110 sid=110 scope=in,server\n"                   \
	"@41 bash/150 task.exec parent=120 pgid=150 sid=150 uid=1000 scope=in fd=pipe,pipe,pipe"   \
	" args=[\"bash\",\"-c\",\"cat\"]\n" PIPES("42", "bash/150", "601", "602")
#define OPEN_TWO OPEN_ONE "open #2 alice exec \"cat\" root=150 server=120 seen\n"

#define ENDS(ms, has) "@" ms " bash/130 task.place stdin=501 stdout=502 ends=known" has "\n"
#define BOTH ENDS("600", ",stdin,stdout,used")
#define NEITHER(ms) ENDS(ms, ",used")
/* The server's process has not ended with it, all has settled, nobody answers what is asked. */
#define LATER "@5000 trace.tick\n@7000 trace.tick\n@9000 trace.tick\n"

#define CLOSED(sure)                                                                               \
	"interrupt #1 disconnect mux_closed no_effect: bash/130 not_delivered; " sure "\n"         \
	"close #1 mux_closed processes=1 orphans=1 lost=0 " sure "\n"                              \
	"orphan #1 bash/130 no_pty leaked inferred\n"

static void closed(void **state)
{
	(void)state;
	story_is(ONE BOTH NEITHER("1100") LATER, OPEN_ONE CLOSED("inferred"));
	story_is(TWO BOTH NEITHER("1100") LATER, OPEN_TWO CLOSED("inferred"));
	STORY_HAS(ONE BOTH NEITHER("1100") LATER, "close #1 mux_closed",
		  "its channel was closed; the connection goes on", "orphan #1 bash/130",
		  "no terminal, so the end of its channel only closes its pipes", "try ssh -t");
}

/* Of one without an input from the start (ssh -n), or looked at too late: where it is one of several. */
static void guessed(void **state)
{
	(void)state;
	story_is(TWO ENDS("600", ",stdout,used") NEITHER("1100") LATER, OPEN_TWO CLOSED("guessed"));
	story_is(TWO NEITHER("600") LATER, OPEN_TWO CLOSED("guessed"));
	STORY_HAS(TWO NEITHER("600") LATER, "close #1 mux_closed",
		  "its channel was closed, or its client reads no more");
	story_is(ONE ENDS("600", ",stdout,used") NEITHER("1100") LATER, OPEN_ONE);
	story_is(ONE NEITHER("600") LATER, OPEN_ONE);
}

static void goes_on(void **state)
{
	(void)state;
	/* the end of the client's input */
	story_is(TWO BOTH ENDS("1100", ",stdout,used") LATER, OPEN_TWO);
	/* ssh .. | head */
	story_is(TWO BOTH ENDS("1100", ",stdin,used") LATER, OPEN_TWO);
	/* the command has closed its own stdout, and its input came to its end */
	story_is(TWO BOTH ENDS("1100", ",stdin") ENDS("1600", "") LATER, OPEN_TWO);
	story_is(TWO BOTH ENDS("1100", "") LATER, OPEN_TWO);
	/* not looked at */
	story_is(TWO BOTH "@1100 bash/130 task.place stdin=501 stdout=502\n" LATER, OPEN_TWO);
}

#define BEFORE(tgid, comm, parent, more)                                                           \
	"@1 " comm "/" tgid " task.snapshot parent=" parent " " more "\n"
/* Both were open before the trace. */
#define WERE_OPEN                                                                                  \
	"@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n"                        \
	BEFORE("100", "sshd", "1", "pgid=100 sid=100 scope=in,server")                             \
	BEFORE("110", "sshd", "100", "pgid=110 sid=110 scope=in,server")                           \
	BEFORE("120", "sshd", "110", "pgid=110 sid=110 uid=1000 scope=in,server")                  \
	"@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                           \
	"@1 sshd/120 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                           \
	BEFORE("130", "bash", "120", "pgid=130 sid=130 uid=1000 scope=in")                         \
	PIPES("1", "bash/130", "501", "502")                                                       \
	BEFORE("150", "bash", "120", "pgid=150 sid=150 uid=1000 scope=in")                         \
	PIPES("1", "bash/150", "601", "602") "@2 trace.ready tasks=5\n"

/* What a root has now need not be what the server gave it. */
static void was_open_before(void **state)
{
	char *facts = story_facts(WERE_OPEN NEITHER("600") LATER);

	(void)state;
	assert_null(strstr(facts, "close "));
	free(facts);
	STORY_HAS(WERE_OPEN BOTH NEITHER("1100") LATER, "close #1 mux_closed", "inferred");
	STORY_HAS(WERE_OPEN ENDS("600", ",stdout,used") NEITHER("1100") LATER, "close #1 mux_closed",
		  "guessed");
}

#define SERVER_EXIT(ms) "@" ms " sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n"

/* A server's process that ends closes all that it has. */
static void server_ends(void **state)
{
	(void)state;
	STORY_HAS(ONE BOTH NEITHER("1100") STORY_TCP("1101", "ESTABLISHED", "CLOSE_WAIT", "")
		  SERVER_EXIT("1102") LATER, "close #1 disconnect");
	STORY_HAS(ONE BOTH STORY_TCP("1099", "ESTABLISHED", "CLOSE_WAIT", "") NEITHER("1100")
		  SERVER_EXIT("1102") LATER, "close #1 disconnect");
	STORY_HAS(ONE BOTH SERVER_EXIT("1099") NEITHER("1100")
		  STORY_TCP("1101", "ESTABLISHED", "CLOSE_WAIT", "") LATER, "close #1 disconnect");
}

/* The connection ends long after: that is told of the other session alone. */
static void connection_ends_later(void **state)
{
	(void)state;
	STORY_HAS(TWO BOTH NEITHER("1100") "@1700 trace.tick\n@2300 trace.tick\n"
		  STORY_TCP("3000", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("3001") LATER,
		  "close #1 mux_closed", "close #2 disconnect");
}

#define CHILD STORY_CHILD("50", "sleep", "140", "130", "")
#define ROOT_EXIT(ms) "@" ms " bash/130 task.exit pgid=130 sid=130\n"

static void command_has_ended(void **state)
{
	(void)state;
	/* its output was closed to it, and it ended of that within the same half second */
	STORY_HAS(ONE CHILD BOTH NEITHER("1100") ROOT_EXIT("1200") LATER, "close #1 mux_closed status=0");
	/* the client waited for what was left in the background, then was interrupted */
	STORY_HAS(ONE CHILD BOTH ROOT_EXIT("1000") NEITHER("4000") LATER, "close #1 mux_closed status=0",
		  "orphan #1 sleep/140 no_pty");
	/* nobody is left to look at */
	STORY_HAS(ONE BOTH ROOT_EXIT("1000") NEITHER("1001") LATER, "close #1 exit status=0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed),
		cmocka_unit_test(guessed),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(was_open_before),
		cmocka_unit_test(server_ends),
		cmocka_unit_test(connection_ends_later),
		cmocka_unit_test(command_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
