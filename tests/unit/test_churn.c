/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes and goes for ever takes no more memory than what is there: every golden case again and
 * again on one engine, a day apart; and floods, of which only so much is kept, and the rest counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/field.h"
#include "fuzz/seeds.h"
#include "session/session.h"
#include "unit/heap.h"
#include "unit/story.h"
#include "view/explain.h"
#include "view/view.h"

#define DAY UINT64_C(86400000000000)

/* ---- all cases, for ever ---- */

#define WARM 10
#define ROUNDS 40

enum { TEXT, VERBOSE, JSON, CHROME, VIEWS };

struct churn {
	struct view *v[VIEWS];
	struct engine *e;
	uint64_t shift; /* ns */
	uint64_t ts;	/* of the newest record */
	size_t cases;
};

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct churn *c = ctx;

	for (int i = 0; i < VIEWS; i++)
		c->v[i]->ops->event(c->v[i], e, ev, session);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct churn *c = ctx;

	for (int i = 0; i < VIEWS; i++)
		c->v[i]->ops->fact(c->v[i], e, f);
}

static bool is_start(const struct field *f)
{
	size_t n = strlen(f->name);

	return f->size == 8 && n >= 5 && !strcmp(f->name + n - 5, "start");
}

/* Processes of the same numbers that start later. */
static void shift(unsigned char *rec, unsigned kind, uint64_t by)
{
	for (const struct field *f = kind_info(kind)->fields; f->name; f++) {
		uint64_t v;

		if (!is_start(f))
			continue;
		memcpy(&v, rec + f->offset, sizeof(v));
		v += v ? by : 0;
		memcpy(rec + f->offset, &v, sizeof(v));
	}
}

static void take(struct churn *c, const void *p, size_t n)
{
	uint32_t tgids[64];

	assert_int_equal(engine_feed(c->e, p, n), EVENT_OK);
	while (engine_asks(c->e, tgids, 64))
		;
	for (int i = 0; i < VIEWS; i++)
		buf_reset(&c->v[i]->out);
}

static void play(void *ctx, const char *target, const char *name, const void *p, size_t n)
{
	unsigned char rec[EVENT_MAX];
	struct churn *c = ctx;
	struct wire_tick tick = {.h = {.len = sizeof(tick), .kind = WIRE_TRACE_TICK}};

	(void)name;
	if (strcmp(target, "engine"))
		return;
	for (size_t len; n; p = (const char *)p + len, n -= len) {
		struct wire_hdr *h = (void *)rec;

		len = event_length(p, n);
		memcpy(rec, p, len);
		if (h->kind == WIRE_TRACE_END)
			break;
		shift(rec, 0, c->shift);
		shift(rec, h->kind, c->shift);
		h->ts += c->shift;
		c->ts = h->ts > c->ts ? h->ts : c->ts;
		take(c, rec, len);
	}
	for (int i = 1; i <= 10; i++) {
		tick.h.ts = c->ts + (uint64_t)i * 1000 * MS;
		take(c, &tick, sizeof(tick));
	}
	c->shift += DAY;
	c->cases++;
}

static void cases_for_ever(void **state)
{
	const struct view_options plain = {0}, verbose = {.verbose = true};
	struct churn c = {.v = {view_text_new(&plain), view_text_new(&verbose), view_json_new(&plain),
				view_chrome_new(&plain)}};
	const struct sink sink = {.ctx = &c, .event = on_event, .fact = on_fact};
	size_t warm = 0, most = 0, all;

	(void)state;
	c.e = engine_new(&sink);
	for (int i = 0; i < ROUNDS; i++) {
		size_t *at = i < WARM ? &warm : &most;

		assert_true(seeds_each(play, &c) > 0);
		*at = heap_bytes() > *at ? heap_bytes() : *at;
	}
	all = engine_totals(c.e).sessions;
	printf("# %zu cases, %zu sessions: %zu bytes after %d rounds, %zu after %d\n", c.cases, all,
	       warm, WARM, most, ROUNDS);
	assert_true(all > 40 * ROUNDS);
	assert_int_equal(engine_totals(c.e).evicted, 0);
	/* malloc(3) gives away a remainder too small to keep; one lost chunk a round would be 1,440 */
	assert_true(most <= warm + 1024);
	engine_free(c.e);
	for (int i = 0; i < VIEWS; i++)
		view_free(c.v[i]);
}

/* ---- floods ---- */

static struct story *flood;

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	story_tell(flood, line);
}

static void feed(const void *rec, size_t n)
{
	assert_int_equal(engine_feed(story_engine(flood), rec, n), EVENT_OK);
}

/* As story_tell() would, for those of which there are many. */
static struct wire_hdr header(unsigned kind, size_t len, uint64_t ts, uint32_t tgid)
{
	return (struct wire_hdr){.len = (uint32_t)len, .kind = (uint16_t)kind, .ts = ts,
				 .start = tgid, .tgid = tgid, .pid = tgid, .comm = "a"};
}

static void forks(uint32_t parent, uint32_t child)
{
	const struct wire_fork r = {
		.h = header(WIRE_TASK_FORK, sizeof(r), 100 * MS, parent),
		.child_start = child, .child_tgid = child, .child_pid = child,
		.pgid = parent, .sid = parent, .scope = WIRE_IN,
	};

	feed(&r, sizeof(r));
}

static void interrupts_it(uint64_t ts, uint32_t sender, uint32_t target)
{
	const struct wire_generate r = {
		.h = header(WIRE_SIGNAL_GENERATE, sizeof(r), ts, sender),
		.target_start = target, .target_tgid = target, .target_pid = target,
		.target_comm = "b", .sig = 2, .sender_pid = sender, .group = 1,
		.disposition = WIRE_HANDLER, .pgid = 130, .sid = 130, .flags = WIRE_SIG_INFO,
	};

	feed(&r, sizeof(r));
}

static int begin(void **state)
{
	(void)state;
	flood = story_new();
	story_tell(flood, STORY_SERVER);
	return 0;
}

static int end(void **state)
{
	(void)state;
	story_free(flood);
	return 0;
}

static struct totals totals(void)
{
	return engine_totals(story_engine(flood));
}

/* Of processes of which nothing else is known. */
static void tasks(void **state)
{
	const struct world *w = engine_world(story_engine(flood));

	(void)state;
	for (unsigned i = 0; i < TASKS_MOST + 1000; i++)
		forks(1, 1000 + i);
	assert_int_equal(HASH_COUNT(w->tasks), TASKS_MOST);
	/* init and the listener besides */
	assert_int_equal(totals().evicted, 1002);
	assert_int_equal(totals().missing, 0);
	assert_null(world_last(w, 1000 + 1000));
	assert_non_null(world_last(w, 1000 + 1001));
	assert_non_null(world_last(w, 1000 + TASKS_MOST + 999));
}

/* Nothing of a session goes for what is in none: then the new ones are not taken in. */
static void tasks_of_a_session(void **state)
{
	const struct world *w = engine_world(story_engine(flood));

	(void)state;
	story_tell(flood, STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]"));
	for (unsigned i = 0; i < TASKS_MOST + 10; i++)
		forks(130, 1000 + i);
	assert_int_equal(HASH_COUNT(w->tasks), TASKS_MOST);
	assert_true(totals().missing >= 10);
	assert_non_null(world_last(w, 1000));
	assert_non_null(world_last(w, 130));
	assert_null(world_last(w, 1000 + TASKS_MOST + 9));
}

static void logs_in(unsigned i)
{
	unsigned ms = 1000 + i, server = 100000 + 10 * i, root = server + 1;

	tell("@%u sshd/100 task.fork fork=%u pgid=100 sid=100 scope=in,server\n"
	     "@%u sshd/%u sock.owner family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=22 rport=%u"
	     " netns=%u state=ESTABLISHED fd=4\n"
	     "@%u sshd/%u task.fork fork=%u pgid=%u sid=%u scope=in,server\n"
	     "@%u sh/%u task.exec parent=%u pgid=%u sid=%u uid=1000 scope=in args=[\"sh\"]\n",
	     ms, server, ms, server, 1 + i, i, ms, server, root, server, server, ms, root, server,
	     root, root);
}

/* Closed ones, each kept by an orphan. */
static void closed_sessions(void **state)
{
	const unsigned n = CLOSED_MOST + 50;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		unsigned server = 100000 + 10 * i;

		logs_in(i);
		tell("@%u sshd/%u task.exit pgid=%u sid=%u\n", 1000 + i, server, server, server);
	}
	tell("@%u trace.tick\n@%u trace.tick\n", n + 10000, n + 20000);
	assert_int_equal(totals().sessions, n);
	assert_int_equal(totals().open, 0);
	assert_int_equal(totals().evicted, 50);
	assert_int_equal(totals().missing, 0);
	assert_false(engine_session(story_engine(flood), 50, &(struct session_view){0}));
	assert_true(engine_session(story_engine(flood), 51, &(struct session_view){0}));
}

static void open_sessions(void **state)
{
	const unsigned n = SESSIONS_MOST + 5;

	(void)state;
	for (unsigned i = 0; i < n; i++)
		logs_in(i);
	assert_int_equal(totals().sessions, n);
	assert_int_equal(totals().open, SESSIONS_MOST);
	assert_int_equal(totals().evicted, 5);
	assert_int_equal(totals().missing, 5);
	assert_false(engine_session(story_engine(flood), 5, &(struct session_view){0}));
	assert_true(engine_session(story_engine(flood), 6, &(struct session_view){0}));
}

/* Two processes of a session that send each other signals as fast as they can. */
static void interrupts(void **state)
{
	uint64_t n;

	(void)state;
	story_tell(flood, STORY_LOGIN STORY_SHELL STORY_CHILD("40", "a", "140", "130", "")
			  STORY_CHILD("40", "b", "150", "130", ""));
	for (unsigned i = 0; i < 20000; i++)
		interrupts_it(100 * MS + i * MS / 50, 140, 150);
	n = totals().evicted;
	assert_true(n >= 20000 - 5 * INTERRUPTS_OF_ONE);
	assert_int_equal(totals().missing, n);
	/* one behind the other, each asks the kernel, which does not answer here */
	for (unsigned i = 0; i < INTERRUPTS_OF_ONE; i++)
		tell("@%u trace.tick\n@%u trace.tick\n", 9000 + 1200 * i, 9600 + 1200 * i);
	assert_int_equal(totals().interrupts + n, 20000);
	/* it goes on behind the flood */
	interrupts_it(100000 * MS, 140, 150);
	tell("@102000 trace.tick\n@103000 trace.tick\n");
	assert_int_equal(totals().interrupts + n, 20001);
}

/* A server of many that listens everywhere. */
static void ports(void **state)
{
	(void)state;
	tell("@5 evil/300 task.snapshot parent=1 pgid=300 sid=300 scope=in,server,named\n");
	for (unsigned i = 1; i <= PORTS_MOST + 7; i++)
		tell("@5 evil/300 sock.owner family=inet laddr=192.0.2.1 lport=%u state=LISTEN\n",
		     1024 + i);
	assert_int_equal(totals().evicted, 7);
	/* its end gives them back */
	tell("@6 evil/300 task.exit pgid=300 sid=300\n"
	     "@7 evil/301 task.snapshot parent=1 pgid=301 sid=301 scope=in,server,named\n"
	     "@7 evil/301 sock.owner family=inet laddr=192.0.2.1 lport=9 state=LISTEN\n");
	assert_int_equal(totals().evicted, 7);
}

/* ---- ends that were not seen ---- */

/* Of the root, by its tgid that another process has: the session is closed, and no status claimed. */
static void root_replaced(void **state)
{
	(void)state;
	story_tell(flood, STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]"));
	story_expect(flood, "open #1 alice exec \"x\" root=130 server=120 seen\n");
	tell("@1000 trace.lost count=9 total=9 lost_kind=8\n"
	     "@2000 init/1 task.fork child_start=1999 child_tgid=120 child_pid=120 pgid=1 sid=1 scope=in\n"
	     "@3000 init/1 task.fork child_start=2999 child_tgid=130 child_pid=130 pgid=1 sid=1 scope=in\n"
	     "@4000 trace.tick\n@5000 trace.tick\n");
	story_expect(flood, "close #1 unknown processes=1 orphans=0 lost=9 guessed\n");
	assert_int_equal(totals().open, 0);
	assert_int_equal(world_last(engine_world(story_engine(flood)), 130)->key.start, 2999);
	assert_null(world_task(engine_world(story_engine(flood)), 130, 130));
}

/* Of an orphan: it is one no longer, and nobody says how it ended. */
static void orphan_replaced(void **state)
{
	(void)state;
	story_tell(flood, STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"x\"]")
		   "@40 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"
		   "@50 bash/130 task.exit pgid=130 sid=130\n"
		   "@51 sshd/120 task.exit pgid=110 sid=110\n"
		   "@200 trace.tick\n"
		   "@201 bash/140 task.snapshot parent=1 pgid=130 sid=130\n"
		   "@202 trace.ready tasks=1 asked=1\n");
	(void)story_so_far(flood);
	assert_true(engine_session(story_engine(flood), 1, &(struct session_view){0}));
	story_expect(flood, story_so_far(flood));
	tell("@3000 init/1 task.fork child_start=2999 child_tgid=140 child_pid=140 pgid=1 sid=1 scope=in\n"
	     "@9000 trace.tick\n");
	story_expect(flood, "");
	assert_false(engine_session(story_engine(flood), 1, &(struct session_view){0}));
}

#define FLOOD(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_for_ever), FLOOD(tasks), FLOOD(tasks_of_a_session),
		FLOOD(closed_sessions), FLOOD(open_sessions), FLOOD(interrupts),
		FLOOD(ports),
		FLOOD(root_replaced), FLOOD(orphan_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
