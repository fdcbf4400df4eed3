/* SPDX-License-Identifier: GPL-2.0-only */
/* How a session ended: each row of ssh-facts 1.6, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/story.h"

/* `sleep 9` in place of its shell, without a terminal. */
#define SLEEP STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9\"]")
#define OPEN "open #1 alice exec \"sleep 9\" root=130 server=120 seen\n"
#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL
#define OPEN_SHELL "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"

#define ROOT_EXIT(ms, code) "@" ms " bash/130 task.exit pgid=130 sid=130 exit_code=" code "\n"
#define SERVER_EXIT(ms, code) "@" ms " sshd/120 task.exit pgid=110 sid=110 exit_code=" code "\n"
#define MONITOR_EXIT(ms, code) "@" ms " sshd/110 task.exit pgid=110 sid=110 exit_code=" code "\n"
#define EXIT_255 "65280"
/* Nobody answers what is asked: half a second after the settling it is told without. */
#define LATER "@5000 trace.tick\n@9000 trace.tick\n"

#define GONE(end, verdict) "interrupt #1 disconnect " end " " verdict ": "
#define STAYS(end)                                                                                 \
	OPEN GONE(end, "no_effect") "bash/130 not_delivered; inferred\n"                           \
	"close #1 " end " processes=1 orphans=1 lost=0 seen\n"                                     \
	"orphan #1 bash/130 no_pty leaked inferred\n"

static void exits(void **state)
{
	(void)state;
	story_is(SLEEP ROOT_EXIT("100", "768") STORY_TCP("101", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("102", EXIT_255) LATER,
		 OPEN "close #1 exit status=3 processes=1 orphans=0 lost=0 seen\n");
	/* no TCP event at all, the server's process lives on: a channel of several */
	story_is(SLEEP ROOT_EXIT("100", "0") LATER,
		 OPEN "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
	story_is(SLEEP ROOT_EXIT("100", "15") SERVER_EXIT("102", EXIT_255) LATER,
		 OPEN "close #1 exit signal=SIGTERM processes=1 orphans=0 lost=0 seen\n");
}

/* The command ends because the client went: EOF. */
static void exits_too_late(void **state)
{
	(void)state;
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "") ROOT_EXIT("101", "0")
		 SERVER_EXIT("102", EXIT_255) LATER,
		 OPEN GONE("disconnect", "stopped") "bash/130 exited; inferred\n"
		 "close #1 disconnect status=0 processes=1 orphans=0 lost=0 seen\n");
}

static void disconnect(void **state)
{
	(void)state;
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("disconnect"));
	/* FIN and DISCONNECT race: the server may close first, a moment after the client's data */
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=4000000")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("disconnect"));
}

static void vanished(void **state)
{
	(void)state;
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("101", "0") LATER, STAYS("vanished"));
}

static void reset(void **state)
{
	(void)state;
	story_is(SLEEP "@100 ssh/90 sock.reset " STORY_SOCK "\n"
		 STORY_TCP("100", "ESTABLISHED", "CLOSE", "err=ECONNRESET")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("reset"));
	/* the error alone says it too */
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE", "err=ECONNRESET")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("reset"));
}

/* A RST for what we send to a client that has closed, or one that we sent: no reset by the peer. */
static void reset_that_is_none(void **state)
{
	(void)state;
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")
		 "@101 ssh/90 sock.reset " STORY_SOCK "\n"
		 STORY_TCP("101", "CLOSE_WAIT", "CLOSE", "err=ECONNRESET")
		 SERVER_EXIT("102", EXIT_255) LATER, STAYS("disconnect"));
	story_is(SLEEP "@100 sshd/120 sock.reset " STORY_SOCK " direction=sent\n"
		 STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("101", "0") LATER, STAYS("vanished"));
	/* the server had read the goodbye and was gone when the client's RST came */
	story_is(SLEEP SERVER_EXIT("100", EXIT_255) "@101 ssh/90 sock.reset " STORY_SOCK "\n"
		 STORY_TCP("101", "ESTABLISHED", "CLOSE", "err=ECONNRESET") LATER,
		 STAYS("disconnect"));
}

static void timeouts(void **state)
{
	(void)state;
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE", "err=ETIMEDOUT")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("timeout"));
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=2000000000")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("timeout"));
	/* the client was silent, but closed by itself */
	story_is(SLEEP STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=2000000000")
		 SERVER_EXIT("101", EXIT_255) LATER, STAYS("disconnect"));
	/* the server's process was killed: it closes the socket of a client that may be silent */
	story_is(SLEEP "@99 kill/77 signal.generate ->sshd/120 sig=SIGKILL si_pid=77 group=1"
		 " flags=info pgid=110 sid=110\n" SERVER_EXIT("100", "9")
		 STORY_TCP("101", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=2000000000")
		 LATER, STAYS("server_killed"));
}

static void server_killed(void **state)
{
	(void)state;
	story_is(SLEEP "@99 kill/77 signal.generate ->sshd/120 sig=SIGTERM si_pid=77 group=1"
		 " flags=info pgid=110 sid=110\n"
		 STORY_TCP("100", "ESTABLISHED", "FIN_WAIT1", "") SERVER_EXIT("101", "15")
		 MONITOR_EXIT("102", EXIT_255) LATER, STAYS("server_killed"));
	/* the client went a moment before somebody's kill: it is the kill that ended the process */
	story_is(SLEEP "@99 kill/77 signal.generate ->sshd/120 sig=SIGTERM si_pid=77 group=1"
		 " flags=info pgid=110 sid=110\n" SERVER_EXIT("101", "15") LATER,
		 STAYS("server_killed"));
}

#define CATCHES(ms, sender)                                                                        \
	"@" ms " kill/77 signal.generate ->sshd/120 sig=SIGTERM group=1 disposition=handler "      \
	sender " pgid=110 sid=110\n"                                                               \
	"@" ms " sshd/120 signal.deliver sig=SIGTERM disposition=handler\n"
#define BY_HAND "si_pid=77 flags=info"

/* A log-in of root without a monitor: the signal is caught, and the status that of a goodbye. */
static void server_asked(void **state)
{
	(void)state;
	STORY_HAS(SLEEP CATCHES("99", BY_HAND) SERVER_EXIT("100", EXIT_255)
		  STORY_TCP("101", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=2000000000") LATER,
		  "open #1", GONE("server_killed", "no_effect"),
		  "\nclose #1 server_killed processes=1 orphans=1 lost=0 inferred",
		  "the server's process ended at the SIGTERM from kill 77");
	/* the client had gone before */
	story_is(SLEEP STORY_TCP("98", "ESTABLISHED", "CLOSE_WAIT", "") CATCHES("99", BY_HAND)
		 SERVER_EXIT("100", EXIT_255) LATER, STAYS("disconnect"));
	/* long before: it went on */
	story_is(SLEEP CATCHES("99", BY_HAND)
		 STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("2001", EXIT_255) LATER, STAYS("disconnect"));
	/* from nobody: the kernel's */
	story_is(SLEEP CATCHES("99", "si_code=SI_KERNEL") SERVER_EXIT("100", EXIT_255)
		 STORY_TCP("101", "ESTABLISHED", "CLOSE_WAIT", "") LATER, STAYS("disconnect"));
}

/* ssh-facts 0.6: a killed monitor ends nothing. */
static void monitor_killed(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SLEEP "@99 kill/77 signal.generate ->sshd/110 sig=SIGKILL si_pid=77 group=1"
			    " flags=info pgid=110 sid=110\n" MONITOR_EXIT("100", "9") LATER);
	story_expect(s, OPEN);
	story_tell(s, "@9100 bash/130 task.exit\n@9101 sshd/120 task.exit exit_code=65280\n"
		      "@9900 trace.tick\n");
	story_expect(s, "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
	story_free(s);
}

#define HUP_ROOT STORY_HUP("100", "sshd/110", "bash/130", "130", "")
#define MUX_CLOSE "close #1 mux_closed signal=SIGHUP processes=1 orphans=0 lost=0 seen\n"

static void mux_closed(void **state)
{
	(void)state;
	story_is(SHELL HUP_ROOT ROOT_EXIT("101", "1") LATER, OPEN_SHELL MUX_CLOSE);
	/* the connection goes too, long after: a separate event */
	story_is(SHELL HUP_ROOT ROOT_EXIT("101", "1") "@700 trace.tick\n@900 trace.tick\n"
		 STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("1001", "0")
		 LATER, OPEN_SHELL MUX_CLOSE);
}

/* The master of a pty is closed before the socket is: still the client's going. */
static void mux_that_is_none(void **state)
{
	(void)state;
	story_is(SHELL HUP_ROOT ROOT_EXIT("101", "1")
		 STORY_TCP("102", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("103", EXIT_255)
		 LATER, OPEN_SHELL
		 "close #1 disconnect signal=SIGHUP processes=1 orphans=0 lost=0 seen\n");
	/* the shell's own exit hangs up its foreground group, not itself */
	story_is(SHELL ROOT_EXIT("100", "0") STORY_HUP("100", "bash/130", "bash/130", "130",
		 "result=ignored") STORY_TCP("102", "ESTABLISHED", "CLOSE_WAIT", "")
		 SERVER_EXIT("103", EXIT_255) LATER, OPEN_SHELL
		 "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
}

static void unknown(void **state)
{
	(void)state;
	story_is(SLEEP SERVER_EXIT("100", EXIT_255) LATER, OPEN
		 "close #1 unknown processes=1 orphans=1 lost=0 guessed\n"
		 "orphan #1 bash/130 unknown leaked inferred\n");
}

/* A record was lost while it was open: whatever the evidence says is a guess. */
static void lost(void **state)
{
	(void)state;
	story_is(SLEEP "@90 trace.lost count=2 total=2 lost_kind=8\n"
		 STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("101", "0") LATER,
		 OPEN GONE("vanished", "no_effect") "bash/130 not_delivered; guessed\n"
		 "close #1 vanished processes=1 orphans=1 lost=2 guessed\n"
		 "orphan #1 bash/130 no_pty leaked guessed\n");
	/* .. but not what was lost before it opened */
	story_is("@0 trace.lost count=2 total=2 lost_kind=8\n" SLEEP ROOT_EXIT("100", "0")
		 SERVER_EXIT("101", EXIT_255) LATER,
		 OPEN "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
}

/* One loss that two programs tell, or one that tells it twice, counts once; each CPU by itself. */
static void lost_twice(void **state)
{
	(void)state;
#define LOST(cpu, n, total) "@90 trace.lost count=" n " total=" total " lost_kind=8 lost_cpu=" cpu "\n"
#define LOST_SLEEP(lines, n)                                                                       \
	story_is(SLEEP lines ROOT_EXIT("100", "0") SERVER_EXIT("101", EXIT_255) LATER,             \
		 OPEN "close #1 exit status=0 processes=1 orphans=0 lost=" n " guessed\n")
	LOST_SLEEP(LOST("0", "2", "2") LOST("0", "2", "2"), "2");
	LOST_SLEEP(LOST("0", "2", "2") LOST("1", "3", "3"), "5");
	LOST_SLEEP(LOST("0", "2", "2") LOST("1", "3", "3") LOST("0", "2", "2") LOST("1", "4", "7")
		   LOST("0", "1", "3"), "10");
}

#define JOB STORY_CHILD("40", "job", "140", "130", "fd=pipe,pipe,pipe")

/* The command has ended, its job holds the channel, and the client with it, until that goes. */
static void held_open(void **state)
{
	(void)state;
	STORY_HAS(SLEEP JOB ROOT_EXIT("100", "768")
		  STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("2003", EXIT_255)
		  LATER, "open #1",
		  "\ninterrupt #1 disconnect disconnect no_effect: job/140 not_delivered; inferred"
		  " at 2000000000 of ", "client disconnected",
		  "\nclose #1 disconnect status=3 processes=2 orphans=1 lost=0 seen at 2003000000 of ",
		  "\norphan #1 job/140 no_pty leaked inferred");
}

/* The job ends first: so does the session, by itself, and the client goes because of that. */
static void held_open_and_let_go(void **state)
{
	(void)state;
	story_is(SLEEP JOB ROOT_EXIT("100", "768") "@2000 job/140 task.exit pgid=130 sid=130\n"
		 STORY_TCP("2001", "ESTABLISHED", "CLOSE_WAIT", "") SERVER_EXIT("2002", EXIT_255)
		 LATER, OPEN "close #1 exit status=3 processes=2 orphans=0 lost=0 seen\n");
}

/* One process for each connection; it exits 0 however the client went. */
#define DROPBEAR                                                                                   \
	"@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n"                        \
	"@1 dropbear/100 task.snapshot parent=1 pgid=100 sid=100 scope=in,server\n"                \
	"@1 dropbear/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN\n"           \
	"@2 trace.ready tasks=1\n"                                                                 \
	"@10 dropbear/100 task.fork fork=110 pgid=100 sid=100 scope=in,server\n"                   \
	"@10 dropbear/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                      \
	"@30 dropbear/110 task.fork fork=130 pgid=100 sid=100 scope=in,server\n"                   \
	"@31 bash/130 task.exec parent=110 pgid=100 sid=100 uid=1000 scope=in fd=pipe,pipe,pipe"   \
	" args=[\"bash\",\"-c\",\"sleep 9\"]\n"
#define DROPBEAR_EXIT "@2001 dropbear/110 task.exit pgid=100 sid=100\n" LATER
#define DROPBEAR_STAYS(end, sure)                                                                  \
	"open #1 alice exec \"sleep 9\" root=130 server=110 seen\n"                                \
	GONE(end, "no_effect") "bash/130 not_delivered; " sure "\n"                                \
	"close #1 " end " processes=1 orphans=1 lost=0 " sure "\n"                                 \
	"orphan #1 bash/130 no_pty leaked inferred\n"

/* Its status tells nothing; whether there was data right before the end does. */
static void dropbear(void **state)
{
	(void)state;
	story_is(DROPBEAR STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=700000000")
		 DROPBEAR_EXIT, DROPBEAR_STAYS("vanished", "inferred"));
	story_is(DROPBEAR STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "rcv_age_ns=4000000")
		 DROPBEAR_EXIT, DROPBEAR_STAYS("disconnect", "guessed"));
	/* it has read the goodbye and closes first */
	story_is(DROPBEAR STORY_TCP("2000", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=4000000")
		 DROPBEAR_EXIT, DROPBEAR_STAYS("disconnect", "guessed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits),
		cmocka_unit_test(exits_too_late),
		cmocka_unit_test(disconnect),
		cmocka_unit_test(vanished),
		cmocka_unit_test(reset),
		cmocka_unit_test(reset_that_is_none),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(server_killed),
		cmocka_unit_test(server_asked),
		cmocka_unit_test(monitor_killed),
		cmocka_unit_test(mux_closed),
		cmocka_unit_test(mux_that_is_none),
		cmocka_unit_test(unknown),
		cmocka_unit_test(lost),
		cmocka_unit_test(lost_twice),
		cmocka_unit_test(held_open),
		cmocka_unit_test(held_open_and_let_go),
		cmocka_unit_test(dropbear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
