/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes: what exists now, who descends from whom, and what is known of each. */
#ifndef SIGTRACE_WORLD_TASK_H
#define SIGTRACE_WORLD_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "world/hash.h"

struct client;
struct conn;
struct meeting;
struct role;

/* A process is (tgid, start time): pids are reused. */
struct task_key {
	uint64_t start;
	uint32_t tgid;
	uint32_t pad;
};

/* A signal that was generated for a process and whose end is not known yet, or the last one of its
 * number. Only what a verdict needs. */
struct task_signal {
	uint64_t ts;
	uint64_t seq;
	uint64_t delivered_seq; /* of signal.deliver, 0: none */
	uint32_t sig;
	uint32_t result;
	uint32_t disposition;
	uint32_t blocked;
	uint32_t sender_tgid; /* who ran kill(2); 0: the kernel */
	int32_t si_code;
	uint32_t tty;		/* whose key it was, 0: none's */
	uint32_t sender_session; /* ssh session of the sender, 0: none */
	char sender_comm[WIRE_COMM];
};

/* Where a process stands: wire_place. */
struct task_place {
	uint64_t seq;		/* of the record, 0: none */
	uint64_t cgroup[WIRE_CGROUPS];
	uint64_t pipe[3];
	char cgroup_name[64];
};

#define TASK_SIGNALS 6
#define TASK_PORTS 8

/* What most records touch comes first: a host has more processes than a CPU has cache. */
struct task {
	UT_hash_handle hh;
	struct task_key key;
	uint32_t session;	/* number, 0: none; inherited at fork */
	uint32_t detach;	/* DETACH_*, inherited at fork */
	uint8_t nsignals;
	uint8_t sigs[TASK_SIGNALS]; /* the `sig` of each, to find it by */
	bool last;		/* of its tgid */
	bool alive;
	bool known;		/* s came from a record, not from the parent at fork */
	bool execed;		/* has called exec since it was forked */
	bool forked;		/* its fork was seen */
	struct task_signal *signals; /* one a signal number, at most TASK_SIGNALS: the oldest gives way */
	struct wire_task s;	/* as last told by exec or snapshot, pgid, sid, tty also by signals */
	char comm[WIRE_COMM];
	/* owned by session/ */
	struct conn *conn;	/* the connection that a server's process serves */
	struct client *client;	/* its own connection to a server of this host, the last one */
	struct role *roles;	/* in sessions */
	struct meeting *meetings; /* Ctrl-Cs that it met and that are not yet resolved */
	unsigned held;		/* how many sessions and connections point at it: not to be forgotten */
	bool listener;		/* a server's process that waits for connections */
	bool left;		/* outlived its session, which told of it */
	bool of_shell;		/* forked by the root's shell, maybe through subshells, no exec yet */
	bool startup;		/* run by the shell for itself, or a descendant of that: noise.c */
	bool of_command;	/* `-- CMD`'s or a descendant of it */
	bool unseen;		/* its end was not seen: another process has its tgid now */
	struct task *member_next, *member_prev; /* list of its session's live processes */
	struct task *conn_next, *conn_prev; /* list of those that serve it, or that did */
	/* the rest of what is known */
	uint64_t parent_start;	/* at fork, before any adoption: with parent_tgid the parent's key */
	uint32_t parent_tgid;
	uint32_t args_len;
	uint64_t born;		/* ts of its fork, or its start */
	uint64_t nth;		/* of all tasks that ever were told of */
	uint64_t seq;		/* of the record that told of it first */
	uint64_t exec_seq;	/* of its last exec, 0: none */
	uint64_t exec_ignored;	/* signals ignored at its last exec: what it was started with */
	uint64_t exit_ts;
	uint64_t exit_seq;
	uint64_t snapshot_seq;	/* of its last snapshot, 0: none */
	uint32_t exec_pgid;	/* its process group at its last exec, 0: none was seen */
	uint32_t exit_code;	/* raw */
	char *filename;		/* of the last exec, or NULL */
	char *args;
	struct task_place *place; /* as last told; NULL: never */
	struct wire_sock ssh;	/* SSH_CONNECTION of a session's root at its first exec; family 0: none */
	uint16_t ports[TASK_PORTS]; /* on which it listens, as its last snapshot told */
	unsigned nports;
	UT_hash_handle by_tgid;
};

/*
 * Are its group and session known? 0 is one too: init's, and that of who descends from init or from
 * a kernel thread without setsid(2) (kernel/pid.c, init_struct_pid).
 */
static inline bool task_placed(const struct task *t)
{
	return t->known || t->forked;
}

/* wire_task.state: __TASK_STOPPED | __TASK_TRACED, include/linux/sched.h */
#define TASK_STOPPED_STATES 0xc

/* Programs whose exec in a descent says that what follows is meant to outlive the session. */
#define DETACH_NOHUP 1
#define DETACH_SETSID 2
#define DETACH_MUX 4	 /* tmux, screen .. */
#define DETACH_SERVICE 8 /* systemd-run, at, batch, daemonize, start-stop-daemon */

/*
 * Most that are kept, some 120 MB without their arguments. Above it the oldest that no session and no
 * connection needs gives way; where the oldest are all needed, the new one is not taken in.
 */
#define TASKS_MOST (1u << 17)
#define WORLD_RECENT 256 /* a power of two */

struct world {
	struct task *recent[WORLD_RECENT]; /* by tgid: whom the last few records were about */
	struct task *tasks;	  /* hash by key; in the order of their appearance */
	struct task *by_tgid;	  /* the last one of each tgid */
	struct user_name *users;  /* hash by uid */
	struct task *stale[2];	  /* alive as far as was told, and the last record gave their tgid away */
	unsigned nstale;
	uint64_t evicted; /* tasks that gave way, or were not taken in .. */
	uint64_t missing; /* .. of these the latter */
	uint64_t count;		  /* tasks that were ever told of */
	bool failed; /* memory ran out: facts are no longer to be trusted */
};

void world_init(struct world *w);
void world_free(struct world *w);

/*
 * Applies one record. Tasks that a record names and that were not known are made from what it
 * says. A task that exits stays, with alive == false, until world_forget().
 */
void world_apply(struct world *w, const struct event *ev);

/* The end of the i-th of w->stale, as the record `ev` shows it: to be applied like a record. */
void world_stale_exit(const struct world *w, unsigned i, const struct event *ev, struct event *exit);

/* The same for any that is alive, whose end was not seen. */
void world_unseen_exit(struct task *t, const struct event *ev, struct event *exit);

/* world_task() of one that is not among the recent. */
struct task *world_look_up(const struct world *w, uint32_t tgid, uint64_t start);

/* NULL when it is not known. Inline: it is called some six times a record. */
static inline struct task *world_task(const struct world *w, uint32_t tgid, uint64_t start)
{
	struct task *t = w->recent[tgid % WORLD_RECENT];

	return t && t->key.tgid == tgid && t->key.start == start ? t : world_look_up(w, tgid, start);
}

/* The last process that had this tgid, NULL when it is not known. */
struct task *world_last(const struct world *w, uint32_t tgid);

/* The task that the record's header names, NULL for user space's own records. */
static inline struct task *world_event_task(const struct world *w, const struct event *ev)
{
	return ev->u.h.tgid ? world_task(w, ev->u.h.tgid, ev->u.h.start) : NULL;
}

/* The parent at fork, NULL when it is not known any more. */
struct task *world_parent(const struct world *w, const struct task *t);
/* The last signal `sig` generated for t, NULL for none. */
const struct task_signal *task_signal(const struct task *t, uint32_t sig);

/* One pointer at t less; without any a dead one is freed. Each was counted in t->held. */
void world_release(struct world *w, struct task *t);
/* Frees a dead task. Nothing may point at it. */
void world_forget(struct world *w, struct task *t);

/* Account name of uid as a user.name record told it, else NULL. */
const char *world_user(const struct world *w, uint32_t uid);

/* Hands out each account that was told of; name "": it has none. */
void world_users(const struct world *w, void (*take)(void *ctx, uint32_t uid, const char *name),
		 void *ctx);

/* exit_code, raw -> 0 or the signal; -1 or the status. */
uint32_t exit_signal(uint32_t code);
int exit_status(uint32_t code);

/* The i-th string of a block of NUL-ended arguments, NULL past the end; *len is its length. */
const char *args_get(const char *args, size_t n, unsigned i, size_t *len);

#endif
