/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a process outlived its session, and whether it was meant to (ssh-facts 3). */
#include <string.h>
#include <utlist.h>

#include "finding/finding.h"

#define SIGHUP 1
#define SIGKILL 9
#define SIGPIPE 13
#define HUP_BIT (UINT64_C(1) << (SIGHUP - 1))
#define PIPE_BIT (UINT64_C(1) << (SIGPIPE - 1))
#define TASK_UNINTERRUPTIBLE 2
#define TASK_KILLABLE_BITS 0x102 /* TASK_WAKEKILL | TASK_UNINTERRUPTIBLE */

void survivor_init(struct survivor *v, const struct session *x, const struct task *t, enum end end)
{
	const struct task_signal *g = task_signal(t, SIGHUP);

	v->x = x;
	v->t = t;
	v->end = end;
	v->hup = g && g->ts >= session_end(x) ? g : NULL;
}

static bool own_session(const struct survivor *v)
{
	return v->x->root_placed && task_placed(v->t) && v->t->s.sid != v->x->root_sid;
}

static bool is_uninterruptible(const struct survivor *v)
{
	return v->hup && (v->t->s.state & TASK_KILLABLE_BITS) == TASK_UNINTERRUPTIBLE;
}

static bool is_stopped(const struct survivor *v)
{
	return v->hup && !v->hup->result && v->t->s.state & TASK_STOPPED_STATES;
}

static bool hup_ignored(const struct survivor *v)
{
	return v->hup && v->hup->result == 1;
}

static bool hup_blocked(const struct survivor *v)
{
	return v->hup && v->hup->blocked;
}

static bool hup_handled(const struct survivor *v)
{
	return v->hup && v->hup->disposition == WIRE_HANDLER && v->hup->delivered_seq;
}

static bool hup_other(const struct survivor *v)
{
	return v->hup != NULL;
}

static bool job_of_ended_shell(const struct survivor *v)
{
	return v->x->pty && v->end == END_EXIT && v->t->s.pgid != v->x->root_pgid;
}

static bool job_not_hung_up(const struct survivor *v)
{
	return v->x->pty && v->t->s.pgid != v->x->root_pgid;
}

static bool group_not_hung_up(const struct survivor *v)
{
	return job_not_hung_up(v) && !v->x->interactive;
}

/* timeout(1) makes itself a group, for what it runs. */
static bool group_of_timeout(const struct survivor *v)
{
	const struct task *t;

	if (!group_not_hung_up(v))
		return false;
	DL_FOREACH2(v->x->members, t, member_next) {
		if (t->key.tgid == v->t->s.pgid && !strcmp(t->comm, "timeout"))
			return true;
	}
	return false;
}

/* Nobody hung up: the terminal works, though its session's client is gone (ssh-facts 3 g). */
static bool master_kept(const struct survivor *v)
{
	return v->x->pty && v->x->keeper && cause_is_loss(v->end) && !v->x->hangup.seq &&
	       !v->x->root_exit.seq && v->t->s.tty == v->x->pty;
}

/* Of those that it would have handed a hang-up on to (ssh-facts 3 f). */
static bool shell_killed(const struct survivor *v)
{
	return job_not_hung_up(v) && v->x->root_exit.seq &&
	       exit_signal(v->x->root->exit_code) == SIGKILL;
}

/* ssh-facts 3 k */
static bool only_root_killed(const struct survivor *v)
{
	return !v->x->pty && cause_killed_root(v->x);
}

static bool has_pty(const struct survivor *v)
{
	return v->x->pty != 0;
}

/* The client's "signal" request, or somebody's kill: it was signalled and ignored that. */
static bool ignored_a_signal(const struct survivor *v)
{
	for (size_t i = 0; i < v->t->nsignals; i++) {
		const struct task_signal *g = &v->t->signals[i];

		if ((g->sig == 2 || g->sig == 3 || g->sig == 15) && g->result == 1)
			return true;
	}
	return false;
}

static bool left_by_command(const struct survivor *v)
{
	return v->end == END_EXIT || v->end == END_MUX_CLOSED;
}

static bool by_channel(const struct survivor *v)
{
	return v->end == END_MUX_CLOSED && v->x->unplugged.seq;
}

static bool by_goodbye(const struct survivor *v)
{
	return v->end == END_DISCONNECT;
}

static bool by_loss(const struct survivor *v)
{
	return cause_is_loss(v->end);
}

/* Not even a terminal's end need be a hang-up there. */
static bool by_loss_of_many(const struct survivor *v)
{
	return v->x->keeper && by_loss(v);
}

static bool anything(const struct survivor *v)
{
	(void)v;
	return true;
}

#define BY_HAND "SIGTERM, then SIGKILL, ends it"

/* Not that it ignores it: the kernel drops what an init has no handler for (sig_task_ignored()). */
static bool is_pid_ns_init(const struct survivor *v)
{
	return hup_ignored(v) && v->hup->disposition == WIRE_DFL &&
	       v->t->s.flags & WIRE_TASK_UNKILLABLE;
}

static bool born_after(const struct survivor *v)
{
	uint64_t end = session_end(v->x);

	return !v->hup && end && v->t->born > end;
}

static const struct survival survivals[] = {
	{REASON_IGNORED, is_pid_ns_init,
	 "it is the init of a pid namespace: the kernel drops the hang-up's SIGHUP, for which it has "
	 "no handler",
	 "SIGKILL from outside its namespace ends it, and all in it"},
	{REASON_IGNORED, hup_ignored, "it ignored the hang-up's SIGHUP", BY_HAND},
	{REASON_BLOCKED, hup_blocked, "it blocks SIGHUP in every thread, so the hang-up's stays pending",
	 BY_HAND},
	{REASON_HANDLED, hup_handled, "its handler took the hang-up's SIGHUP, and it went on", BY_HAND},
	{REASON_STOPPED, is_stopped, "it is stopped: the hang-up's SIGHUP waits for a SIGCONT", NULL},
	{REASON_UNINTERRUPTIBLE, is_uninterruptible,
	 "it sleeps uninterruptibly (state D): the hang-up's SIGHUP waits for that to end", NULL},
	{REASON_UNKNOWN, hup_other, "it got the hang-up's SIGHUP and is still there", NULL},
	{REASON_OTHER_SESSION, own_session,
	 "never signalled: it runs in a session of its own (setsid), which a hang-up does not reach",
	 NULL},
	{REASON_NO_SIGNAL, born_after,
	 "never signalled: it was started after the session's end, by what was left of it", NULL},
	{REASON_NO_SIGNAL, master_kept,
	 "never signalled: the server keeps the terminal's master open, so no hang-up came", BY_HAND},
	{REASON_NO_SIGNAL, only_root_killed,
	 "never signalled: the server killed only the command's first process",
	 "let the command exec it in its own place"},
	{REASON_NO_SIGNAL, shell_killed,
	 "never signalled: its shell was killed before it could hand a hang-up on", NULL},
	{REASON_OTHER_GROUP, job_of_ended_shell,
	 "never signalled: a background job, and a shell that exits hangs up only the foreground group",
	 "end jobs before the shell, or set huponexit"},
	{REASON_OTHER_GROUP, group_of_timeout,
	 "never signalled: it is in the process group that timeout(1) made for itself, and a hang-up "
	 "reaches only the leader and the foreground group",
	 "use timeout --foreground"},
	{REASON_OTHER_GROUP, group_not_hung_up,
	 "never signalled: it is in a process group of its own, and a hang-up reaches only the leader "
	 "and the foreground group",
	 NULL},
	{REASON_OTHER_GROUP, job_not_hung_up,
	 "never signalled: a background job that its shell no longer owned (disown) or could not hang up",
	 NULL},
	{REASON_NO_SIGNAL, has_pty, "never signalled: the hang-up went to the session's leader only",
	 NULL},
	{REASON_IGNORED, ignored_a_signal, "it was sent a signal that it ignores", BY_HAND},
	{REASON_NO_PTY, by_channel,
	 "never signalled: no terminal, so the end of its channel only closes its pipes", "try ssh -t"},
	{REASON_NO_SIGNAL, left_by_command,
	 "never signalled: the command ended and left it in the background",
	 "wait for it in the command, or end it in the command's own trap"},
	{REASON_NO_PTY, by_goodbye,
	 "never signalled: no terminal, so a Ctrl-C at the client ends there", "try ssh -t"},
	{REASON_NO_PTY, by_loss_of_many,
	 "never signalled: no terminal, so the end of the connection only closes its pipes", NULL},
	{REASON_NO_PTY, by_loss,
	 "never signalled: no terminal, so the end of the connection only closes its pipes",
	 "try ssh -t"},
	{REASON_UNKNOWN, anything, "no record tells why it is still there", NULL},
};

/* ---- of a command ---- */

/* The last signal that ends a process by default and did not end this one; NULL: none came. */
static const struct task_signal *survived(const struct survivor *v)
{
	static const uint32_t ending[] = {SIGHUP, 2, 3, SIGKILL, 10, 12, SIGPIPE, 14, 15};
	const struct task_signal *last = NULL;

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		const struct task_signal *g = task_signal(v->t, ending[i]);

		if (g && (!last || g->ts > last->ts))
			last = g;
	}
	return last;
}

static bool sent_in_vain(const struct survivor *v)
{
	return survived(v) != NULL;
}

static bool left_stuck(const struct survivor *v)
{
	return sent_in_vain(v) && (v->t->s.state & TASK_KILLABLE_BITS) == TASK_UNINTERRUPTIBLE;
}

static bool left_stopped(const struct survivor *v)
{
	return sent_in_vain(v) && v->t->s.state & TASK_STOPPED_STATES;
}

static bool left_ignoring(const struct survivor *v)
{
	return sent_in_vain(v) && survived(v)->result == 1;
}

static bool left_blocking(const struct survivor *v)
{
	return sent_in_vain(v) && survived(v)->blocked;
}

static bool left_handling(const struct survivor *v)
{
	return sent_in_vain(v) && survived(v)->disposition == WIRE_HANDLER &&
	       survived(v)->delivered_seq;
}

static bool other_group(const struct survivor *v)
{
	return v->t->s.pgid != v->x->root_pgid;
}

static const struct survival command_survivals[] = {
	{REASON_UNINTERRUPTIBLE, left_stuck,
	 "it sleeps uninterruptibly (state D): the signal that it was sent waits for that to end", NULL},
	{REASON_STOPPED, left_stopped, "it is stopped: the signal that it was sent waits for a SIGCONT",
	 NULL},
	{REASON_IGNORED, left_ignoring, "it was sent a signal that it ignores", BY_HAND},
	{REASON_BLOCKED, left_blocking, "it blocks the signal that it was sent", BY_HAND},
	{REASON_HANDLED, left_handling, "its handler took the signal that it was sent, and it went on",
	 BY_HAND},
	{REASON_UNKNOWN, sent_in_vain, "it was sent a signal and is still there", BY_HAND},
	{REASON_OTHER_SESSION, own_session,
	 "never signalled: it runs in a session of its own (setsid), which no signal to the command's "
	 "group and no Ctrl-C reaches",
	 NULL},
	{REASON_OTHER_GROUP, other_group,
	 "never signalled: it runs in a process group of its own, which no signal to the command's "
	 "group and no Ctrl-C reaches",
	 "wait for it in the command, or end it in the command's own trap"},
	{REASON_NO_SIGNAL, anything, "never signalled: the command ended and left it running",
	 "wait for it in the command, or end it in the command's own trap"},
};

const struct survival *survival_of(const struct survivor *v)
{
	const struct survival *r = v->x->number ? survivals : command_survivals;

	while (!r->is(v))
		r++;
	return r;
}

/* Of a terminal inside the session (script, su --pty): it runs in a session of its own as well, but
 * is no daemon. A dead descriptor of a session without a terminal is a pipe. */
static bool has_terminal(const struct survivor *v)
{
	for (int i = 0; i < 3; i++)
		if (v->t->s.fd[i] == WIRE_FD_TTY || (v->x->pty && v->t->s.fd[i] == WIRE_FD_DEAD))
			return true;
	return v->t->s.tty != 0;
}

/* A daemon's second fork: in a session that is neither the login's nor led by itself. */
static bool is_daemonised(const struct survivor *v)
{
	return own_session(v) && v->t->s.sid != v->t->key.tgid && !has_terminal(v);
}

static bool set_hup_aside(const struct survivor *v)
{
	return v->t->s.ignored & HUP_BIT && !(v->x->root_ignored & HUP_BIT);
}

static bool let_go_of_stdio(const struct survivor *v)
{
	for (int i = 0; i < 3; i++)
		if (v->t->s.fd[i] != WIRE_FD_NULL && v->t->s.fd[i] != WIRE_FD_FILE)
			return false;
	return true;
}

static bool leads_a_session(const struct survivor *v)
{
	return own_session(v) && v->t->s.sid == v->t->key.tgid && !has_terminal(v);
}

static bool by_nohup(const struct survivor *v)
{
	return v->t->detach & DETACH_NOHUP;
}

static bool by_setsid(const struct survivor *v)
{
	return v->t->detach & DETACH_SETSID;
}

static bool by_mux(const struct survivor *v)
{
	return v->t->detach & DETACH_MUX;
}

static bool by_service(const struct survivor *v)
{
	return v->t->detach & DETACH_SERVICE;
}

/*
 * systemd-run --scope, or by hand. Who is in a cgroup below that of the session's root is still in
 * the session's scope; where that is the root of all, there is none. Of a process so deep down that
 * not all above it were told, it is not known.
 */
static bool left_cgroup(const struct survivor *v)
{
	const struct task_place *then = &v->x->place, *now = v->t->place;

	if (!now || !now->cgroup[0] || !then->cgroup[1] || now->cgroup[WIRE_CGROUPS - 1])
		return false;
	for (size_t i = 0; i < WIRE_CGROUPS; i++)
		if (now->cgroup[i] == then->cgroup[0])
			return false;
	return true;
}

static void say_cgroup(struct buf *b, const struct survivor *v)
{
	const char *name = v->t->place->cgroup_name;

	buf_str(b, ", ");
	buf_text(b, *name ? name : "/", strlen(*name ? name : "/"));
}

/* Any strong rule, or two weak ones. */
static const struct intention intentions[] = {
	{true, by_mux, "started by a terminal multiplexer", NULL},
	{true, by_service, "handed to a service manager", NULL},
	{true, by_nohup, "started by nohup", NULL},
	{true, by_setsid, "started by setsid", NULL},
	{true, left_cgroup, "moved out of its session's cgroup", say_cgroup},
	{true, is_daemonised, "forked again after setsid(), as daemons do", NULL},
	{false, leads_a_session, "called setsid()", NULL},
	{false, set_hup_aside, "ignores SIGHUP", NULL},
	{false, let_go_of_stdio, "has its standard streams on files", NULL},
};

const struct intention *survivor_intended(const struct survivor *v)
{
	const struct intention *first = NULL;

	for (size_t i = 0; i < sizeof(intentions) / sizeof(intentions[0]); i++) {
		if (!intentions[i].is(v))
			continue;
		if (intentions[i].strong)
			return &intentions[i];
		if (first)
			return first;
		first = &intentions[i];
	}
	return NULL;
}

static const char *fate(const struct survivor *v)
{
	const uint8_t *fd = v->t->s.fd;

	if (v->x->pty && (fd[1] == WIRE_FD_DEAD || fd[2] == WIRE_FD_DEAD))
		return "its terminal is gone: writes fail with EIO, no signal comes";
	if ((fd[1] == WIRE_FD_DEAD || fd[2] == WIRE_FD_DEAD) && v->t->s.ignored & PIPE_BIT)
		return "its pipes are closed: writes fail with EPIPE, and it ignores SIGPIPE";
	if (fd[1] == WIRE_FD_DEAD || fd[2] == WIRE_FD_DEAD)
		return "would die of SIGPIPE at its next write";
	return "runs until it ends by itself";
}

void survivor_advice(struct buf *b, const struct survivor *v, const struct survival *s,
		     bool intended)
{
	buf_str(b, fate(v));
	if (s->tip && !intended) {
		buf_str(b, "; ");
		buf_str(b, s->tip);
	}
}
