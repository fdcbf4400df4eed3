/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP connections of ssh servers: states and resets. */
#include "emit.h"
#include "hook.h"
#include "scope.h"
#include "server.h"
#include "sock.h"

const volatile __u64 jiffy_ns = 4000000; /* set by user space */

static __always_inline bool sock_in_scope(struct sock *sk)
{
	u32 port = sock_lport(sk);

	return scope_may_be_port(port) && sock_is_tcp(sk) && scope_has_port(sock_netns(sk), port);
}

/* A server begins to listen: from here on its port, and it, are traced. */
static __always_inline void on_listen(struct sock *sk)
{
	struct task_struct *t = (struct task_struct *)bpf_get_current_task();
	u8 *slot = scope_slot(bpf_get_current_pid_tgid() >> 32);
	char comm[WIRE_COMM];
	u8 is, was;

	comm_of_current(comm);
	if (!slot)
		return;
	is = scope_is_server(comm) | scope_is_port(sock_lport(sk));
	if (is & ~*slot) {
		was = *slot;
		scope_put(slot, scope_server(was, is));
		/* one that its exec did not tell of: its sessions want to know their server */
		if (is & WIRE_NAMED && !(was & WIRE_SERVER) && *slot & WIRE_SERVER)
			server_snapshot((u64)BPF_CORE_READ(t, group_leader), *slot);
	}
	if (!(*slot & WIRE_SERVER))
		return;
	/* a connection's process: it listens for its client (ssh -R, X11), not for log-ins */
	if (scope_of(BPF_CORE_READ(t, real_parent, tgid)) & WIRE_SERVER)
		return;
	sock_serve_port(sk);
	sock_owner(t, sk, WIRE_UNSET, WIRE_TCP_LISTEN);
}

struct connecting {
	u64 start;
	u32 tgid;
	u32 pid;
	char comm[WIRE_COMM];
};

/* socket -> who connects it: at ->ESTABLISHED, when it has its port, something else may run */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct connecting);
} connecting SEC(".maps");

static __always_inline void on_connect(struct sock *sk)
{
	struct task_struct *t = (struct task_struct *)bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid(), key = (u64)sk;
	struct connecting c;

	if (!sock_is_client(sk))
		return;
	sock_trace_client(t);
	c.start = task_start(t);
	c.tgid = id >> 32;
	c.pid = (u32)id;
	comm_of_current(c.comm);
	bpf_map_update_elem(&connecting, &key, &c, BPF_ANY);
}

static __always_inline void on_connected(struct sock *sk)
{
	u64 key = (u64)sk;
	struct connecting *c = bpf_map_lookup_elem(&connecting, &key);
	struct wire_sock_client *r;

	if (!c)
		return;
	r = emit_reserve(WIRE_SOCK_CLIENT, sizeof(*r));
	if (!r)
		return;
	emit_stamp(&r->h, WIRE_SOCK_CLIENT, sizeof(*r));
	r->h.start = c->start;
	r->h.tgid = c->tgid;
	r->h.pid = c->pid;
	__builtin_memcpy(r->h.comm, c->comm, sizeof(r->h.comm));
	sock_read(sk, &r->sk);
	r->state = WIRE_TCP_ESTABLISHED;
	r->fd = WIRE_UNSET;
	emit_submit(r);
	bpf_map_delete_elem(&connecting, &key);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int new_state)
{
	struct wire_sock_state *r;

	hook_on_task_stack(ctx, on_state);
	if (!sock_may_matter(sk, new_state))
		return 0;
	if (new_state == WIRE_TCP_LISTEN && sock_is_tcp(sk))
		on_listen(sk);
	else if (new_state == WIRE_TCP_SYN_SENT && sock_is_tcp(sk))
		on_connect(sk);
	else if (old_state == WIRE_TCP_SYN_SENT && new_state == WIRE_TCP_ESTABLISHED)
		on_connected(sk);
	if (!sock_in_scope(sk))
		return 0;
	r = emit_reserve(WIRE_SOCK_STATE, sizeof(*r));
	if (!r)
		return 0;
	emit_current(&r->h, WIRE_SOCK_STATE, sizeof(*r));
	sock_read(sk, &r->sk);
	r->rcv_age = (u64)((u32)bpf_jiffies64() -
			   BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ack.lrcvtime)) *
		     jiffy_ns;
	r->old_state = old_state;
	r->new_state = new_state;
	r->sk_err = BPF_CORE_READ(sk, sk_err);
	r->pad = 0;
	emit_submit(r);
	return 0;
}

static __always_inline int on_reset(struct sock *sk, u32 direction)
{
	struct wire_sock_reset *r;

	if (!sk || !sock_in_scope(sk))
		return 0;
	r = emit_reserve(WIRE_SOCK_RESET, sizeof(*r));
	if (!r)
		return 0;
	emit_current(&r->h, WIRE_SOCK_RESET, sizeof(*r));
	sock_read(sk, &r->sk);
	r->direction = direction;
	r->pad = 0;
	emit_submit(r);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive_reset, struct sock *sk)
{
	return on_reset(sk, WIRE_RESET_RECEIVED);
}

/*
 * sk is NULL for a packet that belongs to no socket. Before 6.13 the verifier takes it to be one, and may
 * drop the test for NULL (commit 838a10bd2ebf): helpers alone may read of it.
 */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send_reset, struct sock *sk)
{
	return on_reset(sk, WIRE_RESET_SENT);
}
