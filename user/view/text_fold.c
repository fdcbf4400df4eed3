/* SPDX-License-Identifier: GPL-2.0-only */
/* What the text view leaves out unless -v, -e, -s or -x asks for it. */
#include <signal.h>

#include "event/names.h"
#include "view/text.h"
#include "view/who.h"

#define SIGNAL_IGNORED 1 /* TRACE_SIGNAL_IGNORED, include/trace/events/signal.h */

/* -s SIGCHLD asks for SIGCHLD; -s '!SIGINT' leaves most signals in, which asks for none. */
static bool asked_for_signal(const struct view_filter *f, uint32_t sig)
{
	return sig && f->signals >> (sig - 1) & 1 && __builtin_popcountll(f->signals) <= 32;
}

static bool is_server(const struct task *t)
{
	return t && t->s.scope & WIRE_SERVER;
}

static bool is_startup(const struct task *t)
{
	return t && t->startup;
}

static bool note_told(struct text *t, const struct engine *e, const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;

	if (!engine_told(e, ev))
		return false;
	t->told[g->target_tgid % TEXT_RING] = (struct text_told){
		.start = g->target_start,
		.tgid = g->target_tgid,
		.sig = g->sig,
	};
	return true;
}

static bool was_told(const struct text *t, const struct event *ev, uint32_t sig)
{
	const struct text_told *told = &t->told[ev->u.h.tgid % TEXT_RING];

	return told->tgid == ev->u.h.tgid && told->start == ev->u.h.start && told->sig == sig;
}

/* The first exec of a session's root comes in front of session.open, whose line tells it. */
static bool is_first_exec(struct text *t, const struct engine *e, const struct event *ev,
			  uint32_t session)
{
	struct session_view s = { 0 };

	if (!session || t->rooted[session % TEXT_RING] == session)
		return false;
	if (!engine_session(e, session, &s) || ev->u.h.tgid != s.root_tgid)
		return false;
	t->rooted[session % TEXT_RING] = session;
	return true;
}

/* What a shell runs for itself (session/noise.c) is folded. */
static bool shows_exec(const struct engine *e, const struct event *ev)
{
	const struct task *t = who_task(e, ev);

	return !(ev->u.exec.task.scope & WIRE_SERVER) && !is_startup(t);
}

static bool shows_exit(const struct text *t, const struct engine *e, const struct event *ev,
		       uint32_t session)
{
	uint32_t code = ev->u.exit.exit_code;
	uint32_t sig = exit_signal(code);

	if (is_server(who_task(e, ev)) || is_startup(who_task(e, ev)))
		return false;
	if (!sig)
		return !session && exit_status(code) != 0;
	return !was_told(t, ev, sig) && !engine_told(e, ev);
}

/* A shell that ends itself by the signal that its child died of, an abort(3): the exit tells. */
static bool sent_to_itself(const struct wire_generate *g)
{
	return g->h.tgid == g->target_tgid && g->h.start == g->target_start;
}

static bool shows_generate(const struct text *t, const struct engine *e, const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;
	enum sig_origin origin = sig_origin(g);

	if (asked_for_signal(&t->v.opt.filter, g->sig))
		return true;
	switch (g->sig) {
	case SIGCHLD:
	case SIGWINCH:
	case SIGURG:
	case 32: /* glibc's own: SIGCANCEL, SIGSETXID */
	case 33:
		return false;
	case SIGCONT:
		if (g->result == SIGNAL_IGNORED)
			return false;
	}
	/* A leader that exits hangs itself up; who ignores a hang-up is told when it is left. */
	if (origin == SIG_ORIGIN_HANGUP)
		return g->result != SIGNAL_IGNORED;
	if (origin != SIG_ORIGIN_USER)
		return true;
	return !sent_to_itself(g) &&
	       !is_server(engine_world(e) ? world_event_task(engine_world(e), ev) : NULL);
}

/* Servers, and who deals with a session from outside. */
static bool is_of_strangers(const struct engine *e, const struct event *ev, uint32_t session)
{
	const struct task *t = world_event_task(engine_world(e), ev);

	return engine_begin(e)->scope == WIRE_SCOPE_SSHD && !session && !(t && t->of_command);
}

/* An ssh client that is traced only since it has a session's other end: facts tell of it. */
static bool is_of_client(const struct engine *e, const struct event *ev)
{
	const struct world *w = engine_world(e);
	const struct task *t;

	if (ev->u.h.kind == WIRE_SIGNAL_GENERATE)
		t = world_task(w, ev->u.generate.target_tgid, ev->u.generate.target_start);
	else
		t = world_event_task(w, ev);
	return t && t->client && !t->session && engine_begin(e)->scope != WIRE_SCOPE_ALL;
}

bool text_shows(struct text *t, const struct engine *e, const struct event *ev,
		uint32_t session)
{
	const struct view_options *opt = &t->v.opt;
	unsigned kind = ev->u.h.kind;
	bool first = kind == WIRE_TASK_EXEC && is_first_exec(t, e, ev, session);
	bool told = kind == WIRE_SIGNAL_GENERATE && note_told(t, e, ev);

	if (kind == WIRE_TRACE_LOST)
		return true;
	if (kind == WIRE_TRACE_TICK)
		return false;
	if (opt->verbose || opt->filter.kinds >> kind & 1)
		return true;
	if (opt->filter.failed && (kind == WIRE_SOCK_RESET || kind == WIRE_SOCK_STATE))
		return true;
	if (first || told || is_of_strangers(e, ev, session) || is_of_client(e, ev))
		return false;
	switch (kind) {
	case WIRE_TASK_EXEC:
		return shows_exec(e, ev);
	case WIRE_TASK_EXIT:
		return shows_exit(t, e, ev, session);
	case WIRE_SIGNAL_GENERATE:
		return shows_generate(t, e, ev);
	default:
		return false;
	}
}
