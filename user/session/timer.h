/* SPDX-License-Identifier: GPL-2.0-only */
/* Deadlines, however many: which comes first is known at once, to set one costs a logarithm. */
#ifndef SIGTRACE_SESSION_TIMER_H
#define SIGTRACE_SESSION_TIMER_H

#include <stddef.h>
#include <stdint.h>

/* Part of what waits for it. Zero-initialised is not set. */
struct timer {
	uint64_t at;  /* while it is set */
	size_t place; /* in timers.v, from 1; 0: not set */
};

/* A binary heap. Zero-initialised is empty. */
struct timers {
	struct timer **v;
	size_t n, cap;
};

/* Sets it, also when it was set. -1: no memory; it is as before then. */
int timer_set(struct timers *all, struct timer *t, uint64_t at);
/* No error when it is not set. */
void timer_clear(struct timers *all, struct timer *t);
/* The first one, NULL: none is set. */
struct timer *timers_first(const struct timers *all);
/* When that is, UINT64_MAX: none is set. */
uint64_t timers_deadline(const struct timers *all);
/* All of them, by so many ns. */
void timers_postpone(struct timers *all, uint64_t ns);
void timers_free(struct timers *all);

#endif
