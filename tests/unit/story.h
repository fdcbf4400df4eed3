/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stories: records in short lines, told to an engine, and the facts it made of them, a line each.
 *
 *   @120 sleep/140 task.exit exit_code=2
 *
 * is what event_parse() takes, with the time in ms and who ran in front (`comm/tgid`; its start is
 * its tgid in ns unless start= says otherwise). Short for members that go together:
 *
 *   ->sleep/140   the target of a signal
 *   fork=140      the child of a fork
 *   parent=130    the parent of a task
 *
 * A fact reads
 *
 *   open #1 alice exec "sleep 9" root=130 server=120 seen
 *   interrupt #1 tty SIGINT partly: sleep/140 died, bash/130 handled(handler); missed cat/150
 *     own_group; seen
 *   close #1 disconnect status=0 processes=2 orphans=1 lost=0 seen
 *   orphan #1 sleep/140 no_pty leaked seen
 *   fate #1 sleep/140 after 2000000: seen
 */
#ifndef SIGTRACE_TESTS_STORY_H
#define SIGTRACE_TESTS_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "finding/engine.h"

/* Hands each line of the story on as a record. Fails the test on a line that is none. */
void story_records(const char *lines, void (*take)(void *ctx, const void *rec, size_t len),
		   void *ctx);

struct story;

struct story *story_new(void);
void story_free(struct story *s);
struct engine *story_engine(struct story *s);

/* Feeds the lines to the engine. */
void story_tell(struct story *s, const char *lines);

/* The facts since the last time are these, neither more nor fewer; "" for none. */
void story_expect(struct story *s, const char *facts);

/* The facts since the last story_expect(), valid until the next call. */
const char *story_so_far(struct story *s);

/* All in one: the facts of a whole story. */
void story_is(const char *lines, const char *facts);

/* All facts of a whole story, each with its time, evidence, why and the rest, as in
 *   close #1 exit status=0 processes=1 orphans=0 lost=0 seen at 100000000 of 6 11: WHY; ADVICE
 * The caller frees. */
char *story_facts(const char *lines);

/* Such facts of a story have all of `parts` in them, ended by NULL, in this order. */
void story_has(const char *lines, const char *const parts[]);
#define STORY_HAS(lines, ...) story_has(lines, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what most stories begin with ---- */

#define STORY_SOCK "family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=22 rport=5000"

/* Listener 100. */
#define STORY_SERVER                                                                               \
	"@0 trace.begin scope=sshd host=\"h\"\n"                                                   \
	"@1 user.name uid=1000 name=\"alice\"\n"                                                   \
	"@1 sshd/100 task.snapshot parent=1 pgid=100 sid=100 scope=in,server\n"                    \
	"@1 sshd/100 sock.owner family=inet laddr=192.0.2.1 lport=22 state=LISTEN\n"               \
	"@2 trace.ready tasks=1\n"

/* Monitor 110, the pre-auth child 111, user child 120. */
#define STORY_LOGIN                                                                                \
	"@10 sshd/100 task.fork fork=110 pgid=100 sid=100 scope=in,server\n"                       \
	"@10 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"                          \
	"@11 sshd/110 task.exec parent=100 pgid=110 sid=110 scope=in,server args=[\"sshd\",\"-R\"]\n" \
	"@12 sshd/110 task.fork fork=111 pgid=110 sid=110 scope=in,server\n"                       \
	"@20 sshd/111 task.exit pgid=110 sid=110\n"                                                \
	"@21 sshd/110 task.fork fork=120 pgid=110 sid=110 scope=in,server\n"

/* The session's root 130, without a terminal. `args` as in the text form. */
#define STORY_EXEC(args)                                                                           \
	"@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"                       \
	"@31 bash/130 task.exec parent=120 pgid=130 sid=130 uid=1000 scope=in fd=pipe,pipe,pipe"   \
	" args=" args "\n"

/* The same on pts/0. */
#define STORY_PTY(args)                                                                            \
	"@30 sshd/120 task.fork fork=130 pgid=110 sid=110 scope=in,server\n"                       \
	"@31 bash/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 tty_pgrp=130 uid=1000"       \
	" scope=in fd=tty,tty,tty args=" args "\n"

#define STORY_SHELL STORY_PTY("[\"-bash\"]")

/* A process of the root's at the given ms: forked into its group, then perhaps put into another. */
#define STORY_CHILD(ms, comm, tgid, pgid, more)                                                    \
	"@" ms " bash/130 task.fork fork=" tgid " pgid=130 sid=130 scope=in\n"                     \
	"@" ms " " comm "/" tgid " task.exec parent=130 pgid=" pgid " sid=130 uid=1000 scope=in"   \
	" args=[\"" comm "\"] " more "\n"

/* A typed ^C, and its signal to one process. */
#define STORY_KEY(ms, pgid)                                                                        \
	"@" ms " kworker/7 tty.key tty=pts/0 key=intr isig=1 tty_sid=130 tty_pgrp=" pgid "\n"
#define STORY_INT(ms, target, pgid, more)                                                          \
	"@" ms " kworker/7 signal.generate ->" target " sig=SIGINT si_code=SI_KERNEL group=1"      \
	" flags=kthread work_tty=pts/0 tty=pts/0 sid=130 pgid=" pgid " tty_pgrp=" pgid " " more "\n"

/* The kernel's hang-up to one process. */
#define STORY_HUP(ms, by, target, pgid, more)                                                      \
	"@" ms " " by " signal.generate ->" target " sig=SIGHUP si_code=SI_KERNEL group=1 sid=130" \
	" pgid=" pgid " " more "\n"

#define STORY_TCP(ms, from, to, more)                                                              \
	"@" ms " ssh/90 sock.state " STORY_SOCK " old=" from " new=" to " " more "\n"

#endif
