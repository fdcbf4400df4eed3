/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs count where they do not write: records that had no room (bpf/emit.h), signals of a
 * storm (bpf/many.h). For live.c alone.
 */
#ifndef SIGTRACE_SOURCE_COUNTS_H
#define SIGTRACE_SOURCE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct counts;
struct hooks;
struct sigtrace_bpf;

/* put takes the records that come of counts. NULL: out of memory. The caller frees. */
struct counts *counts_new(struct sigtrace_bpf *skel, const struct hooks *hooks,
			  void (*put)(void *ctx, const void *rec, size_t len), void *ctx);
void counts_free(struct counts *c);

/*
 * The programs are loaded: from now on they count signals that come right behind each other, if they can be
 * asked for what they counted; else only where a signal would be lost.
 */
void counts_begin(struct counts *c);

/* A trace.lost from the ring: hands out what is new of it, once. */
void counts_lost(struct counts *c, const struct wire_lost *r);

/* Hands out what was lost and no record has told yet. Only when the ring was just emptied. */
void counts_losses(struct counts *c);

/* Has the programs write what they counted; false: they had counted nothing. */
bool counts_flush(struct counts *c);

/* Hands out what the kernel skipped programs for, if it is some time since it was last asked. */
void counts_skipped(struct counts *c);

/* All programs are detached and the ring is empty: hands out what no record has told. */
void counts_end(struct counts *c);

#endif
