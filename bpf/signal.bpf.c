/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals: generated, delivered. Here tasks are read by plain loads: a call of bpf_probe_read_kernel()
 * for each member made on_generate() 248 ns, where the ring alone takes 88 (tests/bench). Each takes 5 to
 * 7; the two that are left are for what the verifier lets no program load.
 */
#include "emit.h"
#include "many.h"
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

/* The head of a siginfo where a sender is in it: include/uapi/asm-generic/siginfo.h, of 64 bits. */
struct info_head {
	u32 si_signo;
	u32 si_errno;
	s32 si_code;
	u32 pad;
	u32 pid;
	u32 uid;
};

/*
 * `info` is a number to the verifier of 7.2, since it may be one: nothing is read through it directly,
 * and all by one call.
 */
static __always_inline void read_info(struct wire_generate *r, struct kernel_siginfo *info)
{
	struct info_head head = {};

	r->sender_pid = 0;
	r->sender_uid = 0;
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are the pointers 0 and 1: include/linux/signal.h */
	if ((u64)info <= 1) {
		r->si_code = info ? SI_KERNEL : SI_USER;
		return;
	}
	bpf_probe_read_kernel(&head, sizeof(head), info);
	r->si_code = head.si_code;
	if (has_sender(r->sig, head.si_code)) {
		r->sender_pid = head.pid;
		r->sender_uid = head.uid;
		r->flags |= WIRE_SIG_INFO;
	}
}

static __always_inline u32 load_state(struct task_struct *t)
{
	if (bpf_core_field_exists(t->__state))
		return t->__state;
	return ((struct task_struct___old *)t)->state;
}

static __always_inline void read_tty(struct wire_generate *r, struct tty_struct *tty)
{
	r->tty = 0;
	r->tty_pgrp = 0;
	if (!tty)
		return;
	r->tty = ((u32)tty->driver->major << 20) |
		 ((tty->driver->minor_start + tty->index) & 0xfffff);
	if (bpf_core_field_exists(tty->ctrl))
		r->tty_pgrp = tty->ctrl.pgrp->numbers[0].nr;
	else
		r->tty_pgrp = ((struct tty_struct___old *)tty)->pgrp->numbers[0].nr;
}

/*
 * Who of t would take a signal for the process: 0: some thread; TAKER_NONE: all of them block it;
 * TAKER_WAITS: a thread that waits for it in sigtimedwait(2). That keeps what it blocks in
 * real_blocked meanwhile (do_sigtimedwait()). The kernel asks the leader first (complete_signal()).
 * Not static, so that the verifier takes its loop once.
 */
#define TAKER_NONE 1
#define TAKER_WAITS 2

__noinline int task_taker(u64 task, u64 bit)
{
	struct task_struct *t = (void *)task;
	struct signal_struct *sig = BPF_CORE_READ(t, signal);
	struct list_head *head = (void *)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *node = BPF_CORE_READ(sig, thread_head.next);
	u64 all = BPF_CORE_READ(t, blocked.sig[0]);
	u64 waits = BPF_CORE_READ(t, real_blocked.sig[0]) & ~all;

	for (int i = 0; i < TASK_THREADS && all & bit && node && node != head; i++) {
		struct task_struct *p =
			(void *)node - bpf_core_field_offset(struct task_struct, thread_node);
		u64 blocked = BPF_CORE_READ(p, blocked.sig[0]);

		all &= blocked;
		waits |= BPF_CORE_READ(p, real_blocked.sig[0]) & ~blocked;
		node = BPF_CORE_READ(node, next);
	}
	if (all & bit)
		return TAKER_NONE;
	return waits & bit ? TAKER_WAITS : 0;
}

/* Of a signal to the process all threads are looked at only if the leader, who is first, will not do. */
static __always_inline void read_taker(struct wire_generate *r, struct task_struct *t)
{
	u64 bit = 1ull << ((r->sig - 1) & 63);
	u64 blocked = t->blocked.sig[0] & bit, waits = t->real_blocked.sig[0] & bit & ~blocked;
	u32 taker = 0;

	if (!r->group)
		taker = blocked ? TAKER_NONE : waits ? TAKER_WAITS : 0;
	else if (blocked | waits)
		taker = task_taker((u64)BPF_CORE_READ(t, group_leader), bit); /* as a number */
	r->blocked = taker == TAKER_NONE;
	if (taker == TAKER_WAITS)
		r->flags |= WIRE_SIG_WAITED;
}

static __always_inline void read_target(struct wire_generate *r, struct task_struct *t,
					struct signal_struct *sig, u64 sighand)
{
	r->target_tgid = t->tgid;
	r->target_pid = t->pid;
	emit_comm(r->target_comm, t->comm);
	r->disposition = task_disposition(sighand, r->sig);
	read_taker(r, t);
	r->pgid = sig->pids[PIDTYPE_PGID]->numbers[0].nr;
	r->sid = sig->pids[PIDTYPE_SID]->numbers[0].nr;
	read_tty(r, sig->tty);
	r->state = load_state(t);
	if (sig->flags & SIGNAL_UNKILLABLE)
		r->flags |= WIRE_SIG_UNKILLABLE;
	if (t->ptrace)
		r->flags |= WIRE_SIG_TRACED;
}

/* ctx: the arguments of on_generate(). */
static __always_inline void read_generate(struct wire_generate *r, u64 *ctx)
{
	struct task_struct *t = (void *)ctx[2];
	struct signal_struct *sig = t->signal; /* ahead of branches */
	u64 sighand = (u64)t->sighand;
	volatile u64 *number = &r->target_start;
	u32 flags;

	/* by way of memory: to a task's pointer 5.10 lets no variable be added */
	*number = sighand;
	sighand = *number;
	r->target_start = t->group_leader->start_boottime;
	flags = emit_worker(&r->h, WIRE_SIGNAL_GENERATE, sizeof(*r));
	r->sig = ctx[0];
	r->group = (int)ctx[3] != 0;
	r->result = ctx[4];
	r->flags = flags & PF_KTHREAD ? WIRE_SIG_KTHREAD : 0;
	r->work_tty = flags & PF_KTHREAD && is_tty_signal(r->sig) ? tty_of_work() : 0;
	r->pad = 0;
	read_info(r, (void *)ctx[1]);
	read_target(r, t, sig, sighand);
}

/* ctx: the arguments of on_deliver(). */
static __always_inline void read_deliver(struct wire_deliver *r, u64 *ctx)
{
	struct kernel_siginfo *info = (void *)ctx[1];
	struct k_sigaction *ka = (void *)ctx[2];
	u64 handler = (u64)ka->sa.sa_handler;

	emit_worker(&r->h, WIRE_SIGNAL_DELIVER, sizeof(*r));
	r->sa_flags = ka->sa.sa_flags;
	r->sig = ctx[0];
	r->si_code = (u64)info <= 1 ? SI_KERNEL : BPF_CORE_READ(info, si_code);
	r->disposition = handler == 0 ? WIRE_DFL : handler == 1 ? WIRE_IGN : WIRE_HANDLER;
	r->pad = 0;
}

/* ---- one more of the same: many.h ---- */

/* 0 if all bytes but the first `from` are equal; both are records, aligned and of this size. */
static __always_inline u64 differ(const void *a, const void *b, u32 from, u32 size)
{
	const u64 *x = a, *y = b;
	u64 d = 0;

	for (u32 i = from / 8; i < size / 8; i++)
		d |= x[i] ^ y[i];
	return d;
}

/* In all but time; that its target runs or sleeps makes no difference. */
static __always_inline bool same_generate(const struct wire_generate *a,
					  const struct wire_generate *b)
{
	return !(differ(a, b, offsetof(struct wire_generate, h.start),
			offsetof(struct wire_generate, state)) |
		 ((a->state ^ b->state) & ~TASK_INTERRUPTIBLE) | (a->flags ^ b->flags) |
		 (a->work_tty ^ b->work_tty));
}

static __always_inline bool same_deliver(const struct wire_deliver *a, const struct wire_deliver *b)
{
	return !differ(a, b, offsetof(struct wire_deliver, h.start), sizeof(*a));
}

static __always_inline u32 slot_of(const struct wire_hdr *h, u32 target, u32 sig)
{
	u32 mixed = (h->pid * 0x9e3779b1u ^ target * 0x85ebca6bu) + sig * 0xc2b2ae35u;

	return (mixed >> 16) % MANY_SLOTS;
}

/* What tells the story has the whole ring. */
static __always_inline void write_now(void *r, u16 kind, u32 len, u64 unread, bool story)
{
	if (unread > signals_below && !story)
		goto lost;
	if (loss_any)
		emit_all_losses();
	if (!bpf_ringbuf_output(&ring, r, len, emit_wake(unread)))
		return;
lost:
	emit_lost_one(bpf_get_smp_processor_id(), kind);
}

/*
 * What is not counted is written, and is in slot i from now on, since the next may be like it; unless
 * what the slot has counted cannot be told.
 */
static __always_inline void write_first(void *r, u32 i, struct many_slot *s, struct wire_many *m,
					u16 kind, u32 len, u64 unread)
{
	if (m->count && (unread > signals_below || many_tell(i))) {
		emit_lost_one(bpf_get_smp_processor_id(), kind);
		return;
	}
	write_now(r, kind, len, unread, false);
	__builtin_memcpy(s, r, len);
	m->count = 0;
}

/* r is counted in slot i or written. m: of the slot; like: what the slot has is like r. */
static __always_inline void count_or_write(struct wire_hdr *r, u32 i, struct many_slot *s,
					   struct wire_many *m, bool like, u16 kind, u32 len)
{
	u64 gap = r->ts - (m->count ? m->ts_last : s->h.ts), unread;

	if (!like)
		s->streak = 0;
	else if (many_in_streak(s, gap))
		return many_count(s, m, r, len);
	unread = emit_unread();
	if (like && many_for_room(gap, unread))
		return many_count(s, m, r, len);
	/* the storm is over, and user space may not be able to ask */
	if (!many_close && *many_of(many_pending, r->cpu) && unread <= wake_above)
		many_tell_all(r->cpu);
	write_first(r, i, s, m, kind, len, unread);
}

/* User space runs it on a CPU whose slots it wants told; it is attached to nothing. 1: they are taken. */
SEC("raw_tp")
int flush_many(void *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= LOSS_CPUS)
		return 0;
	if (!many_take(cpu))
		return 1;
	many_tell_all(cpu);
	many_give(cpu);
	return 0;
}

/* ---- the hooks ---- */

/* With --each, and there is room for all: it need not be put together elsewhere first. */
static __always_inline bool needs_no_slot(void)
{
	return many_each && emit_unread() <= many_above &&
	       !*many_of(many_pending, bpf_get_smp_processor_id());
}

/* Without slots. Which signals are of the kernel's own is known before only by who makes them. */
static __always_inline void *reserve_signal(u16 kind, u64 size)
{
	struct task_struct *t = (struct task_struct *)bpf_get_current_task();

	if (emit_unread() > signals_below && !(BPF_CORE_READ(t, flags) & PF_KTHREAD)) {
		emit_lost_one(bpf_get_smp_processor_id(), kind);
		return 0;
	}
	return emit_reserve(kind, size);
}

/*
 * Of what happens to a stranger only what a traced process sends: and that itself, since current
 * may just have been interrupted.
 */
static __always_inline bool is_sent(u32 sig, struct kernel_siginfo *info)
{
	return (u64)info > 1 && sig != SIGCHLD && has_sender(sig, BPF_CORE_READ(info, si_code)) &&
	       scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN;
}

static __always_inline void count_generate(struct many_slot *now, u64 *ctx)
{
	struct wire_generate *r = &now->generate.r;
	bool story; /* of the kernel's own: a key, a hang-up */
	struct many_slot *s;
	u32 i;

	read_generate(r, ctx);
	story = r->flags & WIRE_SIG_KTHREAD;
	i = slot_of(&r->h, r->target_pid, r->sig);
	s = many_at(i);
	if (s && many_may(r->h.cpu) && !story)
		count_or_write(&r->h, i, s, &s->generate.many,
			       s->h.len && same_generate(&s->generate.r, r),
			       WIRE_SIGNAL_GENERATE, sizeof(*r));
	else
		write_now(r, WIRE_SIGNAL_GENERATE, sizeof(*r), emit_unread(), story);
}

static __always_inline void count_deliver(struct many_slot *now, u64 *ctx)
{
	struct wire_deliver *r = &now->deliver.r;
	struct many_slot *s;
	u32 i;

	read_deliver(r, ctx);
	i = MANY_DELIVER + slot_of(&r->h, 0, r->sig);
	s = many_at(i);
	if (s && many_may(r->h.cpu))
		count_or_write(&r->h, i, s, &s->deliver.many,
			       s->h.len && same_deliver(&s->deliver.r, r),
			       WIRE_SIGNAL_DELIVER, sizeof(*r));
	else
		write_now(r, WIRE_SIGNAL_DELIVER, sizeof(*r), emit_unread(), false);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_generate, int sig, struct kernel_siginfo *info, struct task_struct *t)
{
	struct many_slot *now;
	struct wire_generate *r;

	if (!(scope_of(t->tgid) & WIRE_IN) && !is_sent(sig, info))
		return 0;
	if (sig < 1 || sig > 64)
		return 0;
	if (!needs_no_slot() && many_enter()) {
		now = many_at(MANY_NOW);
		if (now)
			count_generate(now, ctx);
		many_leave();
		return 0;
	}
	r = reserve_signal(WIRE_SIGNAL_GENERATE, sizeof(*r));
	if (!r)
		return 0;
	read_generate(r, ctx);
	emit_submit(r);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_deliver, int sig)
{
	struct many_slot *now;
	struct wire_deliver *r;

	if (!(scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN) || sig < 1 || sig > 64)
		return 0;
	if (!needs_no_slot() && many_enter()) {
		now = many_at(MANY_NOW);
		if (now)
			count_deliver(now, ctx);
		many_leave();
		return 0;
	}
	r = reserve_signal(WIRE_SIGNAL_DELIVER, sizeof(*r));
	if (!r)
		return 0;
	read_deliver(r, ctx);
	emit_submit(r);
	return 0;
}
