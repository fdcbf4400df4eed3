/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storms of signals. A signal that is like one which was written is counted in a slot of its CPU and not
 * written, when it is one of a streak, each right behind the one before, or while the ring is filling.
 * The slot becomes one record, with the count and the times of its first and last, when another signal
 * takes the slot, when the streak breaks, or when user space asks for it (flush_many, counts.c), which it
 * does each time before it reads the ring. There such a record is put where its last signal belongs
 * (user/source/order.h). Where user space does not have streaks counted (many_close), also when there is
 * room again.
 *
 * Where nothing is short this is for speed. Of 1.2 million signals a second that are all alike each record
 * costs its sender cache misses, and the reader takes a CPU's time from whoever else wants it.
 *
 * The slots of a CPU need no lock: both hooks of signals run with the target's siglock held, hence
 * with interrupts off (kernel/signal.c). flush_many alone can be interrupted, and says so. With PREEMPT_RT
 * siglock is a mutex (include/linux/spinlock_rt.h), and a hook can be preempted: there each takes the slots
 * of its CPU, and who finds them taken does without.
 */
#ifndef SIGTRACE_BPF_MANY_H
#define SIGTRACE_BPF_MANY_H

#include "emit.h"
#include "kernel.h"
#include "wire.h"

#define MANY_SLOTS 64 /* of each of the two kinds, a power of two */
#define MANY_DELIVER MANY_SLOTS
#define MANY_NOW (2 * MANY_SLOTS) /* not a slot: where the signal is put together */
#define MANY_ENTRIES (MANY_NOW + 1)
#define MANY_STREAK 2	      /* so many are written, and those that follow are counted */
#define MANY_GAP 100000000ull /* ns, at most this far behind the one before: while the ring is filling */

struct many_slot {
	union {
		struct wire_hdr h; /* len 0: the slot is free */
		struct {
			struct wire_generate r;
			struct wire_many many;
		} generate;
		struct {
			struct wire_deliver r;
			struct wire_many many;
		} deliver;
	};
	__u32 streak; /* so many in a row were each right behind the one before */
};

struct many_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MANY_ENTRIES);
	__type(key, u32);
	__type(value, struct many_slot);
};
extern struct many_map many SEC(".maps");

/* By CPU, of which the first LOSS_CPUS count and the others write each signal. */
extern __u32 many_pending[LOSS_CPUS]; /* a slot has counted something */
extern __u32 many_busy[LOSS_CPUS];    /* flush_many is at work; with PREEMPT_RT: somebody is */
extern __u64 many_close; /* ns, MANY_GAP of a streak; 0: none is one */
extern const volatile bool many_each; /* none is to be one */

/*
 * Bytes unread. Above the first the ring is filling; above the second no signal is written: what is
 * left of the ring is for what tells the story.
 */
extern const volatile __u64 many_above;
extern const volatile __u64 signals_below;

/* The mask stands where the index is used: clang drops one that a comparison before makes needless,
 * and the verifier of 5.10 has forgotten that comparison once the number was on the stack. */
static __always_inline u32 *many_of(u32 *array, u32 cpu)
{
	barrier_var(cpu);
	return &array[cpu & (LOSS_CPUS - 1)];
}

static __always_inline bool is_rt(void)
{
	return bpf_core_field_exists(((struct spinlock *)0)->lock);
}

/*
 * false: the slots of this CPU are taken. They are the caller's until many_give(). Who adds and then finds
 * nobody else has them; more than adding no kernel before 5.12 can do at once (BPF_XADD), and its verifier
 * refuses even dead code that does.
 */
static __always_inline bool many_take(u32 cpu)
{
	u32 *busy = many_of(many_busy, cpu);

	__sync_fetch_and_add(busy, 1);
	barrier();
	if (!is_rt() || *busy == 1)
		return true;
	__sync_fetch_and_add(busy, -1);
	return false;
}

static __always_inline void many_give(u32 cpu)
{
	barrier();
	__sync_fetch_and_add(many_of(many_busy, cpu), -1);
}

/* Of a hook: may it use MANY_NOW? Then many_leave() is due. */
static __always_inline bool many_enter(void)
{
	u32 cpu;

	if (!is_rt())
		return true;
	cpu = bpf_get_smp_processor_id();
	return cpu < LOSS_CPUS && many_take(cpu);
}

static __always_inline void many_leave(void)
{
	if (is_rt())
		many_give(bpf_get_smp_processor_id());
}

/* Behind many_enter(): may it use slots? Not where a CPU has none, nor while flush_many is at them. */
static __always_inline bool many_may(u32 cpu)
{
	return is_rt() || (cpu < LOSS_CPUS && !*many_of(many_busy, cpu));
}

static __always_inline struct many_slot *many_at(u32 i)
{
	return bpf_map_lookup_elem(&many, &i);
}

/* Writes what a slot has counted, and frees it. 0, or -1: there was no room, and it is as it was. */
__weak __noinline int many_tell(u32 i)
{
	struct many_slot *s = many_at(i);
	u64 unread = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	u32 len = i < MANY_DELIVER ? sizeof(s->generate) : sizeof(s->deliver);
	__u64 *count;

	if (!s)
		return 0;
	count = i < MANY_DELIVER ? &s->generate.many.count : &s->deliver.many.count;
	if (*count) {
		s->h.len = len;
		if (bpf_ringbuf_output(&ring, s, len, emit_wake(unread)))
			return -1;
	}
	s->h.len = 0;
	*count = 0; /* else each later many_tell_all() would tell it once more */
	return 0;
}

/* All slots of this CPU. */
__weak __noinline int many_tell_all(u32 cpu)
{
	u32 failed = 0;

	cpu &= LOSS_CPUS - 1;
	many_pending[cpu] = 0;
	for (u32 i = 0; i < MANY_NOW; i++)
		failed |= many_tell(i);
	if (failed)
		many_pending[cpu] = 1;
	return 0;
}

/*
 * Of one that is like the one in the slot, gap ns behind it. While the reader sleeps without a timer the
 * next is written, which wakes it: it would not come to ask for what was counted.
 */
static __always_inline bool many_in_streak(struct many_slot *s, u64 gap)
{
	s->streak = gap < many_close ? s->streak + 1 : 0;
	return s->streak >= MANY_STREAK && !reader_asleep;
}

static __always_inline bool many_for_room(u64 gap, u64 unread)
{
	return unread > many_above && (unread > signals_below || gap < MANY_GAP);
}

/* One more like that in slot s: r, of len bytes. The first is kept as it is. */
static __always_inline void many_count(struct many_slot *s, struct wire_many *m, const struct wire_hdr *r,
				       u32 len)
{
	if (!m->count)
		__builtin_memcpy(s, r, len);
	m->count++;
	m->ts_last = r->ts;
	if (!*many_of(many_pending, r->cpu)) /* which is read for each signal, next to other CPUs' */
		*many_of(many_pending, r->cpu) = 1;
}

#endif
