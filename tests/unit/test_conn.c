/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections: what happened to the socket, and which processes serve it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "session/conn.h"
#include "unit/story.h"

struct told {
	struct world w;
	struct conns c;
	uint64_t seq;
};

static void take(void *ctx, const void *rec, size_t len)
{
	struct told *t = ctx;
	struct event ev;

	assert_int_equal(event_decode(rec, len, &ev), EVENT_OK);
	ev.seq = ++t->seq;
	world_apply(&t->w, &ev);
	conns_apply(&t->c, &t->w, &ev);
	if (ev.u.h.kind == WIRE_TASK_EXIT)
		conns_sweep(&t->c, &t->w);
}

static int set_up(void **state)
{
	static struct told t;

	memset(&t, 0, sizeof(t));
	world_init(&t.w);
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	struct told *t = *state;

	conns_free(&t->c);
	world_free(&t->w);
	return 0;
}

/* The newest connection, NULL: none. */
static struct conn *tell(void **state, const char *lines)
{
	struct told *t = *state;
	struct conn *k;

	story_records(lines, take, t);
	k = t->c.list;
	while (k && k->next)
		k = k->next;
	return k;
}

#define LOGGED_IN STORY_SERVER STORY_LOGIN

static void who_serves(void **state)
{
	struct told *t = *state;
	struct conn *k = tell(state, LOGGED_IN);

	assert_non_null(k);
	assert_int_equal(k->first->key.tgid, 110);
	assert_int_equal(conn_server(k)->key.tgid, 120);
	assert_int_equal(k->sk.rport, 5000);
	assert_true(k->authenticated.seq);
	assert_null(world_last(&t->w, 100)->conn);
	/* a session's root serves no longer */
	tell(state, STORY_EXEC("[\"x\"]"));
	assert_null(world_last(&t->w, 130)->conn);
	assert_int_equal(conn_server(k)->key.tgid, 120);
}

/* The listener has the socket open too when the record is made, and its own is none. */
static void listener(void **state)
{
	assert_null(tell(state, STORY_SERVER
			 "@5 sshd/100 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"));
	/* nor does a process that is no child of a server */
	assert_null(tell(state, "@6 ssh/90 sock.owner " STORY_SOCK " state=ESTABLISHED fd=3\n"));
}

static void log_in_failed(void **state)
{
	struct conn *k = tell(state, STORY_SERVER
		"@10 sshd/100 task.fork fork=110 pgid=100 sid=100 scope=in,server\n"
		"@10 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		"@12 sshd/110 task.fork fork=111 pgid=110 sid=110 scope=in,server\n"
		"@20 sshd/111 task.exit exit_code=65280 pgid=110 sid=110\n");

	assert_false(k->authenticated.seq);
	assert_int_equal(k->look.place, 0);
}

static void marks(void **state)
{
	struct conn *k = tell(state, LOGGED_IN);

	assert_int_equal(conn_changed(k), 0);
	tell(state, STORY_TCP("50", "ESTABLISHED", "CLOSE_WAIT", ""));
	assert_int_equal(k->peer_fin.ts, 50000000);
	assert_false(k->own_fin.seq);
	/* the second half of the close is no news */
	tell(state, STORY_TCP("51", "CLOSE_WAIT", "LAST_ACK", "")
		    STORY_TCP("52", "LAST_ACK", "CLOSE", ""));
	assert_false(k->own_fin.seq);
	assert_int_equal(k->closed.ts, 52000000);
	assert_int_equal(conn_changed(k), 50000000);
}

static void own_fin(void **state)
{
	struct conn *k = tell(state, LOGGED_IN
			      STORY_TCP("50", "ESTABLISHED", "FIN_WAIT1", "rcv_age_ns=7"));

	assert_int_equal(k->own_fin.ts, 50000000);
	assert_int_equal(k->own_fin_age, 7);
	assert_false(k->peer_fin.seq);
}

static void reset(void **state)
{
	struct conn *k = tell(state, LOGGED_IN "@50 ssh/90 sock.reset " STORY_SOCK
			      " direction=sent\n");

	assert_false(k->reset.seq);
	tell(state, "@51 ssh/90 sock.reset " STORY_SOCK "\n"
		    STORY_TCP("52", "ESTABLISHED", "CLOSE", "err=ECONNRESET"));
	assert_int_equal(k->reset.ts, 51000000);
	assert_int_equal(k->sk_err, 104);
}

#define OTHER_SOCK "family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=22 rport=5001"

static void somebody_elses(void **state)
{
	struct conn *k = tell(state, LOGGED_IN
		"@50 x/9 sock.state " OTHER_SOCK " old=ESTABLISHED new=CLOSE_WAIT\n"
		"@50 x/9 sock.state family=inet netns=5 laddr=192.0.2.1 raddr=203.0.113.7 lport=22"
		" rport=5000 old=ESTABLISHED new=CLOSE_WAIT\n");

	assert_int_equal(conn_changed(k), 0);
}

#define TUNNEL "family=inet laddr=127.0.0.1 raddr=127.0.0.1 lport=40000 rport=80"

/* What a connection's process opens for its client (ssh -L) makes no connection, nor takes it over:
 * live, and in the answer to a question. */
static void tunnel(void **state)
{
	struct told *t = *state;
	struct conn *k = tell(state, LOGGED_IN);

	assert_ptr_equal(tell(state, "@30 sshd/120 sock.owner " TUNNEL " state=ESTABLISHED fd=8\n"
			      "@31 sshd/110 sock.owner " TUNNEL " state=ESTABLISHED fd=8\n"), k);
	assert_ptr_equal(world_last(&t->w, 110)->conn, k);
	assert_ptr_equal(world_last(&t->w, 120)->conn, k);
	assert_int_equal(k->sk.rport, 5000);
	assert_int_equal(k->refs, 2);
	tell(state, "@40 sshd/120 sock.state " TUNNEL " old=ESTABLISHED new=CLOSE_WAIT\n");
	assert_int_equal(conn_changed(k), 0);
	tell(state, STORY_TCP("50", "ESTABLISHED", "CLOSE_WAIT", ""));
	assert_int_equal(conn_changed(k), 50000000);
}

/* The same before its log-in, and of one that was there before us. */
static void tunnel_early(void **state)
{
	struct told *t = *state;
	struct conn *k = tell(state, STORY_SERVER
		"@1 sshd/110 task.snapshot parent=100 pgid=110 sid=110 scope=in,server\n"
		"@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		"@1 sshd/110 sock.owner " TUNNEL " state=ESTABLISHED fd=8\n"
		"@2 sshd/110 task.fork fork=120 pgid=110 sid=110 scope=in,server\n");

	assert_ptr_equal(world_last(&t->w, 110)->conn, k);
	assert_ptr_equal(world_last(&t->w, 120)->conn, k);
	assert_int_equal(k->sk.rport, 5000);
}

/* A connection whose listener was restarted is pid 1's: it serves all the same, and the port that it
 * opens for its client (ssh -R) makes it no listener. */
static void adopted(void **state)
{
	struct told *t = *state;
	struct conn *k = tell(state,
		"@1 sshd/110 task.snapshot parent=1 pgid=110 sid=110 scope=in,server\n"
		"@1 sshd/110 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n"
		"@1 sshd/110 sock.owner family=inet laddr=127.0.0.1 lport=8080 state=LISTEN fd=9\n");

	assert_non_null(k);
	assert_ptr_equal(conn_server(k), world_last(&t->w, 110));
	assert_false(world_last(&t->w, 110)->listener);
}

/* Twice told: its end counts once, and whoever else serves keeps the connection. */
static void ends_twice(void **state)
{
	struct told *t = *state;
	struct conn *k = tell(state, LOGGED_IN "@50 sshd/120 task.exit pgid=110 sid=110\n"
			      "@50 sshd/120 task.exit pgid=110 sid=110\n"
			      "@51 sshd/120 task.exit pgid=110 sid=110\n");

	assert_non_null(k);
	assert_int_equal(k->refs, 1);
	assert_ptr_equal(conn_server(k), world_last(&t->w, 110));
	tell(state, "@60 sshd/110 task.exit pgid=110 sid=110\n"
		    "@60 sshd/110 task.exit pgid=110 sid=110\n");
	assert_null(t->c.list);
}

/* One connection, one channel behind the other: what served them is forgotten. */
static void many_channels(void **state)
{
	struct conn *k = tell(state, LOGGED_IN);
	struct told *t = *state;
	unsigned before = HASH_COUNT(t->w.tasks);
	char lines[256];

	for (unsigned i = 200; i < 300; i++) {
		snprintf(lines, sizeof(lines),
			 "@50 sshd/120 task.fork fork=%u pgid=110 sid=110 scope=in,server\n"
			 "@50 sshd/%u task.exit pgid=110 sid=110\n", i, i);
		k = tell(state, lines);
	}
	assert_in_range(HASH_COUNT(t->w.tasks), before, before + 20);
	assert_int_equal(conn_server(k)->key.tgid, 120);
}

/* The same peer comes from the same port again while the first connection's processes linger. */
static void port_reuse(void **state)
{
	struct conn *old = tell(state, LOGGED_IN STORY_TCP("50", "ESTABLISHED", "CLOSE", ""));
	struct conn *k = tell(state,
		"@60 sshd/100 task.fork fork=210 pgid=100 sid=100 scope=in,server\n"
		"@60 sshd/210 sock.owner " STORY_SOCK " state=ESTABLISHED fd=4\n");

	assert_ptr_not_equal(k, old);
	assert_int_equal(k->closed.seq, 0);
	assert_int_equal(conn_server(old)->key.tgid, 120);
	assert_int_equal(conn_server(k)->key.tgid, 210);
	tell(state, STORY_TCP("70", "ESTABLISHED", "CLOSE_WAIT", ""));
	assert_int_equal(k->peer_fin.ts, 70000000);
	assert_false(old->peer_fin.seq);
}

static void forgotten(void **state)
{
	struct told *t = *state;

	assert_non_null(tell(state, LOGGED_IN));
	assert_non_null(tell(state, "@50 sshd/120 task.exit pgid=110 sid=110\n"));
	assert_null(tell(state, "@51 sshd/110 task.exit pgid=110 sid=110\n"));
	assert_null(world_last(&t->w, 110));
	assert_null(world_last(&t->w, 120));
	assert_non_null(world_last(&t->w, 100));
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(server_of("sshd"), SERVER_OPENSSH);
	assert_int_equal(server_of("sshd-session"), SERVER_OPENSSH);
	assert_int_equal(server_of("dropbear"), SERVER_DROPBEAR);
	assert_int_equal(server_of("tinysshd"), SERVER_TINYSSH);
	assert_int_equal(server_of("sshd-"), SERVER_OTHER);
	assert_int_equal(server_of("ssh"), SERVER_OTHER);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_serves),
		TEST(listener),
		TEST(log_in_failed),
		TEST(marks),
		TEST(own_fin),
		TEST(reset),
		TEST(somebody_elses),
		TEST(tunnel),
		TEST(tunnel_early),
		TEST(adopted),
		TEST(ends_twice),
		TEST(many_channels),
		TEST(port_reuse),
		TEST(forgotten),
		TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
