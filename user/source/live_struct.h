/* SPDX-License-Identifier: GPL-2.0-only */
/* A live trace from within. For live.c and live_ask.c alone. */
#ifndef SIGTRACE_SOURCE_LIVE_STRUCT_H
#define SIGTRACE_SOURCE_LIVE_STRUCT_H

#include "source/accounts.h"
#include "source/hooks.h"
#include "source/live.h"
#include "source/reader.h"
#include "source/ring.h"

struct counts;
struct sigtrace_bpf;

struct live {
	struct live_options o;
	struct sigtrace_bpf *skel;
	struct ring *ring;
	uint8_t *scope; /* one byte a pid, shared with the programs */
	size_t scope_len;
	uint32_t *uids; /* whose names were told */
	size_t nuids;
	struct helper accounts;
	struct reader reader;
	int files;    /* errno: why it is not behind Landlock; 0: it is, from the first snapshot on */
	int terminal; /* the master of one of our own, until the first snapshot; -1: none */
	struct counts *counts;
	struct hooks hooks;
	unsigned empty; /* drains in a row that found nothing */
	int measures; /* the kernel measures programs while it is open; -1: it does not */
	uint64_t unanswered; /* processes that were asked for in vain */
	bool first;	/* in the first snapshot: argv is asked from /proc */
	bool stopped;
};

/* Hands a record on to who traces. */
void live_put(struct live *l, const void *rec, size_t len);

/* Most of what is read in /proc has been read: Landlock from here on, and the rest the reader's process
 * reads. What came of it: live_files(). */
void live_wall_in(struct live *l);

#endif
