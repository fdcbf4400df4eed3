/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds whatever the records are. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "golden/play.h"

#define WHOLE SIZE_MAX

/* ---- JSON ---- */

struct lines {
	json_int_t last;  /* seq of the line before */
	json_int_t *facts; /* seqs of facts */
	size_t nfacts;
};

static bool is_fact(const struct lines *l, json_int_t seq)
{
	for (size_t i = 0; i < l->nfacts; i++)
		if (l->facts[i] == seq)
			return true;
	return false;
}

static int evidence(struct lines *l, json_int_t seq, const json_t *list, struct buf *why)
{
	json_int_t before = 0;
	const json_t *v;
	size_t i;

	if (!json_array_size(list)) {
		buf_printf(why, "fact %lld has no evidence", (long long)seq);
		return -1;
	}
	json_array_foreach(list, i, v) {
		json_int_t at = json_integer_value(v);

		if (at <= before || at >= seq || is_fact(l, at)) {
			buf_printf(why, "evidence %lld of fact %lld is none", (long long)at,
				   (long long)seq);
			return -1;
		}
		before = at;
	}
	l->facts = realloc(l->facts, (l->nfacts + 1) * sizeof(*l->facts));
	if (!l->facts)
		abort();
	l->facts[l->nfacts++] = seq;
	return 0;
}

static int object(struct lines *l, const json_t *o, struct buf *why)
{
	json_int_t seq = json_integer_value(json_object_get(o, "seq"));
	const json_t *list = json_object_get(o, "evidence");
	static const char *const always[] = {"type", "seq", "ts", "time", "session"};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (!json_object_get(o, always[i])) {
			buf_printf(why, "object %lld has no %s", (long long)seq, always[i]);
			return -1;
		}
	}
	/* a trace.end is shown behind the facts that it brought */
	if (seq <= l->last && strcmp(json_string_value(json_object_get(o, "type")), "trace.end")) {
		buf_printf(why, "seq %lld after %lld", (long long)seq, (long long)l->last);
		return -1;
	}
	l->last = seq;
	return list ? evidence(l, seq, list, why) : 0;
}

static int one_line(struct lines *l, const char *p, size_t n, bool first, bool last,
		    struct buf *why)
{
	json_error_t bad;
	json_t *o = json_loadb(p, n, JSON_REJECT_DUPLICATES, &bad);
	const char *type = json_string_value(json_object_get(o, "type"));
	int ret = 0;

	if (!type || first != !strcmp(type, "trace.begin") || last != !strcmp(type, "trace.end")) {
		buf_printf(why, "%s: %.*s", o ? "out of place" : bad.text, (int)n, p);
		ret = -1;
	} else {
		ret = object(l, o, why);
	}
	json_decref(o);
	return ret;
}

int check_json_lines(const struct buf *json, struct buf *why)
{
	const char *p = json->p, *end = json->p + json->len;
	struct lines l = {0};
	int ret = 0;

	while (p < end && !ret) {
		const char *next = memchr(p, '\n', end - p);

		if (!next) {
			buf_str(why, "the last line has no end");
			ret = -1;
			break;
		}
		ret = one_line(&l, p, next - p, p == json->p, next + 1 == end, why);
		p = next + 1;
	}
	free(l.facts);
	return ret;
}

/* ---- facts, of streams that nobody looked at ---- */

struct sound {
	uint64_t fed; /* records and facts so far */
	uint32_t sessions;
	const char *bad;
};

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct sound *s = ctx;

	(void)e;
	if (ev->seq != ++s->fed)
		s->bad = "a record's seq is not the next one";
	if (session > s->sessions + 1)
		s->bad = "a record is of a session that was not opened";
}

static const char *names_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_OPEN:
		return request_name(f->u.open.request);
	case FACT_INTERRUPT:
		return verdict_name(f->u.interrupt.verdict);
	case FACT_ORPHAN:
		return reason_name(f->u.orphan.reason);
	case FACT_CLOSE:
		return end_name(f->u.close.end);
	case FACT_FATE:
		return "fate";
	}
	return "?";
}

static bool has_pending(const struct fact *f)
{
	if (f->kind != FACT_INTERRUPT)
		return false;
	for (size_t i = 0; i < f->u.interrupt.nmembers; i++)
		if (f->u.interrupt.members[i].outcome == OUTCOME_PENDING)
			return true;
	return false;
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct sound *s = ctx;

	if (f->kind == FACT_OPEN && f->session == s->sessions + 1)
		s->sessions++;
	if (f->seq != ++s->fed)
		s->bad = "a fact's seq is not the next one";
	if (f->session > s->sessions || (!f->session && !engine_command(e).is))
		s->bad = "a fact is of a session that was not opened";
	if (!f->nevidence)
		s->bad = "a fact has no evidence";
	for (size_t i = 0; i < f->nevidence; i++)
		if (!f->evidence[i] || f->evidence[i] >= f->seq ||
		    (i && f->evidence[i] <= f->evidence[i - 1]))
			s->bad = "evidence is not ascending, or not from before its fact";
	if (!strcmp(fact_kind_name(f->kind), "?") || !strcmp(names_of(f), "?") ||
	    !strcmp(confidence_name(f->confidence), "?"))
		s->bad = "a value has no name";
	if (has_pending(f))
		s->bad = "an outcome is still pending in a fact";
}

static void feed_end(struct engine *e, uint64_t ts)
{
	struct wire_end end;

	memset(&end, 0, sizeof(end));
	end.h.len = sizeof(end);
	end.h.kind = WIRE_TRACE_END;
	end.h.ts = ts;
	end.reason = WIRE_END_CUT;
	engine_feed(e, &end, sizeof(end));
}

/* The first n records less the one at `without`. */
static int sound(const struct records *r, size_t n, size_t without, struct buf *why)
{
	struct sound s = {0};
	const struct sink sink = {.ctx = &s, .event = on_event, .fact = on_fact};
	struct engine *e = engine_new(&sink);
	bool ended = false;
	uint64_t ts = 0;

	if (!e)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct wire_hdr h;
		size_t len;
		const void *rec = record(r, i, &len);

		memcpy(&h, rec, sizeof(h));
		if (i == without)
			continue;
		engine_feed(e, rec, len);
		ended = h.kind == WIRE_TRACE_END;
		ts = h.ts;
	}
	if (!ended)
		feed_end(e, ts);
	engine_free(e);
	if (!s.bad)
		return 0;
	buf_printf(why, "of %zu records", n);
	if (without != WHOLE)
		buf_printf(why, " without number %zu", without + 1);
	buf_printf(why, ": %s", s.bad);
	return -1;
}

/* A stream that goes on in another file, and who reads on there. */
struct seam {
	struct engine *next;
	enum event_error bad;
};

static void say_again(void *ctx, const void *rec, size_t len)
{
	struct seam *s = ctx;
	enum event_error bad = engine_feed(s->next, rec, len);

	s->bad = s->bad ? s->bad : bad;
}

/* The first n records are said again as what was known, and the others follow. */
static const char *seam_at(const struct records *r, size_t n)
{
	struct sound s = {0};
	const struct sink sink = {.ctx = &s, .event = on_event, .fact = on_fact}, none = {0};
	struct engine *before = engine_new(&none);
	struct seam seam = {.next = engine_new(&sink)};

	if (!before || !seam.next)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		size_t len;
		const void *rec = record(r, i, &len);

		if (i == n)
			engine_state(before, say_again, &seam);
		if (i < n)
			engine_feed(before, rec, len);
		else
			say_again(&seam, rec, len);
	}
	engine_free(before);
	engine_free(seam.next);
	return seam.bad ? event_error_name(seam.bad) : s.bad;
}

int check_seams(const struct records *r, struct buf *why)
{
	/* before trace.ready there is no file to go on from, behind trace.end nothing to tell */
	for (size_t n = 1; n + 1 < r->n; n++) {
		const char *bad = seam_at(r, n);

		if (bad) {
			buf_printf(why, "seam behind record %zu: %s", n, bad);
			return -1;
		}
	}
	return 0;
}

int check_prefixes(const struct records *r, struct buf *why)
{
	for (size_t n = 0; n <= r->n; n++)
		if (sound(r, n, WHOLE, why))
			return -1;
	return 0;
}

int check_gaps(const struct records *r, struct buf *why)
{
	for (size_t i = 0; i < r->n; i++)
		if (sound(r, r->n, i, why))
			return -1;
	return 0;
}
