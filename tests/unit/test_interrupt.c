/* SPDX-License-Identifier: GPL-2.0-only */
/* Each Ctrl-C as one thing, and what it came to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/story.h"

#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL
#define OPEN "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"
#define JOB(comm, tgid) STORY_CHILD("40", comm, tgid, "140", "tty=pts/0")
#define EXIT(ms, who, code) "@" ms " " who " task.exit pgid=140 sid=130 exit_code=" code "\n"
#define DELIVER(ms, who) "@" ms " " who " signal.deliver sig=SIGINT disposition=handler\n"
#define KEY(ms) STORY_KEY(ms, "140")
#define INT(ms, target, more) STORY_INT(ms, target, "140", more)
#define HANDLER "disposition=handler"
/* The kernel is asked, and does not answer. */
#define LATER "@4000 trace.tick\n@4600 trace.tick\n@5200 trace.tick\n"

/* A foreground group of three. */
static void one_of_three(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") JOB("b", "141") JOB("c", "142") KEY("100")
		 INT("100", "a/140", "") INT("100", "b/141", "") INT("100", "c/142", "")
		 EXIT("101", "b/141", "2") EXIT("102", "a/140", "2") EXIT("103", "c/142", "2")
		 LATER,
		 OPEN "interrupt #1 tty SIGINT stopped: a/140 died, b/141 died, c/142 died; seen\n");
	story_is(SHELL JOB("a", "140") JOB("b", "141") JOB("c", "142") KEY("100")
		 INT("100", "a/140", "") INT("100", "b/141", HANDLER) INT("100", "c/142",
		 "disposition=ignore result=ignored") DELIVER("101", "b/141")
		 EXIT("102", "a/140", "2") LATER, OPEN
		 "interrupt #1 tty SIGINT partly: a/140 died, b/141 handled(handler), c/142 ignored(ignored_own); seen\n");
}

/* The keystroke was not seen: still one, and said to be inferred. */
static void without_key(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") JOB("b", "141") INT("100", "a/140", "")
		 INT("100", "b/141", "") EXIT("101", "a/140", "2") EXIT("101", "b/141", "2") LATER,
		 OPEN "interrupt #1 tty SIGINT stopped: a/140 died, b/141 died; inferred\n");
}

static void two_keys(void **state)
{
	(void)state;
	/* in one buffer: the second finds the first one's still pending */
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", HANDLER) KEY("100")
		 INT("100", "a/140", HANDLER " result=already_pending") DELIVER("101", "a/140")
		 LATER, OPEN
		 "interrupt #1 tty SIGINT no_effect: a/140 handled(handler); seen\n"
		 "interrupt #1 tty SIGINT no_effect: a/140 already_pending(already_pending); seen\n");
	/* the first kills; by the second the process is dying */
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "") KEY("101")
		 INT("101", "a/140", "result=ignored") EXIT("102", "a/140", "2") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; seen\n"
		 "interrupt #1 tty SIGINT stopped: a/140 died; seen\n");
	/* a second apart, the handler leaves at the second one */
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", HANDLER)
		 DELIVER("101", "a/140") KEY("1500") INT("1500", "a/140", HANDLER)
		 DELIVER("1501", "a/140") EXIT("1510", "a/140", "256") LATER, OPEN
		 "interrupt #1 tty SIGINT no_effect: a/140 handled(handler); seen\n"
		 "interrupt #1 tty SIGINT stopped: a/140 exited; inferred\n");
}

static void nobody_there(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL KEY("100"));
	story_expect(s, OPEN);
	story_tell(s, "@190 trace.tick\n");
	story_expect(s, "");
	story_tell(s, "@210 trace.tick\n");
	story_expect(s, "interrupt #1 tty SIGINT no_effect:; seen\n");
	story_free(s);
}

static void not_a_signal(void **state)
{
	(void)state;
	story_is(SHELL JOB("vim", "140")
		 "@100 kworker/7 tty.key tty=pts/0 key=intr tty_sid=130 tty_pgrp=140\n"
		 EXIT("101", "vim/140", "0") LATER, OPEN
		 "interrupt #1 tty SIGINT not_a_signal:; missed vim/140 raw_tty; seen\n");
	/* somebody else's terminal */
	story_is(SHELL "@100 kworker/7 tty.key tty=pts/9 key=intr isig=1 tty_sid=55 tty_pgrp=56\n"
		 LATER, OPEN);
}

/* The prompt's shell takes it at once and prompts again. */
static void prompt(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL STORY_KEY("100", "130") STORY_INT("100", "bash/130", "130", HANDLER)
		   DELIVER("101", "bash/130") "@125 trace.tick\n");
	story_expect(s, OPEN "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); seen\n");
	story_free(s);
}

static void handler(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, SHELL JOB("a", "140") KEY("100") INT("100", "a/140", HANDLER)
		   DELIVER("101", "a/140") "@1050 trace.tick\n");
	story_expect(s, OPEN); /* it may still end */
	story_tell(s, EXIT("1090", "a/140", "256") "@1150 trace.tick\n");
	story_expect(s, "interrupt #1 tty SIGINT stopped: a/140 exited; inferred\n");
	story_tell(s, JOB("b", "141") KEY("2000") INT("2000", "b/141", HANDLER)
		   DELIVER("2001", "b/141") "@3001 trace.tick\n");
	story_expect(s, "interrupt #1 tty SIGINT no_effect: b/141 handled(handler); seen\n");
	story_tell(s, EXIT("3100", "b/141", "0") LATER);
	story_expect(s, "");
	story_free(s);
}

/* Its death is of something else that came within the second. */
static void ends_of_the_hangup(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", HANDLER)
		 DELIVER("101", "a/140") STORY_TCP("300", "ESTABLISHED", "CLOSE_WAIT", "")
		 "@301 sshd/120 task.exit\n" STORY_HUP("302", "sshd/110", "bash/130", "130", "")
		 "@303 bash/130 task.exit pgid=130 sid=130 exit_code=1\n"
		 STORY_HUP("303", "bash/130", "a/140", "140", "") EXIT("304", "a/140", "1") LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 handled(handler); seen\n"
		 "close #1 vanished signal=SIGHUP processes=2 orphans=0 lost=0 seen\n");
	/* the leader dies of the Ctrl-C, and the kernel hangs up the group: all of it is the key's */
	story_is(STORY_SERVER STORY_LOGIN STORY_PTY("[\"bash\",\"-c\",\"x\"]")
		 STORY_CHILD("40", "a", "140", "130", "tty=pts/0")
		 STORY_KEY("100", "130") STORY_INT("100", "bash/130", "130", "")
		 STORY_INT("100", "a/140", "130", HANDLER)
		 "@101 bash/130 task.exit pgid=130 sid=130 exit_code=2\n"
		 STORY_HUP("101", "bash/130", "a/140", "130", "")
		 "@102 a/140 task.exit pgid=130 sid=130 exit_code=1\n" "@900 trace.tick\n" LATER,
		 "open #1 alice exec \"x\" root=130 server=120 pty=pts/0 seen\n"
		 "interrupt #1 tty SIGINT stopped: bash/130 died, a/140 exited; inferred\n"
		 "close #1 exit signal=SIGINT processes=2 orphans=0 lost=0 seen\n");
}

static void not_taken(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "blocked=1") LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 blocked(blocked_all_threads); seen\n");
	story_is(SHELL JOB("a", "140") KEY("100")
		 INT("100", "a/140", "blocked=1 result=already_pending") LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 already_pending(already_pending); seen\n");
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "state=__TASK_STOPPED") LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 not_delivered(stopped); seen\n");
	/* not blocked, not delivered, and it goes on */
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "") LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 not_delivered(not_taken); seen\n");
	/* ssh-facts 3, row 13: init of a pid namespace */
	story_is(SHELL JOB("a", "140") KEY("100") "@100 kworker/7 signal.generate ->a/140"
		 " sig=SIGINT si_code=SI_KERNEL group=1 result=ignored flags=kthread,unkillable"
		 " work_tty=pts/0 tty=pts/0 pgid=140 sid=130\n" LATER,
		 OPEN "interrupt #1 tty SIGINT no_effect: a/140 ignored(pid_ns_init); seen\n");
}

static void other_keys(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140")
		 "@100 kworker/7 tty.key tty=pts/0 key=susp isig=1 tty_sid=130 tty_pgrp=140\n"
		 "@100 kworker/7 signal.generate ->a/140 sig=SIGTSTP si_code=SI_KERNEL group=1"
		 " flags=kthread work_tty=pts/0 tty=pts/0 pgid=140 sid=130\n" LATER,
		 OPEN "interrupt #1 tty SIGTSTP stopped: a/140 stopped; seen\n");
	story_is(SHELL JOB("a", "140")
		 "@100 kworker/7 tty.key tty=pts/0 key=quit isig=1 tty_sid=130 tty_pgrp=140\n"
		 "@100 kworker/7 signal.generate ->a/140 sig=SIGQUIT si_code=SI_KERNEL group=1"
		 " flags=kthread work_tty=pts/0 tty=pts/0 pgid=140 sid=130\n"
		 EXIT("101", "a/140", "131") LATER,
		 OPEN "interrupt #1 tty SIGQUIT stopped: a/140 died; seen\n");
}

static void missed(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") STORY_CHILD("50", "bg", "150", "150", "")
		 "@55 bash/130 task.fork fork=160 pgid=130 sid=130 scope=in\n"
		 "@56 own/160 task.exec parent=130 pgid=160 sid=160 scope=in\n" KEY("100")
		 INT("100", "a/140", "") EXIT("101", "a/140", "2") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; missed bg/150 background_job,"
		 " own/160 own_session; seen\n");
	/* who came later missed nothing */
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "")
		 EXIT("101", "a/140", "2")
		 STORY_CHILD("102", "late", "150", "150", "") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; seen\n");
	/* setpgid(2) makes no record; its child's group tells, or that it got no signal */
	story_is(SHELL JOB("a", "140") JOB("timeout", "150")
		 "@60 timeout/150 task.fork fork=151 pgid=150 sid=130 scope=in\n"
		 JOB("moved", "160") KEY("100") INT("100", "a/140", "") EXIT("101", "a/140", "2")
		 LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; missed timeout/150 timeout,"
		 " timeout/151 timeout, moved/160 own_group; seen\n");
}

/* timeout(1), sudo, make: a member passes it on. */
static void handed_on(void **state)
{
	(void)state;
	story_is(SHELL JOB("timeout", "140")
		 "@50 timeout/140 task.fork fork=150 pgid=140 sid=130 scope=in\n"
		 "@51 work/150 task.exec parent=140 pgid=150 sid=130 scope=in\n" KEY("100")
		 INT("100", "timeout/140", HANDLER) DELIVER("101", "timeout/140")
		 "@102 timeout/140 signal.generate ->work/150 sig=SIGINT si_pid=140 group=1"
		 " flags=info pgid=150 sid=130\n" EXIT("103", "work/150", "2")
		 EXIT("104", "timeout/140", "31744") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: timeout/140 exited, work/150 died; inferred\n");
}

#define KILL(ms, from, target, sig)                                                                \
	"@" ms " " from " signal.generate ->" target " sig=" sig " si_pid=77 group=1"              \
	" flags=info pgid=140 sid=130\n"

static void killed(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") STORY_CHILD("50", "bg", "150", "150", "")
		 KILL("100", "kill/77", "a/140", "SIGINT") EXIT("101", "a/140", "2") LATER, OPEN
		 "interrupt #1 kill SIGINT from kill/77 stopped: a/140 died; seen\n");
	/* SIGTERM is nobody's Ctrl-C */
	story_is(SHELL JOB("a", "140") KILL("100", "kill/77", "a/140", "SIGTERM")
		 EXIT("101", "a/140", "15") LATER, OPEN);
	/* bash kills itself after its child died of SIGINT: not a further one */
	story_is(SHELL JOB("a", "140") "@100 a/140 signal.generate ->a/140 sig=SIGINT si_pid=140"
		 " flags=info pgid=140 sid=130\n" EXIT("101", "a/140", "2") LATER, OPEN);
}

/* A storm of SIGINT is one interrupt, and so it stays when the count of the rest comes late. */
static void storm(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") KILL("100", "kill/77", "a/140", "SIGINT")
		 EXIT("101", "a/140", "2") LATER
		 "@100 kill/77 signal.generate ->a/140 sig=SIGINT si_pid=77 group=1 flags=info pgid=140"
		 " sid=130 count=48211 ts_last=100500000\n@9000 trace.tick\n@9900 trace.tick\n"
		 "@100 kill/77 signal.generate ->bash/130 sig=SIGINT si_pid=77 group=1 flags=info pgid=130"
		 " sid=130 count=9 ts_last=100500000\n@19000 trace.tick\n@19900 trace.tick\n",
		 OPEN "interrupt #1 kill SIGINT from kill/77 stopped: a/140 died; seen\n");
}

/* The client's "signal" request: the server's process sends it to the root's group. */
static void ssh_signal(void **state)
{
	(void)state;
	story_is(STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]")
		 STORY_CHILD("40", "a", "140", "130", "")
		 "@100 sshd/120 signal.generate ->a/140 sig=SIGTERM si_pid=120 group=1 flags=info"
		 " pgid=130 sid=130\n"
		 "@100 sshd/120 signal.generate ->bash/130 sig=SIGTERM si_pid=120 group=1 flags=info"
		 " pgid=130 sid=130\n"
		 "@101 a/140 task.exit pgid=130 sid=130 exit_code=15\n"
		 "@102 bash/130 task.exit pgid=130 sid=130 exit_code=15\n" LATER "@6000 trace.tick\n",
		 "open #1 alice exec \"x\" root=130 server=120 seen\n"
		 "interrupt #1 ssh_signal SIGTERM from sshd/120 stopped: a/140 died, bash/130 died;"
		 " seen\n"
		 "close #1 exit signal=SIGTERM processes=2 orphans=0 lost=0 seen\n");
}

/* 10 ms apart, the second one at the prompt that the first one's death has brought back. */
static void two_groups(void **state)
{
	(void)state;
	story_is(SHELL JOB("a", "140") KEY("100") INT("100", "a/140", "") EXIT("102", "a/140", "2")
		 STORY_KEY("110", "130") STORY_INT("110", "bash/130", "130", HANDLER)
		 DELIVER("111", "bash/130") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; seen\n"
		 "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); seen\n");
	/* the signals come after both keys */
	story_is(SHELL JOB("a", "140") KEY("100") STORY_KEY("110", "130") INT("110", "a/140", "")
		 STORY_INT("110", "bash/130", "130", HANDLER) DELIVER("111", "bash/130")
		 EXIT("112", "a/140", "2") LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/140 died; seen\n"
		 "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); seen\n");
}

/* Ctrl-V Ctrl-C: the key is one, and the group that would take the signal lives. */
static void quoted(void **state)
{
	(void)state;
	STORY_HAS(SHELL JOB("cat", "140") KEY("100") LATER,
		  "interrupt #1 tty SIGINT not_a_signal:; seen", "quoted (Ctrl-V)\n");
	/* its group went in the meantime */
	STORY_HAS(SHELL JOB("cat", "140") KEY("100") EXIT("101", "cat/140", "0") LATER,
		  "interrupt #1 tty SIGINT no_effect:; seen", "no process was there");
}

#define RAW(ms) "@" ms " kworker/7 tty.key tty=pts/0 key=intr tty_sid=130 tty_pgrp=140\n"
#define RAW5(ms) RAW(ms) RAW(ms) RAW(ms) RAW(ms) RAW(ms)

/* A binary that is sent to a program: told once. What comes later is told anew. */
static void flood(void **state)
{
	(void)state;
	story_is(SHELL JOB("x", "140") RAW5("100") RAW5("102") RAW5("103") RAW5("105") RAW("300")
		 LATER, OPEN
		 "interrupt #1 tty SIGINT not_a_signal:; missed x/140 raw_tty; seen\n"
		 "interrupt #1 tty SIGINT not_a_signal:; missed x/140 raw_tty; seen\n");
	STORY_HAS(SHELL JOB("x", "140") RAW5("100") RAW5("102") RAW5("103") RAW5("105") RAW("300")
		  LATER, "interrupt #1", "got the byte, and 19 more of them right behind it\n",
		  "interrupt #1", "got the byte\n");
}

#define IS_NOW(comm, args)                                                                         \
	"@50 " comm "/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 tty_pgrp=130 uid=1000"   \
	" scope=in fd=tty,tty,tty args=" args "\n"

/* `exec sleep 9` at the prompt: no shell is left there to take the key. */
static void replaced_shell(void **state)
{
	(void)state;
	STORY_HAS(SHELL IS_NOW("sleep", "[\"sleep\",\"9\"]") STORY_KEY("100", "130")
		  STORY_INT("100", "sleep/130", "130", "")
		  "@101 sleep/130 task.exit pgid=130 sid=130 exit_code=2\n"
		  "@102 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n" LATER,
		  "interrupt #1 tty SIGINT stopped: sleep/130 died; seen",
		  ": every process that got the signal ended\n",
		  "close #1 exit signal=SIGINT", ": the command was killed by SIGINT\n");
	/* whatever it does about it, it is no prompt */
	STORY_HAS(SHELL IS_NOW("vi", "[\"vi\"]") STORY_KEY("100", "130")
		  STORY_INT("100", "vi/130", "130", HANDLER) DELIVER("101", "vi/130") LATER,
		  "interrupt #1 tty SIGINT no_effect: vi/130 handled(handler); seen",
		  ": vi 130 is still there: its handler ran and it went on\n");
}

/* `exec zsh`: another shell, and a prompt again, which takes the key at once. */
static void another_shell(void **state)
{
	(void)state;
	STORY_HAS(SHELL IS_NOW("zsh", "[\"zsh\"]") STORY_KEY("100", "130")
		  STORY_INT("100", "zsh/130", "130", HANDLER) DELIVER("101", "zsh/130")
		  "@125 trace.tick\n@200 zsh/130 task.exit pgid=130 sid=130\n"
		  "@201 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n" LATER,
		  "interrupt #1 tty SIGINT no_effect: zsh/130 handled(prompt); seen",
		  "; shell only: only the shell's prompt was in the foreground\n",
		  ": the shell ended by itself with status 0\n");
}

/* It ignores the key and ends of something else a moment later: not "still there". */
static void ends_of_something_else(void **state)
{
	(void)state;
	STORY_HAS(SHELL JOB("a", "140") KEY("100")
		  INT("100", "a/140", "disposition=ignore result=ignored")
		  EXIT("110", "a/140", "15") LATER,
		  "interrupt #1 tty SIGINT no_effect: a/140 ignored(ignored_own); seen",
		  ": a 140 did not end of it: it ignores the signal by its own choice");
	STORY_HAS(SHELL JOB("a", "140") KEY("100")
		  INT("100", "a/140", "disposition=ignore result=ignored") LATER,
		  ": a 140 is still there: it ignores the signal by its own choice");
}

/* su and the shell that it runs wait for the member: they missed nothing. Their other jobs did. */
static void ancestors(void **state)
{
	(void)state;
	story_is(SHELL JOB("su", "140")
		 "@50 su/140 task.fork fork=150 pgid=140 sid=130 scope=in\n"
		 "@51 bash/150 task.exec parent=140 pgid=150 sid=130 tty=pts/0 scope=in\n"
		 "@60 bash/150 task.fork fork=160 pgid=150 sid=130 scope=in\n"
		 "@61 a/160 task.exec parent=150 pgid=160 sid=130 tty=pts/0 scope=in\n"
		 "@62 bash/150 task.fork fork=170 pgid=150 sid=130 scope=in\n"
		 "@63 bg/170 task.exec parent=150 pgid=170 sid=130 tty=pts/0 scope=in\n"
		 STORY_CHILD("70", "outer", "180", "180", "tty=pts/0") STORY_KEY("100", "160")
		 STORY_INT("100", "a/160", "160", "")
		 "@101 a/160 task.exit pgid=160 sid=130 exit_code=2\n" LATER, OPEN
		 "interrupt #1 tty SIGINT stopped: a/160 died; missed bg/170 background_job,"
		 " outer/180 background_job; seen\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_three),
		cmocka_unit_test(without_key),
		cmocka_unit_test(two_keys),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(not_a_signal),
		cmocka_unit_test(prompt),
		cmocka_unit_test(handler),
		cmocka_unit_test(ends_of_the_hangup),
		cmocka_unit_test(not_taken),
		cmocka_unit_test(other_keys),
		cmocka_unit_test(missed),
		cmocka_unit_test(handed_on),
		cmocka_unit_test(killed),
		cmocka_unit_test(storm),
		cmocka_unit_test(ssh_signal),
		cmocka_unit_test(two_groups),
		cmocka_unit_test(quoted),
		cmocka_unit_test(flood),
		cmocka_unit_test(replaced_shell),
		cmocka_unit_test(another_shell),
		cmocka_unit_test(ends_of_something_else),
		cmocka_unit_test(ancestors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
