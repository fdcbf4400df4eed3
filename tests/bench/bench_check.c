/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What 20 checks cost on a million records: the engine alone, then with them. Numbers, no test.
 * QUICK=1: a tenth of the records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "check/check.h"

#define US UINT64_C(1000)

static const char text[] =
	"allow orphan comm in (tmux, ssh-agent)\n"
	"no orphan\n"
	"never signal sig in (SIGKILL, SIGSEGV) target.comm=postgres\n"
	"never signal sig=SIGABRT\n"
	"never exec args contains \"rm -rf\"\n"
	"never exec filename prefix /tmp/\n"
	"never exec comm ~ \"^(nc|ncat|socat)$\"\n"
	"never exit signal=SIGSEGV\n"
	"never exit core\n"
	"never deliver sig=SIGBUS\n"
	"no session.close end=vanished\n"
	"some exec comm=cc1\n"
	"some exit status=0\n"
	"count exec comm=cc1 between 1 and 1000000\n"
	"count fork not thread between 1 and 10000000\n"
	"every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s\n"
	"every exec comm=cc1 -> exit tgid=$tgid within 1m\n"
	"every exit signal!=null -> no exec comm=core within 1s\n"
	"every interrupt origin=tty -> no orphan within 2s\n"
	"order exec comm=make < exec comm=cc1\n"
	"order exec comm=cc1 < exec comm=ld < exec comm=test\n";

struct maker {
	struct engine *e;
	uint64_t n, ts;
};

static void feed(struct maker *m, void *rec, uint16_t kind, uint32_t len, uint32_t tgid,
		 const char *comm)
{
	struct wire_hdr *h = rec;

	h->kind = kind;
	h->len = len;
	h->ts = m->ts += 20 * US;
	h->tgid = h->pid = tgid;
	h->start = tgid;
	snprintf(h->comm, sizeof(h->comm), "%s", comm);
	if (engine_feed(m->e, rec, len))
		abort();
	m->n++;
}

/* A child of a build: fork, exec, a signal, its delivery, exit. */
static void child(struct maker *m, uint32_t tgid)
{
	static const char args[] = "cc1\0-O2\0-c\0some/file.c\0-o\0some/file.o";
	struct {
		struct wire_exec r;
		char tail[64];
	} exec = {.r = {.filename_len = 12, .args_len = sizeof(args)}};
	struct wire_fork fork = {.child_start = tgid, .child_tgid = tgid, .child_pid = tgid};
	struct wire_generate kill = {.target_start = tgid, .target_tgid = tgid, .target_pid = tgid,
				     .sig = tgid % 8 ? 17 : 15, .group = 1, .flags = WIRE_SIG_INFO};
	struct wire_deliver deliver = {.sig = 15};
	struct wire_exit gone = {0};

	fork.scope = exec.r.task.scope = WIRE_IN;
	memcpy(exec.tail, "/usr/bin/cc1", 12);
	memcpy(exec.tail + 12, args, sizeof(args));
	memcpy(kill.target_comm, "cc1", 4);
	feed(m, &fork, WIRE_TASK_FORK, sizeof(fork), 10, "make");
	feed(m, &exec, WIRE_TASK_EXEC, (uint32_t)(sizeof(exec.r) + 12 + sizeof(args)), tgid, "cc1");
	feed(m, &kill, WIRE_SIGNAL_GENERATE, sizeof(kill), 11, "kill");
	feed(m, &deliver, WIRE_SIGNAL_DELIVER, sizeof(deliver), tgid, "cc1");
	feed(m, &gone, WIRE_TASK_EXIT, sizeof(gone), tgid, "cc1");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(struct checks *c, uint64_t records)
{
	const struct sink none = {0}, sink = c ? checks_sink(c) : none;
	struct wire_begin begin = {.scope = WIRE_SCOPE_CMD, .scope_tgid = 10};
	struct wire_end end = {.reason = WIRE_END_COMMAND, .looked = 1};
	struct maker m = {.e = engine_new(&sink)};
	double from = seconds();

	feed(&m, &begin, WIRE_TRACE_BEGIN, sizeof(begin), 0, "");
	for (uint32_t tgid = 100; m.n < records; tgid++)
		child(&m, tgid);
	feed(&m, &end, WIRE_TRACE_END, sizeof(end), 0, "");
	if (c)
		checks_finish(c, m.e);
	engine_free(m.e);
	return seconds() - from;
}

int main(void)
{
	const char *quick = getenv("QUICK");
	uint64_t records = quick && *quick ? 100000 : 1000000;
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	struct buf why = {0};
	struct rusage before, after;
	double alone, with;

	if (!c || checks_load(c, "bench", text, strlen(text), &why)) {
		fprintf(stderr, "%s", buf_cstr(&why));
		return 1;
	}
	run(NULL, records); /* warm */
	alone = run(NULL, records);
	getrusage(RUSAGE_SELF, &before);
	with = run(c, records);
	getrusage(RUSAGE_SELF, &after);
	printf("%" PRIu64 " records, %zu checks\n", records, checks_count(c));
	printf("  engine alone      %8.0f ns a record\n", alone * 1e9 / (double)records);
	printf("  with the checks   %8.0f ns a record\n", with * 1e9 / (double)records);
	printf("  checks            %8.0f ns a record, %+ld KiB at most\n",
	       (with - alone) * 1e9 / (double)records, after.ru_maxrss - before.ru_maxrss);
	checks_free(c);
	return 0;
}
