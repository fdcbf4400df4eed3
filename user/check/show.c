/* SPDX-License-Identifier: GPL-2.0-only */
/* What a failure shows: whom, by whom, and what is known of the process. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/parts.h"
#include "event/names.h"

#define ARGS_SHOWN 120 /* code points */
#define CONTEXT 3

static const char *take(struct buf *b)
{
	char *s = b->len && !b->failed ? strdup(buf_cstr(b)) : NULL;

	buf_free(b);
	return s ? s : "";
}

static void put(const char **to, struct buf *b)
{
	if (*to && **to)
		free((char *)*to);
	*to = take(b);
}

void show_free(struct check_failure *f)
{
	const char *const all[] = {f->event, f->sender, f->target, f->instead};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && *all[i])
			free((char *)all[i]);
	for (size_t i = 0; f->context && i < f->ncontext; i++)
		if (*f->context[i])
			free((char *)f->context[i]);
	free((void *)f->context);
	memset(f, 0, sizeof(*f));
}

void show_instead(struct check_failure *f, const char *fmt, ...)
{
	struct buf b = {0};
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_str(&b, text);
	put(&f->instead, &b);
}

/* ---- processes ---- */

static void put_comm(struct buf *b, const char *comm, uint32_t tgid)
{
	buf_text(b, comm, strnlen(comm, WIRE_COMM));
	buf_printf(b, " %u", tgid);
}

static void put_args(struct buf *b, const char *args, size_t len)
{
	if (!len)
		return;
	buf_str(b, " (");
	buf_args(b, args, len, ARGS_SHOWN);
	buf_char(b, ')');
}

static void put_task(struct buf *b, const struct engine *e, uint32_t tgid, const char *comm)
{
	const struct task *t = world_last(engine_world(e), tgid);

	if (!comm && !t) {
		buf_printf(b, "process %u, which is gone", tgid);
		return;
	}
	put_comm(b, comm ? comm : t->comm, tgid);
	if (t)
		put_args(b, t->args, t->args_len);
}

/* ---- events ---- */

static void event_exit(struct buf *b, const struct event *ev)
{
	uint32_t code = ev->u.exit.exit_code;

	if (exit_signal(code))
		buf_printf(b, ", killed by %s%s", signal_name(exit_signal(code)),
			   code & 0x80 ? " (core dumped)" : "");
	else
		buf_printf(b, ", status %d", exit_status(code));
}

static void put_event(struct buf *b, const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;

	buf_str(b, attr_kind_name(ev->u.h.kind));
	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE:
		buf_printf(b, " %s to ", signal_name(g->sig));
		put_comm(b, g->target_comm, g->target_tgid);
		return;
	case WIRE_SIGNAL_DELIVER:
		buf_printf(b, " %s to ", signal_name(ev->u.deliver.sig));
		break;
	case WIRE_TTY_KEY:
		buf_str(b, " on ");
		tty_name(b, ev->u.key.tty);
		return;
	default:
		if (!ev->u.h.tgid)
			return;
		buf_str(b, " of ");
	}
	put_comm(b, ev->u.h.comm, ev->u.h.tgid);
	if (ev->u.h.kind == WIRE_TASK_EXIT)
		event_exit(b, ev);
	else if (ev->u.h.kind == WIRE_TASK_FORK)
		buf_printf(b, ", child %u", ev->u.fork.child_tgid);
}

static void put_fact(struct buf *b, const struct fact *f)
{
	buf_str(b, fact_kind_name(f->kind));
	switch (f->kind) {
	case FACT_OPEN:
		buf_str(b, " of ");
		buf_text(b, f->u.open.user, strlen(f->u.open.user));
		break;
	case FACT_INTERRUPT:
		if (f->u.interrupt.sig)
			buf_printf(b, " %s", signal_name(f->u.interrupt.sig));
		buf_printf(b, " (%s): %s", origin_name(f->u.interrupt.origin),
			   verdict_name(f->u.interrupt.verdict));
		break;
	case FACT_ORPHAN:
		buf_char(b, ' ');
		put_comm(b, f->u.orphan.comm, f->u.orphan.tgid);
		buf_printf(b, ", %s%s", reason_name(f->u.orphan.reason),
			   f->u.orphan.intended ? ", on purpose" : "");
		break;
	case FACT_CLOSE:
		buf_printf(b, " (%s)", end_name(f->u.close.end));
		break;
	case FACT_FATE:
		buf_char(b, ' ');
		put_comm(b, f->u.fate.comm, f->u.fate.tgid);
		break;
	}
}

static void put_sender(struct buf *b, const struct seen *s)
{
	const struct wire_generate *g = &s->s.ev->u.generate;

	switch (sig_origin(g)) {
	case SIG_ORIGIN_TTY:
		buf_str(b, "typed on ");
		if (g->work_tty || g->tty)
			tty_name(b, g->work_tty ? g->work_tty : g->tty);
		else
			buf_str(b, "a terminal");
		break;
	case SIG_ORIGIN_HANGUP:
		buf_str(b, "the hang-up of its terminal");
		break;
	case SIG_ORIGIN_KERNEL:
		buf_str(b, "the kernel");
		break;
	case SIG_ORIGIN_TIMER:
		buf_str(b, "a timer");
		break;
	case SIG_ORIGIN_USER:
	case SIG_ORIGIN_CHILD:
		put_task(b, s->e, g->h.tgid, g->h.comm);
		break;
	}
}

static uint32_t about(const struct subject *s)
{
	if (s->ev)
		return s->ev->u.h.kind == WIRE_SIGNAL_GENERATE ? s->ev->u.generate.target_tgid :
								 s->ev->u.h.tgid;
	switch (s->fact->kind) {
	case FACT_OPEN:
		return s->fact->u.open.tgid;
	case FACT_INTERRUPT:
		return s->fact->u.interrupt.tgid;
	case FACT_ORPHAN:
		return s->fact->u.orphan.tgid;
	case FACT_CLOSE:
		return s->fact->u.close.server_tgid;
	case FACT_FATE:
		return s->fact->u.fate.tgid;
	}
	return 0;
}

static void put_target(struct buf *b, const struct seen *s)
{
	const struct fact *f = s->s.fact;
	uint32_t tgid = about(&s->s);

	if (f && f->kind == FACT_ORPHAN) {
		put_comm(b, f->u.orphan.comm, tgid);
		put_args(b, f->u.orphan.args, f->u.orphan.args_len);
	} else if (s->s.ev && s->s.kind == WIRE_TASK_EXEC) {
		put_comm(b, s->s.ev->u.h.comm, tgid);
		put_args(b, s->s.ev->argv, s->s.ev->args_len);
	} else if (tgid) {
		put_task(b, s->e, tgid, s->s.kind == WIRE_SIGNAL_GENERATE ?
						s->s.ev->u.generate.target_comm : NULL);
	}
}

void show_brief(struct check_failure *f, const struct checks *c, const struct seen *s)
{
	struct buf b = {0};

	*f = (struct check_failure){
		.seq = s->seq, .ts = s->ts,
		.since = c->began && s->ts > c->began ? s->ts - c->began : 0,
		.session = s->s.session, .tgid = about(&s->s),
		.event = "", .sender = "", .target = "", .instead = "",
	};
	if (s->s.ev)
		put_event(&b, s->s.ev);
	else
		put_fact(&b, s->s.fact);
	put(&f->event, &b);
}

void show_fill(struct check_failure *f, const struct checks *c, const struct seen *s)
{
	struct buf b = {0};

	show_brief(f, c, s);
	if (s->s.kind == WIRE_SIGNAL_GENERATE) {
		put_sender(&b, s);
		put(&f->sender, &b);
	} else if (s->s.fact && s->s.fact->kind == FACT_INTERRUPT &&
		   s->s.fact->u.interrupt.sender_tgid) {
		put_task(&b, s->e, s->s.fact->u.interrupt.sender_tgid,
			 s->s.fact->u.interrupt.sender_comm);
		put(&f->sender, &b);
	}
	put_target(&b, s);
	put(&f->target, &b);
}

/* ---- context ---- */

static void add_line(struct check_failure *f, struct buf *b)
{
	const char **more;

	if (b->len && f->ncontext < CONTEXT) {
		more = realloc((void *)f->context, CONTEXT * sizeof(*more));
		if (more) {
			f->context = more;
			more[f->ncontext++] = take(b);
		}
	}
	buf_free(b);
}

static void add_text(struct check_failure *f, const char *text)
{
	struct buf b = {0};

	buf_str(&b, text);
	add_line(f, &b);
}

static void line_start(struct buf *b, const struct engine *e, const struct task *t,
		       const struct check_failure *f)
{
	const struct task *p = world_parent(engine_world(e), t);

	buf_str(b, "it was started ");
	if (f->ts > t->born) {
		buf_duration(b, f->ts - t->born);
		buf_str(b, " before ");
	}
	buf_str(b, "by ");
	put_task(b, e, t->parent_tgid, p ? p->comm : NULL);
}

static const struct task_signal *last_signal(const struct task *t)
{
	const struct task_signal *last = NULL;

	for (size_t i = 0; i < t->nsignals; i++) {
		const struct task_signal *g = &t->signals[i];

		if (g->sig && g->sig != 17 && g->sig != 28 && (!last || g->ts > last->ts))
			last = g;
	}
	return last;
}

static void line_signal(struct buf *b, const struct task *t, const struct check_failure *f)
{
	const struct task_signal *g = last_signal(t);

	/* it is what failed: of what should have followed it tells why that did not come */
	if (g && g->seq == f->seq && !f->instead[0])
		return;
	if (!g) {
		buf_str(b, "no signal was sent to it");
		return;
	}
	buf_printf(b, "its last signal was %s", signal_name(g->sig));
	if (g->sender_tgid) {
		buf_str(b, " from ");
		put_comm(b, g->sender_comm, g->sender_tgid);
	}
	if (f->ts > g->ts) {
		buf_str(b, ", ");
		buf_duration(b, f->ts - g->ts);
		buf_str(b, " before");
	}
	if (g->result == 1 && g->disposition == WIRE_IGN)
		buf_str(b, ": it ignores that");
	else if (g->blocked)
		buf_str(b, ": it blocks that");
	else if (g->disposition == WIRE_HANDLER)
		buf_str(b, g->delivered_seq ? ": its handler took it" : ": it has a handler for that");
	else if (t->s.state & TASK_STOPPED_STATES)
		buf_str(b, ": it is stopped");
}

static void line_fate(struct buf *b, const struct task *t, const struct check_failure *f)
{
	/* in the moment of the event it is there, which tells nothing */
	if (t->alive && f->instead[0])
		buf_str(b, "it is still there");
	if (t->alive)
		return;
	if (exit_signal(t->exit_code))
		buf_printf(b, "it was killed by %s", signal_name(exit_signal(t->exit_code)));
	else
		buf_printf(b, "it ended with status %d", exit_status(t->exit_code));
	if (t->exit_ts > f->ts) {
		buf_str(b, " ");
		buf_duration(b, t->exit_ts - f->ts);
		buf_str(b, " after");
	}
}

void show_context(struct check_failure *f, const struct engine *e, const struct fact *fact)
{
	const struct task *t = f->tgid ? world_last(engine_world(e), f->tgid) : NULL;
	struct buf b = {0};

	if (f->ncontext)
		return;
	if (fact && fact->kind == FACT_ORPHAN) {
		add_text(f, fact->u.orphan.why);
		add_text(f, fact->u.orphan.advice);
	} else if (fact && fact->kind == FACT_INTERRUPT) {
		add_text(f, fact->u.interrupt.why);
	}
	if (!t)
		return;
	line_start(&b, e, t, f);
	add_line(f, &b);
	line_signal(&b, t, f);
	add_line(f, &b);
	line_fate(&b, t, f);
	add_line(f, &b);
}
