/* SPDX-License-Identifier: GPL-2.0-only */
/* What an orphan came to in the end. */
#include "event/names.h"
#include "finding/finding.h"
#include "finding/tell.h"

#define SIGPIPE 13

static void say(struct buf *b, const struct task *t, const struct task_signal *g)
{
	uint32_t sig = exit_signal(t->exit_code);

	if (!sig) {
		buf_printf(b, "it ended by itself with status %d", exit_status(t->exit_code));
		return;
	}
	buf_printf(b, "it was killed by %s", signal_name(sig));
	if (sig == SIGPIPE && g && !g->sender_tgid) {
		buf_str(b, ": it wrote to what the end of its session had closed");
	} else if (g && g->sender_tgid == t->key.tgid) {
		buf_str(b, " from itself");
	} else if (g && g->sender_tgid) {
		buf_str(b, " from ");
		say_task(b, g->sender_comm, g->sender_tgid);
	}
}

void tell_fate(struct engine *e, const struct session *x, const struct task *t)
{
	uint32_t sig = exit_signal(t->exit_code);
	const struct task_signal *g = sig ? task_signal(t, sig) : NULL;
	struct seqs evidence = {0};
	struct buf why = {0};
	struct fact f = {
		.kind = FACT_FATE,
		.ts = t->exit_ts,
		.session = x->number,
		.confidence = tell_confidence(e, x, CONF_SEEN),
	};

	say(&why, t, g);
	seqs_add(&evidence, t->exit_seq);
	seqs_add(&evidence, g ? g->seq : 0);
	f.u.fate = (struct fact_fate){
		.tgid = t->key.tgid,
		.start = t->key.start,
		.comm = t->comm,
		.after = t->exit_ts > x->ended ? t->exit_ts - x->ended : 0,
		.cpu = t->s.cpu,
		.exit_status = exit_status(t->exit_code),
		.exit_signal = sig,
		.sender_tgid = g ? g->sender_tgid : 0,
		.sender_session = g ? g->sender_session : 0,
		.sender_comm = g ? g->sender_comm : "",
		.why = buf_cstr(&why),
	};
	e->failed |= why.failed;
	tell_fact(e, &f, &evidence);
	buf_free(&why);
}
