/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a condition can name: the members of JSON, from the field tables of records and of facts,
 * with the type that decides which operators and values go with each.
 */
#ifndef SIGTRACE_COND_ATTR_H
#define SIGTRACE_COND_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "session/fact_field.h"

/* A kind of event is its WIRE_*, a fact ATTR_FACT + FACT_*. */
#define ATTR_FACT 24
#define ATTR_KINDS 32

/* 0 if there is none. Short names too: signal, deliver, fork, exec, exit, key .. */
unsigned attr_kind(const char *name, size_t len);
/* The full name, NULL when there is no such kind. */
const char *attr_kind_name(unsigned kind);
/* Every name that attr_kind() takes, for parse_nearest(). */
const char *const *attr_kind_names(size_t *n);

enum attr_type {
	ATTR_NUMBER,
	ATTR_TIME,    /* ns */
	ATTR_BOOL,
	ATTR_SIGNAL,
	ATTR_SI_CODE,
	ATTR_ENUM,    /* through `names` */
	ATTR_TTY,
	ATTR_STRING,
	ATTR_ADDR,    /* address and port */
	ATTR_SIGNALS, /* a set */
	ATTR_FLAGS,   /* a set through `names` */
	ATTR_KIND,    /* of an event or fact */
};

/* "a number", "a signal" .. */
const char *attr_type_says(enum attr_type t);
/* "number", "signal" .., for the list of fields */
const char *attr_type_name(enum attr_type t);

/* What is looked at: one of ev and f. */
struct subject {
	unsigned kind;
	const struct event *ev;
	const struct fact *fact;
	uint32_t session;
	struct buf *scratch; /* strings that are made up on the way */
};

struct value {
	bool null;
	bool cut;  /* the string is not all of it */
	int64_t n; /* numbers, sets, numbers behind names */
	const char *p;
	size_t len;
};

struct attr {
	const char *name;
	enum attr_type type;
	bool nullable;
	bool comm; /* at most 15 bytes */
	const char *const *names;
	const struct field *f;
	const char *unit; /* NULL: none */
	const char *doc;
	void (*get)(const struct subject *s, const struct attr *a, struct value *v);
};

#define ATTR_MOST 48 /* of one kind */

/* The attributes of a kind: how many; out has room for ATTR_MOST. */
size_t attr_list(unsigned kind, struct attr *out);
bool attr_find(unsigned kind, const char *name, size_t len, struct attr *a);

#endif
