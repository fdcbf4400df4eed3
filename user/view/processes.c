/* SPDX-License-Identifier: GPL-2.0-only */
#include "view/processes.h"

#include <stdlib.h>
#include <string.h>

static void process_free(struct process *p)
{
	if (!p)
		return;
	buf_free(&p->args);
	free(p->left_why);
	free(p->left_advice);
	free(p);
}

struct processes *processes_new(uint32_t tgid)
{
	struct processes *all = calloc(1, sizeof(*all));

	if (all)
		all->tgid = tgid;
	return all;
}

void processes_free(struct processes *all)
{
	for (size_t i = 0; all && i < all->n; i++)
		process_free(all->p[i]);
	free(all);
}

static struct process *find(struct processes *all, uint64_t start, uint64_t ts)
{
	struct process *p;

	for (size_t i = all->n; i-- > 0;)
		if (all->p[i]->start == start)
			return all->p[i];
	p = calloc(1, sizeof(*p));
	if (!p) {
		all->failed = true;
		return NULL;
	}
	if (all->n == PROCESSES) {
		process_free(all->p[0]);
		memmove(all->p, all->p + 1, --all->n * sizeof(all->p[0]));
	}
	p->start = start;
	p->first = ts;
	all->p[all->n++] = p;
	return p;
}

/* A signal that ends it is not forgotten for those that come while it dies. */
static bool is_dying_of(const struct sent *s)
{
	return s->seq && !s->result && !s->blocked && s->disposition == WIRE_DFL;
}

static void take_signal(struct process *p, const struct engine *e, const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;
	struct sent *s = &p->sent[g->sig <= SIG_MAX ? g->sig : 0];
	struct senders one = {0};

	if ((is_dying_of(s) && g->result) || (s->seq && event_repeats(ev)))
		return;
	senders_take(&one, e, ev);
	*s = (struct sent){
		.seq = ev->seq,
		.ts = g->h.ts,
		.result = g->result,
		.disposition = g->disposition,
		.blocked = g->blocked,
		.tty = g->work_tty ? g->work_tty : g->tty,
		.si_code = g->si_code,
		.origin = sig_origin(g),
		.self = g->h.tgid == g->target_tgid && g->h.start == g->target_start,
		.known = one.next,
		.by = one.s[0],
	};
}

static void take_own(struct process *p, const struct event *ev, uint32_t session)
{
	memcpy(p->comm, ev->u.h.comm, WIRE_COMM);
	if (session)
		p->session = session;
	switch (ev->u.h.kind) {
	case WIRE_TASK_EXEC:
	case WIRE_TASK_ARGS:
		buf_reset(&p->args);
		buf_put(&p->args, ev->argv, ev->args_len);
		break;
	case WIRE_TASK_SNAPSHOT:
		p->s = ev->u.snapshot.task;
		p->known = true;
		break;
	case WIRE_TASK_EXIT:
		if (p->exit_seq)
			break;
		p->exit_seq = ev->seq;
		p->exit_ts = ev->u.h.ts;
		p->exit_code = ev->u.exit.exit_code;
		break;
	}
}

void processes_event(struct processes *all, const struct engine *e, const struct event *ev,
		     uint32_t session)
{
	const struct wire_hdr *h = &ev->u.h;
	struct process *p;

	if (h->kind == WIRE_SIGNAL_GENERATE && ev->u.generate.target_tgid == all->tgid) {
		p = find(all, ev->u.generate.target_start, h->ts);
		if (p) {
			memcpy(p->comm, ev->u.generate.target_comm, WIRE_COMM);
			p->session = session ? session : p->session;
			take_signal(p, e, ev);
		}
	} else if (h->kind == WIRE_TASK_FORK && ev->u.fork.child_tgid == all->tgid &&
		   h->tgid != all->tgid) {
		p = find(all, ev->u.fork.child_start, h->ts);
		if (p)
			memcpy(p->comm, h->comm, WIRE_COMM);
	} else if (h->tgid == all->tgid) {
		/* of a signal that it sent the session is the target's */
		p = find(all, h->start, h->ts);
		if (p)
			take_own(p, ev, h->kind == WIRE_SIGNAL_GENERATE ? 0 : session);
	}
}

/* ---- facts: they name a process by its id alone, so it is the last one that was there then ---- */

static struct process *at(struct processes *all, uint64_t ts)
{
	for (size_t i = all->n; i-- > 0;)
		if (all->p[i]->first <= ts)
			return all->p[i];
	return NULL;
}

static void take_interrupt(struct processes *all, const struct fact *f)
{
	const struct fact_interrupt *i = &f->u.interrupt;
	struct process *p = at(all, f->ts);
	struct met met = {
		.origin = i->origin,
		.sig = i->sig,
		.tty = i->tty,
		.session = f->session,
		.ts = f->ts,
	};

	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].tgid == all->tgid) {
			met.any = true;
			met.outcome = i->members[k].outcome;
			met.text = i->members[k].text;
		}
	for (size_t k = 0; k < i->nmissed && !met.any; k++)
		if (i->missed[k].tgid == all->tgid) {
			met.any = met.missed = true;
			met.text = i->missed[k].text;
		}
	if (!p || !met.any)
		return;
	seqs_keep(&met.seqs, f->evidence, f->nevidence);
	p->met = met;
}

static void take_orphan(struct processes *all, const struct fact *f)
{
	const struct fact_orphan *o = &f->u.orphan;
	struct process *p;

	if (o->tgid != all->tgid)
		return;
	p = find(all, o->start, f->ts);
	if (!p)
		return;
	free(p->left_why);
	free(p->left_advice);
	p->left_why = strdup(o->why ? o->why : "");
	p->left_advice = strdup(o->advice ? o->advice : "");
	all->failed |= !p->left_why || !p->left_advice;
	p->left_intended = o->intended;
	p->session = f->session;
	seqs_keep(&p->left_seqs, f->evidence, f->nevidence);
}

void processes_fact(struct processes *all, const struct fact *f)
{
	if (f->kind == FACT_INTERRUPT)
		take_interrupt(all, f);
	else if (f->kind == FACT_ORPHAN)
		take_orphan(all, f);
}
