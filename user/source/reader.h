/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reads the /proc of others. Once the loop is behind Landlock it may not (ptrace(2)'s rules, which
 * /proc follows, hold for who has a domain): then a process of its own does, that reads nothing else.
 */
#ifndef SIGTRACE_SOURCE_READER_H
#define SIGTRACE_SOURCE_READER_H

#include "source/ends.h"
#include "source/helper.h"
#include "source/proc.h"

struct reader {
	int proc;	      /* the open /proc; -1: not yet */
	bool apart;	      /* the helper is asked */
	struct helper helper; /* pid 0: there is none */
};

/* Starts the helper, before anything is open that it must not hold. 0, or -1 with e. */
int reader_start(struct reader *r, struct err *e);
void reader_stop(struct reader *r);

/* proc_args(), proc_env(), ends_look(). */
bool reader_args(const struct reader *r, const struct wire_hdr *h, struct proc_args *out);
bool reader_env(const struct reader *r, const struct wire_hdr *h, struct wire_env *out);
uint32_t reader_ends(const struct reader *r, const struct ends *e);

#endif
