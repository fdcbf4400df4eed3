/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a task_struct once, for exec, snapshot and signal records. */
#ifndef SIGTRACE_BPF_TASK_H
#define SIGTRACE_BPF_TASK_H

#include "kernel.h"
#include "scope.h"
#include "wire.h"

#define TASK_THREADS 256 /* threads that are looked at for "blocked in every thread" */

static __always_inline u32 task_pid_nr(struct signal_struct *sig, int type)
{
	return BPF_CORE_READ(sig, pids[type], numbers[0].nr);
}

static __always_inline u32 tty_dev(struct tty_struct *tty)
{
	struct tty_driver *d;

	if (!tty)
		return 0;
	d = BPF_CORE_READ(tty, driver);
	return ((u32)BPF_CORE_READ(d, major) << 20) |
	       ((BPF_CORE_READ(d, minor_start) + BPF_CORE_READ(tty, index)) & 0xfffff);
}

static __always_inline u32 tty_pgrp(struct tty_struct *tty)
{
	if (!tty)
		return 0;
	if (bpf_core_field_exists(tty->ctrl))
		return BPF_CORE_READ(tty, ctrl.pgrp, numbers[0].nr);
	return BPF_CORE_READ((struct tty_struct___old *)tty, pgrp, numbers[0].nr);
}

static __always_inline u32 tty_session(struct tty_struct *tty)
{
	if (bpf_core_field_exists(tty->ctrl))
		return BPF_CORE_READ(tty, ctrl.session, numbers[0].nr);
	return BPF_CORE_READ((struct tty_struct___old *)tty, session, numbers[0].nr);
}

static __always_inline u32 task_state(struct task_struct *t)
{
	if (bpf_core_field_exists(t->__state))
		return BPF_CORE_READ(t, __state);
	return BPF_CORE_READ((struct task_struct___old *)t, state);
}

static __always_inline u64 task_cpu(struct task_struct *t)
{
	return BPF_CORE_READ(t, group_leader, se.sum_exec_runtime) +
	       BPF_CORE_READ(t, signal, sum_sched_runtime);
}

/* The signals that no thread of t would take now. Not inline: a program that reads tasks at two places
 * has the verifier walk the threads once. Its argument is a struct task_struct *. */
__weak __noinline u64 task_blocked(u64 task)
{
	struct task_struct *t = (void *)task;
	struct signal_struct *sig = BPF_CORE_READ(t, signal);
	struct list_head *head = (void *)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *node = BPF_CORE_READ(sig, thread_head.next);
	u64 all = BPF_CORE_READ(t, blocked.sig[0]);

	for (int i = 0; i < TASK_THREADS && all && node && node != head; i++) {
		struct task_struct *p =
			(void *)node - bpf_core_field_offset(struct task_struct, thread_node);

		all &= BPF_CORE_READ(p, blocked.sig[0]);
		node = BPF_CORE_READ(node, next);
	}
	return all;
}

static __always_inline bool task_frozen(struct task_struct *t)
{
	return BPF_CORE_READ(t, jobctl) & JOBCTL_TRAP_FREEZE || task_state(t) & TASK_FROZEN ||
	       BPF_CORE_READ(t, flags) & PF_FROZEN;
}

static __always_inline u32 task_disposition(u64 sighand, u32 sig)
{
	void *actions = (void *)sighand;
	void *handler = 0;

	actions += bpf_core_field_offset(struct sighand_struct, action);
	bpf_probe_read_kernel(&handler, sizeof(handler),
			      actions + (sig - 1) * bpf_core_type_size(struct k_sigaction));
	return handler == 0 ? WIRE_DFL : handler == (void *)1 ? WIRE_IGN : WIRE_HANDLER;
}

/* 1 if v is not 0, without a branch: in a loop of 64 branches are what the verifier pays for. */
static __always_inline u64 nonzero(u64 v)
{
	return (v | -v) >> 63;
}

/*
 * Of 32 signals from `first` on, counted from 0: the lower half tells which are ignored, the upper one
 * which are caught. actions: struct k_sigaction *. Global, so that the verifier takes its loop once. One
 * handler a call: room for some at once is more stack than 5.10 leaves below server_snapshot().
 */
__weak __noinline u64 task_handlers(u64 actions, u32 first)
{
	u64 found = 0;

	for (u32 i = 0; i < 32; i++) {
		u64 handler = 0;

		bpf_probe_read_kernel(&handler, sizeof(handler),
				      (void *)actions + (first + i) * bpf_core_type_size(struct k_sigaction));
		found |= (1 - nonzero(handler ^ 1)) << i;
		found |= (nonzero(handler) & nonzero(handler ^ 1)) << (32 + i);
	}
	return found;
}

static __always_inline void task_masks(struct task_struct *t, struct wire_task *w)
{
	u64 actions = (u64)BPF_CORE_READ(t, sighand), low, high;

	w->ignored = 0;
	w->caught = 0;
	if (!actions)
		return;
	actions += bpf_core_field_offset(struct sighand_struct, action);
	low = task_handlers(actions, 0);
	high = task_handlers(actions, 32);
	w->ignored = (u32)low | high << 32;
	w->caught = low >> 32 | (high & ~0xffffffffull);
}

static __always_inline struct file *task_file(struct task_struct *t, u32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(t, files, fdt);
	struct file **fds, *f = 0;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	fds = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&f, sizeof(f), fds + fd);
	return f;
}

/*
 * A plain number until 6.12 or so, then an enumerator that was numbered anew. User space looks: a type
 * that the kernel does not have libbpf 1.1 goes on to look for in modules, which takes CAP_SYS_ADMIN.
 */
extern const volatile __u32 tty_hupped;

static __always_inline u8 task_fd_chr(struct file *f, struct inode *inode)
{
	u32 dev = BPF_CORE_READ(inode, i_rdev);
	u32 major = dev >> 20;
	struct tty_file_private *priv;

	if (dev == ((1 << 20) | 3))
		return WIRE_FD_NULL;
	if (major != 4 && major != 5 && (major < 136 || major > 143))
		return WIRE_FD_OTHER;
	priv = BPF_CORE_READ(f, private_data);
	return BPF_CORE_READ(priv, tty, flags) & (1ul << (tty_hupped & 63)) ? WIRE_FD_DEAD : WIRE_FD_TTY;
}

static __always_inline u8 task_fd(struct task_struct *t, u32 fd)
{
	struct file *f = task_file(t, fd);
	struct pipe_inode_info *pipe;
	struct inode *inode;

	if (!f)
		return WIRE_FD_NONE;
	inode = BPF_CORE_READ(f, f_inode);
	switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
	case S_IFREG:
		return WIRE_FD_FILE;
	case S_IFSOCK:
		return WIRE_FD_SOCK;
	case S_IFIFO:
		pipe = BPF_CORE_READ(inode, i_pipe);
		if (fd == 0 ? BPF_CORE_READ(pipe, writers) : BPF_CORE_READ(pipe, readers))
			return WIRE_FD_PIPE;
		return WIRE_FD_DEAD;
	case S_IFCHR:
		return task_fd_chr(f, inode);
	default:
		return WIRE_FD_OTHER;
	}
}

static __always_inline void task_audit(struct task_struct *t, struct wire_task *w)
{
	/* only with CONFIG_AUDIT */
	w->loginuid = bpf_core_field_exists(t->loginuid) ? BPF_CORE_READ(t, loginuid.val) : WIRE_UNSET;
	w->sessionid = bpf_core_field_exists(t->sessionid) ? BPF_CORE_READ(t, sessionid) : WIRE_UNSET;
}

/* t: to the verifier a number. */
static __always_inline void task_read(struct task_struct *t, struct wire_task *w, u8 scope_flags)
{
	struct task_struct *parent = BPF_CORE_READ(t, real_parent);
	struct signal_struct *sig = BPF_CORE_READ(t, signal);
	struct tty_struct *tty = BPF_CORE_READ(sig, tty);

	w->parent_start = BPF_CORE_READ(parent, group_leader, start_boottime);
	task_masks(t, w);
	w->blocked = task_blocked((u64)t);
	w->pending = BPF_CORE_READ(t, pending.signal.sig[0]) |
		     BPF_CORE_READ(sig, shared_pending.signal.sig[0]);
	w->cpu = task_cpu(t);
	w->ppid = BPF_CORE_READ(parent, tgid);
	w->pgid = task_pid_nr(sig, PIDTYPE_PGID);
	w->sid = task_pid_nr(sig, PIDTYPE_SID);
	w->tty = tty_dev(tty);
	w->tty_pgrp = tty_pgrp(tty);
	w->tty_lflag = tty ? BPF_CORE_READ(tty, termios.c_lflag) : 0;
	w->uid = BPF_CORE_READ(t, cred, uid.val);
	task_audit(t, w);
	w->state = task_state(t);
	w->nthreads = BPF_CORE_READ(sig, live.counter);
	w->scope = scope_flags;
	w->fd[0] = task_fd(t, 0);
	w->fd[1] = task_fd(t, 1);
	w->fd[2] = task_fd(t, 2);
	w->fd[3] = 0;
	w->flags = (BPF_CORE_READ(t, ptrace) ? WIRE_TASK_TRACED : 0) |
		   (BPF_CORE_READ(sig, flags) & SIGNAL_UNKILLABLE ? WIRE_TASK_UNKILLABLE : 0) |
		   (task_frozen(t) ? WIRE_TASK_FROZEN : 0);
}

#endif
