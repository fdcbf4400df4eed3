/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a Ctrl-C did not end who got it: a table, first match wins (ssh-facts 3). */
#include "finding/finding.h"

#define SIGINT 2
#define SIGQUIT 3
#define BIT(sig) (UINT64_C(1) << ((sig) - 1))
#define KEYS (BIT(SIGINT) | BIT(SIGQUIT)) /* what a shell without job control ignores for a & */

#define TASK_UNINTERRUPTIBLE 0x2 /* include/linux/sched.h */
#define TASK_STOPPED 0x4
#define TASK_TRACED 0x8
#define TASK_KILLABLE 0x102 /* TASK_WAKEKILL | TASK_UNINTERRUPTIBLE */
#define TASK_FROZEN 0x8000

static uint64_t bit(const struct member_view *v)
{
	return BIT(v->i->sig);
}

/* As the kernel answered, else as at the signal. */
static uint32_t state(const struct member_view *v)
{
	return v->m->asked_seq ? v->m->now.state : v->m->state;
}

/* ---- it ignores the signal ---- */

static bool pid_ns_init(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_IGNORED && v->m->flags & WIRE_SIG_UNKILLABLE &&
	       v->m->disposition != WIRE_IGN;
}

static bool orphaned_group(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_IGNORED && v->m->disposition != WIRE_IGN;
}

static bool ignored(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_IGNORED;
}

/* What it was started with; of one that has not called exec since its fork, what it has now. */
static uint64_t start_mask(const struct member *m)
{
	if (m->execed)
		return m->exec_ignored;
	return m->forked && m->asked_seq ? m->now.ignored : 0;
}

static bool above_lacks(const struct member_view *v, uint64_t mask)
{
	return v->m->above.known && !(v->m->above.ignored & mask);
}

/* SIGQUIT tells nothing of the parent: bash always ignores it, and does not hand that down. */
static bool is_background(const struct member *m)
{
	return (start_mask(m) & KEYS) == KEYS && m->above.shell && m->above.known &&
	       !(m->above.ignored & BIT(SIGINT));
}

static bool ignored_background(const struct member_view *v)
{
	return ignored(v) && bit(v) & KEYS && is_background(v->m);
}

static bool ignored_own(const struct member_view *v)
{
	if (!ignored(v))
		return false;
	if (v->m->execed)
		return !(v->m->exec_ignored & bit(v));
	return v->m->forked && above_lacks(v, bit(v));
}

/* The session's root had it so at its first exec: nothing in the session is the cause. */
static bool ignored_from_start(const struct member_view *v)
{
	return ignored(v) && start_mask(v->m) & bit(v) && v->x && v->x->number &&
	       !v->x->preexisting &&
	       v->x->root_ignored & bit(v);
}

static bool ignored_by_server(const struct member_view *v)
{
	return ignored_from_start(v) && v->x->server && v->x->server->s.ignored & bit(v);
}

static bool ignored_inherited(const struct member_view *v)
{
	if (v->m->above.shell && v->i->sig == SIGQUIT)
		return false;
	return ignored(v) && start_mask(v->m) & bit(v) && v->m->above.known &&
	       v->m->above.ignored & bit(v);
}

static bool ignored_at_exec(const struct member_view *v)
{
	return ignored(v) && v->m->execed;
}

/* ---- it took it ---- */

static bool handled(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_HANDLED;
}

static bool prompt(const struct member_view *v)
{
	return handled(v) && v->m->shell;
}

static bool is_parent(const struct member *m, const struct task_key *parent)
{
	return parent->tgid == m->key.tgid && parent->start == m->key.start;
}

/* One that it waits for: not started with &. */
static bool is_awaited(const struct member *shell, uint64_t exec_ignored)
{
	return (exec_ignored & KEYS) != KEYS || (shell->exec_ignored & KEYS) == KEYS;
}

static bool waits_for_child(const struct member_view *v)
{
	const struct interrupt *i = v->i;
	bool any = false;

	if (!handled(v) || !v->m->deliver_seq || !is_shell(v->m->comm))
		return false;
	for (size_t k = 0; k < i->nmembers; k++) {
		const struct member *c = &i->members[k];

		if (!is_parent(v->m, &c->parent) || !is_awaited(v->m, start_mask(c)))
			continue;
		if (c->outcome == OUTCOME_DIED)
			return false;
		any = true;
	}
	for (size_t k = 0; k < i->nmissed; k++)
		any |= is_parent(v->m, &i->missed[k].parent) &&
		       is_awaited(v->m, i->missed[k].exec_ignored);
	return any;
}

static bool sigwait(const struct member_view *v)
{
	return handled(v) && !v->m->deliver_seq && v->m->flags & WIRE_SIG_WAITED;
}

static bool signalfd(const struct member_view *v)
{
	return handled(v) && !v->m->deliver_seq;
}

/* ---- it waits for it ---- */

static bool blocked(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_BLOCKED;
}

static bool already_pending(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_ALREADY_PENDING;
}

static bool undelivered(const struct member_view *v)
{
	return v->m->outcome == OUTCOME_NOT_DELIVERED;
}

static bool frozen(const struct member_view *v)
{
	return undelivered(v) && (state(v) & TASK_FROZEN ||
				  (v->m->asked_seq && v->m->now.flags & WIRE_TASK_FROZEN));
}

static bool traced(const struct member_view *v)
{
	return undelivered(v) && state(v) & TASK_TRACED;
}

static bool stopped(const struct member_view *v)
{
	return undelivered(v) && state(v) & TASK_STOPPED;
}

static bool uninterruptible(const struct member_view *v)
{
	return undelivered(v) && (state(v) & TASK_KILLABLE) == TASK_UNINTERRUPTIBLE;
}

static bool killable(const struct member_view *v)
{
	return undelivered(v) && (state(v) & TASK_KILLABLE) == TASK_KILLABLE;
}

/* Taken, though no record tells how. */
static bool not_seen(const struct member_view *v)
{
	return undelivered(v) && v->m->asked_seq && !(v->m->now.pending & bit(v));
}

static bool anything(const struct member_view *v)
{
	(void)v;
	return true;
}

static const struct member_reason table[] = {
	{"pid_ns_init", pid_ns_init,
	 "it is the init of a pid namespace (a container's first process): the kernel drops a "
	 "signal that it has no handler for",
	 CONF_SEEN},
	{"orphaned_group", orphaned_group,
	 "its process group is orphaned (no shell would continue it), and the kernel stops none of "
	 "those",
	 CONF_INFERRED},
	{"ignored_background", ignored_background,
	 "it was started with & by a shell without job control, which makes it ignore SIGINT and "
	 "SIGQUIT",
	 CONF_INFERRED},
	{"ignored_own", ignored_own,
	 "it ignores the signal by its own choice: it was not started so", CONF_SEEN},
	{"ignored_by_server", ignored_by_server,
	 "it ignores the signal, as the whole session does from its first command on: the ssh "
	 "server itself was started so",
	 CONF_SEEN},
	{"ignored_from_start", ignored_from_start,
	 "it ignores the signal, as the session did from its first command on", CONF_SEEN},
	{"ignored_inherited", ignored_inherited,
	 "it ignores the signal because its parent does", CONF_SEEN},
	{"ignored_at_exec", ignored_at_exec,
	 "it was started with the signal ignored (a trap '' before it)", CONF_SEEN},
	{"ignored", ignored, "it ignores the signal", CONF_SEEN},
	{"prompt", prompt, "it is the shell, which prompts again", CONF_SEEN},
	{"waits_for_child", waits_for_child,
	 "it is a shell whose child did not die of the signal: a shell ends of it only when the "
	 "child that it waits for did",
	 CONF_INFERRED},
	{"sigwait", sigwait, "it waited for the signal (sigwait) and went on", CONF_SEEN},
	{"signalfd", signalfd,
	 "it has taken the signal without a handler, likely through a signalfd, and went on",
	 CONF_INFERRED},
	{"handler", handled, "its handler ran and it went on", CONF_SEEN},
	{"frozen", frozen, "it is frozen: the freezer of its cgroup lets it take nothing", CONF_SEEN},
	{"already_pending", already_pending, "the last one is still pending there", CONF_SEEN},
	{"blocked_all_threads", blocked, "it blocks the signal in every thread", CONF_SEEN},
	{"traced", traced, "its debugger has stopped it (ptrace)", CONF_SEEN},
	{"stopped", stopped, "it is stopped, and takes the signal when it is continued", CONF_SEEN},
	{"uninterruptible", uninterruptible,
	 "it sleeps uninterruptibly (state D), and takes the signal when that ends", CONF_SEEN},
	{"killable", killable,
	 "it sleeps where only a fatal signal wakes it (state D), and it has a handler for this one",
	 CONF_SEEN},
	{"not_seen", not_seen, "it has taken the signal, and no record tells how", CONF_INFERRED},
	{"not_taken", anything, "it has not taken the signal yet", CONF_SEEN},
};

const struct member_reason reason_no_signal = {"no_signal", NULL, "no signal came", CONF_SEEN};

const struct member_reason *member_reason(const struct interrupt *i, const struct member *m,
					  const struct session *x)
{
	const struct member_view v = {.x = x, .i = i, .m = m};
	const struct member_reason *r = table;

	if (verdict_has_effect(i, m))
		return NULL;
	while (!r->is(&v))
		r++;
	return r;
}
