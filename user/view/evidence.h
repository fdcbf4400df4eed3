/* SPDX-License-Identifier: GPL-2.0-only */
/* The last records of a stream as lines, so that a fact can show what it rests on. */
#ifndef SIGTRACE_VIEW_EVIDENCE_H
#define SIGTRACE_VIEW_EVIDENCE_H

#include "view/view.h"

struct evidence;

/* NULL: out of memory. The caller frees. */
struct evidence *evidence_new(void);
void evidence_free(struct evidence *v);

/* false: memory ran out, its line is not kept. */
bool evidence_take(struct evidence *v, const struct engine *e, const struct event *ev,
		   uint32_t session);

/* The line of that record, without its end; what is too long ago to be kept is said so. */
void evidence_put(struct buf *b, const struct evidence *v, uint64_t seq);

#endif
