/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scripts of `sigtrace completion` are made of. */
#ifndef SIGTRACE_CLI_COMPLETION_H
#define SIGTRACE_CLI_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/cli.h"

enum words_kind {
	WORDS_FREE,	/* there is nothing to offer */
	WORDS_FILE,
	WORDS_PROGRAM,
	WORDS_USER,
	WORDS_PID,
	WORDS_ONE,	/* of the list */
	WORDS_SOME,	/* of the list, with commas; a ! in front negates */
};

/* What may stand where --help says `arg`. */
struct words {
	const char *arg;
	enum words_kind kind;
	const char *const *(*list)(size_t *n); /* WORDS_ONE, WORDS_SOME */
};

/* NULL: there is no such arg, or arg is NULL. */
const struct words *words_of(const char *arg);

/* The i-th option of the command. false: it has not so many. */
bool completion_option(const struct command_row *c, size_t i, struct option_shown *s);
/* Does -- CMD go with it? */
bool completion_runs(const struct command_row *c);
/* The list, a blank in front of each. */
void completion_list(FILE *out, const struct words *w);
/* Text in single quotes, as each of the three reads it: no backslash is in it. */
void completion_quote(FILE *out, const char *s);

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
