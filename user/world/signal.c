/* SPDX-License-Identifier: GPL-2.0-only */
#include "world/signal.h"

#include <stdlib.h>
#include <string.h>

const struct task_signal *task_signal(const struct task *t, uint32_t sig)
{
	for (size_t i = 0; i < t->nsignals; i++)
		if (t->sigs[i] == sig)
			return &t->signals[i];
	return NULL;
}

static struct task_signal *oldest_signal(struct task *t)
{
	struct task_signal *oldest = &t->signals[0];

	for (size_t i = 1; i < t->nsignals; i++)
		if (t->signals[i].ts < oldest->ts)
			oldest = &t->signals[i];
	return oldest;
}

/* That of the number, a new one, or the oldest; NULL: out of memory. Most processes get one or two. */
static struct task_signal *signal_slot(struct task *t, uint32_t sig)
{
	struct task_signal *s = (struct task_signal *)task_signal(t, sig);

	if (s)
		return s;
	if (t->nsignals == TASK_SIGNALS)
		return oldest_signal(t);
	s = realloc(t->signals, (t->nsignals + 1) * sizeof(*s));
	if (!s)
		return NULL;
	t->signals = s;
	s += t->nsignals++;
	memset(s, 0, sizeof(*s));
	return s;
}

/* A second one for a process that the first one kills: the kernel ignores it, and it tells nothing
 * (prepare_signal(), SIGNAL_GROUP_EXIT). */
static bool is_dying_of(const struct task_signal *s, const struct wire_generate *r)
{
	return s->sig == r->sig && !s->result && !s->blocked && s->disposition == WIRE_DFL &&
	       r->result == 1 && r->disposition == WIRE_DFL;
}

/* A second one while the first is pending: there is one to be delivered, and it is the first one's
 * (legacy_queue(), TRACE_SIGNAL_ALREADY_PENDING). */
static bool is_held_by(const struct task_signal *s, const struct wire_generate *r)
{
	return s->sig == r->sig && !s->result && !s->delivered_seq && r->result == 2;
}

void world_generate(struct world *w, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	struct task *t = world_task(w, r->target_tgid, r->target_start);
	struct task_signal *s;

	if (!t)
		return;
	t->s.pgid = r->pgid;
	t->s.sid = r->sid;
	t->s.tty = r->tty;
	t->s.tty_pgrp = r->tty_pgrp;
	t->s.state = r->state;
	s = signal_slot(t, r->sig);
	if (!s)
		w->failed = true;
	if (!s || is_dying_of(s, r) || is_held_by(s, r))
		return;
	memset(s, 0, sizeof(*s));
	t->sigs[s - t->signals] = (uint8_t)r->sig;
	s->sig = r->sig;
	s->ts = r->h.ts;
	s->seq = ev->seq;
	s->result = r->result;
	s->disposition = r->disposition;
	s->blocked = r->blocked;
	s->si_code = r->si_code;
	s->tty = r->work_tty;
	if (r->flags & WIRE_SIG_INFO) {
		const struct task *sender = world_last(w, r->sender_pid);

		s->sender_tgid = r->sender_pid;
		s->sender_session = sender ? sender->session : 0;
	}
	memcpy(s->sender_comm, r->h.comm, WIRE_COMM);
}

void world_deliver(struct world *w, const struct event *ev)
{
	struct task *t = world_event_task(w, ev);
	struct task_signal *s;

	if (!t)
		return;
	s = (struct task_signal *)task_signal(t, ev->u.deliver.sig);
	/* of those that were counted one may be the delivery of the last that was not, and none its own */
	if (s && !s->delivered_seq && (!event_repeats(ev) || ev->many.ts_last >= s->ts))
		s->delivered_seq = ev->seq;
}
