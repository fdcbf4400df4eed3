/* SPDX-License-Identifier: GPL-2.0-only */
/* Landlock: what of the file system is left to the live loop. */
#ifndef SIGTRACE_SOURCE_CONFINE_FILES_H
#define SIGTRACE_SOURCE_CONFINE_FILES_H

#include "source/confine.h"

/* 0, or errno: why the running kernel cannot (ENOSYS: before 5.13; EOPNOTSUPP: not switched on). Before
 * the filter of system calls. */
int confine_files_missing(void);

/*
 * From now on this process opens nothing, nor looks into another process's /proc, but makes and removes
 * files in c->folder and c->published. What is open stays. For good, and needs no capability but
 * no_new_privs. 0, or -1: errno.
 */
int confine_files(const struct confine *c);

#endif
