/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a recording that is in several: their names, and which of them belong together. */
#ifndef SIGTRACE_SOURCE_RECORDING_FOLDER_H
#define SIGTRACE_SOURCE_RECORDING_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/recording.h"

#define RECORDING_NAME 64

/* sigtrace-20261123T123132.123Z-000017.sgt: file `part`, begun at that CLOCK_REALTIME in ns. Such
 * names sort by time. */
void recording_name(char name[RECORDING_NAME], uint64_t realtime, uint32_t part);
/* Is it one that recording_name() makes? */
bool recording_is_name(const char *name);

/* The names of that pattern in a folder, sorted; each is freed by the caller, and the list. 0, or -1:
 * errno. */
int recording_names(int folder, char ***names, size_t *n);

struct recording_folder;

/* Run i of the folder, SIZE_MAX: the newest; *runs: how many there are. Takes fd over; `path` is for
 * messages. NULL: e says why. */
struct recording_folder *recording_folder_open(int fd, const char *path, size_t i, size_t *runs,
					       struct err *e);
/* The next file of the run, open, and its name in *name instead of what was there, which is freed.
 * 0: there is none; -1: e. */
int recording_folder_next(struct recording_folder *f, char **name, struct err *e);
bool recording_folder_more(const struct recording_folder *f);
void recording_folder_free(struct recording_folder *f);

#endif
