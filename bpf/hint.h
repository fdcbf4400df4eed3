/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tells of most execs that they are a stranger's. Here for both sides: user space sets it up.
 *
 * Of a program a bit tells that it is no ssh server: the hash look-up of its name made each exec of a
 * stranger 100 ns longer.
 */
#ifndef SIGTRACE_BPF_HINT_H
#define SIGTRACE_BPF_HINT_H

#include <linux/types.h>

#define HINTS 256

/*
 * What tells of most processes that they are not in the scope: in one line of the cache, in a map that the
 * kernel takes from its linear mapping. Larger maps (from 32 KiB on) and what a map shares with user
 * space come from vmalloc (bpf_map_area_alloc()), whose pages are out of the TLB when a program is
 * executed: a byte there took 34 to 60 ns.
 */
struct scope_quick {
	/* boot time, ns: who was born later has not been put into the scope (scope_put()); user space sets
	 * it to the end of time for what it puts in itself */
	__u64 newest;
	__u64 hints[HINTS / 64]; /* a bit by hint_of() of each name of a server */
};

/* Of the first four bytes of a comm: which of the HINTS. */
static inline __attribute__((always_inline)) __u32 hint_of(__u32 name)
{
	return name * 0x9e3779b1u >> 24;
}

/*
 * Perhaps a server is called so. A name of one or two letters may be any: on 5.10 the end of a longer
 * name of before stands behind its NUL.
 */
static inline void hint_set(__u64 hints[HINTS / 64], const char *name)
{
	char first[sizeof(__u32)] = "";
	__u32 n = 0, hint;

	while (n < sizeof(first) && name[n]) {
		first[n] = name[n];
		n++;
	}
	__builtin_memcpy(&hint, first, sizeof(hint));
	hint = hint_of(hint);
	hints[hint / 64] |= 1ull << hint % 64;
	for (__u32 i = 0; n < 3 && i < HINTS / 64; i++)
		hints[i] = ~0ull;
}

#endif
