/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
	struct ring_buffer *buffer;
	const unsigned long *consumed, *produced; /* positions, bytes since its start */
	int epfd;
	uint64_t most;
};

/* kernel/bpf/ringbuf.c: page 0 holds the consumer's position, page 1 the producer's. */
static const unsigned long *map_page(int map_fd, unsigned n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page, PROT_READ, MAP_SHARED, map_fd, (off_t)(n * page));

	return p == MAP_FAILED ? NULL : p;
}

static void unmap_page(const unsigned long *page)
{
	if (page)
		munmap((void *)page, (size_t)sysconf(_SC_PAGESIZE));
}

struct ring *ring_open(int map_fd, int (*take)(void *ctx, void *rec, size_t len), void *ctx)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	struct ring *r = calloc(1, sizeof(*r));
	int why;

	if (!r)
		return NULL;
	r->epfd = epoll_create1(EPOLL_CLOEXEC);
	r->buffer = ring_buffer__new(map_fd, take, ctx, NULL);
	r->consumed = map_page(map_fd, 0);
	r->produced = map_page(map_fd, 1);
	/* edge-triggered: a record alone does not wake us, only a program that wants to does */
	if (r->buffer && r->consumed && r->produced && r->epfd >= 0 &&
	    !epoll_ctl(r->epfd, EPOLL_CTL_ADD, map_fd, &ev))
		return r;
	why = errno;
	ring_close(r);
	errno = why;
	return NULL;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	ring_buffer__free(r->buffer);
	if (r->epfd >= 0)
		close(r->epfd);
	unmap_page(r->consumed);
	unmap_page(r->produced);
	free(r);
}

int ring_fd(const struct ring *r)
{
	return r->epfd;
}

unsigned long ring_written(const struct ring *r)
{
	return __atomic_load_n(r->produced, __ATOMIC_ACQUIRE);
}

static unsigned long read_so_far(const struct ring *r)
{
	return __atomic_load_n(r->consumed, __ATOMIC_ACQUIRE);
}

bool ring_is_behind(const struct ring *r, unsigned long written)
{
	return (long)(read_so_far(r) - written) < 0;
}

size_t ring_take(struct ring *r)
{
	uint64_t unread = ring_written(r) - read_so_far(r);
	struct epoll_event ev;
	int n;

	if (unread > r->most)
		r->most = unread;
	epoll_wait(r->epfd, &ev, 1, 0);
	n = ring_buffer__consume(r->buffer);
	return n > 0 ? (size_t)n : 0;
}

uint64_t ring_most(const struct ring *r)
{
	return r->most;
}
