/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/names.h"
#include "event/tables.h"
#include "unit/any_record.h"

/* Behind wire.h: glibc has macros of the names si_pid and si_uid. */
#include <errno.h>
#include <signal.h>

static void signals_round_trip(void **state)
{
	char other[32];

	(void)state;
	for (unsigned sig = 1; sig <= SIG_MAX; sig++) {
		const char *name = signal_name(sig);

		assert_int_equal(strncmp(name, "SIG", 3), 0);
		assert_int_equal(signal_by_name(name), sig);
		if (sig != 32 && sig != 33)
			assert_int_equal(signal_by_name(name + 3), sig);
		for (size_t i = 0; i <= strlen(name); i++)
			other[i] = (char)tolower((unsigned char)name[i]);
		assert_int_equal(signal_by_name(other), sig);
		snprintf(other, sizeof(other), "%u", sig);
		assert_int_equal(signal_by_name(other), sig);
		for (unsigned b = 1; b < sig; b++)
			assert_string_not_equal(name, signal_name(b));
	}
}

static void signals_agree_with_libc(void **state)
{
	(void)state;
	for (unsigned sig = 1; sig <= 31; sig++) {
		const char *abbrev = sigabbrev_np((int)sig);

		/* glibc calls 29 POLL; the kernel's name is SIGIO. */
		assert_int_equal(signal_by_name(abbrev), sig);
		if (sig != SIGIO)
			assert_string_equal(signal_name(sig) + 3, abbrev);
	}
	assert_string_equal(signal_name((unsigned)SIGRTMIN), "SIGRTMIN");
	assert_string_equal(signal_name((unsigned)SIGRTMIN + 3), "SIGRTMIN+3");
	assert_string_equal(signal_name((unsigned)SIGRTMAX), "SIGRTMIN+30");
	assert_int_equal(signal_by_name("RTMAX-1"), SIGRTMAX - 1);
	assert_int_equal(signal_by_name("sigrtmax"), SIGRTMAX);
	assert_int_equal(signal_by_name("SIGRTMAX-30"), SIGRTMIN);
}

static void signals_out_of_bounds(void **state)
{
	static const char *const bad[] = {
		"", "0", "65", "256", "4294967298", "18446744073709551618", "-1", "SIG", "SIGSIG",
		"SIGINT ", " SIGINT", "SIGFOO", "SIG2", "SIG0", "SIG77", "2x", "SIGRTMIN+31",
		"SIGRTMIN+", "SIGRTMIN-1", "SIGRTMIN+x", "SIGRTMAX-31", "SIGRTMAX+1",
		"SIGRTMIN+003",
		"SIGRTMINX",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(signal_by_name(bad[i]), 0);
	assert_string_equal(signal_name(0), "SIG0");
	assert_string_equal(signal_name(65), "SIG65");
	assert_string_equal(signal_name(UINT32_MAX), "SIG4294967295");
	/* A few at once in one line of output. */
	{
		const char *a = signal_name(77), *b = signal_name(78), *c = signal_name(79);

		assert_string_equal(a, "SIG77");
		assert_string_equal(b, "SIG78");
		assert_string_equal(c, "SIG79");
	}
}

static void signal_list(void **state)
{
	size_t n;
	const char *const *names = signal_names(&n);

	(void)state;
	assert_true(n >= SIG_MAX);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(signal_by_name(names[i]), 0);
	for (unsigned sig = 1; sig <= SIG_MAX; sig++)
		assert_string_equal(names[sig - 1], signal_name(sig));
}

#define CODE(sig, code) assert_string_equal(si_code_name(sig, code), #code)

static void si_codes(void **state)
{
	(void)state;
	CODE(SIGINT, SI_USER);
	CODE(SIGINT, SI_KERNEL);
	CODE(SIGCHLD, SI_USER);
	CODE(SIGINT, SI_QUEUE);
	CODE(SIGALRM, SI_TIMER);
	CODE(SIGINT, SI_MESGQ);
	CODE(SIGIO, SI_ASYNCIO);
	CODE(SIGIO, SI_SIGIO);
	CODE(SIGINT, SI_TKILL);
	CODE(SIGKILL, SI_DETHREAD);
	CODE(SIGINT, SI_ASYNCNL);
	CODE(SIGILL, ILL_ILLOPC);
	CODE(SIGILL, ILL_BADIADDR);
	CODE(SIGFPE, FPE_INTDIV);
	CODE(SIGFPE, FPE_CONDTRAP);
	CODE(SIGSEGV, SEGV_MAPERR);
	CODE(SIGSEGV, SEGV_PKUERR);
	CODE(SIGBUS, BUS_ADRALN);
	CODE(SIGBUS, BUS_MCEERR_AO);
	CODE(SIGTRAP, TRAP_BRKPT);
	CODE(SIGTRAP, TRAP_UNK);
	CODE(SIGCHLD, CLD_EXITED);
	CODE(SIGCHLD, CLD_KILLED);
	CODE(SIGCHLD, CLD_DUMPED);
	CODE(SIGCHLD, CLD_TRAPPED);
	CODE(SIGCHLD, CLD_STOPPED);
	CODE(SIGCHLD, CLD_CONTINUED);
	CODE(SIGPOLL, POLL_IN);
	CODE(SIGPOLL, POLL_HUP);
	assert_string_equal(si_code_name(SIGSYS, 1), "SYS_SECCOMP");
	assert_string_equal(si_code_name(SIGSYS, 2), "SYS_USER_DISPATCH");
	assert_string_equal(si_code_name(40, 1), "POLL_IN");
	assert_null(si_code_name(SIGCHLD, 7));
	assert_null(si_code_name(SIGSYS, 3));
	assert_null(si_code_name(SIGSEGV, 99));
	assert_null(si_code_name(SIGINT, -99));
	assert_null(si_code_name(0, 1));
	assert_null(si_code_name(UINT32_MAX, 77));
	assert_null(si_code_name(SIGINT, INT32_MIN));
	assert_null(si_code_name(SIGINT, 0x10000));
}

/* Every name of every signal leads back to its number, so that the text form needs no signal. */
static void si_codes_round_trip(void **state)
{
	unsigned found = 0;

	(void)state;
	for (unsigned sig = 0; sig <= SIG_MAX; sig++) {
		for (int code = -300; code <= 300; code++) {
			const char *name = si_code_name(sig, code);
			int back = 12345;

			if (!name)
				continue;
			found++;
			assert_int_equal(si_code_by_name(name, &back), 0);
			assert_int_equal(back, code);
		}
	}
	assert_true(found > 600);
	assert_int_equal(si_code_by_name("SI_NONE", &(int){ 0 }), -1);
	assert_int_equal(si_code_by_name("", &(int){ 0 }), -1);
}

static void origins(void **state)
{
	const uint32_t info = WIRE_SIG_INFO, kthread = WIRE_SIG_KTHREAD, pts = 136u << 20;
	const struct {
		uint32_t sig;
		int code;
		uint32_t flags, work_tty;
		const char *origin;
	} cases[] = {
		{ SIGINT, SI_KERNEL, kthread, pts, "tty" },
		{ SIGINT, SI_KERNEL, kthread, 0, "tty" },
		{ SIGWINCH, SI_KERNEL, 0, pts, "tty" },
		{ SIGQUIT, SI_KERNEL, kthread, 0, "tty" },
		{ SIGTSTP, SI_KERNEL, kthread, 0, "tty" },
		{ SIGINT, SI_KERNEL, 0, 0, "kernel" },
		{ SIGTERM, SI_KERNEL, kthread, 0, "kernel" },
		{ SIGINT, SI_USER, info, 0, "user" },
		{ SIGINT, SI_TKILL, info, 0, "user" },
		{ SIGRTMIN, SI_QUEUE, info, 0, "user" },
		{ SIGRTMIN, SI_MESGQ, info, 0, "user" },
		{ SIGRTMIN, -200, info, 0, "user" },
		{ SIGHUP, SI_USER, info, 0, "user" },
		{ SIGCHLD, SI_USER, info, 0, "user" },
		{ SIGALRM, SI_USER, info, 0, "user" },
		{ SIGCHLD, CLD_EXITED, info, 0, "child" },
		{ SIGCHLD, CLD_CONTINUED, info, 0, "child" },
		{ SIGCHLD, 7, info, 0, "kernel" },
		{ SIGRTMIN, SI_TIMER, info, 0, "timer" },
		{ SIGALRM, SI_KERNEL, 0, 0, "timer" },
		{ SIGVTALRM, SI_KERNEL, 0, 0, "timer" },
		{ SIGPROF, SI_KERNEL, 0, 0, "timer" },
		{ SIGHUP, SI_KERNEL, 0, 0, "hangup" },
		{ SIGHUP, SI_KERNEL, kthread, 0, "hangup" },
		{ SIGCONT, SI_KERNEL, 0, 0, "hangup" },
		{ SIGHUP, SI_USER, 0, 0, "hangup" },
		{ SIGPIPE, SI_USER, 0, 0, "kernel" },
		{ SIGSEGV, SEGV_MAPERR, info, 0, "kernel" },
		{ SIGIO, SI_SIGIO, info, 0, "kernel" },
		{ SIGKILL, SI_KERNEL, 0, 0, "kernel" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_generate g = { .sig = cases[i].sig, .si_code = cases[i].code,
					   .flags = cases[i].flags, .work_tty = cases[i].work_tty };

		assert_string_equal(generate_origin(&g), cases[i].origin);
	}
}

static void task_states(void **state)
{
	(void)state;
	assert_int_equal(task_state_letter(0), 'R');
	assert_int_equal(task_state_letter(1), 'S');
	assert_int_equal(task_state_letter(2), 'D');
	assert_int_equal(task_state_letter(4), 'T');
	assert_int_equal(task_state_letter(8), 't');
	assert_int_equal(task_state_letter(0x10), 'X');
	assert_int_equal(task_state_letter(0x20), 'Z');
	assert_int_equal(task_state_letter(0x40), 'P');
	assert_int_equal(task_state_letter(0x80), 'Z');
	assert_int_equal(task_state_letter(0x80 | 0x10), 'X');
	assert_int_equal(task_state_letter(0x402), 'I');
	assert_int_equal(task_state_letter(0x102), 'D'); /* TASK_KILLABLE */
	assert_int_equal(task_state_letter(0x104), 'T'); /* TASK_STOPPED */
	assert_int_equal(task_state_letter(0x2001), 'S'); /* TASK_FREEZABLE */
	assert_int_equal(task_state_letter(0x1000), 'D');
	for (unsigned i = 0; i < 10000; i++)
		assert_non_null(strchr("RSDTtXZPI", task_state_letter(any_u32(UINT32_MAX))));
}

static void tables(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(!disposition_name(i), i > 2);
	assert_string_equal(disposition_name(WIRE_HANDLER), "handler");
	assert_null(disposition_name(UINT32_MAX));
	assert_string_equal(tcp_state_name(WIRE_TCP_ESTABLISHED), "ESTABLISHED");
	assert_string_equal(tcp_state_name(WIRE_TCP_CLOSE), "CLOSE");
	assert_string_equal(tcp_state_name(WIRE_TCP_LISTEN), "LISTEN");
	assert_string_equal(tcp_state_name(WIRE_TCP_NEW_SYN_RECV), "NEW_SYN_RECV");
	assert_string_equal(tcp_state_name(0), "?");
	assert_string_equal(tcp_state_name(13), "?");
	assert_string_equal(tcp_state_name(UINT32_MAX), "?");
	assert_string_equal(table_name(table_lflag, 0), "ISIG");
	assert_string_equal(table_name(table_lflag, 15), "IEXTEN");
	assert_string_equal(table_name(table_task_state, 7), "TASK_DEAD");
}

static void errnos_agree_with_libc(void **state)
{
	(void)state;
	assert_null(errno_name(0));
	assert_null(errno_name(134));
	assert_null(errno_name(UINT32_MAX));
	for (int e = 1; e < 134; e++) {
		const char *want = strerrorname_np(e);

		if (want)
			assert_string_equal(errno_name((uint32_t)e), want);
		else
			assert_null(errno_name((uint32_t)e));
	}
}

static void sa_flags(void **state)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = {
		{ SA_NOCLDSTOP, "SA_NOCLDSTOP" }, { SA_NOCLDWAIT, "SA_NOCLDWAIT" },
		{ SA_SIGINFO, "SA_SIGINFO" },	  { 0x04000000, "SA_RESTORER" },
		{ SA_ONSTACK, "SA_ONSTACK" },	  { SA_RESTART, "SA_RESTART" },
		{ SA_NODEFER, "SA_NODEFER" },	  { (unsigned)SA_RESETHAND, "SA_RESETHAND" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *name = table_name(table_sa_flags,
					      (uint64_t)__builtin_ctz(flags[i].flag));

		assert_non_null(name);
		assert_string_equal(name, flags[i].name);
	}
	assert_null(table_name(table_sa_flags, 3));
	assert_null(table_name(table_sa_flags, 32));
}

static void expect_tty(uint32_t major, uint32_t minor, const char *want)
{
	struct buf b = { 0 };

	tty_name(&b, major << 20 | minor);
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
}

static void ttys(void **state)
{
	uint32_t dev = 1;

	(void)state;
	expect_tty(136, 5, "pts/5");
	expect_tty(136, 300, "pts/300");
	expect_tty(136, 0xfffff, "pts/1048575");
	expect_tty(137, 5, "137:5");
	expect_tty(4, 1, "tty1");
	expect_tty(4, 63, "tty63");
	expect_tty(4, 64, "ttyS0");
	expect_tty(4, 256, "4:256");
	expect_tty(5, 0, "tty");
	expect_tty(5, 1, "console");
	expect_tty(204, 64, "ttyAMA0");
	expect_tty(229, 0, "hvc0");
	expect_tty(0, 0, "0:0");
	expect_tty(4095, 0xfffff, "4095:1048575");
	assert_int_equal(tty_by_name("/dev/pts/5", &dev), 0);
	assert_int_equal(dev, 136 << 20 | 5);
	assert_int_equal(tty_by_name("pts/1048576", &dev), -1);
	assert_int_equal(tty_by_name("tty64", &dev), -1);
	assert_int_equal(tty_by_name("pts/", &dev), -1);
	assert_int_equal(tty_by_name("pts/5x", &dev), -1);
	assert_int_equal(tty_by_name("4096:0", &dev), -1);
	assert_int_equal(tty_by_name("4:1048576", &dev), -1);
	assert_int_equal(tty_by_name("4:", &dev), -1);
	assert_int_equal(tty_by_name("consoles", &dev), -1);
	assert_int_equal(tty_by_name("", &dev), -1);
}

static void ttys_round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		uint32_t dev = i < 4096 ? i << 20 | any_u32(300) : any_u32(UINT32_MAX), back = ~dev;
		struct buf b = { 0 };

		tty_name(&b, dev);
		assert_int_equal(tty_by_name(buf_cstr(&b), &back), 0);
		assert_int_equal(back, dev);
		buf_free(&b);
	}
}

static void expect_sock(uint32_t family, const char *ip, uint32_t port, const char *want)
{
	struct buf b = { 0 };
	uint8_t addr[16];
	uint32_t f;

	assert_int_equal(ip_by_name(ip, &f, addr), 0);
	assert_int_equal(f, family);
	sock_addr(&b, family, addr, port);
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
}

static void addresses(void **state)
{
	uint8_t addr[16];
	uint32_t f;

	(void)state;
	expect_sock(WIRE_AF_INET, "203.0.113.7", 51514, "203.0.113.7:51514");
	expect_sock(WIRE_AF_INET, "0.0.0.0", 22, "0.0.0.0:22");
	expect_sock(WIRE_AF_INET6, "2001:DB8:0:0:0:0:0:1", 22, "[2001:db8::1]:22");
	expect_sock(WIRE_AF_INET6, "::", 0, "[::]:0");
	expect_sock(WIRE_AF_INET6, "::1", 22, "[::1]:22");
	expect_sock(WIRE_AF_INET6, "fe80::", 22, "[fe80::]:22");
	expect_sock(WIRE_AF_INET6, "::ffff:203.0.113.7", 22, "203.0.113.7:22");
	/* RFC 5952 4.2.2 not for one group, 4.2.3 the longest, the first of equals */
	expect_sock(WIRE_AF_INET6, "2001:db8:0:1:1:1:1:1", 1, "[2001:db8:0:1:1:1:1:1]:1");
	expect_sock(WIRE_AF_INET6, "2001:0:0:1:0:0:0:1", 1, "[2001:0:0:1::1]:1");
	expect_sock(WIRE_AF_INET6, "2001:db8:0:0:1:0:0:1", 1, "[2001:db8::1:0:0:1]:1");
	expect_sock(WIRE_AF_INET6, "1:20:300:4000:5:6:7:8", 1, "[1:20:300:4000:5:6:7:8]:1");
	assert_int_equal(ip_by_name("1.2.3", &f, addr), -1);
	assert_int_equal(ip_by_name("", &f, addr), -1);
	assert_int_equal(ip_by_name("localhost", &f, addr), -1);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t in[16], back[16];
		struct buf b = { 0 };

		for (unsigned k = 0; k < 16; k++)
			in[k] = (uint8_t)(any_u32(2) ? 0 : any_u32(256));
		ip_addr(&b, WIRE_AF_INET6, in);
		assert_int_equal(ip_by_name(buf_cstr(&b), &f, back), 0);
		assert_int_equal(f, WIRE_AF_INET6);
		assert_memory_equal(in, back, 16);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_round_trip),
		cmocka_unit_test(signals_agree_with_libc),
		cmocka_unit_test(signals_out_of_bounds),
		cmocka_unit_test(signal_list),
		cmocka_unit_test(si_codes),
		cmocka_unit_test(si_codes_round_trip),
		cmocka_unit_test(origins),
		cmocka_unit_test(task_states),
		cmocka_unit_test(tables),
		cmocka_unit_test(errnos_agree_with_libc),
		cmocka_unit_test(sa_flags),
		cmocka_unit_test(ttys),
		cmocka_unit_test(ttys_round_trip),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
