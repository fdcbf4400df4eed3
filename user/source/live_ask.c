/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel is asked: the first snapshot, and later who of those that are known is still there. */
#include "source/live_struct.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sigtrace.skel.h"
#include "source/complaint.h"
#include "source/frame.h"

#define ASKED_MOST 4096 /* scope.h, asked_map */

/* What an iterator's program does is in the ring; its seq_file stays empty. */
static int run_iter(struct bpf_link *link)
{
	char none[64];
	int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, none, sizeof(none))) > 0 || (n < 0 && errno == EINTR))
		;
	close(fd);
	return n < 0 ? -1 : 0;
}

/* snapshot.bpf.c */
enum { SNAP_MARK = 1, SNAP_EMIT, SNAP_ASKED, SNAP_PORTS, SNAP_LISTENERS, SNAP_CONNS,
       SNAP_CLIENTS, SNAP_AGAIN };

static int snapshot(struct live *l, uint32_t mode)
{
	l->skel->bss->snap_mode = mode;
	l->skel->bss->snap_tasks = 0;
	return run_iter(l->skel->links.on_task);
}

static int snapshot_files(struct live *l, uint32_t mode)
{
	l->skel->bss->snap_mode = mode;
	return run_iter(l->skel->links.on_task_file);
}

static void tell_ready(struct live *l, uint64_t started, uint32_t asked, uint32_t tasks)
{
	struct wire_ready r;

	frame_header(&r.h, WIRE_TRACE_READY, sizeof(r));
	r.elapsed = asked ? 0 : r.h.ts - started;
	r.tasks = tasks;
	r.asked = asked;
	live_put(l, &r, sizeof(r));
}

/*
 * All that was written before this call. A program of another CPU that was interrupted between
 * reserving its record and committing it hides from the reader what others have committed since
 * (kernel/bpf/ringbuf.c, BPF_RINGBUF_BUSY_BIT): an answer would stand before what it answers.
 */
static void drain_to_now(struct live *l)
{
	unsigned long now;

	live_drain(l); /* which also has what was counted written */
	now = ring_written(l->ring);
	while (ring_is_behind(l->ring, now)) {
		usleep(100);
		live_drain(l);
	}
}

int live_snapshot(struct live *l, uint64_t started, struct err *e)
{
	/* which ports are served must be known before a client of one can be told */
	int bad = (l->o.named && snapshot_files(l, SNAP_PORTS)) || snapshot(l, SNAP_MARK) ||
		  snapshot_files(l, SNAP_CLIENTS) || snapshot(l, SNAP_EMIT) ||
		  snapshot_files(l, SNAP_LISTENERS) || snapshot_files(l, SNAP_CONNS);

	l->skel->bss->learn_fd = 0;
	if (l->terminal >= 0)
		close(l->terminal);
	l->terminal = -1;
	if (bad)
		return complaint_fail(e, "cannot take the snapshot of what runs");
	l->first = true;
	drain_to_now(l);
	l->first = false;
	live_wall_in(l);
	tell_ready(l, started, 0, l->skel->bss->snap_tasks);
	return 0;
}

/* Else who is not in the answer would be taken for gone. */
static void tell_unanswered(struct live *l, size_t n)
{
	struct wire_lost lost;

	l->unanswered += n;
	frame_header(&lost.h, WIRE_TRACE_LOST, sizeof(lost));
	lost.count = n;
	lost.total = l->unanswered;
	lost.lost_kind = WIRE_TASK_SNAPSHOT;
	lost.lost_cpu = WIRE_UNSET;
	live_put(l, &lost, sizeof(lost));
}

/* How many were found. */
static uint32_t ask(struct live *l, const uint32_t *tgids, size_t n)
{
	struct bpf_map *asked = l->skel->maps.asked;
	uint32_t one = 1;

	for (size_t i = 0; i < n; i++)
		bpf_map__update_elem(asked, &tgids[i], sizeof(*tgids), &one, sizeof(one), BPF_ANY);
	if (snapshot(l, SNAP_ASKED))
		tell_unanswered(l, n);
	for (size_t i = 0; i < n; i++)
		bpf_map__delete_elem(asked, &tgids[i], sizeof(*tgids), 0);
	drain_to_now(l);
	return l->skel->bss->snap_tasks;
}

void live_ask(struct live *l, const uint32_t *tgids, size_t n)
{
	tell_ready(l, 0, WIRE_ASKED_SOME, ask(l, tgids, n));
}

void live_census(struct live *l, const uint32_t *tgids, size_t n)
{
	uint32_t found = 0;

	if (!n) {
		if (snapshot(l, SNAP_AGAIN))
			tell_unanswered(l, 1);
		drain_to_now(l);
		tell_ready(l, 0, WIRE_ASKED_ALL, l->skel->bss->snap_tasks);
		return;
	}
	l->first = true;
	for (size_t done = 0, some; done < n; done += some) {
		some = n - done < ASKED_MOST ? n - done : ASKED_MOST;
		found += ask(l, tgids + done, some);
	}
	l->first = false;
	tell_ready(l, 0, WIRE_ASKED_DOUBT, found);
}

uint32_t live_ends(const struct live *l, const struct ends *e)
{
	return reader_ends(&l->reader, e);
}

void live_tell_ends(struct live *l, const struct wire_hdr *root, const uint64_t pipe[2],
		    uint32_t ends)
{
	struct wire_place r;

	live_drain(l);
	frame_header(&r.h, WIRE_TASK_PLACE, sizeof(r));
	r.h.tgid = r.h.pid = root->tgid;
	r.h.start = root->start;
	memcpy(r.h.comm, root->comm, sizeof(r.h.comm));
	r.pipe[0] = pipe[0];
	r.pipe[1] = pipe[1];
	r.ends = ends;
	live_put(l, &r, sizeof(r));
}
