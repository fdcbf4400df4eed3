/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF programs as one trace wants them. For live.c alone. */
#ifndef SIGTRACE_SOURCE_PROGRAMS_H
#define SIGTRACE_SOURCE_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hooks;
struct live_options;
struct sigtrace_bpf;

/* Opened and not yet loaded: their constants, the sizes of their maps, and which of them are loaded.
 * 0, or -1 with e. */
int programs_configure(struct sigtrace_bpf *s, struct hooks *h, const struct live_options *o,
		       struct err *e);

/*
 * Loaded and not yet attached: tells them the servers and the process to trace. Returns the map of one byte
 * a pid (WIRE_IN ..), shared with the programs, and its length in bytes; to be munmap(2)ed. NULL: e.
 */
uint8_t *programs_scope(struct sigtrace_bpf *s, const struct live_options *o, size_t *len, struct err *e);

#endif
