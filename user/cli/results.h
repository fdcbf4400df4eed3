/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the results of checks go: stdout or -o, a file of JUnit XML, annotations on stderr. */
#ifndef SIGTRACE_CLI_RESULTS_H
#define SIGTRACE_CLI_RESULTS_H

#include "check/check.h"
#include "cli/options.h"

struct results {
	const struct options *o;
	int junit;  /* its descriptor, plus 1; 0: none */
	int output; /* that of -o, likewise */
};

/*
 * Before anything runs, so that a file that cannot be written is told in time, and what another run
 * left in it is not taken for this one's. 0, or -1 with e. `o` is kept.
 */
int results_open(struct results *r, const struct options *o, struct err *e);

/* Writes them. 0, or -1: not all could be written, which is logged. */
int results_tell(struct results *r, const struct checks *c, struct check_run *run);

void results_close(struct results *r);

#endif
