/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is measured, and on what. */
#ifndef SIGTRACE_BENCH_PEERS_H
#define SIGTRACE_BENCH_PEERS_H

#include "bench/measure.h"

/* What a load is made of: the hooks that a tracer needs for it. */
enum load_class { OF_SIGNALS, OF_TASKS, OF_TCP, LOAD_CLASSES };

struct load {
	const char *name; /* as tests/bench/load.c knows it */
	enum load_class class;
	uint64_t count;	  /* that takes about half a second untraced */
};

enum { LOADS = 7 };
extern const struct load loads[LOADS];

enum { PEER_COMMANDS = 3, PEER_WORDS = 32 };

struct peer {
	const char *name;
	double part;	  /* of the load's count: what slows it a lot gets less of it */
	enum ready ready;
	bool wraps;	  /* starts the load itself */
	/* of each class; no command: it cannot. "%o" is a file of its own */
	const char *cmd[LOAD_CLASSES][PEER_COMMANDS][PEER_WORDS];
	/* How many events of processes called "load" are in the file of the n-th command, -1: not
	 * known. NULL: they are not kept. */
	double (*captured)(size_t n, const char *file, const char *out);
	/* lost as it says itself, -1: it does not */
	double (*lost)(const char *file, const char *out);
};

extern const struct peer peers[];
extern const size_t npeers;
enum { PEER_ALL = 4, PEER_FIRST_OTHER = 7 }; /* places in peers */

/* Why it is not measured here, NULL: it is. */
const char *peer_why_not(const struct peer *p);

#endif
