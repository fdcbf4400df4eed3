/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of every NDJSON output of sigtrace, whatever it traced. */
#ifndef SIGTRACE_LIVE_CHECK_H
#define SIGTRACE_LIVE_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * `lines`: all objects, in order. filtered: not all of them were to be shown; may_lose: lost
 * records are no failure. 0, or -1 with the first thing that is wrong in `why`.
 */
int check_lines(const json_t *lines, bool filtered, bool may_lose, char *why, size_t size);

#endif
