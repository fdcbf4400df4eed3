/* SPDX-License-Identifier: GPL-2.0-only */
/* What it means: tables of causes and reasons, first match wins; a new one is a new row. */
#ifndef SIGTRACE_FINDING_FINDING_H
#define SIGTRACE_FINDING_FINDING_H

#include "base/buf.h"
#include "session/session.h"

/* "sleep 4711", the name escaped. comm: WIRE_COMM bytes at most */
void say_task(struct buf *b, const char *comm, uint32_t tgid);

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
/* Did TCP give the client up, because nothing that was sent to it was acknowledged? */
bool cause_is_tcp_timeout(const struct session *x);
/* Did the client go, or its connection, while the command ran? */
bool cause_is_loss(enum end end);
/* Did a server of many connections kill the command's first process? It does when the client goes. */
bool cause_killed_root(const struct session *x);

/* The client's end of the session, and what made it go: false where it does not run on this host. */
bool client_of(struct fact_client *c, const struct session *x, struct seqs *evidence);
/* "; its client ssh 4242 got SIGINT from its terminal pts/3"; nothing for one that still runs. */
void client_say(struct buf *b, const struct fact_client *c);

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
/* A sign that it was meant to stay. */
struct intention {
	bool strong;
	bool (*is)(const struct survivor *v);
	const char *rule; /* a clause */
	void (*more)(struct buf *b, const struct survivor *v); /* what to say behind it; NULL: nothing */
};

/* Was it meant to stay? Then the first sign that says so: one strong, or two weak. NULL: it was not. */
const struct intention *survivor_intended(const struct survivor *v);
/* What will become of it, and the tip, unless it was meant to stay. */
void survivor_advice(struct buf *b, const struct survivor *v, const struct survival *s,
		     bool intended);

/* Why a member of an interrupt is still there, or did not end of it. */
struct member_view {
	const struct session *x; /* NULL: not known any more */
	const struct interrupt *i;
	const struct member *m;
};

struct member_reason {
	const char *id; /* for scripts: it stays, the sentence may change */
	bool (*is)(const struct member_view *v);
	const char *text;     /* a clause, with the process as its subject */
	enum confidence best; /* what the records can prove of it */
};

/* NULL for one that did what was asked of it. */
const struct member_reason *member_reason(const struct interrupt *i, const struct member *m,
					  const struct session *x);
/* Of a client's going: no signal came. */
extern const struct member_reason reason_no_signal;

/* Did it do what was asked of it? */
bool verdict_has_effect(const struct interrupt *i, const struct member *m);

/* What an interrupt came to, from its members' outcomes. */
enum verdict verdict_of(const struct interrupt *i, const struct session *x);
/* Only the prompt's shell was there. */
bool verdict_shell_only(const struct interrupt *i);
void verdict_say(struct buf *b, const struct interrupt *i, const struct session *x);

#endif
