/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals: generated, delivered. */
#include "emit.h"
#include "scope.h"
#include "task.h"
#include "tty.h"

#define SIGINT 2
#define SIGQUIT 3
#define SIGCHLD 17
#define SIGTSTP 20

#define SI_USER 0 /* include/uapi/asm-generic/siginfo.h */
#define SI_TIMER (-2)
#define SI_SIGIO (-5)
#define SI_KERNEL 0x80

static __always_inline bool is_tty_signal(u32 sig)
{
	return sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP;
}

/* kernel/signal.c siginfo_layout(): who has si_pid; of SIGCHLD only CLD_* */
static __always_inline bool has_sender(u32 sig, int code)
{
	return (code <= SI_USER && code != SI_TIMER && code != SI_SIGIO) ||
	       (sig == SIGCHLD && code > 0 && code < SI_KERNEL);
}

static __always_inline void read_info(struct wire_generate *r, struct kernel_siginfo *info)
{
	r->sender_pid = 0;
	r->sender_uid = 0;
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are the pointers 0 and 1: include/linux/signal.h */
	if ((u64)info <= 1) {
		r->si_code = info ? SI_KERNEL : SI_USER;
		return;
	}
	r->si_code = BPF_CORE_READ(info, si_code);
	if (has_sender(r->sig, r->si_code)) {
		r->sender_pid = BPF_CORE_READ(info, _sifields._kill._pid);
		r->sender_uid = BPF_CORE_READ(info, _sifields._kill._uid);
		r->flags |= WIRE_SIG_INFO;
	}
}

static __always_inline void read_target(struct wire_generate *r, struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct tty_struct *tty = BPF_CORE_READ(sig, tty);
	u64 bit = 1ull << ((r->sig - 1) & 63);
	u32 taker;

	r->target_start = task_start(t);
	r->target_tgid = t->tgid;
	r->target_pid = t->pid;
	comm_of(t, r->target_comm);
	r->disposition = task_disposition(t, r->sig);
	if (r->group) {
		taker = task_taker(t, bit);
		r->blocked = taker == TAKER_NONE;
	} else {
		r->blocked = (BPF_CORE_READ(t, blocked.sig[0]) & bit) != 0;
		taker = BPF_CORE_READ(t, real_blocked.sig[0]) & bit && !r->blocked ? TAKER_WAITS : 0;
	}
	if (taker == TAKER_WAITS)
		r->flags |= WIRE_SIG_WAITED;
	r->pgid = task_pid_nr(sig, PIDTYPE_PGID);
	r->sid = task_pid_nr(sig, PIDTYPE_SID);
	r->tty = tty_dev(tty);
	r->tty_pgrp = tty_pgrp(tty);
	r->state = task_state(t);
	if (BPF_CORE_READ(sig, flags) & SIGNAL_UNKILLABLE)
		r->flags |= WIRE_SIG_UNKILLABLE;
	if (BPF_CORE_READ(t, ptrace))
		r->flags |= WIRE_SIG_TRACED;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_generate, int sig, struct kernel_siginfo *info, struct task_struct *t, int group,
	     int result)
{
	struct task_struct *cur;
	struct wire_generate *r;

	/* to a stranger only what a traced process sends itself: current may just have been interrupted */
	if (!(scope_of(t->tgid) & WIRE_IN) &&
	    (!(scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN) || (u64)info <= 1 ||
	     sig == SIGCHLD || !has_sender(sig, BPF_CORE_READ(info, si_code))))
		return 0;
	if (sig < 1 || sig > 64)
		return 0;
	r = emit_reserve(WIRE_SIGNAL_GENERATE, sizeof(*r));
	if (!r)
		return 0;
	emit_current(&r->h, WIRE_SIGNAL_GENERATE, sizeof(*r));
	r->sig = sig;
	r->group = group != 0;
	r->result = result;
	r->flags = 0;
	r->work_tty = 0;
	r->pad = 0;
	cur = (struct task_struct *)bpf_get_current_task();
	if (BPF_CORE_READ(cur, flags) & PF_KTHREAD) {
		r->flags |= WIRE_SIG_KTHREAD;
		if (is_tty_signal(sig))
			r->work_tty = tty_of_work();
	}
	read_info(r, info);
	read_target(r, t);
	emit_submit(r);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_deliver, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	struct wire_deliver *r;
	u64 handler;

	if (!(scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN) || sig < 1 || sig > 64)
		return 0;
	r = emit_reserve(WIRE_SIGNAL_DELIVER, sizeof(*r));
	if (!r)
		return 0;
	emit_current(&r->h, WIRE_SIGNAL_DELIVER, sizeof(*r));
	handler = (u64)BPF_CORE_READ(ka, sa.sa_handler);
	r->sa_flags = BPF_CORE_READ(ka, sa.sa_flags);
	r->sig = sig;
	r->si_code = (u64)info <= 1 ? SI_KERNEL : BPF_CORE_READ(info, si_code);
	r->disposition = handler == 0 ? WIRE_DFL : handler == 1 ? WIRE_IGN : WIRE_HANDLER;
	r->pad = 0;
	emit_submit(r);
	return 0;
}
