/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine's state, and the facts that it tells; private to finding/. */
#ifndef SIGTRACE_FINDING_TELL_H
#define SIGTRACE_FINDING_TELL_H

#include "finding/engine.h"
#include "session/session.h"

struct engine {
	struct sink sink;
	struct world world;
	struct sessions sessions;
	struct wire_begin begin;
	struct totals totals;
	uint64_t seq;
	bool failed; /* memory ran out for a fact */
	bool looked; /* trace.end says that the kernel was asked whom the command left */
};

/* Each makes one fact, or those that belong together, and hands it to the sink. */
void tell_open(struct engine *e, const struct session *x);
void tell_interrupt(struct engine *e, const struct interrupt *i, const struct session *x);
/* session.close, before it the client's going as an interrupt, behind it who was left. */
void tell_close(struct engine *e, const struct session *x);
/* Who outlived the command. */
void tell_left(struct engine *e);

/* An orphan has ended. */
void tell_fate(struct engine *e, const struct session *x, const struct task *t);

/* For the files of finding/ that make facts: completes, numbers and hands it on; takes `evidence`. */
void tell_fact(struct engine *e, struct fact *f, struct seqs *evidence);
enum confidence tell_confidence(const struct engine *e, const struct session *x,
				enum confidence best);

#endif
