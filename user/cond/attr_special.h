/* SPDX-License-Identifier: GPL-2.0-only */
/* Between attr.c and attr_special.c only. */
#ifndef SIGTRACE_COND_ATTR_SPECIAL_H
#define SIGTRACE_COND_ATTR_SPECIAL_H

#include "cond/attr.h"

/* Gives a row whose value is not that of its member alone its type and its get(). */
void attr_special(unsigned kind, struct attr *a);

/* Members of members, and what JSON takes apart: how many were put at out. */
size_t attr_nested(unsigned kind, struct attr *out);

/* A string made in s->scratch: begin, append, done. */
void attr_string(const struct subject *s);
void attr_string_done(const struct subject *s, struct value *v);

#endif
