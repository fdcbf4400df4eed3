/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the programs a kernel takes, how those are attached that have several entries, and what the
 * kernel skipped of them: bpf/hook.h.
 */
#ifndef SIGTRACE_SOURCE_HOOKS_H
#define SIGTRACE_SOURCE_HOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hook_list.h"

struct bpf_link;
struct bpf_object;

/* What CO-RE cannot ask, or only with CAP_SYS_ADMIN (libbpf 1.1 looks in each module's BTF for a type that
 * the kernel does not have): the running kernel's BTF tells it. Without one it is as in an older kernel. */
struct hooks_kernel {
	bool preemptible;    /* a program at a tracepoint: since 7.0 */
	bool group_dead;     /* sched_process_exit has a second argument: since 6.15 or so */
	uint32_t tty_hupped; /* TTY_HUPPED: a plain number until 6.12 or so, then one of an enumeration */
};

void hooks_learn(struct hooks_kernel *k);

struct hooks {
	struct bpf_object *o;
	unsigned entries; /* of each: several where a program may be preempted */
	struct bpf_link *links[HOOKS][HOOK_ENTRIES];
};

/* Before o is loaded: which of its programs and maps are. all: everybody is traced, and no entry is
 * to tell strangers from others. o outlives h. */
void hooks_choose(struct hooks *h, struct bpf_object *o, bool preemptible, bool all);

/*
 * A program's name without what tells it from the others of its hook: on_exec of on_exec_3 and
 * on_exec_alone. Returns which entry it is, from 1, the only one is the first; 0: none.
 */
#define HOOKS_NAME 32
unsigned hooks_split(const char *program, char name[HOOKS_NAME]);

/*
 * o is loaded: attaches the entries, and only these. 0, or -1 with errno; hooks_detach() is due in
 * any case, before other programs are detached.
 */
int hooks_attach(struct hooks *h);
void hooks_detach(struct hooks *h);

/*
 * How many events the kernel has skipped since o was loaded (recursion_misses of bpf_prog_info, since
 * 5.12) and no other entry made up; made_up: hook_made_up of bpf/hook.h. One that is about to be made up
 * counts until it is. i: from 0, below HOOKS_SKIPPED; false: there is no such hook.
 */
#define HOOKS_SKIPPED 16
bool hooks_skipped(const struct hooks *h, size_t i, const __u64 made_up[HOOKS], uint32_t *kind,
		   uint64_t *n);

#endif
