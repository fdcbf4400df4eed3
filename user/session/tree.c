/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command of `-- CMD` and the process of -p: a session of number 0, which no ssh server opened.
 * It is never told as one, but who interrupts it is, and whom it leaves behind.
 */
#include <stdlib.h>

#include "session/session.h"

static void set_task(struct session *x, const struct wire_task *t)
{
	x->root_placed = task_placed(x->root);
	x->root_pgid = t->pgid;
	x->root_sid = t->sid;
	x->root_ignored = t->ignored;
	x->pty = t->tty;
	x->uid = t->uid;
}

static void found(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	struct session *x = t ? calloc(1, sizeof(*x)) : NULL;

	if (!x) {
		s->failed = true;
		return;
	}
	x->root = t;
	x->root_tgid = t->key.tgid;
	x->opened = (struct mark){.ts = ev->u.h.ts, .seq = ev->seq};
	x->lost_records = s->lost;
	x->missing_before = sessions_missing(s);
	t->held++;
	t->of_command = true;
	set_task(x, &t->s);
	s->command = x;
}

static void on_root(struct sessions *s, const struct event *ev)
{
	if (!s->command) {
		found(s, ev);
		if (!s->command)
			return;
	}
	/* what it begins with is what its first program finds, not what sigtrace forked */
	if (ev->u.h.kind == WIRE_TASK_EXEC && !s->command->replaced)
		set_task(s->command, &ev->u.exec.task);
	s->command->replaced |= ev->u.h.kind == WIRE_TASK_EXEC;
}

void tree_apply(struct sessions *s, const struct event *ev)
{
	struct session *x = s->command;

	switch (ev->u.h.kind) {
	case WIRE_TRACE_BEGIN:
		s->command_tgid = ev->u.begin.scope_tgid;
		s->command_alone = ev->u.begin.scope == WIRE_SCOPE_CMD ||
				   ev->u.begin.scope == WIRE_SCOPE_TREE;
		break;
	case WIRE_TASK_SNAPSHOT:
	case WIRE_TASK_EXEC:
		if (s->command_tgid && ev->u.h.tgid == s->command_tgid && (!x || x->root->alive))
			on_root(s, ev);
		break;
	case WIRE_TASK_EXIT:
		if (!x || x->root->exit_seq != ev->seq || x->root_exit.seq)
			break;
		mark_once(&x->root_exit, ev);
		x->ended = ev->u.h.ts;
		x->asked_seq = ev->seq;
		break;
	case WIRE_TRACE_READY:
		s->ready_seq = ev->seq;
		break;
	}
}

bool tree_has(const struct sessions *s, const struct task *t)
{
	if (!s->command || t == s->command->root || !t->alive)
		return false;
	/* alone, the kernel's mark says more: a fork whose record was lost has it too */
	return t->of_command || (s->command_alone && t->s.scope & WIRE_IN);
}

bool tree_left(const struct sessions *s, const struct task *t)
{
	const struct session *x = s->command;

	if (!tree_has(s, t) || !x->root_exit.seq)
		return false;
	/* an answer without it: it is gone, and the record of that was lost */
	return t->snapshot_seq > x->root_exit.seq || t->seq > s->ready_seq;
}
