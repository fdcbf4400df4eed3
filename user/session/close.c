/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a session has ended, and when that has settled: the hang-up's signals, EOF and SIGPIPE take
 * a moment, and a process that is about to die is no orphan. Who is left then, the kernel is asked.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define SETTLE (90 * MS)	/* from the end, an orphan is told within 100 ms; measured: all but SIGPIPE within 10 ms (ssh-facts 6) */
#define SETTLE_MORE (50 * MS)	/* again, while a fatal signal is on its way .. */
#define SETTLE_MOST (1500 * MS) /* .. and no longer than this after the end */

void session_deadline(struct sessions *s, struct session *x, uint64_t ts)
{
	if (timer_set(&s->deadlines, &x->deadline, ts))
		s->failed = true;
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

void close_mark(struct sessions *s, struct session *x)
{
	if (x->state == SESSION_ASKED)
		DL_DELETE2(s->asked, x, asked_prev, asked_next);
	x->state = SESSION_DONE;
	s->closed++;
	timer_clear(&s->deadlines, &x->deadline);
	session_stale(s, x);
}

static void done(struct sessions *s, struct session *x)
{
	struct task *t;

	/* behind its end nothing would tell whose they are */
	interrupt_flush(s, x->number);
	close_mark(s, x);
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

/* How it ended no record tells, so nothing is told of it but that it is gone. */
static void ended_unseen(struct sessions *s, struct session *x, const struct task *t,
			 const struct event *ev)
{
	if (x->state == SESSION_DONE || (t != x->root && t != x->server && t != x->keeper))
		return;
	mark_once(&x->unseen, ev);
	if (t != x->root || !x->server || !x->server->alive)
		settle(s, x, ev->u.h.ts);
	else if (x->state == SESSION_OPEN)
		session_deadline(s, x, ev->u.h.ts + SERVER_LAG);
}

static void exited_of(struct sessions *s, struct session *x, struct task *t, const struct event *ev)
{
	uint64_t ts = ev->u.h.ts;

	if (t->unseen) {
		ended_unseen(s, x, t, ev);
		return;
	}
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

/* Of several roles in one session, such as server and keeper, the first tells. */
static bool is_first(const struct role *r)
{
	const struct role *k = r->session->roles;

	while (k->task != r->task)
		k++;
	return k == r;
}

static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	const struct role *r;
	struct session *x;

	if (!t || t->exit_seq != ev->seq)
		return;
	x = t->session ? session_find(s, t->session) : NULL;
	if (x)
		exited_of(s, x, t, ev);
	DL_FOREACH(t->roles, r) {
		if (r->session != x && is_first(r))
			exited_of(s, r->session, t, ev);
	}
}

/* No process of the server's ends with a connection where one serves many. */
static void ends_with_conn(struct sessions *s, struct session *x, const struct event *ev)
{
	if (x->keeper && x->state == SESSION_OPEN && x->conn && conn_changed(x->conn) &&
	    !x->deadline.place)
		session_deadline(s, x, ev->u.h.ts + SERVER_LAG);
}

static void on_conn(struct sessions *s, const struct event *ev, const struct wire_sock *sk)
{
	const struct conn *k = conns_find(&s->conns, sk);
	struct session *x;

	if (s->late) {
		s->late = false;
		DL_FOREACH(s->list, x) {
			ends_with_conn(s, x, ev);
		}
	} else if (k) {
		DL_FOREACH2(k->opened, x, conn_next) {
			ends_with_conn(s, x, ev);
		}
	}
}

/* The kernel's SIGHUP to the leader: the master of its pty was closed (tty_jobctrl.c). */
static void on_generate(struct sessions *s, const struct event *ev)
{
	const struct wire_generate *r = &ev->u.generate;
	const struct task *t;
	const struct role *role;

	if (r->sig != 1 || r->flags & WIRE_SIG_INFO || r->si_code != 0x80)
		return;
	t = world_task(s->world, r->target_tgid, r->target_start);
	if (!t)
		return;
	DL_FOREACH(t->roles, role) {
		struct session *x = role->session;

		if (x->state == SESSION_DONE || !x->pty || x->root != t || x->hangup.seq)
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
	struct session *x, *all = NULL;

	DL_FOREACH2(s->asked, x, asked_next) {
		if (is_answered(x))
			LL_PREPEND2(all, x, told_next);
	}
	LL_SORT2(all, session_by_number, told_next);
	LL_FOREACH2(all, x, told_next) {
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
		on_conn(s, ev, &ev->u.sock.sk);
		break;
	case WIRE_SOCK_RESET:
		on_conn(s, ev, &ev->u.reset.sk);
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
	if (x->hangup.seq)
		settle(s, x, x->hangup.ts);
	else if (x->unplugged.seq)
		settle(s, x, x->unplugged.ts);
	else if (x->keeper && x->conn && conn_changed(x->conn))
		settle(s, x, session_end(x));
	else if (x->root_exit.seq && (x->pty || !x->members))
		settle(s, x, x->root_exit.ts);
	else if (x->unseen.seq && x->root && !x->root->alive && (x->pty || !x->members))
		settle(s, x, x->unseen.ts);
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
	for (size_t i = 0; i < t->nsignals; i++) {
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
	DL_APPEND2(s->asked, x, asked_prev, asked_next);
	x->asked_seq = s->seq;
	session_deadline(s, x, s->now + ANSWER_WAIT);
	DL_FOREACH2(x->members, t, member_next) {
		session_asks(s, t->key.tgid);
	}
}

void close_due(struct sessions *s)
{
	struct session *x, *all = NULL;
	struct timer *first;

	while ((first = timers_first(&s->deadlines)) && s->now >= first->at) {
		x = (struct session *)((char *)first - offsetof(struct session, deadline));
		timer_clear(&s->deadlines, first);
		LL_PREPEND2(all, x, told_next);
	}
	LL_SORT2(all, session_by_number, told_next);
	LL_FOREACH2(all, x, told_next) {
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
