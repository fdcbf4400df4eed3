/* SPDX-License-Identifier: GPL-2.0-only */
/* What to do about a Ctrl-C that did not do what was meant: a table, first match wins. */
#ifndef SIGTRACE_FINDING_ADVICE_H
#define SIGTRACE_FINDING_ADVICE_H

#include <stdbool.h>

#include "session/fact.h"

struct advice {
	const char *id; /* for tests and scripts: it stays, the sentence may change */
	bool (*fits)(const struct fact_interrupt *i);
	const char *text; /* one sentence; NULL: nothing is to be done */
};

/* Never NULL: the last row fits everything. */
const struct advice *advice_of(const struct fact_interrupt *i);

#endif
