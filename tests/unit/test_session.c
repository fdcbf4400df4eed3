/* SPDX-License-Identifier: GPL-2.0-only */
/* Which exec, snapshot or connection is a session, and what was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/session.h"
#include "unit/story.h"

#define LOGGED_IN STORY_SERVER STORY_LOGIN

static void requests(void **state)
{
	(void)state;
	story_is(LOGGED_IN STORY_SHELL, "open #1 alice shell \"-bash\" root=130 server=120"
		 " pty=pts/0 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"-bash\"]"),
		 "open #1 alice shell \"-bash\" root=130 server=120 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\",\"ls | wc\"]"),
		 "open #1 alice exec \"ls | wc\" root=130 server=120 seen\n");
	story_is(LOGGED_IN STORY_PTY("[\"bash\",\"-c\",\"top\"]"),
		 "open #1 alice exec \"top\" root=130 server=120 pty=pts/0 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\",\"/usr/lib/openssh/sftp-server\"]"),
		 "open #1 alice subsystem \"/usr/lib/openssh/sftp-server\" root=130 server=120"
		 " seen\n");
	/* no sftp-server, though it says so */
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\",\"echo sftp-server\"]"),
		 "open #1 alice exec \"echo sftp-server\" root=130 server=120 seen\n");
}

/* argv that was cut off, was not readable, or is odd. */
static void odd_arguments(void **state)
{
	(void)state;
	story_is(LOGGED_IN "@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@31 x/130 task.exec parent=120 pgid=130 sid=130 uid=1000 scope=in truncated=fault\n",
		 "open #1 alice exec \"\" root=130 server=120 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"\"]"), "open #1 alice exec \"\" root=130 server=120 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\"]"),
		 "open #1 alice exec \"bash -c\" root=130 server=120 seen\n");
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\",\"a\\xff\"...]"),
		 "open #1 alice exec \"a\\u00ff\" root=130 server=120 seen\n");
}

/* PAM's helpers are the monitor's children too, but call no setsid(2). */
static void pam_helper(void **state)
{
	(void)state;
	story_is(LOGGED_IN "@22 sshd/110 task.fork fork=125 pgid=110 sid=110 scope=in,server\n"
		 "@23 sh/125 task.exec parent=110 pgid=110 sid=110 scope=in"
		 " args=[\"sh\",\"-c\",\"run-parts /etc/update-motd.d\"]\n"
		 "@24 sh/125 task.fork fork=126 pgid=110 sid=110 scope=in\n"
		 "@24 run-parts/126 task.exec parent=125 pgid=126 sid=126 scope=in args=[\"run-parts\"]\n"
		 "@25 sh/125 task.exit pgid=110 sid=110\n", "");
}

/* The server itself, run again for a connection: sshd -R, sshd-session, sshd-auth. */
static void re_exec(void **state)
{
	(void)state;
	story_is(LOGGED_IN, "");
	story_is(STORY_SERVER
		 "@10 sshd/100 task.fork fork=110 pgid=100 sid=100 scope=in,server\n"
		 "@10 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		 "@11 sshd-session/110 task.exec parent=100 pgid=110 sid=110 scope=in,server"
		 " args=[\"sshd-session\",\"-R\"]\n"
		 "@12 sshd-session/110 task.fork fork=111 pgid=110 sid=110 scope=in,server\n"
		 "@13 sshd-auth/111 task.exec parent=110 pgid=111 sid=111 scope=in,server"
		 " args=[\"sshd-auth\",\"-R\"]\n", "");
}

/* Its own sessions within the session are no session of ssh. */
static void setsid_inside(void **state)
{
	(void)state;
	story_is(LOGGED_IN STORY_SHELL
		 "@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"
		 "@41 x/140 task.exec parent=130 pgid=140 sid=140 scope=in args=[\"x\"]\n"
		 "@42 bash/130 task.exec parent=120 pgid=130 sid=130 scope=in args=[\"-zsh\"]\n",
		 "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n");
}

/* A server that somebody started within the session serves nobody by that. */
static void two_on_one_connection(void **state)
{
	(void)state;
	story_is(LOGGED_IN STORY_SHELL
		 "@50 sshd/120 task.fork fork=230 pgid=110 sid=110 scope=in,server\n"
		 "@51 bash/230 task.exec parent=120 pgid=230 sid=230 uid=1000 scope=in"
		 " args=[\"bash\",\"-c\",\"b\"]\n"
		 "@60 bash/130 task.exit pgid=130 sid=130\n@600 trace.tick\n@800 trace.tick\n",
		 "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"
		 "open #2 alice exec \"b\" root=230 server=120 seen\n"
		 "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
}

/* OpenSSH up to 9.7, root: no user child. */
static void root_login(void **state)
{
	(void)state;
	story_is(STORY_SERVER "@1 user.name name=\"root\"\n"
		 "@10 sshd/100 task.fork fork=110 pgid=100 sid=100 scope=in,server\n"
		 "@10 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		 "@11 sshd/110 task.exec parent=100 pgid=110 sid=110 scope=in,server args=[\"sshd\"]\n"
		 "@30 sshd/110 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@31 bash/130 task.exec parent=110 pgid=130 sid=130 scope=in args=[\"-bash\"]\n",
		 "open #1 root shell \"-bash\" root=130 server=110 seen\n");
}

/* A uid without a name. */
static void nameless(void **state)
{
	(void)state;
	story_is(LOGGED_IN "@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@31 x/130 task.exec parent=120 pgid=130 sid=130 uid=4242 scope=in args=[\"-x\"]\n",
		 "open #1 4242 shell \"-x\" root=130 server=120 seen\n");
}

#define BEFORE(tgid, comm, parent, more)                                                           \
	"@1 " comm "/" tgid " task.snapshot parent=" parent " " more "\n"

#define WAS_OPEN                                                                                   \
	"@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n"                        \
	BEFORE("100", "sshd", "1", "pgid=100 sid=100 scope=in,server")                             \
	BEFORE("110", "sshd", "100", "pgid=110 sid=110 scope=in,server")                           \
	BEFORE("120", "sshd", "110", "pgid=110 sid=110 uid=1000 scope=in,server")                  \
	"@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                           \
	"@1 sshd/120 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"

static void preexisting(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, WAS_OPEN
		   BEFORE("140", "vi", "130", "pgid=140 sid=130 tty=pts/0 uid=1000 scope=in")
		   BEFORE("130", "bash", "120", "pgid=130 sid=130 tty=pts/0 uid=1000 scope=in")
		   "@1 bash/130 task.args args=[\"-bash\"]\n");
	story_expect(s, "");
	story_tell(s, "@2 trace.ready tasks=5\n");
	story_expect(s, "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 preexisting"
			" inferred\n");
	assert_int_equal(world_last(engine_world(story_engine(s)), 140)->session, 1);
	story_free(s);
}

/* Between attach and the end of the snapshot both tell of it: one session. */
static void while_the_snapshot_ran(void **state)
{
	(void)state;
	story_is(WAS_OPEN "@1 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@1 bash/130 task.exec parent=120 pgid=130 sid=130 uid=1000 scope=in"
		 " args=[\"-bash\"]\n"
		 BEFORE("130", "bash", "120", "pgid=130 sid=130 uid=1000 scope=in")
		 "@2 trace.ready tasks=5\n",
		 "open #1 alice shell \"-bash\" root=130 server=120 seen\n");
}

static void preexisting_forward(void **state)
{
	(void)state;
	story_is(WAS_OPEN "@2 trace.ready tasks=3\n",
		 "open #1 alice none \"\" root=120 server=120 preexisting inferred\n");
	/* nobody has logged in yet */
	story_is("@0 trace.begin scope=sshd\n"
		 BEFORE("100", "sshd", "1", "pgid=100 sid=100 scope=in,server")
		 BEFORE("110", "sshd", "100", "pgid=110 sid=110 scope=in,server")
		 "@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		 "@2 trace.ready tasks=2\n", "");
}

#define ANSWER(ms)                                                                                 \
	"@" ms " sshd/110 task.snapshot parent=100 pgid=110 sid=110 scope=in,server\n"             \
	"@" ms " sshd/120 task.snapshot parent=110 pgid=110 sid=110 uid=1000 scope=in,server\n"    \
	"@" ms " trace.ready tasks=2 asked=1\n"

static bool asks_for(struct story *s, uint32_t tgid)
{
	uint32_t asked[8];
	size_t n = engine_asks(story_engine(s), asked, 8);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= asked[i] == tgid;
	return found;
}

/* First it may still be a command without an exec; after three seconds it is none. */
static void forward_only(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, LOGGED_IN "@100 trace.tick\n");
	assert_false(asks_for(s, 120));
	story_tell(s, "@1100 trace.tick\n");
	assert_true(asks_for(s, 120));
	story_tell(s, ANSWER("1101") "@2900 trace.tick\n");
	assert_false(asks_for(s, 120));
	story_expect(s, "");
	assert_true(engine_deadline(story_engine(s)) == 3020 * MS);
	story_tell(s, "@3021 trace.tick\n");
	assert_true(asks_for(s, 120));
	story_tell(s, ANSWER("3022"));
	story_expect(s, "open #1 alice none \"\" root=120 server=120 seen\n");
	story_tell(s, STORY_TCP("4000", "ESTABLISHED", "CLOSE_WAIT", "")
		      "@4001 sshd/120 task.exit exit_code=65280\n@4900 trace.tick\n");
	story_expect(s, "close #1 disconnect processes=0 orphans=0 lost=0 seen\n");
	story_free(s);
}

/* ssh-facts 1.5: fork, setsid(2), no exec. */
static void internal_sftp(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, LOGGED_IN "@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		      "@1100 trace.tick\n");
	assert_true(asks_for(s, 130));
	story_tell(s, "@1101 sshd/130 task.snapshot parent=120 pgid=130 sid=130 uid=1000"
		      " scope=in,server\n" ANSWER("1101"));
	story_expect(s, "open #1 alice subsystem \"internal-sftp\" root=130 server=120 seen\n");
	story_tell(s, STORY_TCP("4000", "ESTABLISHED", "CLOSE_WAIT", "")
		      "@4001 sshd/120 task.exit exit_code=65280\n"
		      "@4001 sshd/130 task.exit\n@4900 trace.tick\n@5900 trace.tick\n");
	story_expect(s, "interrupt #1 disconnect disconnect stopped: sshd/130 exited; inferred\n"
			"close #1 disconnect status=0 processes=1 orphans=0 lost=0 seen\n");
	story_free(s);
}

/* A command within the three seconds, or a log-in that comes to nothing. */
static void not_forward_only(void **state)
{
	(void)state;
	story_is(LOGGED_IN STORY_EXEC("[\"bash\",\"-c\",\"x\"]") "@3100 trace.tick\n"
		 "@3200 trace.ready asked=1\n",
		 "open #1 alice exec \"x\" root=130 server=120 seen\n");
}

/* Gone before anybody looked: told at its end, and not again by the answer that comes too late. */
static void forward_only_and_gone(void **state)
{
	(void)state;
	story_is(LOGGED_IN STORY_TCP("1000", "ESTABLISHED", "CLOSE_WAIT", "")
		 "@1001 sshd/120 task.exit uid=1000\n@3100 trace.tick\n@3200 trace.ready asked=1\n",
		 "open #1 alice none \"\" root=120 server=120 seen\n"
		 "close #1 vanished processes=0 orphans=0 lost=0 seen\n");
}

#define PEER "family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=2222 rport=6000"
/* Listener 300, started from the session's shell; its first connection is served by 310 and 320. */
#define NESTED                                                                                     \
	LOGGED_IN STORY_SHELL                                                                      \
	"@40 bash/130 task.fork fork=300 pgid=130 sid=130 scope=in\n"                              \
	"@41 sshd/300 task.exec parent=130 pgid=300 sid=300 scope=in,server args=[\"sshd\"]\n"      \
	"@42 sshd/300 sock.owner family=inet laddr=192.0.2.1 lport=2222 state=LISTEN fd=3\n"       \
	"@50 sshd/300 task.fork fork=310 pgid=300 sid=300 scope=in,server\n"                       \
	"@50 sshd/310 sock.owner " PEER " state=ESTABLISHED fd=4\n"                                \
	"@51 sshd/310 task.exec parent=300 pgid=310 sid=310 scope=in,server args=[\"sshd\"]\n"      \
	"@52 sshd/310 task.fork fork=311 pgid=310 sid=310 scope=in,server\n"                       \
	"@60 sshd/311 task.exit pgid=310 sid=310\n"                                                \
	"@61 sshd/310 task.fork fork=320 pgid=310 sid=310 scope=in,server\n"                       \
	"@70 sshd/320 task.fork fork=330 pgid=310 sid=310 scope=in,server\n"                       \
	"@71 bash/330 task.exec parent=320 pgid=330 sid=330 uid=1000 scope=in"                     \
	" args=[\"bash\",\"-c\",\"a\"]\n"
#define NESTED_OPEN                                                                                \
	"open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 seen\n"                       \
	"open #2 alice exec \"a\" root=330 server=320 seen\n"

static uint32_t session_now(struct story *s, uint32_t tgid)
{
	return world_last(engine_world(story_engine(s)), tgid)->session;
}

/* Who serves a connection of an sshd that was started in here is no member; the listener is. */
static void server_inside(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, NESTED);
	story_expect(s, NESTED_OPEN);
	assert_int_equal(session_now(s, 300), 1);
	assert_int_equal(session_now(s, 310), 0);
	assert_int_equal(session_now(s, 320), 0);
	assert_int_equal(session_now(s, 330), 2);
	/* the outer one ends: it leaves the listener behind, and the inner one goes on */
	story_tell(s, "@100 bash/130 task.exit pgid=130 sid=130\n"
		      "@101 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n"
		      "@3000 trace.tick\n@3001 sshd/300 task.snapshot parent=1 pgid=300 sid=300"
		      " scope=in,server\n@3002 trace.ready tasks=1 asked=1\n");
	story_expect(s, "close #1 exit status=0 processes=2 orphans=1 lost=0 seen\n"
			"orphan #1 sshd/300 other_session leaked seen\n");
	story_tell(s, "@4000 bash/330 task.exit pgid=330 sid=330 exit_code=768\n"
		      "@4001 sshd/320 task.exit pgid=310 sid=310 exit_code=65280\n"
		      "@4900 trace.tick\n@5900 trace.tick\n");
	story_expect(s, "close #2 exit status=3 processes=1 orphans=0 lost=0 seen\n");
	story_free(s);
}

/* The second log-in to it is no member either: a Ctrl-C in the outer session does not miss it. */
static void later_log_in_inside(void **state)
{
	(void)state;
	story_is(NESTED
		 "@80 sshd/300 task.fork fork=410 pgid=300 sid=300 scope=in,server\n"
		 "@80 sshd/410 sock.owner family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=2222"
		 " rport=6001 state=ESTABLISHED fd=4\n"
		 "@81 sshd/410 task.fork fork=411 pgid=300 sid=300 scope=in,server\n"
		 "@82 sshd/411 task.exit pgid=300 sid=300\n"
		 "@83 sshd/410 task.fork fork=420 pgid=300 sid=300 scope=in,server\n"
		 "@84 sshd/420 task.fork fork=430 pgid=300 sid=300 scope=in,server\n"
		 "@85 bash/430 task.exec parent=420 pgid=430 sid=430 uid=1000 scope=in"
		 " args=[\"-bash\"]\n" STORY_KEY("100", "130")
		 STORY_INT("100", "bash/130", "130", "disposition=handler")
		 "@101 bash/130 signal.deliver sig=SIGINT disposition=handler\n@300 trace.tick\n"
		 "@900 trace.tick\n",
		 NESTED_OPEN "open #3 alice shell \"-bash\" root=430 server=420 seen\n"
		 "interrupt #1 tty SIGINT no_effect: bash/130 handled(prompt); missed sshd/300"
		 " own_session; seen\n");
}

#define RESTARTED                                                                                  \
	"@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n"                        \
	BEFORE("110", "sshd", "1", "pgid=110 sid=110 scope=in,server")                             \
	"@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                           \
	BEFORE("120", "sshd", "110", "pgid=110 sid=110 uid=1000 scope=in,server")                  \
	"@1 sshd/120 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                           \
	BEFORE("130", "bash", "120", "pgid=130 sid=130 tty=pts/0 uid=1000 scope=in")               \
	"@1 bash/130 task.args args=[\"-bash\"]\n"

/* Its listener was restarted: pid 1 has adopted the connection's process. */
static void preexisting_of_a_restarted_listener(void **state)
{
	(void)state;
	STORY_HAS(RESTARTED "@2 trace.ready tasks=3\n",
		  "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 preexisting inferred",
		  "; peer port 5000\n");
	/* root's, with OpenSSH up to 9.7: its parent is the adopted process itself */
	STORY_HAS("@0 trace.begin scope=sshd\n@1 user.name name=\"root\"\n"
		  BEFORE("110", "sshd", "1", "pgid=110 sid=110 scope=in,server")
		  "@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		  BEFORE("130", "bash", "110", "pgid=130 sid=130 scope=in")
		  "@1 bash/130 task.args args=[\"-bash\"]\n@2 trace.ready tasks=2\n",
		  "open #1 root shell \"-bash\" root=130 server=110 preexisting inferred",
		  "; peer port 5000\n");
}

/* What it is about to hand to a child, a listener has open for a moment: no session of its own. */
static void listener_with_an_accepted_socket(void **state)
{
	(void)state;
	story_is("@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n"
		 BEFORE("100", "sshd", "1", "pgid=100 sid=100 uid=1000 scope=in,server")
		 "@1 sshd/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN fd=3\n"
		 "@1 sshd/100 sock.owner " STORY_SOCK " state=ESTABLISHED fd=5\n"
		 BEFORE("105", "x", "100", "pgid=105 sid=105 uid=1000 scope=in")
		 "@2 trace.ready tasks=2\n@5000 trace.tick\n", "");
}

/* A job whose parent went before us: its session's leader tells whose it is. */
static void preexisting_orphan(void **state)
{
	struct story *s = story_new();

	(void)state;
	story_tell(s, WAS_OPEN
		   BEFORE("150", "sleep", "1", "pgid=149 sid=130 tty=pts/0 uid=1000 scope=in")
		   BEFORE("160", "other", "1", "pgid=160 sid=160 uid=1000 scope=in")
		   BEFORE("130", "bash", "120", "pgid=130 sid=130 tty=pts/0 uid=1000 scope=in")
		   "@1 bash/130 task.args args=[\"-bash\"]\n@2 trace.ready tasks=6\n");
	assert_int_equal(session_now(s, 150), 1);
	assert_int_equal(session_now(s, 160), 0);
	story_tell(s, "@100 bash/130 task.exit pgid=130 sid=130\n"
		      "@101 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n"
		      "@3000 trace.tick\n@3001 sleep/150 task.snapshot parent=1 pgid=149 sid=130"
		      " scope=in\n@3002 trace.ready tasks=1 asked=1\n");
	story_expect(s, "open #1 alice shell \"-bash\" root=130 server=120 pty=pts/0 preexisting"
			" inferred\n"
			"close #1 exit status=0 processes=2 orphans=1 lost=0 seen\n"
			"orphan #1 sleep/150 other_group leaked seen\n");
	story_free(s);
}

/* Under a super-server, 80, in whose group and session all of it stays. */
#define TINYSSH                                                                                    \
	"@0 trace.begin scope=sshd\n@1 user.name uid=1000 name=\"alice\"\n@2 trace.ready\n"         \
	"@10 inetd/80 task.fork fork=110 pgid=80 sid=80 scope=in\n"                                \
	"@11 tinysshd/110 task.exec parent=80 pgid=80 sid=80 scope=in,server fd=sock,sock,file"    \
	" args=[\"tinysshd\"]\n"                                                                   \
	"@11 tinysshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=0\n"                      \
	"@30 tinysshd/110 task.fork fork=130 pgid=80 sid=80 scope=in,server\n"                     \
	"@31 sh/130 task.exec parent=110 pgid=80 sid=80 uid=1000 scope=in fd=pipe,pipe,pipe"       \
	" args=[\"sh\",\"-c\",\"sleep 9\"]\n"                                                      \
	"@32 sh/130 task.fork fork=140 pgid=80 sid=80 scope=in\n"

/* TinySSH calls no setsid(2) for a command: that is no reason why somebody survived. */
static void tinysshd(void **state)
{
	(void)state;
	STORY_HAS(TINYSSH "@100 sh/130 task.exit pgid=80 sid=80\n"
		  "@101 tinysshd/110 task.exit pgid=80 sid=80 exit_code=28416\n"
		  "@3000 trace.tick\n@3001 sh/140 task.snapshot parent=1 pgid=80 sid=80 scope=in\n"
		  "@3002 trace.ready tasks=1 asked=1\n",
		  "open #1 alice exec \"sleep 9\" root=130 server=110 seen", "; peer port 5000\n",
		  "close #1 exit status=0 processes=2 orphans=1 lost=0 seen",
		  "orphan #1 sh/140 no_signal leaked seen");
}

/* Died before its exec, of a key that was typed ahead: a terminal, so no internal-sftp. */
static void dies_before_its_exec(void **state)
{
	(void)state;
	story_is(LOGGED_IN "@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@31 sshd/130 task.exit pgid=130 sid=130 tty=pts/0 uid=1000 exit_code=2\n"
		 "@32 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n@5000 trace.tick\n",
		 "open #1 alice none \"\" root=130 server=120 pty=pts/0 seen\n"
		 "close #1 exit signal=SIGINT processes=1 orphans=0 lost=0 seen\n");
	story_is(LOGGED_IN "@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"
		 "@31 sshd/130 task.exit pgid=130 sid=130 uid=1000\n"
		 "@32 sshd/120 task.exit pgid=110 sid=110 exit_code=65280\n@5000 trace.tick\n",
		 "open #1 alice subsystem \"internal-sftp\" root=130 server=120 seen\n"
		 "close #1 exit status=0 processes=1 orphans=0 lost=0 seen\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(odd_arguments),
		cmocka_unit_test(pam_helper),
		cmocka_unit_test(re_exec),
		cmocka_unit_test(setsid_inside),
		cmocka_unit_test(two_on_one_connection),
		cmocka_unit_test(root_login),
		cmocka_unit_test(nameless),
		cmocka_unit_test(preexisting),
		cmocka_unit_test(while_the_snapshot_ran),
		cmocka_unit_test(preexisting_forward),
		cmocka_unit_test(forward_only),
		cmocka_unit_test(internal_sftp),
		cmocka_unit_test(not_forward_only),
		cmocka_unit_test(forward_only_and_gone),
		cmocka_unit_test(server_inside),
		cmocka_unit_test(later_log_in_inside),
		cmocka_unit_test(preexisting_of_a_restarted_listener),
		cmocka_unit_test(listener_with_an_accepted_socket),
		cmocka_unit_test(preexisting_orphan),
		cmocka_unit_test(tinysshd),
		cmocka_unit_test(dies_before_its_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
