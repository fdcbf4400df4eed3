/* SPDX-License-Identifier: GPL-2.0-only */
/* `-- CMD`: a command that waits, forked already, until its tracer is ready. */
#ifndef SIGTRACE_CLI_COMMAND_H
#define SIGTRACE_CLI_COMMAND_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Whom a command runs as. */
struct command_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[256];
	int ngroups;
	char name[64];
	char home[256];
};

/* The account `name`; NULL: who called sudo. 1: *u is filled; 0: as we do, so *u is not; -1 with e. */
int command_user(struct command_user *u, const char *name, struct err *e);

struct command {
	pid_t pid;
	int go;	    /* its start waits for this pipe */
	int failed; /* errno of a failed exec comes from this one */
	int pidfd;  /* readable when it has ended */
};

/* Forks. u NULL: as the same user. 0, or -1 with e. */
int command_fork(struct command *c, char **argv, const struct command_user *u, struct err *e);

/* Lets it exec. 0, or -1 with e and status 126 or 127, as a shell would. */
int command_start(struct command *c, const char *name, struct err *e);

/* After pidfd became readable: its exit status, 128 + N if signal N killed it. */
int command_status(struct command *c);

/* Kills it if it still waits for its start; frees. */
void command_close(struct command *c);

#endif
