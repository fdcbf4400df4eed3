/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace explain`: each Ctrl-C in a paragraph, or what became of a process and why. */
#ifndef SIGTRACE_VIEW_EXPLAIN_H
#define SIGTRACE_VIEW_EXPLAIN_H

#include "view/view.h"

struct question {
	enum ask {
		ASK_ALL,     /* every Ctrl-C */
		ASK_SESSION, /* those of session `number` */
		ASK_NUMBER,  /* the same if there are that many sessions, else a process id */
		ASK_TIME,    /* those in [from, to), ms since midnight where it was recorded */
	} ask;
	bool live; /* of what is there now, not of a recording */
	uint32_t number;
	uint32_t from, to;
};

/* "#3", "3", "@14:02", "@14:02:26", "@14:02:26.318"; NULL: ASK_ALL. 0, or -1: it is none. */
int question_parse(struct question *q, const char *word);

/* NULL: out of memory. */
struct view *view_explain_new(const struct view_options *opt, const struct question *q);

#endif
