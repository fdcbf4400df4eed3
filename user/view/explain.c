/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked, and what of the stream belongs to the answer. */
#include "view/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "view/explain_parts.h"
#include "view/text.h"

enum { COL_LABEL = 2, COL_TEXT = 12 };

/* ---- the question ---- */

/* Two digits below `end`, with `before` in front of them; moves *p. */
static bool two_digits(const char **p, char before, uint32_t end, uint32_t *v)
{
	const char *s = *p;

	if (s[0] != before || s[1] < '0' || s[1] > '9' || s[2] < '0' || s[2] > '9')
		return false;
	*v = (uint32_t)(s[1] - '0') * 10 + (uint32_t)(s[2] - '0');
	*p += 3;
	return *v < end;
}

static int parse_time(struct question *q, const char *word)
{
	uint32_t hour, minute, second, unit = 100;

	if (!two_digits(&word, '@', 24, &hour) || !two_digits(&word, ':', 60, &minute))
		return -1;
	q->ask = ASK_TIME;
	q->from = (hour * 60 + minute) * 60 * 1000;
	q->to = q->from + 60 * 1000;
	if (!*word)
		return 0;
	if (!two_digits(&word, ':', 60, &second))
		return -1;
	q->from += second * 1000;
	q->to = q->from + 1000;
	if (!*word)
		return 0;
	if (*word++ != '.' || !*word)
		return -1;
	for (; *word >= '0' && *word <= '9' && unit; word++, unit /= 10) {
		q->from += (uint32_t)(*word - '0') * unit;
		q->to = q->from + unit;
	}
	return *word ? -1 : 0;
}

int question_parse(struct question *q, const char *word)
{
	uint64_t n;

	memset(q, 0, sizeof(*q));
	if (!word)
		return 0;
	if (word[0] == '@')
		return parse_time(q, word);
	if (parse_u64(word + (word[0] == '#'), UINT32_MAX, &n) || !n)
		return -1;
	q->ask = word[0] == '#' ? ASK_SESSION : ASK_NUMBER;
	q->number = (uint32_t)n;
	return 0;
}

/* ---- lines ---- */

static void colour(struct explain *x, const char *sgr)
{
	if (x->v.opt.color && sgr)
		buf_printf(&x->v.out, "\x1b[%sm", sgr);
}

struct buf *explain_label(struct explain *x, const char *label, const char *sgr)
{
	size_t start = x->v.out.len;

	colour(x, sgr);
	buf_str(&x->v.out, "  ");
	buf_str(&x->v.out, label);
	buf_pad(&x->v.out, start, COL_TEXT);
	return &x->v.out;
}

void explain_end_line(struct explain *x, const char *sgr)
{
	colour(x, sgr ? "0" : NULL);
	buf_char(&x->v.out, '\n');
}

void explain_when(struct buf *b, const struct engine *e, uint64_t ts)
{
	view_date(b, engine_begin(e), ts);
	buf_char(b, '.');
	buf_u64_width(b, view_day_ms(engine_begin(e), ts) % 1000, 3);
}

void seqs_keep(struct seqs_kept *k, const uint64_t *v, size_t n)
{
	k->n = n < SEQS ? n : SEQS;
	if (k->n) /* else there may be no list at all */
		memcpy(k->v, v, k->n * sizeof(*v));
}

void explain_evidence(struct explain *x, const struct seqs_kept *seqs)
{
	if (!x->evidence)
		return;
	for (size_t i = 0; i < seqs->n; i++) {
		struct buf *b = explain_label(x, i ? "" : "records", NULL);

		buf_printf(b, "%6llu  ", (unsigned long long)seqs->v[i]);
		evidence_put(b, x->evidence, seqs->v[i]);
		explain_end_line(x, NULL);
	}
}

/* ---- the view ---- */

static bool is_asked(const struct explain *x, const struct engine *e, const struct fact *f)
{
	uint32_t ms;

	switch (x->q.ask) {
	case ASK_ALL:
		break;
	case ASK_SESSION:
	case ASK_NUMBER:
		return f->session == x->q.number;
	case ASK_TIME:
		ms = view_day_ms(engine_begin(e), f->ts);
		return ms >= x->q.from && ms < x->q.to;
	}
	return true;
}

static void explain_event(struct view *v, const struct engine *e, const struct event *ev,
			  uint32_t session)
{
	struct explain *x = (struct explain *)v;

	explain_settle(x);
	x->now = ev->u.h.ts;
	senders_take(&x->senders, e, ev);
	if (x->evidence && !evidence_take(x->evidence, e, ev, session))
		v->out.failed = true;
	if (x->processes)
		processes_event(x->processes, e, ev, session);
}

static void explain_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	struct explain *x = (struct explain *)v;

	roster_take(&x->roster, f);
	if (x->processes)
		processes_fact(x->processes, f);
	if (f->kind == FACT_ORPHAN || f->kind == FACT_CLOSE)
		explain_left(x, f);
	if (f->kind != FACT_INTERRUPT || !is_asked(x, e, f))
		return;
	explain_settle(x);
	if (x->told++)
		buf_char(&v->out, '\n');
	explain_interrupt(x, e, f);
}

static void put_session(struct explain *x, const struct roster_row *row)
{
	struct buf *b = &x->v.out;

	buf_printf(b, "session #%u: ", row->number);
	roster_describe(b, row, x->v.opt.verbose ? 0 : COMMAND_SHOWN);
	buf_str(b, "\n");
	b = explain_label(x, "verdict", NULL);
	buf_str(b, "no Ctrl-C came to it; ");
	if (!row->closed)
		buf_str(b, "it was still open at the end");
	else if (row->why)
		text_sentence(b, row->why);
	if (row->leaked) {
		buf_str(b, ", and left ");
		text_count(b, row->leaked, "process", "processes");
		buf_str(b, " behind");
	}
	explain_end_line(x, NULL);
}

static void put_nobody(struct explain *x)
{
	struct buf *b = &x->v.out;
	uint64_t leaked = 0;

	for (size_t i = 0; i < x->roster.n; i++)
		leaked += x->roster.rows[i].leaked;
	buf_str(b, "no Ctrl-C in any ssh session");
	if (leaked) {
		buf_str(b, "; ");
		text_count(b, leaked, "process outlived its session", "processes outlived theirs");
		buf_str(b, ", and explain PID tells why");
	}
	buf_char(b, '\n');
}

static void put_nothing(struct explain *x)
{
	const struct roster_row *row = roster_find(&x->roster, x->q.number);

	if (row)
		put_session(x, row);
	else if (x->q.ask == ASK_TIME)
		buf_str(&x->v.out, "no Ctrl-C at that time\n");
	else
		put_nobody(x);
}

static void explain_end(struct view *v, const struct engine *e)
{
	struct explain *x = (struct explain *)v;

	explain_settle(x);
	if (x->roster.failed)
		v->out.failed = true;
	if (x->q.ask == ASK_NUMBER && !roster_find(&x->roster, x->q.number))
		explain_processes(x, e);
	else if (!x->told)
		put_nothing(x);
}

static void explain_free(struct view *v)
{
	struct explain *x = (struct explain *)v;

	roster_free(&x->roster);
	processes_free(x->processes);
	evidence_free(x->evidence);
	free(x->pending.why);
}

static const struct view_ops explain_ops = {
	.name = "explain",
	.event = explain_event,
	.fact = explain_fact,
	.end = explain_end,
	.free = explain_free,
};

struct view *view_explain_new(const struct view_options *opt, const struct question *q)
{
	struct explain *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->v.ops = &explain_ops;
	x->v.opt = *opt;
	x->q = *q;
	if (q->ask == ASK_NUMBER)
		x->processes = processes_new(q->number);
	if (opt->verbose)
		x->evidence = evidence_new();
	if ((q->ask == ASK_NUMBER && !x->processes) || (opt->verbose && !x->evidence)) {
		view_free(&x->v);
		return NULL;
	}
	return &x->v;
}
