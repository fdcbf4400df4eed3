/* SPDX-License-Identifier: GPL-2.0-only */
/* A dry run of what a trace needs of the kernel. Nothing of it stays. */
#ifndef SIGTRACE_SOURCE_PROBE_H
#define SIGTRACE_SOURCE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PROBE_HOOKS 32

struct probe_hook {
	char program[32]; /* such as on_fork */
	char hook[64];	  /* such as tp_btf/sched_process_fork */
	bool ok;
	char why[256];	  /* not ok: what the kernel or libbpf said */
};

/*
 * Loads each BPF program and attaches it for a moment, with nothing in its scope. Returns how many
 * there are, at most PROBE_HOOKS; 0: e says why none could be tried.
 */
size_t probe_hooks(struct probe_hook *hooks, struct err *e);

/* Makes a ring buffer of that many bytes and frees it. 0, or -1 with e. */
int probe_ring(uint32_t bytes, struct err *e);

#endif
