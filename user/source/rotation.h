/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording in files of a bounded size, of which the newest are kept. */
#ifndef SIGTRACE_SOURCE_ROTATION_H
#define SIGTRACE_SOURCE_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "source/recording.h"

struct rotation;

/*
 * Into this folder, which is made (mode 0700) if it is not there; nobody else may be recording into
 * it. A file is full when it has `size` bytes; keep: how many there may be in the folder, those of
 * earlier runs included, 0: any number. NULL: e says why.
 */
struct rotation *rotation_open(const char *folder, uint64_t size, uint32_t keep, struct err *e);

/* The open folder. */
int rotation_folder(const struct rotation *r);

/* The next file, empty; which are too many now are removed. NULL: e says why. */
struct recording_writer *rotation_next(struct rotation *r, struct err *e);

/* What w has is the beginning that each file has: from here on its size counts. */
void rotation_begun(struct rotation *r, const struct recording_writer *w);

/* Is w full? */
bool rotation_due(const struct rotation *r, const struct recording_writer *w);

void rotation_free(struct rotation *r);

#endif
