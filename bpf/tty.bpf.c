/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keystroke, at the moment the line discipline gets it: the work item that carries a tty's
 * input begins. Of the input each byte is only held against the terminal's own VINTR, VQUIT and
 * VSUSP; no other byte is kept, not even in a scratch map.
 */
#include "emit.h"
#include "scope.h"
#include "task.h"
#include "tty.h"

#define KEY_BUFFERS 4
#define KEY_REPEAT 8 /* presses of one key in one buffer that are told apart */
#define KEY_BYTES 128 /* of a buffer; typing fills one to three, a longer paste is not searched */

extern const void flush_to_ldisc __ksym __weak; /* drivers/tty/tty_buffer.c */

/* A key that is switched off (_POSIX_VDISABLE, 0) must not match the byte 0. */
#define KEY_OFF 0x100

struct keys {
	u32 tty;
	u32 isig;
	u32 pgrp;
	u32 sid;
	u32 cc[3]; /* in the order of WIRE_KEY_* */
};

static __always_inline void emit_key(const struct keys *k, u32 key)
{
	struct wire_key *r = emit_reserve(WIRE_TTY_KEY, sizeof(*r));

	if (!r)
		return;
	emit_current(&r->h, WIRE_TTY_KEY, sizeof(*r));
	r->tty = k->tty;
	r->key = key;
	r->isig = k->isig != 0;
	r->tty_pgrp = k->pgrp;
	r->tty_sid = k->sid;
	r->pad = 0;
	emit_submit(r);
}

/* 1 if they are equal, without a branch: branches in the loop below are too much for the verifier. */
static __always_inline u32 equal(u32 a, u32 b)
{
	return ((a ^ b) - 1) >> 31;
}

/*
 * How often each key stands in a buffer: 8 bits each. Not static, so that the verifier takes it on
 * its own instead of following every way through all buffers.
 */
__noinline u32 tty_scan(u64 buffer, u32 intr, u32 quit, u32 susp)
{
	struct tty_buffer *b = (void *)buffer;
	u8 *data = (void *)b + bpf_core_field_offset(struct tty_buffer, data);
	int at = BPF_CORE_READ(b, read);
	int end = BPF_CORE_READ(b, commit);
	u32 found = 0;

	for (int i = 0; i < KEY_BYTES && at < end; i++, at++) {
		u8 c = 0;

		bpf_probe_read_kernel(&c, 1, data + at);
		found += equal(c, intr) + (equal(c, quit) << 8) + (equal(c, susp) << 16);
	}
	return found;
}

SEC("tp_btf/workqueue_execute_start")
int BPF_PROG(on_work, struct work_struct *work)
{
	struct tty_port *port;
	struct tty_struct *tty;
	struct tty_buffer *b;
	struct keys k = {};
	u32 pid;

	if (!&flush_to_ldisc || work->func != &flush_to_ldisc)
		return 0;
	port = (void *)work - bpf_core_field_offset(struct tty_port, buf.work);
	tty = BPF_CORE_READ(port, itty);
	if (!tty)
		return 0;
	k.sid = tty_session(tty);
	k.pgrp = tty_pgrp(tty);
	if (!(scope_of(k.sid) & WIRE_IN) && !(scope_of(k.pgrp) & WIRE_IN))
		return 0;
	k.tty = tty_dev(tty);
	k.isig = BPF_CORE_READ(tty, termios.c_lflag) & ISIG;
	k.cc[WIRE_KEY_INTR] = BPF_CORE_READ(tty, termios.c_cc[VINTR]) ?: KEY_OFF;
	k.cc[WIRE_KEY_QUIT] = BPF_CORE_READ(tty, termios.c_cc[VQUIT]) ?: KEY_OFF;
	k.cc[WIRE_KEY_SUSP] = BPF_CORE_READ(tty, termios.c_cc[VSUSP]) ?: KEY_OFF;
	pid = (u32)bpf_get_current_pid_tgid();
	bpf_map_update_elem(&tty_work, &pid, &k.tty, BPF_ANY);
	b = BPF_CORE_READ(port, buf.head);
	for (int i = 0; i < KEY_BUFFERS && b; i++) {
		u32 found = tty_scan((u64)b, k.cc[0], k.cc[1], k.cc[2]);

		for (u32 key = 0; key < 3; key++)
			for (u32 n = 0; n < KEY_REPEAT && n < (found >> (8 * key) & 0xff); n++)
				emit_key(&k, key);
		b = BPF_CORE_READ(b, next);
	}
	return 0;
}
