/* SPDX-License-Identifier: GPL-2.0-only */
/* What it means: tables of causes and reasons, first match wins; a new one is a new row. */
#ifndef SIGTRACE_FINDING_FINDING_H
#define SIGTRACE_FINDING_FINDING_H

#include "base/buf.h"
#include "session/session.h"

/* How a session ended. */
struct cause {
	enum end end;
	bool (*is)(const struct session *x);
	/* One sentence; NULL: `text` is it. */
	void (*say)(struct buf *b, const struct session *x);
	const char *text;
	enum confidence best; /* what the records can prove of it */
};

/* Never NULL; the last row, END_UNKNOWN, fits every session. ssh-facts 1.6 */
const struct cause *cause_of(const struct session *x);
void cause_say(struct buf *b, const struct cause *c, const struct session *x);
void cause_evidence(struct seqs *out, const struct session *x);
/* Did the client go, or its connection, while the command ran? */
bool cause_is_loss(enum end end);
/* Did a server of many connections kill the command's first process? It does when the client goes. */
bool cause_killed_root(const struct session *x);

/* Why a process outlived its session. */
struct survivor {
	const struct session *x;
	const struct task *t;
	enum end end;
	const struct task_signal *hup; /* the session's end's SIGHUP to it, NULL: none */
};

struct survival {
	enum reason reason;
	bool (*is)(const struct survivor *v);
	const char *text; /* one sentence */
	const char *tip;  /* what to do about it next time; NULL: nothing */
};

void survivor_init(struct survivor *v, const struct session *x, const struct task *t, enum end end);
const struct survival *survival_of(const struct survivor *v);
/* Was it meant to stay? If so *rule is the rule that says it, a clause. */
bool survivor_intended(const struct survivor *v, const char **rule);
/* What will become of it, and the tip, unless it was meant to stay. */
void survivor_advice(struct buf *b, const struct survivor *v, const struct survival *s,
		     bool intended);

/* What an interrupt came to, from its members' outcomes. */
enum verdict verdict_of(const struct interrupt *i);
/* Only the prompt's shell was there. */
bool verdict_shell_only(const struct interrupt *i);
void verdict_say(struct buf *b, const struct interrupt *i, const struct session *x);

#endif
