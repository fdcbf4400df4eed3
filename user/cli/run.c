/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/private.h"
#include "event/redact.h"

#define FLUSH_ABOVE (64 * 1024)
#define SLOW_ABOVE (256 * 1024)	      /* bytes that wait: some thousand lines, seconds of a slow line */
#define WAIT_ABOVE (16 * 1024 * 1024) /* then we wait, and the ring may overflow, which is counted */

static int fail(struct run *r, int status, const char *what, const char *name)
{
	int why = errno;

	if (!r->failed) {
		err_set(&r->err, status, "%s '%s': %s", what, name, strerror(why));
		if (why == ENOSPC || why == EDQUOT || why == EFBIG)
			err_hint(&r->err, "make room, or write to another file system");
	}
	r->failed = true;
	return -1;
}

static void note_listener(struct run *r, const struct event *ev)
{
	const struct wire_sock_owner *o = &ev->u.owner;

	if (ev->u.h.kind != WIRE_SOCK_OWNER || o->state != WIRE_TCP_LISTEN)
		return;
	for (size_t i = 0; i < r->nlisteners; i++)
		if (r->listeners[i].port == o->sk.lport)
			return;
	if (r->nlisteners == sizeof(r->listeners) / sizeof(r->listeners[0]))
		return;
	r->listeners[r->nlisteners].tgid = o->h.tgid;
	r->listeners[r->nlisteners].port = o->sk.lport;
	memcpy(r->listeners[r->nlisteners++].comm, o->h.comm, WIRE_COMM);
}

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	struct run *r = ctx;

	r->last_ts = ev->u.h.ts;
	if (ev->u.h.kind == WIRE_TRACE_END)
		r->ended = true;
	note_listener(r, ev);
	if (r->view->ops->event)
		r->view->ops->event(r->view, e, ev, session);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	struct run *r = ctx;

	if (r->view->ops->fact)
		r->view->ops->fact(r->view, e, f);
}

static bool wants_color(const struct options *o, int fd)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb");
}

static int open_output(struct run *r)
{
	r->out = STDOUT_FILENO;
	r->wake = -1;
	r->output = (struct output){.fd = r->out, .own = -1};
	if (!r->o->output || !strcmp(r->o->output, "-"))
		return 0;
	r->out = private_open(r->o->output, r->o->append ? O_APPEND : 0);
	if (r->out < 0)
		return fail(r, EXIT_USAGE, "cannot write", r->o->output);
	r->output.fd = r->out;
	return 0;
}

struct view *run_view(const struct options *o)
{
	struct view_options view = {.filter = o->filter, .verbose = o->verbose, .quiet = o->quiet};

	return o->json ? view_json_new(&view) : view_text_new(&view);
}

static int open_writer(struct run *r)
{
	const struct options *o = r->o;

	if (!o->write)
		return 0;
	if (o->rotate) {
		r->rotation = rotation_open(o->write, o->rotate, o->keep, &r->err);
		r->writer = r->rotation ? rotation_next(r->rotation, &r->err) : NULL;
	} else {
		r->writer = recording_create(o->write, &r->err);
	}
	r->failed = !r->writer;
	return r->failed ? -1 : 0;
}

int run_open_view(struct run *r, const struct options *o, struct view *v)
{
	const struct sink sink = {.ctx = r, .event = on_event, .fact = on_fact};

	memset(r, 0, sizeof(*r));
	r->o = o;
	r->view = v;
	if (open_output(r))
		return -1;
	r->engine = engine_new(&sink);
	if (!r->engine || !r->view) {
		r->failed = true;
		return err_set(&r->err, EXIT_CANNOT_TRACE, "out of memory");
	}
	v->opt.color = wants_color(o, r->out);
	return open_writer(r);
}

static void put_known(void *ctx, const void *rec, size_t len)
{
	struct run *r = ctx;

	if (!r->failed && recording_put(r->writer, rec, len, &r->err))
		r->failed = true;
}

/* The next record is the first that is new in the next file. */
static void rotate(struct run *r)
{
	struct wire_end end = {
		.h = {.kind = WIRE_TRACE_END, .len = sizeof(end), .ts = r->last_ts},
		.reason = WIRE_END_ROTATED,
	};
	bool bad;

	put_known(r, &end, sizeof(end));
	bad = recording_close(r->writer, r->failed ? NULL : &r->err);
	r->writer = bad ? NULL : rotation_next(r->rotation, &r->err);
	r->failed = !r->writer;
	if (r->failed)
		return;
	engine_state(r->engine, put_known, r);
	if (!r->failed && recording_flush(r->writer, &r->err))
		r->failed = true;
	rotation_begun(r->rotation, r->writer);
}

static void take(struct run *r, const void *rec, size_t len)
{
	enum event_error bad;

	if (r->rotation && !r->failed && rotation_due(r->rotation, r->writer))
		rotate(r);
	/* a writer that has failed counts what it misses */
	if (r->writer && recording_put(r->writer, rec, len, r->failed ? NULL : &r->err))
		r->failed = true;
	bad = engine_feed(r->engine, rec, len);
	if (bad && !r->failed) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE, "record %llu is damaged: %s",
			(unsigned long long)engine_totals(r->engine).records + 1,
			event_error_name(bad));
	}
	if (engine_failed(r->engine) && !r->failed) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE, "out of memory: what is told may be incomplete");
		err_hint(&r->err, "trace less: --sshd, -p PID or -- CMD instead of --all; record with -q -w FILE and read it elsewhere");
	}
	if (r->view->out.len > r->tried + FLUSH_ABOVE && !r->hold)
		run_flush(r);
}

static void take_redacted(struct run *r, const void *rec, size_t len)
{
	unsigned char redacted[EVENT_MAX];
	size_t n = redact_record(rec, len, redacted);

	take(r, n ? redacted : rec, n ? n : len);
}

void run_put(void *ctx, const void *rec, size_t len)
{
	struct run *r = ctx;

	if (r->o->redact)
		take_redacted(r, rec, len);
	else
		take(r, rec, len);
}

void run_never_wait(struct run *r)
{
	output_open(&r->output, r->out);
}

bool run_pending(const struct run *r)
{
	return r->sent < r->view->out.len && !r->out_gone;
}

/* Who has stopped to read for ever must not keep a signal from us. */
static void wait_for_reader(struct run *r)
{
	struct pollfd fds[] = {{.fd = output_fd(&r->output), .events = POLLOUT},
			       {.fd = r->wake, .events = POLLIN}};

	do {
		if (poll(fds, 2, -1) > 0 && fds[1].revents)
			r->woken(r->wake_ctx);
	} while (!fds[0].revents);
}

/* Writes until at most `left` bytes are left; what it cannot write at once it waits for. */
static bool push(struct run *r, size_t left)
{
	struct buf *b = &r->view->out;
	size_t done;

	for (;;) {
		if (output_some(&r->output, b->p + r->sent, b->len - r->sent, &done))
			return false;
		r->sent += done;
		if (b->len - r->sent <= left)
			return true;
		wait_for_reader(r);
	}
}

/* What was written need not be kept. */
static void forget_sent(struct run *r)
{
	struct buf *b = &r->view->out;

	if (r->out_gone || r->sent == b->len) {
		buf_reset(b);
		r->sent = 0;
	} else if (r->sent > b->len / 2) {
		memmove(b->p, b->p + r->sent, b->len - r->sent);
		b->len -= r->sent;
		r->sent = 0;
	}
	r->tried = b->len;
}

static void catch_up(struct run *r)
{
	struct view *v = r->view;

	v->slow = false;
	if (v->ops->catch_up)
		v->ops->catch_up(v, r->engine);
}

void run_flush(struct run *r)
{
	struct buf *b = &r->view->out;

	if (b->failed && !r->failed) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE, "out of memory: output is incomplete");
	}
	if (!r->out_gone && b->len > r->sent &&
	    !push(r, output_never_waits(&r->output) && !r->closing ? WAIT_ABOVE : 0)) {
		r->out_gone = true;
		if (errno != EPIPE)
			fail(r, EXIT_INCONCLUSIVE, "cannot write",
			     r->o->output ? r->o->output : "stdout");
	}
	forget_sent(r);
	if (b->len - r->sent > SLOW_ABOVE)
		r->view->slow = true;
	else if (!b->len && r->view->slow)
		catch_up(r);
}

static void tell_lost(struct run *r)
{
	unsigned long long lost = r->engine ? engine_totals(r->engine).lost : 0;

	if (!lost || r->o->own_loss)
		return;
	if (r->failed) {
		log_line("%llu records were lost as well", lost);
		return;
	}
	r->failed = true;
	err_set(&r->err, EXIT_INCONCLUSIVE,
		"%llu records were lost: what is told of that time may be incomplete", lost);
}

int run_close(struct run *r)
{
	int status;

	/* first: who reads the rest of the output may be slow */
	if (r->writer && recording_close(r->writer, r->failed ? NULL : &r->err))
		r->failed = true;
	rotation_free(r->rotation);
	if (r->view && r->engine) {
		if (r->view->slow)
			catch_up(r);
		if (r->view->ops->end && r->ended)
			r->view->ops->end(r->view, r->engine);
		r->closing = true;
		run_flush(r);
	}
	output_close(&r->output);
	if (r->out > STDERR_FILENO && close(r->out) && !r->failed)
		fail(r, EXIT_INCONCLUSIVE, "cannot write", r->o->output);
	tell_lost(r);
	if (r->engine && engine_totals(r->engine).missing && !r->failed && !r->o->own_loss) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE,
			"%llu processes, sessions or Ctrl-Cs were too many to be kept: what is told may be incomplete",
			(unsigned long long)engine_totals(r->engine).evicted);
		err_hint(&r->err, "trace less: one process with -p PID, or --sshd instead of --all");
	}
	if (r->failed)
		log_err(&r->err);
	status = r->failed ? r->err.status : EXIT_OK;
	view_free(r->view);
	engine_free(r->engine);
	return status;
}
