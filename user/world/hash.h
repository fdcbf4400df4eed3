/* SPDX-License-Identifier: GPL-2.0-only */
/* uthash, told what to do when memory runs out: mark the element, never exit(). */
#ifndef SIGTRACE_WORLD_HASH_H
#define SIGTRACE_WORLD_HASH_H

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) ((void)(elt))
#include <uthash.h>

#endif
