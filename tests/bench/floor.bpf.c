/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a tracer on the same hooks costs at least. mode decides what a program does; the verifier
 * drops the rest, so that each mode is as if it had been written alone.
 */
#include "kernel.h"

#define HOOKS 6
#define COMM 16

enum { EMPTY, COUNT, RING, LOOK }; /* floor.c */

#define PAGE 4096

const volatile __u32 mode;
const volatile __u64 wake_above;
__u32 reader_asleep;
__u64 lost;

struct record {
	u64 ts;
	u64 id;
	u32 hook;
	u32 arg;
	char comm[COMM];
	u64 more[3]; /* 64 bytes in all */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOOKS);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

struct page {
	u8 flags[PAGE];
};

/* As bpf/scope.h has it, for all that a pid can be. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1025);
	__type(key, u32);
	__type(value, struct page);
} scope SEC(".maps");

/* A filter by process at its simplest: one byte of a map, which in an exec or exit is cold. */
static __always_inline int look(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32, page = tgid / PAGE;
	struct page *p = bpf_map_lookup_elem(&scope, &page);

	return p ? p->flags[tgid % PAGE] : 0;
}

static __always_inline void count(u32 hook)
{
	u64 *n = bpf_map_lookup_elem(&counts, &hook);

	if (n)
		++*n;
}

/* The wake-up strategy of bpf/emit.h. */
static __always_inline u64 wake(void)
{
	if (reader_asleep) {
		reader_asleep = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > wake_above)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

static __always_inline void record(u32 hook, u32 arg)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	r->ts = bpf_ktime_get_boot_ns();
	r->id = bpf_get_current_pid_tgid();
	r->hook = hook;
	r->arg = arg;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->more[0] = r->more[1] = r->more[2] = 0;
	bpf_ringbuf_submit(r, wake());
}

static __always_inline int met(u32 hook, u32 arg)
{
	if (mode == LOOK)
		return look();
	if (mode == COUNT)
		count(hook);
	else if (mode == RING)
		record(hook, arg);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_generate, int sig)
{
	return met(0, sig);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_deliver, int sig)
{
	return met(1, sig);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork)
{
	return met(2, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec)
{
	return met(3, 0);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit)
{
	return met(4, 0);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state)
{
	return met(5, 0);
}

/* Of these hooks of sigtrace no mode wants anything. */
SEC("tp_btf/workqueue_execute_start")
int BPF_PROG(on_work)
{
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send_reset)
{
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive_reset)
{
	return 0;
}

/*
 * The same event by the other way to attach, and SIGRTMIN alone: for the question whether a hook
 * misses any.
 */
__u64 raw_generated, raw_rtmin;

SEC("raw_tp/signal_generate")
int on_generate_raw(struct bpf_raw_tracepoint_args *ctx)
{
	__sync_fetch_and_add(&raw_generated, 1);
	if ((u32)ctx->args[0] == 34)
		__sync_fetch_and_add(&raw_rtmin, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
