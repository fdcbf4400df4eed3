/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader's end of the BPF ring buffer, and where in it reader and writers are. Not libbpf's, which
 * cannot look ahead (order.h), and tells the writers of each record that it was read: that is a cache
 * line that each of them looks at for each record. For live.c and live_ask.c.
 */
#ifndef SIGTRACE_SOURCE_RING_H
#define SIGTRACE_SOURCE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

struct ring_reader {
	/* Each record, whose bytes live until it returns. */
	void (*take)(void *ctx, const void *rec, size_t len);
	/* Has the programs write what they have counted so far; false: they had counted nothing. */
	bool (*flush)(void *ctx);
	void *ctx;
};

/* Maps that of `size` bytes. NULL: errno. The caller frees. */
struct ring *ring_open(int map_fd, size_t size, const struct ring_reader *reader);
void ring_close(struct ring *r);

/* Becomes readable when a program wakes its reader (edge-triggered inside). */
int ring_fd(const struct ring *r);

/*
 * Hands out all records that are there when it is called, up to one that is not yet committed, and what was
 * counted until then, each in its place. It hands out none while what it has to look at first is not
 * committed, if that does not last. How many: not 0 where something was left.
 */
size_t ring_take(struct ring *r);

/* What is older than that has been handed out: CLOCK_BOOTTIME, ns. */
uint64_t ring_settled(const struct ring *r);

/* How many bytes programs have reserved since its start, and whether the reader is behind that point. */
unsigned long ring_written(const struct ring *r);
bool ring_is_behind(const struct ring *r, unsigned long written);

/* The most bytes that ring_take() found unread. */
uint64_t ring_most(const struct ring *r);

#endif
