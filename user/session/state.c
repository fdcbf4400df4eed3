/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known, said once more as records, for a stream that goes on elsewhere: the very kinds and
 * order in which a trace begins, so that who reads on from there knows what a trace that had begun
 * there would.
 */
#include "session/state.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "event/names.h"

struct teller {
	const struct sessions *s;
	void (*put)(void *ctx, const void *rec, size_t len);
	void *ctx;
	uint32_t tasks;
};

static void stamp(const struct teller *x, struct wire_hdr *h, unsigned kind, size_t len)
{
	h->kind = (uint16_t)kind;
	h->len = (uint32_t)len;
	h->ts = x->s->now;
}

static void put_user(void *ctx, uint32_t uid, const char *name)
{
	struct teller *x = ctx;
	struct wire_user r = {.uid = uid};

	stamp(x, &r.h, WIRE_USER_NAME, sizeof(r));
	snprintf(r.name, sizeof(r.name), "%s", name);
	x->put(x->ctx, &r, sizeof(r));
}

static void describe(const struct teller *x, struct wire_hdr *h, const struct task *t, unsigned kind,
		     size_t len)
{
	stamp(x, h, kind, len);
	h->start = t->key.start;
	h->tgid = h->pid = t->key.tgid;
	memcpy(h->comm, t->comm, sizeof(h->comm));
}

/* The parent at fork: by descent a process belongs to its session, whoever adopted it. */
static void put_snapshot(struct teller *x, const struct task *t)
{
	struct wire_snapshot r = {.task = t->s};
	const struct task *parent = world_parent(x->s->world, t);

	describe(x, &r.h, t, WIRE_TASK_SNAPSHOT, sizeof(r));
	if (parent && parent->alive) {
		r.task.ppid = t->parent_tgid;
		r.task.parent_start = t->parent_start;
	}
	x->put(x->ctx, &r, sizeof(r));
	x->tasks++;
}

static void put_args(const struct teller *x, const struct task *t)
{
	struct {
		struct wire_args r;
		char tail[WIRE_FILENAME + WIRE_ARGS];
	} a = {.r = {.args_len = t->args_len}};
	size_t filename = t->filename ? strnlen(t->filename, WIRE_FILENAME) : 0;

	if (!t->args)
		return;
	a.r.filename_len = (uint32_t)filename;
	memcpy(a.tail, t->filename, filename);
	memcpy(a.tail + filename, t->args, t->args_len);
	describe(x, &a.r.h, t, WIRE_TASK_ARGS, sizeof(a.r) + filename + t->args_len);
	x->put(x->ctx, &a, a.r.h.len);
}

/* As SSH_CONNECTION has it: peer, its port, own address, own port. */
static void put_env(const struct teller *x, const struct task *t)
{
	const struct wire_sock *sk = &t->ssh;
	struct wire_env r = {.ssh_tty = ""};
	struct buf b = {0};

	if (!sk->family)
		return;
	describe(x, &r.h, t, WIRE_TASK_ENV, sizeof(r));
	ip_addr(&b, sk->family, sk->raddr);
	buf_printf(&b, " %u ", sk->rport);
	ip_addr(&b, sk->family, sk->laddr);
	buf_printf(&b, " %u", sk->lport);
	snprintf(r.ssh_connection, sizeof(r.ssh_connection), "%s", buf_cstr(&b));
	buf_free(&b);
	x->put(x->ctx, &r, sizeof(r));
}

/* Where a session's root stood at its first exec, and, of its pipes, who had their ends last. */
static void put_place(const struct teller *x, const struct session *of, uint32_t ends)
{
	struct wire_place r = {.ends = ends};

	describe(x, &r.h, of->root, WIRE_TASK_PLACE, sizeof(r));
	memcpy(r.pipe, of->place.pipe, sizeof(r.pipe));
	if (!ends) {
		memcpy(r.cgroup, of->place.cgroup, sizeof(r.cgroup));
		memcpy(r.cgroup_name, of->place.cgroup_name, sizeof(r.cgroup_name));
	}
	x->put(x->ctx, &r, sizeof(r));
}

static bool has_place(const struct session *of)
{
	return of->state == SESSION_OPEN && of->root && of->root->alive && of->place.seq;
}

static void put_owner(const struct teller *x, const struct task *t, const struct wire_sock *sk,
		      uint32_t state)
{
	struct wire_sock_owner r = {.sk = *sk, .state = state, .fd = WIRE_UNSET};

	describe(x, &r.h, t, WIRE_SOCK_OWNER, sizeof(r));
	x->put(x->ctx, &r, sizeof(r));
}

/* Of a listener only the port is kept, and the namespace where that has to be known. */
static void put_listener(const struct teller *x, const struct task *t)
{
	struct wire_sock sk = {.family = WIRE_AF_INET};
	const struct port *p;

	for (unsigned i = 0; i < t->nports; i++) {
		sk.lport = t->ports[i];
		sk.netns = 0;
		DL_FOREACH(x->s->conns.ports, p) {
			if (p->keeper == t && p->lport == sk.lport)
				sk.netns = p->netns;
		}
		put_owner(x, t, &sk, WIRE_TCP_LISTEN);
	}
}

static void put_conn(const struct teller *x, const struct conn *k)
{
	const struct task *t;

	if (k->closed.seq)
		return;
	if (k->keeper && k->keeper->alive)
		put_owner(x, k->keeper, &k->sk, WIRE_TCP_ESTABLISHED);
	/* who comes first is the connection's process */
	if (k->first && k->first->alive)
		put_owner(x, k->first, &k->sk, WIRE_TCP_ESTABLISHED);
	for (t = x->s->world->tasks; t; t = t->hh.next)
		if (t->conn == k && t->alive && t != k->first)
			put_owner(x, t, &k->sk, WIRE_TCP_ESTABLISHED);
}

static void put_client(const struct teller *x, const struct client *l)
{
	struct wire_sock_client r = {.sk = l->sk, .state = WIRE_TCP_ESTABLISHED, .fd = WIRE_UNSET};

	if (!l->t->alive || l->t->client != l || (l->conn && l->conn->closed.seq))
		return;
	memcpy(r.sk.laddr, l->sk.raddr, sizeof(r.sk.laddr));
	memcpy(r.sk.raddr, l->sk.laddr, sizeof(r.sk.raddr));
	r.sk.lport = l->sk.rport;
	r.sk.rport = l->sk.lport;
	describe(x, &r.h, l->t, WIRE_SOCK_CLIENT, sizeof(r));
	x->put(x->ctx, &r, sizeof(r));
}

void sessions_state(const struct sessions *s, void (*put)(void *ctx, const void *rec, size_t len),
		    void *ctx)
{
	struct teller x = {.s = s, .put = put, .ctx = ctx};
	struct wire_ready ready = {.asked = 0};
	const struct session *of;
	const struct client *l;
	const struct task *t;
	const struct conn *k;

	world_users(s->world, put_user, &x);
	for (t = s->world->tasks; t; t = t->hh.next) {
		if (!t->alive)
			continue;
		put_snapshot(&x, t);
		put_args(&x, t);
		put_env(&x, t);
	}
	for (t = s->world->tasks; t; t = t->hh.next)
		if (t->alive && t->listener)
			put_listener(&x, t);
	DL_FOREACH(s->conns.list, k) {
		put_conn(&x, k);
	}
	DL_FOREACH(s->conns.clients, l) {
		put_client(&x, l);
	}
	DL_FOREACH(s->list, of) {
		if (has_place(of))
			put_place(&x, of, 0);
	}
	ready.tasks = x.tasks;
	stamp(&x, &ready.h, WIRE_TRACE_READY, sizeof(ready));
	put(ctx, &ready, sizeof(ready));
	/* from the ready on they are sessions */
	DL_FOREACH(s->list, of) {
		if (has_place(of) && of->ends)
			put_place(&x, of, of->ends);
	}
}
