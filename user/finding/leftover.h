/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What past ssh sessions left behind, told from one look at /proc: a table of evidence, and a table
 * of rules over it. No single piece of evidence is trusted: SSH_CONNECTION is inherited by whatever
 * a session starts, cron and consoles have audit sessions too, daemons are adopted by pid 1.
 */
#ifndef SIGTRACE_FINDING_LEFTOVER_H
#define SIGTRACE_FINDING_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/procinfo.h"

struct leftover;
struct leftovers;

enum leftover_class {
	LEFTOVER_NONE, /* of no past session, or nothing says so */
	LEFTOVER_ON_PURPOSE,
	LEFTOVER_LIKELY,
	LEFTOVER_CERTAIN,
};

struct leftover_rule {
	const char *id;
	enum leftover_class class;
	bool (*is)(const struct leftovers *all, const struct leftover *v);
	const char *why; /* one sentence */
};

struct leftover {
	struct procinfo *p;
	const struct leftover *parent;	  /* NULL: none that is seen */
	const struct leftover_rule *rule; /* NULL: not judged yet */
	struct procinfo_addr from;	  /* the client; family 0: not known */
	uint32_t evidence;		  /* bits, for leftover_evidence() */
	uint32_t place;			  /* private: PLACE_* */
};

struct leftovers {
	const struct procinfo_scan *scan;
	struct leftover *v; /* one a process, in the order of the scan */
	size_t n;
	struct leftover_login *logins; /* private: by sessionid */
	size_t nlogins;
};

/* By its name, that of an ssh server or of one of its processes? */
bool leftover_is_server(const struct procinfo *p);

/*
 * For a scan whose servers have their details. Tells who is to be looked at closely: see
 * leftover_is_suspect(). The scan must outlive it. 0, or -1: no memory. The caller calls
 * leftovers_free().
 */
int leftovers_init(struct leftovers *all, const struct procinfo_scan *scan);

/* Its details, and its parent's, decide. */
bool leftover_is_suspect(const struct leftover *v);

/* Sets rule and from of all, once suspects and their parents have their details. */
void leftovers_judge(struct leftovers *all);

void leftovers_free(struct leftovers *all);

/* Calls `put` with the id of each piece of evidence, and, of what was left on purpose, of the sign
 * of that. */
void leftover_evidence(const struct leftover *v, void (*put)(void *ctx, const char *id), void *ctx);

/* The rule's sentence and what the evidence says, as prose. */
void leftover_why(struct buf *b, const struct leftover *v);

const char *leftover_class_name(enum leftover_class class);

#endif
