/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks now and then at the pipes of the sessions without a terminal: engine_ends(). */
#ifndef SIGTRACE_CLI_ENDS_H
#define SIGTRACE_CLI_ENDS_H

#include <stdint.h>

#include "finding/engine.h"
#include "source/live.h"

/* Looks, if it is time to; *next: when that is again, 0 at first. UINT64_MAX: there is nothing to look
 * at. `now` and *next as live_now(). */
void ends_serve(const struct engine *e, struct live *l, uint64_t now, uint64_t *next);

#endif
