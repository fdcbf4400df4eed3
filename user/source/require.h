/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracing needs of the machine. */
#ifndef SIGTRACE_SOURCE_REQUIRE_H
#define SIGTRACE_SOURCE_REQUIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The types of the running kernel: .btf_custom_path of whatever is opened. Told of no path, libbpf looks for
 * a type that the kernel does not have (an older one lacks some of ours) in each module's, which takes
 * CAP_SYS_ADMIN: load_module_btfs().
 */
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

/* CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN: capabilities(7). 0, or -1 with the missing ones in e. */
int require_privileges(struct err *e);

/* CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: without them the environment and the program of others'
 * processes are not to be read. NULL, or the names of the missing ones; valid until the next call. */
const char *require_reader(void);

/* The initial pid namespace, whose numbers the kernel's records have. 0, or -1 with e. */
int require_host_pids(struct err *e);

/* A ring buffer (5.8) and BTF of the running kernel, and memory for them. 0, or -1 with e. */
int require_kernel(struct err *e);
/* Its parts. */
int require_release(struct err *e);
int require_btf(struct err *e);
int require_memlock(struct err *e);

/* Has this process CAP_..., effectively? */
bool has_capability(int cap);

#endif
