/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sigtrace that runs, and what it says: started, waited for, read and searched. Knows nothing of
 * cmocka, so benches use it as well; live.h is what tests see.
 */
#ifndef SIGTRACE_LIVE_HARNESS_H
#define SIGTRACE_LIVE_HARNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cli/throwaway_proc.h" /* slow_ms() */

/* A list of words ended by NULL, for the functions that take one. */
#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct trace {
	/* Set before trace_start(); the rest starts as zero. */
	bool raw;	   /* stdout is no NDJSON: keep the bytes in `bytes` */
	bool filtered;	   /* totals of trace.end need not match what was shown */
	bool may_lose;	   /* lost records are no failure */
	int stdout_fd;	   /* sigtrace's stdout, not closed here; 0: a pipe that is read here */
	/* Filled while it runs. */
	pid_t pid;	   /* 0: does not run */
	int out;
	int err;
	json_t *lines;	   /* array of objects */
	struct buf bytes;  /* raw: all of stdout; else the line that is not complete yet */
	struct buf said;   /* stderr */
	int status;	   /* of waitpid(), once it ended */
	char why[512];	   /* why the last call failed */
};

/*
 * Runs `$SIGTRACE --ready-fd N args..` and returns when it is ready. 0, or -1 with t->why, which
 * tells what was on stderr. The caller ends it with trace_stop(), trace_join() or trace_free().
 */
int trace_start(struct trace *t, const char *const *args);

/* The same without --ready-fd and without waiting. */
int trace_spawn(struct trace *t, const char *const *args);

/* Reads what there is, for at most timeout_ms. 0: something was read; -1: time over, or EOF. */
int trace_pump(struct trace *t, int timeout_ms);

/* Is every member of `pattern` in `o`, recursively? Each element of an array in the pattern is to
 * match some element of the array in `o`. */
bool json_has(const json_t *o, const json_t *pattern);

/* The first object that has the pattern, among those that came and, until timeout_ms, will come.
 * Borrowed; NULL: none came. */
json_t *trace_find(struct trace *t, const json_t *pattern, int timeout_ms);
/* The same with a function. */
json_t *trace_find_if(struct trace *t, bool (*is)(const json_t *o, const void *arg),
		      const void *arg, int timeout_ms);

/* How many of those that came have the pattern. */
size_t trace_count(const struct trace *t, const json_t *pattern);

/*
 * Sends SIGTERM, if it still runs, reads to EOF and checks the whole: trace.begin first and
 * trace.end last and only there, the common members everywhere, evidence under every fact, totals
 * as counted, nothing lost. Returns the exit status (128+N for a signal), or -1 with t->why.
 */
int trace_stop(struct trace *t);
/* The same for one that ends by itself within timeout_ms. */
int trace_join(struct trace *t, int timeout_ms);

/* Kills it if it still runs and frees all. */
void trace_free(struct trace *t);

/* The last n lines, compact, behind "# ", and stderr. */
void trace_dump(const struct trace *t, FILE *f, size_t n);

/*
 * Runs `$SIGTRACE args..` to its end. Returns the exit status (128+N for a signal), or -1 when it
 * did not end in time; what it said is in *out and *err, which the caller frees.
 */
int tool_run(const char *const *args, int timeout_ms, struct buf *out, struct buf *err);

#endif
