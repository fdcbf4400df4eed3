/* SPDX-License-Identifier: GPL-2.0-only */
/* A Ctrl-C, from the key to what became of everybody. */
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "finding/advice.h"
#include "view/explain_parts.h"
#include "view/text.h"

#define SHOWN 16 /* processes of one kind, without -v */

static const char *signal_of(const struct fact_interrupt *i)
{
	return i->sig ? signal_name(i->sig) : "a signal";
}

/* ---- when, who, where from ---- */

static void put_head(struct explain *x, const struct engine *e, const struct fact *f)
{
	const struct fact_interrupt *i = &f->u.interrupt;
	const struct roster_row *row = roster_find(&x->roster, f->session);
	struct buf *b = &x->v.out;

	explain_when(b, e, f->ts);
	buf_str(b, "  ");
	if (i->origin == ORIGIN_DISCONNECT)
		buf_str(b, i->cause == END_SERVER_KILLED ? "server killed" : "client gone");
	else if (i->origin == ORIGIN_TTY && text_key(i->sig))
		buf_str(b, text_key(i->sig));
	else
		buf_str(b, signal_of(i));
	if (i->at_client)
		buf_str(b, " at the client");
	if (f->session)
		buf_printf(b, ", session #%u: ", f->session);
	if (row)
		roster_describe(b, row, x->v.opt.verbose ? 0 : COMMAND_SHOWN);
	buf_char(b, '\n');
}

static void put_key(struct buf *b, const struct fact *f)
{
	const struct fact_interrupt *i = &f->u.interrupt;

	buf_str(b, "the key ");
	buf_str(b, text_key(i->sig) ? text_key(i->sig) : "?");
	buf_str(b, " on ");
	if (i->tty)
		tty_name(b, i->tty);
	else
		buf_str(b, "a terminal");
	if (!i->key_seen)
		buf_str(b, " (not seen itself: its signal was)");
	if (i->verdict == VERDICT_NOT_A_SIGNAL || (i->at_client && !i->nmembers)) {
		buf_str(b, ", where keys make no signals");
		return;
	}
	buf_printf(b, ", which makes %s for its foreground group", signal_of(i));
	if (i->fg_pgid)
		buf_printf(b, " %u", i->fg_pgid);
}

static void put_gone(struct buf *b, const struct fact_interrupt *i)
{
	static const char *const hints[] = {
		[END_DISCONNECT] = " (a Ctrl-C there ends ssh itself; so does ~. or its window)",
		[END_VANISHED] = " (ssh was killed, or its host)",
	};

	text_sentence(b, i->why ? i->why : "?");
	/* of a client on this host the records tell */
	if (!i->client && i->cause < sizeof(hints) / sizeof(hints[0]) && hints[i->cause])
		buf_str(b, hints[i->cause]);
}

/* The terminals before the one where it ended. */
static void put_way(struct explain *x, const struct fact_interrupt *i)
{
	struct buf *b;

	if (!i->nvia)
		return;
	b = explain_label(x, "way", NULL);
	for (size_t n = 0; n < i->nvia; n++) {
		buf_str(b, n ? "" : "typed on ");
		tty_name(b, i->via[n].tty);
		buf_str(b, ", read there as data by ");
		if (i->via[n].tgid)
			text_task(b, i->via[n].comm, i->via[n].tgid);
		else
			buf_str(b, "a program");
		buf_str(b, " -> ");
	}
	if (i->tty)
		tty_name(b, i->tty);
	explain_end_line(x, NULL);
}

static void put_kill(struct explain *x, const struct engine *e, const struct fact_interrupt *i)
{
	const struct sender *s = senders_find(&x->senders, i->sender_tgid, i->sig);
	struct buf *b = &x->v.out;

	buf_printf(b, "%s sent with kill(2) by ", signal_of(i));
	if (s)
		sender_put(b, e, &x->roster, s);
	else if (i->sender_tgid)
		text_task(b, i->sender_comm, i->sender_tgid);
	else
		buf_str(b, "a process that is not known");
}

static void put_origin(struct explain *x, const struct engine *e, const struct fact *f)
{
	const struct fact_interrupt *i = &f->u.interrupt;
	struct buf *b = explain_label(x, "origin", NULL);

	switch (i->origin) {
	case ORIGIN_TTY:
		put_key(b, f);
		break;
	case ORIGIN_DISCONNECT:
		put_gone(b, i);
		break;
	case ORIGIN_SSH_SIGNAL:
		buf_printf(b, "the client asked for %s (ssh \"signal\" request); sent by ",
			   signal_of(i));
		text_task(b, i->sender_comm, i->sender_tgid);
		break;
	case ORIGIN_KILL:
		put_kill(x, e, i);
		break;
	}
	explain_end_line(x, NULL);
}

/* ---- whom it met ---- */

static bool is_ended(const struct fact_member *m)
{
	return m->outcome == OUTCOME_DIED || m->outcome == OUTCOME_EXITED;
}

static void put_more(struct explain *x, size_t n)
{
	if (n <= SHOWN || x->v.opt.verbose)
		return;
	buf_printf(explain_label(x, "", NULL), "and %zu more (-v names them)", n - SHOWN);
	explain_end_line(x, NULL);
}

static void put_members(struct explain *x, const struct fact_interrupt *i)
{
	bool gone = i->origin == ORIGIN_DISCONNECT;
	const char *label = gone ? "ended" : "hit";
	size_t n = 0;

	for (size_t k = 0; k < i->nmembers; k++) {
		if (gone && !is_ended(&i->members[k]))
			continue; /* told as left */
		if (n++ >= SHOWN && !x->v.opt.verbose)
			continue;
		text_member(explain_label(x, n > 1 ? "" : label, NULL), i, &i->members[k]);
		explain_end_line(x, NULL);
	}
	put_more(x, n);
}

static void put_missed(struct explain *x, const struct fact_interrupt *i)
{
	for (size_t k = 0; k < i->nmissed && (k < SHOWN || x->v.opt.verbose); k++) {
		text_missed(explain_label(x, k ? "" : "not hit", NULL), &i->missed[k]);
		explain_end_line(x, NULL);
	}
	put_more(x, i->nmissed);
}

void explain_interrupt(struct explain *x, const struct engine *e, const struct fact *f)
{
	const struct fact_interrupt *i = &f->u.interrupt;
	struct pending *p = &x->pending;

	put_head(x, e, f);
	put_way(x, i);
	put_origin(x, e, f);
	put_members(x, i);
	put_missed(x, i);
	memset(p, 0, sizeof(*p));
	p->any = true;
	p->session = f->session;
	p->confidence = f->confidence;
	p->i = *i;
	p->why = strdup(i->why ? i->why : "");
	x->v.out.failed |= !p->why;
	p->advice = advice_of(i)->text;
	p->nmembers = i->nmembers;
	p->nmissed = i->nmissed;
	for (size_t k = 0; k < i->nmembers; k++)
		p->ended += is_ended(&i->members[k]);
	seqs_keep(&p->seqs, f->evidence, f->nevidence);
	if (i->origin != ORIGIN_DISCONNECT)
		explain_settle(x);
}

static void put_left(struct explain *x, const struct fact_orphan *o)
{
	struct pending *p = &x->pending;
	struct buf *b;

	p->intended += o->intended;
	if (p->left++ >= SHOWN && !x->v.opt.verbose)
		return;
	b = explain_label(x, p->left > 1 ? "" : "left", NULL);
	text_task(b, o->comm, o->tgid);
	buf_str(b, ": ");
	text_sentence(b, o->why && o->why[0] ? o->why : reason_name(o->reason));
	explain_end_line(x, NULL);
}

/* Behind the going of a client come the end of its session and, as many as that says, its orphans. */
void explain_left(struct explain *x, const struct fact *f)
{
	struct pending *p = &x->pending;

	if (!p->any || p->session != f->session || p->i.origin != ORIGIN_DISCONNECT)
		return;
	if (f->kind == FACT_CLOSE) {
		p->closed = true;
		p->orphans = f->u.close.orphans;
	} else {
		put_left(x, &f->u.orphan);
	}
	if (p->closed && p->left >= p->orphans)
		explain_settle(x);
}

/* ---- what it came to ---- */

static void say_gone(struct buf *b, const struct pending *p)
{
	size_t still = p->nmembers - p->ended;

	if (!still) {
		buf_str(b, "every process of the session ended with it");
		return;
	}
	buf_str(b, p->ended ? "in part: " : "no effect: ");
	text_count(b, still, "process runs on", "processes run on");
	if (p->intended && p->intended >= p->left)
		buf_str(b, ", as was meant");
	else if (p->intended)
		buf_printf(b, ", %zu of them on purpose", p->intended);
}

static void say_verdict(struct buf *b, const struct pending *p)
{
	switch (p->i.verdict) {
	case VERDICT_STOPPED:
		buf_str(b, "it worked: ");
		break;
	case VERDICT_PARTLY:
		buf_str(b, "in part: ");
		break;
	case VERDICT_NO_EFFECT:
		buf_str(b, p->i.shell_only ? "nothing to end: " : "no effect: ");
		break;
	case VERDICT_NOT_A_SIGNAL:
		buf_str(b, "no signal: ");
		break;
	}
	text_sentence(b, p->why ? p->why : "?");
	if (p->i.verdict == VERDICT_STOPPED && p->nmissed) {
		buf_str(b, "; ");
		text_count(b, p->nmissed, "process was not reached", "processes were not reached");
	}
}

void explain_settle(struct explain *x)
{
	struct pending *p = &x->pending;
	bool gone = p->i.origin == ORIGIN_DISCONNECT;
	bool meant = gone && p->left && p->intended >= p->left;
	const char *sgr = meant ? NULL : text_interrupt_sgr(&p->i);

	if (!p->any)
		return;
	if (gone)
		put_more(x, p->left);
	explain_label(x, "verdict", sgr);
	if (gone)
		say_gone(&x->v.out, p);
	else
		say_verdict(&x->v.out, p);
	if (p->confidence == CONF_GUESSED)
		buf_str(&x->v.out, " (a guess)");
	explain_end_line(x, sgr);
	if (p->advice && !meant) {
		buf_str(explain_label(x, "advice", NULL), p->advice);
		explain_end_line(x, NULL);
	}
	explain_evidence(x, &p->seqs);
	free(p->why);
	memset(p, 0, sizeof(*p));
}
