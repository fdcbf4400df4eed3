/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a process stands: its cgroup, and the pipes of its standard streams. */
#ifndef SIGTRACE_BPF_PLACE_H
#define SIGTRACE_BPF_PLACE_H

#include "emit.h"
#include "task.h"

static __always_inline struct kernfs_node *place_above(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->__parent))
		return BPF_CORE_READ(kn, __parent);
	return BPF_CORE_READ((struct kernfs_node___old *)kn, parent);
}

static __always_inline void place_cgroup(struct task_struct *t, struct wire_place *r)
{
	struct kernfs_node *kn = 0;

	if (bpf_core_field_exists(t->cgroups)) /* CONFIG_CGROUPS */
		kn = BPF_CORE_READ(t, cgroups, dfl_cgrp, kn);
	if (kn)
		bpf_probe_read_kernel_str(r->cgroup_name, sizeof(r->cgroup_name),
					  BPF_CORE_READ(kn, name));
	for (int i = 0; i < WIRE_CGROUPS; i++) {
		if (!kn)
			return;
		r->cgroup[i] = BPF_CORE_READ(kn, id);
		kn = place_above(kn);
	}
}

static __always_inline u64 place_pipe(struct task_struct *t, u32 fd)
{
	struct inode *inode = BPF_CORE_READ(task_file(t, fd), f_inode);

	return (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFIFO ? BPF_CORE_READ(inode, i_ino) : 0;
}

/* Its argument is a struct task_struct *. */
__weak __noinline int place_emit(u64 task)
{
	struct task_struct *t = (void *)task;
	struct wire_place *r = emit_reserve(WIRE_TASK_PLACE, sizeof(*r));

	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	emit_about(&r->h, WIRE_TASK_PLACE, sizeof(*r), t);
	place_cgroup(t, r);
	r->pipe[0] = place_pipe(t, 0);
	r->pipe[1] = place_pipe(t, 1);
	r->pipe[2] = place_pipe(t, 2);
	emit_submit(r);
	return 0;
}

#endif
