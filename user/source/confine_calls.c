/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/confine_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

/* By name, since not every architecture has each of them. */
static const char *const calls[] = {
	/* the ring, the recording, the output, the end of a command */
	"read", "write", "writev", "close", "poll", "ppoll", "ppoll_time64", "epoll_wait",
	"epoll_pwait", "ftruncate", "getdents64", "wait4", "waitid", "exit", "exit_group",
	/* memory, locks and clocks of libc */
	"brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "getrandom", "sysinfo",
	"sched_getaffinity", "clock_gettime", "clock_gettime64", "gettimeofday", "time",
	"restart_syscall", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep",
	/* stdio */
	"fstat", "newfstatat", "statx", "lseek", "fcntl",
	/* Landlock, later: it only takes away */
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
	/* --stats */
	"getrusage", "pread64",
	/* a second Ctrl-C, and abort(3) */
	"rt_sigprocmask", "rt_sigaction", "rt_sigreturn", "sigreturn", "getpid", "gettid", "tgkill",
};

struct limited {
	const char *name;
	struct scmp_arg_cmp arg[2];
	unsigned nargs;
};

/* Of an int the upper half of the register says nothing. */
#define EQUALS(n, value)                                                                           \
	{.arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = (uint32_t)(value)}
/* musl adds O_LARGEFILE by itself; glibc has none here */
#define FLAGS(n, value)                                                                            \
	{.arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX & ~(uint32_t)O_LARGEFILE,     \
	 .datum_b = (uint32_t)(value)}
/* none of these bits is set */
#define WITHOUT(n, bits) {.arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (scmp_datum_t)(bits)}

/* A call whose arguments are limited: once a row. */
static const struct limited always[] = {
	{"mmap", {WITHOUT(2, PROT_EXEC)}, 1},
	{"mmap2", {WITHOUT(2, PROT_EXEC)}, 1},
	{"mprotect", {WITHOUT(2, PROT_EXEC)}, 1},
	{"ioctl", {EQUALS(1, TCGETS)}, 1}, /* isatty(3) */
	{"sendto", {EQUALS(4, 0)}, 1},	   /* send(2), where stdout is a socket */
	/* snapshots are asked for by these; a program or a map is not made any more */
	{"bpf", {EQUALS(0, BPF_ITER_CREATE)}, 1},
	{"bpf", {EQUALS(0, BPF_MAP_UPDATE_ELEM)}, 1},
	{"bpf", {EQUALS(0, BPF_MAP_DELETE_ELEM)}, 1},
	{"bpf", {EQUALS(0, BPF_MAP_LOOKUP_ELEM)}, 1},
	{"bpf", {EQUALS(0, BPF_PROG_TEST_RUN)}, 1},
	{"bpf", {EQUALS(0, BPF_OBJ_GET_INFO_BY_FD)}, 1},
};

/* 0 also where this architecture, or this libseccomp, does not know the call. */
static int allow(scmp_filter_ctx f, const char *name, unsigned n, const struct scmp_arg_cmp *arg)
{
	int number = name ? seccomp_syscall_resolve_name(name) : __NR_SCMP_ERROR, bad;

	if (number == __NR_SCMP_ERROR)
		return 0;
	bad = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, n, arg);
	return bad == -EDOM ? 0 : bad;
}

static int allow_all(scmp_filter_ctx f, const char *const *names, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad |= allow(f, names[i], 0, NULL);
	return bad;
}

static int allow_limited(scmp_filter_ctx f, const struct limited *l, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad |= allow(f, l[i].name, l[i].nargs, l[i].arg);
	return bad;
}

/* A path from the root is not held by the folder; that nothing is written there is. */
static int allow_files(scmp_filter_ctx f, const struct confine *c)
{
	const int writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	const struct limited rows[] = {
		{"openat", {EQUALS(0, c->proc), WITHOUT(2, writes)}, 2},
		{"readlinkat", {EQUALS(0, c->proc)}, 1},
	};
	const struct limited folder[] = {
		{"openat", {EQUALS(0, c->folder), FLAGS(2, CONFINE_CREATE)}, 2},
		{"unlinkat", {EQUALS(0, c->folder), EQUALS(2, 0)}, 2},
		{"fchmod", {EQUALS(1, 0600)}, 1},
	};
	const struct limited published[] = {
		{"openat", {EQUALS(0, c->published), FLAGS(2, CONFINE_CREATE)}, 2},
		{"unlinkat", {EQUALS(0, c->published), EQUALS(2, 0)}, 2},
		{"fchmod", {EQUALS(1, CONFINE_PUBLIC)}, 1},
		{"renameat", {EQUALS(0, c->published), EQUALS(2, c->published)}, 2},
		{"renameat2", {EQUALS(0, c->published), EQUALS(2, c->published)}, 2},
	};
	const struct limited command = {"kill", {EQUALS(0, c->command)}, 1};

	return allow_limited(f, rows, 2) | (c->folder ? allow_limited(f, folder, 3) : 0) |
	       (c->published ? allow_limited(f, published, 5) : 0) |
	       (c->command ? allow_limited(f, &command, 1) : 0);
}

static void on_refused(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	log_line("system call %d of architecture %#x is not among those that it allows itself: it ends here",
		 info->si_syscall, info->si_arch);
	log_line("hint: what was recorded up to now can be read; please report the number");
	_exit(EXIT_INCONCLUSIVE);
}

#ifdef __SANITIZE_ADDRESS__
/* The leak checker stops all threads from one that it makes for that: clone(2), ptrace(2) and what of
 * /proc it likes, which is no filter any more. */
static const bool filters = false;
#else
static const bool filters = true;
#endif

static int load(scmp_filter_ctx f, const struct confine *c)
{
	int bad = allow_all(f, calls, sizeof(calls) / sizeof(calls[0])) |
		  allow_limited(f, always, sizeof(always) / sizeof(always[0])) | allow_files(f, c);

	/* no code of others runs here: the price that older kernels put on a filter buys nothing */
	seccomp_attr_set(f, SCMP_FLTATR_CTL_SSB, 1);
	return bad || !filters ? bad : seccomp_load(f);
}

int confine_calls(const struct confine *c, struct err *e)
{
	struct sigaction sa = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	int bad;

	if (!f)
		return err_set(e, EXIT_CANNOT_TRACE, "out of memory");
	sigaction(SIGSYS, &sa, NULL);
	bad = load(f, c);
	seccomp_release(f);
	if (!bad)
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "cannot install the filter of system calls: %s", strerror(-bad));
	return err_hint(e, "the kernel needs CONFIG_SECCOMP_FILTER, and a container must allow seccomp(2)");
}
