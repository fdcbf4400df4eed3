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
int cmd_fields(int argc, char **argv);

/* Parts of cmd_trace. */
int trace_live(const struct options *o);
int trace_live_view(const struct options *o, struct view *v);
int trace_replay(const struct options *o);

extern const char *const sigtrace_version;

#endif
