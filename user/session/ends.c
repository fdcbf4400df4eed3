/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels without a terminal, of which a connection may have several (ControlMaster). When one is
 * closed by its client, sshd closes its ends of the command's stdin and stdout and goes on: no
 * signal, no exit, nothing on the network. So user space looks who has these ends, and tells when
 * that changes. What else looks so:
 *  - the command has closed its own: then none of the session has stdout open any more;
 *  - the client's input came to its end (ssh -n): stdin alone;
 *  - nobody reads the client's output (ssh .. | head): it says so, and sshd lets go of stdout alone.
 * The last two in turn look like a closed channel, and the client may well wait there. Measured on
 * OpenSSH 9.2.
 */
#include "session/session.h"

#include <utlist.h>

#define BOTH (WIRE_ENDS_STDIN | WIRE_ENDS_STDOUT)

bool ends_to_watch(const struct session *x)
{
	return x->state == SESSION_OPEN && !x->pty && !x->keeper && x->server && x->server->alive &&
	       x->members && x->place.pipe[0] && x->place.pipe[1] && !x->unplugged.seq && x->conn &&
	       !conn_changed(x->conn);
}

void ends_opened(struct session *x)
{
	if (x->root && x->root->place && !x->place.seq)
		x->place = *x->root->place;
}

/* They went together, or else one of several channels. */
static bool is_unplugged(const struct session *x, uint32_t was, uint32_t now)
{
	if (now & BOTH || !(now & WIRE_ENDS_USED))
		return false;
	/* of one that was open before, the root may have put other pipes in their place */
	if (x->preexisting && !(x->ends_had & WIRE_ENDS_STDOUT))
		return false;
	return (was & BOTH) == BOTH || x->conn->sessions > 1;
}

static void on_ends(struct sessions *s, struct session *x, const struct event *ev)
{
	uint32_t was = x->ends, now = ev->u.place.ends;

	x->ends = now;
	x->ends_had |= now;
	if (!ends_to_watch(x) || !is_unplugged(x, was, now))
		return;
	mark_once(&x->unplugged, ev);
	x->unplugged_at_once = (was & BOTH) == BOTH;
	/* a server's process that is about to end closes all that it has */
	session_deadline(s, x, ev->u.h.ts + SERVER_LAG);
}

void ends_apply(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct role *r;

	if (ev->u.h.kind != WIRE_TASK_PLACE || !t)
		return;
	DL_FOREACH(t->roles, r) {
		if (r->session->root != t)
			continue;
		if (ev->u.place.ends & WIRE_ENDS_KNOWN)
			on_ends(s, r->session, ev);
		else
			ends_opened(r->session);
	}
}
