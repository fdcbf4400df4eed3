/* SPDX-License-Identifier: GPL-2.0-only */
/* The only way to write a record: stamps the header, counts what is lost, decides on the wake-up. */
#ifndef SIGTRACE_BPF_EMIT_H
#define SIGTRACE_BPF_EMIT_H

#include "kernel.h"
#include "wire.h"

#define LOSS_CPUS 256

/*
 * Per CPU and kind, since the start. In .bss, so that user space reads what was lost last without a
 * record; of __u types, since the skeleton shows them to user space.
 */
extern __u64 losses[LOSS_CPUS][WIRE_KIND_MAX + 1];
extern __u64 losses_told[LOSS_CPUS][WIRE_KIND_MAX + 1];
extern __u32 loss_pending[LOSS_CPUS];
extern __u32 loss_any; /* some CPU has an untold loss */
extern const volatile __u32 loss_cpus;
/* Set by the reader before it sleeps without a timer; whoever writes next wakes it, once. */
extern __u32 reader_asleep;
extern const volatile __u64 wake_above; /* bytes unread that wake a reader that is on its timer */

struct ring_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
};
extern struct ring_map ring SEC(".maps");

/*
 * A wake-up per record is most of what other tracers cost; see tests/bench. A sleeping reader is
 * woken once and then comes back on a timer until it finds nothing.
 */
static __always_inline u64 emit_unread(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

static __always_inline u64 emit_wake(u64 unread)
{
	if (reader_asleep) {
		reader_asleep = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	return unread > wake_above ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline u64 task_start(struct task_struct *t)
{
	return BPF_CORE_READ(t, group_leader, start_boottime);
}

/* From a task that the verifier knows to be one. What stands behind its NUL nobody reads. */
static __always_inline void emit_comm(char to[WIRE_COMM], const char from[WIRE_COMM])
{
	((u64 *)to)[0] = ((const u64 *)from)[0];
	((u64 *)to)[1] = ((const u64 *)from)[1];
}

static __always_inline void emit_stamp(struct wire_hdr *h, u16 kind, u32 len)
{
	h->len = len;
	h->kind = kind;
	h->cpu = bpf_get_smp_processor_id();
	h->ts = bpf_ktime_get_boot_ns();
}

/* The header of what `current` did. */
static __always_inline void emit_current(struct wire_hdr *h, u16 kind, u32 len)
{
	u64 id = bpf_get_current_pid_tgid();

	emit_stamp(h, kind, len);
	h->start = task_start((struct task_struct *)bpf_get_current_task());
	h->tgid = id >> 32;
	h->pid = (u32)id;
	comm_of_current(h->comm);
}

/* The header of what t did, which the verifier knows to be a task, as is its leader. */
static __always_inline void emit_task(struct wire_hdr *h, u16 kind, u32 len, struct task_struct *t,
				      struct task_struct *leader)
{
	emit_stamp(h, kind, len);
	h->start = leader->start_boottime;
	h->tgid = t->tgid;
	h->pid = t->pid;
	emit_comm(h->comm, t->comm);
}

/*
 * emit_current() by plain loads; returns its PF_*. Not everywhere: for each pointer that is loaded so,
 * on each path to it, 6.18's verifier looks through all types of the kernel (btf_find_by_name_kind()),
 * which takes 0.7 ms.
 */
static __always_inline u32 emit_worker(struct wire_hdr *h, u16 kind, u32 len)
{
	struct task_struct *t;

	/* since 5.11 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		t = bpf_get_current_task_btf();
		emit_task(h, kind, len, t, t->group_leader);
		return t->flags;
	}
	emit_current(h, kind, len);
	t = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(t, flags);
}

/* The header of what is told about `t`. */
static __always_inline void emit_about(struct wire_hdr *h, u16 kind, u32 len, struct task_struct *t)
{
	emit_stamp(h, kind, len);
	h->start = task_start(t);
	h->tgid = BPF_CORE_READ(t, tgid);
	h->pid = BPF_CORE_READ(t, pid);
	comm_of(t, h->comm);
}

static __always_inline void emit_lost_one(u32 cpu, u16 kind)
{
	__sync_fetch_and_add(&losses[cpu & (LOSS_CPUS - 1)][kind], 1);
	loss_pending[cpu & (LOSS_CPUS - 1)] = 1;
	loss_any = 1;
}

/* Weak: each object has it, and the verifier takes it on its own. */
__weak __noinline int emit_losses(u32 cpu)
{
	cpu &= LOSS_CPUS - 1;
	loss_pending[cpu] = 0;
	for (u32 k = 1; k <= WIRE_KIND_MAX; k++) {
		u64 lost = losses[cpu][k], before = losses_told[cpu][k];
		struct wire_lost *r;

		if (lost == before)
			continue;
		r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
		if (!r) {
			loss_pending[cpu] = 1;
			loss_any = 1;
			return 0;
		}
		__builtin_memset(&r->h, 0, sizeof(r->h));
		emit_stamp(&r->h, WIRE_TRACE_LOST, sizeof(*r));
		r->count = lost - before;
		r->total = lost;
		r->lost_kind = k;
		r->lost_cpu = cpu;
		losses_told[cpu][k] = lost;
		bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	}
	return 0;
}

/* Whoever writes first tells the losses of every CPU: what it writes comes after them. */
__weak __noinline int emit_all_losses(void)
{
	loss_any = 0;
	for (u32 cpu = 0; cpu < LOSS_CPUS && cpu < loss_cpus; cpu++)
		if (loss_pending[cpu])
			emit_losses(cpu);
	return 0;
}

static __always_inline void *emit_reserve(u16 kind, u64 size)
{
	void *r;

	if (loss_any)
		emit_all_losses();
	r = bpf_ringbuf_reserve(&ring, size, 0);
	if (!r)
		emit_lost_one(bpf_get_smp_processor_id(), kind);
	return r;
}

/* A record of variable length, from memory of the program's own. */
static __always_inline void emit_output(void *r, u16 kind, u32 len)
{
	if (loss_any)
		emit_all_losses();
	if (bpf_ringbuf_output(&ring, r, len, emit_wake(emit_unread())))
		emit_lost_one(bpf_get_smp_processor_id(), kind);
}

static __always_inline void emit_submit(void *r)
{
	bpf_ringbuf_submit(r, emit_wake(emit_unread()));
}

#endif
