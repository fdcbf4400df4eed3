/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of most programs that are executed one byte tells that they are no ssh server: the hash look-up of
 * their names made each exec of a stranger 100 ns longer. Here for both sides: user space sets the bytes.
 */
#ifndef SIGTRACE_BPF_HINT_H
#define SIGTRACE_BPF_HINT_H

#include <linux/types.h>

#include "wire.h"

#define HINTS 256

/* Of a comm, that is a name and zeros, as two numbers: which of the HINTS. */
static inline __attribute__((always_inline)) __u32 hint_of(const __u64 half[WIRE_COMM / 8])
{
	return ((half[0] ^ half[1] << 1) * 0x9e3779b97f4a7c15ull) >> 56;
}

#endif
