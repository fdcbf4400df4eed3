/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keystroke, at the moment the line discipline gets it: the work item that carries a tty's
 * input begins. Of the input each byte is only held against the terminal's own VINTR, VQUIT and
 * VSUSP; no other byte is kept, not even in a scratch map.
 */
#include "emit.h"
#include "hook.h"
#include "scope.h"
#include "task.h"
#include "tty.h"

#define KEY_BUFFERS 4
#define KEY_REPEAT 8 /* presses of one key in one buffer that are told apart */
#define KEY_BYTES 128 /* of a buffer; typing fills one to three, a longer paste is not searched */

/* A key that is switched off (_POSIX_VDISABLE, 0) must not match the byte 0. */
#define KEY_OFF 0x100

/* Not static, so that the verifier takes it on its own. what: WIRE_KEY_*, ISIG << 8, times << 16 */
__noinline int tty_emit(u32 tty, u32 pgrp, u32 sid, u32 what)
{
	for (u32 n = 0; n < KEY_REPEAT && n < what >> 16; n++) {
		struct wire_key *r = emit_reserve(WIRE_TTY_KEY, sizeof(*r));

		if (!r)
			return 0;
		emit_current(&r->h, WIRE_TTY_KEY, sizeof(*r));
		r->tty = tty;
		r->key = what & 0xff;
		r->isig = what >> 8 & 1;
		r->tty_pgrp = pgrp;
		r->tty_sid = sid;
		r->pad = 0;
		emit_submit(r);
	}
	return 0;
}

/* 1 if they are equal, without a branch: branches in the loop below are too much for the verifier. */
static __always_inline u32 equal(u32 a, u32 b)
{
	return ((a ^ b) - 1) >> 31;
}

#define COUNT_BITS 10 /* of KEY_BUFFERS * KEY_BYTES */
#define COUNT_MASK ((1u << COUNT_BITS) - 1)

/* How often each key stands in a buffer: COUNT_BITS each. Not static for the verifier's sake. */
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
		found += equal(c, intr) + (equal(c, quit) << COUNT_BITS) +
			 (equal(c, susp) << (2 * COUNT_BITS));
	}
	return found;
}

static __always_inline u32 key_of(struct tty_struct *tty, int cc)
{
	return BPF_CORE_READ(tty, termios.c_cc[cc]) ?: KEY_OFF;
}

SEC("tp_btf/workqueue_execute_start")
int BPF_PROG(on_work, struct work_struct *work)
{
	u32 dev, pgrp, sid, pid, isig, found = 0;
	struct tty_port *port = tty_port_of(work);
	struct tty_struct *tty;
	struct tty_buffer *b;

	hook_on_task_stack(ctx, on_work);
	if (!port)
		return 0;
	tty = BPF_CORE_READ(port, itty);
	if (!tty)
		return 0;
	sid = tty_session(tty);
	pgrp = tty_pgrp(tty);
	if (!(scope_of(sid) & WIRE_IN) && !(scope_of(pgrp) & (WIRE_IN | WIRE_KEYS)))
		return 0;
	dev = tty_dev(tty);
	pid = (u32)bpf_get_current_pid_tgid();
	bpf_map_update_elem(&tty_work, &pid, &dev, BPF_ANY);
	b = BPF_CORE_READ(port, buf.head);
	for (int i = 0; i < KEY_BUFFERS && b; i++) {
		found += tty_scan((u64)b, key_of(tty, VINTR), key_of(tty, VQUIT),
				  key_of(tty, VSUSP));
		b = BPF_CORE_READ(b, next);
	}
	isig = BPF_CORE_READ(tty, termios.c_lflag) & ISIG ? 1 : 0;
	for (u32 key = WIRE_KEY_INTR; key <= WIRE_KEY_SUSP; key++) {
		u32 times = found >> (key * COUNT_BITS) & COUNT_MASK;

		if (times)
			tty_emit(dev, pgrp, sid, key | isig << 8 | times << 16);
	}
	return 0;
}
