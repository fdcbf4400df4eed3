/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process gives up. It reads strings that others choose, as root: once the hooks are attached
 * it keeps the four capabilities that it needs, can gain none, and has only those system calls that
 * its loop makes; and, behind the first snapshot, nothing of the file system (confine_files.h). Processes that were forked before, such as the command of `-- CMD`, are not met.
 */
#ifndef SIGTRACE_SOURCE_CONFINE_H
#define SIGTRACE_SOURCE_CONFINE_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* How a file is made in the folder: with these flags alone. */
#define CONFINE_CREATE (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)

/* The mode of what is made in the folder of public files. */
#define CONFINE_PUBLIC 0644

struct confine {
	int proc;      /* the open /proc: the only folder that files are opened from */
	int folder;    /* an open one in which files are made and removed; 0: none */
	int published; /* an open one in which files of anybody's are made and replaced; 0: none */
	pid_t command; /* to which signals are passed on, and CAP_KILL kept for that; 0: none */
};

/* For the live loop. 0, or -1 with e (EXIT_CANNOT_TRACE). */
int confine_loop(const struct confine *c, struct err *e);

/* Keeps only what reading any process's /proc takes. 0, or -1 with e. */
int confine_reader(struct err *e);

/* Lowers what lets root write into anybody's folder, and raises it again: to try now what is to be done
 * when it is gone. */
void confine_try(bool lower);

/* Keeps no capability, and gains none. 0, or -1: errno. */
int confine_powerless(void);

#endif
