/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP sockets of ssh servers: their addresses, and who has them open. */
#ifndef SIGTRACE_BPF_SOCK_H
#define SIGTRACE_BPF_SOCK_H

#include "emit.h"
#include "scope.h"
#include "task.h"

static __always_inline u32 sock_netns(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* skc_num is 0 already at ->CLOSE; inet_sport stays. */
static __always_inline u32 sock_lport(struct sock *sk)
{
	u32 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return port ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

/*
 * Perhaps it begins to listen, or has a server's port at one end. sk: an argument of a tracepoint, that needs
 * no helper to be read.
 */
static __always_inline bool sock_may_matter(struct sock *sk, u32 new_state)
{
	return new_state == WIRE_TCP_LISTEN ||
	       scope_may_be_port(sk->__sk_common.skc_num ?: sock_lport(sk)) ||
	       scope_may_be_port(bpf_ntohs(sk->__sk_common.skc_dport));
}

static __always_inline bool sock_is_tcp(struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == WIRE_AF_INET || family == WIRE_AF_INET6) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline void sock_read(struct sock *sk, struct wire_sock *w)
{
	__builtin_memset(w, 0, sizeof(*w));
	w->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	w->netns = sock_netns(sk);
	w->lport = sock_lport(sk);
	w->rport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (w->family == WIRE_AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)w->laddr, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)w->raddr, sk, __sk_common.skc_daddr);
	} else {
		bpf_core_read(w->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(w->raddr, 16, &sk->__sk_common.skc_v6_daddr);
	}
}

/* The TCP socket behind a file, or NULL. */
static __always_inline struct sock *sock_of_file(struct file *f)
{
	struct socket *s;
	struct sock *sk;

	if (!f || (BPF_CORE_READ(f, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	s = BPF_CORE_READ(f, private_data);
	sk = BPF_CORE_READ(s, sk);
	return sk && sock_is_tcp(sk) ? sk : 0;
}

static __always_inline void sock_serve_port(struct sock *sk)
{
	if (!scope_add_port(sock_netns(sk), sock_lport(sk)))
		emit_lost_one(bpf_get_smp_processor_id(), WIRE_SOCK_STATE);
}

static __always_inline void sock_owner(struct task_struct *t, struct sock *sk, u32 fd, u32 state)
{
	struct wire_sock_owner *r = emit_reserve(WIRE_SOCK_OWNER, sizeof(*r));

	if (!r)
		return;
	emit_about(&r->h, WIRE_SOCK_OWNER, sizeof(*r), t);
	sock_read(sk, &r->sk);
	r->state = state;
	r->fd = fd;
	emit_submit(r);
}

/* sock_of_file() and sock_owner() for a loop over descriptors: the verifier takes them once, not on each
 * path of each turn. They cost a frame of calls, of which server.h has none left. */
__weak __noinline u64 sock_of_fd(u64 task, u32 fd)
{
	return (u64)sock_of_file(task_file((void *)task, fd));
}

__weak __noinline int sock_owner_of(u64 task, u64 sk, u32 fd, u32 state)
{
	sock_owner((void *)task, (void *)sk, fd, state);
	return 0;
}

/*
 * Both ends on this host: who connects to an address of its own host gets that address as its
 * source too (fib_result_prefsrc() of a local route), and 127/8 is local by itself.
 */
static __always_inline bool sock_is_local(struct sock *sk)
{
	u64 here[2] = {}, there[2] = {};

	if (BPF_CORE_READ(sk, __sk_common.skc_family) == WIRE_AF_INET) {
		u32 peer = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		return (peer & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000) ||
		       peer == BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	}
	bpf_core_read(here, sizeof(here), &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_core_read(there, sizeof(there), &sk->__sk_common.skc_v6_daddr);
	return here[0] == there[0] && here[1] == there[1];
}

static __always_inline bool sock_is_client(struct sock *sk)
{
	return scope_has_port(sock_netns(sk), bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))) &&
	       sock_is_local(sk);
}

/* From here on the client is traced, and the keys that its process group gets. */
static __always_inline void sock_trace_client(struct task_struct *t)
{
	u8 *slot = scope_slot(BPF_CORE_READ(t, tgid));

	if (slot)
		scope_put(slot, *slot | (*slot & WIRE_IN ? WIRE_CLIENT : WIRE_IN | WIRE_CLIENT | WIRE_ALONE));
	slot = scope_slot(task_pid_nr(BPF_CORE_READ(t, signal), PIDTYPE_PGID));
	if (slot)
		scope_put(slot, *slot | WIRE_KEYS);
}

#endif
