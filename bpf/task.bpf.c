/* SPDX-License-Identifier: GPL-2.0-only */
/* Process life: fork, exec, exit. */
#include "emit.h"
#include "hook.h"
#include "place.h"
#include "scope.h"
#include "server.h"
#include "sock.h"
#include "task.h"

struct exec_scratch {
	struct wire_exec r;
	char tail[WIRE_FILENAME + WIRE_ARGS];
	u8 flags;
	bool left;
};

/* By CPU and entry; where there are no entries user space makes it one. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOOK_ENTRIES);
	__type(key, u32);
	__type(value, struct exec_scratch);
} exec_scratch SEC(".maps");

#define SOCK_FDS 16 /* descriptors of a server's child that are looked at */
#define ENV_STRINGS 128
#define ENV_STRING 4096

struct env_scratch {
	struct wire_env r;
	union {
		char s[ENV_STRING];
		u64 head[2];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOOK_ENTRIES);
	__type(key, u32);
	__type(value, struct env_scratch);
} env_scratch SEC(".maps");

/* Tells the connections that a server's process has open. Its argument is a struct task_struct *. */
__noinline int sock_owners(u64 task)
{
	for (u32 fd = 0; fd < SOCK_FDS; fd++) {
		struct sock *sk = (void *)sock_of_fd(task, fd);
		u32 state;

		if (!sk)
			continue;
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		/* on descriptor 0: from a super-server, whose own listening socket nobody told of */
		if (state == WIRE_TCP_LISTEN || fd == 0)
			sock_serve_port(sk);
		else if (!scope_has_port(sock_netns(sk), sock_lport(sk)))
			continue;
		sock_owner_of(task, (u64)sk, fd, state);
	}
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	u8 flags = scope_of(parent->tgid);
	struct signal_struct *sig;
	struct wire_fork *r;
	u32 tgid;
	u8 *slot;

	hook_on_task_stack(ctx, on_fork);
	if (!scope_hands_on(flags))
		return 0;
	tgid = child->tgid;
	flags &= WIRE_IN | WIRE_SERVER | WIRE_NAMED;
	if (child->pid == tgid) {
		slot = scope_slot(tgid);
		if (slot)
			scope_put(slot, flags);
	}
	r = emit_reserve(WIRE_TASK_FORK, sizeof(*r));
	if (r) {
		emit_task(&r->h, WIRE_TASK_FORK, sizeof(*r), parent, parent->group_leader);
		sig = child->signal;
		r->child_start = child->group_leader->start_boottime;
		r->child_tgid = tgid;
		r->child_pid = child->pid;
		r->pgid = sig->pids[PIDTYPE_PGID]->numbers[0].nr;
		r->sid = sig->pids[PIDTYPE_SID]->numbers[0].nr;
		r->scope = flags;
		r->pad = 0;
		emit_submit(r);
	}
	if (flags & WIRE_SERVER && child->pid == tgid)
		sock_owners((u64)BPF_CORE_READ(child, group_leader)); /* itself, as a number */
	return 0;
}

static __always_inline void read_tail(struct exec_scratch *s, struct task_struct *t,
				      struct linux_binprm *bprm)
{
	struct mm_struct *mm = BPF_CORE_READ(t, mm);
	u64 start = BPF_CORE_READ(mm, arg_start);
	u64 want = BPF_CORE_READ(mm, arg_end) - start;
	u32 n = want > WIRE_ARGS ? WIRE_ARGS : want;
	long f = bpf_probe_read_kernel_str(s->tail, WIRE_FILENAME, BPF_CORE_READ(bprm, filename));

	s->r.truncated = want > WIRE_ARGS ? WIRE_TRUNC_ARGS : 0;
	if (f < 1 || f > WIRE_FILENAME)
		f = 1;
	if (f == WIRE_FILENAME) {
		/* just as long as there is room for, or cut: the string helpers do not say */
		char last = 0;

		bpf_probe_read_kernel(&last, 1, BPF_CORE_READ(bprm, filename) + WIRE_FILENAME - 1);
		if (last)
			s->r.truncated |= WIRE_TRUNC_FILENAME;
	}
	f--; /* without the NUL */
	s->r.filename_len = f;
	/* n ends at arg_end: a longer read faults for `env -i` programs. The barrier keeps clang from
	 * dropping the bound, which it knows and the verifier does not. */
	barrier_var(n);
	if (n > WIRE_ARGS || bpf_probe_read_user(s->tail + f, n, (void *)start)) {
		n = 0;
		s->r.truncated |= WIRE_ARGS_FAULT;
	}
	s->r.args_len = n;
}

/* Eight letters at once: a comparison letter by letter costs the verifier 100 ms. */
#define WORD(a, b, c, d, e, f, g, h)                                                               \
	((u64)a | (u64)b << 8 | (u64)c << 16 | (u64)d << 24 | (u64)e << 32 | (u64)f << 40 |        \
	 (u64)g << 48 | (u64)h << 56)
#define WORD_TAIL 0x00ffffffffffffffull

/* The string that was read last. Not static, as read_env(): it is called for each. */
__noinline int env_take(u32 where)
{
	struct env_scratch *e = bpf_map_lookup_elem(&env_scratch, &where);

	if (!e)
		return 0;
	if (e->head[0] == WORD('S', 'S', 'H', '_', 'C', 'O', 'N', 'N') &&
	    (e->head[1] & WORD_TAIL) == WORD('E', 'C', 'T', 'I', 'O', 'N', '=', 0))
		bpf_probe_read_kernel_str(e->r.ssh_connection, sizeof(e->r.ssh_connection), e->s + 15);
	else if (e->head[0] == WORD('S', 'S', 'H', '_', 'T', 'T', 'Y', '='))
		bpf_probe_read_kernel_str(e->r.ssh_tty, sizeof(e->r.ssh_tty), e->s + 8);
	return 0;
}

/*
 * SSH_CONNECTION and SSH_TTY of a session root, and nothing else of its environment; is the first
 * one set? Not static, so that the verifier takes it on its own; its argument is a struct
 * task_struct *.
 */
__noinline int read_env(u64 task, u32 where)
{
	struct task_struct *t = (void *)task;
	struct env_scratch *e = bpf_map_lookup_elem(&env_scratch, &where);
	u64 at, end;

	if (!e)
		return 0;
	__builtin_memset(&e->r, 0, sizeof(e->r));
	at = BPF_CORE_READ(t, mm, env_start);
	end = BPF_CORE_READ(t, mm, env_end);
	for (int i = 0; i < ENV_STRINGS && at < end; i++) {
		long n = bpf_probe_read_user_str(e->s, ENV_STRING, (void *)at);

		if (n <= 0)
			break;
		at += n;
		env_take(where);
	}
	__builtin_memset(e->s, 0, 256);
	return e->r.ssh_connection[0] != 0;
}

/* What read_env() has read. */
__noinline int emit_env(u32 where)
{
	struct env_scratch *e = bpf_map_lookup_elem(&env_scratch, &where);
	struct wire_env *r = emit_reserve(WIRE_TASK_ENV, sizeof(*r));

	if (!r)
		return 0;
	if (!e) {
		bpf_ringbuf_discard(r, 0);
		return 0;
	}
	__builtin_memcpy(r, &e->r, sizeof(*r));
	emit_current(&r->h, WIRE_TASK_ENV, sizeof(*r));
	emit_submit(r);
	return 0;
}

/* sshd executes itself for a connection, Teleport for a session, which is then called "exe". */
static __always_inline bool is_still_server(struct task_struct *t)
{
	return task_sid(t) != t->tgid && server_same_file(t, BPF_CORE_READ(t, real_parent));
}

static __always_inline u32 task_uid(struct task_struct *t)
{
	return BPF_CORE_READ(t, cred, uid.val);
}

/*
 * Is this a session's first program, of a server that was not known to be one? It leads a session,
 * which is all that is looked at of most. A terminal will do then; without one the server must have
 * become another user and have set SSH_CONNECTION, as OpenSSH and Teleport do.
 */
__noinline int exec_is_root(u64 task, u32 where)
{
	struct task_struct *t = (void *)task;
	struct task_struct *p = BPF_CORE_READ(t, real_parent);
	u32 uid = task_uid(t);

	if (BPF_CORE_READ(p, tgid) <= 1 || scope_of(BPF_CORE_READ(p, tgid)) & WIRE_SERVER)
		return 0;
	if (!BPF_CORE_READ(t, signal, tty)) {
		if (uid == task_uid(p) && uid == task_uid(BPF_CORE_READ(p, real_parent)))
			return 0;
		if (!read_env(task, where))
			return 0;
	}
	return server_find(task, where);
}

static __always_inline u8 exec_scope(struct task_struct *t, u8 *slot, const char comm[WIRE_COMM],
				     u32 where, bool *left)
{
	u8 was = *slot, now = was | scope_all, is = scope_is_server(comm);

	if (is)
		now = scope_server(now, is);
	else if (!(was & WIRE_SERVER && is_still_server(t)))
		now &= ~(WIRE_SERVER | WIRE_NAMED);
	*left = (was & WIRE_SERVER) && !(now & WIRE_SERVER);
	if (!*left && !(now & WIRE_SERVER) && (scope_servers || now & WIRE_IN) &&
	    t->signal->leader && exec_is_root(bpf_get_current_task(), where)) {
		now |= WIRE_IN;
		*left = true;
	}
	if (now != was)
		scope_put(slot, now);
	return now;
}

/*
 * The environment of a session's root, and where it stands. Where the first does not name the
 * connection, as with a server of many which sets nothing, the one that has just brought the request
 * is told.
 */
__noinline int exec_left(u64 task, u32 where)
{
	u64 p = (u64)BPF_CORE_READ((struct task_struct *)task, real_parent, group_leader);
	struct server_scratch *s = bpf_map_lookup_elem(&server_scratch, &where);

	if (!read_env(task, where) && s) {
		s->any = 0;
		server_walk(p, WALK_NEWEST, where);
		if (s->any)
			server_walk(p, WALK_TELL_NEWEST, where);
	}
	emit_env(where);
	return place_emit(task);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *t, int old_pid, struct linux_binprm *bprm)
{
	u8 *slot = scope_slot(t->tgid), flags;
	struct exec_scratch *s;
	bool left = false;
	struct server_key name;
	u32 where;

	hook_on_task_stack(ctx, on_exec);
	if (!slot)
		return 0;
	where = hook_nth(ctx);
	comm_of_current(name.comm);
	flags = exec_scope(t, slot, name.comm, where, &left);
	if (!(flags & WIRE_IN))
		return 0;
	s = bpf_map_lookup_elem(&exec_scratch, &where);
	if (!s) {
		emit_lost_one(bpf_get_smp_processor_id(), WIRE_TASK_EXEC);
		return 0;
	}
	/* in memory, of which the verifier knows no value: it would take all that follows once for each */
	s->flags = flags;
	s->left = left;
	barrier();
	task_read((void *)bpf_get_current_task(), &s->r.task, s->flags);
	s->r.old_pid = old_pid;
	read_tail(s, t, bprm);
	emit_current(&s->r.h, WIRE_TASK_EXEC, 0);
	s->r.h.len = sizeof(s->r) + s->r.filename_len + s->r.args_len;
	if (s->r.h.len <= offsetof(struct exec_scratch, flags))
		emit_output(s, WIRE_TASK_EXEC, s->r.h.len);
	if (s->flags & WIRE_SERVER)
		sock_owners(bpf_get_current_task());
	if (s->left)
		exec_left(bpf_get_current_task(), where);
	return 0;
}

/* Newer kernels' tracepoint has group_dead as its second argument; user space looks that up in BTF. */
const volatile bool exit_tells_group_dead;

static __always_inline bool is_last(u64 *ctx, struct task_struct *t)
{
	if (exit_tells_group_dead)
		return ctx[1] & 1;
	/* Two threads that exit together may both see 0, none never does: the slot tells the first. */
	return t->signal->live.counter <= 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	struct signal_struct *sig;
	struct task_struct *leader;
	struct wire_exit *r;
	u8 *slot, flags;

	hook_on_task_stack(ctx, on_exit);
	slot = scope_slot(t->tgid);
	if (!slot)
		return 0;
	flags = *slot;
	if (!flags || !is_last(ctx, t))
		return 0;
	*slot = 0;
	if (!(flags & WIRE_IN))
		return 0;
	r = emit_reserve(WIRE_TASK_EXIT, sizeof(*r));
	if (!r)
		return 0;
	/* ahead of branches: emit_worker() */
	leader = t->group_leader;
	sig = t->signal;
	emit_task(&r->h, WIRE_TASK_EXIT, sizeof(*r), t, leader);
	/* as wait_task_zombie() in kernel/exit.c reports it */
	r->exit_code = sig->flags & SIGNAL_GROUP_EXIT ? sig->group_exit_code : leader->exit_code;
	r->pgid = sig->pids[PIDTYPE_PGID]->numbers[0].nr;
	r->sid = sig->pids[PIDTYPE_SID]->numbers[0].nr;
	r->tty = tty_dev(sig->tty);
	r->cpu = leader->se.sum_exec_runtime + sig->sum_sched_runtime;
	r->uid = BPF_CORE_READ(t, cred, uid.val);
	r->pad = 0;
	emit_submit(r);
	return 0;
}
