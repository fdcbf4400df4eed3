/* SPDX-License-Identifier: GPL-2.0-only */
/* After a loss of records: what the kernel is asked about who is alive, and who is not any more. */
#ifndef SIGTRACE_SESSION_CENSUS_H
#define SIGTRACE_SESSION_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world/task.h"

struct sessions;

enum census_phase {
	CENSUS_IDLE,
	CENSUS_WANTED, /* records of processes were lost */
	CENSUS_ALL,    /* which are traced is asked */
	CENSUS_DOUBT,  /* those that were not told of are asked about */
};

/* Zero-initialised: nothing was lost. */
struct census {
	enum census_phase phase;
	bool again;	  /* records were lost after the question */
	uint64_t due;	  /* of CENSUS_WANTED */
	uint64_t asked;	  /* ts of the question */
	uint64_t last, rest; /* ts of the last one's end; ns until the next */
	uint64_t seq;	  /* of the record with which it was asked */
	uint64_t told;	  /* snapshots since then */
	uint64_t lost;	  /* of the lost records, the snapshots before */
	struct task_key *v; /* who is doubted; behind the answer: gone to ngone are to be ended */
	size_t n, cap, ngone, gone;
};

/* Takes one record. */
void census_apply(struct sessions *s, const struct event *ev);

/* When time is to be told to it, UINT64_MAX: it waits for nothing. */
uint64_t census_deadline(const struct sessions *s);

/* Is there a question? n 0: which processes are traced; else what of these is alive. Valid until the
 * next record. */
bool census_asks(const struct sessions *s, const struct task_key **doubted, size_t *n);

/* Takes one of those who are gone by the record that was applied last; NULL: no more. */
struct task *census_gone(struct sessions *s);

void census_free(struct census *c);

#endif
