/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of options, for those who set, parse and show it. */
#ifndef SIGTRACE_CLI_OPTIONS_ROW_H
#define SIGTRACE_CLI_OPTIONS_ROW_H

#include "cli/options.h"

struct option_row {
	const char *group; /* of the first row of a group */
	char brief;
	const char *name;
	const char *arg; /* NULL: takes none */
	int (*set)(struct options *o, const char *value, struct err *e);
	const char *help;
};

#define OPTIONS_MOST 64

extern const struct option_row option_rows[];
extern const size_t option_count;
/* Those of `sigtrace assert` alone. */
extern const struct option_row assert_rows[];
extern const size_t assert_count;

/* Those of `sigtrace export` alone. */
extern const struct option_row export_rows[];
extern const size_t export_count;

/* An option, as --help tells it. */
struct option_shown {
	char brief;
	const char *name, *arg, *help;
};

/* The i-th of those in `only` (NULL: all but a command's own). false: there are not so many. */
bool options_shown(const char *only, size_t i, struct option_shown *s);

/* Words that --color and --to take, ended by NULL; those of -e, of which there are n. */
extern const char *const option_colors[], *const export_formats[];
const char *const *option_kinds(size_t *n);

/* "what 'value'" as a usage error, and as its hint which value was meant (NULL: --help). -1. */
int options_usage(struct err *e, const char *what, const char *value, const char *hint);

/* Says on stderr what is wrong with the words of a command as a whole, and what helps. EXIT_USAGE. */
int options_wrong(const char *why, const char *hint);

/* What --redact takes: 0, or -1. */
int options_redact(const char *value, struct err *e);

/* 0, or -1: another scope was given before. */
int options_scope(struct options *o, unsigned scope, struct err *e);

#endif
