/* SPDX-License-Identifier: GPL-2.0-only */
/* `-- CMD`: a command that waits, forked already, until its tracer is ready. */
#ifndef SIGTRACE_CLI_COMMAND_H
#define SIGTRACE_CLI_COMMAND_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct command {
	pid_t pid;
	int go;	    /* its start waits for this pipe */
	int failed; /* errno of a failed exec comes from this one */
	int pidfd;  /* readable when it has ended */
};

/* Forks. 0, or -1 with e. */
int command_fork(struct command *c, char **argv, struct err *e);

/* Lets it exec. 0, or -1 with e and status 126 or 127, as a shell would. */
int command_start(struct command *c, const char *name, struct err *e);

/* After pidfd became readable: its exit status, 128 + N if signal N killed it. */
int command_status(struct command *c);

/* Kills it if it still waits for its start; frees. */
void command_close(struct command *c);

#endif
