/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HOOK(): a program at a tracepoint that is passed with preemption on.
 *
 * The kernel skips a program that is at work on the same CPU already (prog->active, __bpf_trace_run()
 * in kernel/trace/bpf_trace.c). Before 7.0 tracepoints switched preemption off, and only an interrupt
 * could meet one. Since 7.0 they do not (include/linux/tracepoint.h, commit a46023d5616e): a task is
 * preempted within a program, and until it runs again what others do on that CPU is skipped. Of 400
 * execs by 20 processes at once 7.2 skipped 19, and with a fork goes all that the child does.
 *
 * There such a hook has HOOK_ENTRIES programs. Each sees whether one before it has run for this event,
 * and else jumps to the program that does the work. An event is skipped only if tasks were preempted
 * within every entry of that CPU. What the first entry was skipped for and no other made up is lost
 * (user/source/hooks.h). What is kept by CPU is kept by entry as well, which one task is in at a time.
 *
 * An event is known by the address of its arguments: bpf_trace_runN() has them on the stack of who
 * makes it, at the same place for each program of one tracepoint.
 */
#ifndef SIGTRACE_BPF_HOOK_H
#define SIGTRACE_BPF_HOOK_H

#include "kernel.h"

#include "hook_list.h"

/*
 * The low halves of such addresses, with the entry in the three bits that are free. One to a hash was not
 * enough: 20 processes told 1 event in 3,000 twice.
 */
#define HOOK_MARK_BITS 10
#define HOOK_MARKS 8
#define HOOK_NTH 7
extern __u32 hook_marks[1 << HOOK_MARK_BITS][HOOK_MARKS];
extern __u64 hook_made_up[HOOKS];	      /* events that were skipped by an entry and not by a later one */

struct hook_work_map {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
};

extern const volatile bool hook_entries;

static __always_inline u32 *hook_marks_of(u32 event)
{
	return hook_marks[(event >> 3) * 2654435769u >> (32 - HOOK_MARK_BITS)];
}

static __always_inline u32 *hook_mark(u32 *m, u32 event)
{
	for (u32 i = 0; i < HOOK_MARKS; i++)
		if ((m[i] & ~HOOK_NTH) == event)
			return &m[i];
	return 0;
}

/* One that no entry took away is overwritten when there is no room. */
static __always_inline void hook_set_mark(u32 *m, u32 event, u32 nth)
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

static __always_inline int hook_enter(void *ctx, void *work, u32 hook, u32 nth)
{
	u32 event = (u32)(u64)ctx; /* of a pointer the verifier lets no more be taken as a number */
	u32 *m = hook_marks_of(event), *mark = nth > 1 ? hook_mark(m, event) : 0;

	if (mark) {
		if (nth == HOOK_ENTRIES)
			*mark = 0;
		return 0;
	}
	hook_set_mark(m, event, nth);
	if (nth > 1)
		__sync_fetch_and_add(&hook_made_up[hook], 1);
	bpf_tail_call(ctx, work, 0);
	return 0;
}

/* In which of its entries, from 0, an event is; HOOK_NTH: that was forgotten. */
static __always_inline u32 hook_nth(void *ctx)
{
	u32 event, *mark;

	if (!hook_entries)
		return 0;
	event = (u32)(u64)ctx;
	mark = hook_mark(hook_marks_of(event), event);
	return mark ? (*mark & HOOK_NTH) - 1 : HOOK_NTH;
}

#define HOOK_ENTRY(name, hook, tracepoint, nth)                                                    \
	SEC("?tp_btf/" tracepoint)                                                                 \
	int name##_##nth(void *ctx)                                                                \
	{                                                                                          \
		return hook_enter(ctx, &name##_work, hook, nth);                                   \
	}

/* Made as libbpf's BPF_PROG() is, from whose parts. */
#define HOOK(name, hook, tracepoint, args...)                                                      \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")      \
	static __always_inline int name##_body(unsigned long long *ctx, ##args);                   \
	SEC("tp_btf/" tracepoint)                                                                  \
	int name(unsigned long long *ctx)                                                          \
	{                                                                                          \
		return name##_body(___bpf_ctx_cast(args));                                         \
	}                                                                                          \
	struct hook_work_map name##_work SEC(".maps");                                             \
	HOOK_ENTRY(name, hook, tracepoint, 1)                                                      \
	HOOK_ENTRY(name, hook, tracepoint, 2)                                                      \
	HOOK_ENTRY(name, hook, tracepoint, 3)                                                      \
	HOOK_ENTRY(name, hook, tracepoint, 4)                                                      \
	HOOK_ENTRY(name, hook, tracepoint, 5)                                                      \
	HOOK_ENTRY(name, hook, tracepoint, 6)                                                      \
	_Pragma("GCC diagnostic pop")                                                              \
	static __always_inline int name##_body(unsigned long long *ctx, ##args)

#endif
