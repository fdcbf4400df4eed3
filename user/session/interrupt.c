/* SPDX-License-Identifier: GPL-2.0-only */
/* Each Ctrl-C as one thing, however many processes it met. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/interrupt.h"
#include "session/session.h"

#define SIGINT 2
#define SIGQUIT 3
#define SIGTSTP 20

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
	free(i->ancestors);
	free(i);
}

static uint64_t interrupt_deadline(const struct interrupt *i)
{
	if (i->asked_seq)
		return i->answered ? i->asked_ts : i->asked_ts + ANSWER_WAIT;
	if (i->raw && i->client)
		return i->ts + PATIENCE;
	if (i->raw) /* a flood that does not end is told every second */
		return i->last + NOBODY < i->ts + PATIENCE ? i->last + NOBODY : i->ts + PATIENCE;
	if (!i->nmembers)
		return i->last + NOBODY;
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].outcome == OUTCOME_PENDING)
			return i->last + PATIENCE;
	return i->last + BURST;
}

/* To be called when its deadline has changed. Behind another one of its session it waits for that. */
static void look(struct sessions *s, struct interrupt *i)
{
	uint64_t at;

	if (pending_is_behind(i))
		return;
	at = interrupt_deadline(i);
	if (timer_set(&s->pending.deadlines, &i->look, at))
		s->failed = true;
	session_due(s, at);
}

static void forget(struct sessions *s, struct interrupt *i)
{
	struct interrupt *next = pending_remove(&s->pending, i);

	if (next)
		look(s, next);
}

void interrupt_drop(struct sessions *s, struct interrupt *i)
{
	forget(s, i);
	interrupt_free(i);
}

/* Bytes that are data come in floods where a program is sent some: that is told once. */
static struct interrupt *find_raw(struct sessions *s, const struct wire_key *r, bool client)
{
	struct interrupt *i;

	for (i = pending_of_tty(&s->pending, r->tty); i; i = i->tty_next)
		if (i->raw && i->client == client && i->sig == key_signals[r->key] &&
		    r->h.ts < interrupt_deadline(i))
			return i;
	return NULL;
}

static void set_reader(struct interrupt *i, const struct task_key *key, const char *comm)
{
	i->reader = *key;
	memcpy(i->reader_comm, comm, WIRE_COMM);
}

/* client: NULL, or the one at whose terminal, and not in the session, it was typed */
static void typed(struct sessions *s, const struct event *ev, uint32_t session,
		  const struct client *client)
{
	const struct wire_key *r = &ev->u.key;
	struct interrupt *i = r->isig ? NULL : find_raw(s, r, client);

	if (i) {
		i->more++;
		i->last = r->h.ts;
		via_take(s, i, r->h.ts);
		look(s, i);
		return;
	}
	i = interrupt_add(s, session, ORIGIN_TTY, key_signals[r->key], r->h.ts);
	if (!i)
		return;
	i->client = client;
	i->tty = r->tty;
	s->failed |= pending_typed(&s->pending, i) != 0;
	i->fg_pgid = r->tty_pgrp;
	i->key_seq = ev->seq;
	i->raw = !r->isig;
	via_take(s, i, r->h.ts);
	if (i->raw && client) {
		set_reader(i, &client->t->key, client->t->comm);
	} else if (i->raw) {
		/* now: who reads it may end at once */
		interrupt_missed(s, i);
		if (i->nmissed)
			set_reader(i, &i->missed[0].key, i->missed[0].comm);
	}
	look(s, i);
}

/* An ssh client that runs in a session itself is one of that session's processes first. */
static void on_key(struct sessions *s, const struct event *ev)
{
	const struct wire_key *r = &ev->u.key;
	const struct client *l = conns_client_of(&s->conns, r->tty_pgrp);
	uint32_t session = session_of_tty(s, r->tty_sid, r->tty_pgrp);
	uint32_t beyond = l ? session_of_client(s, l) : 0;

	if (session || (s->command && s->command->pty == r->tty))
		typed(s, ev, session, NULL);
	if (beyond && (!session || !r->isig))
		typed(s, ev, beyond, l);
}

static enum outcome first_outcome(const struct wire_generate *r)
{
	/* of a process that is dying already the kernel ignores what comes, whatever it does with it
	 * (prepare_signal(), SIGNAL_GROUP_EXIT): wait for its end */
	if (r->result == 1 && (r->disposition == WIRE_IGN || r->flags & WIRE_SIG_UNKILLABLE))
		return OUTCOME_IGNORED;
	if (r->result == 2)
		return OUTCOME_ALREADY_PENDING;
	if (r->sig == SIGTSTP && r->disposition == WIRE_DFL && !r->blocked)
		return OUTCOME_STOPPED;
	/* who blocks it, or is stopped, may take it yet */
	return OUTCOME_PENDING;
}

static void add_member(struct sessions *s, struct interrupt *i, struct task *t,
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
	if (t->alive && pending_meet(i, t, i->nmembers))
		s->failed = true;
	m += i->nmembers++;
	memset(m, 0, sizeof(*m));
	m->key = t->key;
	m->parent = (struct task_key){.tgid = t->parent_tgid, .start = t->parent_start};
	memcpy(m->comm, r->target_comm, WIRE_COMM);
	m->ts = r->h.ts;
	m->seq = ev->seq;
	m->disposition = r->disposition;
	m->flags = r->flags;
	m->state = r->state;
	m->blocked = r->blocked;
	m->forked = t->forked;
	m->execed = t->execed;
	m->exec_ignored = t->exec_ignored;
	interrupt_ancestors(s, i, t);
	m->shell = x && x->interactive && x->root == t && r->disposition == WIRE_HANDLER;
	m->outcome = first_outcome(r);
	i->last = r->h.ts;
}

static void on_generate(struct sessions *s, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	struct task *t = world_task(s->world, r->target_tgid, r->target_start);
	struct interrupt *i;
	uint32_t number;

	if (!t)
		return;
	number = !t->session && t->client ? session_of_client(s, t->client) : t->session;
	if (!session_find(s, number))
		return;
	i = interrupt_of_signal(s, r, t, number);
	if (!i || interrupt_met(i, t))
		return;
	add_member(s, i, t, ev);
	look(s, i);
}

/* The oldest of those with the signal that t has met and that it did not take yet. */
static const struct meeting *find_taken(const struct task *t, uint32_t sig)
{
	const struct meeting *m, *oldest = NULL;

	DL_FOREACH(t->meetings, m) {
		const struct interrupt *i = m->interrupt;

		if (i->sig == sig && !i->members[m->at].deliver_seq &&
		    (!oldest || i->nth < oldest->interrupt->nth))
			oldest = m;
	}
	return oldest;
}

static void on_deliver(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	const struct meeting *met = t && t->meetings ? find_taken(t, ev->u.deliver.sig) : NULL;
	struct member *m;

	if (!met)
		return;
	m = &met->interrupt->members[met->at];
	m->deliver_seq = ev->seq;
	m->deliver_ts = ev->u.h.ts;
	/* a prompt's shell takes it and prompts again: no need to wait for that */
	if (m->shell && m->outcome == OUTCOME_PENDING) {
		m->outcome = OUTCOME_HANDLED;
		m->end_ts = ev->u.h.ts;
		m->end_seq = ev->seq;
		look(s, met->interrupt);
	}
}

static bool may_still_end(enum outcome o)
{
	return o == OUTCOME_PENDING || o == OUTCOME_HANDLED;
}

/* Who ends after the session was hung up ends of that, not of a Ctrl-C shortly before. */
static bool is_of_hangup(const struct sessions *s, const struct interrupt *i,
			 const struct member *m)
{
	const struct session *x = session_find(s, i->session);

	return x && x->hangup.seq && x->hangup.ts > m->ts;
}

static void ended(struct sessions *s, struct interrupt *i, struct member *m, const struct task *t,
		  const struct event *ev)
{
	m->gone = true;
	if (t->unseen || !may_still_end(m->outcome))
		return;
	if (exit_signal(t->exit_code) == i->sig) {
		m->outcome = OUTCOME_DIED;
	} else if (is_of_hangup(s, i, m)) {
		m->outcome = member_still_there(m);
		look(s, i);
		return;
	} else {
		m->outcome = OUTCOME_EXITED;
	}
	m->exit_code = t->exit_code;
	m->end_ts = ev->u.h.ts;
	m->end_seq = ev->seq;
	look(s, i);
}

static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	const struct meeting *m;

	if (!t || t->exit_seq != ev->seq)
		return;
	DL_FOREACH(t->meetings, m) {
		ended(s, m->interrupt, &m->interrupt->members[m->at], t, ev);
	}
	pending_part(t);
}

static void on_answer(struct sessions *s)
{
	struct interrupt *i;

	DL_FOREACH2(s->pending.asked, i, asked_next) {
		i->answered |= interrupt_answered(s, i);
		look(s, i);
	}
	interrupt_due(s, false);
	session_due(s, interrupts_deadline(s));
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
	case WIRE_TRACE_READY:
		if (ev->u.ready.asked)
			on_answer(s);
		break;
	}
}

/* Where the client went, the end of its session tells that, and of what. */
static bool is_of_close(const struct sessions *s, const struct interrupt *i)
{
	const struct session *x = session_find(s, i->session);

	if (!i->client)
		return false;
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].gone)
			return true;
	return !x || x->state != SESSION_OPEN || (x->conn && conn_changed(x->conn)) ||
	       (!i->raw && !i->nmembers);
}

uint64_t interrupts_deadline(const struct sessions *s)
{
	return timers_deadline(&s->pending.deadlines);
}

void interrupt_postpone(struct sessions *s, uint64_t gap)
{
	struct interrupt *i;

	DL_FOREACH(s->pending.list, i) {
		i->last += gap;
		i->asked_ts += gap;
		look(s, i);
	}
}

static void settle(struct sessions *s, struct interrupt *i)
{
	forget(s, i);
	interrupt_resolve(s, i);
	if (is_of_close(s, i)) {
		interrupt_free(i);
		return;
	}
	if (i->asked_seq)
		interrupt_look_again(s, i);
	else if (!i->looked && !i->quoted)
		interrupt_missed(s, i);
	session_done(s, DONE_INTERRUPT, session_find(s, i->session), i);
}

static struct interrupt *of_timer(struct timer *t)
{
	return (struct interrupt *)((char *)t - offsetof(struct interrupt, look));
}

/* Whose deadline has come: by age, since they are told so. */
static void take_due(struct sessions *s, struct timers *now)
{
	struct timer *t;

	while ((t = timers_first(&s->pending.deadlines)) && t->at <= s->now) {
		timer_clear(&s->pending.deadlines, t);
		if (timer_set(now, t, of_timer(t)->nth))
			s->failed = true;
	}
}

static void settle_due(struct sessions *s)
{
	struct timers now = {0};
	struct timer *t;

	for (take_due(s, &now); (t = timers_first(&now)); take_due(s, &now)) {
		struct interrupt *i = of_timer(t);

		timer_clear(&now, t);
		if (!i->asked_seq && interrupt_asks(s, i)) {
			pending_ask(&s->pending, i);
			look(s, i);
		} else {
			settle(s, i);
		}
	}
	timers_free(&now);
}

void interrupt_due(struct sessions *s, bool all)
{
	struct interrupt *i, *next;

	if (!all) {
		settle_due(s);
		return;
	}
	DL_FOREACH_SAFE(s->pending.list, i, next) {
		settle(s, i);
	}
}

void interrupt_flush(struct sessions *s, uint32_t session)
{
	struct interrupt *i, *next;

	for (i = pending_of_session(&s->pending, session); i; i = next) {
		next = i->its_next;
		if (i->asked_seq)
			settle(s, i);
	}
}
