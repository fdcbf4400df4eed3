/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/frame.h"
#include "source/order.h"

/* How long is waited for a record that is not committed: in one go, and in all. Its program was interrupted. */
#define AHEAD_TRIES 10
#define AHEAD_US 20
#define AHEAD_NS 20000000ull

/*
 * kernel/bpf/ringbuf.c: page 0 holds the consumer's position, which it writes, page 1 the producers', and
 * then come the data, twice, so that no record is in two pieces.
 */
struct ring {
	struct ring_reader reader;
	struct order *order;
	unsigned long *consumed;       /* positions, bytes since its start */
	const unsigned long *produced;
	const char *data;
	size_t page, size;
	bool to_look;	      /* before anything is handed out, up to `ahead` */
	unsigned long looked, ahead;
	unsigned long end;    /* so far it is handed out then */
	uint64_t begun;	      /* when that was the end */
	uint64_t settled;
	int epfd;
	uint64_t most;
};

static void *map(int fd, size_t len, int prot, size_t from)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, fd, (off_t)from);

	return p == MAP_FAILED ? NULL : p;
}

struct ring *ring_open(int map_fd, size_t size, const struct ring_reader *reader)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	struct ring *r = calloc(1, sizeof(*r));
	int why;

	if (!r)
		return NULL;
	r->reader = *reader;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	r->size = size;
	r->order = order_new(reader->take, reader->ctx);
	r->epfd = epoll_create1(EPOLL_CLOEXEC);
	r->consumed = map(map_fd, r->page, PROT_READ | PROT_WRITE, 0);
	r->produced = map(map_fd, r->page + 2 * size, PROT_READ, r->page);
	/* edge-triggered: a record alone does not wake us, only a program that wants to does */
	if (r->order && r->consumed && r->produced && r->epfd >= 0 &&
	    !epoll_ctl(r->epfd, EPOLL_CTL_ADD, map_fd, &ev)) {
		r->data = (const char *)r->produced + r->page;
		return r;
	}
	why = errno;
	ring_close(r);
	errno = why;
	return NULL;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	if (r->epfd >= 0)
		close(r->epfd);
	if (r->consumed)
		munmap(r->consumed, r->page);
	if (r->produced)
		munmap((void *)r->produced, r->page + 2 * r->size);
	order_free(r->order);
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

bool ring_is_behind(const struct ring *r, unsigned long written)
{
	return (long)(*r->consumed - written) < 0;
}

struct entry {
	const char *rec; /* NULL: it was given up by who reserved it */
	size_t len;
	unsigned long next; /* its successor's position */
};

/* false: it is not committed. */
static bool entry_at(const struct ring *r, unsigned long pos, struct entry *e)
{
	const char *head = r->data + (pos & (r->size - 1));
	uint32_t len = __atomic_load_n((const uint32_t *)head, __ATOMIC_ACQUIRE);

	e->len = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	e->rec = len & BPF_RINGBUF_DISCARD_BIT ? NULL : head + BPF_RINGBUF_HDR_SZ;
	e->next = pos + ((e->len + BPF_RINGBUF_HDR_SZ + 7) & ~7ul);
	return !(len & BPF_RINGBUF_BUSY_BIT);
}

/* Shows what was not yet to order.h. What is not committed may be what belongs before all else: false. */
static bool look_ahead(struct ring *r)
{
	struct entry e;

	if ((long)(r->looked - *r->consumed) < 0)
		r->looked = *r->consumed;
	for (unsigned tries = 0; (long)(r->looked - r->ahead) < 0;) {
		if (entry_at(r, r->looked, &e)) {
			if (e.rec)
				order_see(r->order, r->looked, e.rec, e.len);
			r->looked = e.next;
		} else if (++tries < AHEAD_TRIES) {
			usleep(AHEAD_US);
		} else {
			break;
		}
	}
	order_seen(r->order);
	return (long)(r->looked - r->ahead) >= 0;
}

static size_t hand_out(struct ring *r)
{
	unsigned long pos = *r->consumed, told = pos;
	struct entry e;
	size_t n = 0;

	for (; (long)(pos - r->end) < 0 && entry_at(r, pos, &e); n++) {
		if (e.rec)
			order_next(r->order, pos, e.rec, e.len);
		pos = e.next;
		if (pos - told >= r->size / 64) {
			__atomic_store_n(r->consumed, pos, __ATOMIC_RELEASE);
			told = pos;
		}
	}
	__atomic_store_n(r->consumed, pos, __ATOMIC_RELEASE);
	return n;
}

/* What comes behind `end` is younger than `begun`, but for what is just being written. */
static void begin(struct ring *r)
{
	struct epoll_event ev;

	r->begun = live_now();
	r->end = ring_written(r);
	if (r->end - *r->consumed > r->most)
		r->most = r->end - *r->consumed;
	epoll_wait(r->epfd, &ev, 1, 0);
	r->to_look = r->reader.flush(r->reader.ctx);
	r->ahead = ring_written(r);
}

size_t ring_take(struct ring *r)
{
	size_t n;

	if (!r->to_look)
		begin(r);
	if (r->to_look && !look_ahead(r) && live_now() - r->begun < AHEAD_NS)
		return 1;
	r->to_look = false;
	n = hand_out(r);
	if (!ring_is_behind(r, r->end)) {
		order_until(r->order, r->begun);
		r->settled = r->begun;
	}
	return n || ring_written(r) == *r->consumed ? n : 1;
}

uint64_t ring_settled(const struct ring *r)
{
	return r->settled;
}

uint64_t ring_most(const struct ring *r)
{
	return r->most;
}
