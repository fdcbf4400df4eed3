/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conditions on events and facts.
 *
 *	or    := and { "or" and }
 *	and   := not { ["and"] not }
 *	not   := "not" not | "(" or ")" | term
 *	term  := FIELD ("=" | "!=" | "<" | ">" | "<=" | ">=" | "~" | "contains" | "prefix") value
 *	       | FIELD "in" "(" value { "," value } ")"  |  FIELD          (one that is true or false)
 *	value := WORD | "STRING" | $FIELD
 *
 * A term on a field that is null is false, but for =null, !=. What cannot be told (the argv was cut,
 * the left event is not there yet) is COND_MAYBE.
 */
#ifndef SIGTRACE_COND_COND_H
#define SIGTRACE_COND_COND_H

#include "cond/attr.h"
#include "cond/lex.h"

struct node; /* as it was written: no kind yet */

/* The condition at x->now, up to what is none of it (which stays in x->now). NULL with *bad false:
 * there is none. NULL with *bad true: an error, which was told. Freed with node_free(). */
struct node *node_parse(struct lex *x, bool *bad);
void node_free(struct node *n);

struct cond; /* bound to a kind: ready to run */

/*
 * Binds it to a kind; `left` is the kind that $FIELD is of, 0: there is none. NULL: an error, which
 * was told to x. It needs n no longer. Freed with cond_free().
 */
struct cond *cond_bind(const struct node *n, struct lex *x, unsigned kind, unsigned left);
void cond_free(struct cond *c);

enum tri { COND_NO, COND_YES, COND_MAYBE };

/* Values of a left event, kept for when the right one comes. */
struct refs;

/* NULL: out of memory. */
struct refs *refs_take(const struct cond *c, const struct subject *left);
void refs_free(struct refs *r);

/* c NULL: yes. refs NULL: what needs them is COND_MAYBE. */
enum tri cond_is(const struct cond *c, const struct subject *s, const struct refs *refs);

/*
 * A number of the right event that must be that of the left one if c is to hold: by it those that
 * wait are found. One of refs and s is given. false: c has no such pair.
 */
bool cond_key(const struct cond *c, const struct refs *refs, const struct subject *s, int64_t *key);

/* What the subject has to say of each term, kept for when the left event becomes known. NULL: out of
 * memory. */
struct frozen *cond_freeze(const struct cond *c, const struct subject *s);
enum tri cond_thaw(const struct cond *c, const struct frozen *f, const struct refs *refs);
void frozen_free(const struct cond *c, struct frozen *f);

/* ---- a condition on whatever comes: -F ---- */

struct filter;

/* `name` stands for it in errors: "NAME:1:COLUMN: what" in why. NULL: an error. A term on a field
 * that a kind does not have is false there; one that no kind has is an error. */
struct filter *filter_new(const char *name, const char *text, size_t n, struct buf *why);
void filter_free(struct filter *f);
bool filter_wants(struct filter *f, const struct event *ev, const struct fact *fact,
		  uint32_t session);

#endif
