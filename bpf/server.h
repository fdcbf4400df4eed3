/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a process an ssh server when its name does not say so: it has a connection that was
 * accepted on a port which it, or who forked it, listens on, and it starts a program that leads a
 * session of its own. A server that forks for each connection has the connection in the parent of
 * that program; Teleport, which executes itself again for each session, in the grandparent.
 *
 * The kernel allows eight frames of calls, emit_losses() included: hence what is inlined here.
 */
#ifndef SIGTRACE_BPF_SERVER_H
#define SIGTRACE_BPF_SERVER_H

#include "hook.h"
#include "scope.h"
#include "sock.h"
#include "task.h"

#define SERVER_FDS 1024	/* descriptors of a process that are looked at */
#define SERVER_PORTS 8	/* that one server listens on */
#define SERVER_LEVELS 3 /* from a connection's process up to who listens */

/* server_walk(): what for */
#define WALK_PORTS 0	   /* keep the ports that it listens on */
#define WALK_ACCEPTED 1	   /* is there a connection that one of these ports accepted? */
#define WALK_TELL_PORTS 2  /* serve and tell the listening sockets */
#define WALK_TELL 3	   /* tell the connections */
#define WALK_NEWEST 4	   /* keep when the last data came, of all connections */
#define WALK_TELL_NEWEST 5 /* tell those to which that applies */

struct server_scratch {
	u32 ports[SERVER_PORTS];
	u32 nports;
	u32 newest; /* jiffies */
	u32 any;    /* newest is set */
};

/* By CPU and where: an iterator's program can be interrupted by an exec, and an exec by others (hook.h). */
#define WHERE_ITER HOOK_ENTRIES /* below: an exec's entry */

struct server_scratch_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WHERE_ITER + 1);
	__type(key, u32);
	__type(value, struct server_scratch);
};
extern struct server_scratch_map server_scratch SEC(".maps");

static __always_inline u32 task_sid(struct task_struct *t)
{
	return task_pid_nr(BPF_CORE_READ(t, signal), PIDTYPE_SID);
}

static __always_inline bool server_same_file(struct task_struct *a, struct task_struct *b)
{
	struct inode *x = BPF_CORE_READ(a, mm, exe_file, f_inode);

	return x && x == BPF_CORE_READ(b, mm, exe_file, f_inode);
}

static __always_inline bool server_has_port(const struct server_scratch *s, u32 port)
{
	u32 found = 0;

	for (u32 i = 0; i < SERVER_PORTS; i++)
		found |= 1 - nonzero(s->ports[i] ^ port);
	return found;
}

static __always_inline u32 sock_received(struct sock *sk)
{
	return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ack.lrcvtime);
}

static __always_inline void server_newer(struct server_scratch *s, struct sock *sk)
{
	u32 at = sock_received(sk);

	if (s->any && (s32)(at - s->newest) <= 0)
		return;
	s->any = 1;
	s->newest = at;
}

static __always_inline int server_conn(struct server_scratch *s, u64 task, struct sock *sk, u32 what)
{
	u32 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (state != WIRE_TCP_ESTABLISHED && state != WIRE_TCP_CLOSE_WAIT)
		return 0;
	if (what == WALK_ACCEPTED)
		return server_has_port(s, sock_lport(sk));
	if (!scope_has_port(sock_netns(sk), sock_lport(sk)))
		return 0;
	if (what == WALK_NEWEST)
		server_newer(s, sk);
	else if (what == WALK_TELL || (what == WALK_TELL_NEWEST && sock_received(sk) == s->newest))
		sock_owner((void *)task, sk, WIRE_UNSET, state);
	return 0;
}

static __always_inline int server_listener(struct server_scratch *s, u64 task, struct sock *sk,
					   u32 what)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != WIRE_TCP_LISTEN)
		return 0;
	if (what == WALK_PORTS && s->nports < SERVER_PORTS) {
		s->ports[s->nports & (SERVER_PORTS - 1)] = sock_lport(sk);
		s->nports++;
	} else if (what == WALK_TELL_PORTS) {
		sock_serve_port(sk);
		sock_owner((void *)task, sk, WIRE_UNSET, WIRE_TCP_LISTEN);
	}
	return 0;
}

/* The task is a number, as for all global functions: the verifier takes them on their own. */
__weak __noinline int server_fd(u64 task, u32 fd, u32 what, u32 where)
{
	struct server_scratch *s = bpf_map_lookup_elem(&server_scratch, &where);
	struct sock *sk = sock_of_file(task_file((void *)task, fd));

	if (!s || !sk)
		return 0;
	if (what == WALK_PORTS || what == WALK_TELL_PORTS)
		return server_listener(s, task, sk, what);
	return server_conn(s, task, sk, what);
}

/* Is there one among its descriptors of which `what` is true? */
__weak __noinline int server_walk(u64 task, u32 what, u32 where)
{
	u32 n = BPF_CORE_READ((struct task_struct *)task, files, fdt, max_fds);

	/* eight a turn: a turn's own instructions are half of what the verifier walks here */
	for (u32 fd = 0; fd < SERVER_FDS && fd < n; fd += 8)
		if (server_fd(task, fd, what, where) || server_fd(task, fd + 1, what, where) ||
		    server_fd(task, fd + 2, what, where) || server_fd(task, fd + 3, what, where) ||
		    server_fd(task, fd + 4, what, where) || server_fd(task, fd + 5, what, where) ||
		    server_fd(task, fd + 6, what, where) || server_fd(task, fd + 7, what, where))
			return 1;
	return 0;
}

/*
 * Has it a connection that was accepted, as far as its own listening sockets and those of who
 * forked it tell? Then how far up they were, from 1 for its own; else 0.
 */
__weak __noinline int server_accepts(u64 task, u32 where)
{
	struct server_scratch *s = bpf_map_lookup_elem(&server_scratch, &where);
	struct task_struct *up = (void *)task;
	int level = 0;

	if (!s)
		return 0;
	__builtin_memset(s, 0, sizeof(*s));
	for (int i = 0; i < SERVER_LEVELS; i++) {
		if (!s->nports && BPF_CORE_READ(up, tgid) > 0) {
			server_walk((u64)up, WALK_PORTS, where);
			level++;
		}
		up = BPF_CORE_READ(up, real_parent, group_leader);
	}
	return s->nports && server_walk(task, WALK_ACCEPTED, where) ? level : 0;
}

/* A record of a process that was met by the way: task.snapshot. */
__weak __noinline int server_snapshot(u64 task, u32 flags)
{
	struct wire_snapshot *r = emit_reserve(WIRE_TASK_SNAPSHOT, sizeof(*r));

	if (!r)
		return 0;
	emit_about(&r->h, WIRE_TASK_SNAPSHOT, sizeof(*r), (void *)task);
	task_read((void *)task, &r->task, flags);
	emit_submit(r);
	return 0;
}

/* From here on it is a server. That is told now, or the iterator is about to. */
__weak __noinline int server_mark(u64 task, u32 is, u32 where)
{
	u8 *slot = scope_slot(BPF_CORE_READ((struct task_struct *)task, tgid));
	u8 flags;

	if (!slot || *slot & WIRE_SERVER)
		return 0;
	flags = scope_server(*slot, is);
	scope_put(slot, flags);
	if (where == WHERE_ITER || !(flags & WIRE_SERVER))
		return 0;
	server_snapshot(task, flags);
	server_walk(task, WALK_TELL_PORTS, where);
	server_walk(task, WALK_TELL, where);
	return 0;
}

/*
 * Marks whom the parent p of a session's leader turns out to be, and those above it that run the
 * same program up to who listens. From above: the listener is to be known first.
 */
static __always_inline void server_mark_all(u64 p, int levels, u32 where)
{
	struct task_struct *t = (void *)p, *up[SERVER_LEVELS + 1];

	for (int i = 0; i <= SERVER_LEVELS; i++) {
		up[i] = i < levels && server_same_file(t, (void *)p) &&
					BPF_CORE_READ(t, tgid) > 1 ?
				t :
				0;
		t = BPF_CORE_READ(t, real_parent, group_leader);
	}
	for (int i = SERVER_LEVELS; i >= 0; i--)
		if (up[i])
			server_mark((u64)up[i], WIRE_SERVER, where);
}

/* Does the process t, which leads a session, come from a server? If so that is marked. */
__weak __noinline int server_find(u64 task, u32 where)
{
	struct task_struct *p = BPF_CORE_READ((struct task_struct *)task, real_parent, group_leader);
	struct task_struct *up = BPF_CORE_READ(p, real_parent, group_leader);
	int levels;

	if (BPF_CORE_READ(p, tgid) <= 1 ||
	    scope_of(BPF_CORE_READ(p, tgid)) & WIRE_SERVER)
		return 0;
	levels = server_accepts((u64)p, where);
	if (!levels && BPF_CORE_READ(up, tgid) > 1 && server_same_file(p, up)) {
		levels = server_accepts((u64)up, where);
		levels += levels > 0;
	}
	if (levels)
		server_mark_all((u64)p, levels, where);
	return levels > 0;
}

#endif
