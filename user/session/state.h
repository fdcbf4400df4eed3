/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGTRACE_SESSION_STATE_H
#define SIGTRACE_SESSION_STATE_H

#include "session/session.h"

/*
 * Hands out, as records, the processes, connections and account names that are known, and a
 * trace.ready at the end, with what was last seen of their sessions' pipes: what follows trace.begin in a stream that begins now. The bytes live until
 * `put` returns. Interrupts that are not settled and sessions of ended roots are not in it.
 */
void sessions_state(const struct sessions *s, void (*put)(void *ctx, const void *rec, size_t len),
		    void *ctx);

#endif
