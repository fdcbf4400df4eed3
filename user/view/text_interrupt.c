/* SPDX-License-Identifier: GPL-2.0-only */
/* A Ctrl-C: what it met, and what it did not. */
#include <string.h>

#include "event/names.h"
#include "view/text.h"

#define DEAD_SHOWN 8 /* members that it has ended, without -v */

static void put_elapsed(struct buf *b, uint64_t ns)
{
	if (!ns)
		return;
	buf_str(b, " after ");
	buf_duration(b, ns);
}

/* The verdict's sentence says it of the first one: of others only what is different. */
static bool is_told_below(const struct fact_interrupt *i, const struct fact_member *m)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].text)
			return i->members[k].text == m->text;
	return true;
}

/* Does the reason's sentence only repeat what the outcome says? */
static bool is_said(const struct fact_member *m)
{
	static const char *const same[] = {"handler", "ignored", "already_pending", "not_taken"};

	for (size_t k = 0; m->reason && k < sizeof(same) / sizeof(same[0]); k++)
		if (!strcmp(m->reason, same[k]))
			return true;
	return false;
}

void text_member(struct buf *b, const struct fact_interrupt *i, const struct fact_member *m)
{
	static const char *const went_on[] = {
		[OUTCOME_PENDING] = "?",
		[OUTCOME_HANDLED] = "handled it and went on",
		[OUTCOME_IGNORED] = "ignored it",
		[OUTCOME_BLOCKED] = "has it blocked",
		[OUTCOME_STOPPED] = "stopped",
		[OUTCOME_ALREADY_PENDING] = "has not taken the one before yet",
		[OUTCOME_NOT_DELIVERED] = "has not taken it",
	};

	text_task(b, m->comm, m->tgid);
	buf_char(b, ' ');
	switch (m->outcome) {
	case OUTCOME_DIED:
		buf_str(b, "died");
		break;
	case OUTCOME_EXITED:
		buf_str(b, "ended");
		break;
	default:
		/* of a disconnect there was nothing to take */
		buf_str(b, i->origin == ORIGIN_DISCONNECT ? "is still there" : went_on[m->outcome]);
	}
	put_elapsed(b, m->elapsed);
	if (m->outcome == OUTCOME_EXITED) {
		buf_str(b, ", ");
		text_exit_code(b, m->exit_code);
	} else if (m->outcome == OUTCOME_DIED && m->exit_code & 0x80) {
		buf_str(b, " (core dumped)");
	}
	if (m->text && i->origin != ORIGIN_DISCONNECT && !is_told_below(i, m) && !is_said(m)) {
		buf_str(b, ": ");
		buf_str(b, m->text);
	}
}

void text_missed(struct buf *b, const struct fact_missed *m)
{
	text_task(b, m->comm, m->tgid);
	buf_str(b, " was not reached");
	if (m->text) {
		buf_str(b, ": ");
		buf_str(b, m->text);
	}
}

static bool is_dead(const struct fact_member *m)
{
	return m->outcome == OUTCOME_DIED || m->outcome == OUTCOME_EXITED ||
	       m->outcome == OUTCOME_STOPPED;
}

/* The first continues the line that is open, every other gets its own. */
static struct buf *next(struct text *t, const struct text_row *r, bool *first)
{
	if (!*first)
		text_next(t, r);
	*first = false;
	return &t->v.out;
}

static void put_why(struct text *t, const struct text_row *r, const struct fact *f, bool *first)
{
	const char *why = f->u.interrupt.why;

	if (!why || !why[0])
		return;
	text_sentence(next(t, r, first), why);
	text_confidence(&t->v.out, f);
}

/* All who live on, and of a large group that did what was asked only the first few. */
static void put_effects(struct text *t, const struct text_row *r, const struct fact_interrupt *i,
			bool *first)
{
	size_t n, dead = 0;

	for (n = 0; n < i->nmembers; n++) {
		if (is_dead(&i->members[n]) && ++dead > DEAD_SHOWN && !t->v.opt.verbose)
			continue;
		text_member(next(t, r, first), i, &i->members[n]);
	}
	if (dead > DEAD_SHOWN && !t->v.opt.verbose)
		buf_printf(next(t, r, first), "and %zu more did (-v tells)", dead - DEAD_SHOWN);
	for (n = 0; n < i->nmissed; n++)
		text_missed(next(t, r, first), &i->missed[n]);
}

static void put_via(struct buf *b, const struct fact_interrupt *i)
{
	for (size_t n = 0; n < i->nvia; n++) {
		tty_name(b, i->via[n].tty);
		if (i->via[n].tgid) {
			buf_str(b, " (");
			text_task(b, i->via[n].comm, i->via[n].tgid);
			buf_char(b, ')');
		}
		buf_str(b, " -> ");
	}
}

static void put_source(struct buf *b, const struct fact_interrupt *i)
{
	const char *sig = i->sig ? signal_name(i->sig) : "a signal";

	if (i->origin == ORIGIN_TTY) {
		if (!text_key(i->sig) && i->sig)
			buf_printf(b, "%s on ", sig);
		put_via(b, i);
		if (i->tty)
			tty_name(b, i->tty);
		else
			buf_str(b, "a terminal");
	} else {
		buf_str(b, sig);
		buf_str(b, i->origin == ORIGIN_SSH_SIGNAL ? " asked for by the client" : "");
		if (i->sender_tgid) {
			buf_str(b, i->origin == ORIGIN_SSH_SIGNAL ? ", from " : " from ");
			text_task(b, i->sender_comm, i->sender_tgid);
		}
	}
	if (i->fg_pgid)
		buf_printf(b, " -> group %u", i->fg_pgid);
	buf_str(b, ": ");
}

const char *text_interrupt_sgr(const struct fact_interrupt *i)
{
	switch (i->verdict) {
	case VERDICT_STOPPED:
		return TEXT_GOOD;
	case VERDICT_PARTLY:
		return TEXT_WARN;
	case VERDICT_NO_EFFECT:
		return i->shell_only ? NULL : TEXT_ALARM;
	case VERDICT_NOT_A_SIGNAL:
		break;
	}
	return NULL;
}

static void say_gone(struct text *t, const struct engine *e, const struct fact *f,
		     struct text_row *r)
{
	bool first = true;

	r->event = "gone";
	r->sgr = TEXT_NOTICE;
	t->gone[f->session % TEXT_RING] = f->session;
	text_row(t, e, r);
	put_why(t, r, f, &first);
	if (t->v.opt.verbose)
		put_effects(t, r, &f->u.interrupt, &first);
}

void text_interrupt(struct text *t, const struct engine *e, const struct fact *f,
		    struct text_row *r)
{
	const struct fact_interrupt *i = &f->u.interrupt;
	bool calm = i->verdict == VERDICT_NOT_A_SIGNAL || i->shell_only || i->at_client;
	bool first = true;

	r->comm = i->comm ? i->comm : "";
	r->tgid = i->tgid;
	if (i->origin == ORIGIN_DISCONNECT) {
		say_gone(t, e, f, r);
		return;
	}
	r->event = "signal";
	if (i->origin == ORIGIN_TTY)
		r->event = text_key(i->sig) ? text_key(i->sig) : "key";
	r->sgr = text_interrupt_sgr(i);
	text_row(t, e, r);
	put_source(&t->v.out, i);
	if (calm)
		put_why(t, r, f, &first);
	if (!calm || first || t->v.opt.verbose)
		put_effects(t, r, i, &first);
	if (!calm && (i->verdict != VERDICT_STOPPED || t->v.opt.verbose || first))
		put_why(t, r, f, &first);
}
