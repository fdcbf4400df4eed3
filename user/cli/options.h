/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of a trace: one option, one row. */
#ifndef SIGTRACE_CLI_OPTIONS_H
#define SIGTRACE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "view/view.h"

#define OPTIONS_SERVERS 32
#define OPTIONS_EXPRS 64

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	unsigned scope;	       /* WIRE_SCOPE_*; a command is traced with any */
	bool scope_given;
	uint32_t tgid;	       /* of WIRE_SCOPE_TREE */
	const char *servers[OPTIONS_SERVERS + 1]; /* --server: names and ports, ended by NULL */
	size_t nservers;
	char **command;	       /* after --, ended by NULL; else NULL */
	struct view_filter filter;
	bool json;
	bool quiet;
	bool verbose;
	enum color color;
	const char *read;      /* -r */
	const char *write;     /* -w */
	uint64_t rotate;       /* bytes of a file, then -w is a folder; 0: -w is one file */
	uint32_t keep;	       /* of these, how many; 0: all */
	const char *output;    /* -o */
	bool redact;	       /* --redact args */
	bool append;	       /* .. behind what is in it */
	bool stats;
	const char *metrics;   /* NULL: none */
	uint64_t duration;     /* ns, 0: none */
	int ready_fd;	       /* -1: none */
	bool help;
	bool version;
	uint32_t ring;	       /* bytes of the ring buffer, 0: the default */
	bool each;	       /* a record for each signal, while there is room */
	uint64_t grace;	       /* ns to wait for whom the command left, before the kernel is asked; 0: not */
	bool own_loss;	       /* who shows it tells of lost records */
	const char *exprs[OPTIONS_EXPRS]; /* of assert, as the next three */
	size_t nexprs;
	const char *as;	       /* account that the command runs as; NULL: the one that called sudo */
	bool strict;
	bool list;
	const char *to;	       /* of export: --to */
	bool tap;
	const char *junit;     /* NULL: none */
	const char *only;      /* of a command: the long names of its options, " read json .. "; else NULL */
	const char *word;      /* of a command: its argument, NULL: none was given */
};

/* Parses argv[1..]. 0, or -1 with e (EXIT_USAGE). Strings point into argv. */
int options_parse(struct options *o, int argc, char **argv, struct err *e);

/*
 * The same for a command that has only some of the options (long names between blanks, such as
 * " read help ", and "--" if it takes a command to run) and takes one word. `only` is kept; a
 * command's own rows are in it by the command's name.
 */
int options_parse_only(struct options *o, int argc, char **argv, const char *only, struct err *e);

/* Do they go together, and is there something to trace? For who takes a scope, after the other. */
int options_check(struct options *o, struct err *e);

/* The rows, grouped, as --help shows them; those in `only`, NULL: all. */
void options_help(FILE *out, const char *only);

#endif
