/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ctrl-Cs that are not yet resolved, each found by whom it concerns: what a look-up costs depends on
 * how many there are of one session, of one terminal or for one process, not on all of them.
 */
#ifndef SIGTRACE_SESSION_PENDING_H
#define SIGTRACE_SESSION_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/timer.h"
#include "world/task.h"

struct interrupt;

/* Those of one session, or of one terminal, in the order in which they came. */
struct queue {
	uint32_t key;
	unsigned n;
	struct interrupt *first;
	UT_hash_handle hh;
};

/* A process that lives, and a Ctrl-C that it is a member of. It holds the process. */
struct meeting {
	struct task *task;
	struct interrupt *interrupt;
	size_t at; /* in interrupt->members */
	struct meeting *next, *prev; /* list of the task's */
	struct meeting *its_next, *its_prev; /* list of the interrupt's */
};

struct pending {
	struct interrupt *list; /* oldest first */
	unsigned n;
	uint64_t count;		/* that ever were */
	struct queue *by_session, *by_tty;
	struct interrupt *asked; /* those that wait for the kernel's answer */
	struct timers deadlines; /* of the first of each session: they are told in order */
};

/* Takes one over, with its session. -1: no memory, and it is as before. */
int pending_add(struct pending *p, struct interrupt *i);
/* It was typed at i->tty. -1: no memory. */
int pending_typed(struct pending *p, struct interrupt *i);
/* The kernel was asked about it. */
void pending_ask(struct pending *p, struct interrupt *i);
/* t, which lives, is i->members[at]. -1: no memory. */
int pending_meet(struct interrupt *i, struct task *t, size_t at);
/* t has ended: no signal is for it any more. It is the caller who forgets t. */
void pending_part(struct task *t);
/* Gives it back: it is on no list then. Whose turn it is now in its session, NULL: nobody's. */
struct interrupt *pending_remove(struct pending *p, struct interrupt *i);
void pending_free(struct pending *p);

/* Those of a session (linked by its_next), of a terminal (tty_next), the oldest first; NULL: none. */
struct interrupt *pending_of_session(const struct pending *p, uint32_t session);
struct interrupt *pending_of_tty(const struct pending *p, uint32_t tty);
unsigned pending_count(const struct pending *p, uint32_t session);
/* Is there an older one of its session? */
bool pending_is_behind(const struct interrupt *i);

#endif
