/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of a session's connection, where it runs on the same host. */
#include <string.h>

#include "event/names.h"
#include "finding/finding.h"

#define LATELY (2000 * MS) /* before the connection went: ssh may finish what it does first */

/* Signals that people and systems end a client with. */
static const uint32_t ending[] = {2, 15, 1, 3, 9, 13};

static bool is_before(const struct task_signal *g, uint64_t end)
{
	return g->ts <= end && g->ts + LATELY >= end && !g->blocked && g->disposition != WIRE_IGN;
}

/* What it died of; else the last one that it took shortly before. */
static const struct task_signal *went_of(const struct task *t, uint64_t end)
{
	const struct task_signal *last = NULL;

	if (!t->alive && exit_signal(t->exit_code))
		return task_signal(t, exit_signal(t->exit_code));
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		const struct task_signal *g = task_signal(t, ending[i]);

		if (g && is_before(g, end) && (!last || g->ts > last->ts))
			last = g;
	}
	return last;
}

bool client_of(struct fact_client *c, const struct session *x, struct seqs *evidence)
{
	const struct client *l = x->conn ? x->conn->client : NULL;
	uint64_t end = session_end(x);
	const struct task_signal *g;

	memset(c, 0, sizeof(*c));
	if (!l)
		return false;
	c->tgid = l->t->key.tgid;
	c->comm = l->t->comm;
	c->session = l->t->session;
	c->alive = l->t->alive;
	c->exit_code = l->t->exit_code;
	seqs_add(evidence, l->seen.seq);
	seqs_add(evidence, l->t->exit_seq);
	g = end ? went_of(l->t, end) : NULL;
	if (!g)
		return true;
	c->sig = g->sig;
	c->tty = g->tty;
	c->sender_tgid = g->tty ? 0 : g->sender_tgid;
	c->sender_comm = g->sender_comm;
	c->sender_session = g->sender_session;
	seqs_add(evidence, g->seq);
	return true;
}

void client_say(struct buf *b, const struct fact_client *c)
{
	if (!c->sig)
		return;
	buf_str(b, ": its ");
	say_task(b, c->comm, c->tgid);
	buf_printf(b, " %s %s",
		   !c->alive && exit_signal(c->exit_code) == c->sig ? "died of" : "got",
		   signal_name(c->sig));
	if (c->tty) {
		buf_str(b, " from its terminal ");
		tty_name(b, c->tty);
	} else if (c->sender_tgid && c->sender_tgid != c->tgid) {
		buf_str(b, " from ");
		say_task(b, c->sender_comm, c->sender_tgid);
	}
}
