/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench/long_recording.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure.h"
#include "source/recording.h"
#include "wire.h"

#define LISTENER 900
#define SERVERS 1000	/* tgid of the first session's server */
#define STEP 16		/* records a turn of steady() */
#define NS 10000	/* from record to record */

struct maker {
	struct recording_writer *w;
	struct err e;
	uint64_t ts, n;
	uint32_t next;	/* tgid of the next short-lived child */
	uint64_t interrupted; /* ts of the last one */
	unsigned session;     /* whose the next one is */
	bool bad;
};

struct who {
	uint32_t tgid;
	uint64_t start;
	const char *comm;
};

/* Its start follows from the tgid, so that nobody needs to remember it. */
static struct who who(uint32_t tgid, const char *comm)
{
	return (struct who){ tgid, UINT64_C(1000000000000) + tgid, comm };
}

static void put(struct maker *m, void *record, uint16_t kind, uint32_t len, struct who t)
{
	struct wire_hdr *h = record;

	h->len = len;
	h->kind = kind;
	h->ts = m->ts += NS;
	h->tgid = h->pid = t.tgid;
	h->start = t.tgid ? t.start : 0;
	snprintf(h->comm, sizeof(h->comm), "%s", t.comm);
	m->bad |= recording_put(m->w, record, len, &m->e) != 0;
	m->n++;
}

static void put_begin(struct maker *m)
{
	struct wire_begin r = { .order = WIRE_ORDER, .version = WIRE_VERSION, .scope = WIRE_SCOPE_SSHD,
				.realtime = 1767274331000000000, .host = "host", .kernel = "6.1" };

	put(m, &r, WIRE_TRACE_BEGIN, sizeof(r), who(0, ""));
}

static void put_fork(struct maker *m, struct who parent, struct who child, uint32_t sid, uint32_t scope)
{
	struct wire_fork r = { .child_start = child.start, .child_tgid = child.tgid,
			       .child_pid = child.tgid, .pgid = sid, .sid = sid, .scope = scope };

	put(m, &r, WIRE_TASK_FORK, sizeof(r), parent);
}

static void put_exec(struct maker *m, struct who t, struct who parent, uint32_t sid, uint32_t tty,
		     const char *args, uint32_t n)
{
	struct {
		struct wire_exec r;
		char tail[64];
	} x = { .r = { .task = { .parent_start = parent.start, .ppid = parent.tgid, .pgid = sid,
				 .sid = sid, .tty = tty, .tty_pgrp = sid, .uid = 1000, .scope = WIRE_IN,
				 .loginuid = WIRE_UNSET, .sessionid = WIRE_UNSET, .nthreads = 1,
				 .fd = { WIRE_FD_TTY, WIRE_FD_TTY, WIRE_FD_TTY } },
		       .old_pid = t.tgid, .filename_len = 9, .args_len = n } };

	memcpy(x.tail, "/bin/prog", 9);
	memcpy(x.tail + 9, args, n);
	put(m, &x, WIRE_TASK_EXEC, sizeof(x.r) + 9 + n, t);
}

static void put_exit(struct maker *m, struct who t, uint32_t sid)
{
	struct wire_exit r = { .pgid = sid, .sid = sid, .uid = 1000, .cpu = 1000000 };

	put(m, &r, WIRE_TASK_EXIT, sizeof(r), t);
}

static void put_generate(struct maker *m, struct who from, struct who to, uint32_t sig, int32_t code,
			 uint32_t sid, uint32_t tty)
{
	struct wire_generate r = { .target_start = to.start, .target_tgid = to.tgid,
				   .target_pid = to.tgid, .sig = sig, .si_code = code,
				   .sender_pid = from.tgid, .sender_uid = 1000, .group = 1,
				   .disposition = sig == 17 ? WIRE_DFL : WIRE_HANDLER, .pgid = sid,
				   .sid = sid, .tty = tty, .tty_pgrp = sid, .state = 1,
				   .flags = WIRE_SIG_INFO };

	snprintf(r.target_comm, sizeof(r.target_comm), "%s", to.comm);
	put(m, &r, WIRE_SIGNAL_GENERATE, sizeof(r), from);
}

static void put_deliver(struct maker *m, struct who t, uint32_t sig)
{
	struct wire_deliver r = { .sa_flags = 0x14000000, .sig = sig, .disposition = WIRE_HANDLER };

	put(m, &r, WIRE_SIGNAL_DELIVER, sizeof(r), t);
}

static struct who server_of(unsigned i)
{
	return who(SERVERS + 2 * i, "sshd");
}

static struct who root_of(unsigned i)
{
	return who(SERVERS + 2 * i + 1, "bash");
}

static uint32_t tty_of(unsigned i)
{
	return 136 << 20 | i;
}

static void open_session(struct maker *m, unsigned i)
{
	struct wire_sock_owner o = { .sk = { .laddr = { 192, 0, 2, 1 }, .raddr = { 203, 0, 113, 7 },
					     .family = WIRE_AF_INET, .lport = 22, .rport = 10000 + i },
				     .state = WIRE_TCP_ESTABLISHED, .fd = 4 };
	struct who server = server_of(i), root = root_of(i);

	put_fork(m, who(LISTENER, "sshd"), server, LISTENER, WIRE_IN | WIRE_SERVER);
	put(m, &o, WIRE_SOCK_OWNER, sizeof(o), server);
	put_fork(m, server, root, root.tgid, WIRE_IN | WIRE_SERVER);
	put_exec(m, root, server, root.tgid, tty_of(i), "-bash", 6);
}

static void begin(struct maker *m, const struct shape *s)
{
	struct wire_snapshot listener = { .task = { .ppid = 1, .pgid = LISTENER, .sid = LISTENER,
						    .nthreads = 1, .scope = WIRE_IN | WIRE_SERVER } };
	struct wire_sock_owner o = { .sk = { .laddr = { 192, 0, 2, 1 }, .family = WIRE_AF_INET,
					     .lport = 22 }, .state = WIRE_TCP_LISTEN, .fd = 3 };
	struct wire_ready ready = { .tasks = 1 };
	struct wire_user user = { .uid = 1000, .name = "alice" };

	put_begin(m);
	put(m, &listener, WIRE_TASK_SNAPSHOT, sizeof(listener), who(LISTENER, "sshd"));
	put(m, &o, WIRE_SOCK_OWNER, sizeof(o), who(LISTENER, "sshd"));
	put(m, &ready, WIRE_TRACE_READY, sizeof(ready), who(0, ""));
	put(m, &user, WIRE_USER_NAME, sizeof(user), who(0, ""));
	for (unsigned i = 0; i < s->sessions; i++)
		open_session(m, i);
}

/* The k-th of the tasks that stay. */
static struct who task_of(const struct shape *s, unsigned k)
{
	return who(SERVERS + 2 * s->sessions + k, "worker");
}

/* STEP records about one of the tasks. */
static void steady(struct maker *m, const struct shape *s, unsigned k)
{
	unsigned i = k % s->sessions;
	uint32_t sid = root_of(i).tgid;
	struct who t = task_of(s, k), child = who(m->next++, "worker");

	for (int j = 0; j < 6; j++) {
		put_generate(m, root_of(i), t, 34 + j % 3, -1, sid, tty_of(i));
		put_deliver(m, t, 34 + j % 3);
	}
	put_fork(m, t, child, sid, WIRE_IN);
	child.comm = "true";
	put_exec(m, child, t, sid, tty_of(i), "true", 5);
	put_exit(m, child, sid);
	put_generate(m, child, t, 17, 1, sid, tty_of(i));
}

/* A worker sends its shell SIGINT, and nothing tells what became of that. */
static void interrupt(struct maker *m, const struct shape *s)
{
	struct who root = root_of(m->session);

	if (!s->interrupts || m->ts - m->interrupted < UINT64_C(1000000000) / s->interrupts)
		return;
	m->interrupted = m->ts;
	put_generate(m, task_of(s, m->session), root, 2, 0, root.tgid, tty_of(m->session));
	m->session = (m->session + 1) % s->sessions;
}

int long_recording(const char *path, const struct shape *s)
{
	struct wire_end end = { .reason = WIRE_END_SIGNAL };
	struct maker m = { .ts = UINT64_C(2000000000000) };
	unsigned k = 0;

	m.next = SERVERS + 2 * s->sessions + s->tasks + 1000;
	m.w = recording_create(path, &m.e);
	if (!m.w)
		return bench_say(path, m.e.what);
	begin(&m, s);
	for (unsigned i = 0; i < s->tasks; i++)
		put_fork(&m, root_of(i % s->sessions), task_of(s, i), root_of(i % s->sessions).tgid, WIRE_IN);
	while (m.n + STEP < s->records && !m.bad && !bench_interrupted) {
		steady(&m, s, k);
		interrupt(&m, s);
		k = (k + 7) % s->tasks;
	}
	put(&m, &end, WIRE_TRACE_END, sizeof(end), who(0, ""));
	if (recording_close(m.w, &m.e) || m.bad)
		return bench_say(path, m.e.what);
	return 0;
}
