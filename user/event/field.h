/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The field table: one row a member of each wire struct. Length checks, JSON, the text form of
 * records, golden fixtures and `sigtrace fields` come from it. The rows of a kind cover every byte
 * of its struct exactly once (tests/unit/test_field.c).
 */
#ifndef SIGTRACE_EVENT_FIELD_H
#define SIGTRACE_EVENT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/event.h"

enum field_format {
	FIELD_PAD,	/* no meaning, not shown, must be written as 0 */
	FIELD_U32,
	FIELD_S32,
	FIELD_U64,
	FIELD_S64,
	FIELD_U16,
	FIELD_BOOL,	/* u32 as true/false */
	FIELD_UNSET,	/* u32, WIRE_UNSET as null: loginuid, sessionid, fd */
	FIELD_NS,	/* u64 nanoseconds */
	FIELD_SIGNAL,	/* u32 as "SIGINT" */
	FIELD_SIGSET,	/* u64 as ["SIGINT", ..] */
	FIELD_SI_CODE,	/* s32 as "SI_USER" */
	FIELD_ENUM,	/* u32 through `names` */
	FIELD_TTY,	/* u32 as "pts/5", 0 as null */
	FIELD_EXIT_CODE, /* u32 raw, and derived status, signal, core */
	FIELD_STR,	/* char[]: NUL-terminated */
	FIELD_BYTES,	/* u8[]: each through `names` if there are any, else hex */
	FIELD_FLAGS,	/* u32, u64 as a list: names[n] is bit n, "" has no name */
	FIELD_STATE,	/* u32 task_struct.__state: letter of /proc in JSON, bits in text */
	FIELD_ADDR,	/* u8[16]: an address of the record's family */
	FIELD_DERIVED,	/* size 0, at the end of a kind: `json` works it out from other members */
	/* of facts alone: session/fact_field.h */
	FIELD_ID,	/* u32, 0 as null */
	FIELD_TEXT,	/* const char *, NUL-terminated */
};

struct field;

/* Writes the value of the member as JSON. */
typedef void json_fn(struct buf *b, const struct event *ev, const struct field *f);

struct field {
	const char *name; /* as in JSON; the record's own spelling where JSON nests or renames it */
	const char *key;  /* `,"name":` */
	uint16_t key_len;
	uint16_t kind;	  /* WIRE_*; 0: the header, which every kind has */
	uint16_t offset;
	uint16_t size;
	uint8_t format;	  /* enum field_format */
	bool shown;	  /* in JSON; else only in the text form of records */
	const char *const *names; /* ENUM, FLAGS, STATE, BYTES: ended by NULL, "" is a gap */
	const char *unit; /* "ns", "errno", .. or NULL */
	const char *doc;  /* one line for `sigtrace fields` */
	json_fn *json;	  /* of a value that is not that of its row alone: each DERIVED, and a few others */
};

struct kind_info {
	const char *name; /* "task.exec" */
	uint16_t size;	  /* of the struct */
	bool tail;
	const struct field *fields; /* ended by name == NULL; without the header's */
};

/* NULL for an unknown kind. kind_info(0) has the header's fields. */
const struct kind_info *kind_info(unsigned kind);

/* WIRE_* by its name, 0 if there is none. */
unsigned kind_by_name(const char *name);

/*
 * The members of `ev` that contract.md lists for its kind, as `,"name":value` each: everything but
 * the envelope (type, seq, ts, time, session) and the braces. For the kinds that a task's hook
 * wrote tgid, pid, comm come first.
 */
void event_json(struct buf *b, const struct event *ev);

/*
 * The text form of a record, one line without newline: `kind name=value ..`, raw values, members
 * that are zero left out, strings quoted with C escapes, a tail as filename="..."
 * args=["..","..."]. event_parse() reads it back to the very bytes. For golden cases and debugging.
 */
void event_dump(struct buf *b, const struct event *ev);

/* One line of the text form -> a record in `out` (reset first). 0, or -1 with a message in `why`.
 * h.len, filename_len, args_len are computed. */
int event_parse(const char *line, struct buf *out, struct buf *why);

#endif
