/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/live_struct.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "sigtrace.skel.h"
#include "source/confine.h"
#include "source/confine_files.h"
#include "source/complaint.h"
#include "source/counts.h"
#include "source/frame.h"
#include "source/programs.h"
#include "source/require.h"

#define AWAKE_MS 10	/* freshness of the live view; far below the 50 ms that a person notices */
#define ASLEEP_MS 1000

void live_put(struct live *l, const void *rec, size_t len)
{
	l->o.put(l->o.ctx, rec, len);
}

static void tell_user(struct live *l, uint32_t uid, uint64_t ts)
{
	struct wire_user r;
	uint32_t *more;

	for (size_t i = 0; i < l->nuids; i++)
		if (l->uids[i] == uid)
			return;
	more = realloc(l->uids, (l->nuids + 1) * sizeof(*more));
	if (!more)
		return;
	l->uids = more;
	l->uids[l->nuids++] = uid;
	accounts_ask(&l->accounts, uid, ts, &r);
	live_put(l, &r, sizeof(r));
}

static bool is_server(const struct live *l, uint32_t tgid)
{
	return tgid < l->scope_len && l->scope[tgid] & WIRE_SERVER;
}

static void tell_first(struct live *l, const struct wire_snapshot *r)
{
	struct proc_args args;
	struct wire_env env;

	if (reader_args(&l->reader, &r->h, &args))
		live_put(l, &args, args.r.h.len);
	if (!(r->task.scope & WIRE_SERVER) && is_server(l, r->task.ppid) && reader_env(&l->reader, &r->h, &env))
		live_put(l, &env, sizeof(env));
}

/* An ssh client is traced from its connect(2) on: its exec was not seen. */
static bool is_new(const struct wire_snapshot *r)
{
	return r->task.scope & WIRE_CLIENT;
}

static void on_record(void *ctx, const void *data, size_t len)
{
	const struct wire_hdr *h = data;
	struct live *l = ctx;

	if (h->kind == WIRE_TASK_EXEC)
		tell_user(l, ((const struct wire_exec *)data)->task.uid, h->ts);
	else if (h->kind == WIRE_TASK_SNAPSHOT)
		tell_user(l, ((const struct wire_snapshot *)data)->task.uid, h->ts);
	else if (h->kind == WIRE_TASK_EXIT)
		tell_user(l, ((const struct wire_exit *)data)->uid, h->ts);
	if (h->kind == WIRE_TRACE_LOST)
		counts_lost(l->counts, data);
	else
		live_put(l, data, h->len <= len ? h->len : len);
	if (h->kind == WIRE_TASK_SNAPSHOT && (l->first || is_new(data)))
		tell_first(l, data);
}

static bool on_flush(void *ctx)
{
	struct live *l = ctx;

	return counts_flush(l->counts);
}

/*
 * What is opened later is opened from here. From the terminal's master the programs learn what a
 * keystroke's work runs.
 */
static int open_files(struct live *l, struct err *e)
{
	l->reader.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->reader.proc < 0)
		return complaint_fail(e, "cannot open /proc");
	l->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (l->terminal >= 0)
		l->skel->bss->learn_fd = l->terminal;
	return 0;
}

/* Whom a snapshot may have to read about; a command is ours. */
static void warn_of_reading(const struct live_options *o)
{
	const char *lacks = o->scope == WIRE_SCOPE_CMD ? NULL : require_reader();

	if (lacks)
		log_line("without %s less is known of what runs already: the environment and the "
			 "program of other users' processes cannot be read", lacks);
}

static struct confine confined(const struct live *l)
{
	return (struct confine){
		.proc = l->reader.proc,
		.folder = l->o.folder,
		.published = l->o.published,
		.command = l->o.command,
	};
}

/* Most of what is read in /proc has been read: the rest the reader's process reads. */
void live_wall_in(struct live *l)
{
	const struct confine c = confined(l);

	if (l->files)
		return;
	l->files = confine_files(&c) ? errno : 0;
	l->reader.apart = !l->files;
}

struct live *live_open(const struct live_options *o, struct err *e)
{
	struct live *l = calloc(1, sizeof(*l));
	struct confine c;

	if (!l) {
		err_set(e, EXIT_CANNOT_TRACE, "out of memory");
		return NULL;
	}
	l->o = *o;
	l->reader.proc = l->terminal = l->measures = -1;
	complaint_listen();
	if (require_privileges(e) || require_host_pids(e) || require_kernel(e))
		goto err;
	warn_of_reading(o);
	/* before there is anything of BPF, of which it must hold nothing */
	l->files = confine_files_missing();
	if (accounts_start(&l->accounts, e) || (!l->files && reader_start(&l->reader, e)))
		goto err;
	l->skel = sigtrace_bpf__open();
	if (!l->skel) {
		complaint_fail(e, "cannot open the BPF programs");
		goto err;
	}
	l->counts = counts_new(l->skel, &l->hooks, o->put, o->ctx);
	if (!l->counts) {
		err_set(e, EXIT_CANNOT_TRACE, "out of memory");
		goto err;
	}
	if (programs_configure(l->skel, &l->hooks, o, e))
		goto err;
	if (sigtrace_bpf__load(l->skel)) {
		complaint_fail(e, "the kernel refused the BPF programs");
		goto err;
	}
#ifdef __GLIBC__
	malloc_trim(0); /* the kernel's types, twice: megabytes that would stay */
#endif
	if (!o->each)
		counts_begin(l->counts);
	l->scope = programs_scope(l->skel, o, &l->scope_len, e);
	if (!l->scope)
		goto err;
	l->ring = ring_open(bpf_map__fd(l->skel->maps.ring), bpf_map__max_entries(l->skel->maps.ring),
			    &(struct ring_reader){.take = on_record, .flush = on_flush, .ctx = l});
	if (!l->ring) {
		complaint_fail(e, "cannot map the ring buffer");
		goto err;
	}
	if (l->o.stats) {
		l->measures = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (l->measures < 0) {
			complaint_fail(e, "cannot have the kernel measure BPF programs (--stats)");
			goto err;
		}
	}
	if (sigtrace_bpf__attach(l->skel) || hooks_attach(&l->hooks)) {
		complaint_fail(e, "cannot attach the BPF programs");
		goto err;
	}
	if (open_files(l, e))
		goto err;
	c = confined(l);
	if (confine_loop(&c, e))
		goto err;
	return l;
err:
	live_close(l);
	return NULL;
}

int live_files(const struct live *l)
{
	return l->files;
}

int live_fd(const struct live *l)
{
	return ring_fd(l->ring);
}

size_t live_drain(struct live *l)
{
	size_t n = ring_take(l->ring);

	counts_skipped(l->counts);
	/* else they would be told with the next record, which may never come */
	if (l->skel->bss->loss_any && !ring_is_behind(l->ring, ring_written(l->ring)))
		counts_losses(l->counts);
	return n;
}

int live_sleep(struct live *l, size_t drained)
{
	if (drained) {
		l->empty = 0;
		return AWAKE_MS;
	}
	/*
	 * A program may have looked at reader_asleep just before it was set and write just after:
	 * one more short sleep meets that record, and ASLEEP_MS bounds what is left of the race.
	 */
	l->skel->bss->reader_asleep = 1;
	return l->empty++ ? ASLEEP_MS : AWAKE_MS;
}

uint64_t live_settled(const struct live *l)
{
	return ring_settled(l->ring);
}

void live_tick(struct live *l)
{
	struct wire_tick r;

	frame_header(&r.h, WIRE_TRACE_TICK, sizeof(r));
	r.h.ts = live_settled(l);
	live_put(l, &r, sizeof(r));
}

/* The entries of a hook are told as one program, which runs as often as the first of them. */
static void add_program(struct live_stats *st, const struct bpf_program *p)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);
	struct live_program *one = st->programs, *end = one + st->nprograms;
	char name[HOOKS_NAME];
	unsigned nth = hooks_split(bpf_program__name(p), name);

	if (bpf_program__fd(p) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
		return;
	while (one < end && strcmp(one->name, name))
		one++;
	if (one == end) {
		if (st->nprograms == LIVE_PROGRAMS)
			return;
		st->nprograms++;
		frame_copy(one->name, sizeof(one->name), name);
	}
	if (nth <= 1)
		one->runs += info.run_cnt;
	one->ns += info.run_time_ns;
}

void live_stats(const struct live *l, struct live_stats *st)
{
	struct bpf_program *p;

	memset(st, 0, sizeof(*st));
	st->ring = bpf_map__max_entries(l->skel->maps.ring);
	st->ring_most = ring_most(l->ring);
	if (l->measures < 0)
		return;
	bpf_object__for_each_program(p, l->skel->obj)
		add_program(st, p);
}

void live_stop(struct live *l)
{
	if (l->stopped || !l->skel || !l->ring)
		return;
	l->stopped = true;
	hooks_detach(&l->hooks);
	sigtrace_bpf__detach(l->skel);
	/* until nothing is left: what was counted may not have had room before */
	while (live_drain(l))
		usleep(100);
	counts_end(l->counts);
}

const void *live_elf(size_t *size)
{
	struct sigtrace_bpf *s = sigtrace_bpf__open();
	const void *elf;

	if (!s)
		return NULL;
	elf = s->skeleton->data;
	*size = s->skeleton->data_sz;
	sigtrace_bpf__destroy(s);
	return elf;
}

void live_close(struct live *l)
{
	int fds[2];

	if (!l)
		return;
	live_stop(l);
	fds[0] = l->terminal;
	fds[1] = l->measures;
	ring_close(l->ring);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (l->scope)
		munmap(l->scope, l->scope_len);
	counts_free(l->counts);
	sigtrace_bpf__destroy(l->skel);
	helper_stop(&l->accounts);
	reader_stop(&l->reader);
	free(l->uids);
	free(l);
}
