/* SPDX-License-Identifier: GPL-2.0-only */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check/parts.h"

struct checks *checks_new(const struct check_options *opt)
{
	struct checks *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->opt = *opt;
	c->due = UINT64_MAX;
	return c;
}

static void free_check(struct check *k)
{
	duty_free(k);
	for (size_t i = 0; i < k->npat; i++) {
		cond_free(k->pat[i].cond);
		show_free(&k->first[i].show);
	}
	for (size_t i = 0; i < k->nfailures; i++) {
		show_free(&k->failures[i]);
		refs_free(k->late[i]);
	}
	free(k->allows);
	free((char *)k->info.text);
	buf_free(&k->why);
	free(k);
}

static void free_held(struct checks *c)
{
	while (c->scopes) {
		struct scope *s = c->scopes;

		c->scopes = s->next;
		cond_free(s->cond);
		free(s->sessions);
		free(s->text);
		free(s);
	}
	while (c->allows) {
		struct allow *a = c->allows;

		c->allows = a->next;
		cond_free(a->p.cond);
		free(a);
	}
}

void checks_free(struct checks *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free_check(c->v[i]);
	free_held(c);
	for (size_t i = 0; i < ATTR_KINDS; i++)
		free(c->by_kind[i].v);
	for (size_t i = 0; i < c->nnames; i++)
		free(c->names[i]);
	free(c->names);
	free(c->v);
	buf_free(&c->scratch);
	free(c);
}

/* ---- one check, one event or fact ---- */

enum tri check_allowed(const struct check *k, const struct subject *s)
{
	enum tri found = COND_NO;

	for (size_t i = 0; i < k->nallows && found != COND_YES; i++) {
		enum tri is = cond_is(k->allows[i]->p.cond, s, NULL);

		found = is == COND_NO ? found : is;
	}
	return found;
}

struct check_failure *check_break(struct check *k, struct check_failure *f)
{
	k->broken++;
	if (k->nfailures == CHECK_FAILURES) {
		show_free(f);
		return NULL;
	}
	k->failures[k->nfailures++] = *f;
	return &k->failures[k->nfailures - 1];
}

static void show_break(struct checks *c, struct check *k, const struct seen *s)
{
	struct check_failure f = {0};

	show_fill(&f, c, s);
	show_context(&f, s->e, s->s.fact);
	check_break(k, &f);
}

static uint64_t times_of(const struct seen *s)
{
	return s->s.ev ? event_count(s->s.ev) : 1;
}

static void take_no(struct checks *c, struct check *k, const struct seen *s)
{
	enum tri is = cond_is(k->pat[0].cond, &s->s, NULL), allowed;
	uint64_t n = times_of(s);

	if (is == COND_NO)
		return;
	allowed = check_allowed(k, &s->s);
	if (allowed == COND_YES)
		return;
	if (is == COND_MAYBE || allowed == COND_MAYBE) {
		k->maybe += n;
		return;
	}
	k->yes += n;
	if (!s->guessed) {
		show_break(c, k, s);
		k->broken += n - 1;
		return;
	}
	k->guessed += n;
	if (k->nfailures < CHECK_FAILURES) { /* shown, though it proves nothing */
		show_break(c, k, s);
		k->broken--;
	}
}

static void take_count(struct checks *c, struct check *k, const struct seen *s)
{
	enum tri is = cond_is(k->pat[0].cond, &s->s, NULL);
	uint64_t n = times_of(s), over;

	if (is == COND_MAYBE)
		k->maybe += n;
	else if (is == COND_YES && s->guessed)
		k->guessed += n;
	if (is != COND_YES || s->guessed)
		return;
	k->yes += n;
	if (k->info.form != CHECK_COUNT || k->yes <= k->max)
		return;
	over = k->yes - k->max;
	show_break(c, k, s);
	k->broken += (over < n ? over : n) - 1;
}

static bool is_either_side(const struct check *k, const struct seen *s)
{
	for (size_t i = 0; i < k->npat; i++)
		if (k->pat[i].kind == s->s.kind && cond_is(k->pat[i].cond, &s->s, NULL) != COND_NO)
			return true;
	return false;
}

static void take_every(struct checks *c, struct check *k, const struct seen *s)
{
	enum tri is;

	if (s->s.ev && event_repeats(s->s.ev)) {
		if (is_either_side(k, s))
			k->folded += times_of(s);
		return;
	}
	if (k->pat[1].kind == s->s.kind)
		duty_right(c, k, s);
	if (k->pat[0].kind != s->s.kind)
		return;
	is = cond_is(k->pat[0].cond, &s->s, NULL);
	if (is != COND_NO)
		duty_left(c, k, s, is == COND_YES && s->guessed ? COND_MAYBE : is);
}

static void take_order(struct checks *c, struct check *k, const struct seen *s)
{
	/* the first of them had its own record, or is lost */
	if (s->s.ev && event_repeats(s->s.ev))
		return;
	for (size_t i = 0; i < k->npat; i++) {
		struct first *f = &k->first[i];
		enum tri is;

		if (k->pat[i].kind != s->s.kind || (f->any && f->ts <= s->ts))
			continue;
		is = cond_is(k->pat[i].cond, &s->s, NULL);
		if (is == COND_MAYBE || (is == COND_YES && s->guessed))
			k->maybe++;
		if (is != COND_YES)
			continue;
		k->yes += !f->any;
		show_free(&f->show);
		*f = (struct first){.any = true, .ts = s->ts, .seq = s->seq};
		show_fill(&f->show, c, s);
		show_context(&f->show, s->e, s->s.fact);
	}
}

static bool in_sessions(const struct scope *x, uint32_t session)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->sessions[i] == session)
			return true;
	return false;
}

static bool in_scope(const struct scope *x, const struct seen *s)
{
	if (!x)
		return true;
	switch (x->type) {
	case SCOPE_SESSION:
		return in_sessions(x, s->s.session);
	case SCOPE_COMMAND:
		return s->s.fact ? !s->s.session : engine_of_command(s->e, s->s.ev);
	case SCOPE_ALL:
		break;
	}
	return true;
}

/* The counts of a storm come late: whose they are may have ended meanwhile, and in which scope it was is
 * forgotten (engine.c). */
static bool is_behind_its_end(const struct seen *s)
{
	return s->s.ev && event_repeats(s->s.ev) && !engine_knows(s->e, s->s.ev);
}

/* For the other forms the first of the storm will do, which had its own record. */
static bool depends_on_each(const struct check *k)
{
	return k->info.form == CHECK_COUNT || k->info.form == CHECK_EVERY;
}

static void feed(struct checks *c, const struct seen *s)
{
	static void (*const take[])(struct checks *, struct check *, const struct seen *) = {
		[CHECK_NO] = take_no,	    [CHECK_SOME] = take_count, [CHECK_COUNT] = take_count,
		[CHECK_EVERY] = take_every, [CHECK_ORDER] = take_order,
	};
	const struct by_kind *b;

	if (s->s.kind >= ATTR_KINDS)
		return;
	b = &c->by_kind[s->s.kind];
	for (size_t i = 0; i < b->n; i++) {
		struct check *k = b->v[i];

		if (in_scope(k->scope, s))
			take[k->info.form](c, k, s);
		else if (depends_on_each(k) && is_behind_its_end(s) && is_either_side(k, s))
			k->behind += times_of(s);
	}
}

/* ---- events ---- */

static void note(struct checks *c, const struct event *ev)
{
	if (!c->began)
		c->began = ev->u.h.ts;
	if (ev->u.h.ts > c->now)
		c->now = ev->u.h.ts;
	if (ev->u.h.kind == WIRE_TRACE_END) {
		c->reason = ev->u.end.reason;
	} else if (ev->u.h.kind == WIRE_TRACE_LOST) {
		c->lost += ev->u.lost.count;
		c->lost_kinds |= ev->u.lost.lost_kind <= WIRE_KIND_MAX ?
					 UINT64_C(1) << ev->u.lost.lost_kind : UINT64_MAX;
	}
}

void checks_event(struct checks *c, const struct engine *e, const struct event *ev,
		  uint32_t session)
{
	note(c, ev);
	/* first: what comes now may be what was waited for, too late */
	if (c->now > c->due)
		duty_due(c, e);
	if (c->by_kind[ev->u.h.kind].n) {
		const struct seen s = {
			.s = {.kind = ev->u.h.kind, .ev = ev, .session = session,
			      .scratch = &c->scratch},
			.e = e, .ts = ev->u.h.ts, .seq = ev->seq,
		};

		feed(c, &s);
	}
}

/* ---- facts ---- */

static void note_open(struct checks *c, const struct subject *s)
{
	for (struct scope *x = c->scopes; x; x = x->next) {
		uint32_t *more;

		if (x->type != SCOPE_SESSION || cond_is(x->cond, s, NULL) == COND_NO)
			continue;
		more = realloc(x->sessions, (x->n + 1) * sizeof(*more));
		if (!more) {
			c->failed = true;
			return;
		}
		x->sessions = more;
		x->sessions[x->n++] = s->session;
		x->open++;
	}
}

static void note_close(struct checks *c, const struct fact *f)
{
	for (struct scope *x = c->scopes; x; x = x->next)
		if (x->type == SCOPE_SESSION && !f->u.close.orphans && in_sessions(x, f->session))
			x->open--;
}

void checks_fact(struct checks *c, const struct engine *e, const struct fact *f)
{
	bool unsure = engine_totals(e).lost || engine_failed(e);
	const struct seen s = {
		.s = {.kind = ATTR_FACT + (unsigned)f->kind, .fact = f, .session = f->session,
		      .scratch = &c->scratch},
		.e = e, .ts = f->ts, .seq = f->seq,
		.guessed = f->confidence == CONF_GUESSED && unsure,
	};

	if (f->kind == FACT_OPEN)
		note_open(c, &s.s);
	feed(c, &s);
	if (f->kind == FACT_CLOSE)
		note_close(c, f);
}

static void sink_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	checks_event(ctx, e, ev, session);
}

static void sink_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	checks_fact(ctx, e, f);
}

struct sink checks_sink(struct checks *c)
{
	return (struct sink){.ctx = c, .event = sink_event, .fact = sink_fact};
}

/* ---- the end ---- */

void checks_finish(struct checks *c, const struct engine *e)
{
	if (c->finished)
		return;
	c->finished = true;
	c->failed |= engine_failed(e);
	for (size_t i = 0; i < c->n; i++)
		check_settle(c, c->v[i], e);
}

size_t checks_count(const struct checks *c)
{
	return c->n;
}

const struct check_info *checks_info(const struct checks *c, size_t i)
{
	return &c->v[i]->info;
}

const struct check_result *checks_result(const struct checks *c, size_t i)
{
	return &c->v[i]->result;
}

struct check_totals checks_totals(const struct checks *c)
{
	struct check_totals t = {.n = c->n};

	for (size_t i = 0; i < c->n; i++) {
		enum check_verdict v = c->v[i]->result.verdict;

		t.pass += v == CHECK_PASS;
		t.fail += v == CHECK_FAIL;
		t.inconclusive += v == CHECK_INCONCLUSIVE;
		t.vacuous += v == CHECK_VACUOUS;
		t.skipped += v == CHECK_SKIPPED;
	}
	return t;
}

int checks_status(const struct checks *c)
{
	struct check_totals t = checks_totals(c);

	if (t.fail)
		return EXIT_CHECK_FAILED;
	if (t.inconclusive)
		return EXIT_INCONCLUSIVE;
	return t.pass ? EXIT_OK : EXIT_NOTHING_CHECKED;
}

const char *check_form_name(enum check_form f)
{
	static const char *const names[] = {
		[CHECK_NO] = "no", [CHECK_SOME] = "some", [CHECK_COUNT] = "count",
		[CHECK_EVERY] = "every", [CHECK_ORDER] = "order",
	};

	return names[f];
}

const char *check_verdict_name(enum check_verdict v)
{
	static const char *const names[] = {
		[CHECK_PASS] = "pass", [CHECK_FAIL] = "fail",
		[CHECK_INCONCLUSIVE] = "inconclusive", [CHECK_VACUOUS] = "vacuous",
		[CHECK_SKIPPED] = "skipped",
	};

	return names[v];
}
