/* SPDX-License-Identifier: GPL-2.0-only */
/* The hooks that run with preemption on, see hook.h: for both sides. */
#ifndef SIGTRACE_BPF_HOOK_LIST_H
#define SIGTRACE_BPF_HOOK_LIST_H

/* X(index, program, kind of what it writes) */
#define HOOK_LIST(X)                                                                               \
	X(HOOK_FORK, on_fork, WIRE_TASK_FORK)                                                      \
	X(HOOK_EXEC, on_exec, WIRE_TASK_EXEC)                                                      \
	X(HOOK_EXIT, on_exit, WIRE_TASK_EXIT)                                                      \
	X(HOOK_WORK, on_work, WIRE_TTY_KEY)                                                        \
	X(HOOK_STATE, on_state, WIRE_SOCK_STATE)

#define HOOK_INDEX(index, program, kind) index,
enum { HOOK_LIST(HOOK_INDEX) HOOKS };
#undef HOOK_INDEX

/* With 4, where a program takes 50 us (7.2 in an emulated machine), 1 event in 10,000 was skipped. */
#define HOOK_ENTRIES 6 /* at most 7 */

#endif
