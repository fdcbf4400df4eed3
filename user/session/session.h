/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened: ssh sessions, their processes, and each Ctrl-C in them, in order. The verdicts are
 * finding/'s: this part only collects, decides when a thing is complete, and queues it.
 */
#ifndef SIGTRACE_SESSION_SESSION_H
#define SIGTRACE_SESSION_SESSION_H

#include "session/census.h"
#include "session/conn.h"
#include "session/pending.h"
#include "session/seqs.h"

#define MS UINT64_C(1000000)
#define ANSWER_WAIT (500 * MS) /* for the kernel's answer; live it takes a few ms */
#define SERVER_LAG (500 * MS) /* that a server may take to end after the command did */
#define LOST_CPUS 256 /* as bpf/emit.h counts them */

/* Most that are kept. Above them the oldest goes, be it open or one that is closed and that its
 * orphans keep; of Ctrl-Cs that are not yet resolved the new one is not taken in. */
#define SESSIONS_MOST 8192
#define CLOSED_MOST 2048
#define INTERRUPTS_MOST 1024
#define INTERRUPTS_OF_ONE 64 /* session */
#define ASKS_MOST 65536 /* a replay takes none: it has the answers */

/* What a session has a process for. Each is held, and knows of it. */
struct role {
	struct session *session;
	struct task *task; /* NULL: none (any more) */
	struct role *next, *prev; /* list of its task's */
};

enum role_kind { ROLE_ROOT, ROLE_SERVER, ROLE_KEEPER, ROLES };

struct member;
struct sessions;
struct interrupt;

enum session_state {
	SESSION_OPEN,
	SESSION_SETTLING, /* it ended; what it signals takes effect now */
	SESSION_ASKED,	  /* the kernel was asked who is left */
	SESSION_DONE,	  /* queued for its verdicts */
};

struct session {
	uint32_t number;
	enum session_state state;
	struct task *root;   /* NULL for a connection without a command */
	struct task *server; /* the server's process that forked the root */
	struct task *keeper; /* of a server with one process for many connections, that one; else NULL */
	struct role roles[ROLES]; /* of these three */
	struct conn *conn;   /* NULL: not seen */
	enum confidence conn_sure; /* that it is this one */
	struct wire_sock sk; /* the connection's; family 0: not known */
	struct mark opened;
	struct mark root_exit;
	struct mark server_exit;
	struct mark keeper_exit; /* where that is not the server's process */
	struct mark unseen;  /* the root or the server's process is gone, and no record told how */
	struct task_place place; /* of its root at its first exec */
	uint32_t ends;	     /* WIRE_ENDS_*, as last told */
	uint32_t ends_had;   /* .. and as ever told */
	struct mark unplugged; /* no terminal: the server let go of its pipes, though they are in use */
	bool unplugged_at_once; /* of both of them */
	struct mark hangup;  /* SIGHUP of the kernel to the root of a pty session */
	bool hangup_alive;   /* the server's process was still alive then */
	uint64_t ended;	     /* ts of the first of the above that ended it */
	uint64_t asked_seq;  /* of the record with which the kernel was asked */
	struct timer deadline; /* of the present state */
	uint32_t pty;
	uint32_t uid;
	char user[40];
	enum request request;
	char *command;	     /* bytes of the request's command line */
	size_t command_len;
	uint32_t root_tgid;
	bool root_placed;    /* as task_placed(): the two that follow are known */
	uint32_t root_pgid;
	uint32_t root_sid;   /* the server's own where it does not call setsid() for a command */
	uint64_t root_ignored; /* signals ignored at the root's first exec */
	bool preexisting;
	bool interactive;    /* a shell on a pty */
	bool replaced;	     /* the shell has exec'd another program in its place */
	uint32_t processes;
	uint64_t lost_records; /* so far, at its opening */
	uint64_t missing_before; /* the same with what was not kept: sessions_missing() */
	struct task *members; /* live processes, in the order of their appearance */
	struct member *gone; /* those that went after the session had ended, by what they were told */
	size_t ngone;
	struct session *next, *prev;
	struct session *conn_next, *conn_prev; /* list of its connection's */
	struct session *asked_next, *asked_prev; /* list of those that are SESSION_ASKED */
	struct session *told_next; /* a list of whoever makes one */
	struct session *stale_next;
	bool stale;	     /* is on the list of what may have become useless */
	UT_hash_handle hh;
};

struct member {
	struct task_key key;
	struct task_key parent; /* at its fork */
	char comm[WIRE_COMM];
	enum outcome outcome;
	uint64_t ts;	     /* of the signal */
	uint64_t seq;
	uint64_t end_ts;     /* of the outcome */
	uint64_t end_seq;
	uint64_t deliver_ts; /* 0: not delivered (yet) */
	uint64_t deliver_seq;
	uint32_t exit_code;
	uint32_t disposition;
	uint32_t flags;	     /* WIRE_SIG_*, of the signal */
	uint32_t state;	     /* task_struct.__state, then */
	bool blocked;	     /* in every thread, then */
	bool shell;	     /* the session's interactive shell */
	bool gone;	     /* ended all the same, of something else */
	bool forked;	     /* its fork was seen */
	bool execed;	     /* and its last exec, when exec_ignored was ignored already */
	uint64_t exec_ignored;
	uint64_t asked_seq;  /* of the snapshot that was asked for, 0: none came; `now` is it */
	struct wire_task now;
	struct parent_of_member {
		bool known;	/* what it ignores, by its own signal or a snapshot */
		bool shell;
		uint64_t ignored;
		uint64_t seq;	/* of that snapshot, 0: none */
	} above;
};

struct missed;

/* Why a process did not get it: a row of the table in missed.c. */
struct missed_row {
	const char *id; /* for scripts: it stays, the sentence may change */
	enum reason reason;
	bool (*is)(const struct sessions *s, const struct interrupt *i, const struct task *t);
	const char *text; /* a clause, with the process as its subject */
};

struct missed {
	struct task_key key;
	struct task_key parent; /* at its fork */
	char comm[WIRE_COMM];
	const struct missed_row *row;
	uint64_t exec_ignored; /* as of a member, 0: not known */
	uint64_t seq;	       /* of the snapshot that was asked for, 0: none came */
};

/* A terminal that a key passed through: a program read it there as data and sent it on. */
struct hop {
	struct task_key key;
	char comm[WIRE_COMM];
	uint32_t tty;
	uint64_t key_seq;
};

#define HOPS 4

struct interrupt {
	uint32_t session;
	bool client;	    /* it met the client of the session's connection, on this host */
	enum origin origin;
	uint32_t sig;
	uint32_t tty;
	uint32_t fg_pgid;
	uint32_t sender_tgid;
	uint32_t sender_session;
	char sender_comm[WIRE_COMM];
	struct hop via[HOPS]; /* from the user's terminal on; `tty` is where it ended */
	size_t nvia;
	uint64_t ts;
	uint64_t last;	    /* ts of its last signal */
	uint64_t key_seq;   /* of the keystroke, 0: not seen */
	bool raw;	    /* ISIG was off: the byte is data */
	struct task_key reader; /* .. for this one */
	char reader_comm[WIRE_COMM];
	bool quoted;	    /* no signal came of it, though there was somebody to take one */
	uint32_t more;	    /* further keys right behind it that were data too */
	struct member *members;
	size_t nmembers;
	struct missed *missed;
	size_t nmissed;
	bool looked;	    /* for those who were missed */
	struct task_key *ancestors; /* of its members, at their signals */
	size_t nancestors;
	uint64_t asked_seq; /* of the record with which the kernel was asked, 0: not (yet) */
	uint64_t asked_ts;
	bool answered;
	/* pending.c, as long as it is not resolved */
	uint64_t nth;
	struct queue *its, *at_tty; /* of its session; of its terminal, NULL: it was not typed at one */
	bool asked;	    /* is on that list */
	struct timer look;  /* its deadline, once it is the first of its session */
	struct meeting *meetings; /* with those of its members that live */
	struct interrupt *next, *prev;
	struct interrupt *its_next, *its_prev;
	struct interrupt *tty_next, *tty_prev;
	struct interrupt *asked_next, *asked_prev;
};

enum done_kind { DONE_OPEN = 1, DONE_INTERRUPT, DONE_CLOSE, DONE_FATE };

/* Something complete, for finding/. It owns `interrupt`. */
struct done {
	enum done_kind kind;
	struct session *session;
	struct interrupt *interrupt;
	const struct task *task; /* of DONE_FATE: an orphan that has ended */
	struct done *next;
};

struct sessions {
	struct world *world;
	struct conns conns;
	struct session *list; /* open ones, and done ones that still have live processes */
	struct session *by_number; /* the same */
	struct session *asked;	/* of these, the ones that wait for the kernel's answer */
	struct session *stale;	/* .. that may have become useless */
	unsigned closed;	/* of `list`, the done ones */
	struct timers deadlines; /* of sessions */
	struct census census;
	struct session *command; /* number 0: that of `-- CMD` or -p, tree.c; NULL: there is none */
	uint32_t command_tgid;	 /* 0: none is traced */
	bool command_alone;	 /* nothing but its tree is traced */
	uint64_t ready_seq;	 /* of the last answer of the kernel */
	struct pending pending; /* Ctrl-Cs */
	struct done *done, *done_tail;
	uint32_t *asks;
	size_t nasks, cap_asks;
	uint32_t count;	  /* sessions so far: the last number */
	uint64_t lost;	  /* records, so far */
	uint64_t lost_kinds[WIRE_KIND_MAX + 1]; /* of these; 0: of no known kind */
	uint64_t evicted; /* sessions and Ctrl-Cs that were not kept */
	uint64_t evicted_closed; /* of these, sessions of which all was told but their orphans' fate */
	uint64_t evicted_open; /* and those of which the end was not */
	uint64_t lost_of[LOST_CPUS][WIRE_KIND_MAX + 1]; /* the totals that were told */
	uint64_t now;	  /* ts of the newest record: time never goes back */
	uint64_t seq;	  /* of the newest record */
	uint64_t due;	  /* no deadline is earlier than this */
	bool sweep;	  /* something may have become useless */
	bool late;	  /* a session was opened on a connection that had begun to end */
	bool ready;	  /* the first snapshot is complete */
	bool failed;	  /* memory ran out */
};

void sessions_init(struct sessions *s, struct world *w);
void sessions_free(struct sessions *s);

/* Takes one record, after world_apply(). */
void sessions_apply(struct sessions *s, const struct event *ev);

/* What may lack in what is told: records that were lost, things that were not kept. */
uint64_t sessions_missing(const struct sessions *s);

/* The next complete thing, NULL: none. The caller gives it back with sessions_release(). */
struct done *sessions_next(struct sessions *s);
void sessions_release(struct sessions *s, struct done *d);

/* After the facts of a record were told: forgets what nothing needs any more. */
void sessions_sweep(struct sessions *s);

/* The earliest deadline, UINT64_MAX: none. */
uint64_t sessions_deadline(const struct sessions *s);

/* Closes what has ended already; what is still open stays so. For TRACE_END. */
void sessions_finish(struct sessions *s);

struct session *session_find(const struct sessions *s, uint32_t number);
/* The ts of the first sign of its end, 0: there is none. */
uint64_t session_end(const struct session *x);
/* Which session the event belongs to, 0: none. */
uint32_t session_of(const struct sessions *s, const struct event *ev);
/* Which session a terminal belongs to, by its session leader, else by its foreground group. */
uint32_t session_of_tty(const struct sessions *s, uint32_t sid, uint32_t pgid);

/* Parts of session.c that live in files of their own. */
void session_asks(struct sessions *s, uint32_t tgid);
void session_due(struct sessions *s, uint64_t deadline);
/* The deadline of a session, in place of the one before. */
void session_deadline(struct sessions *s, struct session *x, uint64_t ts);
void session_done(struct sessions *s, enum done_kind kind, struct session *session,
		  struct interrupt *interrupt);
/* An orphan of a session that was told has ended. */
void session_fate(struct sessions *s, struct session *x, const struct task *t);
void session_join(struct session *session, struct task *t);
void session_leave(struct sessions *s, struct task *t);
/* t, NULL: nobody, becomes what a session has it for: once for each kind. */
void session_take(struct session *x, enum role_kind kind, struct task *t);
/* To be looked at by sessions_sweep(). */
void session_stale(struct sessions *s, struct session *x);
/* For a list by told_next that is put into the order of the sessions' numbers. */
int session_by_number(const struct session *a, const struct session *b);

/* open.c: which exec, snapshot or connection is a session */
void open_apply(struct sessions *s, const struct event *ev);
void open_due(struct sessions *s);
/* Is it the root of a session that was not told of? */
bool open_is_root(const struct sessions *s, const struct task *t);
/* Takes in those whose forks, or first programs, were not seen; ev: the kernel's answer. */
void open_unseen(struct sessions *s, const struct event *ev);

/* tree.c: a command and its descendants */
void tree_apply(struct sessions *s, const struct event *ev);
/* Is it one of them, and alive? Not the command itself. */
bool tree_has(const struct sessions *s, const struct task *t);
/* Did it outlive the command, by the kernel's own answer? */
bool tree_left(const struct sessions *s, const struct task *t);

/* noise.c: what a shell runs for itself */
void noise_apply(struct sessions *s, const struct event *ev);

/* close.c: when it has ended, and when that is settled */
void close_apply(struct sessions *s, const struct event *ev);
void close_due(struct sessions *s);
/* It is SESSION_DONE from now on. */
void close_mark(struct sessions *s, struct session *x);

/* ends.c: the end of a channel without a terminal, of which only its pipes tell */
void ends_apply(struct sessions *s, const struct event *ev);
/* What the root's place at its first exec was, if that was told already. */
void ends_opened(struct session *x);
/* Is the session one whose pipes tell of its end, and did that not come yet? */
bool ends_to_watch(const struct session *x);

/* interrupt.c */
void interrupt_apply(struct sessions *s, const struct event *ev);
void interrupt_due(struct sessions *s, bool all);
/* Tells those of the session for which the kernel's answer is all that lacks. */
void interrupt_flush(struct sessions *s, uint32_t session);
uint64_t interrupts_deadline(const struct sessions *s);
void interrupt_postpone(struct sessions *s, uint64_t gap);
void interrupt_free(struct interrupt *i);
/* One that is not yet resolved and is not to be told. */
void interrupt_drop(struct sessions *s, struct interrupt *i);

/* via.c: the way of a key, from the user's terminal to the one where it is a signal */
/* The keys that were data at another terminal and turn up here as `i` are one: takes the oldest. */
void via_take(struct sessions *s, struct interrupt *i, uint64_t ts);
/* The first session of the client's connection that is open, 0: none. */
uint32_t session_of_client(const struct sessions *s, const struct client *l);

/* missed.c */
struct member *interrupt_member(const struct interrupt *i, const struct task_key *key);
void interrupt_ancestors(struct sessions *s, struct interrupt *i, const struct task *t);
/* Finds those who were missed, once. */
void interrupt_missed(struct sessions *s, struct interrupt *i);
/* Asks about them; false: there is none. Are they told of? Then why they were missed is looked at
 * again: setpgid(2) and setsid(2) leave no record. */
bool interrupt_asks_missed(struct sessions *s, const struct interrupt *i);
bool interrupt_told_missed(const struct sessions *s, const struct interrupt *i);
void interrupt_look_again(const struct sessions *s, struct interrupt *i);

/* resolve.c: what only the kernel can tell of its members, and what became of them */
bool interrupt_asks(struct sessions *s, struct interrupt *i);
bool interrupt_answered(const struct sessions *s, const struct interrupt *i);
void interrupt_resolve(const struct sessions *s, struct interrupt *i);
/* The outcome of who did not end of it, as far as the records tell. */
enum outcome member_still_there(const struct member *m);
/* Shells by name: processes that wait for a child and go on with the next command. */
bool is_shell(const char *comm);

#endif
