/* SPDX-License-Identifier: GPL-2.0-only */
/* Names by number, for the rows of the field table: ended by NULL, "" is a gap. */
#ifndef SIGTRACE_EVENT_TABLES_H
#define SIGTRACE_EVENT_TABLES_H

#include <stdint.h>

extern const char *const table_scope[];
extern const char *const table_end_reason[];
extern const char *const table_result[];
extern const char *const table_disposition[];
extern const char *const table_key[];
extern const char *const table_family[];
extern const char *const table_tcp_state[];
extern const char *const table_direction[];
extern const char *const table_errno[];
extern const char *const table_fd[];

/* The place is the number of the bit. */
extern const char *const table_scope_flags[];
extern const char *const table_task_flags[];
extern const char *const table_ends[];
extern const char *const table_truncated[];
extern const char *const table_sig_flags[];
extern const char *const table_sa_flags[];
extern const char *const table_lflag[];
extern const char *const table_task_state[];

/* NULL for a gap and behind the end. */
const char *table_name(const char *const *table, uint64_t value);
/* 0 and the number, or -1. */
int table_value(const char *const *table, const char *name, uint64_t *value);

#endif
