/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections of ssh servers: what happened to the socket, and which processes serve it. */
#ifndef SIGTRACE_SESSION_CONN_H
#define SIGTRACE_SESSION_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "session/fact.h"
#include "session/timer.h"
#include "world/task.h"

struct session;

/* Something that happened: when, and which record says so. seq 0: it did not happen. */
struct mark {
	uint64_t ts;
	uint64_t seq;
};

static inline void mark_once(struct mark *m, const struct event *ev)
{
	if (!m->seq)
		*m = (struct mark){.ts = ev->u.h.ts, .seq = ev->seq};
}

/* The other end of a connection, where that runs on this host too. */
struct client {
	struct wire_sock sk; /* as the server's end has it: rport is the client's */
	struct task *t;
	struct conn *conn;   /* NULL: the server's end was not seen yet, or is forgotten */
	struct mark seen;
	struct client *next, *prev;
};

struct conn {
	struct client *client; /* NULL: elsewhere, or not known */
	struct wire_sock sk;
	uint64_t nth;	       /* of all that ever were */
	struct mark seen;
	struct mark peer_fin;  /* ESTABLISHED -> CLOSE_WAIT */
	struct mark own_fin;   /* ESTABLISHED -> FIN_WAIT1 */
	struct mark reset;     /* a RST came */
	struct mark closed;    /* -> CLOSE */
	struct mark authenticated;
	uint64_t peer_fin_age; /* ns since the peer's last data, at peer_fin */
	uint64_t own_fin_age;  /* at own_fin */
	uint32_t sk_err;       /* at ->CLOSE */
	struct task *first;    /* the per-connection process; OpenSSH's monitor */
	struct task *tasks;    /* who serves it, in the order in which they were told of */
	struct task *past;     /* .. and who did, the last few */
	unsigned npast;
	struct session *opened; /* on it and not told to be over, by number */
	struct task *keeper;   /* of a server with one process for many: who listens for it, and lives */
	uint64_t told_seq;     /* when its keeper was last said to have it open */
	struct kept *kept;     /* those of its keeper's, which find it by the following: many.c */
	struct peer *peer;
	bool idle, told;       /* is on that list of theirs */
	struct conn *peer_next, *peer_prev;
	struct conn *idle_next, *idle_prev;
	struct conn *at_told_next, *at_told_prev;
	unsigned sessions;     /* that were opened on it */
	unsigned refs;	       /* open sessions, live processes and a keeper */
	bool preexisting;
	struct timer look;     /* when to ask what became of the log-in */
	uint64_t asked_seq;    /* of the record with which its processes were asked for; 0: not */
	struct conn *next, *prev;
	struct conn *asked_next, *asked_prev; /* list of those with an asked_seq */
	struct conn *told_next; /* a list of whoever makes one */
	struct conn *older;    /* of the same addresses and ports, not yet forgotten */
	struct conn *stale_next;
	bool stale;	       /* is on the list of what may have become useless */
	UT_hash_handle by_sock;
};

/* Where a server with one process for many connections listens. */
struct port {
	uint32_t netns;
	uint32_t lport;
	struct task *keeper;
	struct port *next, *prev;
};

#define PORTS_MOST 1024 /* of such servers */

struct conns {
	struct conn *list;
	struct conn *by_sock; /* of those with the same addresses and ports the newest */
	struct conn *asked;
	struct conn *stale;
	uint64_t count;	      /* connections so far */
	struct timers looks;
	struct client *clients;
	bool stale_clients;   /* one of them may have become useless */
	struct port *ports;
	unsigned nports;
	struct kept *kept;    /* by keeper */
	uint64_t evicted;     /* ports that were not taken in */
	bool failed;	      /* memory ran out */
};

void conns_free(struct conns *c);

/* Takes what the record says of connections, after world_apply(). */
void conns_apply(struct conns *c, struct world *w, const struct event *ev);

/* Forgets connections that nobody serves and no session needs. */
void conns_sweep(struct conns *c, struct world *w);

/* The newest with these addresses and ports, which may be used again; NULL: none is known. */
struct conn *conns_find(const struct conns *c, const struct wire_sock *sk);
/* To be looked at by conns_sweep(): it may have lost what it was for. */
void conns_stale(struct conns *c, struct conn *k);
/* What became of its log-in is asked, or was answered. */
void conns_ask(struct conns *c, struct conn *k, uint64_t seq);
void conns_answered(struct conns *c, struct conn *k);

/* The process that serves it: the last one that was forked for it and lives. NULL: none. */
struct task *conn_server(const struct conn *k);

/* The client in the process group, NULL: there is none that lives. */
struct client *conns_client_of(const struct conns *c, uint32_t pgid);

/* Does it listen, as a server that is none of those with a process for each connection? */
bool conn_is_keeper(const struct task *t);

/* many.c: such servers. Which connection the root came on, NULL: none is known; and how sure that is. */
struct conn *many_conn(const struct conns *c, const struct task *keeper, const struct task *root,
		       enum confidence *sure);
/* What the root's SSH_CONNECTION says. */
void many_parse_env(struct task *t, const struct wire_env *r);
/* Parts of conn.c. */
void many_listens(struct conns *c, struct task *t, const struct wire_sock *sk);
struct task *many_keeper(const struct conns *c, const struct wire_sock *sk);
void many_keep(struct conns *c, struct conn *k, struct task *keeper);
/* A record says that its keeper has it open; it has a session or was closed. */
void many_told(struct conn *k, uint64_t seq);
void many_used(struct conn *k);
void many_sweep(struct conns *c, struct world *w);
void many_free(struct conns *c);

/* The first thing that happened to the TCP connection, 0 if nothing did yet. */
uint64_t conn_changed(const struct conn *c);

/* SERVER_* of a comm; SERVER_OTHER if it is none of the known ones. */
enum server server_of(const char *comm);
/* All comms that server_of() knows, ended by NULL. */
extern const char *const server_comms[];

#endif
