/* SPDX-License-Identifier: GPL-2.0-only */
/* What checks are made of; private to check/. */
#ifndef SIGTRACE_CHECK_PARTS_H
#define SIGTRACE_CHECK_PARTS_H

#include "check/check.h"
#include "cond/cond.h"

#define CHECK_STEPS 8 /* of an order */

/* What comes in: an event or a fact. */
struct seen {
	struct subject s;
	const struct engine *e;
	uint64_t ts, seq;
	bool guessed; /* a fact that loss made a guess */
};

struct pattern {
	unsigned kind; /* as of attr.h */
	struct cond *cond;
};

enum scope_type { SCOPE_ALL, SCOPE_COMMAND, SCOPE_SESSION };

struct scope {
	enum scope_type type;
	struct cond *cond; /* of session.open; NULL: any session */
	char *text;
	uint32_t *sessions; /* that it holds for */
	size_t n;
	size_t open;	    /* of these, not closed, or closed with somebody left */
	struct scope *next;
};

struct allow {
	struct pattern p;
	struct allow *next;
};

/* A left side that waits for its right one. Of each check in the order of their deadlines. */
struct duty {
	uint64_t ts, seq, deadline;
	struct refs *refs;
	bool maybe; /* it is not sure that the left side was one */
	struct check_failure show;
	struct duty *next, *prev;
	struct duty *near_next, *near_prev; /* in its bucket */
	unsigned bucket;
};

#define BUCKETS 1024 /* of duties, by what their right side must be equal to */

/* A right side of before its left one became known: facts are told late. */
struct past {
	uint64_t ts, seq;
	struct frozen *frozen;
	bool guessed;
	struct past *next, *prev;
};

struct first {
	bool any, maybe;
	uint64_t ts, seq;
	struct check_failure show;
};

struct check {
	struct check_info info;
	struct scope *scope;
	struct allow **allows;
	size_t nallows;
	struct pattern pat[CHECK_STEPS];
	size_t npat;
	bool right_no;
	uint64_t within, min, max;
	uint64_t sees; /* bit WIRE_*: a loss of this kind is a loss to this check */
	uint64_t yes, maybe, guessed, broken;
	uint64_t folded; /* of `every`: told by a count, without the time of each */
	uint64_t behind; /* told by a count, behind the end of their process */
	uint64_t kept; /* duties that were kept */
	struct duty *duties;
	struct duty **buckets; /* NULL until there is a duty */
	size_t nduties;
	struct past *pasts;
	struct first first[CHECK_STEPS];
	struct check_failure failures[CHECK_FAILURES];
	size_t nfailures;
	struct refs *late[CHECK_FAILURES]; /* of what did not come in time and may come yet */
	uint64_t open; /* duties that the end cut short */
	struct buf why;
	struct check_result result;
};

/* Which checks a kind is for. */
struct by_kind {
	struct check **v;
	size_t n;
};

struct checks {
	struct check_options opt;
	struct check **v;
	size_t n;
	struct scope *scopes, *scope; /* all; the one in force while loading */
	struct allow *allows;	      /* those in force while loading are the first ones */
	unsigned held;		      /* line of a scope or allow that no check stands below yet */
	struct allow *allows_end;     /* where those of another load begin */
	char **names;
	size_t nnames;
	struct by_kind by_kind[ATTR_KINDS];
	uint64_t due;	     /* no duty is over before */
	uint64_t lost_kinds; /* bit WIRE_* */
	uint64_t lost;
	uint64_t began, now;
	uint32_t reason;     /* WIRE_END_*, 0: no end came */
	struct buf scratch;
	bool failed;	     /* memory ran out: nothing passes */
	bool finished;
};

/* duty.c */
void duty_left(struct checks *c, struct check *k, const struct seen *s, enum tri is);
void duty_right(struct checks *c, struct check *k, const struct seen *s);
/* Those whose time is over. */
void duty_due(struct checks *c, const struct engine *e);
/* The stream is over. */
void duty_finish(struct checks *c, struct check *k, const struct engine *e);
/* An event that an allow line names. COND_MAYBE: perhaps. */
enum tri check_allowed(const struct check *k, const struct subject *s);
void duty_free(struct check *k);

/* settle.c */
void check_settle(struct checks *c, struct check *k, const struct engine *e);
bool scope_is_closed(const struct checks *c, const struct check *k, const struct engine *e);

/* show.c: what a failure shows. The strings are the failure's own. */
void show_fill(struct check_failure *f, const struct checks *c, const struct seen *s);
/* Without command lines: for one of many. */
void show_brief(struct check_failure *f, const struct checks *c, const struct seen *s);
void show_instead(struct check_failure *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The context is that of the moment in which it is known to be one. */
void show_context(struct check_failure *f, const struct engine *e, const struct fact *fact);
void show_free(struct check_failure *f);
/* Takes the failure over, or frees it when there are enough. */
struct check_failure *check_break(struct check *k, struct check_failure *f);

#endif
