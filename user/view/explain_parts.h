/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the explain view, private to it. */
#ifndef SIGTRACE_VIEW_EXPLAIN_PARTS_H
#define SIGTRACE_VIEW_EXPLAIN_PARTS_H

#include "view/evidence.h"
#include "view/explain.h"
#include "view/roster.h"

#define SENDERS 64
#define SEQS 64	     /* of the evidence of one fact that are kept */
#define COMMAND_SHOWN 200 /* code points, without -v */

/* Who has sent a signal: when its Ctrl-C is told, it may be gone and forgotten. */
struct sender {
	uint64_t ts;
	uint32_t tgid;
	uint32_t sig;
	uint32_t session; /* 0: none */
	uint32_t uid;
	char comm[WIRE_COMM];
};

struct senders {
	struct sender s[SENDERS];
	unsigned next;
};

void senders_take(struct senders *s, const struct engine *e, const struct event *ev);
/* "kill 4242 of session #3 (bob)", "kill 4242 (root, in no ssh session)" */
void sender_put(struct buf *b, const struct engine *e, const struct roster *r,
		const struct sender *s);
/* The last one that fits, NULL: it is not known (any more). */
const struct sender *senders_find(const struct senders *s, uint32_t tgid, uint32_t sig);

struct seqs_kept {
	uint64_t v[SEQS];
	size_t n;
};
void seqs_keep(struct seqs_kept *k, const uint64_t *v, size_t n);

/* A Ctrl-C whose paragraph is not complete: its verdict comes behind who was left. */
struct pending {
	bool any;
	uint32_t session;
	struct fact_interrupt i; /* without what it points to, but `why` */
	enum confidence confidence;
	char *why;
	const char *advice; /* NULL: none */
	struct seqs_kept seqs;
	size_t nmembers, nmissed, ended;
	size_t left, intended;
	bool closed;	/* the end of its session was told, and how many it left: */
	size_t orphans;
};

struct processes;
struct processes *processes_new(uint32_t tgid);
void processes_free(struct processes *p);
void processes_event(struct processes *p, const struct engine *e, const struct event *ev,
		     uint32_t session);
void processes_fact(struct processes *p, const struct fact *f);

struct explain {
	struct view v; /* first: a struct view * of this view is a struct explain * */
	struct question q;
	struct roster roster;
	struct senders senders;
	struct pending pending;
	struct processes *processes; /* NULL: none is asked for */
	struct evidence *evidence;   /* NULL: not -v */
	uint64_t now;
	unsigned told; /* Ctrl-Cs */
};

/* A line of a paragraph up to its text: explain_label(x, "verdict"); and its end. */
struct buf *explain_label(struct explain *x, const char *label, const char *sgr);
void explain_end_line(struct explain *x, const char *sgr);
/* "2026-11-23 14:02:11.318" */
void explain_when(struct buf *b, const struct engine *e, uint64_t ts);
/* Their numbers, and their lines, with -v. */
void explain_evidence(struct explain *x, const struct seqs_kept *seqs);

/* explain_interrupt.c */
void explain_interrupt(struct explain *x, const struct engine *e, const struct fact *f);
void explain_left(struct explain *x, const struct fact *f);
/* What is still to be said of the last one. */
void explain_settle(struct explain *x);

/* explain_process.c: what became of the process that is asked for. */
void explain_processes(struct explain *x, const struct engine *e);

#endif
