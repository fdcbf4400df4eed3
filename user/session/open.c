/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which exec is the root of an ssh session: the first exec of a process that a server's process
 * forked (ssh-facts 2). OpenSSH's leads a session of its own, PAM helpers of its monitor never do;
 * Dropbear and TinySSH call setsid() only for a terminal, and run no helpers. Of a server with one
 * process for many connections it is what has a terminal, or leads a session, or, where the user
 * named the server, any program: then the environment, told behind the exec, says on which one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define IDLE_AFTER (3000 * MS) /* from the log-in: a command would have come by then */

static void copy_user(struct sessions *s, struct session *x, uint32_t uid)
{
	const char *name = world_user(s->world, uid);

	x->uid = uid;
	if (name)
		snprintf(x->user, sizeof(x->user), "%s", name);
	else
		snprintf(x->user, sizeof(x->user), "%u", uid);
}

static void set_command(struct sessions *s, struct session *x, const char *p, size_t n)
{
	x->command = malloc(n + 1);
	if (!x->command) {
		s->failed = true;
		return;
	}
	memcpy(x->command, p, n);
	x->command[n] = '\0';
	x->command_len = n;
}

static bool ends_with(const char *p, size_t n, const char *word)
{
	size_t w = strlen(word);

	return n >= w && !memcmp(p + n - w, word, w);
}

/* sshd runs a shell as "-bash", a command as [shell, "-c", command]: session.c do_child(). */
static void set_request(struct sessions *s, struct session *x, const struct task *t)
{
	size_t n0, n1, n2;
	const char *a0 = args_get(t->args, t->args_len, 0, &n0);
	const char *a1 = args_get(t->args, t->args_len, 1, &n1);
	const char *a2 = args_get(t->args, t->args_len, 2, &n2);

	if (a0 && n0 && a0[0] == '-') {
		x->request = REQUEST_SHELL;
		set_command(s, x, a0, n0);
	} else if (a1 && n1 == 2 && !memcmp(a1, "-c", 2) && a2) {
		x->request = ends_with(a2, n2, "/sftp-server") ? REQUEST_SUBSYSTEM : REQUEST_EXEC;
		set_command(s, x, a2, n2);
	} else {
		/* of a session that was open before: the shell has exec'd the command in its place */
		x->request = ends_with(a0, n0, "/sftp-server") ? REQUEST_SUBSYSTEM : REQUEST_EXEC;
		set_command(s, x, t->args ? t->args : "", t->args_len ? t->args_len - 1 : 0);
		for (size_t i = 0; x->command && i < x->command_len; i++)
			if (!x->command[i])
				x->command[i] = ' ';
	}
	x->interactive = x->request == REQUEST_SHELL && t->s.tty;
}

static struct session *new_session(struct sessions *s, struct task *server, struct conn *conn,
				   const struct event *ev)
{
	struct session *x = calloc(1, sizeof(*x));

	if (!x) {
		s->failed = true;
		return NULL;
	}
	x->number = ++s->count;
	x->server = server;
	session_take(x, ROLE_SERVER, server);
	x->conn = conn;
	if (conn) {
		conn->refs++;
		conn->sessions++;
		many_used(conn);
		timer_clear(&s->conns.looks, &conn->look);
		DL_APPEND2(conn->opened, x, conn_prev, conn_next);
		s->late |= conn_changed(conn) != 0;
		x->sk = conn->sk;
	}
	x->opened = (struct mark){.ts = ev->u.h.ts, .seq = ev->seq};
	x->lost_records = s->lost;
	x->missing_before = sessions_missing(s);
	s->sweep |= HASH_COUNT(s->by_number) >= SESSIONS_MOST;
	DL_APPEND(s->list, x);
	HASH_ADD(hh, s->by_number, number, sizeof(x->number), x);
	if (!x->hh.tbl)
		s->failed = true;
	return x;
}

static void set_root(struct sessions *s, struct session *x, struct task *t)
{
	x->root = t;
	session_take(x, ROLE_ROOT, t);
	x->root_tgid = t->key.tgid;
	x->root_placed = task_placed(t);
	x->root_pgid = t->s.pgid;
	x->root_sid = t->s.sid;
	x->root_ignored = t->s.ignored;
	copy_user(s, x, t->s.uid);
}

static struct session *open_root(struct sessions *s, struct task *t, struct task *server,
				 struct conn *conn, const struct event *ev, bool preexisting)
{
	struct session *x = new_session(s, server, conn, ev);

	if (!x)
		return NULL;
	set_root(s, x, t);
	x->pty = t->s.tty;
	x->preexisting = preexisting;
	set_request(s, x, t);
	ends_opened(x);
	session_join(x, t);
	session_done(s, DONE_OPEN, x, NULL);
	return x;
}

static struct task *serving_parent(const struct sessions *s, const struct task *t)
{
	struct task *p = world_parent(s->world, t);

	return p && p->s.scope & WIRE_SERVER ? p : NULL;
}

static bool runs_no_helpers(const struct task *server)
{
	enum server kind = server_of(server->comm);

	return kind == SERVER_DROPBEAR || kind == SERVER_TINYSSH;
}

static bool is_root(const struct sessions *s, const struct task *t)
{
	const struct task *p = serving_parent(s, t);

	/* a listener's own child is a connection's process, never a root */
	return p && p->conn && t->alive && !t->session && !(t->s.scope & WIRE_SERVER) &&
	       (t->s.sid == t->key.tgid || runs_no_helpers(p));
}

/* Up from the root's parent: Teleport has a process of the session in between. */
static struct task *keeper_of(const struct sessions *s, const struct task *t)
{
	struct task *p = serving_parent(s, t);

	for (int i = 0; i < 3 && p && !p->conn; i++) {
		if (conn_is_keeper(p))
			return p;
		p = serving_parent(s, p);
	}
	return NULL;
}

static void open_kept(struct sessions *s, struct task *t, const struct event *ev, bool preexisting)
{
	struct task *keeper = keeper_of(s, t);
	enum confidence sure;
	struct session *x;
	struct conn *k;

	/* a server that was started inside a session serves sessions of its own */
	if (!keeper || !t->alive || t->s.scope & WIRE_SERVER ||
	    (t->session && t->session != keeper->session))
		return;
	k = many_conn(&s->conns, keeper, t, &sure);
	if (t->s.sid != t->key.tgid && !(keeper->s.scope & WIRE_NAMED))
		return;
	/* a helper of the server's, as far as is known */
	if (!t->s.tty && !t->ssh.family && (!k || k->sessions))
		return;
	if (t->session)
		session_leave(s, t);
	x = open_root(s, t, serving_parent(s, t), k, ev, preexisting);
	if (!x)
		return;
	x->keeper = keeper;
	session_take(x, ROLE_KEEPER, keeper);
	x->conn_sure = sure;
	if (!k)
		x->sk = t->ssh;
}

static void on_env(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);

	if (!t)
		return;
	many_parse_env(t, &ev->u.env);
	if (s->ready)
		open_kept(s, t, ev, false);
}

static void on_exec(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct session *x;

	if (!t)
		return;
	if (is_root(s, t)) {
		open_root(s, t, serving_parent(s, t), serving_parent(s, t)->conn, ev, false);
		return;
	}
	x = session_find(s, t->session);
	/* `exec vi` at the prompt: no shell is left to take a Ctrl-C and prompt again */
	if (x && x->root == t && x->request == REQUEST_SHELL) {
		x->replaced = !is_shell(t->comm);
		x->interactive = x->pty && !x->replaced;
	}
}

/* By descent; who was adopted before we started, by its session's leader. */
static void adopt(struct sessions *s, struct task *t)
{
	struct task *p = t;

	for (int i = 0; i < 64 && p && !p->session; i++)
		p = world_parent(s->world, p);
	if (!p)
		p = world_last(s->world, t->s.sid);
	if (p && p->session && !t->session) {
		struct session *x = session_find(s, p->session);

		if (x)
			session_join(x, t);
	}
}

/*
 * internal-sftp: forked, setsid(), and no exec (OpenSSH session.c do_child()): a server's process
 * that leads a session of its own and is not the connection's first.
 */
static struct task *internal_root(const struct conn *k)
{
	struct task *t;

	DL_FOREACH2(k->tasks, t, conn_next) {
		if (t->alive && t != k->first && t->s.sid == t->key.tgid && !t->session)
			return t;
	}
	return NULL;
}

/* A command's process that ended before its exec, of a Ctrl-C typed ahead or of a failed exec: it is
 * no internal-sftp, which has no terminal and ends by itself. */
static bool died_early(const struct event *ev)
{
	int status = exit_status(ev->u.exit.exit_code);

	return ev->u.exit.tty || (status != 0 && status != 255);
}

static void open_internal(struct sessions *s, struct conn *k, struct task *t,
			  enum request request, const struct event *ev)
{
	struct task *server = world_parent(s->world, t);
	struct session *x = server ? new_session(s, server, k, ev) : NULL;

	if (!x)
		return;
	set_root(s, x, t);
	x->opened.ts = t->born;
	x->request = request;
	x->preexisting = k->preexisting;
	if (request == REQUEST_SUBSYSTEM)
		set_command(s, x, "internal-sftp", strlen("internal-sftp"));
	else
		x->pty = ev->u.exit.tty;
	if (t->alive)
		session_join(x, t);
	else
		x->processes = 1;
	session_done(s, DONE_OPEN, x, NULL);
}

static void open_idle(struct sessions *s, struct conn *k, struct task *server, uint32_t uid,
		      const struct event *ev)
{
	struct session *x = new_session(s, server, k, ev);

	if (!x)
		return;
	if (k->authenticated.seq)
		x->opened.ts = k->authenticated.ts;
	x->request = REQUEST_NONE;
	x->preexisting = k->preexisting;
	copy_user(s, x, uid);
	session_done(s, DONE_OPEN, x, NULL);
}

static bool only_first_lives(const struct conn *k)
{
	const struct task *t = conn_server(k);

	return !t || t == k->first;
}

/* The last chance to tell of a log-in that came and went before anybody looked. */
static void on_exited(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct conn *k = t && t->exit_seq == ev->seq ? t->conn : NULL;

	if (!k || t->unseen || k->sessions || !k->authenticated.seq || k->authenticated.seq == ev->seq)
		return;
	if (t != k->first && t->s.sid == t->key.tgid)
		open_internal(s, k, t, died_early(ev) ? REQUEST_NONE : REQUEST_SUBSYSTEM, ev);
	else if (only_first_lives(k))
		open_idle(s, k, t, t->s.uid, ev);
}

/* A connection that was there before: its user child, not root, tells that somebody logged in. */
static bool logged_in(struct sessions *s, const struct task *t)
{
	const char *name = t ? world_user(s->world, t->s.uid) : NULL;

	return t && t->s.uid && name && strcmp(name, "sshd");
}

bool open_is_root(const struct sessions *s, const struct task *t)
{
	return t->alive && t->known && !t->exec_seq && is_root(s, t);
}

void open_unseen(struct sessions *s, const struct event *ev)
{
	struct session *x;
	struct task *t;

	for (t = s->world->tasks; t; t = t->hh.next) {
		if (!open_is_root(s, t))
			continue;
		x = open_root(s, t, serving_parent(s, t), serving_parent(s, t)->conn, ev, false);
		if (x)
			x->conn_sure = CONF_INFERRED; /* its beginning was not seen */
	}
	for (t = s->world->tasks; t; t = t->hh.next)
		if (t->alive && !t->forked && !t->session && !t->conn)
			adopt(s, t);
}

static void on_ready(struct sessions *s, const struct event *ev)
{
	struct task *t;
	struct conn *k;

	s->ready = true;
	DL_FOREACH(s->conns.list, k) {
		k->preexisting = true;
	}
	for (t = s->world->tasks; t; t = t->hh.next)
		if (t->alive && t->known && is_root(s, t))
			open_root(s, t, serving_parent(s, t), serving_parent(s, t)->conn, ev, true);
		else if (t->alive && t->known)
			open_kept(s, t, ev, true);
	for (t = s->world->tasks; t; t = t->hh.next)
		if (t->alive && !t->conn)
			adopt(s, t);
	DL_FOREACH(s->conns.list, k) {
		struct task *server = conn_server(k);

		if (!k->sessions && logged_in(s, server))
			open_idle(s, k, server, server->s.uid, ev);
	}
}

/* It may be the answer to somebody else's question, from before ours. */
static bool is_answered(const struct conn *k)
{
	const struct task *t;

	DL_FOREACH2(k->tasks, t, conn_next) {
		if (t->alive && t->seq < k->asked_seq && t->snapshot_seq < k->asked_seq)
			return false;
	}
	return true;
}

static int by_nth(const struct conn *a, const struct conn *b)
{
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

/* In the order in which the connections came. */
static struct conn *take_answered(struct conns *c)
{
	struct conn *k, *next, *all = NULL;

	DL_FOREACH_SAFE2(c->asked, k, next, asked_next) {
		if (!is_answered(k))
			continue;
		conns_answered(c, k);
		LL_PREPEND2(all, k, told_next);
	}
	LL_SORT2(all, by_nth, told_next);
	return all;
}

static void answered(struct sessions *s, const struct event *ev)
{
	struct conn *k;

	LL_FOREACH2(take_answered(&s->conns), k, told_next) {
		struct task *t;

		if (k->sessions || conn_changed(k))
			continue;
		t = internal_root(k);
		if (t) {
			open_internal(s, k, t, REQUEST_SUBSYSTEM, ev);
		} else if (s->now >= k->authenticated.ts + IDLE_AFTER) {
			t = conn_server(k);
			if (t)
				open_idle(s, k, t, t->s.uid, ev);
		} else if (timer_set(&s->conns.looks, &k->look, k->authenticated.ts + IDLE_AFTER)) {
			s->failed = true;
		}
	}
}

void open_apply(struct sessions *s, const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_TASK_EXEC:
		on_exec(s, ev);
		break;
	case WIRE_TASK_ENV:
		on_env(s, ev);
		break;
	case WIRE_TASK_EXIT:
		on_exited(s, ev);
		break;
	case WIRE_TRACE_READY:
		if (ev->u.ready.asked)
			answered(s, ev);
		else
			on_ready(s, ev);
		break;
	}
	session_due(s, timers_deadline(&s->conns.looks));
	s->failed |= s->conns.failed;
}

/* Logged in and still no command: internal-sftp, or port forwarding only. Which, and for whom, no
 * record tells, so the kernel is asked. */
void open_due(struct sessions *s)
{
	struct timer *first;

	while ((first = timers_first(&s->conns.looks)) && s->now >= first->at) {
		struct conn *k = (struct conn *)((char *)first - offsetof(struct conn, look));
		struct task *t;

		timer_clear(&s->conns.looks, first);
		if (k->sessions || conn_changed(k))
			continue;
		DL_FOREACH2(k->tasks, t, conn_next) {
			if (!t->alive)
				continue;
			conns_ask(&s->conns, k, s->seq);
			session_asks(s, t->key.tgid);
		}
	}
}
