/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: each takes its own argv (argv[0] its name) and returns the exit status. */
#ifndef SIGTRACE_CLI_CLI_H
#define SIGTRACE_CLI_CLI_H

#include "cli/options.h"

int cmd_trace(int argc, char **argv); /* the default: live, or -r */
int cmd_sessions(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_orphans(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_assert(int argc, char **argv);
int cmd_fields(int argc, char **argv);

/* Parts of cmd_trace. v: a view of the caller's that it frees, NULL: the one that o asks for.
 * *its: CMD's exit status, -1: it has none; the return value is then ours alone. NULL: CMD's comes
 * first, as `--` has it. */
int trace_live(const struct options *o, struct view *v, int *its);
int trace_replay(const struct options *o);

extern const char *const sigtrace_version;

#endif
