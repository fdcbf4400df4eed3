/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benches share: series of figures, the load generator, tracers as processes. */
#ifndef SIGTRACE_BENCH_MEASURE_H
#define SIGTRACE_BENCH_MEASURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SERIES_MAX 64

/* Figures of one kind, one a round. Zero-initialised is empty. */
struct series {
	double v[SERIES_MAX];
	size_t n;
};

void series_add(struct series *s, double v); /* the 65th and later are left out */
double series_median(const struct series *s); /* NAN when it is empty */
double series_min(const struct series *s);
double series_max(const struct series *s);

extern volatile sig_atomic_t bench_interrupted; /* number of the signal that asks to end */

/* Handlers for SIGINT, SIGTERM and SIGHUP that set the above; every wait ends then. */
void bench_signals(void);
/* QUICK=1, or QUICK=smoke: as little as shows that it runs, no figure of which says anything. */
bool bench_quick(void);
bool bench_smoke(void);
uint64_t bench_now(void); /* CLOCK_MONOTONIC, ns */
/* "bench: what: why" on stderr, unless interrupted. Always -1. */
int bench_say(const char *what, const char *why);
/* $SIGTRACE_BENCHDIR/name: a program of tests/bench. Valid until the next call but three. */
const char *bench_program(const char *name);
/* $SIGTRACE_BENCHOUT/name: a file to write. As above; the folder is made. */
const char *bench_file(const char *name);
/* The line "version: ..  machine: .." into `line`. */
void bench_machine(char *line, size_t size);

/* What the load generator says that it made: tests/bench/load.c. */
struct made {
	double ns;
	uint64_t ops, generate, deliver, fork, exec, exit, conn;
};

/* Runs `prefix.. load kind count [more]` (prefix: NULL or a list ended by NULL) to its end. 0 or -1. */
int load_run(const char *const *prefix, const char *kind, uint64_t count, const char *more,
	     struct made *made);

/* A tracer that runs. */
struct tracer {
	pid_t pid;
	double ready_ms; /* from exec until it was ready */
	double ready_cpu; /* CPU seconds that this took */
	/* filled by tracer_stop() */
	double end_ms;	 /* from SIGINT until it was gone */
	double cpu;	 /* user and system seconds since it was ready, its children's as well */
	double hwm;	 /* peak RSS, MiB */
	int status;
};

enum ready {
	READY_FD,     /* argv has "%r": a descriptor that it writes a newline to */
	READY_OUTPUT, /* it says "ready" on stdout */
	READY_ASLEEP, /* nothing tells: its CPU time has not changed for a while */
};

/*
 * Starts argv, stdout into the file `out`, and waits until it is ready. 0, or -1: it is gone again.
 */
int tracer_start(struct tracer *t, const char *const *argv, enum ready how, const char *out);
/* SIGINT, and waits. -1: it had to be killed. t is filled all the same. */
int tracer_stop(struct tracer *t);
/* CPU seconds so far; its RSS in MiB. */
double tracer_cpu(const struct tracer *t);
double tracer_rss(const struct tracer *t);

/* A BPF program that a process holds: how often it ran, and for how long in all (bpf_stats). */
struct prog_stats {
	char name[16];
	uint64_t runs, ns;
};

/* Of all BPF programs that the tracer holds; how many were filled in. */
size_t tracer_programs(const struct tracer *t, struct prog_stats *s, size_t max);
/* Makes the kernel count from now on. A descriptor; closing it ends that. -1: not possible. */
int bpf_stats_on(void);

/* Records of a recording, by what load_run() counts; lost is the sum of trace.lost. */
struct captured {
	uint64_t generate, deliver, fork, exec, exit, all, lost;
};

/* Counts what is about processes called "load". 0 or -1. */
int recording_count(const char *path, struct captured *c);

#endif
