/* SPDX-License-Identifier: GPL-2.0-only */
/* Each Ctrl-C as one thing, however many processes it met. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define SIGINT 2
#define SIGQUIT 3
#define SIGKILL 9
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
	free(i->ancestors);
	free(i);
}

/* What floods a session with them is told some, and each is looked up among all. */
static bool has_room(const struct sessions *s, uint32_t session)
{
	const struct interrupt *i;
	unsigned all = 0, its = 0;

	DL_FOREACH(s->interrupts, i) {
		all++;
		its += i->session == session;
	}
	return all < INTERRUPTS_MOST && its < INTERRUPTS_OF_ONE;
}

static struct interrupt *add(struct sessions *s, uint32_t session, enum origin origin, uint32_t sig,
			     uint64_t ts)
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
	DL_APPEND(s->interrupts, i);
	return i;
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

/* Bytes that are data come in floods where a program is sent some: that is told once. */
static struct interrupt *find_raw(struct sessions *s, const struct wire_key *r, bool client)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		if (i->raw && i->client == client && i->tty == r->tty && i->sig == key_signals[r->key] &&
		    r->h.ts < interrupt_deadline(i))
			return i;
	}
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
		return;
	}
	i = add(s, session, ORIGIN_TTY, key_signals[r->key], r->h.ts);
	if (!i)
		return;
	i->client = client;
	i->tty = r->tty;
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
	session_due(s, interrupt_deadline(i));
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

static bool from_tty(const struct wire_generate *r)
{
	return r->work_tty || ((r->sig == SIGINT || r->sig == SIGQUIT || r->sig == SIGTSTP) &&
			       r->si_code == 0x80 && r->flags & WIRE_SIG_KTHREAD);
}

static bool waits_for(const struct interrupt *i, const struct wire_generate *r, uint32_t tty)
{
	return i->origin == ORIGIN_TTY && i->sig == r->sig && i->tty == tty && !i->raw && !i->asked_seq &&
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
				const struct task *t, uint32_t number)
{
	uint32_t tty = r->work_tty ? r->work_tty : r->tty;
	struct interrupt *i = find_typed(s, r, tty, &t->key);

	if (i)
		return i;
	i = add(s, number, ORIGIN_TTY, r->sig, r->h.ts);
	if (!i)
		return NULL;
	i->client = number && !t->session;
	i->tty = tty;
	i->fg_pgid = r->pgid;
	via_take(s, i, r->h.ts);
	return i;
}

static struct interrupt *find_sent(struct sessions *s, enum origin origin,
				   const struct wire_generate *r, const struct task *t,
				   uint32_t number)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		if (i->origin == origin && i->sig == r->sig && i->session == number &&
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
		if (i->sig == r->sig && interrupt_member(i, &sender->key) &&
		    (i->session == t->session || (i->client && !t->session)))
			return i;
	}
	return NULL;
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
	i = add(s, number, origin, r->sig, r->h.ts);
	if (!i)
		return NULL;
	i->client = number && !t->session;
	i->sender_session = sender ? sender->session : 0;
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
	if (r->sig == SIGTSTP && r->disposition == WIRE_DFL && !r->blocked)
		return OUTCOME_STOPPED;
	/* who blocks it, or is stopped, may take it yet */
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
	const struct task *t = world_task(s->world, r->target_tgid, r->target_start);
	struct interrupt *i;
	uint32_t number;

	if (!t)
		return;
	number = !t->session && t->client ? session_of_client(s, t->client) : t->session;
	if (!session_find(s, number))
		return;
	i = from_tty(r) ? of_tty(s, r, t, number) : of_process(s, r, t, number);
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
		if (t->unseen || !may_still_end(m->outcome))
			continue;
		if (exit_signal(t->exit_code) == i->sig) {
			m->outcome = OUTCOME_DIED;
		} else if (is_of_hangup(s, i, m)) {
			m->outcome = member_still_there(m);
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

static void on_answer(struct sessions *s)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		i->answered |= i->asked_seq && interrupt_answered(s, i);
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

void interrupt_postpone(struct sessions *s, uint64_t gap)
{
	struct interrupt *i;

	DL_FOREACH(s->interrupts, i) {
		i->last += gap;
		i->asked_ts += gap;
	}
}

static void settle(struct sessions *s, struct interrupt *i)
{
	DL_DELETE(s->interrupts, i);
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

void interrupt_due(struct sessions *s, bool all)
{
	struct interrupt *i, *next;

	DL_FOREACH_SAFE(s->interrupts, i, next) {
		if (!all && (s->now < interrupt_deadline(i) || is_behind(s, i)))
			continue;
		if (!all && !i->asked_seq && interrupt_asks(s, i))
			continue;
		settle(s, i);
	}
}

void interrupt_flush(struct sessions *s, uint32_t session)
{
	struct interrupt *i, *next;

	DL_FOREACH_SAFE(s->interrupts, i, next) {
		if (i->session == session && i->asked_seq)
			settle(s, i);
	}
}
