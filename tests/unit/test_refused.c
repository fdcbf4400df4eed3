/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is refused: each request of a replay in turn, and all from there on. The engine, every
 * view and the checks go on to the end and free what they have; what they said then is what they
 * say with memory, or they tell that it is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "fuzz/seeds.h"
#include "golden/play.h"
#include "unit/heap.h"
#include "view/explain.h"
#include "view_sink.h"

/* The sanitizers take ten times as long: of the requests of a case some, of each case others. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 7
#else
#define STEP 1
#endif

struct said {
	struct buf out;
	bool told; /* that memory ran out */
};

struct play {
	const char *name;
	void (*run)(struct said *s, const char *p, size_t n);
	/* Is what it said without some memory, and without a word of that, false? */
	bool (*lies)(const struct buf *got, const struct buf *want);
};

/* ---- views ---- */

/* As the command line does it: what there is is written now and then. */
static void hand_over(struct said *s, struct view *v, const struct engine *e)
{
	s->told |= engine_failed(e) || v->out.failed;
	buf_put(&s->out, v->out.p, v->out.len);
	buf_reset(&v->out);
}

static void show(struct said *s, struct view *v, const char *p, size_t n)
{
	const struct sink sink = view_sink(v);
	struct engine *e = v ? engine_new(&sink) : NULL;

	s->told |= !e;
	while (e && n) {
		size_t len = event_length(p, n);

		assert_int_equal(engine_feed(e, p, len), EVENT_OK);
		hand_over(s, v, e);
		p += len;
		n -= len;
	}
	if (e && v->ops->end) {
		v->ops->end(v, e);
		hand_over(s, v, e);
	}
	engine_free(e);
	view_free(v);
}

static bool differs(const struct buf *got, const struct buf *want)
{
	return got->len != want->len || memcmp(got->p, want->p, got->len);
}

static void as_text(struct said *s, const char *p, size_t n)
{
	show(s, view_text_new(&(struct view_options){.color = true}), p, n);
}

static void as_more_text(struct said *s, const char *p, size_t n)
{
	show(s, view_text_new(&(struct view_options){.verbose = true}), p, n);
}

static void as_json(struct said *s, const char *p, size_t n)
{
	show(s, view_json_new(&(struct view_options){0}), p, n);
}

static void as_chrome(struct said *s, const char *p, size_t n)
{
	show(s, view_chrome_new(&(struct view_options){0}), p, n);
}

static void as_sessions(struct said *s, const char *p, size_t n)
{
	show(s, view_sessions_new(&(struct view_options){0}), p, n);
}

static void as_explain(struct said *s, const char *p, size_t n)
{
	const struct question q = {.ask = ASK_ALL};

	show(s, view_explain_new(&(struct view_options){.verbose = true}, &q), p, n);
}

static void as_process(struct said *s, const char *p, size_t n)
{
	const struct question q = {.ask = ASK_NUMBER, .number = 1000};

	show(s, view_explain_new(&(struct view_options){0}, &q), p, n);
}

/* ---- checks ---- */

static const char checks[] = "no orphan\n"
			     "never signal sig in (SIGINT, SIGHUP, SIGKILL)\n"
			     "some exec args contains sleep\n"
			     "count fork between 1 and 3\n"
			     "every fork not thread -> exec tgid=$child_tgid within 1s\n"
			     "every session.open -> session.close session=$session within 1m\n"
			     "every signal origin=tty -> exit tgid=$target.tgid within 1s\n"
			     "scope session\n"
			     "order exec comm=sh < exec comm=sleep\n";

/* A letter a check. */
static void as_checks(struct said *s, const char *p, size_t n)
{
	struct checks *c = checks_new(&(struct check_options){0});
	struct buf why = {0};
	struct engine *e = NULL;

	if (c && !checks_load(c, "checks", checks, sizeof(checks) - 1, &why)) {
		const struct sink sink = checks_sink(c);

		e = engine_new(&sink);
	}
	s->told |= !e;
	while (e && n) {
		size_t len = event_length(p, n);

		engine_feed(e, p, len);
		p += len;
		n -= len;
	}
	if (e)
		checks_finish(c, e);
	for (size_t i = 0; e && i < checks_count(c); i++)
		buf_char(&s->out, check_verdict_name(checks_result(c, i)->verdict)[0]);
	engine_free(e);
	checks_free(c);
	buf_free(&why);
}

/* None may pass or fail that did not. */
static bool verdicts_lie(const struct buf *got, const struct buf *want)
{
	if (got->len != want->len)
		return true;
	for (size_t i = 0; i < got->len; i++)
		if (got->p[i] != want->p[i] && got->p[i] != *check_verdict_name(CHECK_INCONCLUSIVE))
			return true;
	return false;
}

static const struct play plays[] = {
	{"text", as_text, differs},	    {"text -v", as_more_text, differs},
	{"json", as_json, differs},	    {"sessions", as_sessions, differs},
	{"chrome", as_chrome, differs},
	{"explain -v", as_explain, differs}, {"explain 1000", as_process, differs},
	{"checks", as_checks, verdicts_lie},
};

/* ---- each request ---- */

static void refuse(const char *name, const struct play *play, const struct buf *want,
		   const char *p, size_t n, size_t nth, bool rest)
{
	size_t blocks = heap_blocks();
	struct said s = {0};

	heap_refuse(nth, rest);
	play->run(&s, p, n);
	if (!heap_refused())
		fail_msg("%s, %s: request %zu did not come", name, play->name, nth);
	heap_refuse(0, false);
	s.told |= s.out.failed;
	if (!s.told && play->lies(&s.out, want))
		fail_msg("%s, %s: without request %zu%s it says something else, and not why", name,
			 play->name, nth, rest ? " and what follows" : "");
	buf_free(&s.out);
	if (heap_blocks() != blocks)
		fail_msg("%s, %s: without request %zu%s it leaves %zd blocks", name, play->name, nth,
			 rest ? " and what follows" : "", (ssize_t)(heap_blocks() - blocks));
}

static size_t cases;

static void replay(void *ctx, const char *target, const char *name, const void *p, size_t n)
{
	(void)ctx;
	if (strcmp(target, "engine"))
		return;
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		struct said want = {0};
		size_t asked;

		heap_refuse(0, false);
		plays[i].run(&want, p, n);
		asked = heap_asked();
		assert_false(want.told);
		assert_true(asked > 0);
		for (size_t nth = 1 + cases % STEP; nth <= asked; nth += STEP) {
			refuse(name, &plays[i], &want.out, p, n, nth, false);
			refuse(name, &plays[i], &want.out, p, n, nth, true);
		}
		buf_free(&want.out);
	}
	cases++;
}

static void refused(void **state)
{
	size_t all = 0;

	(void)state;
	assert_true(seeds_each(replay, &all) > 0);
	assert_true(cases >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
