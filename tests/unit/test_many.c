/* SPDX-License-Identifier: GPL-2.0-only */
/* Servers with one process for many connections: which one a session came on, and how it ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/story.h"

#define SOCK(port) "family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=22 rport=" port
#define NODE(scope)                                                                                \
	"@0 trace.begin scope=sshd host=\"h\"\n@1 user.name uid=1000 name=\"alice\"\n"             \
	"@1 node/100 task.snapshot parent=1 pgid=90 sid=90 scope=" scope "\n"                      \
	"@1 node/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN\n"               \
	"@2 trace.ready tasks=1\n"
#define STRUCTURE NODE("in,server")
#define NAMED NODE("in,server,named")

#define TCP(ms, port, from, to, more)                                                              \
	"@" ms " ssh/80 sock.state " SOCK(port) " old=" from " new=" to " " more "\n"
#define ACCEPT(ms, port) TCP(ms, port, "SYN_RECV", "ESTABLISHED", "")
#define USED(ms, port) "@" ms " node/100 sock.owner " SOCK(port) " state=ESTABLISHED\n"

#define FORK(ms, tgid) "@" ms " node/100 task.fork fork=" tgid " pgid=90 sid=90 scope=in,server\n"
#define EXEC(ms, tgid, more)                                                                       \
	"@" ms " bash/" tgid " task.exec parent=100 uid=1000 scope=in "                            \
	"args=[\"bash\",\"-c\",\"x\"] " more "\n"
#define ENV(ms, tgid, connection)                                                                  \
	"@" ms " bash/" tgid " task.env ssh_connection=\"" connection "\"\n"
#define ON_PTY(tgid) "pgid=" tgid " sid=" tgid " tty=pts/0 tty_pgrp=" tgid " fd=tty,tty,tty"
#define IN_SERVERS "pgid=90 sid=90 fd=pipe,pipe,pipe"
#define LATER "@5000 trace.tick\n@7000 trace.tick\n@9000 trace.tick\n"

#define PTY STRUCTURE ACCEPT("10", "5000") FORK("20", "130") EXEC("21", "130", ON_PTY("130"))      \
	ENV("21", "130", "")
#define OPEN_PTY "open #1 alice exec \"x\" root=130 server=100 pty=pts/0 inferred\n"
#define NO_PTY NAMED ACCEPT("10", "5000") FORK("20", "130") EXEC("21", "130", IN_SERVERS)          \
	ENV("21", "130", "")
#define OPEN_NO_PTY "open #1 alice exec \"x\" root=130 server=100 inferred\n"

/* The node's process of the session 120, which executed the node's file again. */
#define SESSION                                                                                    \
	STRUCTURE ACCEPT("10", "5000") ACCEPT("11", "6000")                                        \
	FORK("20", "120") "@20 node/120 sock.owner " SOCK("6000") " state=ESTABLISHED fd=5\n"      \
	"@21 exe/120 task.exec parent=100 pgid=90 sid=90 scope=in,server args=[\"node\",\"exec\"]\n" \
	"@22 exe/120 task.fork fork=130 pgid=90 sid=90 scope=in,server\n"                          \
	"@23 bash/130 task.exec parent=120 uid=1000 pgid=130 sid=130 scope=in"                     \
	" args=[\"bash\",\"-c\",\"x\"]\n"                                                          \
	ENV("23", "130", "203.0.113.7 5000 192.0.2.1 22")
#define KILLS(ms)                                                                                  \
	"@" ms " exe/120 signal.generate ->bash/130 sig=SIGKILL si_pid=120 group=1" \
	" flags=info pgid=130 sid=130\n@" ms " bash/130 task.exit pgid=130 sid=130 exit_code=9\n"  \
	"@" ms " exe/120 task.exit pgid=90 sid=90 exit_code=65280\n"

static void recognised(void **state)
{
	(void)state;
	story_is(PTY, OPEN_PTY);
	story_is(NO_PTY, OPEN_NO_PTY);
	/* not named: a helper of whatever that server is */
	story_is(STRUCTURE ACCEPT("10", "5000") FORK("20", "130") EXEC("21", "130", IN_SERVERS)
		 ENV("21", "130", ""), "");
	/* named, but nobody is connected */
	story_is(NAMED FORK("20", "130") EXEC("21", "130", IN_SERVERS) ENV("21", "130", ""), "");
	/* what it starts for somebody who has a session */
	story_is(NO_PTY FORK("30", "140") EXEC("31", "140", IN_SERVERS) ENV("31", "140", ""),
		 OPEN_NO_PTY);
}

#define TWO NAMED ACCEPT("10", "5000") ACCEPT("11", "6000") FORK("20", "130")                      \
	EXEC("21", "130", IN_SERVERS)

static void which(void **state)
{
	(void)state;
	STORY_HAS(TWO ENV("21", "130", "203.0.113.7 5000 192.0.2.1 22"), " seen at ", "peer port 5000");
	STORY_HAS(TWO USED("21", "5000") ENV("21", "130", ""), " inferred at ", "peer port 5000");
	/* both in one jiffy */
	STORY_HAS(TWO USED("21", "5000") USED("21", "6000") ENV("21", "130", ""), " guessed at ");
	STORY_HAS(TWO ENV("21", "130", ""), " guessed at ", "peer port 6000");
	/* through a proxy: no socket of ours has it */
	STORY_HAS(NAMED FORK("20", "130") EXEC("21", "130", IN_SERVERS)
		  ENV("21", "130", "198.51.100.9 7000 192.0.2.1 22"), "peer port 7000");
	/* the kernel shows IPv4 of a socket for both families so */
	STORY_HAS(NAMED "@10 ssh/80 sock.state family=inet6 laddr=::ffff:192.0.2.1"
		  " raddr=::ffff:203.0.113.7 lport=22 rport=5000 old=SYN_RECV new=ESTABLISHED\n"
		  ACCEPT("11", "6000") FORK("20", "130") EXEC("21", "130", IN_SERVERS)
		  ENV("21", "130", "203.0.113.7 5000 192.0.2.1 22"), " seen at ", "peer port 5000");
	/* hostile: no reason to trust it */
	STORY_HAS(TWO USED("21", "5000") ENV("21", "130", "203.0.113.7 5000 192.0.2.1 22 x"),
		  " inferred at ", "peer port 5000");
}

/* The server goes on: the connection's end is the session's. */
static void ends(void **state)
{
	(void)state;
	story_is(NO_PTY "@100 bash/130 task.exit pgid=90 sid=90 exit_code=768\n" LATER,
		 OPEN_NO_PTY "close #1 exit status=3 processes=1 orphans=0 lost=0 seen\n");
	story_is(NO_PTY TCP("2000", "5000", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=700000000") LATER,
		 OPEN_NO_PTY "interrupt #1 disconnect vanished no_effect: bash/130 not_delivered; inferred\n"
		 "close #1 vanished processes=1 orphans=1 lost=0 inferred\n"
		 "orphan #1 bash/130 no_pty leaked inferred\n");
	story_is(NO_PTY TCP("2000", "5000", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=4000000") LATER,
		 OPEN_NO_PTY "interrupt #1 disconnect disconnect no_effect: bash/130 not_delivered; guessed\n"
		 "close #1 disconnect processes=1 orphans=1 lost=0 guessed\n"
		 "orphan #1 bash/130 no_pty leaked inferred\n");
	/* somebody else's connection */
	story_is(NO_PTY ACCEPT("30", "6000") TCP("2000", "6000", "ESTABLISHED", "CLOSE_WAIT", "") LATER,
		 OPEN_NO_PTY);
}

static void master_kept(void **state)
{
	(void)state;
	STORY_HAS(PTY TCP("2000", "5000", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=700000000") LATER,
		  "\nclose #1 vanished processes=1 orphans=1",
		  "\norphan #1 bash/130 no_signal leaked", "keeps the terminal's master open");
}

#define GONE TCP("2000", "5000", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=700000000")
#define JOB(pgid, more)                                                                            \
	"@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"                              \
	"@41 job/140 task.exec parent=130 pgid=" pgid " sid=130 uid=1000 scope=in args=[\"job\"] " \
	more "\n"

static void killed_by_the_server(void **state)
{
	(void)state;
	STORY_HAS(SESSION JOB("130", "") GONE KILLS("2001") LATER,
		  "open #1 alice exec \"x\" root=130 server=120 seen", "peer port 5000",
		  "\ninterrupt #1 disconnect vanished partly: bash/130 exited, job/140 not_delivered; ",
		  "the server killed the command when it went",
		  "\nclose #1 vanished signal=SIGKILL processes=2 orphans=1 lost=0 inferred",
		  "\norphan #1 job/140 no_signal", "killed only the command's first process");
	/* a channel of several */
	STORY_HAS(SESSION KILLS("2001") LATER, "\nclose #1 mux_closed signal=SIGKILL ",
		  "the connection goes on");
	/* by somebody else: no client went */
	STORY_HAS(SESSION
		  "@2001 kill/77 signal.generate ->bash/130 sig=SIGKILL si_pid=77"
		  " group=1 flags=info pgid=130 sid=130\n"
		  "@2001 bash/130 task.exit pgid=130 sid=130 exit_code=9\n"
		  "@2002 exe/120 task.exit pgid=90 sid=90\n" LATER,
		  "\nclose #1 exit signal=SIGKILL ", "was killed by SIGKILL from kill 77");
	/* .. nor here, where the node was killed */
	STORY_HAS(SESSION TCP("2000", "5000", "ESTABLISHED", "FIN_WAIT1", "")
		  "@2000 node/100 task.exit pgid=90 sid=90 exit_code=9\n" KILLS("2001") LATER,
		  "\nclose #1 server_killed signal=SIGKILL ", "the server was killed by SIGKILL");
	/* .. behind a proxy, so that no connection of ours is known */
	STORY_HAS(NAMED FORK("20", "130") EXEC("21", "130", IN_SERVERS)
		  ENV("21", "130", "198.51.100.9 7000 192.0.2.1 22")
		  "@2000 node/100 task.exit pgid=90 sid=90 exit_code=9\n" LATER,
		  "\ninterrupt #1 disconnect server_killed ", "\nclose #1 server_killed ");
}

static void shell_killed(void **state)
{
	(void)state;
#define ON_TTY "tty=pts/0 fd=tty,tty,tty"
	STORY_HAS(STRUCTURE ACCEPT("10", "5000") FORK("20", "120")
		  "@21 exe/120 task.exec parent=100 pgid=90 sid=90 scope=in,server args=[\"node\"]\n"
		  "@22 exe/120 task.fork fork=130 pgid=90 sid=90 scope=in,server\n"
		  "@23 bash/130 task.exec parent=120 uid=1000 pgid=130 sid=130 scope=in " ON_TTY
		  " args=[\"-bash\"]\n" ENV("23", "130", "203.0.113.7 5000 192.0.2.1 22")
		  JOB("140", ON_TTY) GONE KILLS("2001") LATER,
		  "\norphan #1 job/140 no_signal", "its shell was killed before it could hand");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognised),
		cmocka_unit_test(which),
		cmocka_unit_test(ends),
		cmocka_unit_test(master_kept),
		cmocka_unit_test(killed_by_the_server),
		cmocka_unit_test(shell_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
