/* SPDX-License-Identifier: GPL-2.0-only */
/* An engine that says what the test tells it to, and records by hand: for tests of the views. */
#ifndef SIGTRACE_TESTS_VIEW_STUB_H
#define SIGTRACE_TESTS_VIEW_STUB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "finding/engine.h"
#include "view/view.h"

#define SEC UINT64_C(1000000000)
#define MS  UINT64_C(1000000)
#define PTS(n) ((136u << 20) | (n))

static struct {
	struct wire_begin begin;
	struct totals totals;
	struct world world;
	struct session_view sessions[4];
	size_t nsessions;
	uint64_t told[4]; /* seq */
} stub;

bool engine_session(const struct engine *e, uint32_t number, struct session_view *v)
{
	size_t i;

	(void)e;
	for (i = 0; i < stub.nsessions; i++)
		if (stub.sessions[i].number == number) {
			*v = stub.sessions[i];
			return true;
		}
	return false;
}

const struct wire_begin *engine_begin(const struct engine *e)
{
	(void)e;
	return &stub.begin;
}

struct totals engine_totals(const struct engine *e)
{
	(void)e;
	return stub.totals;
}

const struct world *engine_world(const struct engine *e)
{
	(void)e;
	return &stub.world;
}

bool engine_told(const struct engine *e, const struct event *ev)
{
	size_t i;

	(void)e;
	for (i = 0; i < 4; i++)
		if (stub.told[i] && stub.told[i] == ev->seq)
			return true;
	return false;
}

/* ts 0 is 2026-11-23 14:02:11.318 in a zone one hour east. */
static int stub_setup(void **state)
{
	(void)state;
	memset(&stub, 0, sizeof(stub));
	world_init(&stub.world);
	stub.begin.realtime = INT64_C(1795438931318000000);
	stub.begin.gmtoff = 3600;
	stub.begin.scope = WIRE_SCOPE_SSHD;
	return 0;
}

static int stub_teardown(void **state)
{
	(void)state;
	world_free(&stub.world);
	return 0;
}

/* The arrays are zero before. */
static inline void fill(char *to, size_t size, const char *s)
{
	for (; size > 1 && *s; size--)
		*to++ = *s++;
}

static inline struct event record(uint64_t seq, unsigned kind, uint64_t ts, uint32_t tgid,
				  const char *comm)
{
	struct event ev;

	memset(&ev, 0, sizeof(ev));
	ev.seq = seq;
	ev.u.h.kind = (uint16_t)kind;
	ev.u.h.len = sizeof(struct wire_hdr);
	ev.u.h.ts = ts;
	ev.u.h.start = 1000 + tgid;
	ev.u.h.tgid = tgid;
	ev.u.h.pid = tgid;
	fill(ev.u.h.comm, WIRE_COMM, comm);
	ev.filename = "";
	ev.argv = "";
	return ev;
}

static inline struct event exec_record(uint64_t seq, uint64_t ts, uint32_t tgid, const char *comm,
				       const char *args, size_t len)
{
	struct event ev = record(seq, WIRE_TASK_EXEC, ts, tgid, comm);

	ev.u.exec.task.uid = 1000;
	ev.u.exec.task.pgid = tgid;
	ev.u.exec.task.sid = tgid;
	ev.u.exec.task.scope = WIRE_IN;
	ev.u.exec.args_len = (uint32_t)len;
	ev.argv = args;
	ev.args_len = (uint32_t)len;
	return ev;
}
#define EXEC(seq, ts, tgid, comm, args) exec_record(seq, ts, tgid, comm, args, sizeof(args))

static inline struct event exit_record(uint64_t seq, uint64_t ts, uint32_t tgid, const char *comm,
				       uint32_t code)
{
	struct event ev = record(seq, WIRE_TASK_EXIT, ts, tgid, comm);

	ev.u.exit.exit_code = code;
	return ev;
}

/* kill(2) by `kill 812` */
static inline struct event kill_record(uint64_t seq, uint64_t ts, uint32_t sig, uint32_t tgid,
				       const char *comm)
{
	struct event ev = record(seq, WIRE_SIGNAL_GENERATE, ts, 812, "kill");

	ev.u.generate.sig = sig;
	ev.u.generate.target_tgid = tgid;
	ev.u.generate.target_pid = tgid;
	ev.u.generate.target_start = 1000 + tgid;
	fill(ev.u.generate.target_comm, WIRE_COMM, comm);
	ev.u.generate.group = 1;
	ev.u.generate.sender_pid = 812;
	ev.u.generate.flags = WIRE_SIG_INFO;
	return ev;
}

static inline struct event user_record(uint64_t seq, uint32_t uid, const char *name)
{
	struct event ev = record(seq, WIRE_USER_NAME, 0, 0, "");

	ev.u.user.uid = uid;
	fill(ev.u.user.name, sizeof(ev.u.user.name), name);
	return ev;
}

static inline struct session_view *add_session(uint32_t number, const char *user, uint32_t pty,
					       enum request request)
{
	struct session_view *s = &stub.sessions[stub.nsessions++];

	*s = (struct session_view){
		.number = number, .user = user, .pty = pty, .request = request
	};
	return s;
}

static const struct wire_sock stub_sock = {
	.laddr = { 192, 0, 2, 1 },
	.raddr = { 203, 0, 113, 7 },
	.family = WIRE_AF_INET,
	.lport = 22,
	.rport = 51514,
};

static inline struct fact fact_of(enum fact_kind kind, uint64_t seq, uint64_t ts, uint32_t session)
{
	static const uint64_t evidence[] = { 3, 9 };

	return (struct fact){
		.kind = kind, .seq = seq, .ts = ts, .session = session,
		.confidence = CONF_SEEN, .evidence = evidence, .nevidence = 2,
	};
}

static inline void show_event(struct view *v, const struct event *ev, uint32_t session)
{
	v->ops->event(v, NULL, ev, session);
}

static inline void show_fact(struct view *v, const struct fact *f)
{
	v->ops->fact(v, NULL, f);
}

#endif
