/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/counts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "sigtrace.skel.h"
#include "source/frame.h"

#define LOSS_CPUS 256 /* emit.h */

struct counts {
	struct sigtrace_bpf *skel;
	void (*put)(void *ctx, const void *rec, size_t len);
	void *ctx;
	uint64_t told[LOSS_CPUS][WIRE_KIND_MAX + 1]; /* lost records */
};

struct counts *counts_new(struct sigtrace_bpf *skel,
			  void (*put)(void *ctx, const void *rec, size_t len), void *ctx)
{
	struct counts *c = calloc(1, sizeof(*c));

	if (c) {
		c->skel = skel;
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

/*
 * The counts of a storm that is over, on CPUs where no signal comes to tell them: bpf/many.h.
 * BPF_PROG_TEST_RUN takes such a program since 5.10; before, counts_end() tells them.
 */
bool counts_flush(struct counts *c)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .flags = BPF_F_TEST_RUN_ON_CPU);
	size_t cpus = sizeof(c->skel->bss->many_pending) / sizeof(c->skel->bss->many_pending[0]);

	if (!c->skel->bss->many_any)
		return false;
	c->skel->bss->many_any = 0;
	for (o.cpu = 0; o.cpu < cpus; o.cpu++)
		if (c->skel->bss->many_pending[o.cpu])
			bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.flush_many), &o);
	return true;
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

/*
 * The kernel skips a program that would interrupt itself on one CPU, and counts that
 * (recursion_misses, kernel/trace/bpf_trace.c): a record that nobody else would miss.
 */
static void tell_misses(struct counts *c)
{
	const struct {
		struct bpf_program *prog;
		uint32_t kind;
	} progs[] = {
		{c->skel->progs.on_fork, WIRE_TASK_FORK},
		{c->skel->progs.on_exec, WIRE_TASK_EXEC},
		{c->skel->progs.on_exit, WIRE_TASK_EXIT},
		{c->skel->progs.on_generate, WIRE_SIGNAL_GENERATE},
		{c->skel->progs.on_deliver, WIRE_SIGNAL_DELIVER},
		{c->skel->progs.on_work, WIRE_TTY_KEY},
		{c->skel->progs.on_state, WIRE_SOCK_STATE},
		{c->skel->progs.on_receive_reset, WIRE_SOCK_RESET},
		{c->skel->progs.on_send_reset, WIRE_SOCK_RESET},
	};

	for (size_t i = 0; i < sizeof(progs) / sizeof(progs[0]); i++) {
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(progs[i].prog), &info, &len) &&
		    info.recursion_misses) {
			struct wire_lost r;

			fill_lost(&r, progs[i].kind, WIRE_UNSET, info.recursion_misses);
			c->put(c->ctx, &r, sizeof(r));
		}
	}
}

void counts_end(struct counts *c)
{
	tell_slots(c);
	counts_losses(c);
	tell_misses(c);
}
