/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of most programs that are executed a few bits tell that they are no ssh server: the hash look-up of
 * their names made each exec of a stranger 100 ns longer. Here for both sides: user space sets the bits.
 */
#ifndef SIGTRACE_BPF_HINT_H
#define SIGTRACE_BPF_HINT_H

#include <linux/types.h>

#define HINTS 256

/*
 * Of the first four bytes of a comm: which of the HINTS. What stands behind a NUL does not count: on
 * 5.10 it is the end of a longer name of before.
 */
static inline __attribute__((always_inline)) __u32 hint_of(__u32 name)
{
	__u32 ends;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	name = __builtin_bswap32(name);
#endif
	ends = (name - 0x01010101) & ~name & 0x80808080; /* the lowest bit: the first NUL */
	name &= (ends & -ends) - 1;
	return name * 0x9e3779b97f4a7c15ull >> 56;
}

#endif
