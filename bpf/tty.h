/* SPDX-License-Identifier: GPL-2.0-only */
/* Ties a signal to the tty whose input made it. */
#ifndef SIGTRACE_BPF_TTY_H
#define SIGTRACE_BPF_TTY_H

#include "kernel.h"

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

/* n_tty's isig() runs in the work that brought the byte: drivers/tty/n_tty.c, tty_buffer.c */
static __always_inline u32 tty_of_work(void)
{
	u32 pid = (u32)bpf_get_current_pid_tgid();
	u32 *dev = bpf_map_lookup_elem(&tty_work, &pid);

	return dev ? *dev : 0;
}

#endif
