/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's end of a session, where it runs on the same host; keys that pass several terminals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/told.h"

/* ssh 90 in a group of its own on pts/9, the other end of STORY_SOCK. */
#define CLIENT_AS(more)                                                                            \
	"@9 ssh/90 sock.client family=inet laddr=203.0.113.7 raddr=192.0.2.1 lport=5000 rport=22"  \
	" state=ESTABLISHED\n"                                                                     \
	"@9 ssh/90 task.snapshot parent=80 pgid=90 sid=80 tty=pts/9 tty_pgrp=90 uid=1000"          \
	" scope=in,client " more "\n"                                                              \
	"@9 trace.ready asked=1\n"
#define CLIENT CLIENT_AS("")
#define EXEC STORY_SERVER CLIENT STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")
#define PTY STORY_SERVER CLIENT STORY_LOGIN STORY_PTY("[\"bash\",\"-c\",\"sleep 9\"]")
#define OPEN_EXEC "open #1 alice exec \"sleep 9\" root=130 server=120 seen\n"
#define OPEN_PTY "open #1 alice exec \"sleep 9\" root=130 server=120 pty=pts/0 seen\n"
/* ^C on the client's terminal: raw, the byte is data; cooked, a signal */
#define RAW(ms) "@" ms " kworker/7 tty.key tty=pts/9 key=intr tty_sid=80 tty_pgrp=90\n"
#define COOKED(ms) "@" ms " kworker/7 tty.key tty=pts/9 key=intr isig=1 tty_sid=80 tty_pgrp=90\n"
#define INT_CLIENT(ms, more)                                                                       \
	"@" ms " kworker/7 signal.generate ->ssh/90 sig=SIGINT si_code=SI_KERNEL group=1"          \
	" flags=kthread work_tty=pts/9 tty=pts/9 sid=80 pgid=90 tty_pgrp=90 " more "\n"
#define LATER "@2000 trace.tick\n@4000 trace.tick\n@6000 trace.tick\n"

static void key_reaches_the_session(void **state)
{
	(void)state;
	story_is(PTY RAW("100") STORY_KEY("101", "130") STORY_INT("101", "bash/130", "130", "")
		 "@102 bash/130 task.exit pgid=130 sid=130 exit_code=2\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT ssh/90 at pts/9 stopped: bash/130 died; seen\n"
		 "close #1 exit signal=SIGINT processes=1 orphans=0 lost=0 seen\n");
	/* raw at both ends */
	story_is(PTY RAW("100")
		 "@101 kworker/7 tty.key tty=pts/0 key=intr tty_sid=130 tty_pgrp=130\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT ssh/90 at pts/9 not_a_signal:; missed bash/130 "
		 "raw_tty; seen\n");
}

/* A key later than a network takes is another one's. */
static void key_that_does_not_arrive(void **state)
{
	(void)state;
	story_is(PTY RAW("100") "@1200 trace.tick\n" STORY_KEY("1300", "130")
		 STORY_INT("1300", "bash/130", "130", "disposition=handler")
		 "@1300 bash/130 signal.deliver sig=SIGINT disposition=handler\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT at client no_effect:; missed bash/130 client; "
		 "inferred\n"
		 "interrupt #1 tty SIGINT no_effect: bash/130 handled(handler); seen\n");
	STORY_HAS(PTY RAW("100") LATER, "no_effect", "the client ssh 90 read the key as data and "
		  "within a second none came to the session's terminal");
}

/* Without a terminal there is none that could make a signal of the byte. */
static void key_without_a_terminal(void **state)
{
	(void)state;
	story_is(EXEC RAW("100") LATER,
		 OPEN_EXEC "interrupt #1 tty SIGINT at client not_a_signal:; missed bash/130 client_no_pty; "
		 "inferred\n");
}

#define GONE                                                                                       \
	STORY_TCP("101", "ESTABLISHED", "CLOSE_WAIT", "")                                          \
	"@102 ssh/90 task.exit pgid=90 sid=80 exit_code=65280\n"                                   \
	"@103 sshd/120 task.exit exit_code=65280\n" LATER

/* The client went of it: the end of the session tells that, once. */
static void client_that_goes(void **state)
{
	(void)state;
	story_is(EXEC COOKED("100") INT_CLIENT("100", "disposition=handler")
		 "@100 ssh/90 signal.deliver sig=SIGINT disposition=handler\n" GONE,
		 OPEN_EXEC
		 "interrupt #1 disconnect disconnect no_effect: bash/130 not_delivered; inferred\n"
		 "close #1 disconnect processes=1 orphans=1 lost=0 seen\n"
		 "orphan #1 bash/130 no_pty leaked inferred\n");
	STORY_HAS(EXEC COOKED("100") INT_CLIENT("100", "disposition=handler") GONE, "disconnect",
		  "client disconnected: its ssh 90 got SIGINT from its terminal pts/9; no signal was "
		  "generated for the session");
	/* what it ignored did not make it go */
	STORY_HAS(EXEC INT_CLIENT("100", "disposition=ignore result=ignored") GONE, "disconnect",
		  "client disconnected; no signal was generated for the session");
	/* nor what it got long before */
	STORY_HAS(EXEC INT_CLIENT("40", "disposition=handler")
		  STORY_TCP("4000", "ESTABLISHED", "CLOSE_WAIT", "")
		  "@4001 sshd/120 task.exit exit_code=65280\n@9000 trace.tick\n@9900 trace.tick\n", "disconnect",
		  "client disconnected; no signal was generated for the session");
}

/* The seed of it all: a client that took the signal, and went on. */
static void client_that_stays(void **state)
{
	(void)state;
	story_is(EXEC COOKED("100") INT_CLIENT("100", "disposition=handler")
		 "@100 ssh/90 signal.deliver sig=SIGINT disposition=handler\n" LATER,
		 OPEN_EXEC "interrupt #1 tty SIGINT at client no_effect: ssh/90 handled(handler); missed "
		 "bash/130 client_no_pty; seen\n");
	story_is(EXEC COOKED("100") INT_CLIENT("100", "disposition=ignore result=ignored") LATER,
		 OPEN_EXEC "interrupt #1 tty SIGINT at client no_effect: ssh/90 ignored(ignored); missed "
		 "bash/130 client_no_pty; seen\n");
	STORY_HAS(EXEC INT_CLIENT("100", "disposition=ignore result=ignored") LATER, "no_effect",
		  "it ended at the client ssh 90: it ignores the signal, and the connection stays as "
		  "it is");
	/* sent by somebody */
	story_is(EXEC "@100 kill/95 signal.generate ->ssh/90 sig=SIGINT si_code=SI_USER flags=info"
		 " si_pid=95 group=1 disposition=handler sid=80 pgid=90\n"
		 "@100 ssh/90 signal.deliver sig=SIGINT disposition=handler\n" LATER,
		 OPEN_EXEC "interrupt #1 kill SIGINT at client from kill/95 no_effect: ssh/90 handled(handler); "
		 "missed bash/130 client_no_pty; seen\n");
}

/* A client of nobody's session, of another connection, or before the session is open. */
static void not_this_client(void **state)
{
	(void)state;
	story_is(STORY_SERVER "@9 ssh/90 sock.client family=inet laddr=203.0.113.7 raddr=192.0.2.1"
		 " lport=5001 rport=22 state=ESTABLISHED\n" STORY_LOGIN
		 STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]") COOKED("100")
		 INT_CLIENT("100", "disposition=handler") LATER, OPEN_EXEC);
	story_is(STORY_SERVER CLIENT STORY_LOGIN COOKED("25")
		 INT_CLIENT("25", "disposition=handler") STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")
		 "@40 trace.tick\n", OPEN_EXEC);
}

/* script, su --pty: its own terminal is raw, the one inside makes the signal. One key. */
static void key_through_a_terminal_inside(void **state)
{
#define INSIDE                                                                                     \
	"@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"                              \
	"@41 cat/140 task.exec parent=130 pgid=140 sid=140 tty=pts/1 tty_pgrp=140 uid=1000"        \
	" scope=in args=[\"cat\"]\n"
#define OUTSIDE(ms) "@" ms " kworker/7 tty.key tty=pts/0 key=intr tty_sid=130 tty_pgrp=130\n"
#define INNER(ms)                                                                                  \
	"@" ms " kworker/7 tty.key tty=pts/1 key=intr isig=1 tty_sid=140 tty_pgrp=140\n"           \
	"@" ms " kworker/7 signal.generate ->cat/140 sig=SIGINT si_code=SI_KERNEL group=1"         \
	" flags=kthread work_tty=pts/1 tty=pts/1 sid=140 pgid=140 tty_pgrp=140\n"
	(void)state;
	story_is(PTY INSIDE OUTSIDE("100") INNER("102")
		 "@103 cat/140 task.exit pgid=140 sid=140 exit_code=2\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT bash/130 at pts/0 stopped: cat/140 died; seen\n");
	/* three terminals: the client's, the session's, the one inside */
	story_is(PTY INSIDE RAW("99") OUTSIDE("100") INNER("102")
		 "@103 cat/140 task.exit pgid=140 sid=140 exit_code=2\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT ssh/90 at pts/9 bash/130 at pts/0 stopped: "
		 "cat/140 died; seen\n");
	/* two keys, two Ctrl-Cs */
	story_is(PTY INSIDE OUTSIDE("100") INNER("102") OUTSIDE("103")
		 "@104 kworker/7 tty.key tty=pts/1 key=intr isig=1 tty_sid=140 tty_pgrp=140\n"
		 "@110 cat/140 task.exit pgid=140 sid=140 exit_code=2\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT bash/130 at pts/0 stopped: cat/140 died; seen\n"
		 "interrupt #1 tty SIGINT bash/130 at pts/0 no_effect:; missed "
		 "bash/130 other_group; seen\n");
	/* long before: another key */
	story_is(PTY INSIDE OUTSIDE("100") INNER("400")
		 "@403 cat/140 task.exit pgid=140 sid=140 exit_code=2\n" LATER,
		 OPEN_PTY "interrupt #1 tty SIGINT not_a_signal:; missed bash/130 raw_tty; seen\n"
		 "interrupt #1 tty SIGINT stopped: cat/140 died; seen\n");
}

/* An ssh in a session: a process of that one, the client of the next. */
static void nested(void **state)
{
#define NEXT_SOCK "family=inet laddr=192.0.2.1 raddr=192.0.2.1 lport=22 rport=6000"
#define NEXT                                                                                       \
	"@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"                              \
	"@41 ssh/140 task.exec parent=130 pgid=130 sid=130 tty=pts/0 tty_pgrp=130 uid=1000"        \
	" scope=in args=[\"ssh\",\"host\"]\n"                                                      \
	"@42 ssh/140 sock.client family=inet laddr=192.0.2.1 raddr=192.0.2.1 lport=6000 rport=22"  \
	" state=ESTABLISHED\n"                                                                     \
	"@50 sshd/100 task.fork fork=210 pgid=100 sid=100 scope=in,server\n"                       \
	"@50 sshd/210 sock.owner " NEXT_SOCK " state=ESTABLISHED fd=4\n"                           \
	"@51 sshd/210 task.exec parent=100 pgid=210 sid=210 scope=in,server args=[\"sshd\"]\n"     \
	"@52 sshd/210 task.fork fork=230 pgid=210 sid=210 scope=in,server\n"                       \
	"@53 sleep/230 task.exec parent=210 pgid=230 sid=230 tty=pts/2 tty_pgrp=230 uid=1000"      \
	" scope=in args=[\"bash\",\"-c\",\"sleep 8\"]\n"
	(void)state;
	story_is(PTY NEXT
		 "@100 kworker/7 tty.key tty=pts/0 key=intr tty_sid=130 tty_pgrp=130\n"
		 "@101 kworker/7 tty.key tty=pts/2 key=intr isig=1 tty_sid=230 tty_pgrp=230\n"
		 "@101 kworker/7 signal.generate ->sleep/230 sig=SIGINT si_code=SI_KERNEL group=1"
		 " flags=kthread work_tty=pts/2 tty=pts/2 sid=230 pgid=230 tty_pgrp=230\n"
		 "@102 sleep/230 task.exit pgid=230 sid=230 exit_code=2\n" "@500 trace.tick\n",
		 OPEN_PTY "open #2 alice exec \"sleep 8\" root=230 server=210 pty=pts/2 seen\n"
		 "interrupt #1 tty SIGINT not_a_signal:; missed bash/130 raw_tty, ssh/140 raw_tty; "
		 "seen\n"
		 "interrupt #2 tty SIGINT ssh/140 at pts/0 stopped: sleep/230 died; seen\n");
}

/* Who traces a server is told of its sessions, not of the clients that come to it. */
static void client_is_no_line_of_its_own(void **state)
{
#define SEEN_BY(scope)                                                                             \
	"@0 trace.begin scope=" scope " scope_tgid=100 host=\"h\"\n"                               \
	"@1 sshd/100 task.snapshot parent=1 pgid=100 sid=100 scope=in,server\n"                    \
	"@1 sshd/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN\n"               \
	"@2 trace.ready tasks=1\n" CLIENT STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")  \
	INT_CLIENT("100", "disposition=handler") GONE
	const struct view_options opt = {0};
	char *tree = told(view_text_new(&opt), SEEN_BY("tree"));
	char *all = told(view_text_new(&opt), SEEN_BY("all"));

	(void)state;
	assert_non_null(strstr(tree, "got SIGINT from its terminal pts/9"));
	assert_null(strstr(tree, "  exit "));
	assert_non_null(strstr(all, "  exit "));
	free(tree);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_reaches_the_session),
		cmocka_unit_test(key_that_does_not_arrive),
		cmocka_unit_test(key_without_a_terminal),
		cmocka_unit_test(client_that_goes),
		cmocka_unit_test(client_that_stays),
		cmocka_unit_test(not_this_client),
		cmocka_unit_test(key_through_a_terminal_inside),
		cmocka_unit_test(nested),
		cmocka_unit_test(client_is_no_line_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
