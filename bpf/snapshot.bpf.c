/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ran before, and what user space asks about later, through the same ring as the events: the
 * order of the records is the order of what they tell.
 *
 * The first snapshot comes in two passes after the hooks are attached. The first marks servers and
 * their descendants, from when on the hooks see their forks; the second marks and emits. A child
 * that was forked by an unmarked parent behind the first pass's back is met by the second. Before
 * them come the ports that the user named, behind them the servers' sockets, first those that listen.
 */
#include "emit.h"
#include "place.h"
#include "scope.h"
#include "server.h"
#include "sock.h"
#include "task.h"
#include "tty.h"

#define SNAP_MARK 1
#define SNAP_EMIT 2
#define SNAP_ASKED 3
#define SNAP_PORTS 4
#define SNAP_LISTENERS 5
#define SNAP_CONNS 6
#define SNAP_CLIENTS 7
#define SNAP_AGAIN 8 /* all that is traced, as if each was asked for */

#define SNAP_ANCESTORS 16

__u32 snap_mode;
__u32 learn_fd; /* a terminal's master that the reader of the snapshot has open; 0: none */
__u32 snap_tasks; /* snapshots emitted */

/* An iterator's program runs in the process that reads it: `current` is our own user space. */
static __always_inline void learn(void)
{
	struct file *f = task_file((struct task_struct *)bpf_get_current_task(), learn_fd);
	struct tty_file_private *priv = BPF_CORE_READ(f, private_data);

	flush_func = (u64)BPF_CORE_READ(priv, tty, port, buf.work.func);
}

/* By descent; else by its session's leader, since who was adopted has lost its ancestors. */
__noinline int inherited(u64 task)
{
	struct task_struct *t = (void *)task;
	struct task_struct *p = BPF_CORE_READ(t, real_parent);
	u32 sid = task_pid_nr(BPF_CORE_READ(t, signal), PIDTYPE_SID);

	if (sid > 1 && scope_hands_on(scope_of(sid)))
		return WIRE_IN;

	for (int i = 0; i < SNAP_ANCESTORS; i++) {
		u32 tgid = BPF_CORE_READ(p, tgid);
		u8 *slot;

		if (tgid <= 1)
			return 0;
		slot = scope_slot(tgid);
		if (slot && scope_hands_on(*slot))
			return WIRE_IN;
		p = BPF_CORE_READ(p, real_parent);
	}
	return 0;
}

/* A leader as what a global function takes: the verifier lets no typed pointer through. */
static __always_inline u64 as_number(struct task_struct *leader)
{
	return (u64)BPF_CORE_READ(leader, group_leader);
}

/* A server's child that has not executed anything yet, or the same program again. */
static __always_inline u8 is_still_server(struct task_struct *t)
{
	struct task_struct *p = BPF_CORE_READ(t, real_parent);
	u8 is = scope_of(BPF_CORE_READ(p, tgid)) & (WIRE_SERVER | WIRE_NAMED);

	if (!is || BPF_CORE_READ(p, tgid) <= 1)
		return 0;
	if (t->flags & PF_FORKNOEXEC)
		return is;
	return task_sid(t) != t->tgid && server_same_file(t, p) ? is : 0;
}

/* The first program of a session whose server nobody knew to be one; terminals only, since what is
 * in another process's environment is not to be read here. */
static __always_inline bool is_root(struct task_struct *t)
{
	return task_sid(t) == t->tgid && BPF_CORE_READ(t, signal, tty) &&
	       server_find(as_number(t), WHERE_ITER);
}

static __always_inline u8 mark(struct task_struct *t, u8 *slot)
{
	char comm[WIRE_COMM];
	u8 flags = *slot | scope_all, is;

	comm_of(t, comm);
	if (!(flags & WIRE_IN))
		flags |= inherited(as_number(t));
	is = scope_is_server(comm) | is_still_server(t);
	if (is)
		flags = scope_server(flags, is);
	else if (snap_mode == SNAP_MARK && (scope_servers || flags & WIRE_IN) && is_root(t))
		flags |= WIRE_IN;
	if (flags != *slot) {
		scope_put(slot, flags);
		/* it may have passed on_exit meanwhile: a stale mark would outlive it */
		if (BPF_CORE_READ(t, signal, live.counter) <= 0)
			*slot = flags = 0;
	}
	return flags;
}

#define LISTEN_FDS 64 /* descriptors of a process that is asked about */

/* What an orphan still serves. Its argument is a struct task_struct *. */
__noinline int listening(u64 task)
{
	for (u32 fd = 0; fd < LISTEN_FDS; fd++) {
		struct sock *sk = (void *)sock_of_fd(task, fd);

		if (sk && BPF_CORE_READ(sk, __sk_common.skc_state) == WIRE_TCP_LISTEN)
			sock_owner_of(task, (u64)sk, fd, WIRE_TCP_LISTEN);
	}
	return 0;
}

/* A root of a session, as far as a look at one process can tell. */
static __always_inline bool parent_serves(struct task_struct *t)
{
	u32 ppid = BPF_CORE_READ(t, real_parent, tgid);

	return ppid > 1 && scope_of(ppid) & WIRE_SERVER;
}

/* All threads of it are gone, or about to go. */
static __always_inline bool is_ending(struct task_struct *t)
{
	return BPF_CORE_READ(t, signal, live.counter) <= 0;
}

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	u8 *slot, flags;

	if (learn_fd && !flush_func)
		learn();
	if (!t || t->pid != t->tgid || t->flags & PF_KTHREAD)
		return 0;
	/* a leader may end before its other threads do */
	if (t->exit_state && is_ending(t))
		return 0;
	slot = scope_slot(t->tgid);
	if (!slot)
		return 0;
	if (snap_mode == SNAP_ASKED) {
		u32 tgid = t->tgid;

		if (!bpf_map_lookup_elem(&asked, &tgid))
			return 0;
		flags = *slot;
		/* its exit was told: it is not to come back */
		if (!flags && is_ending(t))
			return 0;
	} else {
		flags = mark(t, slot);
		if (snap_mode == SNAP_MARK || !(flags & WIRE_IN))
			return 0;
	}
	server_snapshot(as_number(t), flags);
	snap_tasks++;
	if (flags & WIRE_SERVER)
		return 0;
	if (snap_mode == SNAP_ASKED || snap_mode == SNAP_AGAIN || parent_serves(t))
		place_emit(as_number(t));
	if (snap_mode == SNAP_ASKED || snap_mode == SNAP_AGAIN)
		listening(as_number(t));
	return 0;
}

static __always_inline void client(struct task_struct *t, struct sock *sk, u32 fd)
{
	struct wire_sock_client *r;

	if (!sock_is_client(sk))
		return;
	sock_trace_client(t);
	if (snap_mode != SNAP_CONNS)
		return;
	r = emit_reserve(WIRE_SOCK_CLIENT, sizeof(*r));
	if (!r)
		return;
	emit_about(&r->h, WIRE_SOCK_CLIENT, sizeof(*r), t);
	sock_read(sk, &r->sk);
	r->state = WIRE_TCP_ESTABLISHED;
	r->fd = fd;
	emit_submit(r);
}

/*
 * SNAP_CLIENTS goes before the tasks: it learns which ports are served, and marks their clients, so
 * that the snapshot has them. A client whose pid is below its server's is met by SNAP_CONNS.
 */
SEC("iter/task_file")
int on_task_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *f = ctx->file;
	struct sock *sk;
	u32 state;

	if (!t || !f || t->pid != t->tgid)
		return 0;
	sk = sock_of_file(f);
	if (!sk)
		return 0;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (snap_mode == SNAP_PORTS) {
		/* a service manager that listens for others serves nobody */
		if (state == WIRE_TCP_LISTEN && t->tgid > 1 && scope_is_port(sock_lport(sk)))
			server_mark(as_number(t), WIRE_SERVER | WIRE_NAMED, false);
		return 0;
	}
	if (!(scope_of(t->tgid) & WIRE_SERVER)) {
		if (state == WIRE_TCP_ESTABLISHED && snap_mode != SNAP_LISTENERS)
			client(t, sk, ctx->fd);
		return 0;
	}
	if (state == WIRE_TCP_LISTEN)
		sock_serve_port(sk);
	if (snap_mode != SNAP_CLIENTS && (state == WIRE_TCP_LISTEN) == (snap_mode == SNAP_LISTENERS))
		sock_owner(t, sk, ctx->fd, state);
	return 0;
}
