/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGTRACE_SOURCE_WRITE_ALL_H
#define SIGTRACE_SOURCE_WRITE_ALL_H

#include <stddef.h>

/* Writes all n bytes, and waits where it has to. 0, or -1 with errno: some of them may be written. */
int write_all(int fd, const void *p, size_t n);

#endif
