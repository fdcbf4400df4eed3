/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts. Each form's rows are tried in order, the first that fits is it; a doubt is never green. */
#include <string.h>

#include "check/parts.h"

#define ORPHAN (ATTR_FACT + FACT_ORPHAN)

struct doubts {
	const struct checks *c;
	const struct check *k;
	struct command_view cmd;
	struct buf why;
	bool any; /* there is one, though `why` may lack memory to say it */
};

static enum scope_type scope_of(const struct check *k)
{
	return k->scope ? k->scope->type : SCOPE_ALL;
}

bool scope_is_closed(const struct checks *c, const struct check *k, const struct engine *e)
{
	struct command_view cmd = engine_command(e);

	(void)c;
	if (scope_of(k) == SCOPE_SESSION)
		return k->scope->n && !k->scope->open;
	return cmd.is && cmd.ended && !cmd.left;
}

static bool asks_for_orphans(const struct check *k)
{
	for (size_t i = 0; i < k->npat; i++)
		if (k->pat[i].kind == ORPHAN)
			return true;
	return false;
}

/* Was the stream all that there was to see? */
static void doubt_end(struct doubts *d)
{
	bool in_command = d->cmd.is && scope_of(d->k) != SCOPE_SESSION;

	if (!d->c->reason || d->c->reason == WIRE_END_CUT || d->c->reason == WIRE_END_ERROR)
		buf_str(&d->why, "the trace stops without an end");
	else if (d->c->reason == WIRE_END_OUTPUT)
		buf_str(&d->why, "the trace ended because nobody read its output");
	else if (in_command && !d->cmd.ended)
		buf_str(&d->why, "the trace ended before the command did");
	else if (in_command && !d->cmd.looked && asks_for_orphans(d->k))
		buf_str(&d->why, "the trace ended with the command: nobody looked whom it left behind");
}

static void doubt(struct doubts *d)
{
	const struct checks *c = d->c;
	const struct check *k = d->k;

	if (c->failed)
		buf_str(&d->why, "memory ran out");
	else if (k->guessed)
		buf_printf(&d->why, "%llu time%s it rests on a guess, because records were lost",
			   (unsigned long long)k->guessed, k->guessed == 1 ? "" : "s");
	else if (c->lost_kinds & k->sees)
		buf_printf(&d->why, "%llu records were lost, and what it looks for may be among them",
			   (unsigned long long)c->lost);
	else if (k->maybe)
		buf_printf(&d->why, "%llu time%s it cannot be told: a command line was cut off",
			   (unsigned long long)k->maybe, k->maybe == 1 ? "" : "s");
	else if (k->folded)
		buf_printf(&d->why, "%llu of a storm of signals were told by count, without the time of each: "
			   "trace with --each", (unsigned long long)k->folded);
	else if (k->behind)
		buf_printf(&d->why, "%llu of a storm of signals were told when their process was gone: whether "
			   "they belong to the scope is not known", (unsigned long long)k->behind);
	else if (k->open)
		buf_printf(&d->why, "the trace ended while the time of %llu was not over",
			   (unsigned long long)k->open);
	else
		doubt_end(d);
}

static bool lost_right(const struct checks *c, const struct check *k)
{
	unsigned kind = k->pat[1].kind;
	uint64_t sees = kind > ATTR_FACT || k->sees == UINT64_MAX ? UINT64_MAX : UINT64_C(1) << kind;

	return c->failed || (c->lost_kinds & sees);
}

static void times(struct buf *b, uint64_t n)
{
	buf_printf(b, "%llu time%s", (unsigned long long)n, n == 1 ? "" : "s");
}

static enum check_verdict doubtful(struct check *k, struct doubts *d)
{
	buf_str(&k->why, buf_cstr(&d->why));
	return CHECK_INCONCLUSIVE;
}

static enum check_verdict nothing(struct check *k)
{
	buf_str(&k->why, "no ssh session that the scope names was seen");
	return CHECK_VACUOUS;
}

static bool no_session(const struct check *k)
{
	return scope_of(k) == SCOPE_SESSION && !k->scope->n;
}

static enum check_verdict settle_no(struct check *k, struct doubts *d)
{
	if (k->broken) {
		buf_str(&k->why, "it happened ");
		times(&k->why, k->broken);
		return CHECK_FAIL;
	}
	if (d->any)
		return doubtful(k, d);
	if (no_session(k))
		return nothing(k);
	buf_str(&k->why, "it did not happen");
	return CHECK_PASS;
}

static enum check_verdict settle_some(struct check *k, struct doubts *d)
{
	if (k->yes) {
		buf_str(&k->why, "it happened ");
		times(&k->why, k->yes);
		return CHECK_PASS;
	}
	if (d->any)
		return doubtful(k, d);
	if (no_session(k))
		return nothing(k);
	buf_str(&k->why, "it never happened");
	k->broken = 1;
	return CHECK_FAIL;
}

static enum check_verdict settle_count(struct check *k, struct doubts *d)
{
	bool over = k->yes > k->max;

	if (!over && d->any)
		return doubtful(k, d);
	if (no_session(k))
		return nothing(k);
	buf_str(&k->why, "it happened ");
	times(&k->why, k->yes);
	if (!over && k->yes >= k->min)
		return CHECK_PASS;
	buf_printf(&k->why, ", not between %llu and %llu", (unsigned long long)k->min,
		   (unsigned long long)k->max);
	if (!over)
		k->broken = 1;
	return CHECK_FAIL;
}

static enum check_verdict settle_every(struct check *k, struct doubts *d)
{
	if (k->broken && (k->right_no || (!lost_right(d->c, k) && !k->folded && !k->behind))) {
		buf_printf(&k->why, "%llu of ", (unsigned long long)k->broken);
		times(&k->why, k->yes);
		buf_str(&k->why, k->right_no ? " it came all the same" : " it did not come");
		return CHECK_FAIL;
	}
	if (d->any)
		return doubtful(k, d);
	if (no_session(k))
		return nothing(k);
	if (!k->yes) {
		buf_str(&k->why, "its left side never happened");
		return CHECK_VACUOUS;
	}
	times(&k->why, k->yes);
	buf_str(&k->why, k->right_no ? ", and it never came" : ", and it came each time");
	return CHECK_PASS;
}

static bool comes_before(const struct check *k, size_t a, size_t b)
{
	const struct first *x = &k->first[a], *y = &k->first[b];

	/* facts are numbered when they are told */
	if (k->pat[a].kind > ATTR_FACT || k->pat[b].kind > ATTR_FACT)
		return x->any && x->ts <= y->ts;
	return x->any && x->seq < y->seq;
}

/* The first step that came before the one that it should follow; 0: none. */
static size_t out_of_order(const struct check *k)
{
	for (size_t i = 1; i < k->npat; i++)
		if (k->first[i].any && !comes_before(k, i - 1, i))
			return i;
	return 0;
}

static bool any_step(const struct check *k)
{
	for (size_t i = 1; i < k->npat; i++)
		if (k->first[i].any)
			return true;
	return false;
}

static enum check_verdict settle_order(struct check *k, struct doubts *d)
{
	bool unseen = d->c->failed || k->guessed || k->maybe || d->c->lost_kinds & k->sees;
	size_t bad = out_of_order(k);

	/* what stands in the wrong order does so wherever the trace ends */
	if (d->any && (unseen || !bad))
		return doubtful(k, d);
	if (no_session(k))
		return nothing(k);
	if (bad) {
		struct check_failure f = k->first[bad].show;

		k->first[bad].show = (struct check_failure){0};
		buf_printf(&k->why, "step %zu came %s step %zu", bad + 1,
			   k->first[bad - 1].any ? "before" : "without", bad);
		if (k->first[bad - 1].any)
			show_instead(&f, "step %zu came later: %s", bad, k->first[bad - 1].show.event);
		else
			show_instead(&f, "step %zu never came", bad);
		check_break(k, &f);
		return CHECK_FAIL;
	}
	if (!any_step(k)) {
		buf_str(&k->why, "nothing came that had an order");
		return CHECK_VACUOUS;
	}
	buf_str(&k->why, "each came after the one before");
	return CHECK_PASS;
}

void check_settle(struct checks *c, struct check *k, const struct engine *e)
{
	static enum check_verdict (*const settle[])(struct check *, struct doubts *) = {
		[CHECK_NO] = settle_no,	      [CHECK_SOME] = settle_some,
		[CHECK_COUNT] = settle_count, [CHECK_EVERY] = settle_every,
		[CHECK_ORDER] = settle_order,
	};
	struct doubts d = {.c = c, .k = k, .cmd = engine_command(e)};
	struct check_result *r = &k->result;

	duty_finish(c, k, e);
	doubt(&d);
	d.any = d.why.len || d.why.failed;
	if (scope_of(k) == SCOPE_COMMAND && !d.cmd.is && !c->reason && !c->began) {
		r->verdict = doubtful(k, &d);
	} else if (scope_of(k) == SCOPE_COMMAND && !d.cmd.is) {
		r->verdict = CHECK_SKIPPED;
		buf_str(&k->why, "its scope is a command, and this trace is not of one");
	} else {
		r->verdict = settle[k->info.form](k, &d);
	}
	if (r->verdict == CHECK_VACUOUS && c->opt.strict) {
		r->verdict = CHECK_FAIL;
		buf_str(&k->why, " (--strict)");
	}
	r->why = buf_cstr(&k->why);
	r->matches = k->yes;
	r->broken = k->broken;
	r->failures = k->failures;
	r->nfailures = k->nfailures;
	buf_free(&d.why);
}
