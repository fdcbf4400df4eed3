/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/counts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sigtrace.skel.h"
#include "source/frame.h"
#include "source/hooks.h"

#define LOSS_CPUS 256 /* emit.h */
#define SKIPPED_NS 100000000ull
#define CLOSE_NS 20000 /* a loop of kill(2) takes 0.3 to 3 us a round, a shell's 10 */
#define FLUSH_TRIES 5  /* with PREEMPT_RT a hook that was interrupted may have the slots */
#define FLUSH_US 50

struct counts {
	struct sigtrace_bpf *skel;
	void (*put)(void *ctx, const void *rec, size_t len);
	void *ctx;
	uint64_t told[LOSS_CPUS][WIRE_KIND_MAX + 1]; /* lost records */
	const struct hooks *hooks;
	struct {
		uint64_t before, told;
	} skipped[HOOKS_SKIPPED];
	uint64_t asked; /* the kernel, for what it skipped */
};

/*
 * Since 5.10 BPF_PROG_TEST_RUN takes such a program. false: there is nothing that it could write, or this
 * CPU is offline; what that had counted then counts_end() tells.
 */
static bool flush(const struct counts *c, uint32_t cpu, uint32_t flags)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .flags = flags, .cpu = cpu);

	for (unsigned i = 0; i < FLUSH_TRIES; i++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.flush_many), &o))
			return false;
		if (!o.retval)
			break;
		usleep(FLUSH_US);
	}
	return true;
}

struct counts *counts_new(struct sigtrace_bpf *skel, const struct hooks *hooks,
			  void (*put)(void *ctx, const void *rec, size_t len), void *ctx)
{
	struct counts *c = calloc(1, sizeof(*c));

	if (c) {
		c->skel = skel;
		c->hooks = hooks;
		c->put = put;
		c->ctx = ctx;
	}
	return c;
}

void counts_free(struct counts *c)
{
	free(c);
}

/* Two programs that meet may both tell a loss: what counts is by how much its total grew. */
void counts_lost(struct counts *c, const struct wire_lost *r)
{
	uint64_t *told = &c->told[r->lost_cpu % LOSS_CPUS][r->lost_kind % (WIRE_KIND_MAX + 1)];
	struct wire_lost once = *r;

	if (r->total <= *told)
		return;
	once.count = r->total - *told;
	*told = r->total;
	c->put(c->ctx, &once, sizeof(once));
}

void counts_begin(struct counts *c)
{
	c->skel->bss->many_close = flush(c, 0, 0) ? CLOSE_NS : 0;
}

/* The counts of a storm: bpf/many.h. Before 5.10 the next signal or counts_end() tells them. */
bool counts_flush(struct counts *c)
{
	bool any = false;

	for (uint32_t cpu = 0; cpu < LOSS_CPUS && cpu < c->skel->rodata->loss_cpus; cpu++)
		if (c->skel->bss->many_pending[cpu])
			any |= flush(c, cpu, BPF_F_TEST_RUN_ON_CPU);
	return any;
}

static void fill_lost(struct wire_lost *r, uint32_t kind, uint32_t cpu, uint64_t total)
{
	frame_header(&r->h, WIRE_TRACE_LOST, sizeof(*r));
	r->count = total;
	r->total = total;
	r->lost_kind = kind;
	r->lost_cpu = cpu;
}

/* What a slot still holds: on a kernel that flush_many() cannot use. */
static void tell_slot(struct counts *c, char *slot)
{
	struct wire_hdr h;
	struct wire_many many;
	size_t size;

	memcpy(&h, slot, sizeof(h));
	if (!h.len)
		return;
	size = h.kind == WIRE_SIGNAL_GENERATE ? sizeof(struct wire_generate) :
						sizeof(struct wire_deliver);
	memcpy(&many, slot + size, sizeof(many));
	if (!many.count)
		return;
	h.len = size + sizeof(many);
	memcpy(slot, &h, sizeof(h));
	c->put(c->ctx, slot, h.len);
}

static void tell_slots(struct counts *c)
{
	const struct bpf_map *map = c->skel->maps.many;
	uint32_t slots = bpf_map__max_entries(map) - 1; /* the last is none: MANY_NOW */
	size_t size = bpf_map__value_size(map), cpus = libbpf_num_possible_cpus();
	char *values = calloc(cpus, size);

	for (uint32_t i = 0; values && i < slots; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, values))
			break;
		for (size_t cpu = 0; cpu < cpus; cpu++)
			tell_slot(c, values + cpu * size);
	}
	free(values);
}

void counts_losses(struct counts *c)
{
	struct wire_lost r;

	_Static_assert(sizeof(c->skel->bss->losses) == sizeof(c->told), "LOSS_CPUS of emit.h");
	for (size_t cpu = 0; cpu < LOSS_CPUS; cpu++)
		for (uint32_t k = 1; k <= WIRE_KIND_MAX; k++)
			if (c->skel->bss->losses[cpu][k]) {
				fill_lost(&r, k, cpu, c->skel->bss->losses[cpu][k]);
				counts_lost(c, &r);
			}
}

/* last: nothing is about to be made up any more. */
static void tell_skipped(struct counts *c, bool last)
{
	struct wire_lost r;
	uint32_t kind;
	uint64_t n;

	for (size_t i = 0; i < HOOKS_SKIPPED &&
			   hooks_skipped(c->hooks, i, c->skel->bss->hook_made_up, &kind, &n); i++) {
		/* what another entry is about to make up was not there the last time, or will not be the next */
		uint64_t sure = last || n < c->skipped[i].before ? n : c->skipped[i].before;

		c->skipped[i].before = n;
		if (sure <= c->skipped[i].told)
			continue;
		fill_lost(&r, kind, WIRE_UNSET, sure);
		r.count = sure - c->skipped[i].told;
		c->skipped[i].told = sure;
		c->put(c->ctx, &r, sizeof(r));
	}
}

void counts_skipped(struct counts *c)
{
	uint64_t now = live_now();

	if (now - c->asked < SKIPPED_NS)
		return;
	c->asked = now;
	tell_skipped(c, false);
}

void counts_end(struct counts *c)
{
	tell_slots(c);
	counts_losses(c);
	tell_skipped(c, true);
}
