/* SPDX-License-Identifier: GPL-2.0-only */
/* The text view's own parts. */
#ifndef SIGTRACE_VIEW_TEXT_H
#define SIGTRACE_VIEW_TEXT_H

#include "event/names.h"
#include "view/view.h"

#define TEXT_RING 1024

/* A signal that an interrupt tells: the death that follows needs no line of its own. */
struct text_told {
	uint64_t start;
	uint32_t tgid;
	uint32_t sig;
};

/* Lines of events that were not written, since whoever reads falls behind. */
struct text_folded {
	uint64_t all;	  /* as many as they stand for */
	uint64_t ts;	  /* of the last one */
	uint64_t kinds[WIRE_KIND_MAX + 1];
	uint64_t generate[SIG_MAX + 1], deliver[SIG_MAX + 1]; /* of those of the two kinds */
};

struct text {
	struct view v; /* first: a struct view * of this view is a struct text * */
	bool begun;    /* the header line is out */
	/* By number modulo size: of two that are so far apart and both alive the newer counts. */
	uint32_t rooted[TEXT_RING]; /* sessions whose root has called exec, or that are open */
	uint32_t gone[TEXT_RING];   /* sessions whose end a `gone` line has explained */
	struct text_told told[TEXT_RING];
	struct text_folded folded;
};

/* Colours by meaning; SGR parameters. */
#define TEXT_DIM    "2"
#define TEXT_GOOD   "32"
#define TEXT_NOTICE "33"
#define TEXT_WARN   "1;33"
#define TEXT_ALARM  "1;31"

struct text_row {
	uint64_t ts;
	uint32_t session; /* 0: none */
	const char *mark; /* behind the session's number: "+", "-" or NULL */
	const char *user; /* NULL: not known */
	const char *event;
	const char *comm; /* NULL: of no process */
	uint32_t tgid;
	bool child;	  /* indented: below the server's process that the session hangs on */
	const char *sgr;  /* NULL: no colour */
};

/* A line up to its DETAIL, which the caller appends to v.out; the header before the first. */
void text_row(struct text *t, const struct engine *e, const struct text_row *r);
/* A further line of the same row, up to DETAIL. */
void text_next(struct text *t, const struct text_row *r);
void text_done(struct text *t, const struct text_row *r);

void text_cstr(struct buf *b, const char *s); /* a hostile string; NULL as "?" */
/* A fact's why: names in it are escaped already, so a backslash stays as it is. */
void text_sentence(struct buf *b, const char *s);
void text_task(struct buf *b, const char *comm, uint32_t tgid);
void text_count(struct buf *b, uint64_t n, const char *one, const char *many);
/* "status 3", "killed by SIGSEGV (core dumped)" */
void text_exit_code(struct buf *b, uint32_t code);
/* "^C" of SIGINT; NULL when no key makes the signal */
const char *text_key(uint32_t sig);

/* text_fold.c: what is noise unless asked for. To be asked once for every event, in order. */
bool text_shows(struct text *t, const struct engine *e, const struct event *ev,
		uint32_t session);

/* text_slow.c: false: the event gets its line. To be asked for events that are shown, and before a
 * fact's line text_catch_up(). */
bool text_folds(struct text *t, const struct event *ev);
void text_catch_up(struct text *t, const struct engine *e);

/* "signal" of WIRE_SIGNAL_GENERATE */
const char *text_label(unsigned kind);
void text_grouped(struct buf *b, uint64_t n); /* 48,211 */

void text_confidence(struct buf *b, const struct fact *f);

/* The row so far has ts, session and user; the caller ends the line. */
void text_interrupt(struct text *t, const struct engine *e, const struct fact *f,
		    struct text_row *r);

/* "sleep 140 died after 46 us", "timeout 150 was not reached: is in another process group" */
void text_member(struct buf *b, const struct fact_interrupt *i, const struct fact_member *m);
void text_missed(struct buf *b, const struct fact_missed *m);
/* The colour of what it came to. */
const char *text_interrupt_sgr(const struct fact_interrupt *i);

/* text_event.c, text_fact.c */
void text_event(struct view *v, const struct engine *e, const struct event *ev, uint32_t session);
void text_fact(struct view *v, const struct engine *e, const struct fact *f);

#endif
