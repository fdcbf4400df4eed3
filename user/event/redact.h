/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records without what command lines say: each argument behind argv[0] becomes "***". That there is a
 * "-c" first stays, which tells a command from a login.
 */
#ifndef SIGTRACE_EVENT_REDACT_H
#define SIGTRACE_EVENT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"

/* n bytes of arguments, each with its NUL, into out, which has room for `size`. How many that are;
 * *cut: they did not all fit. */
size_t redact_args(const char *args, size_t n, char *out, size_t size, bool *cut);

/* The record in out (EVENT_MAX bytes), if it is one with arguments: its length. 0: it has none, or is
 * damaged, and stays as it is. */
size_t redact_record(const void *rec, size_t len, void *out);

#endif
