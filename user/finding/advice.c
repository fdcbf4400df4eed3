/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/advice.h"

#include <string.h>

/* Processes that a caught signal does not end: they run a trap, and go on with the next command. */
static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish"};

static bool is_shell(const char *comm)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(comm, shells[i]))
			return true;
	return false;
}

static const struct fact_member *member_that(const struct fact_interrupt *i, enum outcome outcome)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].outcome == outcome)
			return &i->members[k];
	return NULL;
}

static bool misses(const struct fact_interrupt *i, enum reason reason, const char *comm)
{
	for (size_t k = 0; k < i->nmissed; k++)
		if (i->missed[k].reason == reason && (!comm || !strcmp(i->missed[k].comm, comm)))
			return true;
	return false;
}

static bool missed_timeout(const struct fact_interrupt *i)
{
	return misses(i, REASON_OTHER_GROUP, "timeout");
}

static bool worked(const struct fact_interrupt *i)
{
	return i->verdict == VERDICT_STOPPED;
}

static bool at_prompt(const struct fact_interrupt *i)
{
	return i->shell_only && !i->nmissed;
}

static bool is_data(const struct fact_interrupt *i)
{
	return i->verdict == VERDICT_NOT_A_SIGNAL;
}

static bool timed_out(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_TIMEOUT;
}

static bool said_goodbye(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_DISCONNECT;
}

static bool connection_lost(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT;
}

/* One process for many connections: what it does for one whose client went is its own affair. */
static bool lost_by_many(const struct fact_interrupt *i)
{
	return i->many && connection_lost(i) && !said_goodbye(i);
}

static bool ignored(const struct fact_interrupt *i)
{
	return member_that(i, OUTCOME_IGNORED);
}

static bool blocked(const struct fact_interrupt *i)
{
	return member_that(i, OUTCOME_BLOCKED);
}

static bool pending(const struct fact_interrupt *i)
{
	return member_that(i, OUTCOME_ALREADY_PENDING);
}

static bool handled_by_program(const struct fact_interrupt *i)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].outcome == OUTCOME_HANDLED && !is_shell(i->members[k].comm))
			return true;
	return false;
}

static bool handled_by_shell(const struct fact_interrupt *i)
{
	return !i->shell_only && member_that(i, OUTCOME_HANDLED);
}

static bool not_taken(const struct fact_interrupt *i)
{
	return member_that(i, OUTCOME_NOT_DELIVERED) || member_that(i, OUTCOME_STOPPED);
}

static bool missed_session(const struct fact_interrupt *i)
{
	return misses(i, REASON_OTHER_SESSION, NULL);
}

static bool missed_group(const struct fact_interrupt *i)
{
	return misses(i, REASON_OTHER_GROUP, NULL);
}

static bool anything(const struct fact_interrupt *i)
{
	(void)i;
	return true;
}

static const struct advice table[] = {
	{"timeout", missed_timeout,
	 "timeout(1) puts itself into a group of its own, which keys do not reach: use timeout "
	 "--foreground"},
	{"worked", worked, NULL},
	{"prompt", at_prompt, NULL},
	{"raw", is_data,
	 "the program that reads the key decides what it does: it has a way of its own to stop"},
	{"many", lost_by_many,
	 "such a server may hang nothing up, with or without a terminal: sigtrace orphans lists what is "
	 "left, and only a kill ends it"},
	{"client_alive", timed_out,
	 "ClientAliveInterval and ClientAliveCountMax of the server decide how soon it notices "
	 "that a client is gone; ssh -t makes that end a SIGHUP"},
	{"no_pty", said_goodbye,
	 "ssh -t: with a terminal Ctrl-C travels to the server as a key and becomes a SIGINT "
	 "there"},
	{"no_hangup", connection_lost,
	 "ssh -t: with a terminal the end of the connection is a SIGHUP for what ran there"},
	{"ignored", ignored,
	 "who ignores a signal hands that down: no trap '' around the command, and for what a "
	 "script starts with & env --default-signal=INT in front of it"},
	{"handler", handled_by_program,
	 "the program took the signal and chose to go on: look for its own way to stop, else "
	 "SIGTERM, then SIGKILL"},
	{"trap", handled_by_shell,
	 "a shell goes on with its next command after a trap, or when its child caught the "
	 "signal: exit in the trap, or exec the last command so that the signal meets that "
	 "alone"},
	{"blocked", blocked,
	 "it takes the signal once it unblocks it, which it may never do: SIGKILL cannot be "
	 "blocked"},
	{"pending", pending,
	 "the kernel keeps one of each signal: the program has not come to the one before, so "
	 "look at what it is doing; SIGKILL does not wait"},
	{"not_taken", not_taken,
	 "it takes the signal when it runs again: if it is stopped (state T), send SIGCONT; in "
	 "state D it waits for a device or a file server"},
	{"other_session", missed_session,
	 "what runs in a session of its own (setsid) takes no keys of this terminal: kill it by "
	 "its number"},
	{"other_group", missed_group,
	 "a background job takes no keys: bring it to the foreground (fg) first, or kill it by "
	 "its number"},
	{"none", anything, NULL},
};

const struct advice *advice_of(const struct fact_interrupt *i)
{
	const struct advice *a = table;

	while (!a->fits(i))
		a++;
	return a;
}
