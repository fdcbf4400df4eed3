/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts what the kernel counted where it belongs. The record of signals that were counted (wire_many) is
 * written when nobody counts on: up to 10 ms behind the last of them, and so behind the end of their process
 * if that ends then. Whoever follows a trace would miss them, or take them for a stranger's. So the reader
 * looks ahead for such records (ring.c), and each is handed out before the first record that is younger than
 * the last signal that it counts.
 *
 * Records lie in memory of the caller's, each at its position, a number that grows from record to record;
 * they stay there until they were next. For ring.c alone.
 */
#ifndef SIGTRACE_SOURCE_ORDER_H
#define SIGTRACE_SOURCE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order;

/* take gets each record once, of whom one that counts a single signal as that signal's own record. NULL:
 * out of memory. The caller frees. */
struct order *order_new(void (*take)(void *ctx, const void *rec, size_t len), void *ctx);
void order_free(struct order *o);

/*
 * A record that will be next some time: notes it if it counts. All between the first that was not next yet
 * and the one farthest ahead are shown, each once, by their positions; then order_seen(). Where memory is
 * short it is not noted, and has its place where it is.
 */
void order_see(struct order *o, uint64_t pos, const void *rec, size_t len);
void order_seen(struct order *o);

/* Is next. Hands out those that were noted and belong before it, and it, unless that has been done. */
void order_next(struct order *o, uint64_t pos, const void *rec, size_t len);

/* Nothing older than that is next: hands out those that were noted and are. ts: as in records. */
void order_until(struct order *o, uint64_t ts);

#endif
