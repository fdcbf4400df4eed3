/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap of the code under test: what it has of it, and requests that are refused. For programs
 * that are linked with --wrap (HEAP_WRAP in the Makefile); what libraries allocate for themselves is
 * not counted.
 */
#ifndef SIGTRACE_TESTS_HEAP_H
#define SIGTRACE_TESTS_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the nth request is refused, and with `rest` all behind it; 0: none is. */
void heap_refuse(size_t nth, bool rest);

/* Requests since the last heap_refuse(), and how many of these were refused. */
size_t heap_asked(void);
size_t heap_refused(void);

/* Blocks and bytes that are allocated now. */
size_t heap_blocks(void);
size_t heap_bytes(void);

#endif
