/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets start from: the golden cases and the check files. */
#ifndef SIGTRACE_FUZZ_SEEDS_H
#define SIGTRACE_FUZZ_SEEDS_H

#include <stddef.h>

/* A seed of a target ("check" of fuzz_check); `name` is good for a file. */
typedef void seed_fn(void *ctx, const char *target, const char *name, const void *p, size_t n);

/*
 * Hands on every seed of every target. SIGTRACE_SRC is the source tree (default: here). How many
 * there were; 0, with a line on stderr, when a file cannot be read or is no case.
 */
size_t seeds_each(seed_fn *take, void *ctx);

#endif
