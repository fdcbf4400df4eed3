/* SPDX-License-Identifier: GPL-2.0-only */
/* --stats and --metrics: what tracing costs and misses, as lines on stderr and as a file. */
#ifndef SIGTRACE_CLI_STATS_H
#define SIGTRACE_CLI_STATS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/run.h"
#include "source/live.h"

/* One sigtrace. Zero-initialised with `o` set: nothing was told yet. */
struct stats {
	const struct options *o;
	uint64_t started; /* ns, the clock of live_now(), as all here */
	uint64_t told;	  /* when it was told last */
	uint64_t records; /* that were told then */
	uint64_t cpu;	  /* ns */
	uint64_t rss;	  /* bytes, while the trace was open */
	struct live_stats live;
	bool is_live;	  /* `live` was filled */
	int statm;	  /* /proc/self/statm; -1: not open */
	int folder;	  /* of the file; -1: not open */
	const char *name; /* in it */
	char fresh[NAME_MAX + 1];
	bool bad;	  /* the file could not be written last time, and that was said */
};

/* Writes the file for the first time. 0, or -1 with err: it cannot be written. */
int stats_start(struct stats *s, const struct options *o, const struct engine *e, struct err *err);

/* When the next are to be told, UINT64_MAX: never. */
uint64_t stats_due(const struct stats *s);

/* Tells them, if they are due. */
void stats_tell(struct stats *s, const struct engine *e, const struct live *l);

/* Of a trace that is about to be closed: what the kernel knows of it goes then. */
void stats_stop(struct stats *s, const struct live *l);

/* Tells all of it, after the last record. r has failed then, if the file cannot be written. */
void stats_end(struct stats *s, struct run *r);

#endif
