/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGTRACE_SESSION_SEQS_H
#define SIGTRACE_SESSION_SEQS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Evidence: seqs of records, without order until it is taken. */
struct seqs {
	uint64_t *v;
	size_t n, cap;
	bool failed; /* memory ran out: some are missing */
};

void seqs_add(struct seqs *s, uint64_t seq); /* 0 is left out */
void seqs_sort(struct seqs *s);		     /* ascending, each once */
void seqs_free(struct seqs *s);

#endif
