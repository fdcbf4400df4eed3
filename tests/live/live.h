/* SPDX-License-Identifier: GPL-2.0-only */
/* What a live test is made of: a server, clients, sigtrace, and expectations that say what came. */
#ifndef SIGTRACE_LIVE_LIVE_H
#define SIGTRACE_LIVE_LIVE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/throwaway.h"
#include "live/account.h"
#include "live/harness.h"
#include "live/relay.h"

#define EVENT_MS slow_ms(20000) /* for one event, fact or word to come */
#define LIVE_CLIENTS 64

struct live {
	const char *why_not;	 /* this machine cannot run it; NULL: it can */
	struct throwaway server; /* logs ACCOUNT in */
	struct throwaway other;	 /* a second server, if a test starts one */
	struct trace trace;
	struct relay relay;
	struct client clients[LIVE_CLIENTS];
	size_t nclients;
	pid_t child;		 /* a process of the test's own, if it starts one */
	bool passed;		 /* the test came to its live_done() */
};

/* For cmocka_run_group_tests(): one server a group. */
int live_group_setup(void **state);
/* The same with a server like this one (what a caller of throwaway_start() sets; user "":
 * ACCOUNT) and lines of sshd_config, or NULL. */
int live_group_start(void **state, const struct throwaway *like, const char *extra_config);
/* All of its tests are skipped for this reason, which must stay. */
int live_group_skip(void **state, const char *reason);
int live_group_teardown(void **state);

/* One test: whatever it left behind goes in the tear-down. */
#define LIVE_TEST(f) cmocka_unit_test_teardown(f, live_teardown)
int live_teardown(void **state);

/* First in each test. Skips it with the reason if this machine cannot run it. */
struct live *live(void **state);
/* Skips the test with this reason. */
void live_skip(const char *reason) __attribute__((noreturn));
/* Skips it where SIGTRACE_SLOW says that the machine is much slower than others, which is not for it:
 * why. */
void live_skip_slow(const char *why);
/* .. than the moments within which sigtrace expects what belongs together. */
#define MOMENTS "it hangs on who comes first within 100 ms: not for a machine this slow"
/* Fails it, with the message and the last lines of sigtrace. */
void live_fail(struct live *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* sigtrace with these words, ready. */
void live_trace(struct live *l, const char *const *args);
#define TRACE_SSHD ARGS("--sshd", "--json")

/* ssh to l->server, or to a copy of it with another port or user. */
struct client *live_ssh(struct live *l, enum client_mode mode, const char *const *args);
struct client *live_ssh_to(struct live *l, const struct throwaway *to, enum client_mode mode,
			   const char *const *args);
/* An interactive shell on a pty that answers; its pid in *shell. */
struct client *live_shell(struct live *l, int *shell);
void live_type(struct live *l, struct client *c, const char *bytes);
/* ssh to->user@to 'exec sleep 1000', traced and told as a session of `server`; its pid and number. */
struct client *live_sleeper(struct live *l, const struct throwaway *to, const char *server,
			    int *pid, int *session);
/* ssh -N -L, up: a banner came through it, so the process of the connection is at work. */
struct client *live_forward(struct live *l);
/* The number that the client prints behind `text`. */
int live_number(struct live *l, struct client *c, const char *text);
/* Waits for its end; the status as a shell would tell it. */
int live_wait(struct live *l, struct client *c);

/*
 * The object that has the pattern, which is told as to json_pack(3); it fails if none comes.
 * Borrowed, valid to the end of the test. Here and in the next two, what belongs to a session of
 * another server (somebody works on this machine) does not count.
 */
json_t *live_expect(struct live *l, const char *fmt, ...);
/* None of those that came so far may have the pattern: for after live_done(). */
void live_forbid(struct live *l, const char *fmt, ...);
size_t live_count(struct live *l, const char *fmt, ...);

/* Ends sigtrace with SIGTERM: it must be well to the last line and exit with 0. */
void live_done(struct live *l);

/* The session's end is told, and that so many were left. */
void live_expect_close(struct live *l, int session, const char *end, int orphans);

/* live_sleeper()'s process was left without ever being signalled, and is alive. */
void live_expect_left(struct live *l, int session, int pid);

/* The pid of what executes `sleep SECONDS`; each process of a test has a number of its own. */
int live_sleeping(struct live *l, const char *seconds);

/* The path of a file in the server's folder. Valid until the next call but one. */
const char *live_path(struct live *l, const char *file);

/* What a recording holds; a damaged one up to there. */
struct live_recorded {
	long long records;
	long long signals;	/* that were generated, of the number asked for; one that is counted as many */
	long long signals_lost; /* of any number */
	long long lost;		/* of all kinds, signals too */
	bool whole;		/* it ends with trace.end */
};
struct live_recorded live_recorded(struct live *l, const char *path, uint32_t sig);

/* A helper program (prog_NAME) where every account can run it. Valid until the next call. */
const char *live_prog(struct live *l, const char *name);

/* Runs a program of the test's own and waits for its first line on stdout. Its pid; it is killed in
 * the tear-down. One at a time. */
int live_child(struct live *l, const char *const *argv);

/* Members of an object; it fails if they are not there. */
int live_int(struct live *l, const json_t *o, const char *key);
const char *live_str(struct live *l, const json_t *o, const char *key);

/* /proc, for what a test knows to be true without sigtrace. */
bool proc_alive(int pid);		      /* runs, and is no zombie */
int proc_parent(int pid);		      /* -1: is gone */
bool proc_becomes(int pid, const char *comm); /* waits until it has this comm */
bool proc_ends(int pid);		      /* waits until it is gone or a zombie */

#endif
