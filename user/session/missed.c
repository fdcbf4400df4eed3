/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a Ctrl-C met, whom it did not, and why: a table, first match wins. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "session/session.h"

#define DESCENT 64   /* generations that are walked up */
#define ASK_MOST 256 /* missed processes of one Ctrl-C that the kernel is asked about */

static bool is_key(const struct task_key *a, const struct task_key *b)
{
	return a->tgid == b->tgid && a->start == b->start;
}

struct member *interrupt_member(const struct interrupt *i, const struct task_key *key)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (is_key(&i->members[k].key, key))
			return &i->members[k];
	return NULL;
}

static bool is_ancestor(const struct interrupt *i, const struct task_key *key)
{
	for (size_t k = 0; k < i->nancestors; k++)
		if (is_key(&i->ancestors[k], key))
			return true;
	return false;
}

/* Who waits for a member: su, an outer shell. What is done to the member concerns it soon enough.
 * Noted with the signal: one in between may end of it, and then nothing tells of those above. */
void interrupt_ancestors(struct sessions *s, struct interrupt *i, const struct task *t)
{
	for (int n = 0; n < DESCENT && (t = world_parent(s->world, t)); n++) {
		struct task_key *all;

		if (is_ancestor(i, &t->key))
			return;
		all = realloc(i->ancestors, (i->nancestors + 1) * sizeof(*all));
		if (!all) {
			s->failed = true;
			return;
		}
		i->ancestors = all;
		all[i->nancestors++] = t->key;
	}
}

/* ---- the rows ---- */

/* The group that it was for. */
static uint32_t aim(const struct sessions *s, const struct interrupt *i)
{
	const struct session *x = session_find(s, i->session);

	return i->fg_pgid ? i->fg_pgid : x ? x->root_pgid : 0;
}

static bool is_data(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	(void)s;
	(void)t;
	return i->raw;
}

static bool client_alone(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	const struct session *x = session_find(s, i->session);

	(void)t;
	return i->client && x && !x->pty;
}

static bool client_on_pty(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	(void)s;
	(void)t;
	return i->client;
}

static bool own_session(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	const struct session *x = session_find(s, i->session);

	return x && x->root && t->s.sid != x->root->s.sid;
}

static bool inner_pty(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	return own_session(s, i, t) && t->s.tty && i->tty && t->s.tty != i->tty;
}

/* timeout(1) calls setpgid(0, 0) behind its exec; what a shell puts into a group is there before. */
static bool timeout_group(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	const struct task *leader = world_last(s->world, t->s.pgid);

	return leader && !strcmp(leader->comm, "timeout") && leader->s.pgid == leader->key.tgid &&
	       leader->exec_pgid == aim(s, i);
}

/* A shell with job control puts a job into its group before the exec. Of what was there before, only
 * the session's shell is known to be such a one. */
static bool background_job(const struct sessions *s, const struct interrupt *i,
			   const struct task *t)
{
	const struct session *x = session_find(s, i->session);

	for (int n = 0; n < DESCENT; n++) {
		const struct task *p = world_parent(s->world, t);
		uint32_t pgid = t->execed ? t->exec_pgid : t->s.pgid;

		if (!p || p->session != i->session)
			return false;
		if (is_shell(p->comm) && pgid != p->s.pgid && pgid != aim(s, i) &&
		    (t->execed || t->forked || (x && x->interactive && p == x->root)))
			return true;
		t = p;
	}
	return false;
}

static bool own_group(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	return t->execed && t->exec_pgid == aim(s, i);
}

static bool anything(const struct sessions *s, const struct interrupt *i, const struct task *t)
{
	(void)s;
	(void)i;
	(void)t;
	return true;
}

static const struct missed_row rows[] = {
	{"client_no_pty", REASON_NO_PTY, client_alone,
	 "has no terminal, and the client sent nothing that would be a signal"},
	{"client", REASON_NO_SIGNAL, client_on_pty, "got no signal: the client sent nothing on"},
	{"raw_tty", REASON_RAW_TTY, is_data, "reads the key itself"},
	{"inner_pty", REASON_OTHER_SESSION, inner_pty, "runs on a terminal of its own"},
	{"own_session", REASON_OTHER_SESSION, own_session,
	 "is in another session (setsid), which takes no keys of this terminal"},
	{"timeout", REASON_OTHER_GROUP, timeout_group,
	 "is in the process group that timeout(1) made for itself"},
	{"background_job", REASON_OTHER_GROUP, background_job,
	 "is a background job: its shell put it into another process group"},
	{"own_group", REASON_OTHER_GROUP, own_group,
	 "has left the foreground group for another one (setpgid)"},
	{"other_group", REASON_OTHER_GROUP, anything, "is in another process group"},
};

static const struct missed_row *row_of(const struct sessions *s, const struct interrupt *i,
				       const struct task *t)
{
	const struct missed_row *r = rows;

	while (!r->is(s, i, t))
		r++;
	return r;
}

/* ---- who ---- */

static void add_missed(struct sessions *s, struct interrupt *i, const struct task *t)
{
	struct missed *m = realloc(i->missed, (i->nmissed + 1) * sizeof(*m));

	if (!m) {
		s->failed = true;
		return;
	}
	i->missed = m;
	m += i->nmissed++;
	memset(m, 0, sizeof(*m));
	m->key = t->key;
	m->parent = (struct task_key){.tgid = t->parent_tgid, .start = t->parent_start};
	memcpy(m->comm, t->comm, WIRE_COMM);
	m->exec_ignored = t->exec_ignored;
	m->row = row_of(s, i, t);
}

/* Lives, and did not get it. Of a signal sent with kill(2) nobody is missed: it went where it was
 * sent. */
static bool is_missed(const struct session *x, const struct interrupt *i, const struct task *t)
{
	if (i->client)
		return t->born <= i->ts;
	if (i->origin == ORIGIN_KILL || interrupt_member(i, &t->key) || t->born > i->ts)
		return false;
	if (i->raw)
		return t->s.pgid == i->fg_pgid;
	if ((x->interactive && t == x->root) || is_ancestor(i, &t->key))
		return false;
	/* the last word on its group may be old: each of the group got the signal */
	return (x->root && t->s.sid != x->root->s.sid) || t->s.pgid != i->fg_pgid || i->nmembers;
}

void interrupt_missed(struct sessions *s, struct interrupt *i)
{
	const struct session *x = session_find(s, i->session);
	const struct task *t;

	i->looked = true;
	if (!x)
		return;
	DL_FOREACH2(x->members, t, member_next) {
		if (is_missed(x, i, t))
			add_missed(s, i, t);
	}
}

static const struct task *missed_task(const struct sessions *s, const struct missed *m)
{
	const struct task *t = world_task(s->world, m->key.tgid, m->key.start);

	return t && t->alive ? t : NULL;
}

bool interrupt_asks_missed(struct sessions *s, const struct interrupt *i)
{
	bool asked = false;

	for (size_t k = 0; k < i->nmissed && k < ASK_MOST; k++) {
		if (!missed_task(s, &i->missed[k]))
			continue;
		session_asks(s, i->missed[k].key.tgid);
		asked = true;
	}
	return asked;
}

bool interrupt_told_missed(const struct sessions *s, const struct interrupt *i)
{
	for (size_t k = 0; k < i->nmissed && k < ASK_MOST; k++) {
		const struct task *t = missed_task(s, &i->missed[k]);

		if (t && t->snapshot_seq < i->asked_seq)
			return false;
	}
	return true;
}

void interrupt_look_again(const struct sessions *s, struct interrupt *i)
{
	for (size_t k = 0; k < i->nmissed; k++) {
		const struct task *t = missed_task(s, &i->missed[k]);

		if (!t || t->snapshot_seq < i->asked_seq)
			continue;
		i->missed[k].seq = t->snapshot_seq;
		i->missed[k].row = row_of(s, i, t);
	}
}
