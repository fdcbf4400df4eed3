/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * floor MODE [FILE]: the smallest tracer on the hooks of sigtrace. empty: programs that do nothing;
 * look: that look up one byte by process; count: one counter a hook and CPU; ring: a record of 64 bytes
 * a hook, woken and read as sigtrace does, copied to FILE. Says "ready", ends on SIGINT or SIGTERM and
 * prints what it counted. raw: as count, and signal_generate a second time by a raw tracepoint.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "floor.skel.h"

enum { EMPTY, COUNT, RING, LOOK }; /* floor.bpf.c */

#define HOOKS 6
#define RING_BYTES (8u * 1024 * 1024)
#define BUFFER (256 * 1024)

static const char *const hooks[HOOKS] = { "generate", "deliver", "fork", "exec", "exit", "state" };

static struct {
	int out;
	size_t len;
	uint64_t hook[HOOKS];
	char bytes[BUFFER];
} taken = { .out = -1 };

static int fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	return 1;
}

static void flush(void)
{
	if (taken.out >= 0 && taken.len && write(taken.out, taken.bytes, taken.len) < 0)
		exit(fail("write"));
	taken.len = 0;
}

static int on_record(void *ctx, void *data, size_t len)
{
	uint32_t hook;

	(void)ctx;
	memcpy(&hook, (char *)data + 16, sizeof(hook));
	taken.hook[hook % HOOKS]++;
	if (len > BUFFER - taken.len)
		flush();
	memcpy(taken.bytes + taken.len, data, len);
	taken.len += len;
	return 0;
}

static void add_counters(struct floor_bpf *s)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *v = calloc(cpus, sizeof(*v));

	for (uint32_t h = 0; v && h < HOOKS; h++)
		if (!bpf_map_lookup_elem(bpf_map__fd(s->maps.counts), &h, v))
			for (int i = 0; i < cpus; i++)
				taken.hook[h] += v[i];
	free(v);
}

static int take(struct floor_bpf *s, int signals)
{
	struct ring_buffer *rb = ring_buffer__new(bpf_map__fd(s->maps.ring), on_record, NULL, NULL);
	int ep = epoll_create1(EPOLL_CLOEXEC), empty = 0;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct pollfd fds[] = { { ep, POLLIN, 0 }, { signals, POLLIN, 0 } };

	if (!rb || ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, bpf_map__fd(s->maps.ring), &ev))
		return fail("ring buffer");
	for (;;) {
		int ms = 10;

		if (empty) {
			s->bss->reader_asleep = 1;
			ms = empty > 1 ? 1000 : 10;
		}
		poll(fds, 2, ms);
		epoll_wait(ep, &ev, 1, 0);
		empty = ring_buffer__consume(rb) > 0 ? 0 : empty + 1;
		if (fds[1].revents)
			break;
	}
	floor_bpf__detach(s);
	ring_buffer__consume(rb);
	flush();
	ring_buffer__free(rb);
	close(ep);
	return 0;
}

static int run(const char *mode, int signals)
{
	bool raw = !strcmp(mode, "raw");
	struct floor_bpf *s = floor_bpf__open();
	uint64_t missed = 0;
	struct pollfd end = { signals, POLLIN, 0 };

	if (!s)
		return fail("open");
	s->rodata->mode = !strcmp(mode, "empty") ? EMPTY : !strcmp(mode, "look") ? LOOK :
			  !strcmp(mode, "ring") ? RING : COUNT;
	s->rodata->wake_above = RING_BYTES / 4;
	bpf_program__set_autoload(s->progs.on_generate_raw, raw);
	if (floor_bpf__load(s) || floor_bpf__attach(s))
		return fail("cannot load or attach");
	puts("ready");
	fflush(stdout);
	if (s->rodata->mode == RING) {
		if (take(s, signals))
			return 1;
	} else {
		poll(&end, 1, -1);
		floor_bpf__detach(s);
		add_counters(s);
	}
	for (int h = 0; h < HOOKS; h++)
		printf("%s=%" PRIu64 " ", hooks[h], taken.hook[h]);
	if (raw) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(s->progs.on_generate), &info, &len))
			missed = info.recursion_misses;
		printf("raw=%" PRIu64 " rtmin=%" PRIu64 " recursion_misses=%" PRIu64 " ",
		       (uint64_t)s->bss->raw_generated, (uint64_t)s->bss->raw_rtmin, missed);
	}
	printf("lost=%" PRIu64 "\n", (uint64_t)s->bss->lost);
	floor_bpf__destroy(s);
	return 0;
}

int main(int argc, char **argv)
{
	sigset_t set;
	int signals;

	if (argc < 2) {
		fputs("usage: floor empty|look|count|ring|raw [FILE]\n", stderr);
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (argc > 2)
		taken.out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (signals < 0 || (argc > 2 && taken.out < 0))
		return fail(argc > 2 ? argv[2] : "signalfd");
	return run(argv[1], signals);
}
