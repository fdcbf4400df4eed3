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

/* "what 'value'" as a usage error, and as its hint which value was meant (NULL: --help). -1. */
int options_usage(struct err *e, const char *what, const char *value, const char *hint);

/* What --redact takes: 0, or -1. */
int options_redact(const char *value, struct err *e);

/* 0, or -1: another scope was given before. */
int options_scope(struct options *o, unsigned scope, struct err *e);

#endif
