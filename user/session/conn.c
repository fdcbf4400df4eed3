/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/conn.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAST_MOST 16 /* a connection may have any number of channels, one behind the other */
#define LOOK_AFTER UINT64_C(1000000000) /* ns that a child of a server may take to exec its command */

const char *const server_comms[] = {"sshd",	"sshd-session", "sshd-auth",
				    "dropbear", "tinysshd",	NULL};

static const enum server server_kinds[] = {SERVER_OPENSSH, SERVER_OPENSSH, SERVER_OPENSSH,
					   SERVER_DROPBEAR, SERVER_TINYSSH};

enum server server_of(const char *comm)
{
	for (size_t i = 0; server_comms[i]; i++)
		if (!strcmp(comm, server_comms[i]))
			return server_kinds[i];
	return SERVER_OTHER;
}

static bool same_sock(const struct wire_sock *a, const struct wire_sock *b)
{
	return a->rport == b->rport && a->lport == b->lport && a->family == b->family &&
	       a->netns == b->netns && !memcmp(a->raddr, b->raddr, sizeof(a->raddr)) &&
	       !memcmp(a->laddr, b->laddr, sizeof(a->laddr));
}

struct conn *conns_find(const struct conns *c, const struct wire_sock *sk)
{
	struct conn *k;

	HASH_FIND(by_sock, c->by_sock, sk, sizeof(*sk), k);
	return k;
}

static void index_add(struct conns *c, struct conn *k)
{
	HASH_ADD(by_sock, c->by_sock, sk, sizeof(k->sk), k);
	if (!k->by_sock.tbl)
		c->failed = true;
}

static void index_delete(struct conns *c, struct conn *k)
{
	struct conn *newest = conns_find(c, &k->sk);

	if (newest != k) {
		while (newest && newest->older != k)
			newest = newest->older;
		if (newest)
			newest->older = k->older;
		return;
	}
	HASH_DELETE(by_sock, c->by_sock, k);
	if (k->older)
		index_add(c, k->older);
}

void conns_stale(struct conns *c, struct conn *k)
{
	if (k->stale)
		return;
	k->stale = true;
	LL_PREPEND2(c->stale, k, stale_next);
}

void conns_ask(struct conns *c, struct conn *k, uint64_t seq)
{
	if (!k->asked_seq)
		DL_APPEND2(c->asked, k, asked_prev, asked_next);
	k->asked_seq = seq;
}

void conns_answered(struct conns *c, struct conn *k)
{
	if (k->asked_seq)
		DL_DELETE2(c->asked, k, asked_prev, asked_next);
	k->asked_seq = 0;
}

static void join(struct conn *k, struct client *l)
{
	k->client = l;
	l->conn = k;
}

static struct conn *add(struct conns *c, const struct wire_sock *sk, const struct event *ev)
{
	struct conn *k = calloc(1, sizeof(*k));
	struct client *l;

	if (!k) {
		c->failed = true;
		return NULL;
	}
	k->sk = *sk;
	k->nth = ++c->count;
	mark_once(&k->seen, ev);
	DL_APPEND(c->list, k);
	k->older = conns_find(c, sk);
	if (k->older)
		HASH_DELETE(by_sock, c->by_sock, k->older);
	index_add(c, k);
	DL_FOREACH(c->clients, l) {
		if (!l->conn && l->t->alive && same_sock(&l->sk, sk))
			join(k, l);
	}
	return k;
}

static struct wire_sock other_end(const struct wire_sock *sk)
{
	struct wire_sock o = *sk;

	memcpy(o.laddr, sk->raddr, sizeof(o.laddr));
	memcpy(o.raddr, sk->laddr, sizeof(o.raddr));
	o.lport = sk->rport;
	o.rport = sk->lport;
	return o;
}

static void on_client(struct conns *c, struct world *w, const struct event *ev)
{
	const struct wire_sock sk = other_end(&ev->u.client.sk);
	struct task *t = world_event_task(w, ev);
	struct conn *k = conns_find(c, &sk);
	struct client *l;

	if (!t || !t->alive || (k && k->client && !k->closed.seq))
		return;
	l = calloc(1, sizeof(*l));
	if (!l) {
		c->failed = true;
		return;
	}
	l->sk = sk;
	l->t = t;
	t->held++;
	c->stale_clients |= t->client != NULL;
	t->client = l;
	mark_once(&l->seen, ev);
	DL_APPEND(c->clients, l);
	if (k && !k->closed.seq)
		join(k, l);
}

struct client *conns_client_of(const struct conns *c, uint32_t pgid)
{
	struct client *l;

	DL_FOREACH(c->clients, l) {
		if (l->t->alive && l->conn && l->t->s.pgid == pgid)
			return l;
	}
	return NULL;
}

static int by_nth(const struct task *a, const struct task *b)
{
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

static void serve(struct conn *k, struct task *t)
{
	struct task *before = k->tasks ? k->tasks->conn_prev : NULL;

	t->conn = k;
	if (!before || by_nth(before, t) < 0)
		DL_APPEND2(k->tasks, t, conn_prev, conn_next);
	else
		DL_INSERT_INORDER2(k->tasks, t, by_nth, conn_prev, conn_next);
	t->held++;
	k->refs++;
	if (!k->first)
		k->first = t;
}

/*
 * A listener has what it accepts open too, for the moment of the fork: it serves nobody. Its child
 * has the listening socket for that moment, a connection's process may have some for its client
 * (ssh -R): both descend from a server. Not by the parent alone: a listener that was restarted
 * leaves connections to pid 1, and a super-server (sshd -i, tinysshd) is no ssh server.
 */
static bool listens(const struct world *w, const struct task *t)
{
	const struct task *parent = world_parent(w, t);

	return !t->conn && !(parent && parent->s.scope & WIRE_SERVER);
}

static void serves_no_longer(struct world *w, struct task **list, struct task *t)
{
	DL_DELETE2(*list, t, conn_prev, conn_next);
	t->conn = NULL;
	t->conn_next = t->conn_prev = NULL;
	world_release(w, t);
}

/* It has ended. What it leaves may look for it a moment longer: a helper, a root before its exec. */
static void has_served(struct world *w, struct conn *k, struct task *t)
{
	if (t == k->first)
		return;
	DL_DELETE2(k->tasks, t, conn_prev, conn_next);
	DL_APPEND2(k->past, t, conn_prev, conn_next);
	if (k->npast < PAST_MOST)
		k->npast++;
	else
		serves_no_longer(w, &k->past, k->past);
}

static void on_kept(struct conns *c, struct task *keeper, const struct event *ev)
{
	struct conn *k = conns_find(c, &ev->u.owner.sk);

	if (!k || k->closed.seq)
		k = add(c, &ev->u.owner.sk, ev);
	if (!k)
		return;
	many_keep(c, k, keeper);
	many_told(k, ev->seq);
}

static void on_owner(struct conns *c, struct world *w, const struct event *ev)
{
	const struct wire_sock_owner *r = &ev->u.owner;
	struct task *t = world_event_task(w, ev);
	struct conn *k;

	if (t && r->state == WIRE_TCP_LISTEN && t->s.scope & WIRE_SERVER && listens(w, t)) {
		t->listener = true;
		many_listens(c, t, &r->sk);
	}
	if (t && t->alive && r->sk.rport && many_keeper(c, &r->sk) == t) {
		on_kept(c, t, ev);
		return;
	}
	/* the first one it has is its own: what comes later are tunnels (ssh -L) */
	if (!t || !t->alive || r->state == WIRE_TCP_LISTEN || !r->sk.rport || t->listener || t->conn)
		return;
	k = conns_find(c, &r->sk);
	if (!k || (k->closed.seq && k->closed.ts < t->born))
		k = add(c, &r->sk, ev);
	if (k)
		serve(k, t);
}

static void look(struct conns *c, struct conn *k, uint64_t ts)
{
	if (timer_set(&c->looks, &k->look, ts + LOOK_AFTER))
		c->failed = true;
}

static void on_fork(struct conns *c, struct world *w, const struct event *ev)
{
	struct task *parent = world_event_task(w, ev);
	struct task *t = world_task(w, ev->u.fork.child_tgid, ev->u.fork.child_start);
	struct conn *k;

	if (!parent || !t || t == parent || !t->alive || !(t->s.scope & WIRE_SERVER) ||
	    !parent->conn)
		return;
	k = parent->conn;
	if (!t->conn)
		serve(k, t);
	if (k->authenticated.seq && !k->sessions)
		look(c, k, ev->u.h.ts);
}

/* What runs another program now, a session's root or a helper, serves no longer. */
static void on_exec(struct conns *c, struct world *w, const struct event *ev)
{
	struct task *t = world_event_task(w, ev);
	struct conn *k;

	if (!t || !t->alive || !t->conn)
		return;
	/* of a server that is not known, what it really kept open is told behind its exec */
	if (t->s.scope & WIRE_SERVER && server_of(t->comm) != SERVER_OTHER)
		return;
	k = t->conn;
	if (k->first == t)
		k->first = NULL;
	if (!--k->refs)
		conns_stale(c, k);
	serves_no_longer(w, &k->tasks, t);
}

/* OpenSSH's pre-auth child exits 0 when the log-in succeeded and 255 when not (ssh-facts 1.1). */
static void on_exited(struct conns *c, struct world *w, const struct event *ev)
{
	struct task *t = world_event_task(w, ev);
	struct conn *k = t && t->exit_seq == ev->seq ? t->conn : NULL;

	if (!t)
		return;
	c->stale_clients |= t->client != NULL;
	if (!k)
		return;
	if (!--k->refs)
		conns_stale(c, k);
	if (t != k->first && !t->unseen && !k->authenticated.seq && !k->sessions &&
	    ev->u.exit.exit_code == 0 && server_of(t->comm) == SERVER_OPENSSH) {
		mark_once(&k->authenticated, ev);
		look(c, k, ev->u.h.ts);
	}
	has_served(w, k, t);
}

static void on_accepted(struct conns *c, struct conn *k, const struct event *ev)
{
	struct task *keeper = many_keeper(c, &ev->u.sock.sk);

	if (!keeper || (k && !k->closed.seq))
		return;
	k = add(c, &ev->u.sock.sk, ev);
	if (k)
		many_keep(c, k, keeper);
}

static void on_state(struct conns *c, const struct event *ev)
{
	const struct wire_sock_state *r = &ev->u.sock;
	struct conn *k = conns_find(c, &r->sk);

	if (r->old_state == WIRE_TCP_SYN_RECV && r->new_state == WIRE_TCP_ESTABLISHED)
		on_accepted(c, k, ev);
	if (!k || k->closed.seq)
		return;
	if (r->old_state == WIRE_TCP_ESTABLISHED && r->new_state == WIRE_TCP_CLOSE_WAIT) {
		mark_once(&k->peer_fin, ev);
		k->peer_fin_age = r->rcv_age;
	} else if (r->old_state == WIRE_TCP_ESTABLISHED && r->new_state == WIRE_TCP_FIN_WAIT1) {
		mark_once(&k->own_fin, ev);
		k->own_fin_age = r->rcv_age;
	} else if (r->new_state == WIRE_TCP_CLOSE) {
		mark_once(&k->closed, ev);
		k->sk_err = r->sk_err;
		many_used(k);
		if (k->keeper)
			conns_stale(c, k);
	}
}

static void on_reset(struct conns *c, const struct event *ev)
{
	struct conn *k = conns_find(c, &ev->u.reset.sk);

	if (k && !k->closed.seq && ev->u.reset.direction == WIRE_RESET_RECEIVED)
		mark_once(&k->reset, ev);
}

struct task *conn_server(const struct conn *k)
{
	struct task *t = k->tasks ? k->tasks->conn_prev : NULL;

	while (t && !t->alive)
		t = t == k->tasks ? NULL : t->conn_prev;
	return t;
}

uint64_t conn_changed(const struct conn *k)
{
	const struct mark *marks[] = {&k->peer_fin, &k->own_fin, &k->reset, &k->closed};
	uint64_t first = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (marks[i]->seq && (!first || marks[i]->ts < first))
			first = marks[i]->ts;
	return first;
}

static void forget_client(struct conns *c, struct world *w, struct client *l)
{
	DL_DELETE(c->clients, l);
	if (l->t->client == l)
		l->t->client = NULL;
	world_release(w, l->t);
	free(l);
}

static void sweep_clients(struct conns *c, struct world *w)
{
	struct client *l, *next;

	DL_FOREACH_SAFE(c->clients, l, next) {
		if (!l->conn && (!l->t->alive || l->t->client != l))
			forget_client(c, w, l);
	}
}

static void forget(struct conns *c, struct world *w, struct conn *k)
{
	struct task *t, *next;

	DL_FOREACH_SAFE2(k->tasks, t, next, conn_next) {
		serves_no_longer(w, &k->tasks, t);
	}
	DL_FOREACH_SAFE2(k->past, t, next, conn_next) {
		serves_no_longer(w, &k->past, t);
	}
	if (k->client) {
		k->client->conn = NULL;
		c->stale_clients = true;
	}
	conns_answered(c, k);
	timer_clear(&c->looks, &k->look);
	index_delete(c, k);
	DL_DELETE(c->list, k);
	free(k);
}

void conns_sweep(struct conns *c, struct world *w)
{
	struct conn *k, *next, *stale;

	many_sweep(c, w);
	stale = c->stale;
	c->stale = NULL;
	LL_FOREACH_SAFE2(stale, k, next, stale_next) {
		k->stale = false;
		if (!k->refs)
			forget(c, w, k);
	}
	if (c->stale_clients)
		sweep_clients(c, w);
	c->stale_clients = false;
}

void conns_free(struct conns *c)
{
	struct client *l, *lnext;
	struct conn *k, *next;

	DL_FOREACH_SAFE(c->clients, l, lnext) {
		DL_DELETE(c->clients, l);
		free(l);
	}

	many_free(c);
	HASH_CLEAR(by_sock, c->by_sock);
	timers_free(&c->looks);
	DL_FOREACH_SAFE(c->list, k, next) {
		DL_DELETE(c->list, k);
		free(k);
	}
}

void conns_apply(struct conns *c, struct world *w, const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SOCK_OWNER:
		on_owner(c, w, ev);
		break;
	case WIRE_SOCK_CLIENT:
		on_client(c, w, ev);
		break;
	case WIRE_SOCK_STATE:
		on_state(c, ev);
		break;
	case WIRE_SOCK_RESET:
		on_reset(c, ev);
		break;
	case WIRE_TASK_FORK:
		on_fork(c, w, ev);
		break;
	case WIRE_TASK_EXEC:
		on_exec(c, w, ev);
		break;
	case WIRE_TASK_EXIT:
		on_exited(c, w, ev);
		break;
	}
}
