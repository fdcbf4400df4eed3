/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recording that `sigtrace assert` keeps when a check fails: written under a name of its own, and
 * renamed or removed at the end. The tracer has no right left to do that in somebody else's folder,
 * so a helper does it, which was started before and is told one byte.
 */
#ifndef SIGTRACE_CLI_KEPT_H
#define SIGTRACE_CLI_KEPT_H

#include <stdbool.h>

#include "cli/options.h"
#include "source/helper.h"

struct kept {
	struct helper helper;
	const struct options *o;
	char temporary[64]; /* where it is written */
	char name[128];	    /* as which it is kept */
};

/*
 * sigtrace-fail-NAME.sgt in this folder. 0: write to k->temporary; -1: the folder takes none, which
 * is logged. o and k stay where they are until kept_settle().
 */
int kept_prepare(struct kept *k, const char *name, const struct options *o);

/* Once it is written: true: it is kept, and belongs to whom the command ran as; else it is gone. */
bool kept_settle(struct kept *k, bool keep);

#endif
