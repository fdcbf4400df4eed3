/* SPDX-License-Identifier: GPL-2.0-only */
/* Between field.c, as_json.c and json_special.c only. */
#ifndef SIGTRACE_EVENT_JSON_H
#define SIGTRACE_EVENT_JSON_H

#include "base/json.h"
#include "event/field.h"

/* For struct field's `json`. */
json_fn json_lost_kind, json_lost_cpu;
json_fn json_thread;
json_fn json_filename, json_args, json_truncated, json_args_fault;
json_fn json_if_siginfo, json_signo, json_target, json_origin;
json_fn json_local, json_peer;
json_fn json_count, json_ts_last;

/* False: what `put` writes is left out of this record. */
bool json_present(const struct event *ev, json_fn *put);

#endif
