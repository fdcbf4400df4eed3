/* SPDX-License-Identifier: GPL-2.0-only */
/* An engine's sink that is one view and nothing else. */
#ifndef SIGTRACE_TESTS_VIEW_SINK_H
#define SIGTRACE_TESTS_VIEW_SINK_H

#include "finding/engine.h"
#include "view/view.h"

static inline void view_sink_event(void *ctx, const struct engine *e, const struct event *ev,
				   uint32_t session)
{
	struct view *v = ctx;

	if (v->ops->event)
		v->ops->event(v, e, ev, session);
}

static inline void view_sink_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct view *v = ctx;

	if (v->ops->fact)
		v->ops->fact(v, e, f);
}

static inline struct sink view_sink(struct view *v)
{
	return (struct sink){.ctx = v, .event = view_sink_event, .fact = view_sink_fact};
}

#endif
