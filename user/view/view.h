/* SPDX-License-Identifier: GPL-2.0-only */
/* A view turns events and facts into bytes. It never does I/O: the caller writes what is in `out`. */
#ifndef SIGTRACE_VIEW_VIEW_H
#define SIGTRACE_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cond/cond.h"
#include "finding/engine.h"

/* What to show; from FILTER options. Applies to events and, where it can, to facts. */
struct view_filter {
	uint64_t signals; /* bit N-1: show signal N; 0: all. -s */
	uint32_t kinds;	  /* bit WIRE_*: show; facts are bits 24 + FACT_*; 0: all. -e */
	bool failed;	  /* -x: only what was ignored, blocked or failed */
	uint32_t session; /* --session, 0: all */
	const char *user; /* -u, NULL: all */
	uint32_t tty;	  /* -t, 0: all */
	const char *peer; /* --peer ADDR[:PORT], NULL: all */
	struct filter *where; /* -F, NULL: all; the caller's */
};

#define VIEW_FACT_BIT(kind) (UINT32_C(1) << (24 + (kind)))

struct view_options {
	struct view_filter filter;
	bool color;
	bool verbose; /* -v */
	bool quiet;   /* -q: no events and facts, only what end() has to say */
};

struct view {
	const struct view_ops *ops;
	struct view_options opt;
	struct buf out; /* what is to be written; the caller takes away what was */
	bool slow;	/* set by the caller: who reads it falls behind, make less of events */
};

/* Each may be NULL. */
struct view_ops {
	const char *name;
	void (*event)(struct view *v, const struct engine *e, const struct event *ev, uint32_t session);
	void (*fact)(struct view *v, const struct engine *e, const struct fact *f);
	/* no longer slow: what was left out is told */
	void (*catch_up)(struct view *v, const struct engine *e);
	/* after TRACE_END was fed */
	void (*end)(struct view *v, const struct engine *e);
	/* frees what it holds besides itself */
	void (*free)(struct view *v);
};

/* Views are allocated by their constructors and freed with view_free(). NULL: out of memory. */
struct view *view_text_new(const struct view_options *opt);
struct view *view_json_new(const struct view_options *opt);
/*
 * The Trace Event Format, one JSON object: a track a session with a slice a process, Ctrl-Cs and signals as
 * instants, arrows from a signal to its delivery. Its end() may be called without a trace.end before it:
 * what is open goes on to the last record then, and the JSON is whole.
 */
struct view *view_chrome_new(const struct view_options *opt);
/* `sigtrace sessions`: a row a session, at the end. */
struct view *view_sessions_new(const struct view_options *opt);
void view_free(struct view *v);

/*
 * Does the filter let it pass? Shared by all views. trace.begin, trace.end and trace.lost always
 * do.
 */
bool view_wants_event(const struct view *v, const struct engine *e, const struct event *ev,
		      uint32_t session);
bool view_wants_fact(const struct view *v, const struct engine *e, const struct fact *f);

/* ts -> "14:02:11.318" and "2026-11-23 14:02:11", local to where it was recorded; -> RFC 3339 UTC
 * with nanoseconds; -> ms since that local midnight. */
void view_clock(struct buf *b, const struct wire_begin *begin, uint64_t ts);
void view_date(struct buf *b, const struct wire_begin *begin, uint64_t ts);
void view_time(struct buf *b, const struct wire_begin *begin, uint64_t ts);
uint32_t view_day_ms(const struct wire_begin *begin, uint64_t ts);

/* view_time() for records in order: what is the same for a whole second is kept. Zero-initialised
 * is empty. */
struct view_second {
	int64_t sec;
	bool kept;
	char text[20]; /* "2026-11-23T14:02:11.", no NUL */
};
void view_time_kept(struct buf *b, const struct wire_begin *begin, uint64_t ts, struct view_second *s);

#endif
