/* SPDX-License-Identifier: GPL-2.0-only */
/* The records that user space makes of nothing but the clock and the machine. */
#ifndef SIGTRACE_SOURCE_FRAME_H
#define SIGTRACE_SOURCE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* CLOCK_BOOTTIME, ns: the clock of the records. */
uint64_t live_now(void);

/* Zeroes the record of len bytes that begins with h, and stamps it with kind and time. */
void frame_header(struct wire_hdr *h, uint16_t kind, uint32_t len);

/* strcpy() into a member of `size` bytes, cut where it does not fit. */
void frame_copy(char *to, size_t size, const char *from);

/* The first and the last record of a stream. scope: WIRE_SCOPE_*, reason: WIRE_END_*. */
void frame_begin(struct wire_begin *r, unsigned scope, uint32_t tgid, const char *version);
void frame_end(struct wire_end *r, uint32_t reason);

#endif
