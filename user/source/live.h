/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records from the running kernel: loads and attaches the programs, empties the ring, asks for
 * snapshots, and adds the records that only user space can make (account names, argv of processes
 * that ran before).
 */
#ifndef SIGTRACE_SOURCE_LIVE_H
#define SIGTRACE_SOURCE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "source/ends.h"
#include "wire.h"

struct live;

struct live_options {
	unsigned scope;		    /* WIRE_SCOPE_* */
	uint32_t tgid;		    /* traced as well, with its descendants; 0: none */
	const char *const *servers; /* comm of ssh servers, ended by NULL */
	const char *const *named;   /* --server: of others, by comm or port; ended by NULL, or NULL */
	pid_t command;		    /* `tgid` is our own child, to which signals are passed on; else 0 */
	int folder;		    /* an open one, in which files come and go later; 0: none */
	int published;		    /* likewise, of --metrics; 0: none */
	uint32_t ring;		    /* bytes, a power of two; 0: 8 MiB */
	bool each;		    /* no signal is counted that could have a record of its own */
	bool stats;		    /* the kernel is to measure the programs, at some 50 ns a run */
	/* Takes every record, in causal order; the bytes live until it returns. */
	void (*put)(void *ctx, const void *rec, size_t len);
	void *ctx;
};

/*
 * Loads, attaches and gives up what is not needed any more (confine.h). From its return on every hook
 * runs, and nothing can be opened but /proc and what is beneath `folder` and `published`. NULL: e says
 * what is missing (EXIT_CANNOT_TRACE) and what to do. The caller frees with live_close().
 */
struct live *live_open(const struct live_options *o, struct err *e);

/* The first snapshot: hands out what ran before, then trace.ready. 0, or -1 with e. */
int live_snapshot(struct live *l, uint64_t started, struct err *e);

/* From then on nothing can be opened at all but what is made in `folder` and `published` (Landlock): 0. Or
 * errno: why this kernel does not allow that. */
int live_files(const struct live *l);

/* Becomes readable when there is something after a silence (edge-triggered inside). For poll(2). */
int live_fd(const struct live *l);

/* Hands out all records that are in the ring; how many. */
size_t live_drain(struct live *l);

/*
 * After a drain: how long the caller may sleep on live_fd(), in ms. While records come, a short
 * time, and nobody wakes it; when the ring stayed empty, long, and the next record wakes it.
 */
int live_sleep(struct live *l, size_t drained);

/* Answers the engine: a snapshot of these processes, then trace.ready with asked = 1. */
void live_ask(struct live *l, const uint32_t *tgids, size_t n);

/*
 * The same after a loss of records. n 0: a snapshot of all that is traced, and asked = WIRE_ASKED_ALL;
 * else one of these processes, with argv and environment, and WIRE_ASKED_DOUBT.
 */
void live_census(struct live *l, const uint32_t *tgids, size_t n);

/* ends_look(). */
uint32_t live_ends(const struct live *l, const struct ends *e);

/* Hands out what is in the ring, then a task.place that says who has the other ends of a session's
 * pipes now. root: tgid, start and comm of its root. ends: WIRE_ENDS_*. */
void live_tell_ends(struct live *l, const struct wire_hdr *root, const uint64_t pipe[2],
		    uint32_t ends);

/* What is older than that has been handed out: as the time stamps of records. */
uint64_t live_settled(const struct live *l);

/* Lets only time pass, to live_settled(): hands out a trace.tick. */
void live_tick(struct live *l);

/* What tracing costs in the kernel. */
struct live_program {
	char name[32];
	uint64_t runs, ns; /* so far */
};

#define LIVE_PROGRAMS 32

struct live_stats {
	uint64_t ring, ring_most; /* bytes: its size, and the most that was in it before a drain */
	struct live_program programs[LIVE_PROGRAMS];
	size_t nprograms; /* 0 without live_options.stats */
};

/* Until live_close(). */
void live_stats(const struct live *l, struct live_stats *st);

/* Detaches, hands out what is left and what was lost at the end. l is still to be freed. */
void live_stop(struct live *l);

/* The BPF object that is inside this program, for who wants to try it: its bytes are there for good.
 * NULL: errno. */
const void *live_elf(size_t *size);

/* live_stop() if that was not done, and frees. NULL is allowed. */
void live_close(struct live *l);

#endif
