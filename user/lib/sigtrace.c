/* SPDX-License-Identifier: GPL-2.0-only */
/* The library: the engine and the JSON view over a recording, cut into items; checks over one. */
#include "sigtrace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"
#include "event/field.h"
#include "source/recording.h"
#include "view/view.h"

#define CHECKS_MOST (1 << 20) /* bytes of a file */

/* An item whose JSON is not yet where it stays: the view's buffer may move. */
struct line {
	struct sigtrace_item item;
	size_t at; /* of its JSON in the buffer */
};

enum state { FRESH, READING, OVER, FAILED };

struct sigtrace_recording {
	char *name;
	struct recording_reader *in;
	struct engine *engine;
	struct view *view;
	struct checks *checks; /* takes it all, and nothing is made into items; NULL: items */
	struct line *lines;    /* that one record brought forth */
	size_t nlines, room, next;
	size_t cut; /* of the view's bytes, how many are lines */
	uint64_t last_seq, last_ts;
	bool ended; /* trace.end came */
	enum state state;
	struct err err; /* of FAILED */
	bool told;	/* that it failed: the items of before come first */
	struct sigtrace_totals totals;
};

/* ---- items ---- */

static void fail_memory(struct sigtrace_recording *r)
{
	if (r->state != FAILED)
		err_set(&r->err, EXIT_INCONCLUSIVE, "out of memory: what is told of '%s' is incomplete",
			r->name);
	r->state = FAILED;
}

static bool make_room(struct sigtrace_recording *r)
{
	size_t room = r->room ? 2 * r->room : 16;
	struct line *more;

	if (r->nlines < r->room)
		return true;
	more = realloc(r->lines, room * sizeof(*more));
	if (!more)
		return false;
	r->lines = more;
	r->room = room;
	return true;
}

/* What the view added is the JSON of this item; nothing: it does not show such a record. */
static void add_line(struct sigtrace_recording *r, const struct sigtrace_item *item)
{
	struct buf *out = &r->view->out;

	if (!out->failed && out->len == r->cut)
		return;
	if (out->failed || !make_room(r)) {
		fail_memory(r);
		return;
	}
	out->p[out->len - 1] = '\0'; /* was its newline */
	r->lines[r->nlines] = (struct line){.item = *item, .at = r->cut};
	r->lines[r->nlines++].item.json_len = out->len - 1 - r->cut;
	r->cut = out->len;
}

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct sigtrace_recording *r = ctx;
	struct sigtrace_item item = {.seq = ev->seq, .ts = ev->u.h.ts, .session = session};

	r->last_seq = ev->seq;
	r->last_ts = ev->u.h.ts;
	r->ended |= ev->u.h.kind == WIRE_TRACE_END;
	if (r->checks) {
		checks_event(r->checks, e, ev, session);
		return;
	}
	item.type = kind_info(ev->u.h.kind)->name;
	r->view->ops->event(r->view, e, ev, session);
	add_line(r, &item);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct sigtrace_recording *r = ctx;
	const struct sigtrace_item item = {
		.is_fact = true, .type = fact_kind_name(f->kind),
		.seq = f->seq, .ts = f->ts, .session = f->session,
	};

	if (r->checks) {
		checks_fact(r->checks, e, f);
		return;
	}
	r->view->ops->fact(r->view, e, f);
	add_line(r, &item);
}

/* The view shows the end behind the facts that it brought. */
static void show_end(struct sigtrace_recording *r)
{
	const struct sigtrace_item item = {
		.type = "trace.end", .seq = r->last_seq, .ts = r->last_ts,
	};

	if (r->checks) {
		checks_finish(r->checks, r->engine);
		return;
	}
	r->view->ops->end(r->view, r->engine);
	add_line(r, &item);
}

static void finish(struct sigtrace_recording *r)
{
	if (r->state == READING && !r->ended) {
		err_set(&r->err, EXIT_INCONCLUSIVE,
			"recording '%s' has no end: its writer runs on, or was killed",
			r->name);
		r->state = FAILED;
	}
	if (!r->ended)
		engine_cut(r->engine, r->last_ts);
	show_end(r);
	if (engine_world(r->engine)->failed)
		fail_memory(r);
	if (r->state == READING)
		r->state = OVER;
}

static void feed_record(struct sigtrace_recording *r)
{
	const void *rec;
	size_t len;
	int n = recording_next(r->in, &rec, &len, &r->err);
	enum event_error bad = n > 0 ? engine_feed(r->engine, rec, len) : EVENT_OK;

	if (bad)
		err_set(&r->err, EXIT_INCONCLUSIVE, "record %llu of '%s' is damaged: %s",
			(unsigned long long)engine_totals(r->engine).records + 1, r->name,
			event_error_name(bad));
	if (n < 0 || bad)
		r->state = FAILED;
	if (!n || r->state == FAILED)
		finish(r);
}

int sigtrace_next(struct sigtrace_recording *r, const struct sigtrace_item **item)
{
	struct line *l;

	if (r->state == FRESH)
		r->state = READING;
	while (r->next == r->nlines && r->state == READING) {
		buf_reset(&r->view->out);
		r->cut = r->nlines = r->next = 0;
		feed_record(r);
	}
	if (r->next == r->nlines) {
		r->told = r->state == FAILED;
		return r->told ? -1 : 0;
	}
	l = &r->lines[r->next++];
	l->item.json = r->view->out.p + l->at;
	*item = &l->item;
	return 1;
}

/* ---- recordings ---- */

static int open_all(struct sigtrace_recording *r, const char *path, struct err *e)
{
	const struct sink sink = {.ctx = r, .event = on_event, .fact = on_fact};
	const struct view_options opt = {0};

	r->in = recording_open(path, e);
	if (!r->in)
		return -1;
	r->name = strdup(path);
	r->engine = engine_new(&sink);
	r->view = view_json_new(&opt);
	if (!r->name || !r->engine || !r->view)
		return err_set(e, EXIT_CANNOT_TRACE, "out of memory");
	return 0;
}

struct sigtrace_recording *sigtrace_open(const char *path, char *error, size_t size)
{
	struct sigtrace_recording *r = calloc(1, sizeof(*r));
	struct err e = {0};

	if (r && !open_all(r, path, &e))
		return r;
	if (size)
		snprintf(error, size, "%s%s%s", r ? e.what : "out of memory", *e.hint ? ": " : "",
			 e.hint);
	sigtrace_close(r);
	return NULL;
}

const char *sigtrace_error(const struct sigtrace_recording *r)
{
	return r->told ? r->err.what : "";
}

const struct sigtrace_totals *sigtrace_totals(struct sigtrace_recording *r)
{
	const struct totals t = engine_totals(r->engine);

	r->totals = (struct sigtrace_totals){
		.records = t.records, .lost = t.lost, .sessions = t.sessions, .orphans = t.orphans,
	};
	return &r->totals;
}

void sigtrace_close(struct sigtrace_recording *r)
{
	if (!r)
		return;
	recording_free(r->in);
	engine_free(r->engine);
	view_free(r->view);
	free(r->lines);
	free(r->name);
	free(r);
}

/* ---- checks ---- */

enum stage { LOADING, BAD, SETTLED };

struct sigtrace_checks {
	struct checks *checks;
	enum stage stage;
	bool damaged; /* the recording was */
	struct sigtrace_result *results; /* of SETTLED */
	struct sigtrace_failure failure; /* the one that was asked for */
	struct buf error;
	const char *what; /* the same as a string; NULL: none */
};

struct sigtrace_checks *sigtrace_checks_new(bool strict)
{
	const struct check_options opt = {.strict = strict};
	struct sigtrace_checks *c = calloc(1, sizeof(*c));

	if (c)
		c->checks = checks_new(&opt);
	if (c && c->checks)
		return c;
	free(c);
	return NULL;
}

static int refuse(struct sigtrace_checks *c, const char *why)
{
	buf_reset(&c->error);
	buf_str(&c->error, why);
	c->what = buf_cstr(&c->error);
	return -1;
}

int sigtrace_checks_load(struct sigtrace_checks *c, const char *name, const char *text, size_t n)
{
	if (c->stage == BAD)
		return -1;
	if (c->stage == SETTLED)
		return refuse(c, "checks are loaded before they are run");
	buf_reset(&c->error);
	c->what = NULL;
	if (!checks_load(c->checks, name, text, n, &c->error))
		return 0;
	c->stage = BAD;
	if (c->error.len && c->error.p[c->error.len - 1] == '\n')
		c->error.len--;
	c->what = buf_cstr(&c->error);
	return -1;
}

/* 0, or -1 with errno; EFBIG: more than CHECKS_MOST. */
static int read_all(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char block[4096];
	ssize_t n = -1;

	while (fd >= 0 && text->len <= CHECKS_MOST &&
	       ((n = read(fd, block, sizeof(block))) > 0 || (n < 0 && errno == EINTR)))
		buf_put(text, block, n > 0 ? (size_t)n : 0);
	saved = n > 0 ? EFBIG : text->failed ? ENOMEM : errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return n || text->failed ? -1 : 0;
}

int sigtrace_checks_load_file(struct sigtrace_checks *c, const char *path)
{
	struct buf text = {0};
	struct err e;
	int ret;

	if (c->stage == BAD)
		return -1;
	if (read_all(path, &text)) {
		err_set(&e, EXIT_USAGE, "cannot read '%s': %s", path, strerror(errno));
		ret = refuse(c, e.what);
		if (c->stage == LOADING)
			c->stage = BAD;
	} else {
		ret = sigtrace_checks_load(c, path, text.len ? text.p : "", text.len);
	}
	buf_free(&text);
	return ret;
}

static int settle(struct sigtrace_checks *c)
{
	size_t n = checks_count(c->checks);

	c->results = calloc(n + 1, sizeof(*c->results));
	if (!c->results)
		return refuse(c, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct check_result *k = checks_result(c->checks, i);

		c->results[i] = (struct sigtrace_result){
			.verdict = check_verdict_name(k->verdict),
			.file = k->check->file, .line = k->check->line, .text = k->check->text,
			.why = k->why, .broken = k->broken, .failures = k->nfailures,
		};
	}
	c->stage = SETTLED;
	return 0;
}

int sigtrace_checks_run(struct sigtrace_checks *c, struct sigtrace_recording *r)
{
	if (c->stage == BAD)
		return -1;
	if (c->stage == SETTLED)
		return refuse(c, "checks are run once");
	if (r->state != FRESH)
		return refuse(c, "the recording has been read from");
	c->what = NULL;
	r->state = READING;
	r->checks = c->checks;
	while (r->state == READING)
		feed_record(r);
	r->checks = NULL;
	if (settle(c)) {
		c->stage = BAD;
		return -1;
	}
	c->damaged = r->state == FAILED;
	return c->damaged ? refuse(c, r->err.what) : 0;
}

const char *sigtrace_checks_error(const struct sigtrace_checks *c)
{
	return c->what ? c->what : "";
}

size_t sigtrace_checks_count(const struct sigtrace_checks *c)
{
	return checks_count(c->checks);
}

const struct sigtrace_result *sigtrace_checks_result(const struct sigtrace_checks *c, size_t i)
{
	return c->stage == SETTLED && i < checks_count(c->checks) ? &c->results[i] : NULL;
}

const struct sigtrace_failure *sigtrace_checks_failure(struct sigtrace_checks *c, size_t i, size_t k)
{
	const struct sigtrace_result *result = sigtrace_checks_result(c, i);
	const struct check_failure *f;

	if (!result || k >= result->failures)
		return NULL;
	f = &checks_result(c->checks, i)->failures[k];
	c->failure = (struct sigtrace_failure){.event = f->event, .since_ns = f->since, .tgid = f->tgid};
	return &c->failure;
}

int sigtrace_checks_status(const struct sigtrace_checks *c)
{
	int status;

	if (c->stage != SETTLED)
		return EXIT_USAGE;
	status = checks_status(c->checks);
	return c->damaged && status != EXIT_CHECK_FAILED ? EXIT_INCONCLUSIVE : status;
}

void sigtrace_checks_free(struct sigtrace_checks *c)
{
	if (!c)
		return;
	checks_free(c->checks);
	free(c->results);
	buf_free(&c->error);
	free(c);
}
