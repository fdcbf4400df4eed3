/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a session has ended, and when that has settled: the hang-up's signals, EOF and SIGPIPE take
 * a moment, and a process that is about to die is no orphan. Who is left then, the kernel is asked.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define SETTLE (100 * MS)	/* from the end; measured: all but SIGPIPE within 10 ms (ssh-facts 6) */
#define SETTLE_MORE (50 * MS)	/* again, while a fatal signal is on its way .. */
#define SETTLE_MOST (1500 * MS) /* .. and no longer than this after the end */

void session_deadline(struct sessions *s, struct session *x, uint64_t ts)
{
	x->deadline = ts;
	session_due(s, ts);
}

static void settle(struct sessions *s, struct session *x, uint64_t ts)
{
	if (x->state != SESSION_OPEN)
		return;
	x->state = SESSION_SETTLING;
	x->ended = ts;
	session_deadline(s, x, ts + SETTLE);
}

static void done(struct sessions *s, struct session *x)
{
	struct task *t;

	/* behind its end nothing would tell whose they are */
	interrupt_flush(s, x->number);
	x->state = SESSION_DONE;
	x->deadline = UINT64_MAX;
	DL_FOREACH2(x->members, t, member_next) {
		t->left = true;
	}
	session_done(s, DONE_CLOSE, x, NULL);
}

static void add_gone(struct sessions *s, struct session *x, const struct task *t)
{
	struct member *m = realloc(x->gone, (x->ngone + 1) * sizeof(*m));

	if (!m) {
		s->failed = true;
		return;
	}
	x->gone = m;
	m += x->ngone++;
	memset(m, 0, sizeof(*m));
	m->key = t->key;
	memcpy(m->comm, t->comm, WIRE_COMM);
	m->outcome = OUTCOME_EXITED;
	m->exit_code = t->exit_code;
	m->ts = session_end(x);
	m->end_ts = t->exit_ts;
	m->end_seq = t->exit_seq;
}

/* EOF may end a process before the server's own process goes. */
static bool is_ending(const struct session *x)
{
	return x->state != SESSION_OPEN || x->unplugged.seq || (x->conn && conn_changed(x->conn));
}

static void exited_of(struct sessions *s, struct session *x, struct task *t, const struct event *ev)
{
	uint64_t ts = ev->u.h.ts;

	if (x->state == SESSION_DONE) {
		if (x->number == t->session && t->left)
			session_fate(s, x, t);
		return;
	}
	if (x->number == t->session && is_ending(x))
		add_gone(s, x, t);
	if (x->root == t) {
		mark_once(&x->root_exit, ev);
		if (x->state == SESSION_OPEN)
			session_deadline(s, x, ts + SERVER_LAG);
	} else if (x->server == t) {
		mark_once(&x->server_exit, ev);
		settle(s, x, ts);
	} else if (x->keeper == t) {
		mark_once(&x->keeper_exit, ev);
		settle(s, x, ts);
	} else if (x->number == t->session && x->state == SESSION_OPEN && x->root_exit.seq) {
		session_deadline(s, x, ts + SERVER_LAG);
	}
}

static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct session *x;

	if (!t || t->exit_seq != ev->seq)
		return;
	/* most processes are a member of one session, and no session's root or server */
	if (!t->held) {
		x = t->session ? session_find(s, t->session) : NULL;
		if (x)
			exited_of(s, x, t, ev);
		return;
	}
	DL_FOREACH(s->list, x) {
		exited_of(s, x, t, ev);
	}
}

/* No process of the server's ends with a connection where one serves many. */
static void on_conn(struct sessions *s, const struct event *ev)
{
	struct session *x;

	DL_FOREACH(s->list, x) {
		if (x->keeper && x->state == SESSION_OPEN && x->conn && conn_changed(x->conn) &&
		    x->deadline == UINT64_MAX)
			session_deadline(s, x, ev->u.h.ts + SERVER_LAG);
	}
}

/* The kernel's SIGHUP to the leader: the master of its pty was closed (tty_jobctrl.c). */
static void on_generate(struct sessions *s, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	struct session *x;

	if (r->sig != 1 || r->flags & WIRE_SIG_INFO || r->si_code != 0x80)
		return;
	DL_FOREACH(s->list, x) {
		if (x->state == SESSION_DONE || !x->pty || !x->root || x->hangup.seq ||
		    x->root->key.tgid != r->target_tgid || x->root->key.start != r->target_start)
			continue;
		/* a dying leader's own hang-up of its group comes after its exit */
		if (x->root_exit.seq)
			continue;
		mark_once(&x->hangup, ev);
		x->hangup_alive = x->server && x->server->alive;
		if (x->state == SESSION_OPEN)
			session_deadline(s, x, ev->u.h.ts + SERVER_LAG);
	}
}

/* An answer may be that to an earlier question: each process that was asked for must be in it. */
static bool is_answered(const struct session *x)
{
	const struct task *t;

	DL_FOREACH2(x->members, t, member_next) {
		if (t->seq < x->asked_seq && t->snapshot_seq < x->asked_seq)
			return false;
	}
	return true;
}

static void answered(struct sessions *s)
{
	struct session *x;

	DL_FOREACH(s->list, x) {
		if (x->state == SESSION_ASKED && is_answered(x))
			done(s, x);
	}
}

void close_apply(struct sessions *s, const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_TASK_EXIT:
		on_exited(s, ev);
		break;
	case WIRE_SIGNAL_GENERATE:
		on_generate(s, ev);
		break;
	case WIRE_SOCK_STATE:
	case WIRE_SOCK_RESET:
		on_conn(s, ev);
		break;
	case WIRE_TRACE_READY:
		if (ev->u.ready.asked)
			answered(s);
		break;
	}
}

/* The command is gone, or its terminal, and the server's process lives: a channel of several, or
 * one that a background process without a terminal holds open. */
static void due_open(struct sessions *s, struct session *x)
{
	x->deadline = UINT64_MAX;
	if (x->hangup.seq)
		settle(s, x, x->hangup.ts);
	else if (x->unplugged.seq)
		settle(s, x, x->unplugged.ts);
	else if (x->keeper && x->conn && conn_changed(x->conn))
		settle(s, x, session_end(x));
	else if (x->root_exit.seq && (x->pty || !x->members))
		settle(s, x, x->root_exit.ts);
}

/* Signals whose default is to end the process: signal(7). */
static bool is_fatal(uint32_t sig)
{
	switch (sig) {
	case 17: /* SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH */
	case 18:
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
	case 28:
		return false;
	}
	return sig >= 1 && sig <= 64;
}

static bool is_dying(const struct session *x, const struct task *t)
{
	for (size_t i = 0; i < TASK_SIGNALS; i++) {
		const struct task_signal *g = &t->signals[i];

		if (!g->sig || g->result || g->blocked || !is_fatal(g->sig))
			continue;
		if (g->disposition == WIRE_DFL)
			return true;
		/* a shell passes the hang-up on to its jobs before it goes */
		if (g->sig == 1 && g->disposition == WIRE_HANDLER && t == x->root &&
		    g->ts >= session_end(x))
			return true;
	}
	return false;
}

static bool is_quiet(const struct session *x)
{
	const struct task *t;

	DL_FOREACH2(x->members, t, member_next) {
		if (is_dying(x, t))
			return false;
	}
	return true;
}

static void due_settling(struct sessions *s, struct session *x)
{
	const struct task *t;

	if (!is_quiet(x) && s->now < x->ended + SETTLE_MOST) {
		session_deadline(s, x, s->now + SETTLE_MORE);
		return;
	}
	if (!x->members) {
		done(s, x);
		return;
	}
	x->state = SESSION_ASKED;
	x->asked_seq = s->seq;
	session_deadline(s, x, s->now + ANSWER_WAIT);
	DL_FOREACH2(x->members, t, member_next) {
		session_asks(s, t->key.tgid);
	}
}

void close_due(struct sessions *s)
{
	struct session *x;

	DL_FOREACH(s->list, x) {
		if (s->now < x->deadline)
			continue;
		switch (x->state) {
		case SESSION_OPEN:
			due_open(s, x);
			break;
		case SESSION_SETTLING:
			due_settling(s, x);
			break;
		case SESSION_ASKED:
			done(s, x);
			break;
		case SESSION_DONE:
			break;
		}
	}
}
