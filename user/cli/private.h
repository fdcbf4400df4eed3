/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that hold command lines, and are nobody else's to read: results, views, recordings. */
#ifndef SIGTRACE_CLI_PRIVATE_H
#define SIGTRACE_CLI_PRIVATE_H

/*
 * Creates or empties a file for writing, with mode 0600 also where it was there with another one. A
 * device or a pipe stays as it is. `flags`: O_EXCL or O_APPEND besides. The descriptor, or -1: errno.
 */
int private_open(const char *path, int flags);

#endif
