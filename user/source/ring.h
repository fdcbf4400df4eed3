/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader's end of the BPF ring buffer, and where in it reader and writers are. For live.c alone. */
#ifndef SIGTRACE_SOURCE_RING_H
#define SIGTRACE_SOURCE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* Maps it. take gets each record, whose bytes live until it returns. NULL: errno. The caller frees. */
struct ring *ring_open(int map_fd, int (*take)(void *ctx, void *rec, size_t len), void *ctx);
void ring_close(struct ring *r);

/* Becomes readable when a program wakes its reader (edge-triggered inside). */
int ring_fd(const struct ring *r);

/* Hands out all records up to one that is not yet committed; how many. */
size_t ring_take(struct ring *r);

/* How many bytes programs have reserved since its start, and whether the reader is behind that point. */
unsigned long ring_written(const struct ring *r);
bool ring_is_behind(const struct ring *r, unsigned long written);

/* The most bytes that ring_take() found unread. */
uint64_t ring_most(const struct ring *r);

#endif
