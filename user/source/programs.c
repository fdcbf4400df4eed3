/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/parse.h"
#include "hint.h"
#include "sigtrace.skel.h"
#include "source/complaint.h"
#include "source/frame.h"
#include "source/hooks.h"
#include "source/live.h"

#define RING_DEFAULT (8u * 1024 * 1024)
#define SCOPE_PAGE 4096u

static uint32_t pid_max(void)
{
	uint32_t max = 4 * 1024 * 1024; /* PID_MAX_LIMIT, include/linux/threads.h */
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");

	if (f) {
		if (fscanf(f, "%u", &max) != 1)
			max = 4 * 1024 * 1024;
		fclose(f);
	}
	return max;
}

int programs_configure(struct sigtrace_bpf *s, struct hooks *h, const struct live_options *o,
		       struct err *e)
{
	uint32_t ring = o->ring ? o->ring : RING_DEFAULT;
	uint32_t pages = (pid_max() + SCOPE_PAGE) / SCOPE_PAGE;
	struct hooks_kernel kernel;
	struct timespec jiffy;

	hooks_learn(&kernel);
	hooks_choose(h, s->obj, kernel.preemptible, o->scope == WIRE_SCOPE_ALL);
	s->rodata->wake_above = ring / 4;
	s->rodata->many_above = ring / 2;
	s->rodata->signals_below = ring / 4 * 3;
	s->rodata->many_each = o->each;
	s->rodata->scope_all = o->scope == WIRE_SCOPE_ALL ? WIRE_IN : 0;
	s->rodata->scope_servers = o->scope == WIRE_SCOPE_SSHD;
	s->rodata->hook_entries = kernel.preemptible;
	s->rodata->exit_tells_group_dead = kernel.group_dead;
	s->rodata->tty_hupped = kernel.tty_hupped;
	s->rodata->loss_cpus = libbpf_num_possible_cpus();
	/* the coarse clocks tick in jiffies: kernel/time/posix-timers.c, KTIME_LOW_RES */
	if (!clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy) && !jiffy.tv_sec)
		s->rodata->jiffy_ns = jiffy.tv_nsec;
	if (bpf_map__set_max_entries(s->maps.ring, ring) ||
	    bpf_map__set_max_entries(s->maps.scope, pages))
		return complaint_fail(e, "cannot size the ring buffer");
	return 0;
}

static int name_server(struct sigtrace_bpf *s, const char *name, uint32_t is)
{
	char comm[WIRE_COMM] = "";

	frame_copy(comm, sizeof(comm), name);
	return bpf_map__update_elem(s->maps.server_names, comm, sizeof(comm), &is, sizeof(is),
				    BPF_ANY);
}

static int name_port(struct sigtrace_bpf *s, uint32_t port)
{
	uint32_t one = 1;

	return bpf_map__update_elem(s->maps.named_ports, &port, sizeof(port), &one,
				    sizeof(one), BPF_ANY);
}

static int name_servers(struct sigtrace_bpf *s, const struct live_options *o)
{
	for (const char *const *name = o->servers; name && *name; name++)
		if (name_server(s, *name, WIRE_SERVER))
			return -1;
	for (const char *const *name = o->named; name && *name; name++) {
		uint64_t port;

		if (parse_u64(*name, UINT16_MAX, &port) ?
			    name_server(s, *name, WIRE_SERVER | WIRE_NAMED) :
			    name_port(s, port))
			return -1;
	}
	return 0;
}

static void hint_servers(struct scope_quick *q, const char *const *names)
{
	uint64_t port;

	for (; names && *names; names++)
		if (parse_u64(*names, UINT16_MAX, &port))
			hint_set(q->hints, *names);
}

static int give_quick(struct sigtrace_bpf *s, const struct live_options *o)
{
	struct scope_quick q = {};
	uint32_t zero = 0;

	q.newest = o->tgid ? UINT64_MAX : 0;
	hint_servers(&q, o->servers);
	hint_servers(&q, o->named);
	return bpf_map__update_elem(s->maps.quick, &zero, sizeof(zero), &q, sizeof(q), BPF_ANY);
}

uint8_t *programs_scope(struct sigtrace_bpf *s, const struct live_options *o, size_t *len, struct err *e)
{
	uint8_t *scope;

	if (name_servers(s, o) || give_quick(s, o)) {
		complaint_fail(e, "cannot name the servers to the kernel");
		return NULL;
	}
	*len = (size_t)bpf_map__max_entries(s->maps.scope) * SCOPE_PAGE;
	scope = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(s->maps.scope), 0);
	if (scope == MAP_FAILED) {
		complaint_fail(e, "cannot map the scope");
		return NULL;
	}
	if (o->tgid && o->tgid < *len)
		scope[o->tgid] = WIRE_IN;
	return scope;
}
