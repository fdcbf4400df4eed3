/* SPDX-License-Identifier: GPL-2.0-only */
/* All that a stream tells of the processes that had one process id; private to the explain view. */
#ifndef SIGTRACE_VIEW_PROCESSES_H
#define SIGTRACE_VIEW_PROCESSES_H

#include "event/names.h"
#include "view/explain_parts.h"

#define PROCESSES 8 /* pids are used again: the last ones are kept */

/* The last signal of its number, but not what came once it was dying of it. */
struct sent {
	uint64_t seq; /* 0: none came */
	uint64_t ts;
	uint32_t result;
	uint32_t disposition;
	uint32_t blocked;
	uint32_t tty;	     /* of a key */
	int32_t si_code;
	enum sig_origin origin;
	bool self;	     /* it sent it to itself */
	bool known;	     /* `by` says who did */
	struct sender by;
};

struct met {
	bool any;
	bool missed;	     /* it did not get it */
	enum outcome outcome;
	const char *text;    /* why it is still there, a clause; NULL: it did what was asked */
	enum origin origin;
	uint32_t sig;
	uint32_t tty;
	uint32_t session;
	uint64_t ts;
	struct seqs_kept seqs;
};

struct process {
	uint64_t start;
	uint64_t first;	     /* ts of the first record of it */
	char comm[WIRE_COMM];
	struct buf args;     /* of its last exec, hostile */
	uint32_t session;
	uint64_t exit_seq;   /* 0: it was there to the end */
	uint64_t exit_ts;
	uint32_t exit_code;
	bool known;	     /* s is its last snapshot */
	struct wire_task s;
	struct sent sent[SIG_MAX + 1];
	struct met met;	     /* the last Ctrl-C */
	char *left_why;	     /* it outlived its session; NULL: it did not */
	char *left_advice;
	bool left_intended;
	struct seqs_kept left_seqs;
};

struct processes {
	uint32_t tgid;
	struct process *p[PROCESSES]; /* oldest first */
	size_t n;
	bool failed;
};

#endif
