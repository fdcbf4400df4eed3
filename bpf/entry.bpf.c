/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries to hooks of which most events are other people's. An entry jumps to the program of its hook
 * if it cannot say that nothing is to be done.
 *
 * What an entry costs is not what it does, but which lines and pages it does it in: all are cold in
 * an exec. So entries are small, together in a page of text, and look at what is in few places (scope.h).
 *
 * With --all there are none, where the kernel lets a hook have one program.
 */
#include "emit.h"
#include "hook.h"
#include "scope.h"
#include "sock.h"
#include "tty.h"

/* ---- what may be of use ---- */

static __always_inline bool on_fork_may(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0];

	return scope_has(parent->tgid);
}

/*
 * Who joins a session is put before those in it (attach_pid() in kernel/pid.c), so its leader is the last.
 * exec_mm_release() has just used that line of the task; signal->leader stands in one that is cold, and
 * took 14 to 20 ns.
 */
static __always_inline bool leads_session(struct task_struct *t)
{
	return !t->pid_links[PIDTYPE_SID].next && t->signal->leader;
}

/* Under --sshd most are of who is not traced, leads no session and is called like no server. */
static __always_inline bool on_exec_may(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	return scope_has_young(t->tgid, t->start_boottime) || leads_session(t) ||
	       scope_may_be_server(t->comm);
}

static __always_inline bool on_exit_may(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	return scope_has(t->tgid);
}

/* tty: NULL of one that is hung up. */
static __always_inline bool tty_may(struct tty_struct *tty)
{
	struct pid *is[2], *pgrp, *session; /* the two stand so in each kernel: one read is less than two */

	if (bpf_core_field_exists(tty->ctrl))
		bpf_core_read(is, sizeof(is), &tty->ctrl.pgrp);
	else
		bpf_core_read(is, sizeof(is), &((struct tty_struct___old *)tty)->pgrp);
	pgrp = is[0];
	session = is[1];
	return (session && scope_has(BPF_CORE_READ(session, numbers[0].nr))) ||
	       (pgrp != session && scope_has(BPF_CORE_READ(pgrp, numbers[0].nr)));
}

static __always_inline bool on_work_may(u64 *ctx)
{
	struct tty_port *port = tty_port_of((void *)ctx[0]);

	return port && tty_may(BPF_CORE_READ(port, itty));
}

static __always_inline bool on_state_may(u64 *ctx)
{
	return sock_may_matter((void *)ctx[0], ctx[2]);
}

/* ---- one event, several entries ---- */

/* One that no entry took away is overwritten when there is no room. */
static __always_inline void set_mark(u32 *m, u32 event, u32 nth)
{
	u32 *mark = hook_mark(m, event);

	if (mark) {
		*mark = event | nth;
		return;
	}
	for (u32 i = 0; i < HOOK_MARKS; i++)
		if (!m[i] && !__sync_val_compare_and_swap(&m[i], 0, event | nth))
			return;
	m[(event >> 3) % HOOK_MARKS] = event | nth;
}

/* Is this entry the first that runs for its event? */
static __always_inline bool is_first(void *ctx, u32 hook, u32 nth)
{
	u32 event = hook_event(ctx), *m = hook_marks_of(event), *mark = nth > 1 ? hook_mark(m, event) : 0;

	if (mark) {
		if (nth == HOOK_ENTRIES)
			*mark = 0;
		return false;
	}
	set_mark(m, event, nth);
	if (nth > 1)
		__sync_fetch_and_add(&hook_made_up[hook], 1);
	return true;
}

/* ---- the entries ---- */

#define ENTRY(name, suffix, tracepoint, first, may)                                                \
	SEC("?tp_btf/" tracepoint)                                                                 \
	int name##_##suffix(u64 *ctx)                                                              \
	{                                                                                          \
		if ((first) && (may))                                                              \
			bpf_tail_call(ctx, &name##_work, 0);                                       \
		return 0;                                                                          \
	}
/* Who is first takes note of strangers' events too: the kernel counts each that it skips. */
#define NTH_ENTRY(name, hook, tracepoint, nth)                                                     \
	ENTRY(name, nth, tracepoint, is_first(ctx, hook, nth), scope_all || name##_may(ctx))
#define ENTRIES(name, hook, tracepoint)                                                            \
	struct hook_work_map name##_work SEC(".maps");                                             \
	ENTRY(name, alone, tracepoint, true, name##_may(ctx))                                      \
	NTH_ENTRY(name, hook, tracepoint, 1)                                                       \
	NTH_ENTRY(name, hook, tracepoint, 2)                                                       \
	NTH_ENTRY(name, hook, tracepoint, 3)                                                       \
	NTH_ENTRY(name, hook, tracepoint, 4)                                                       \
	NTH_ENTRY(name, hook, tracepoint, 5)                                                       \
	NTH_ENTRY(name, hook, tracepoint, 6)

ENTRIES(on_fork, HOOK_FORK, "sched_process_fork")
ENTRIES(on_exec, HOOK_EXEC, "sched_process_exec")
ENTRIES(on_exit, HOOK_EXIT, "sched_process_exit")
ENTRIES(on_work, HOOK_WORK, "workqueue_execute_start")
ENTRIES(on_state, HOOK_STATE, "inet_sock_set_state")
