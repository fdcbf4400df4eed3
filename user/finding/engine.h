/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: records in, facts out. A pure fold: no clock, no I/O; the same records give the same
 * facts, live and in a replay.
 */
#ifndef SIGTRACE_FINDING_ENGINE_H
#define SIGTRACE_FINDING_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/fact.h"
#include "world/task.h"

struct engine;
struct session;

/*
 * Who listens to an engine. For every record first `event`, then the facts that it completed; both
 * may be NULL. What they are handed lives until they return.
 */
struct sink {
	void *ctx;
	/* session: number of the session that the event belongs to, 0: none */
	void (*event)(void *ctx, const struct engine *e, const struct event *ev, uint32_t session);
	void (*fact)(void *ctx, const struct engine *e, const struct fact *f);
};

/* NULL when memory ran out. `sink` is copied. The caller frees with engine_free(). */
struct engine *engine_new(const struct sink *sink);
void engine_free(struct engine *e);

/*
 * Takes one record. Returns EVENT_OK, or why the bytes are no record (nothing has changed then).
 * After TRACE_END every open session is closed with what is known, and no record may follow.
 */
enum event_error engine_feed(struct engine *e, const void *rec, size_t len);

/*
 * The ts at which the engine wants to hear a trace.tick, should no other record come by then;
 * UINT64_MAX: it waits for nothing. The live source asks; a replay finds the ticks in the stream.
 */
uint64_t engine_deadline(const struct engine *e);

/*
 * Takes the processes that the engine wants a task.snapshot of, followed by a trace.ready with
 * asked = 1: at most `max` tgids into `tgids`, returns how many. Live sources answer; a replay
 * finds the answers in the stream.
 */
size_t engine_asks(struct engine *e, uint32_t *tgids, size_t max);

/*
 * After a loss of records: has the engine a question about who is alive? *n 0: it wants a task.snapshot
 * of all that is traced, then trace.ready with WIRE_ASKED_ALL. Else of these processes, with what else
 * the first snapshot tells, then trace.ready with WIRE_ASKED_DOUBT. Valid until the next record. Live
 * sources answer at once; a replay finds the answers in the stream.
 */
bool engine_census(const struct engine *e, const struct task_key **doubted, size_t *n);

/*
 * A session without a terminal whose channel may be closed while its connection goes on: of that only
 * the pipes tell. Live sources look now and then who has their other ends, and hand out a task.place
 * of the root when that is not what was told last; a replay finds these in the stream.
 */
#define ENDS_TGIDS 64
struct ends_view {
	uint32_t session;
	struct task_key root;
	const char *comm;    /* of the root: WIRE_COMM bytes at most; until the next record */
	uint32_t server;     /* tgid */
	uint64_t pipe[2];    /* stdin, stdout */
	uint32_t told;	     /* WIRE_ENDS_*; 0: nothing yet */
	uint32_t tgids[ENDS_TGIDS]; /* of its processes; those beyond are not looked at */
	size_t n;
};
/* The first such session behind the number `after`, of those that were opened before `ts`. */
bool engine_ends(const struct engine *e, uint32_t after, uint64_t ts, struct ends_view *v);

/* A stream that stops at ts without a trace.end: whoever wrote it was killed, or it is cut off. */
void engine_cut(struct engine *e, uint64_t ts);

/*
 * Hands out what is known as the records with which a stream begins, trace.begin to trace.ready: for a
 * recording that goes on in another file. The bytes live until `put` returns.
 */
void engine_state(const struct engine *e, void (*put)(void *ctx, const void *rec, size_t len),
		  void *ctx);

/*
 * The command of `-- CMD`, or the process of -p: its tree lives on behind it. Who is left is told
 * as orphans of session 0 when trace.end says that the kernel was asked (`looked`), which live
 * sources do some time after its end: task.snapshot of those in engine_left(), trace.ready.
 */
struct command_view {
	bool is;	/* the trace is of one */
	uint32_t tgid;
	uint64_t ended; /* ts; 0: it has not */
	bool looked;
	size_t left;	/* of its tree alive, as far as records tell; not itself */
};
struct command_view engine_command(const struct engine *e);
/* Was it done by, or to, the command or one of its tree? Always, if nothing else is traced. */
bool engine_of_command(const struct engine *e, const struct event *ev);
/* Are the processes that it is about known? Those that have ended are forgotten. */
bool engine_knows(const struct engine *e, const struct event *ev);
/* Of its tree, alive: at most `max` tgids; how many there are. */
size_t engine_left(const struct engine *e, uint32_t *tgids, size_t max);

/* Totals for trace.end and the summary. */
struct totals {
	uint64_t records; /* taken, trace.begin and trace.end included */
	uint64_t lost;
	uint64_t coalesced; /* signals that share a record with others like them */
	uint64_t evicted; /* tasks, sessions, Ctrl-Cs and ports that were one too many to be kept */
	uint64_t missing; /* of these and of the lost, what may lack in what is told */
	uint64_t sessions;
	uint64_t open;	  /* sessions that are open now */
	uint64_t orphans;
	uint64_t intended; /* of these, left on purpose */
	uint64_t interrupts; /* facts of this kind, of any origin */
	uint64_t typed;	     /* of these, keys of a terminal */
};
struct totals engine_totals(const struct engine *e);
/* How many of the lost ones were of this kind; 0: of no known one. */
uint64_t engine_lost_of(const struct engine *e, unsigned kind);

/* Memory ran out: from then on facts are guessed at best, and some may be missing. */
bool engine_failed(const struct engine *e);

const struct world *engine_world(const struct engine *e);
/* The trace.begin record, all zero before it came. */
const struct wire_begin *engine_begin(const struct engine *e);

/* What a view may want to know of a session. */
struct session_view {
	uint32_t number;
	const char *user;
	uint32_t pty;
	const struct wire_sock *sk; /* NULL: the connection was not seen */
	enum request request;
	const struct task *root;   /* NULL when it is not known (any more) */
	const struct task *server; /* likewise */
	uint32_t root_tgid;
};
/* false when the number is not (or no longer) known. */
bool engine_session(const struct engine *e, uint32_t number, struct session_view *v);

/*
 * Is this record a signal that a fact tells (a typed Ctrl-C's, a hang-up's at the session's end)?
 * For views that would say it twice.
 */
bool engine_told(const struct engine *e, const struct event *ev);

#endif
