/* SPDX-License-Identifier: GPL-2.0-only */
/* Where records go, live or replayed: the recording, the engine, its view, the output. */
#ifndef SIGTRACE_CLI_RUN_H
#define SIGTRACE_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/options.h"
#include "finding/engine.h"
#include "source/output.h"
#include "source/recording.h"
#include "source/rotation.h"

struct listener {
	uint32_t tgid;
	uint32_t port;
	char comm[WIRE_COMM];
};

struct run {
	const struct options *o;
	struct engine *engine;
	struct view *view;
	struct recording_writer *writer; /* NULL: no recording */
	struct rotation *rotation; /* of the writer's files; NULL: it has one */
	int out;
	struct output output; /* of `out`, once it must not wait: run_never_wait() */
	size_t sent;	  /* of view->out, these bytes were written */
	size_t tried;	  /* its length when writing was tried last */
	int wake;	  /* watched while it waits for a reader, -1: nothing is; then woken(ctx) */
	void (*woken)(void *ctx);
	void *wake_ctx;
	bool closing;	  /* all of it is to be written, however long that takes */
	bool out_gone;	  /* nobody reads it any more */
	bool failed;	  /* see err */
	struct err err;	  /* the first failure */
	uint64_t last_ts; /* of the newest record */
	bool ended;	  /* trace.end was taken */
	bool hold;	  /* write nothing yet: nobody may be reading before we are ready */
	struct listener listeners[4]; /* the first few, for the banner */
	size_t nlisteners;
};

/* The text or the JSON view that the options ask for. NULL: out of memory. */
struct view *run_view(const struct options *o);
/* With a view, which run_close() frees; NULL: out of memory. Sets its colour. 0, or -1 with r->err. */
int run_open_view(struct run *r, const struct options *o, struct view *v);

/* Takes all records of o->read; the caller looks at what came of it, and ends with run_close(). */
void run_replay(struct run *r);

/* Takes what is there now, as the snapshot tells it, of ssh sessions and of process `tgid` (0: none),
 * and the end at once. Needs what tracing needs. */
void run_look(struct run *r, uint32_t tgid);

/* Takes a record: struct run * as ctx. */
void run_put(void *ctx, const void *rec, size_t len);

/*
 * From now on nothing waits for who reads the output, up to some 16 MiB: what cannot be written is
 * kept, and a view that can makes less of it (view->slow). For live traces, whose ring would
 * overflow meanwhile.
 */
void run_never_wait(struct run *r);

/* Writes what the view has made, or as much of it as goes. */
void run_flush(struct run *r);

/* Is something of it left, for when it can be written? */
bool run_pending(const struct run *r);

/* Tells the view that all is over, writes the rest, frees. Returns the exit status. */
int run_close(struct run *r);

#endif
