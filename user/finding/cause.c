/* SPDX-License-Identifier: GPL-2.0-only */
/* The cause table of ssh-facts 1.6: evaluated top down, in the order of the evidence. */
#include <signal.h>

#include <string.h>
#include <utlist.h>

#include "event/names.h"
#include "finding/finding.h"

#define SIGKILL 9
#define ECONNRESET 104 /* include/uapi/asm-generic/errno.h */
#define ETIMEDOUT 110
#define EHOSTUNREACH 113

/* A client that just said goodbye sent data a moment ago; one that is timed out was silent for at
 * least one ClientAliveInterval, whose unit is the second. */
#define SILENT (900 * MS)
/* A server ends within ms of its command when nothing holds the channel. */
#define HELD (500 * MS)
/* A jiffy of 10 ms, the coarsest, and one for the way. */
#define GOODBYE (20 * MS)

static bool before(const struct mark *a, uint64_t ts)
{
	return a->seq && (!ts || a->ts <= ts);
}

static uint64_t changed(const struct session *x)
{
	return x->conn ? conn_changed(x->conn) : 0;
}

static bool is_server(const struct session *x, enum server kind)
{
	return x->server && server_of(x->server->comm) == kind;
}

static bool is_openssh(const struct session *x)
{
	return is_server(x, SERVER_OPENSSH);
}

/* Dropbear exits 0 and TinySSH 111 however the client went (ssh-facts 0.4); of others nothing is
 * known, and one that serves many does not exit at all. */
static bool tells_nothing(const struct session *x)
{
	return x->server && !is_openssh(x);
}

bool cause_killed_root(const struct session *x)
{
	const struct task_signal *g = x->keeper && x->root_exit.seq ? task_signal(x->root, SIGKILL) : NULL;

	return g && exit_signal(x->root->exit_code) == SIGKILL && x->server &&
	       g->sender_tgid == x->server->key.tgid;
}

static int server_status(const struct session *x)
{
	return x->server_exit.seq ? exit_status(x->server->exit_code) : -1;
}

static bool is_mux(const struct session *x)
{
	return x->hangup.seq && !x->server_exit.seq && !changed(x) &&
	       (!x->root_exit.seq || x->hangup.ts <= x->root_exit.ts);
}

/* It was the whole connection's end, if that came with it; a background process may have held the
 * channel open longer than the command lived. */
static bool is_unplugged(const struct session *x)
{
	uint64_t at = x->unplugged.ts, server = x->server_exit.ts, tcp = changed(x);

	return x->unplugged.seq && (!server || server > at + HELD) && (!tcp || tcp > at + HELD) &&
	       (!x->root_exit.seq || at <= x->root_exit.ts || at > x->root_exit.ts + HELD);
}

static bool is_unplugged_at_once(const struct session *x)
{
	return is_unplugged(x) && x->unplugged_at_once;
}

/* Has somebody who is left a stream of the session's open? Nothing is known without a snapshot. */
static bool has_holder(const struct session *x)
{
	const struct task *t;

	DL_FOREACH2(x->members, t, member_next) {
		if (!t->snapshot_seq)
			return true;
		for (int i = 1; i < 3; i++)
			if (t->s.fd[i] == WIRE_FD_PIPE || t->s.fd[i] == WIRE_FD_DEAD ||
			    t->s.fd[i] == WIRE_FD_SOCK)
				return true;
	}
	return x->ngone > 0;
}

/* The command had ended, but what it left in the background held the channel, and the client with
 * it, until the client went (ssh-facts 1.2, "hang on exit"). */
static bool was_held_open(const struct session *x)
{
	return !x->pty && x->server_exit.seq && x->server_exit.ts > x->root_exit.ts + HELD &&
	       has_holder(x);
}

static bool is_exit(const struct session *x)
{
	return before(&x->root_exit, changed(x)) && before(&x->root_exit, x->server_exit.ts) &&
	       before(&x->root_exit, x->hangup.ts) && !was_held_open(x) && !cause_killed_root(x);
}

void say_task(struct buf *b, const char *comm, uint32_t tgid)
{
	buf_text(b, comm, strnlen(comm, WIRE_COMM));
	buf_printf(b, " %u", tgid);
}

static void say_exit(struct buf *b, const struct session *x)
{
	uint32_t sig = exit_signal(x->root->exit_code);
	const struct task_signal *g = sig ? task_signal(x->root, sig) : NULL;

	buf_str(b, x->request == REQUEST_SHELL && !x->replaced ? "the shell " : "the command ");
	if (!sig) {
		buf_printf(b, "ended by itself with status %d", exit_status(x->root->exit_code));
		return;
	}
	buf_printf(b, "was killed by %s", signal_name(sig));
	if (g && g->sender_tgid && g->sender_tgid != x->root->key.tgid) {
		buf_str(b, " from ");
		say_task(b, g->sender_comm, g->sender_tgid);
	}
}

static bool is_server_killed(const struct session *x)
{
	return x->server_exit.seq && exit_signal(x->server->exit_code);
}

/*
 * The signal that asked the server's process to end, NULL: none did. Where OpenSSH has no monitor
 * (a log-in of root up to 9.7), the one process catches SIGTERM, SIGINT and SIGQUIT and exits with
 * 255, as after a goodbye (serverloop.c; measured on 8.4 and 9.2).
 */
static const struct task_signal *server_asked(const struct session *x)
{
	static const uint32_t asks[] = {SIGTERM, SIGINT, SIGQUIT};
	uint64_t end = x->server_exit.ts, tcp = changed(x);

	if (!x->server_exit.seq || is_server_killed(x))
		return NULL;
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		const struct task_signal *g = task_signal(x->server, asks[i]);

		if (g && g->sender_tgid && g->delivered_seq &&
		    g->disposition == WIRE_HANDLER && g->ts <= end &&
		    end - g->ts < HELD && (!tcp || g->ts <= tcp))
			return g;
	}
	return NULL;
}

static bool is_server_asked(const struct session *x)
{
	return server_asked(x) != NULL;
}

static void say_server_asked(struct buf *b, const struct session *x)
{
	const struct task_signal *g = server_asked(x);

	buf_printf(b, "the server's process ended at the %s from ", signal_name(g->sig));
	say_task(b, g->sender_comm, g->sender_tgid);
}

/* OpenSSH's monitor, asked to stop, passes SIGTERM on to the user child (monitor.c). */
static void say_server_killed(struct buf *b, const struct session *x)
{
	uint32_t sig = exit_signal(x->server->exit_code);
	const struct task_signal *g = task_signal(x->server, sig);
	const struct task *monitor = x->conn ? x->conn->first : NULL;
	const struct task_signal *asked = NULL;

	buf_printf(b, "the server's process was killed by %s", signal_name(sig));
	if (!g || !g->sender_tgid)
		return;
	buf_str(b, " from ");
	say_task(b, g->sender_comm, g->sender_tgid);
	if (monitor && monitor != x->server && g->sender_tgid == monitor->key.tgid)
		asked = task_signal(monitor, sig);
	if (asked && asked->sender_tgid) {
		buf_str(b, ", its monitor, which got it from ");
		say_task(b, asked->sender_comm, asked->sender_tgid);
	}
}

static bool is_reset(const struct session *x)
{
	const struct conn *c = x->conn;

	/* a server that has read a goodbye may be gone before the client's RST comes */
	if (!c || (x->server_exit.seq && x->server_exit.ts < conn_changed(c)))
		return false;
	return (c->reset.seq && c->reset.ts == conn_changed(c)) ||
	       (c->closed.seq && c->sk_err == ECONNRESET && !c->peer_fin.seq && !c->own_fin.seq);
}

bool cause_is_tcp_timeout(const struct session *x)
{
	return x->conn && x->conn->closed.seq &&
	       (x->conn->sk_err == ETIMEDOUT || x->conn->sk_err == EHOSTUNREACH);
}

static bool is_silence(const struct session *x)
{
	const struct conn *c = x->conn;

	return c && c->own_fin.seq && !before(&c->peer_fin, c->own_fin.ts) &&
	       c->own_fin_age >= SILENT &&
	       ((is_openssh(x) && server_status(x) == 255) ||
		(is_server(x, SERVER_DROPBEAR) && server_status(x) == 1));
}

/* FIN and DISCONNECT race: either side may close first. */
static bool is_disconnect(const struct session *x)
{
	return is_openssh(x) && changed(x) && server_status(x) == 255;
}

static bool is_vanished(const struct session *x)
{
	return is_openssh(x) && x->conn && x->conn->peer_fin.seq && server_status(x) == 0;
}

static bool is_gone(const struct session *x)
{
	return tells_nothing(x) && changed(x) && (x->server_exit.seq || x->keeper);
}

/* A goodbye is data right before the FIN: where there was none, none was said. Data may also be
 * something else that came by chance, so the reverse is a guess. */
static bool is_gone_in_silence(const struct session *x)
{
	return is_gone(x) && x->conn->peer_fin.seq && x->conn->peer_fin_age > GOODBYE;
}

static bool is_killed_in_silence(const struct session *x)
{
	return cause_killed_root(x) && is_gone_in_silence(x);
}

static bool is_killed(const struct session *x)
{
	return cause_killed_root(x) && changed(x);
}

static bool is_keeper_killed(const struct session *x)
{
	return x->keeper_exit.seq && exit_signal(x->keeper->exit_code);
}

static void say_keeper_killed(struct buf *b, const struct session *x)
{
	uint32_t sig = exit_signal(x->keeper->exit_code);
	const struct task_signal *g = task_signal(x->keeper, sig);

	buf_printf(b, "the server was killed by %s", signal_name(sig));
	if (g && g->sender_tgid) {
		buf_str(b, " from ");
		say_task(b, g->sender_comm, g->sender_tgid);
	}
}

static bool is_anything(const struct session *x)
{
	(void)x;
	return true;
}

/* The record of its end was lost. */
static bool is_found_gone(const struct session *x)
{
	return x->unseen.seq && !x->root_exit.seq && !x->server_exit.seq;
}

static const struct cause causes[] = {
	{END_MUX_CLOSED, is_mux, NULL, "its channel was closed; the connection goes on", CONF_SEEN},
	{END_MUX_CLOSED, is_unplugged_at_once, NULL, "its channel was closed; the connection goes on",
	 CONF_INFERRED},
	{END_MUX_CLOSED, is_unplugged, NULL,
	 "its channel was closed, or its client reads no more; the connection goes on", CONF_GUESSED},
	{END_EXIT, is_exit, say_exit, NULL, CONF_SEEN},
	{END_SERVER_KILLED, is_server_killed, say_server_killed, NULL, CONF_SEEN},
	{END_SERVER_KILLED, is_server_asked, say_server_asked, NULL, CONF_INFERRED},
	{END_SERVER_KILLED, is_keeper_killed, say_keeper_killed, NULL, CONF_SEEN},
	{END_RESET, is_reset, NULL, "the connection was reset", CONF_SEEN},
	{END_TIMEOUT, cause_is_tcp_timeout, NULL,
	 "TCP gave the client up: nothing that was sent to it was acknowledged", CONF_SEEN},
	{END_TIMEOUT, is_silence, NULL, "the server gave a silent client up (ClientAlive)", CONF_SEEN},
	{END_DISCONNECT, is_disconnect, NULL, "client disconnected", CONF_SEEN},
	{END_VANISHED, is_vanished, NULL, "client vanished without a goodbye", CONF_SEEN},
	{END_VANISHED, is_killed_in_silence, NULL,
	 "client vanished without a goodbye, and the server killed the command when it went",
	 CONF_INFERRED},
	{END_DISCONNECT, is_killed, NULL,
	 "client disconnected, and the server killed the command when it went", CONF_GUESSED},
	{END_MUX_CLOSED, cause_killed_root, NULL,
	 "its channel was closed, and the server killed the command; the connection goes on",
	 CONF_INFERRED},
	{END_VANISHED, is_gone_in_silence, NULL, "client vanished without a goodbye", CONF_INFERRED},
	{END_DISCONNECT, is_gone, NULL, "client disconnected", CONF_GUESSED},
	{END_UNKNOWN, is_found_gone, NULL, "it was found gone: what ended it was not seen", CONF_INFERRED},
	{END_UNKNOWN, is_anything, NULL, "what ended it was not seen", CONF_GUESSED},
};

const struct cause *cause_of(const struct session *x)
{
	const struct cause *c = causes;

	while (!c->is(x))
		c++;
	return c;
}

void cause_say(struct buf *b, const struct cause *c, const struct session *x)
{
	if (c->say)
		c->say(b, x);
	else
		buf_str(b, c->text);
}

void cause_evidence(struct seqs *out, const struct session *x)
{
	const struct task_signal *asked = server_asked(x);
	const struct conn *c = x->conn;

	seqs_add(out, x->root_exit.seq);
	seqs_add(out, x->server_exit.seq);
	seqs_add(out, x->unseen.seq);
	seqs_add(out, x->keeper_exit.seq);
	if (cause_killed_root(x))
		seqs_add(out, task_signal(x->root, SIGKILL)->seq);
	seqs_add(out, x->hangup.seq);
	seqs_add(out, x->unplugged.seq);
	if (x->server && x->server_exit.seq && exit_signal(x->server->exit_code)) {
		const struct task_signal *g =
			task_signal(x->server, exit_signal(x->server->exit_code));

		seqs_add(out, g ? g->seq : 0);
	}
	if (asked) {
		seqs_add(out, asked->seq);
		seqs_add(out, asked->delivered_seq);
	}
	if (!c)
		return;
	seqs_add(out, c->peer_fin.seq);
	seqs_add(out, c->own_fin.seq);
	seqs_add(out, c->reset.seq);
	seqs_add(out, c->closed.seq);
}

bool cause_is_loss(enum end end)
{
	return end == END_DISCONNECT || end == END_VANISHED || end == END_RESET ||
	       end == END_TIMEOUT || end == END_SERVER_KILLED;
}
