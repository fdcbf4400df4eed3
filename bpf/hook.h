/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that are passed with preemption on, and their entries: entry.bpf.c.
 *
 * The kernel skips a program that is at work on the same CPU already (prog->active, __bpf_trace_run()
 * in kernel/trace/bpf_trace.c). Before 7.0 tracepoints switched preemption off, and only an interrupt
 * could meet one. Since 7.0 they do not (include/linux/tracepoint.h, commit a46023d5616e): a task is
 * preempted within a program, and until it runs again what others do on that CPU is skipped. Of 400
 * execs by 20 processes at once 7.2 skipped 19, and with a fork goes all that the child does.
 *
 * There such a hook has HOOK_ENTRIES entries. Each sees whether one before it has run for this event,
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
extern const volatile bool hook_never; /* false: of which clang knows nothing */

/*
 * At the start of a program that several entries jump to. Since 6.13 the kernel gives a program a stack of
 * its own on each CPU, for which it counts on `active`: of the entry, that is, and two tasks in one program
 * by different entries would share it. A program that has a tail call is given none, not even if it
 * is never made (check_max_stack_depth() in kernel/bpf/verifier.c).
 */
#define hook_on_task_stack(ctx, name)                                                              \
	({                                                                                         \
		extern struct hook_work_map name##_work SEC(".maps");                              \
		if (hook_never)                                                                    \
			bpf_tail_call(ctx, &name##_work, 0);                                       \
	})

/* Of a pointer the verifier lets no arithmetic be done; a move of its low half (w) makes a number of it. */
static __always_inline u32 hook_event(void *ctx)
{
	u32 event;

	asm volatile("%0 = %1" : "=w"(event) : "w"((u32)(u64)ctx));
	return event;
}

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

/* In which of its entries, from 0, an event is; HOOK_NTH: that was forgotten. */
static __always_inline u32 hook_nth(void *ctx)
{
	u32 event, *mark;

	if (!hook_entries)
		return 0;
	event = hook_event(ctx);
	mark = hook_mark(hook_marks_of(event), event);
	return mark ? (*mark & HOOK_NTH) - 1 : HOOK_NTH;
}

#endif
