/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a key. A program that holds a terminal raw (ssh, script, su --pty, tmux) reads ^C as a
 * byte and writes it on; where it ends, a line discipline makes a signal of it or a program reads it.
 */
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define RELAY (100 * MS)   /* that a program on this host takes to hand a byte on */
#define NETWORK (1000 * MS) /* .. and an ssh client, its server and what is between them */

uint32_t session_of_client(const struct sessions *s, const struct client *l)
{
	const struct session *x;

	(void)s;
	if (!l->conn)
		return 0;
	DL_FOREACH2(l->conn->opened, x, conn_next) {
		if (x->state == SESSION_OPEN)
			return x->number;
	}
	return 0;
}

static struct hop hop_of(const struct interrupt *i)
{
	struct hop hop = {.key = i->reader, .tty = i->tty, .key_seq = i->key_seq};

	memcpy(hop.comm, i->reader_comm, WIRE_COMM);
	return hop;
}

static bool leads_to(const struct interrupt *o, const struct interrupt *i, uint64_t ts)
{
	return o != i && o->raw && o->session == i->session && o->sig == i->sig &&
	       o->tty != i->tty && !i->client && ts < o->last + (o->client ? NETWORK : RELAY);
}

void via_take(struct sessions *s, struct interrupt *i, uint64_t ts)
{
	struct interrupt *o;

	for (o = pending_of_session(&s->pending, i->session); o; o = o->its_next)
		if (leads_to(o, i, ts))
			break;
	if (!o)
		return;
	if (!i->nvia && o->nvia < HOPS) {
		memcpy(i->via, o->via, o->nvia * sizeof(o->via[0]));
		i->nvia = o->nvia;
		i->via[i->nvia++] = hop_of(o);
	}
	if (o->more) {
		o->more--;
		return;
	}
	interrupt_drop(s, o);
}
