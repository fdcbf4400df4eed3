/* SPDX-License-Identifier: GPL-2.0-only */
/* What a Ctrl-C came to. */
#include <string.h>

#include "event/names.h"
#include "finding/finding.h"

#define SIGTSTP 20

static bool has_effect(const struct interrupt *i, const struct member *m)
{
	if (i->sig == SIGTSTP && m->outcome == OUTCOME_STOPPED)
		return true;
	return m->outcome == OUTCOME_DIED || m->outcome == OUTCOME_EXITED;
}

enum verdict verdict_of(const struct interrupt *i)
{
	size_t hit = 0;

	if (i->raw || i->quoted)
		return VERDICT_NOT_A_SIGNAL;
	for (size_t k = 0; k < i->nmembers; k++)
		hit += has_effect(i, &i->members[k]);
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
		if (!has_effect(i, &i->members[k]))
			return &i->members[k];
	return NULL;
}

static const char *why_unmoved(const struct interrupt *i, const struct member *m,
			       const struct session *x)
{
	switch (m->outcome) {
	case OUTCOME_HANDLED:
		return "its handler ran and it went on";
	case OUTCOME_IGNORED:
		return x && x->number && x->root_ignored >> (i->sig - 1) & 1 ?
			       "it ignores the signal, as the session did from its first command on" :
			       "it ignores the signal";
	case OUTCOME_BLOCKED:
		return "it blocks the signal in every thread";
	case OUTCOME_ALREADY_PENDING:
		return "the last one is still pending there";
	case OUTCOME_STOPPED:
		return "it is stopped";
	default:
		return "it did not take the signal within a second";
	}
}

void verdict_say(struct buf *b, const struct interrupt *i, const struct session *x)
{
	const struct member *m = first_unmoved(i);

	if (i->raw) {
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
		buf_text(b, m->comm, strnlen(m->comm, WIRE_COMM));
		buf_printf(b, " %u %s: %s", m->key.tgid,
			   m->gone ? "did not end of it" : "is still there", why_unmoved(i, m, x));
	}
}
