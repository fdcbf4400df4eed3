/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A throw-away OpenSSH server on loopback, and clients of it: `sigtrace demo` and the live tests.
 * Keys, configuration, log and port are its own; the machine's sshd and its files are not touched.
 */
#ifndef SIGTRACE_CLI_THROWAWAY_H
#define SIGTRACE_CLI_THROWAWAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct throwaway {
	/* What the caller may set before throwaway_start(); the rest starts as zero. */
	char user[33];	  /* who logs in; "": the caller */
	const char *sshd; /* absolute path; NULL: found in PATH and where sshd usually is */
	/*
	 * Called in the child that is about to become sshd, NULL: nothing is. It may move it into
	 * another tree, in which `sshd` and, under its own path, `dir` are to be found. Not 0: it
	 * failed, and its reason is the last line of dir/log.
	 */
	int (*enter)(const struct throwaway *t);
	const char *tree; /* enter()'s own */
	/* What throwaway_start() sets. */
	char dir[256];	  /* its folder, mode 0711 */
	uint16_t port;	  /* on 127.0.0.1 */
	pid_t listener;	  /* 0: does not run */
	int privsep;	  /* descriptor of /run/sshd while that is in use, 0: none */
	bool made_privsep;
};

/*
 * Starts `sshd -D` as a direct child and returns when it answers with its banner. `extra_config`
 * (lines of sshd_config, or NULL) is put in front, where sshd takes it over what follows; no Match
 * and no SetEnv in it. Sessions have an empty HOME of their own. 0, or -1 with *e filled and
 * nothing left behind. Needs root.
 */
int throwaway_start(struct throwaway *t, const char *extra_config, struct err *e);

/* Waits until an ssh server says its banner on 127.0.0.1:t->port, whoever started it. 0 or -1. */
int throwaway_answers(const struct throwaway *t, int timeout_ms);

/*
 * Kills the listener, its connections and all that their sessions started, orphans included, waits
 * for them and removes the folder. May be called twice, after a failed start, and on the way out
 * after a signal (not from the handler itself).
 */
void throwaway_stop(struct throwaway *t);

/*
 * Kills what sessions of this server started and no ssh connection holds any more: the orphans.
 * They are known by a variable that the server puts into their environment. Returns how many.
 */
int throwaway_sweep(const struct throwaway *t);

enum client_mode {
	CLIENT_PLAIN, /* stdin is a socket, stdout and stderr a pipe */
	CLIENT_PTY,   /* all three are a local terminal of 24x160 that is ssh's controlling one */
	CLIENT_DEAF,  /* the same, and it was started with SIGINT ignored, as ssh leaves it then */
};

/* An ssh client that runs. */
struct client {
	pid_t pid;	 /* 0: was not started, or was ended */
	int in;		 /* what is typed goes here; -1: closed */
	int out;	 /* what it says comes from here; -1: EOF was read */
	bool ended;	 /* `status` holds what waitpid() said */
	int status;
	struct buf text; /* all that it has said */
	size_t seen;	 /* of these bytes were matched by client_expect() */
};

/*
 * Runs `ssh` to `t`. `args`, ended by NULL, is what ssh gets behind the destination: options, then
 * the command ("-tt", "sleep 9", NULL). A ControlPath among them goes in front of the default
 * (none). 0, or -1 with *e filled.
 */
int client_start(struct client *c, const struct throwaway *t, enum client_mode mode,
		 const char *const *args, struct err *e);

/* Types the bytes of the string. 0, or -1 when nobody reads them. */
int client_type(struct client *c, const char *bytes);

/* Closes ssh's stdin (with CLIENT_PLAIN only: a terminal has no such thing). */
void client_eof(struct client *c);

/* Waits until it said `text` after what the last match covered. 0, or -1: time over or EOF. */
int client_expect(struct client *c, const char *text, int timeout_ms);

/* Waits for `text` and a decimal number right behind it that is itself followed by something
 * (a newline, a blank). The number, or -1. */
long client_number(struct client *c, const char *text, int timeout_ms);

/* Sends the signal to ssh itself. 0 or -1. */
int client_signal(const struct client *c, int sig);

/* Reads on until it has ended. 0 with c->status as of waitpid(), or -1: time over. */
int client_wait(struct client *c, int timeout_ms);

/* Kills it if it still runs, reaps it and frees all. May be called twice, and on a zero struct. */
void client_end(struct client *c);

#endif
