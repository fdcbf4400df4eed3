/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/reader.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "source/confine.h"
#include "source/confine_calls.h"

enum { READ_ARGS, READ_ENV, READ_ENDS };

struct question {
	uint32_t what; /* READ_* */
	uint32_t server;
	uint64_t pipe[2];
	uint32_t n;
	uint32_t tgids[ENDS_MOST];
	struct wire_hdr h;
};

struct answer {
	uint32_t ends;
	uint32_t len; /* of the record; 0: there is none */
	union {
		struct wire_hdr h;
		struct proc_args args;
		struct wire_env env;
	} u;
};

static void look(int proc, const struct question *q, struct answer *a)
{
	struct ends e = {.server = q->server, .pipe = {q->pipe[0], q->pipe[1]}, .tgids = q->tgids,
			 .n = q->n < ENDS_MOST ? q->n : ENDS_MOST};
	bool has = false;

	memset(a, 0, offsetof(struct answer, u));
	if (q->what == READ_ARGS)
		has = proc_args(proc, &q->h, &a->u.args);
	else if (q->what == READ_ENV)
		has = proc_env(proc, &q->h, &a->u.env);
	else
		a->ends = ends_look(proc, &e);
	a->len = has ? a->u.h.len : 0;
}

static void serve(int sock, void *ctx)
{
	struct confine c = {.proc = -1};
	struct question q;
	struct answer a;
	struct err e;

	(void)ctx;
	sock = helper_keep_only(sock);
	c.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sock < 0 || c.proc < 0 || confine_reader(&e) || confine_calls(&c, &e))
		return;
	while (helper_read(sock, &q, sizeof(q))) {
		size_t n;

		look(c.proc, &q, &a);
		n = offsetof(struct answer, u) + a.len;
		if (write(sock, &a, n) != (ssize_t)n)
			return;
	}
}

int reader_start(struct reader *r, struct err *e)
{
	return helper_start(&r->helper, "sigtrace-proc", serve, NULL, e);
}

void reader_stop(struct reader *r)
{
	helper_stop(&r->helper);
	if (r->proc >= 0)
		close(r->proc);
	r->proc = -1;
}

static bool ask(const struct reader *r, const struct question *q, struct answer *a)
{
	return write(r->helper.sock, q, sizeof(*q)) == sizeof(*q) &&
	       helper_read(r->helper.sock, a, offsetof(struct answer, u)) && a->len <= sizeof(a->u) &&
	       helper_read(r->helper.sock, &a->u, a->len);
}

bool reader_args(const struct reader *r, const struct wire_hdr *h, struct proc_args *out)
{
	struct question q = {.what = READ_ARGS, .h = *h};
	struct answer a;

	if (!r->apart)
		return proc_args(r->proc, h, out);
	if (!ask(r, &q, &a) || !a.len)
		return false;
	*out = a.u.args;
	return true;
}

bool reader_env(const struct reader *r, const struct wire_hdr *h, struct wire_env *out)
{
	struct question q = {.what = READ_ENV, .h = *h};
	struct answer a;

	if (!r->apart)
		return proc_env(r->proc, h, out);
	if (!ask(r, &q, &a) || a.len != sizeof(a.u.env))
		return false;
	*out = a.u.env;
	return true;
}

uint32_t reader_ends(const struct reader *r, const struct ends *e)
{
	struct question q = {.what = READ_ENDS, .server = e->server, .pipe = {e->pipe[0], e->pipe[1]}};
	struct answer a;

	if (!r->apart)
		return ends_look(r->proc, e);
	q.n = e->n < ENDS_MOST ? (uint32_t)e->n : ENDS_MOST;
	memcpy(q.tgids, e->tgids, q.n * sizeof(*q.tgids));
	return ask(r, &q, &a) ? a.ends : 0;
}
