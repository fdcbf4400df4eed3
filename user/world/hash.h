/* SPDX-License-Identifier: GPL-2.0-only */
/* uthash, told what to do when memory runs out: mark the element, never exit(). And how to hash. */
#ifndef SIGTRACE_WORLD_HASH_H
#define SIGTRACE_WORLD_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Keys are a few integers that the kernel gave out. uthash's own function, which takes them byte by
 * byte, was a quarter of a replay. The multiplier: 2^64 / golden ratio, Knuth, TAOCP 6.4.
 */
static inline unsigned hash_words(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = 0, word;

	for (; len; p += len < 8 ? len : 8, len -= len < 8 ? len : 8) {
		word = 0;
		memcpy(&word, p, len < 8 ? len : 8);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (unsigned)h;
}

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = hash_words(keyptr, keylen))
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) ((void)(elt))
#include <uthash.h>

/* A chain as long as uthash would let it become costs a cache miss a link. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 7U

#endif
