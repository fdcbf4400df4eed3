/* SPDX-License-Identifier: GPL-2.0-only */
/* Ties a signal to the tty whose input made it. */
#ifndef SIGTRACE_BPF_TTY_H
#define SIGTRACE_BPF_TTY_H

#include "scope.h"

/* pid of a kworker -> the tty whose input it has worked on last */
struct tty_work_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
};
extern struct tty_work_map tty_work SEC(".maps");

/*
 * flush_to_ldisc(), which every tty_port's input work runs (drivers/tty/tty_buffer.c); 0: not yet
 * known. snapshot.bpf.c learns it from a terminal that user space opens: libbpf would look the
 * symbol up in /proc/kallsyms, which takes 150 ms.
 */
extern __u64 flush_func;

/* Of the terminal whose input a work is about to bring; NULL: it is another work. */
static __always_inline struct tty_port *tty_port_of(struct work_struct *work)
{
	if (!flush_func || (u64)work->func != flush_func)
		return 0;
	return (void *)work - bpf_core_field_offset(struct tty_port, buf.work);
}

/* tty: may be NULL, of one that is hung up. */
static __always_inline bool tty_in_scope(struct tty_struct *tty)
{
	struct pid *is[2], *pgrp, *session; /* the two stand so in each kernel: one read is less than two */
	u8 flags = 0;

	if (bpf_core_field_exists(tty->ctrl))
		bpf_core_read(is, sizeof(is), &tty->ctrl.pgrp);
	else
		bpf_core_read(is, sizeof(is), &((struct tty_struct___old *)tty)->pgrp);
	pgrp = is[0];
	session = is[1];
	if (session)
		flags = scope_of(BPF_CORE_READ(session, numbers[0].nr));
	if (pgrp && pgrp != session && !(flags & WIRE_IN))
		flags = scope_of(BPF_CORE_READ(pgrp, numbers[0].nr));
	return flags & (WIRE_IN | WIRE_KEYS);
}

/* n_tty's isig() runs in the work that brought the byte: drivers/tty/n_tty.c, tty_buffer.c */
static __always_inline u32 tty_of_work(void)
{
	u32 pid = (u32)bpf_get_current_pid_tgid();
	u32 *dev = bpf_map_lookup_elem(&tty_work, &pid);

	return dev ? *dev : 0;
}

#endif
