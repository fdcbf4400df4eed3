/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGTRACE_COND_REGEX_H
#define SIGTRACE_COND_REGEX_H

#include <stddef.h>

#define REGEX_COPIES 1000 /* nodes that repetitions may add to those that are written */

/*
 * How many nodes regcomp(3) makes of a POSIX extended regular expression, about; most + 1 where it is
 * more than `most`. glibc copies what is repeated (posix/regcomp.c, duplicate_tree()): a+ is two of a,
 * a{255} 255, and each repetition of a repetition multiplies; the time grows with the square at least
 * (calc_eclosure()). Found by fuzzing: the 44 signs of "comm ~ w+++..+" took all memory, 68 bytes with
 * 10,000 nodes a minute.
 */
size_t regex_size(const char *re, size_t most);

#endif
