/* SPDX-License-Identifier: GPL-2.0-only */
/* Values that a user types. */
#ifndef SIGTRACE_BASE_PARSE_H
#define SIGTRACE_BASE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/* 300ms 2s 5m 1h, also 1.5s -> ns. 0, or -1 (no unit, negative, overflow, trailing bytes). */
int parse_duration(const char *s, uint64_t *ns);

/* Decimal, no sign, no blanks. 0, or -1 when not a number or above max. */
int parse_u64(const char *s, uint64_t max, uint64_t *v);

/* The candidate nearest to `word` by edit distance (case ignored), or NULL when none is near
 * enough to be meant (distance above a third of the word, at least 2 allowed). */
const char *parse_nearest(const char *word, const char *const *candidates, size_t n);

#endif
