/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom an event is about; for the views alone. */
#ifndef SIGTRACE_VIEW_WHO_H
#define SIGTRACE_VIEW_WHO_H

#include "finding/engine.h"

#define WHO_DIGITS 12

/* The task that the event is about: of signal.generate the target, else the header's. NULL when it
 * is not known. */
const struct task *who_task(const struct engine *e, const struct event *ev);

/*
 * The account: the session's user, else that of the event's task (ev may be NULL). Where the uid
 * has no name its digits, written to `digits`; NULL when nothing is known.
 */
const char *who_user(const struct engine *e, uint32_t session, const struct event *ev,
		     char digits[WHO_DIGITS]);

#endif
