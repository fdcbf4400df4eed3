/* SPDX-License-Identifier: GPL-2.0-only */
/* What a view makes of a story that ends. */
#ifndef SIGTRACE_TESTS_TOLD_H
#define SIGTRACE_TESTS_TOLD_H

#include "unit/story.h"
#include "view/view.h"

/* The whole output, which the caller frees. Takes the view. */
char *told(struct view *v, const char *lines);

/* The output has this text in it; fails with all of it if not. Frees it. */
void told_has(char *out, const char *const *texts);
#define HAS(v, lines, ...) told_has(told(v, lines), (const char *const[]){__VA_ARGS__, NULL})

/* The output is this. */
void told_is(char *out, const char *want);

#endif
