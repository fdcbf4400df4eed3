/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of a Ctrl-C's members. A signal that is blocked, waits, or was read through a
 * signalfd(2) leaves no record, so the kernel is asked who still has it pending.
 */
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define SIGCONT 18

bool is_shell(const char *comm)
{
	static const char *const shells[] = {"sh",  "bash", "dash", "zsh", "fish",
					     "ksh", "mksh", "ash",  "csh", "tcsh"};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(comm, shells[i]))
			return true;
	return false;
}

static const struct task *member_task(const struct sessions *s, const struct member *m)
{
	const struct task *t = world_task(s->world, m->key.tgid, m->key.start);

	return t && t->alive ? t : NULL;
}

/* Does only the kernel know more of it? */
static bool is_open(const struct member *m)
{
	switch (m->outcome) {
	case OUTCOME_PENDING:
		return !m->deliver_seq || m->disposition != WIRE_HANDLER;
	case OUTCOME_STOPPED:
		return true;
	case OUTCOME_IGNORED:
		return !m->execed;
	default:
		return false;
	}
}

/* What the parent ignores tells why its child does. */
static const struct task *parent_to_ask(const struct sessions *s, const struct interrupt *i,
					const struct member *m)
{
	const struct task *p;

	if (m->outcome != OUTCOME_IGNORED || m->flags & WIRE_SIG_UNKILLABLE)
		return NULL;
	p = world_task(s->world, m->parent.tgid, m->parent.start);
	return p && p->alive && p->session == i->session ? p : NULL;
}

bool interrupt_asks(struct sessions *s, struct interrupt *i)
{
	bool asked = false;

	if (i->raw || !i->nmembers)
		return false;
	interrupt_missed(s, i);
	for (size_t k = 0; k < i->nmembers; k++) {
		const struct member *m = &i->members[k];
		const struct task *t = is_open(m) ? member_task(s, m) : NULL;
		const struct task *p = parent_to_ask(s, i, m);

		if (t)
			session_asks(s, t->key.tgid);
		if (p)
			session_asks(s, p->key.tgid);
		asked |= t || p;
	}
	asked |= interrupt_asks_missed(s, i);
	if (!asked)
		return false;
	i->asked_seq = s->seq;
	i->asked_ts = s->now;
	session_due(s, i->asked_ts + ANSWER_WAIT);
	return true;
}

static bool is_told(const struct interrupt *i, const struct task *t)
{
	return !t || t->snapshot_seq >= i->asked_seq;
}

bool interrupt_answered(const struct sessions *s, const struct interrupt *i)
{
	for (size_t k = 0; k < i->nmembers; k++) {
		const struct member *m = &i->members[k];

		if ((is_open(m) && !is_told(i, member_task(s, m))) ||
		    !is_told(i, parent_to_ask(s, i, m)))
			return false;
	}
	return interrupt_told_missed(s, i);
}

/* A key that made no signal though its group lives: it was quoted (VLNEXT, Ctrl-V). */
static bool is_quoted(const struct sessions *s, const struct interrupt *i)
{
	const struct session *x = session_find(s, i->session);
	const struct task *t;

	if (i->raw || i->nmembers || !i->key_seq || !x || i->client)
		return false;
	DL_FOREACH2(x->members, t, member_next) {
		if (t->s.pgid == i->fg_pgid && t->born < i->ts)
			return true;
	}
	return false;
}

static void take_answer(const struct sessions *s, const struct interrupt *i, struct member *m)
{
	const struct task *t = member_task(s, m);

	if (!i->asked_seq || !t || t->snapshot_seq < i->asked_seq)
		return;
	m->asked_seq = t->snapshot_seq;
	m->now = t->s;
}

/* Its own signal tells what the parent does with this one; all else only a snapshot. */
static void look_above(const struct sessions *s, const struct interrupt *i, struct member *m)
{
	const struct task *p = world_task(s->world, m->parent.tgid, m->parent.start);
	const struct member *met = interrupt_member(i, &m->parent);
	uint64_t bit = UINT64_C(1) << (i->sig - 1);

	m->above.shell = is_shell(p ? p->comm : met ? met->comm : "");
	if (p && p->alive && i->asked_seq && p->snapshot_seq >= i->asked_seq) {
		m->above.known = true;
		m->above.ignored = p->s.ignored;
		m->above.seq = p->snapshot_seq;
	} else if (met) {
		m->above.known = true;
		m->above.ignored = met->exec_ignored & ~bit;
		if (met->disposition == WIRE_IGN)
			m->above.ignored |= bit;
	}
}

static bool is_pending(const struct interrupt *i, const struct member *m)
{
	return m->now.pending >> (i->sig - 1) & 1;
}

enum outcome member_still_there(const struct member *m)
{
	if (m->deliver_seq && m->disposition == WIRE_HANDLER)
		return OUTCOME_HANDLED;
	return m->blocked ? OUTCOME_BLOCKED : OUTCOME_NOT_DELIVERED;
}

/* Consumed without a delivery: by sigtimedwait(2), or through a signalfd(2) where all block it. */
static bool is_consumed(const struct interrupt *i, const struct member *m)
{
	if (m->asked_seq)
		return (m->flags & WIRE_SIG_WAITED || m->blocked) && !is_pending(i, m);
	return m->flags & WIRE_SIG_WAITED;
}

/* The kernel stops no process of an orphaned group: get_signal() drops the signal then. On a busy
 * machine who is asked about may not have run since, and the signal waits for it yet. */
static bool is_not_stopped(const struct sessions *s, const struct interrupt *i,
			   const struct member *m)
{
	const struct task *t = member_task(s, m);
	const struct task_signal *cont = t ? task_signal(t, SIGCONT) : NULL;

	return m->asked_seq && !(m->now.state & TASK_STOPPED_STATES) && !is_pending(i, m) &&
	       !(cont && cont->ts >= m->ts);
}

void interrupt_resolve(const struct sessions *s, struct interrupt *i)
{
	i->quoted = is_quoted(s, i);
	for (size_t k = 0; k < i->nmembers; k++) {
		struct member *m = &i->members[k];

		take_answer(s, i, m);
		if (m->outcome == OUTCOME_IGNORED)
			look_above(s, i, m);
		if (m->outcome == OUTCOME_STOPPED && is_not_stopped(s, i, m))
			m->outcome = OUTCOME_IGNORED;
		if (m->outcome != OUTCOME_PENDING)
			continue;
		m->outcome = member_still_there(m);
		if (m->outcome != OUTCOME_HANDLED && is_consumed(i, m))
			m->outcome = OUTCOME_HANDLED;
	}
}
