/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the view of the Trace Event Format. */
#ifndef SIGTRACE_VIEW_CHROME_PARTS_H
#define SIGTRACE_VIEW_CHROME_PARTS_H

#include "view/view.h"

/*
 * The format's pid is a track here, and its tid a process. A tid that is equal to its pid is the
 * track's first line; no tgid may be, and the kernel gives out none above 4194304 (PID_MAX_LIMIT).
 */
#define TRACKS 10000000
#define KERNEL 9000000 /* the tid of a session's line of signals that no process sent */
#define NAME_MOST 80 /* code points of a command line in a name */
#define SENT 4096    /* a table of signals that wait; where two meet the newer is kept */

struct opened {
	uint64_t ts;
	uint64_t last; /* signal on its line of the kernel, 0: none */
	uint32_t session;
};

/* Where a signal was made that waits for its delivery. */
struct sent {
	uint64_t start; /* with tgid the target */
	uint32_t tgid;
	uint32_t pid;	/* the thread; 0: it is for the process */
	uint32_t sig;
	uint32_t more;	/* real-time signals may be queued: so many wait, and which is next is not known */
	uint64_t seq;	/* 0: none that is known */
	uint64_t ts;
	uint64_t track;
	uint64_t line;
};

struct chrome {
	struct view v; /* first: a struct view * of this view is a struct chrome * */
	struct buf text;
	bool begun;    /* the head is written */
	bool ended;    /* .. and the tail */
	uint64_t start;
	uint64_t now;  /* of the last record */
	uint32_t reason; /* WIRE_END_* */
	struct opened *open; /* sessions, by number */
	size_t nopen, cap;
	struct sent sent[SENT];
};

/* session 0: the track of what is in none. */
static inline uint64_t chrome_track(uint32_t session)
{
	return TRACKS + (uint64_t)session;
}

/* NULL: it is not told as open. */
struct opened *chrome_opened(struct chrome *c, uint32_t session);

/* ---- an event: chrome_text(), chrome_open() or one of the next two, chrome_args(), members, chrome_close() ---- */

/* c->text, escaped. */
void chrome_text(struct chrome *c, const char *name);
/* c->text is its name; cat may be NULL. */
void chrome_open(struct chrome *c, const char *ph, const char *cat, uint64_t pid, uint64_t tid);
void chrome_slice(struct chrome *c, const char *cat, uint64_t pid, uint64_t tid, uint64_t from, uint64_t to);
/* scope: t, p, g: how far it is drawn. */
void chrome_instant(struct chrome *c, const char *cat, uint64_t pid, uint64_t tid, uint64_t ts,
		    const char *scope);
/* Microseconds, to the nanosecond. */
void chrome_us(struct buf *b, const char *name, uint64_t ns);
/* ns from the trace's start, 0 for what was before. */
uint64_t chrome_since(const struct chrome *c, uint64_t ts);
void chrome_args(struct chrome *c, uint32_t session);
void chrome_close(struct chrome *c);
/* What c->text says is the name of a track ("process_name"), or of a line of it ("thread_name"). */
void chrome_name(struct chrome *c, const char *what, uint64_t pid, uint64_t tid);

/* ---- events ---- */

/* A process, from its start, or the trace's, to `end`. */
void chrome_process(struct chrome *c, const struct task *t, uint64_t end);
void chrome_generate(struct chrome *c, const struct engine *e, const struct event *ev, uint32_t session);
void chrome_deliver(struct chrome *c, const struct engine *e, const struct event *ev, uint32_t session);
void chrome_exit(struct chrome *c, const struct engine *e, const struct event *ev);
void chrome_lost(struct chrome *c, const struct event *ev);

#endif
