/* SPDX-License-Identifier: GPL-2.0-only */
/* What a Ctrl-C came to. */
#include "event/names.h"
#include "finding/finding.h"

#define SIGTSTP 20

bool verdict_has_effect(const struct interrupt *i, const struct member *m)
{
	if (i->sig == SIGTSTP && m->outcome == OUTCOME_STOPPED)
		return true;
	return m->outcome == OUTCOME_DIED || m->outcome == OUTCOME_EXITED;
}

enum verdict verdict_of(const struct interrupt *i, const struct session *x)
{
	size_t hit = 0;

	if (i->client && i->raw)
		return x && x->pty ? VERDICT_NO_EFFECT : VERDICT_NOT_A_SIGNAL;
	if (i->raw || i->quoted)
		return VERDICT_NOT_A_SIGNAL;
	for (size_t k = 0; k < i->nmembers; k++)
		hit += verdict_has_effect(i, &i->members[k]);
	if (!hit)
		return VERDICT_NO_EFFECT;
	return hit == i->nmembers ? VERDICT_STOPPED : VERDICT_PARTLY;
}

bool verdict_shell_only(const struct interrupt *i)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (!i->members[k].shell)
			return false;
	return i->nmembers > 0;
}

static const struct member *first_unmoved(const struct interrupt *i)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (!verdict_has_effect(i, &i->members[k]))
			return &i->members[k];
	return NULL;
}

/* It got no further than the client. */
static void say_at_client(struct buf *b, const struct interrupt *i, const struct session *x)
{
	const struct member *m = first_unmoved(i);

	if (!i->raw && m) {
		buf_str(b, "it ended at the client ");
		say_task(b, m->comm, m->key.tgid);
		buf_printf(b, ": %s, and the connection stays as it is",
			   member_reason(i, m, NULL)->text);
		return;
	}
	buf_str(b, "the client ");
	say_task(b, i->reader_comm, i->reader.tgid);
	buf_str(b, " read the key as data ");
	buf_str(b, x && x->pty ? "and within a second none came to the session's terminal" :
				 "and the session has no terminal that would make a signal of it");
}

void verdict_say(struct buf *b, const struct interrupt *i, const struct session *x)
{
	const struct member *m = first_unmoved(i);

	if (i->client) {
		say_at_client(b, i, x);
	} else if (i->raw) {
		buf_str(b, "the terminal makes no signals of keys (ISIG is off): the program that "
			   "reads it got the byte");
		if (i->more)
			buf_printf(b, ", and %u more of them right behind it", i->more);
	} else if (i->quoted) {
		buf_str(b, "the terminal made no signal of it: it was quoted (Ctrl-V)");
	} else if (!i->nmembers) {
		buf_str(b, "no process was there to take the signal");
	} else if (verdict_shell_only(i)) {
		buf_str(b, "only the shell's prompt was in the foreground");
	} else if (!m) {
		buf_str(b, i->sig == SIGTSTP ? "the foreground group was stopped" :
					       "every process that got the signal ended");
	} else {
		say_task(b, m->comm, m->key.tgid);
		buf_printf(b, " %s: %s",
			   m->gone ? "did not end of it" : "is still there", member_reason(i, m, x)->text);
	}
}
