/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands, as a user gives them to a shell. */
#ifndef SIGTRACE_UNIT_ASK_H
#define SIGTRACE_UNIT_ASK_H

/* What the last one said, a string. */
extern char said[65536];

/* Its exit status. */
int ask(const char *command);

#endif
