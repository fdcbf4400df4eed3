/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: the very wire records, in independent zstd frames.
 *
 * A file is a valid .zst stream (zstd -d gives the bare records): first a skippable frame (RFC
 * 8878, 3.1.2) with the magic, the version of the file and of the records and the byte order,
 * readable without decompressing; then ordinary frames, each with a content checksum, each holding
 * whole records only. A frame that is cut off or damaged loses itself and what follows, nothing
 * before it.
 */
#ifndef SIGTRACE_SOURCE_RECORDING_H
#define SIGTRACE_SOURCE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RECORDING_VERSION 1
#define RECORDING_FRAME (256 * 1024) /* most bytes of records in a frame; a reader refuses more */

struct recording_writer;

/*
 * Creates (or empties) the file with mode 0600, also when it was there with another mode; "-" is
 * stdout. Refuses a path that is a directory, follows no symbolic link. The header is written at
 * once. NULL: e says why.
 */
struct recording_writer *recording_create(const char *path, struct err *e);

/*
 * Which file of a recording that is in several: all of one start of the tracer have the same `run`,
 * CLOCK_REALTIME of the start in ns, and count from 1. Behind the first, each begins with what was
 * known then, trace.begin to trace.ready, so that it can be read alone.
 */
struct recording_part {
	uint64_t run;
	uint32_t part;
};

/* The same into an open file, new and empty, which is closed with it, whatever comes; `name` is for
 * messages. */
struct recording_writer *recording_create_part(int fd, const char *name,
					       const struct recording_part *part, struct err *e);

/*
 * A pipe's reader is waited for, however long that takes. Where `ending` is set it is called every
 * 100 ms meanwhile: true: the trace is to end, so that a reader who takes nothing for two seconds from
 * then on, or has not taken all after ten, is given up.
 */
void recording_set_ending(struct recording_writer *w, bool (*ending)(void *ctx), void *ctx);

/* Bytes of the file so far: what was not flushed is not in it. */
uint64_t recording_size(const struct recording_writer *w);

/* Adds one record. A frame is written when it is full. 0, or -1 with e (disk full ..): what was
 * written before stays readable, and every later call fails with the same error. */
int recording_put(struct recording_writer *w, const void *rec, size_t len, struct err *e);

/* Writes out what is buffered as a frame of its own. The caller does this at least every second. */
int recording_flush(struct recording_writer *w, struct err *e);

/* Flushes, closes, frees, whatever happened. 0, or -1 with e: also for an error of close(2). How many
 * records an error has kept from being written is logged. */
int recording_close(struct recording_writer *w, struct err *e);

struct recording_reader;

/*
 * "-" is stdin. A folder is the newest run in it: its files one after the other, without what the
 * later ones repeat. NULL: e says why (not there, not a recording, newer version: names both).
 */
struct recording_reader *recording_open(const char *path, struct err *e);

/* Run i of a folder, from 0, the oldest; *runs: how many there are. A file has one. */
struct recording_reader *recording_open_run(const char *path, size_t i, size_t *runs, struct err *e);

/*
 * The next record: *rec points to it until the next call. 1: there is one; 0: the end, between
 * two frames; -1: damage: e has one line with the offset of the frame in the file, status
 * EXIT_INCONCLUSIVE. Every record of the frames before the damage has been returned by then.
 */
int recording_next(struct recording_reader *r, const void **rec, size_t *len, struct err *e);

void recording_free(struct recording_reader *r);

#endif
