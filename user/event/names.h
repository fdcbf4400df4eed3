/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names for the kernel's numbers. */
#ifndef SIGTRACE_EVENT_NAMES_H
#define SIGTRACE_EVENT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire.h"

#define SIG_MAX 64 /* _NSIG: arch x86, arm64, asm-generic/signal.h */

/* "SIGINT", "SIGRTMIN+3" (from 34, as glibc numbers them; 32 and 33 are "SIG32", "SIG33"), for 0
 * and above SIG_MAX "SIG0", "SIG77" in a ring of buffers of the thread. Never NULL. signal(7). */
const char *signal_name(unsigned sig);
/* SIGINT, INT, int, 2, SIGRTMIN+3, RTMAX-1 -> the number; 0 if there is none. */
unsigned signal_by_name(const char *name);
/* All names that signal_by_name() takes in the SIG spelling, for parse_nearest(). */
const char *const *signal_names(size_t *n);

/* "SI_USER", "SI_KERNEL", "CLD_EXITED" (which depends on sig), "SI_TKILL" ..; NULL if unknown.
 * include/uapi/asm-generic/siginfo.h */
const char *si_code_name(unsigned sig, int si_code);
/* The number of such a name (no two signals share one). 0, or -1 if there is none. */
int si_code_by_name(const char *name, int *si_code);

/* What caused a signal, as opposed to what ran: contract.md, `origin`. */
enum sig_origin {
	SIG_ORIGIN_TTY,
	SIG_ORIGIN_USER,
	SIG_ORIGIN_KERNEL,
	SIG_ORIGIN_TIMER,
	SIG_ORIGIN_CHILD,
	SIG_ORIGIN_HANGUP,
};
enum sig_origin sig_origin(const struct wire_generate *g);
const char *generate_origin(const struct wire_generate *g); /* its name: "tty" .. */
extern const char *const sig_origin_names[]; /* by enum sig_origin, ended by NULL */

/* The letter of /proc/PID/stat: R S D T t X Z P I. fs/proc/array.c */
char task_state_letter(uint32_t state);

/* "default", "ignore", "handler"; "ECONNRESET": NULL if unknown. */
const char *disposition_name(uint32_t disposition);
const char *errno_name(uint32_t err);

/* "pts/5", "tty1", "ttyS0", "console", "4:65" for a dev_t as the kernel keeps it (20 bits minor,
 * include/linux/kdev_t.h); majors: Documentation/admin-guide/devices.txt. */
void tty_name(struct buf *b, uint32_t dev);
/* What tty_name() writes, also with /dev/ in front -> dev_t. 0, or -1. */
int tty_by_name(const char *name, uint32_t *dev);

/* "ESTABLISHED"; "?" above the last. include/net/tcp_states.h */
const char *tcp_state_name(unsigned state);

/* "203.0.113.7:51514", "[2001:db8::1]:22" (RFC 5952); an IPv4-mapped address as IPv4. */
void sock_addr(struct buf *b, uint32_t family, const uint8_t addr[16], uint32_t port);
/* The address alone, no brackets; a mapped one stays "::ffff:203.0.113.7". */
void ip_addr(struct buf *b, uint32_t family, const uint8_t addr[16]);
/* The reverse: family and addr (what is not used is 0). 0, or -1. */
int ip_by_name(const char *name, uint32_t *family, uint8_t addr[16]);

#endif
