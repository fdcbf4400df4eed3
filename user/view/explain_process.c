/* SPDX-License-Identifier: GPL-2.0-only */
/* Why did this process die, or why is it still there? */
#include <signal.h>
#include <string.h>

#include "event/names.h"
#include "view/processes.h"
#include "view/text.h"

#define SOON (1000 * UINT64_C(1000000)) /* ns: an end this long after a signal is told with it */

static struct buf *line(struct explain *x, const char *label)
{
	return explain_label(x, label, NULL);
}

static void put_head(struct explain *x, const struct process *p)
{
	const struct roster_row *row = roster_find(&x->roster, p->session);
	struct buf *b = &x->v.out;

	buf_str(b, "process ");
	buf_u64(b, x->processes->tgid);
	buf_str(b, ", ");
	text_cstr(b, p->comm);
	if (p->session)
		buf_printf(b, ", session #%u: ", p->session);
	else
		buf_str(b, ", in no ssh session");
	if (row)
		roster_describe(b, row, x->v.opt.verbose ? 0 : COMMAND_SHOWN);
	buf_char(b, '\n');
	if (!p->args.len)
		return;
	buf_args(line(x, "command"), p->args.p, p->args.len, x->v.opt.verbose ? 0 : COMMAND_SHOWN);
	explain_end_line(x, NULL);
}

/* ---- who sent a signal ---- */

static void put_tty_key(struct buf *b, uint32_t sig, uint32_t tty, uint32_t session)
{
	const char *key = text_key(sig);

	buf_str(b, key ? key : signal_name(sig));
	buf_str(b, " was typed on ");
	if (tty)
		tty_name(b, tty);
	else
		buf_str(b, "its terminal");
	if (session)
		buf_printf(b, " in session #%u", session);
}

static void put_kernel(struct buf *b, uint32_t sig, const struct sent *s)
{
	const char *code = si_code_name(sig, s->si_code);

	buf_str(b, "the kernel sent it ");
	buf_str(b, signal_name(sig));
	if (code)
		buf_printf(b, " (%s)", code);
}

static void put_cause(struct explain *x, const struct engine *e, const struct process *p,
		      uint32_t sig, const struct sent *s)
{
	struct buf *b = &x->v.out;

	/* of write(2); raised by the program itself, as tail(1) does, it has a siginfo */
	if (sig == SIGPIPE && s->self && s->origin == SIG_ORIGIN_KERNEL) {
		buf_str(b, "it wrote to a pipe or socket that nobody reads any more");
		return;
	}
	switch (s->origin) {
	case SIG_ORIGIN_TTY:
		put_tty_key(b, sig, s->tty, p->session);
		return;
	case SIG_ORIGIN_HANGUP:
		buf_str(b, "its terminal was hung up");
		return;
	case SIG_ORIGIN_KERNEL:
	case SIG_ORIGIN_CHILD:
		put_kernel(b, sig, s);
		return;
	case SIG_ORIGIN_TIMER:
		buf_str(b, "a timer of its own ran out");
		return;
	case SIG_ORIGIN_USER:
		break;
	}
	if (s->self) {
		buf_printf(b, "it sent %s to itself", signal_name(sig));
	} else if (s->known) {
		sender_put(b, e, &x->roster, &s->by);
		buf_printf(b, " sent it %s", signal_name(sig));
	} else {
		buf_printf(b, "%s was sent to it; by whom is not known", signal_name(sig));
	}
}

/* ---- it died ---- */

static void put_dead(struct explain *x, const struct engine *e, const struct process *p)
{
	uint32_t sig = exit_signal(p->exit_code);
	struct buf *b = line(x, "fate");

	if (sig)
		buf_printf(b, "died of %s", signal_name(sig));
	else
		buf_printf(b, "ended by itself with status %d", exit_status(p->exit_code));
	buf_str(b, p->exit_code & 0x80 ? " (core dumped) at " : " at ");
	explain_when(b, e, p->exit_ts);
	if (p->exit_ts > p->start && p->start) {
		buf_str(b, ", ");
		buf_duration(b, p->exit_ts - p->start);
		buf_str(b, " after its start");
	}
	explain_end_line(x, NULL);
}

/* The last signal that it could have answered by ending: its handler ran shortly before. */
static uint32_t answered(const struct process *p)
{
	uint32_t found = 0;

	for (uint32_t sig = 1; sig <= SIG_MAX; sig++) {
		const struct sent *s = &p->sent[sig];

		if (s->seq && s->disposition == WIRE_HANDLER && sig != SIGCHLD && sig != SIGWINCH &&
		    s->ts <= p->exit_ts && p->exit_ts - s->ts < SOON &&
		    (!found || s->ts > p->sent[found].ts))
			found = sig;
	}
	return found;
}

static void put_death_cause(struct explain *x, const struct engine *e, const struct process *p)
{
	uint32_t sig = exit_signal(p->exit_code), handled = sig ? 0 : answered(p);
	const struct sent *s = &p->sent[sig ? sig : handled];
	struct seqs_kept seqs = {0};

	if (sig && !s->seq) {
		buf_str(line(x, "because"), "of that signal: no record of its sender is here");
		explain_end_line(x, NULL);
	} else if (sig || handled) {
		line(x, "because");
		put_cause(x, e, p, sig ? sig : handled, s);
		if (handled) {
			buf_str(&x->v.out, " ");
			buf_duration(&x->v.out, p->exit_ts - s->ts);
			buf_str(&x->v.out, " before, and its handler ran");
		}
		explain_end_line(x, NULL);
		seqs.v[seqs.n++] = s->seq;
	} else if (p->met.any && p->met.origin == ORIGIN_DISCONNECT &&
		   p->met.outcome == OUTCOME_EXITED) {
		buf_printf(line(x, "because"),
			   "the client of session #%u had gone, and with it its input and output",
			   p->met.session);
		explain_end_line(x, NULL);
	}
	if (p->left_why) {
		buf_printf(line(x, "before"), "it outlived session #%u: ", p->session);
		text_sentence(&x->v.out, p->left_why);
		explain_end_line(x, NULL);
	}
	seqs.v[seqs.n++] = p->exit_seq;
	explain_evidence(x, &seqs);
}

/* ---- it did not ---- */

static const char *outcome_says(enum outcome o)
{
	switch (o) {
	case OUTCOME_HANDLED:
		return "its handler took it, and it went on";
	case OUTCOME_IGNORED:
		return "it ignores the signal";
	case OUTCOME_BLOCKED:
		return "it blocks the signal";
	case OUTCOME_STOPPED:
		return "it was stopped";
	case OUTCOME_ALREADY_PENDING:
		return "it has not taken the one before yet";
	case OUTCOME_DIED:
	case OUTCOME_EXITED:
		return "it was about to end";
	case OUTCOME_PENDING:
	case OUTCOME_NOT_DELIVERED:
		break;
	}
	return "it did not take the signal";
}

static void put_met(struct explain *x, const struct engine *e, const struct process *p)
{
	const struct met *m = &p->met;
	struct buf *b = line(x, "because");

	buf_str(b, "of the last Ctrl-C, ");
	explain_when(b, e, m->ts);
	if (m->origin == ORIGIN_DISCONNECT) {
		buf_printf(b, ", no signal came: the client of session #%u went", m->session);
	} else if (m->missed) {
		struct fact_missed missed = {
			.tgid = x->processes->tgid, .comm = p->comm, .text = m->text,
		};

		buf_str(b, ": ");
		text_missed(b, &missed);
	} else {
		buf_printf(b, " (%s): %s", signal_name(m->sig),
			   m->text ? m->text : outcome_says(m->outcome));
	}
	explain_end_line(x, NULL);
	explain_evidence(x, &m->seqs);
}

/* The last signal that would have ended it by default, and did not. */
static uint32_t survived(const struct process *p)
{
	static const uint32_t ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
					  SIGUSR1, SIGUSR2};
	uint32_t found = 0;

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (p->sent[ending[i]].seq &&
		    (!found || p->sent[ending[i]].ts > p->sent[found].ts))
			found = ending[i];
	return found;
}

static void put_survived(struct explain *x, const struct engine *e, const struct process *p,
			 uint32_t sig)
{
	const struct sent *s = &p->sent[sig];
	struct seqs_kept seqs = {.n = 1, .v = {s->seq}};
	enum outcome outcome = OUTCOME_NOT_DELIVERED;

	if (s->result == 1 && s->disposition == WIRE_IGN)
		outcome = OUTCOME_IGNORED;
	else if (s->blocked)
		outcome = OUTCOME_BLOCKED;
	else if (s->disposition == WIRE_HANDLER)
		outcome = OUTCOME_HANDLED;
	line(x, "because");
	put_cause(x, e, p, sig, s);
	buf_printf(&x->v.out, ", but %s", outcome_says(outcome));
	explain_end_line(x, NULL);
	explain_evidence(x, &seqs);
}

static void put_left(struct explain *x, const struct process *p)
{
	buf_printf(line(x, "because"), "it outlived session #%u: ", p->session);
	text_sentence(&x->v.out, p->left_why);
	explain_end_line(x, NULL);
	if (p->left_advice && p->left_advice[0]) {
		text_sentence(line(x, p->left_intended ? "now" : "advice"), p->left_advice);
		explain_end_line(x, NULL);
	}
	explain_evidence(x, &p->left_seqs);
}

static const char *fd_says(uint8_t fd)
{
	static const char *const names[] = {
		[WIRE_FD_NONE] = "closed", [WIRE_FD_OTHER] = "other", [WIRE_FD_FILE] = "a file",
		[WIRE_FD_PIPE] = "a pipe", [WIRE_FD_SOCK] = "a socket", [WIRE_FD_TTY] = "a terminal",
		[WIRE_FD_NULL] = "/dev/null", [WIRE_FD_DEAD] = "dead (its other end is gone)",
	};

	return fd < sizeof(names) / sizeof(names[0]) ? names[fd] : "?";
}

static void put_signals(struct explain *x, const char *label, uint64_t set)
{
	struct buf *b;

	if (!set)
		return;
	b = line(x, label);
	for (uint32_t sig = 1; sig <= SIG_MAX; sig++)
		if (set >> (sig - 1) & 1)
			buf_printf(b, "%s%s", set & ((UINT64_C(1) << (sig - 1)) - 1) ? " " : "",
				   signal_name(sig));
	explain_end_line(x, NULL);
}

/* What the last snapshot told: who looks at a process now wants to know what it would do. */
static void put_state(struct explain *x, const struct wire_task *s)
{
	struct buf *b = line(x, "state");

	buf_printf(b, "%c, parent %u, group %u, session %u, ", task_state_letter(s->state), s->ppid,
		   s->pgid, s->sid);
	if (s->tty) {
		tty_name(b, s->tty);
		buf_str(b, s->tty_pgrp == s->pgid ? " (foreground)" : " (background)");
	} else {
		buf_str(b, "no terminal");
	}
	if (s->flags & WIRE_TASK_TRACED)
		buf_str(b, ", traced");
	if (s->flags & WIRE_TASK_UNKILLABLE)
		buf_str(b, ", init of a pid namespace");
	explain_end_line(x, NULL);
	buf_printf(line(x, "streams"), "stdin %s, stdout %s, stderr %s", fd_says(s->fd[0]),
		   fd_says(s->fd[1]), fd_says(s->fd[2]));
	explain_end_line(x, NULL);
	put_signals(x, "ignores", s->ignored);
	put_signals(x, "handles", s->caught);
	put_signals(x, "blocks", s->blocked);
	put_signals(x, "pending", s->pending);
}

static void put_alive(struct explain *x, const struct engine *e, const struct process *p)
{
	uint32_t sig = survived(p);

	buf_str(line(x, "fate"), x->q.live ? "is there at " :
					     "was still there when the recording ended, at ");
	explain_when(&x->v.out, e, x->now);
	explain_end_line(x, NULL);
	if (p->left_why) {
		put_left(x, p);
	} else if (p->met.any && (!sig || p->sent[sig].ts <= p->met.ts)) {
		put_met(x, e, p);
	} else if (sig) {
		put_survived(x, e, p, sig);
	} else {
		buf_str(line(x, "because"),
			x->q.live ? "what was sent to it before is not known: record with sigtrace "
				    "--sshd -w FILE" :
				    "nothing that would have ended it was sent to it");
		explain_end_line(x, NULL);
	}
	if (p->known)
		put_state(x, &p->s);
}

void explain_processes(struct explain *x, const struct engine *e)
{
	struct processes *all = x->processes;

	if (all->failed)
		x->v.out.failed = true;
	if (!all->n)
		buf_printf(&x->v.out, x->q.live ? "there is no process %u\n" :
						   "process %u was not seen in this recording\n",
			   all->tgid);
	for (size_t i = 0; i < all->n; i++) {
		x->v.out.failed |= all->p[i]->args.failed;
		if (i)
			buf_char(&x->v.out, '\n');
		put_head(x, all->p[i]);
		if (all->p[i]->exit_seq) {
			put_dead(x, e, all->p[i]);
			put_death_cause(x, e, all->p[i]);
		} else {
			put_alive(x, e, all->p[i]);
		}
	}
}
