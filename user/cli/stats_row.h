/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of what --metrics tells; adding a family is adding a row. */
#ifndef SIGTRACE_CLI_STATS_ROW_H
#define SIGTRACE_CLI_STATS_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "finding/engine.h"
#include "source/live.h"

/* What is known at one moment. */
struct stats_now {
	const struct engine *e;
	struct totals t;
	const struct live_stats *live; /* NULL: not of a live trace */
	uint64_t rss;		       /* bytes */
	uint64_t cpu;		       /* ns */
};

/* One value of a family. */
struct sample {
	const char *label; /* value of the row's label, if that has one */
	uint64_t value;
};

struct stats_row {
	const char *name;  /* without "sigtrace_" */
	const char *type;  /* counter, gauge */
	const char *help;
	const char *label; /* name of the label, NULL: the family has one value */
	bool ns;	   /* values are ns, told as seconds */
	/* false: there is no i-th; no 0th: the family is left out */
	bool (*sample)(const struct stats_now *n, unsigned i, struct sample *out);
};

/* Ended by name == NULL. */
extern const struct stats_row stats_rows[];

/* All of it in Prometheus' text format. */
void stats_prometheus(struct buf *b, const struct stats_now *n);

#endif
