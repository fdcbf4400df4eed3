/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FLUSH_ABOVE (64 * 1024)

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
	struct stat st;

	r->out = STDOUT_FILENO;
	r->wake = -1;
	if (r->o->output && strcmp(r->o->output, "-")) {
		r->out = open(r->o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (r->out < 0)
			return fail(r, EXIT_USAGE, "cannot write", r->o->output);
	}
	r->waits = !fstat(r->out, &st) &&
		   (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(r->out));
	return 0;
}

struct view *run_view(const struct options *o)
{
	struct view_options view = {.filter = o->filter, .verbose = o->verbose, .quiet = o->quiet};

	return o->json ? view_json_new(&view) : view_text_new(&view);
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
	if (o->write) {
		r->writer = recording_create(o->write, &r->err);
		if (!r->writer) {
			r->failed = true;
			return -1;
		}
	}
	return 0;
}

void run_put(void *ctx, const void *rec, size_t len)
{
	struct run *r = ctx;
	enum event_error bad;

	if (r->writer && !r->failed && recording_put(r->writer, rec, len, &r->err))
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
	if (r->view->out.len > FLUSH_ABOVE && !r->hold)
		run_flush(r);
}

/* Until somebody reads. Who has stopped to read for ever must not keep a signal from us. */
static void wait_for_reader(struct run *r)
{
	struct pollfd fds[] = {{.fd = r->out, .events = POLLOUT},
			       {.fd = r->wake, .events = POLLIN}};

	do {
		if (poll(fds, 2, -1) > 0 && fds[1].revents)
			r->woken(r->wake_ctx);
	} while (!fds[0].revents);
}

static bool write_all(struct run *r, const char *p, size_t n)
{
	while (n) {
		ssize_t w;

		/* a pipe that says it has room has it for so much, whoever may block */
		if (r->waits)
			wait_for_reader(r);
		w = write(r->out, p, r->waits && n > PIPE_BUF ? PIPE_BUF : n);
		/* EAGAIN: somebody else made our stdout non-blocking */
		if (w < 0 && (errno == EINTR || (errno == EAGAIN && r->waits)))
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= w;
	}
	return true;
}

void run_flush(struct run *r)
{
	struct buf *b = &r->view->out;

	if (b->failed && !r->failed) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE, "out of memory: output is incomplete");
	}
	if (!r->out_gone && b->len && !write_all(r, b->p, b->len)) {
		r->out_gone = true;
		if (errno != EPIPE)
			fail(r, EXIT_INCONCLUSIVE, "cannot write",
			     r->o->output ? r->o->output : "stdout");
	}
	buf_reset(b);
}

int run_close(struct run *r)
{
	int status;

	if (r->view && r->engine) {
		if (r->view->ops->end && r->ended)
			r->view->ops->end(r->view, r->engine);
		run_flush(r);
	}
	if (r->writer && recording_close(r->writer, r->failed ? NULL : &r->err))
		r->failed = true;
	if (r->out > STDERR_FILENO && close(r->out) && !r->failed)
		fail(r, EXIT_INCONCLUSIVE, "cannot write", r->o->output);
	if (r->engine && engine_totals(r->engine).lost && !r->failed && !r->o->own_loss) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE,
			"%llu records were lost: what is told of that time may be incomplete",
			(unsigned long long)engine_totals(r->engine).lost);
	}
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
