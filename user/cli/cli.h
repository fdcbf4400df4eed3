/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: each takes its own argv (argv[0] its name) and returns the exit status. */
#ifndef SIGTRACE_CLI_CLI_H
#define SIGTRACE_CLI_CLI_H

#include "cli/options.h"
#include "cli/options_row.h"

int cmd_trace(int argc, char **argv); /* the default: live, or -r */
int cmd_sessions(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_orphans(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_assert(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_completion(int argc, char **argv);

/* A command, for main(), --help and the completions. */
struct command_row {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *only; /* its options, as options_parse_only() takes them; NULL: all */
	bool (*shown)(size_t i, struct option_shown *s); /* .. where its rows are its own; else NULL */
	const char *arg;  /* its word, as the words of options are named; NULL: it takes none */
	const char *usage; /* behind its name in --help; NULL: --help has more to say of it */
	const char *help;
};
extern const struct command_row command_rows[]; /* ended by name == NULL */

extern const char sessions_options[], explain_options[], assert_options[], doctor_options[],
	export_options[], completion_options[];
bool orphans_shown(size_t i, struct option_shown *s);

/* Parts of cmd_trace. v: a view of the caller's that it frees, NULL: the one that o asks for.
 * *its: CMD's exit status, -1: it has none; the return value is then ours alone. NULL: CMD's comes
 * first, as `--` has it. */
int trace_live(const struct options *o, struct view *v, int *its);
int trace_replay(const struct options *o);

extern const char *const sigtrace_version;

#endif
