/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a process outlived its session, and whether it was meant to (ssh-facts 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "unit/story.h"

#define BASH_C "[\"bash\",\"-c\",\"x\"]"
#define NOPTY STORY_SERVER STORY_LOGIN STORY_EXEC(BASH_C)
#define PTY STORY_SERVER STORY_LOGIN STORY_PTY(BASH_C)
#define SHELL STORY_SERVER STORY_LOGIN STORY_SHELL

#define FORK "@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"
#define EXEC(comm, pgid, sid, more)                                                                \
	"@41 " comm "/140 task.exec parent=130 pgid=" pgid " sid=" sid " uid=1000 scope=in"        \
	" args=[\"" comm "\"] " more "\n"
#define JOB STORY_CHILD("40", "job", "140", "140", "tty=pts/0 fd=tty,tty,tty")

#define ROOT_EXIT(ms, code) "@" ms " bash/130 task.exit pgid=130 sid=130 exit_code=" code "\n"
/* The root takes the hang-up and dies of it; the client vanished. */
#define HANG_UP                                                                                    \
	STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")                                          \
	"@101 sshd/120 task.exit pgid=110 sid=110\n"                                               \
	STORY_HUP("102", "sshd/110", "bash/130", "130", "")
#define ROOT_DIES ROOT_EXIT("104", "1")
#define VANISH                                                                                     \
	STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")                                          \
	"@101 sshd/120 task.exit pgid=110 sid=110\n" ROOT_EXIT("102", "0")
#define GOODBYE                                                                                    \
	STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")                                          \
	"@101 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n" ROOT_EXIT("102", "0")
#define EXIT ROOT_EXIT("100", "0") "@101 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n"

/* The kernel's answer, when the question has been asked at 3000. */
#define ANSWER(comm, more)                                                                         \
	"@3000 trace.tick\n@3001 " comm "/140 task.snapshot parent=1 uid=1000 scope=in " more "\n" \
	"@3002 trace.ready tasks=1 asked=1\n"
#define IN_ROOTS "pgid=130 sid=130 "
#define IN_OWN "pgid=140 sid=130 "

/* The orphan's line of the story is `tail`, behind its name. */
static void ends_in(const char *lines, const char *tail)
{
	struct buf want = {0};
	char *facts = story_facts(lines), *at = strstr(facts, "\norphan ");

	buf_printf(&want, " %s at ", tail);
	if (!at || !strstr(at, buf_cstr(&want)))
		fail_msg("%s expected in\n%s", tail, facts);
	buf_free(&want);
	free(facts);
}

static void nobody_left(const char *lines)
{
	char *facts = story_facts(lines);

	if (strstr(facts, "\norphan ") || !strstr(facts, "\nclose "))
		fail_msg("an orphan, or no end:\n%s", facts);
	free(facts);
}

static void no_pty(void **state)
{
	(void)state;
	ends_in(NOPTY FORK EXEC("sleep", "130", "130", "") GOODBYE
		ANSWER("sleep", IN_ROOTS), "sleep/140 no_pty leaked seen");
	ends_in(NOPTY FORK EXEC("sleep", "130", "130", "") VANISH
		ANSWER("sleep", IN_ROOTS), "sleep/140 no_pty leaked seen");
	nobody_left(NOPTY FORK EXEC("cat", "130", "130", "") GOODBYE
		    "@103 cat/140 task.exit pgid=130 sid=130\n@3000 trace.tick\n");
}

static void ended_by_itself(void **state)
{
	(void)state;
	ends_in(NOPTY FORK EXEC("sleep", "130", "130", "") EXIT
		ANSWER("sleep", IN_ROOTS), "sleep/140 no_signal leaked seen");
	ends_in(SHELL JOB EXIT ANSWER("job", IN_OWN), "job/140 other_group leaked seen");
}

/* The kernel's answer counts, not the group that it was forked into. */
static void other_group(void **state)
{
	(void)state;
	ends_in(SHELL JOB HANG_UP ROOT_DIES ANSWER("job", IN_OWN), "job/140 other_group leaked seen");
	ends_in(SHELL FORK HANG_UP ROOT_DIES ANSWER("bash", IN_OWN),
		"bash/140 other_group leaked seen");
	ends_in(PTY FORK EXEC("timeout", "130", "130", "") HANG_UP ROOT_DIES
		ANSWER("timeout", IN_OWN), "timeout/140 other_group leaked seen");
	ends_in(PTY FORK EXEC("x", "130", "130", "") HANG_UP ROOT_DIES
		ANSWER("x", IN_ROOTS), "x/140 no_signal leaked seen");
}

static void other_session(void **state)
{
	(void)state;
	ends_in(SHELL FORK EXEC("x", "140", "140", "") HANG_UP ROOT_DIES
		ANSWER("x", "pgid=140 sid=140 "), "x/140 other_session leaked seen");
	ends_in(NOPTY FORK EXEC("x", "140", "140", "") GOODBYE
		ANSWER("x", "pgid=140 sid=140 "), "x/140 other_session leaked seen");
}

#define HUP(more) STORY_HUP("103", "bash/130", "job/140", "140", more)

static void told_and_stayed(void **state)
{
	(void)state;
	ends_in(SHELL JOB HANG_UP HUP("result=ignored disposition=ignore") ROOT_DIES
		ANSWER("job", IN_OWN), "job/140 ignored leaked seen");
	ends_in(SHELL JOB HANG_UP HUP("blocked=1") ROOT_DIES ANSWER("job", IN_OWN),
		"job/140 blocked leaked seen");
	ends_in(SHELL JOB HANG_UP HUP("disposition=handler") ROOT_DIES
		"@105 job/140 signal.deliver sig=SIGHUP disposition=handler\n"
		ANSWER("job", IN_OWN), "job/140 handled leaked seen");
	ends_in(SHELL JOB HANG_UP HUP("") ROOT_DIES ANSWER("job", IN_OWN "state=__TASK_STOPPED"),
		"job/140 stopped leaked seen");
	ends_in(SHELL JOB HANG_UP HUP("") ROOT_DIES
		ANSWER("job", IN_OWN "state=TASK_UNINTERRUPTIBLE"),
		"job/140 uninterruptible leaked seen");
}

static void told_and_unclear(void **state)
{
	(void)state;
	/* handler set, but it was never run */
	ends_in(SHELL JOB HANG_UP HUP("disposition=handler") ROOT_DIES ANSWER("job", IN_OWN),
		"job/140 unknown leaked seen");
	/* killable (TASK_WAKEKILL): that is no D */
	ends_in(SHELL JOB HANG_UP HUP("") ROOT_DIES
		ANSWER("job", IN_OWN "state=TASK_UNINTERRUPTIBLE,TASK_WAKEKILL"),
		"job/140 unknown leaked seen");
	/* stopped, and nobody signalled it */
	ends_in(SHELL JOB HANG_UP ROOT_DIES ANSWER("job", IN_OWN "state=__TASK_STOPPED"),
		"job/140 other_group leaked seen");
	/* a hang-up of long before the end */
	ends_in(SHELL JOB STORY_HUP("60", "x/77", "job/140", "140", "disposition=handler")
		"@61 job/140 signal.deliver sig=SIGHUP disposition=handler\n" HANG_UP ROOT_DIES
		ANSWER("job", IN_OWN), "job/140 other_group leaked seen");
}

/* A second SIGHUP is "ignored" by who dies of the first: it will be gone in a moment. */
static void told_twice(void **state)
{
	(void)state;
	nobody_left(SHELL JOB HANG_UP HUP("") ROOT_DIES
		    STORY_HUP("104", "bash/130", "job/140", "140", "result=ignored")
		    "@250 trace.tick\n@400 job/140 task.exit exit_code=1 pgid=140 sid=130\n"
		    "@900 trace.tick\n@2000 trace.tick\n");
}

#define LEAVE(comm, more)                                                                          \
	SHELL FORK EXEC(comm, "140", "130", "") HANG_UP ROOT_DIES ANSWER(comm, more)

static void meant_to_stay(void **state)
{
	(void)state;
	ends_in(LEAVE("nohup", IN_OWN), "nohup/140 other_group intended seen");
	ends_in(LEAVE("setsid", "pgid=140 sid=140"), "setsid/140 other_session intended seen");
	ends_in(LEAVE("tmux", "pgid=140 sid=140"), "tmux/140 other_session intended seen");
	ends_in(LEAVE("systemd-run", IN_OWN), "systemd-run/140 other_group intended seen");
	/* forked again after setsid(): leads no session */
	ends_in(LEAVE("daemon", "pgid=139 sid=139"), "daemon/140 other_session intended seen");
	/* two weak signs */
	ends_in(LEAVE("x", "pgid=140 sid=140 ignored=SIGHUP"), "x/140 other_session intended seen");
	ends_in(LEAVE("x", "pgid=140 sid=140 fd=null,file,file"),
		"x/140 other_session intended seen");
	ends_in(LEAVE("x", IN_OWN "ignored=SIGHUP fd=null,file,null"),
		"x/140 other_group intended seen");
}

static void left_behind(void **state)
{
	(void)state;
	/* one weak sign each */
	ends_in(LEAVE("x", "pgid=140 sid=140 fd=null,dead,dead"), "x/140 other_session leaked seen");
	ends_in(LEAVE("x", IN_OWN "ignored=SIGHUP fd=tty,dead,dead"),
		"x/140 other_group leaked seen");
	ends_in(LEAVE("x", IN_OWN "fd=file,file,file"), "x/140 other_group leaked seen");
	/* names that only look like it */
	ends_in(LEAVE("tmuxx", IN_OWN), "tmuxx/140 other_group leaked seen");
	ends_in(LEAVE("cat", IN_OWN), "cat/140 other_group leaked seen");
}

/* What nohup ran stays meant, after its exec and in its children. */
static void descent(void **state)
{
	(void)state;
	ends_in(SHELL FORK EXEC("nohup", "140", "130", "")
		EXEC("work", "140", "130", "ignored=SIGHUP") HANG_UP ROOT_DIES
		ANSWER("work", IN_OWN), "work/140 other_group intended seen");
	ends_in(SHELL "@35 bash/130 task.fork fork=139 pgid=130 sid=130 scope=in\n"
		"@36 nohup/139 task.exec parent=130 pgid=139 sid=130 scope=in args=[\"nohup\"]\n"
		"@37 sh/139 task.exec parent=130 pgid=139 sid=130 scope=in args=[\"sh\"]\n"
		"@40 sh/139 task.fork fork=140 pgid=139 sid=130 scope=in\n"
		"@50 sh/139 task.exit pgid=139 sid=130\n" HANG_UP ROOT_DIES
		ANSWER("sh", "pgid=139 sid=130 "), "sh/140 other_group intended seen");
}

/* SIGHUP was ignored from the session's first exec on: that is the server's doing. */
static void hup_ignored_by_the_server(void **state)
{
	(void)state;
	ends_in(STORY_SERVER STORY_LOGIN
		"@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		"@31 bash/130 task.exec parent=120 pgid=130 sid=130 uid=1000 scope=in"
		" ignored=SIGHUP args=" BASH_C "\n" FORK
		EXEC("x", "130", "130", "ignored=SIGHUP") GOODBYE
		ANSWER("x", IN_ROOTS "ignored=SIGHUP fd=null,file,file"),
		"x/140 no_pty leaked seen");
}

/* Of the init of a pid namespace the kernel drops what it has no handler for: it ignores nothing. */
static void pid_ns_init(void **state)
{
	(void)state;
#define INIT(more, flags)                                                                          \
	PTY FORK EXEC("init", "130", "130", "tty=pts/0") HANG_UP                                   \
	STORY_HUP("103", "bash/130", "init/140", "130", "result=ignored " more) ROOT_DIES          \
	ANSWER("init", IN_ROOTS flags)
	STORY_HAS(INIT("", "flags=unkillable"), "init/140 ignored leaked",
		  "it is the init of a pid namespace", "SIGKILL from outside its namespace");
	STORY_HAS(INIT("disposition=ignore", "flags=unkillable"), "init/140 ignored leaked",
		  "it ignored the hang-up's SIGHUP");
}

/* What a leader that took the hang-up and went on starts then was never there to be signalled. */
static void born_after(void **state)
{
	(void)state;
#define BORN(ms)                                                                                   \
	PTY STORY_TCP("100", "ESTABLISHED", "CLOSE_WAIT", "")                                      \
	"@101 sshd/120 task.exit pgid=110 sid=110\n"                                               \
	"@" ms " bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n" ROOT_EXIT("190", "0")    \
	ANSWER("x", IN_ROOTS)
	STORY_HAS(BORN("120"), "no_signal", "it was started after the session's end");
	STORY_HAS(BORN("90"), "no_signal", "the hang-up went to the session's leader only");
}

/* `script`, su --pty: a session of its own, but with a terminal inside ours, so no daemon. */
static void inner_terminal(void **state)
{
	(void)state;
	ends_in(LEAVE("x", "pgid=139 sid=139 fd=tty,tty,tty"), "x/140 other_session leaked seen");
	ends_in(LEAVE("x", "pgid=140 sid=139 tty=pts/1 fd=null,file,file"),
		"x/140 other_session leaked seen");
	/* the outer end of it is gone already */
	ends_in(LEAVE("x", "pgid=139 sid=139 fd=dead,dead,dead"), "x/140 other_session leaked seen");
	ends_in(LEAVE("x", "pgid=140 sid=140 ignored=SIGHUP fd=tty,tty,tty"),
		"x/140 other_session leaked seen");
	/* dead without a terminal: pipes, which a daemon may have kept */
	ends_in(NOPTY FORK EXEC("x", "139", "139", "") GOODBYE
		ANSWER("x", "pgid=139 sid=139 fd=null,dead,dead "),
		"x/140 other_session intended seen");
}

/* What becomes of it when it writes again. */
static void advice(void **state)
{
	(void)state;
	STORY_HAS(NOPTY FORK EXEC("x", "130", "130", "") GOODBYE
		  ANSWER("x", IN_ROOTS "fd=null,dead,dead"),
		  "\norphan #1 x/140 no_pty", "; would die of SIGPIPE at its next write");
	STORY_HAS(NOPTY FORK EXEC("x", "130", "130", "") GOODBYE
		  ANSWER("x", IN_ROOTS "fd=null,dead,dead ignored=SIGPIPE"),
		  "\norphan #1 x/140 no_pty",
		  "; its pipes are closed: writes fail with EPIPE, and it ignores SIGPIPE");
	STORY_HAS(LEAVE("x", IN_OWN "fd=dead,dead,dead ignored=SIGPIPE"),
		  "\norphan #1 x/140 other_group", "; its terminal is gone: writes fail with EIO");
}

/* A hang-up that it got counts more than its session, which none was to reach. */
static void told_in_its_own_session(void **state)
{
	(void)state;
#define OWN "pgid=140 sid=140 "
#define OWN_HUP(more)                                                                              \
	SHELL FORK EXEC("x", "140", "140", "") HANG_UP                                             \
	"@103 x/77 signal.generate ->x/140 sig=SIGHUP si_code=SI_KERNEL group=1 sid=140 pgid=140 " \
	more "\n" ROOT_DIES
	ends_in(OWN_HUP("result=ignored disposition=ignore") ANSWER("x", OWN),
		"x/140 ignored leaked seen");
	ends_in(OWN_HUP("blocked=1") ANSWER("x", OWN), "x/140 blocked leaked seen");
	ends_in(OWN_HUP("disposition=handler")
		"@105 x/140 signal.deliver sig=SIGHUP disposition=handler\n" ANSWER("x", OWN),
		"x/140 handled leaked seen");
}

#define PLACE(ms, who, ids, name) "@" ms " " who " task.place " ids " cgroup=\"" name "\"\n"
#define HOME "cgroup_id=30 above1=20 above2=1"
/* The root began in `home`; when it is asked about, x is in `now`. */
#define MOVED(home, now)                                                                           \
	NOPTY PLACE("32", "bash/130", home, "session-3.scope") FORK EXEC("x", "130", "130", "")    \
	GOODBYE "@3000 trace.tick\n@3001 x/140 task.snapshot parent=1 uid=1000 scope=in " IN_ROOTS  \
	"\n" PLACE("3001", "x/140", now, "run-7.scope") "@3002 trace.ready tasks=1 asked=1\n"

static void moved_out_of_its_cgroup(void **state)
{
	(void)state;
	STORY_HAS(MOVED(HOME, "cgroup_id=40 above1=1"), "x/140 no_pty intended seen",
		  "; on purpose: moved out of its session's cgroup, run-7.scope");
	/* where it was; below that; where there is none to leave; who knows what is above */
	ends_in(MOVED(HOME, HOME), "x/140 no_pty leaked seen");
	ends_in(MOVED(HOME, "cgroup_id=40 above1=30 above2=20 above3=1"), "x/140 no_pty leaked seen");
	ends_in(MOVED("cgroup_id=1", "cgroup_id=40 above1=1"), "x/140 no_pty leaked seen");
	ends_in(MOVED(HOME, "cgroup_id=40 above1=41 above2=42 above3=43 above4=44 above5=45"
		      " above6=46 above7=47"),
		"x/140 no_pty leaked seen");
	/* not looked at, then or now */
	ends_in(MOVED("stdin=7", "cgroup_id=40 above1=1"), "x/140 no_pty leaked seen");
	ends_in(MOVED(HOME, "stdin=7"), "x/140 no_pty leaked seen");
}

static void group_of_timeout(void **state)
{
	(void)state;
#define TIMEOUT(comm)                                                                              \
	PTY STORY_CHILD("35", comm, "139", "130", "tty=pts/0")                                     \
	"@36 " comm "/139 task.fork fork=140 pgid=139 sid=130 scope=in\n"                          \
	"@41 sleep/140 task.exec parent=139 pgid=139 sid=130 uid=1000 scope=in args=[\"sleep\"]\n" \
	HANG_UP ROOT_DIES "@3000 trace.tick\n"                                                     \
	"@3001 " comm "/139 task.snapshot parent=1 uid=1000 scope=in pgid=139 sid=130\n"           \
	"@3001 sleep/140 task.snapshot parent=139 uid=1000 scope=in pgid=139 sid=130\n"            \
	"@3002 trace.ready tasks=2 asked=1\n"
	STORY_HAS(TIMEOUT("timeout"), "timeout/139 other_group", "timeout(1) made for itself",
		  "timeout --foreground", "sleep/140 other_group", "timeout(1) made for itself",
		  "timeout --foreground");
	STORY_HAS(TIMEOUT("job"), "sleep/140 other_group", "it is in a process group of its own",
		  "runs until it ends by itself\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pty),
		cmocka_unit_test(moved_out_of_its_cgroup),
		cmocka_unit_test(group_of_timeout),
		cmocka_unit_test(ended_by_itself),
		cmocka_unit_test(other_group),
		cmocka_unit_test(other_session),
		cmocka_unit_test(told_and_stayed),
		cmocka_unit_test(told_and_unclear),
		cmocka_unit_test(told_twice),
		cmocka_unit_test(meant_to_stay),
		cmocka_unit_test(left_behind),
		cmocka_unit_test(descent),
		cmocka_unit_test(hup_ignored_by_the_server),
		cmocka_unit_test(pid_ns_init),
		cmocka_unit_test(born_after),
		cmocka_unit_test(inner_terminal),
		cmocka_unit_test(advice),
		cmocka_unit_test(told_in_its_own_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
