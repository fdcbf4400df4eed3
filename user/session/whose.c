/* SPDX-License-Identifier: GPL-2.0-only */
/* Which Ctrl-C a signal is part of: one that was typed, sent or handed on before, or a new one. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/interrupt.h"
#include "session/session.h"

#define SIGINT 2
#define SIGQUIT 3
#define SIGKILL 9
#define SIGTSTP 20

/* What floods a session with them is told some, and each is looked up among all. */
static bool has_room(const struct sessions *s, uint32_t session)
{
	return s->pending.n < INTERRUPTS_MOST &&
	       pending_count(&s->pending, session) < INTERRUPTS_OF_ONE;
}

struct interrupt *interrupt_add(struct sessions *s, uint32_t session, enum origin origin,
				uint32_t sig, uint64_t ts)
{
	struct interrupt *i;

	if (!has_room(s, session)) {
		s->evicted++;
		return NULL;
	}
	i = calloc(1, sizeof(*i));
	if (!i) {
		s->failed = true;
		return NULL;
	}
	i->session = session;
	i->origin = origin;
	i->sig = sig;
	i->ts = ts;
	i->last = ts;
	if (!pending_add(&s->pending, i))
		return i;
	s->failed = true;
	free(i);
	return NULL;
}

struct member *interrupt_met(const struct interrupt *i, const struct task *t)
{
	const struct meeting *m;

	if (!t->alive)
		return interrupt_member(i, &t->key);
	DL_FOREACH(t->meetings, m) {
		if (m->interrupt == i)
			return &i->members[m->at];
	}
	return NULL;
}

static bool from_tty(const struct wire_generate *r)
{
	return r->work_tty || ((r->sig == SIGINT || r->sig == SIGQUIT || r->sig == SIGTSTP) &&
			       r->si_code == 0x80 && r->flags & WIRE_SIG_KTHREAD);
}

static bool waits_for(const struct interrupt *i, const struct wire_generate *r)
{
	return i->sig == r->sig && !i->raw && !i->asked_seq && r->h.ts < i->last + NOBODY;
}

/* The oldest key that was for this target's group and has not met the target yet; else one that has
 * met nobody, whose foreground group changed in between. */
static struct interrupt *find_typed(struct sessions *s, const struct wire_generate *r, uint32_t tty,
				    const struct task *target)
{
	struct interrupt *all = pending_of_tty(&s->pending, tty), *i;

	for (i = all; i; i = i->tty_next)
		if (waits_for(i, r) && i->fg_pgid == r->pgid && !interrupt_met(i, target))
			return i;
	for (i = all; i; i = i->tty_next)
		if (waits_for(i, r) && !i->nmembers)
			return i;
	return NULL;
}

/* A new one. */
static struct interrupt *begin(struct sessions *s, enum origin origin, const struct wire_generate *r,
			       const struct task *t, uint32_t number)
{
	struct interrupt *i = interrupt_add(s, number, origin, r->sig, r->h.ts);

	if (i)
		i->client = number && !t->session;
	return i;
}

static struct interrupt *of_tty(struct sessions *s, const struct wire_generate *r,
				const struct task *t, uint32_t number)
{
	uint32_t tty = r->work_tty ? r->work_tty : r->tty;
	struct interrupt *i = find_typed(s, r, tty, t);

	if (i)
		return i;
	i = begin(s, ORIGIN_TTY, r, t, number);
	if (!i)
		return NULL;
	i->tty = tty;
	s->failed |= pending_typed(&s->pending, i) != 0;
	i->fg_pgid = r->pgid;
	via_take(s, i, r->h.ts);
	return i;
}

static struct interrupt *find_sent(struct sessions *s, enum origin origin,
				   const struct wire_generate *r, const struct task *t,
				   uint32_t number)
{
	struct interrupt *i;

	for (i = pending_of_session(&s->pending, number); i; i = i->its_next)
		if (i->origin == origin && i->sig == r->sig && i->sender_tgid == r->sender_pid &&
		    !interrupt_met(i, t) && r->h.ts < i->last + BURST)
			return i;
	return NULL;
}

/* A member that hands the signal on (timeout, sudo, make): the same Ctrl-C still. */
static struct interrupt *handed_on(struct sessions *s, const struct wire_generate *r,
				   const struct task *t)
{
	const struct task *sender = world_last(s->world, r->sender_pid);
	struct interrupt *oldest = NULL;
	const struct meeting *m;

	if (!sender)
		return NULL;
	DL_FOREACH(sender->meetings, m) {
		struct interrupt *i = m->interrupt;

		if (i->sig == r->sig && (!oldest || i->nth < oldest->nth) &&
		    (i->session == t->session || (i->client && !t->session)))
			oldest = i;
	}
	return oldest;
}

static struct interrupt *of_process(struct sessions *s, const struct wire_generate *r,
				    const struct task *t, uint32_t number)
{
	const struct session *x = session_find(s, number);
	const struct task *sender = world_last(s->world, r->sender_pid);
	enum origin origin = ORIGIN_KILL;
	struct interrupt *i;

	if (!(r->flags & WIRE_SIG_INFO) || r->si_code > 0 || r->sender_pid == t->key.tgid || !x ||
	    !x->number)
		return NULL;
	/* a server of many kills the command when its client goes: the session's end tells that */
	if (x->keeper && r->sig == SIGKILL)
		return NULL;
	if (x->server && x->server->key.tgid == r->sender_pid)
		origin = ORIGIN_SSH_SIGNAL;
	else if (r->sig != SIGINT && r->sig != SIGQUIT && r->sig != SIGTSTP)
		return NULL;
	i = handed_on(s, r, t);
	if (!i)
		i = find_sent(s, origin, r, t, number);
	if (i)
		return i;
	i = begin(s, origin, r, t, number);
	if (!i)
		return NULL;
	i->sender_session = sender ? sender->session : 0;
	i->sender_tgid = r->sender_pid;
	memcpy(i->sender_comm, r->h.comm, WIRE_COMM);
	i->tty = t->s.tty;
	return i;
}

struct interrupt *interrupt_of_signal(struct sessions *s, const struct wire_generate *r,
				      const struct task *t, uint32_t session)
{
	return from_tty(r) ? of_tty(s, r, t, session) : of_process(s, r, t, session);
}
