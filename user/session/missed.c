/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a Ctrl-C met, and whom it did not. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

struct member *interrupt_member(struct interrupt *i, const struct task_key *key)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].key.tgid == key->tgid && i->members[k].key.start == key->start)
			return &i->members[k];
	return NULL;
}

static void add_missed(struct sessions *s, struct interrupt *i, const struct task *t,
		       enum reason reason)
{
	struct missed *m = realloc(i->missed, (i->nmissed + 1) * sizeof(*m));

	if (!m) {
		s->failed = true;
		return;
	}
	i->missed = m;
	m += i->nmissed++;
	m->key = t->key;
	memcpy(m->comm, t->comm, WIRE_COMM);
	m->reason = reason;
}

/* Who waits for a member: su, an outer shell. What is done to the member concerns it soon enough. */
static bool is_ancestor(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	for (size_t k = 0; k < i->nmembers; k++) {
		const struct task *p = world_task(s->world, i->members[k].parent.tgid,
						  i->members[k].parent.start);

		for (int n = 0; n < 64 && p; n++) {
			if (p == t)
				return true;
			p = world_parent(s->world, p);
		}
	}
	return false;
}

/* Processes of the session that live and did not get it. Of a signal sent with kill(2) nobody is
 * missed: it went where it was sent. */
void interrupt_missed(struct sessions *s, struct interrupt *i)
{
	struct session *x = session_find(s, i->session);
	struct task *t;

	if (!x || (i->origin == ORIGIN_KILL && !i->client))
		return;
	DL_FOREACH2(x->members, t, member_next) {
		if (i->client) {
			add_missed(s, i, t, x->pty ? REASON_NO_SIGNAL : REASON_NO_PTY);
			continue;
		}
		if (interrupt_member(i, &t->key) || t->born > i->ts)
			continue;
		if (i->raw) {
			if (t->s.pgid == i->fg_pgid)
				add_missed(s, i, t, REASON_RAW_TTY);
			continue;
		}
		if ((x->interactive && t == x->root) || is_ancestor(s, i, t))
			continue;
		if (x->root && t->s.sid != x->root->s.sid)
			add_missed(s, i, t, REASON_OTHER_SESSION);
		else if (t->s.pgid != i->fg_pgid || i->nmembers)
			/* the last word on its group may be old: each of the group got the signal */
			add_missed(s, i, t, REASON_OTHER_GROUP);
	}
}
