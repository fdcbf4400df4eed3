/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process remembers of the signals for it: task_signal(). For world_apply() alone. */
#ifndef SIGTRACE_WORLD_SIGNAL_H
#define SIGTRACE_WORLD_SIGNAL_H

#include "world/task.h"

/* signal.generate and signal.deliver. w->failed: out of memory. */
void world_generate(struct world *w, const struct event *ev);
void world_deliver(struct world *w, const struct event *ev);

#endif
