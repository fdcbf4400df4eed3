/* SPDX-License-Identifier: GPL-2.0-only */
/* A Ctrl-C while it is not resolved: what interrupt.c and whose.c share. */
#ifndef SIGTRACE_SESSION_INTERRUPT_H
#define SIGTRACE_SESSION_INTERRUPT_H

#include "session/session.h"

#define BURST (20 * MS)	  /* after the last signal: no further process will get this one */
#define NOBODY (100 * MS) /* for a key that no signal followed */

/* A new one, which is pending. NULL: there are too many (s->evicted), or no memory (s->failed). */
struct interrupt *interrupt_add(struct sessions *s, uint32_t session, enum origin origin,
				uint32_t sig, uint64_t ts);

/* t as a member of it, NULL: it is none. */
struct member *interrupt_met(const struct interrupt *i, const struct task *t);

/* The one that a signal for t, of that session, is part of; NULL: of none, or as interrupt_add(). */
struct interrupt *interrupt_of_signal(struct sessions *s, const struct wire_generate *r,
				      const struct task *t, uint32_t session);

#endif
