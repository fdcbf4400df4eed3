/* SPDX-License-Identifier: GPL-2.0-only */
/* Each Ctrl-C as one thing, however many processes it met. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define SIGINT 2
#define SIGQUIT 3
#define SIGTSTP 20

#define BURST (20 * MS)	   /* after the last signal: no further process will get this one */
#define NOBODY (100 * MS)  /* for a key that no signal followed */
#define PATIENCE (1000 * MS) /* for a handler to end its process; then "handled, it went on" */

static const uint32_t key_signals[] = {
	[WIRE_KEY_INTR] = SIGINT,
	[WIRE_KEY_QUIT] = SIGQUIT,
	[WIRE_KEY_SUSP] = SIGTSTP,
};

void interrupt_free(struct interrupt *i)
{
	if (!i)
		return;
	free(i->members);
	free(i->missed);
	free(i);
}

static struct interrupt *add(struct sessions *s, uint32_t session, enum origin origin, uint32_t sig,
			     uint64_t ts)
{
	struct interrupt *i = calloc(1, sizeof(*i));

	if (!i) {
		s->failed = true;
		return NULL;
	}
	i->session = session;
	i->origin = origin;
	i->sig = sig;
	i->ts = ts;
	i->last = ts;
	DL_APPEND(s->interrupts, i);
	return i;
}

static uint64_t interrupt_deadline(const struct interrupt *i)
{
	if (i->raw) /* a flood that does not end is told every second */
		return i->last + BURST < i->ts + PATIENCE ? i->last + BURST : i->ts + PATIENCE;
	if (!i->nmembers)
		return i->last + NOBODY;
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].outcome == OUTCOME_PENDING)
			return i->last + PATIENCE;
	return i->last + BURST;
}

/* Bytes that are data come in floods where a program is sent some: that is told once. */
static struct interrupt *find_raw(struct sessions *s, const struct wire_key *r)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		if (i->raw && i->tty == r->tty && i->sig == key_signals[r->key] &&
		    r->h.ts < interrupt_deadline(i))
			return i;
	}
	return NULL;
}

static void on_key(struct sessions *s, const struct event *ev)
{
	const struct wire_key *r = &ev->u.key;
	uint32_t session = session_of_tty(s, r->tty_sid, r->tty_pgrp);
	struct interrupt *i;

	if (!session && !(s->command && s->command->pty == r->tty))
		return;
	i = r->isig ? NULL : find_raw(s, r);
	if (i) {
		i->more++;
		i->last = r->h.ts;
		return;
	}
	i = add(s, session, ORIGIN_TTY, key_signals[r->key], r->h.ts);
	if (!i)
		return;
	i->tty = r->tty;
	i->fg_pgid = r->tty_pgrp;
	i->key_seq = ev->seq;
	i->raw = !r->isig;
	/* now: who reads it may end at once */
	if (i->raw)
		interrupt_missed(s, i);
	session_due(s, interrupt_deadline(i));
}

static bool from_tty(const struct wire_generate *r)
{
	return r->work_tty || ((r->sig == SIGINT || r->sig == SIGQUIT || r->sig == SIGTSTP) &&
			       r->si_code == 0x80 && r->flags & WIRE_SIG_KTHREAD);
}

static bool waits_for(const struct interrupt *i, const struct wire_generate *r, uint32_t tty)
{
	return i->origin == ORIGIN_TTY && i->sig == r->sig && i->tty == tty && !i->raw &&
	       r->h.ts < i->last + NOBODY;
}

/* The oldest key that was for this target's group and has not met the target yet; else one that has
 * met nobody, whose foreground group changed in between. */
static struct interrupt *find_typed(struct sessions *s, const struct wire_generate *r, uint32_t tty,
				    const struct task_key *target)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		if (waits_for(i, r, tty) && i->fg_pgid == r->pgid && !interrupt_member(i, target))
			return i;
	}
	DL_FOREACH(s->interrupts, i) {
		if (waits_for(i, r, tty) && !i->nmembers)
			return i;
	}
	return NULL;
}

static struct interrupt *of_tty(struct sessions *s, const struct wire_generate *r,
				const struct task *t)
{
	uint32_t tty = r->work_tty ? r->work_tty : r->tty;
	struct interrupt *i = find_typed(s, r, tty, &t->key);

	if (i)
		return i;
	i = add(s, t->session, ORIGIN_TTY, r->sig, r->h.ts);
	if (!i)
		return NULL;
	i->tty = tty;
	i->fg_pgid = r->pgid;
	return i;
}

static struct interrupt *find_sent(struct sessions *s, enum origin origin,
				   const struct wire_generate *r, const struct task *t)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		if (i->origin == origin && i->sig == r->sig && i->session == t->session &&
		    i->sender_tgid == r->sender_pid && !interrupt_member(i, &t->key) &&
		    r->h.ts < i->last + BURST)
			return i;
	}
	return NULL;
}

/* A member that hands the signal on (timeout, sudo, make): the same Ctrl-C still. */
static struct interrupt *handed_on(struct sessions *s, const struct wire_generate *r,
				   const struct task *t)
{
	const struct task *sender = world_last(s->world, r->sender_pid);
	struct interrupt *i;

	if (!sender)
		return NULL;
	DL_FOREACH(s->interrupts, i) {
		if (i->session == t->session && i->sig == r->sig && interrupt_member(i, &sender->key))
			return i;
	}
	return NULL;
}

static struct interrupt *of_process(struct sessions *s, const struct wire_generate *r,
				    const struct task *t)
{
	const struct session *x = session_find(s, t->session);
	enum origin origin = ORIGIN_KILL;
	struct interrupt *i;

	if (!(r->flags & WIRE_SIG_INFO) || r->si_code > 0 || r->sender_pid == t->key.tgid || !x ||
	    !x->number)
		return NULL;
	if (x->server && x->server->key.tgid == r->sender_pid)
		origin = ORIGIN_SSH_SIGNAL;
	else if (r->sig != SIGINT && r->sig != SIGQUIT && r->sig != SIGTSTP)
		return NULL;
	i = handed_on(s, r, t);
	if (!i)
		i = find_sent(s, origin, r, t);
	if (i)
		return i;
	i = add(s, t->session, origin, r->sig, r->h.ts);
	if (!i)
		return NULL;
	i->sender_tgid = r->sender_pid;
	memcpy(i->sender_comm, r->h.comm, WIRE_COMM);
	i->tty = t->s.tty;
	return i;
}

static enum outcome first_outcome(const struct wire_generate *r)
{
	/* of a process that is dying already the kernel ignores what comes, whatever it does with it
	 * (prepare_signal(), SIGNAL_GROUP_EXIT): wait for its end */
	if (r->result == 1 && (r->disposition == WIRE_IGN || r->flags & WIRE_SIG_UNKILLABLE))
		return OUTCOME_IGNORED;
	if (r->result == 2)
		return OUTCOME_ALREADY_PENDING;
	if (r->blocked)
		return OUTCOME_BLOCKED;
	if (r->sig == SIGTSTP && r->disposition == WIRE_DFL)
		return OUTCOME_STOPPED;
	if (r->state & TASK_STOPPED_STATES)
		return OUTCOME_NOT_DELIVERED;
	return OUTCOME_PENDING;
}

static void add_member(struct sessions *s, struct interrupt *i, const struct task *t,
		       const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	const struct session *x = session_find(s, i->session);
	struct member *m = realloc(i->members, (i->nmembers + 1) * sizeof(*m));

	if (!m) {
		s->failed = true;
		return;
	}
	i->members = m;
	m += i->nmembers++;
	memset(m, 0, sizeof(*m));
	m->key = t->key;
	m->parent = (struct task_key){.tgid = t->parent_tgid, .start = t->parent_start};
	memcpy(m->comm, r->target_comm, WIRE_COMM);
	m->ts = r->h.ts;
	m->seq = ev->seq;
	m->disposition = r->disposition;
	m->shell = x && x->interactive && x->root == t && r->disposition == WIRE_HANDLER;
	m->outcome = first_outcome(r);
	i->last = r->h.ts;
}

static void on_generate(struct sessions *s, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	const struct task *t = world_task(s->world, r->target_tgid, r->target_start);
	struct interrupt *i;

	if (!t || !session_find(s, t->session))
		return;
	i = from_tty(r) ? of_tty(s, r, t) : of_process(s, r, t);
	if (!i || interrupt_member(i, &t->key))
		return;
	add_member(s, i, t, ev);
	session_due(s, interrupt_deadline(i));
}

static void on_deliver(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct interrupt *i;

	if (!t)
		return;
	DL_FOREACH(s->interrupts, i) {
		struct member *m = i->sig == ev->u.deliver.sig ? interrupt_member(i, &t->key) : NULL;

		if (!m || m->deliver_seq)
			continue;
		m->deliver_seq = ev->seq;
		m->deliver_ts = ev->u.h.ts;
		/* a prompt's shell takes it and prompts again: no need to wait for that */
		if (m->shell && m->outcome == OUTCOME_PENDING) {
			m->outcome = OUTCOME_HANDLED;
			m->end_ts = ev->u.h.ts;
			m->end_seq = ev->seq;
			session_due(s, interrupt_deadline(i));
		}
		return;
	}
}

static bool may_still_end(enum outcome o)
{
	return o == OUTCOME_PENDING || o == OUTCOME_HANDLED;
}

/* The outcome of who took it, or not, and did not end of it. */
static enum outcome still_there(const struct member *m)
{
	return m->deliver_seq && m->disposition == WIRE_HANDLER ? OUTCOME_HANDLED :
								  OUTCOME_NOT_DELIVERED;
}

/* Who ends after the session was hung up ends of that, not of a Ctrl-C shortly before. */
static bool is_of_hangup(const struct sessions *s, const struct interrupt *i,
			 const struct member *m)
{
	const struct session *x = session_find(s, i->session);

	return x && x->hangup.seq && x->hangup.ts > m->ts;
}

static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct interrupt *i;

	if (!t || t->exit_seq != ev->seq)
		return;
	DL_FOREACH(s->interrupts, i) {
		struct member *m = interrupt_member(i, &t->key);

		if (!m)
			continue;
		m->gone = true;
		if (!may_still_end(m->outcome))
			continue;
		if (exit_signal(t->exit_code) == i->sig) {
			m->outcome = OUTCOME_DIED;
		} else if (is_of_hangup(s, i, m)) {
			m->outcome = still_there(m);
			continue;
		} else {
			m->outcome = OUTCOME_EXITED;
		}
		m->exit_code = t->exit_code;
		m->end_ts = ev->u.h.ts;
		m->end_seq = ev->seq;
		session_due(s, interrupt_deadline(i));
	}
}

void interrupt_apply(struct sessions *s, const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_TTY_KEY:
		on_key(s, ev);
		break;
	case WIRE_SIGNAL_GENERATE:
		on_generate(s, ev);
		break;
	case WIRE_SIGNAL_DELIVER:
		on_deliver(s, ev);
		break;
	case WIRE_TASK_EXIT:
		on_exited(s, ev);
		break;
	}
}

/* A key that made no signal though its group lives: it was quoted (VLNEXT, Ctrl-V). */
static bool is_quoted(const struct sessions *s, const struct interrupt *i)
{
	const struct session *x = session_find(s, i->session);
	const struct task *t;

	if (i->raw || i->nmembers || !i->key_seq || !x)
		return false;
	DL_FOREACH2(x->members, t, member_next) {
		if (t->s.pgid == i->fg_pgid && t->born < i->ts)
			return true;
	}
	return false;
}

static void resolve(const struct sessions *s, struct interrupt *i)
{
	i->quoted = is_quoted(s, i);
	for (size_t k = 0; k < i->nmembers; k++) {
		struct member *m = &i->members[k];

		if (m->outcome == OUTCOME_PENDING)
			m->outcome = still_there(m);
	}
}

/* They are told in the order in which they were typed. */
static bool is_behind(const struct sessions *s, const struct interrupt *i)
{
	const struct interrupt *k;

	for (k = s->interrupts; k != i; k = k->next)
		if (k->session == i->session)
			return true;
	return false;
}

uint64_t interrupts_deadline(const struct sessions *s)
{
	const struct interrupt *i;
	uint64_t first = UINT64_MAX;

	DL_FOREACH(s->interrupts, i) {
		if (interrupt_deadline(i) < first && !is_behind(s, i))
			first = interrupt_deadline(i);
	}
	return first;
}

void interrupt_due(struct sessions *s, bool all)
{
	struct interrupt *i, *next;

	DL_FOREACH_SAFE(s->interrupts, i, next) {
		if (!all && (s->now < interrupt_deadline(i) || is_behind(s, i)))
			continue;
		DL_DELETE(s->interrupts, i);
		resolve(s, i);
		if (!i->raw && !i->quoted)
			interrupt_missed(s, i);
		session_done(s, DONE_INTERRUPT, session_find(s, i->session), i);
	}
}
