/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of records, whatever it says, through the engine into every view at once. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "event/event.h"
#include "view/explain.h"
#include "view/view.h"

enum { TEXT, VERBOSE, EXPLAIN, SESSIONS, JSON, CHROME, VIEWS };

struct all {
	struct view *v[VIEWS];
	bool ended;
};

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct all *a = ctx;

	a->ended |= ev->u.h.kind == WIRE_TRACE_END;
	for (int i = 0; i < VIEWS; i++)
		if (a->v[i]->ops->event)
			a->v[i]->ops->event(a->v[i], e, ev, session);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct all *a = ctx;

	for (int i = 0; i < VIEWS; i++)
		if (a->v[i]->ops->fact)
			a->v[i]->ops->fact(a->v[i], e, f);
}

static void open_views(struct all *a)
{
	const struct view_options plain = {0}, verbose = {.verbose = true};
	const struct question every = {.ask = ASK_ALL};

	a->v[TEXT] = view_text_new(&plain);
	a->v[VERBOSE] = view_text_new(&verbose);
	a->v[EXPLAIN] = view_explain_new(&verbose, &every);
	a->v[SESSIONS] = view_sessions_new(&plain);
	a->v[JSON] = view_json_new(&plain);
	a->v[CHROME] = view_chrome_new(&plain);
	for (int i = 0; i < VIEWS; i++)
		if (!a->v[i])
			abort();
}

/* What the reader of a recording hands on: lengths fit, the rest may be anything. A replay ends at
 * the first record that is refused; here what follows is fed too, or one changed byte hides the rest. */
static void feed(struct engine *e, const uint8_t *p, size_t n)
{
	while (n) {
		size_t len = event_length(p, n);

		if (!len || len > n)
			break;
		engine_feed(e, p, len);
		engine_deadline(e);
		p += len;
		n -= len;
	}
}

static void feed_end(struct engine *e)
{
	struct wire_end end;

	memset(&end, 0, sizeof(end));
	end.h.len = sizeof(end);
	end.h.kind = WIRE_TRACE_END;
	end.reason = WIRE_END_CUT;
	FUZZ_REQUIRE(engine_feed(e, &end, sizeof(end)) == EVENT_OK);
}

/* ---- mutations of whole records: bytes alone seldom leave a stream that can still be cut ---- */

/* libFuzzer's; the test of the seeds has none. */
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t max) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed);

#define MOST 512

struct cuts {
	size_t at[MOST + 1]; /* n + 1 of them */
	size_t n;
};

static void cut(struct cuts *c, const uint8_t *p, size_t n)
{
	size_t at = 0, len;

	c->n = 0;
	c->at[0] = 0;
	while (c->n < MOST && (len = event_length(p + at, n - at)) && len <= n - at)
		c->at[++c->n] = at += len;
}

static size_t drop(uint8_t *p, size_t n, size_t from, size_t to)
{
	memmove(p + from, p + to, n - to);
	return n - (to - from);
}

/* Record i once more, in front of record k. */
static size_t repeat(uint8_t *p, size_t n, size_t max, const struct cuts *c, size_t i, size_t k)
{
	size_t len = c->at[i + 1] - c->at[i];
	uint8_t copy[EVENT_MAX];

	if (len > max - n)
		return drop(p, n, c->at[i], c->at[i + 1]);
	memcpy(copy, p + c->at[i], len);
	memmove(p + c->at[k] + len, p + c->at[k], n - c->at[k]);
	memcpy(p + c->at[k], copy, len);
	return n + len;
}

/* Bytes behind the length; a record of another kind gets the same length. */
static size_t change(uint8_t *p, size_t n, const struct cuts *c, size_t i)
{
	const size_t skip = sizeof(uint32_t);
	size_t len = c->at[i + 1] - c->at[i] - skip;
	uint8_t copy[EVENT_MAX];

	memcpy(copy, p + c->at[i] + skip, len);
	len = LLVMFuzzerMutate(copy, len, len);
	memcpy(p + c->at[i] + skip, copy, len);
	return n;
}

/* A member of one record becomes the same bytes of another: pids, times, groups that meet. */
static size_t borrow(uint8_t *p, size_t n, const struct cuts *c, size_t i, size_t k, unsigned r)
{
	const size_t words = sizeof(struct wire_hdr) / 4 + 24;
	size_t at = 4 + 4 * (r % words), to = 4 + 4 * (r / words % words), len = r & 1 ? 4 : 8;

	if (c->at[k] + at + len <= c->at[k + 1] && c->at[i] + to + len <= c->at[i + 1])
		memmove(p + c->at[i] + to, p + c->at[k] + at, len);
	return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed)
{
	static struct cuts c;
	size_t i, k;

	cut(&c, p, n);
	if (!c.n || seed % 16 == 0)
		return LLVMFuzzerMutate(p, n, max);
	i = seed / 16 % c.n;
	k = seed / 7919 % c.n;
	switch (seed % 8) {
	case 1:
		return drop(p, n, c.at[i], c.at[i + 1]);
	case 2:
	case 3:
		return repeat(p, n, max, &c, i, k);
	case 4:
	case 5:
		return borrow(p, n, &c, i, k, seed / 31);
	default:
		return change(p, n, &c, i);
	}
}

int fuzz_engine(const uint8_t *p, size_t n)
{
	struct all a = {0};
	const struct sink sink = {.ctx = &a, .event = on_event, .fact = on_fact};
	struct engine *e = engine_new(&sink);

	if (!e)
		abort();
	open_views(&a);
	feed(e, p, n);
	if (!a.ended)
		feed_end(e);
	for (int i = 0; i < VIEWS; i++) {
		if (a.v[i]->ops->end)
			a.v[i]->ops->end(a.v[i], e);
		if (i == JSON)
			fuzz_is_json(&a.v[i]->out);
		else if (i == CHROME)
			fuzz_is_object(&a.v[i]->out);
		else
			fuzz_is_text(&a.v[i]->out);
		view_free(a.v[i]);
	}
	engine_free(e);
	return 0;
}
