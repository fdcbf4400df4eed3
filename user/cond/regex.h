/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGTRACE_COND_REGEX_H
#define SIGTRACE_COND_REGEX_H

#include <stddef.h>

#define REGEX_MOST 10000

/*
 * How many nodes regcomp(3) makes of a POSIX extended regular expression, about; REGEX_MOST + 1 where
 * it is more than REGEX_MOST. glibc copies what is repeated (posix/regcomp.c, duplicate_tree()): a+ is
 * two of a, a{255} 255, and each repetition of a repetition multiplies. Found by fuzzing: the 44 signs
 * of "comm ~ w+++..+" took all memory.
 */
size_t regex_size(const char *re);

#endif
