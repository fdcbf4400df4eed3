/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/advice.h"

#include <string.h>

#define SIGINT 2

#include "session/session.h"

static bool has_member(const struct fact_interrupt *i, const char *reason)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].reason && !strcmp(i->members[k].reason, reason))
			return true;
	return false;
}

static bool misses(const struct fact_interrupt *i, const char *why)
{
	for (size_t k = 0; k < i->nmissed; k++)
		if (!strcmp(i->missed[k].why, why))
			return true;
	return false;
}

static bool missed_timeout(const struct fact_interrupt *i)
{
	return misses(i, "timeout");
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

static bool timed_out_by_tcp(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_TIMEOUT && i->by_tcp;
}

static bool timed_out(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_TIMEOUT;
}

static bool said_goodbye(const struct fact_interrupt *i)
{
	/* not where it is known to have been another signal */
	if (i->client && i->client->sig && i->client->sig != SIGINT)
		return false;
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_DISCONNECT;
}

static bool channel_closed(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT && i->cause == END_MUX_CLOSED;
}

static bool connection_lost(const struct fact_interrupt *i)
{
	return i->origin == ORIGIN_DISCONNECT;
}

static bool pid_ns_init(const struct fact_interrupt *i)
{
	return has_member(i, "pid_ns_init");
}

static bool orphaned_group(const struct fact_interrupt *i)
{
	return has_member(i, "orphaned_group");
}

static bool by_server(const struct fact_interrupt *i)
{
	return has_member(i, "ignored_by_server");
}

static bool background(const struct fact_interrupt *i)
{
	return has_member(i, "ignored_background");
}

static bool by_itself(const struct fact_interrupt *i)
{
	return has_member(i, "ignored_own");
}

/* One process for many connections: what it does for one whose client went is its own affair. */
static bool lost_by_many(const struct fact_interrupt *i)
{
	return i->many && connection_lost(i) && !said_goodbye(i);
}

static bool ignored(const struct fact_interrupt *i)
{
	return has_member(i, "ignored_from_start") || has_member(i, "ignored_inherited") ||
	       has_member(i, "ignored_at_exec") || has_member(i, "ignored");
}

static bool handled_by_program(const struct fact_interrupt *i)
{
	for (size_t k = 0; k < i->nmembers; k++)
		if (i->members[k].reason && !strcmp(i->members[k].reason, "handler") &&
		    !is_shell(i->members[k].comm))
			return true;
	return has_member(i, "sigwait") || has_member(i, "signalfd");
}

static bool waits_for_child(const struct fact_interrupt *i)
{
	return has_member(i, "waits_for_child");
}

static bool handled_by_shell(const struct fact_interrupt *i)
{
	return has_member(i, "handler");
}

static bool blocked(const struct fact_interrupt *i)
{
	return has_member(i, "blocked_all_threads");
}

static bool pending(const struct fact_interrupt *i)
{
	return has_member(i, "already_pending");
}

static bool frozen(const struct fact_interrupt *i)
{
	return has_member(i, "frozen");
}

static bool traced(const struct fact_interrupt *i)
{
	return has_member(i, "traced");
}

static bool stopped(const struct fact_interrupt *i)
{
	return has_member(i, "stopped");
}

static bool waits_for_device(const struct fact_interrupt *i)
{
	return has_member(i, "uninterruptible") || has_member(i, "killable");
}

static bool missed_inner(const struct fact_interrupt *i)
{
	return misses(i, "inner_pty");
}

static bool missed_session(const struct fact_interrupt *i)
{
	return misses(i, "own_session");
}

static bool missed_job(const struct fact_interrupt *i)
{
	return misses(i, "background_job");
}

static bool missed_group(const struct fact_interrupt *i)
{
	return misses(i, "own_group") || misses(i, "other_group");
}

static bool anything(const struct fact_interrupt *i)
{
	(void)i;
	return true;
}

static bool ended_at_client(const struct fact_interrupt *i)
{
	return i->at_client && i->verdict == VERDICT_NO_EFFECT && i->nmembers;
}

static bool lost_on_the_way(const struct fact_interrupt *i)
{
	return i->at_client && i->verdict == VERDICT_NO_EFFECT;
}

static bool sent_as_data(const struct fact_interrupt *i)
{
	return i->at_client;
}

static const struct advice table[] = {
	{"client_went_on", ended_at_client,
	 "the server cannot know of it: end the client (SIGTERM, or ~. at the start of a line), "
	 "or start the command with ssh -t, so that keys travel to its terminal"},
	{"on_the_way", lost_on_the_way,
	 "look at the client and the server's process of this connection: is one of them stopped "
	 "(state T), or does the network between them stand still?"},
	{"data_without_pty", sent_as_data,
	 "ssh -t: without a terminal on the server the byte is input for the command, no signal"},
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
	{"tcp_timeout", timed_out_by_tcp,
	 "ClientAlive asks nothing while the command writes: then only TCP notices, after a quarter of an "
	 "hour (net.ipv4.tcp_retries2 is 15; 8 makes it a minute or two); ssh -t makes that end a SIGHUP"},
	{"client_alive", timed_out,
	 "ClientAliveInterval and ClientAliveCountMax of the server decide how soon it notices "
	 "that a client is gone; ssh -t makes that end a SIGHUP"},
	{"no_pty", said_goodbye,
	 "ssh -t: with a terminal Ctrl-C travels to the server as a key and becomes a SIGINT "
	 "there"},
	{"channel", channel_closed,
	 "ssh -t: with a terminal a key becomes a signal on the server, and the end of its channel is a "
	 "SIGHUP"},
	{"no_hangup", connection_lost,
	 "ssh -t: with a terminal the end of the connection is a SIGHUP for what ran there"},
	{"pid_ns_init", pid_ns_init,
	 "an init of its own takes the signal and hands it on: docker run --init, tini, or a handler "
	 "in the program"},
	{"orphaned_group", orphaned_group,
	 "no shell is there that could continue it: start it from an interactive shell, or send "
	 "SIGSTOP"},
	{"server", by_server,
	 "start the ssh server without & from a script, or by env --default-signal=INT,QUIT: every "
	 "session inherits what it ignores"},
	{"background", background,
	 "put env --default-signal=INT in front of what a script starts with &, or end it in the "
	 "script's own trap"},
	{"own", by_itself,
	 "the program ignores the signal itself: look for its own way to stop, else SIGTERM, then "
	 "SIGKILL"},
	{"ignored", ignored,
	 "who ignores a signal hands that down: no trap '' around the command, or env "
	 "--default-signal=INT in front of it"},
	{"handler", handled_by_program,
	 "the program took the signal and chose to go on: look for its own way to stop, else "
	 "SIGTERM, then SIGKILL"},
	{"child", waits_for_child,
	 "exec the last command, so that the signal meets that alone; and a program that cleans up "
	 "at the signal should then die of it (signal(sig, SIG_DFL), raise(sig))"},
	{"trap", handled_by_shell,
	 "a shell goes on with its next command after a trap: exit in the trap, or exec the last "
	 "command so that the signal meets that alone"},
	{"blocked", blocked,
	 "it takes the signal once it unblocks it, which it may never do: SIGKILL cannot be "
	 "blocked"},
	{"pending", pending,
	 "the kernel keeps one of each signal: the program has not come to the one before, so "
	 "look at what it is doing; SIGKILL does not wait"},
	{"frozen", frozen,
	 "thaw its cgroup: 0 into cgroup.freeze, or unpause the container; the signal waits there"},
	{"traced", traced, "let the debugger continue it, or detach; the signal waits there"},
	{"stopped", stopped, "continue it with SIGCONT (fg); the signal waits there"},
	{"uninterruptible", waits_for_device,
	 "look at what it waits for (/proc/PID/stack): a device, a file server, a child of vfork(2)"},
	{"inner_pty", missed_inner,
	 "what runs on a terminal inside the session takes the keys of that one: attach to it, or "
	 "kill it by its number"},
	{"other_session", missed_session,
	 "what runs in a session of its own (setsid) takes no keys of this terminal: kill it by "
	 "its number"},
	{"background_job", missed_job,
	 "a background job takes no keys: bring it to the foreground (fg) first, or kill it by "
	 "its number"},
	{"other_group", missed_group,
	 "keys reach the foreground group only: kill it by its number, or start it without a group "
	 "of its own"},
	{"none", anything, NULL},
};

const struct advice *advice_of(const struct fact_interrupt *i)
{
	const struct advice *a = table;

	while (!a->fits(i))
		a++;
	return a;
}
