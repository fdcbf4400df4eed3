/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The field table of facts, as event/field.h has it of records: one row a member of JSON. Conditions
 * and `sigtrace fields` come from it; tests/unit/test_fact_field.c holds the JSON view against it.
 */
#ifndef SIGTRACE_SESSION_FACT_FIELD_H
#define SIGTRACE_SESSION_FACT_FIELD_H

#include "event/field.h"
#include "session/fact.h"

/* Rows of a kind of fact, in JSON's order, ended by name == NULL; offsets are those in struct fact,
 * `kind` is FACT_*. 0: what every fact has. NULL: there is no such kind. */
const struct field *fact_fields(unsigned kind);

/* FACT_* by its name, 0 if there is none. */
unsigned fact_by_name(const char *name);

/* Values by number, ended by NULL. */
extern const char *const confidence_names[];
extern const char *const server_names[];
extern const char *const request_names[];
extern const char *const origin_names[];
extern const char *const outcome_names[];
extern const char *const verdict_names[];
extern const char *const side_names[];
extern const char *const reason_names[];
extern const char *const end_names[];

#endif
