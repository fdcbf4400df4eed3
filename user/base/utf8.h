/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef SIGTRACE_BASE_UTF8_H
#define SIGTRACE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length (1..4) of the code point at p and the code point in *cp, or 0 if the n bytes do not begin
 * with a valid one. */
size_t utf8_next(const char *p, size_t n, uint32_t *cp);

/* A code point that must not reach a terminal as it is: a control character, a bidirectional
 * control, a line or paragraph separator. */
bool utf8_unsafe(uint32_t cp);

#endif
