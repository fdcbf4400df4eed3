/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals: generated, delivered. Here tasks are read by plain loads: a call of bpf_probe_read_kernel()
 * for each member made on_generate() 248 ns, it is 105 now (tests/bench; the ring alone takes 88).
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

static __always_inline void read_info(struct wire_generate *r, struct kernel_siginfo *info)
{
	r->sender_pid = 0;
	r->sender_uid = 0;
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are the pointers 0 and 1: include/linux/signal.h */
	if ((u64)info <= 1) {
		r->si_code = info ? SI_KERNEL : SI_USER;
		return;
	}
	r->si_code = info->si_code;
	if (has_sender(r->sig, r->si_code)) {
		r->sender_pid = info->_sifields._kill._pid;
		r->sender_uid = info->_sifields._kill._uid;
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

/* Of a signal to the process all threads are looked at only if the leader, who is first, will not do. */
static __always_inline void read_taker(struct wire_generate *r, struct task_struct *t)
{
	u64 bit = 1ull << ((r->sig - 1) & 63);
	u64 blocked = t->blocked.sig[0] & bit, waits = t->real_blocked.sig[0] & bit & ~blocked;
	u32 taker = 0;

	if (!r->group)
		taker = blocked ? TAKER_NONE : waits ? TAKER_WAITS : 0;
	else if (blocked | waits)
		taker = task_taker(t, bit);
	r->blocked = taker == TAKER_NONE;
	if (taker == TAKER_WAITS)
		r->flags |= WIRE_SIG_WAITED;
}

static __always_inline void read_target(struct wire_generate *r, struct task_struct *t)
{
	struct signal_struct *sig = t->signal;

	r->target_start = t->group_leader->start_boottime;
	r->target_tgid = t->tgid;
	r->target_pid = t->pid;
	emit_comm(r->target_comm, t->comm);
	r->disposition = task_disposition(t, r->sig);
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
	u32 flags = emit_current(&r->h, WIRE_SIGNAL_GENERATE, sizeof(*r));

	r->sig = ctx[0];
	r->group = (int)ctx[3] != 0;
	r->result = ctx[4];
	r->flags = flags & PF_KTHREAD ? WIRE_SIG_KTHREAD : 0;
	r->work_tty = flags & PF_KTHREAD && is_tty_signal(r->sig) ? tty_of_work() : 0;
	r->pad = 0;
	read_info(r, (void *)ctx[1]);
	read_target(r, (void *)ctx[2]);
}

/* ctx: the arguments of on_deliver(). */
static __always_inline void read_deliver(struct wire_deliver *r, u64 *ctx)
{
	struct kernel_siginfo *info = (void *)ctx[1];
	struct k_sigaction *ka = (void *)ctx[2];
	u64 handler = (u64)ka->sa.sa_handler;

	emit_current(&r->h, WIRE_SIGNAL_DELIVER, sizeof(*r));
	r->sa_flags = ka->sa.sa_flags;
	r->sig = ctx[0];
	r->si_code = (u64)info <= 1 ? SI_KERNEL : info->si_code;
	r->disposition = handler == 0 ? WIRE_DFL : handler == 1 ? WIRE_IGN : WIRE_HANDLER;
	r->pad = 0;
}

/* ---- while the ring is filling: many.h ---- */

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
	return (h->pid * 7 + target * 31 + sig) % MANY_SLOTS;
}

/* What tells the story has the whole ring. */
static __always_inline void write_now(struct many_slot *now, u16 kind, u32 len, u64 unread,
				      bool story)
{
	if (unread > signals_below && !story)
		goto lost;
	if (loss_any)
		emit_all_losses();
	if (!bpf_ringbuf_output(&ring, now, len, emit_wake(unread)))
		return;
lost:
	emit_lost_one(bpf_get_smp_processor_id(), kind);
}

/*
 * `now` has no like in slot i. It is written, and is in the slot from now on, since the next may be
 * like it; unless what the slot has counted cannot be told.
 */
static __always_inline void write_first(struct many_slot *now, u32 i, struct many_slot *s, u16 kind,
					u32 len, u64 unread)
{
	u64 count = kind == WIRE_SIGNAL_GENERATE ? s->generate.many.count : s->deliver.many.count;

	if (s->h.len && count && (unread > signals_below || many_tell(i))) {
		emit_lost_one(bpf_get_smp_processor_id(), kind);
		return;
	}
	write_now(now, kind, len, unread, false);
	__builtin_memcpy(s, now, sizeof(*s));
}

/* From here on slots may be used; false: they may not, or need not. */
static __always_inline bool many_begin(u32 cpu, u64 unread)
{
	if (cpu >= LOSS_CPUS || *many_of(many_busy, cpu))
		return false;
	if (*many_of(many_pending, cpu) && unread <= wake_above)
		many_tell_all(cpu);
	return unread > many_above;
}

static __noinline int generate_many(u64 *ctx, u64 unread)
{
	u32 cpu = bpf_get_smp_processor_id(), i;
	struct many_slot *now = many_at(MANY_NOW), *s;
	bool use = many_begin(cpu, unread), story;

	if (!now)
		return 0;
	read_generate(&now->generate.r, ctx);
	now->generate.many.count = 0;
	story = now->generate.r.flags & WIRE_SIG_KTHREAD; /* a key, a hang-up */
	i = slot_of(&now->h, now->generate.r.target_pid, now->generate.r.sig);
	s = many_at(i);
	if (!s || !use || story)
		write_now(now, WIRE_SIGNAL_GENERATE, sizeof(now->generate.r), unread, story);
	else if (s->h.len && same_generate(&s->generate.r, &now->generate.r))
		many_count(&s->h, &s->generate.many, now->h.ts, cpu);
	else
		write_first(now, i, s, WIRE_SIGNAL_GENERATE, sizeof(now->generate.r), unread);
	return 0;
}

static __noinline int deliver_many(u64 *ctx, u64 unread)
{
	u32 cpu = bpf_get_smp_processor_id(), i;
	struct many_slot *now = many_at(MANY_NOW), *s;
	bool use = many_begin(cpu, unread);

	if (!now)
		return 0;
	read_deliver(&now->deliver.r, ctx);
	now->deliver.many.count = 0;
	i = MANY_DELIVER + slot_of(&now->h, 0, now->deliver.r.sig);
	s = many_at(i);
	if (!s || !use)
		write_now(now, WIRE_SIGNAL_DELIVER, sizeof(now->deliver.r), unread, false);
	else if (s->h.len && same_deliver(&s->deliver.r, &now->deliver.r))
		many_count(&s->h, &s->deliver.many, now->h.ts, cpu);
	else
		write_first(now, i, s, WIRE_SIGNAL_DELIVER, sizeof(now->deliver.r), unread);
	return 0;
}

static __always_inline bool is_storm(u64 unread)
{
	return unread > many_above || many_any;
}

/* User space runs it on a CPU whose slots it wants told; it is attached to nothing. */
SEC("raw_tp")
int flush_many(void *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= LOSS_CPUS)
		return 0;
	*many_of(many_busy, cpu) = 1;
	barrier();
	many_tell_all(cpu);
	barrier();
	*many_of(many_busy, cpu) = 0;
	return 0;
}

/* ---- the hooks ---- */

/*
 * Of what happens to a stranger only what a traced process sends: and that itself, since current
 * may just have been interrupted.
 */
static __always_inline bool is_sent(u32 sig, struct kernel_siginfo *info)
{
	return (u64)info > 1 && sig != SIGCHLD && has_sender(sig, info->si_code) &&
	       scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_generate, int sig, struct kernel_siginfo *info, struct task_struct *t)
{
	struct wire_generate *r;
	u64 unread;

	if (!(scope_of(t->tgid) & WIRE_IN) && !is_sent(sig, info))
		return 0;
	if (sig < 1 || sig > 64)
		return 0;
	unread = emit_unread();
	if (is_storm(unread))
		return generate_many(ctx, unread);
	r = emit_reserve(WIRE_SIGNAL_GENERATE, sizeof(*r));
	if (!r)
		return 0;
	read_generate(r, ctx);
	bpf_ringbuf_submit(r, emit_wake(unread));
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_deliver, int sig)
{
	struct wire_deliver *r;
	u64 unread;

	if (!(scope_of(bpf_get_current_pid_tgid() >> 32) & WIRE_IN) || sig < 1 || sig > 64)
		return 0;
	unread = emit_unread();
	if (is_storm(unread))
		return deliver_many(ctx, unread);
	r = emit_reserve(WIRE_SIGNAL_DELIVER, sizeof(*r));
	if (!r)
		return 0;
	read_deliver(r, ctx);
	bpf_ringbuf_submit(r, emit_wake(unread));
	return 0;
}
