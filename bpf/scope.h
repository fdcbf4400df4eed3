/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tasks are traced: one byte a pid, in an array that user space can map and write.
 *
 * Measured (perf-facts): a miss costs 10 ns this way, 67 ns in a hash, 50 ns in task storage. A
 * byte and not a bit: plain stores need no atomics, which BPF has only since 5.12.
 */
#ifndef SIGTRACE_BPF_SCOPE_H
#define SIGTRACE_BPF_SCOPE_H

#include "hint.h"
#include "kernel.h"
#include "wire.h"

#define SCOPE_PAGE 4096

struct scope_page {
	u8 flags[SCOPE_PAGE];
};

/* user space sets max_entries from kernel.pid_max */
struct scope_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct scope_page);
};
extern struct scope_map scope SEC(".maps");

struct quick_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scope_quick);
};
extern struct quick_map quick SEC(".maps");

struct server_key {
	char comm[WIRE_COMM] __attribute__((aligned(8)));
};

/* comm of the programs that serve ssh -> WIRE_SERVER, with WIRE_NAMED where the user named it;
 * filled by user space, empty where sessions do not matter */
struct server_names_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct server_key);
	__type(value, u32);
};
extern struct server_names_map server_names SEC(".maps");

/* ports of --server */
struct named_ports_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u32);
};
extern struct named_ports_map named_ports SEC(".maps");

struct port_key {
	u32 netns;
	u32 port;
};

/*
 * Ports that a listener of a server has, or had: connections outlive it, so none is removed. All that
 * a host has fit in: each ssh -R listens on another one.
 */
struct server_ports_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct port_key);
	__type(value, u32);
};
extern struct server_ports_map server_ports SEC(".maps");

/* tgids that user space wants a snapshot of; it adds and removes them */
struct asked_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u32);
};
extern struct asked_map asked SEC(".maps");

/*
 * By the end of a port's number: perhaps one of server_ports. Of a stranger's connection no more is looked
 * at: with its address family, its protocol, its netns and the hash its hook took 75 ns longer.
 */
#define PORT_HINTS 4096
extern __u8 port_hints[PORT_HINTS];

extern const volatile __u8 scope_all;	/* WIRE_IN for --all, else 0 */
extern const volatile bool scope_servers; /* --sshd: an ssh server is traced wherever it appears */

static __always_inline u8 *scope_slot(u32 tgid)
{
	u32 page = tgid / SCOPE_PAGE;
	struct scope_page *p = bpf_map_lookup_elem(&scope, &page);

	return p ? &p->flags[tgid % SCOPE_PAGE] : 0;
}

static __always_inline u8 scope_of(u32 tgid)
{
	u8 *slot = scope_slot(tgid);

	return slot ? *slot | scope_all : 0;
}

static __always_inline struct scope_quick *scope_quick(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&quick, &zero);
}

/*
 * All that is put into the scope is by way of this. `newest` is this much ahead and more, so that it is written
 * seldom (each CPU reads that line), and no harm comes of a writer that waits between its look at the
 * clock and its write while another writes. One that waited longer (a CPU of a virtual machine may) has
 * written what was true long ago: from its next write on nothing is quick any more.
 */
#define SCOPE_QUICK_NS 8000000000
static __always_inline void scope_put(u8 *slot, u8 flags)
{
	u64 now = bpf_ktime_get_boot_ns();
	struct scope_quick *q = scope_quick();

	if (q && q->newest < now + SCOPE_QUICK_NS) {
		q->newest = now + 2 * SCOPE_QUICK_NS;
		if (bpf_ktime_get_boot_ns() > now + SCOPE_QUICK_NS)
			q->newest = ~0ull;
	}
	*slot = flags;
}

/* Has a process any flag? */
static __always_inline bool scope_has(u32 tgid)
{
	u8 *slot = scope_slot(tgid);

	return slot && *slot;
}

/* The same, quicker for who is young, and wrong about flags that it has from its number's last owner. start:
 * its leader's start_boottime. */
static __always_inline bool scope_has_young(u32 tgid, u64 start)
{
	struct scope_quick *q = scope_quick();

	return !(q && start > q->newest) && scope_has(tgid);
}

/* Perhaps one of server_names; false: surely none. */
static __always_inline bool scope_may_be_server(const char comm[WIRE_COMM])
{
	struct scope_quick *q = scope_quick();
	u32 hint = hint_of(*(const u32 *)comm) % HINTS;

	return !q || q->hints[hint / 64] >> hint % 64 & 1;
}

/* WIRE_SERVER, perhaps with WIRE_NAMED, by the name; 0: that says nothing. */
static __always_inline u8 scope_is_server(const char comm[WIRE_COMM])
{
	struct server_key k;
	u32 *is;

	__builtin_memcpy(k.comm, comm, sizeof(k.comm));
	if (!scope_may_be_server(k.comm))
		return 0;
	is = bpf_map_lookup_elem(&server_names, &k);
	return is ? *is : 0;
}

static __always_inline u8 scope_is_port(u32 port)
{
	return bpf_map_lookup_elem(&named_ports, &port) ? WIRE_SERVER | WIRE_NAMED : 0;
}

/* Are the children of a task with these flags traced? */
static __always_inline bool scope_hands_on(u8 flags)
{
	return flags & WIRE_IN && !(flags & WIRE_ALONE && !scope_all);
}

/* What becomes of the scope of a task that is a server. */
static __always_inline u8 scope_server(u8 flags, u8 is)
{
	if (scope_servers || scope_all)
		flags = (flags | WIRE_IN) & ~WIRE_ALONE;
	return flags & WIRE_IN ? flags | is : flags;
}

static __always_inline bool scope_may_be_port(u32 port)
{
	/* clang would take the rest before it swaps the port's bytes, and 6.12's verifier knows no bound then */
	asm volatile("" : "+r"(port));
	return port_hints[port % PORT_HINTS];
}

static __always_inline bool scope_has_port(u32 netns, u32 port)
{
	struct port_key k = {.netns = netns, .port = port};

	return bpf_map_lookup_elem(&server_ports, &k) != 0;
}

/* false: there is no room, and what happens on this port is lost. */
static __always_inline bool scope_add_port(u32 netns, u32 port)
{
	struct port_key k = {.netns = netns, .port = port};
	u32 one = 1;

	port_hints[port % PORT_HINTS] = 1;
	return !bpf_map_update_elem(&server_ports, &k, &one, BPF_ANY);
}

#endif
