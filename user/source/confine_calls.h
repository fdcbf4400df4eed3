/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls of the live loop. */
#ifndef SIGTRACE_SOURCE_CONFINE_CALLS_H
#define SIGTRACE_SOURCE_CONFINE_CALLS_H

#include "source/confine.h"

/*
 * From now on any other call ends the process with EXIT_INCONCLUSIVE and a line that names it. Not
 * EPERM: a /proc that cannot be read any more would look like a process that has gone, and a
 * tracer that tells less than there was is worse than one that ends. 0, or -1 with e.
 */
int confine_calls(const struct confine *c, struct err *e);

#endif
