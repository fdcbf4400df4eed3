/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals, si_code and what they tell of a signal's cause. */
#include "event/names.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "event/tables.h"

/*
 * include/uapi/asm-generic/signal.h; arch/x86/include/uapi/asm/signal.h has the same numbers. 32
 * and 33 belong to glibc's threads, so that SIGRTMIN of its users is 34 (nptl, signal(7)).
 * The place is the number less one; then come the other spellings.
 */
static const char *const signals[] = {
	"SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
	"SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
	"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
	"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS", "SIG32",
	"SIG33", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5",
	"SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGRTMIN+10", "SIGRTMIN+11",
	"SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+16", "SIGRTMIN+17",
	"SIGRTMIN+18", "SIGRTMIN+19", "SIGRTMIN+20", "SIGRTMIN+21", "SIGRTMIN+22", "SIGRTMIN+23",
	"SIGRTMIN+24", "SIGRTMIN+25", "SIGRTMIN+26", "SIGRTMIN+27", "SIGRTMIN+28", "SIGRTMIN+29",
	"SIGRTMIN+30",
	"SIGIOT", "SIGPOLL", "SIGCLD", "SIGRTMAX",
};

static const unsigned char aliases[] = { SIGABRT, SIGIO, SIGCHLD, SIG_MAX };

#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))
#define RTMIN 34 /* SIGRTMIN of signal.h is a function call */

_Static_assert(SIGBUS == 7 && SIGUSR1 == 10 && SIGCHLD == 17 && SIGSYS == 31,
	       "signal.h of this machine is not asm-generic");
_Static_assert(NSIGNALS == SIG_MAX + sizeof(aliases), "a signal or an alias is missing");

const char *signal_name(unsigned sig)
{
	static _Thread_local char ring[8][16];
	static _Thread_local unsigned next;
	char *p, *end;

	if (sig >= 1 && sig <= SIG_MAX)
		return signals[sig - 1];
	p = ring[next++ % 8];
	end = p + sizeof(ring[0]);
	*--end = '\0';
	do
		*--end = (char)('0' + sig % 10);
	while (sig /= 10);
	memcpy(end -= 3, "SIG", 3);
	return end;
}

/* "" or the sign and one or two digits. -1: something else. */
static int rt_offset(const char *s, char sign)
{
	int n = 0;

	if (!*s)
		return 0;
	if (*s++ != sign || !*s || strlen(s) > 2)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (*s - '0');
	}
	return n <= SIG_MAX - RTMIN ? n : -1;
}

static unsigned by_number(const char *s)
{
	unsigned n = 0;

	for (; *s >= '0' && *s <= '9' && n <= SIG_MAX; s++)
		n = n * 10 + (unsigned)(*s - '0');
	return *s || n > SIG_MAX ? 0 : n;
}

unsigned signal_by_name(const char *name)
{
	int n;

	if (*name >= '0' && *name <= '9')
		return by_number(name);
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	if (!strncasecmp(name, "RTMIN", 5)) {
		n = rt_offset(name + 5, '+');
		return n < 0 ? 0 : (unsigned)(RTMIN + n);
	}
	if (!strncasecmp(name, "RTMAX", 5)) {
		n = rt_offset(name + 5, '-');
		return n < 0 ? 0 : (unsigned)(SIG_MAX - n);
	}
	for (unsigned i = 0; i < NSIGNALS; i++)
		if (!strcasecmp(name, signals[i] + 3))
			return i < SIG_MAX ? i + 1 : aliases[i - SIG_MAX];
	return 0;
}

const char *const *signal_names(size_t *n)
{
	*n = NSIGNALS;
	return signals;
}

/* include/uapi/asm-generic/siginfo.h, in its order. sig 0: of every signal. */
static const struct {
	short code;
	unsigned char sig;
	const char *name;
} si_codes[] = {
	{ 0, 0, "SI_USER" },
	{ 0x80, 0, "SI_KERNEL" },
	{ -1, 0, "SI_QUEUE" },
	{ -2, 0, "SI_TIMER" },
	{ -3, 0, "SI_MESGQ" },
	{ -4, 0, "SI_ASYNCIO" },
	{ -5, 0, "SI_SIGIO" },
	{ -6, 0, "SI_TKILL" },
	{ -7, 0, "SI_DETHREAD" },
	{ -60, 0, "SI_ASYNCNL" },
	{ 1, SIGILL, "ILL_ILLOPC" },
	{ 2, SIGILL, "ILL_ILLOPN" },
	{ 3, SIGILL, "ILL_ILLADR" },
	{ 4, SIGILL, "ILL_ILLTRP" },
	{ 5, SIGILL, "ILL_PRVOPC" },
	{ 6, SIGILL, "ILL_PRVREG" },
	{ 7, SIGILL, "ILL_COPROC" },
	{ 8, SIGILL, "ILL_BADSTK" },
	{ 9, SIGILL, "ILL_BADIADDR" },
	{ 1, SIGFPE, "FPE_INTDIV" },
	{ 2, SIGFPE, "FPE_INTOVF" },
	{ 3, SIGFPE, "FPE_FLTDIV" },
	{ 4, SIGFPE, "FPE_FLTOVF" },
	{ 5, SIGFPE, "FPE_FLTUND" },
	{ 6, SIGFPE, "FPE_FLTRES" },
	{ 7, SIGFPE, "FPE_FLTINV" },
	{ 8, SIGFPE, "FPE_FLTSUB" },
	{ 14, SIGFPE, "FPE_FLTUNK" },
	{ 15, SIGFPE, "FPE_CONDTRAP" },
	{ 1, SIGSEGV, "SEGV_MAPERR" },
	{ 2, SIGSEGV, "SEGV_ACCERR" },
	{ 3, SIGSEGV, "SEGV_BNDERR" },
	{ 4, SIGSEGV, "SEGV_PKUERR" },
	{ 5, SIGSEGV, "SEGV_ACCADI" },
	{ 6, SIGSEGV, "SEGV_ADIDERR" },
	{ 7, SIGSEGV, "SEGV_ADIPERR" },
	{ 8, SIGSEGV, "SEGV_MTEAERR" },
	{ 9, SIGSEGV, "SEGV_MTESERR" },
	{ 10, SIGSEGV, "SEGV_CPERR" },
	{ 1, SIGBUS, "BUS_ADRALN" },
	{ 2, SIGBUS, "BUS_ADRERR" },
	{ 3, SIGBUS, "BUS_OBJERR" },
	{ 4, SIGBUS, "BUS_MCEERR_AR" },
	{ 5, SIGBUS, "BUS_MCEERR_AO" },
	{ 1, SIGTRAP, "TRAP_BRKPT" },
	{ 2, SIGTRAP, "TRAP_TRACE" },
	{ 3, SIGTRAP, "TRAP_BRANCH" },
	{ 4, SIGTRAP, "TRAP_HWBKPT" },
	{ 5, SIGTRAP, "TRAP_UNK" },
	{ 6, SIGTRAP, "TRAP_PERF" },
	{ 1, SIGCHLD, "CLD_EXITED" },
	{ 2, SIGCHLD, "CLD_KILLED" },
	{ 3, SIGCHLD, "CLD_DUMPED" },
	{ 4, SIGCHLD, "CLD_TRAPPED" },
	{ 5, SIGCHLD, "CLD_STOPPED" },
	{ 6, SIGCHLD, "CLD_CONTINUED" },
	{ 1, SIGIO, "POLL_IN" },
	{ 2, SIGIO, "POLL_OUT" },
	{ 3, SIGIO, "POLL_MSG" },
	{ 4, SIGIO, "POLL_ERR" },
	{ 5, SIGIO, "POLL_PRI" },
	{ 6, SIGIO, "POLL_HUP" },
	{ 1, SIGSYS, "SYS_SECCOMP" },
	{ 2, SIGSYS, "SYS_USER_DISPATCH" },
};

#define NCODES (sizeof(si_codes) / sizeof(si_codes[0]))

static const char *code_of(unsigned sig, int si_code)
{
	for (size_t i = 0; i < NCODES; i++)
		if (si_codes[i].code == si_code && si_codes[i].sig == sig)
			return si_codes[i].name;
	return NULL;
}

const char *si_code_name(unsigned sig, int si_code)
{
	const char *name = code_of(0, si_code);

	if (name || sig == 0)
		return name;
	name = code_of(sig, si_code);
	/*
	 * kernel/signal.c siginfo_layout(): with a signal that has no codes of its own, those up to
	 * NSIGPOLL are POLL_*.
	 */
	if (!name && !code_of(sig, 1))
		name = code_of(SIGIO, si_code);
	return name;
}

int si_code_by_name(const char *name, int *si_code)
{
	for (size_t i = 0; i < NCODES; i++) {
		if (!strcmp(si_codes[i].name, name)) {
			*si_code = si_codes[i].code;
			return 0;
		}
	}
	return -1;
}

/* Codes that user space sends, kill(2) to rt_sigqueueinfo(2) with a number of its own. */
static bool from_user(const struct wire_generate *g)
{
	return (g->flags & WIRE_SIG_INFO) && g->si_code <= 0 && g->si_code != SI_TIMER &&
	       g->si_code != SI_SIGIO && g->si_code != SI_ASYNCIO && g->si_code != SI_DETHREAD;
}

enum sig_origin sig_origin(const struct wire_generate *g)
{
	bool kernel = g->si_code == SI_KERNEL;
	bool noinfo = g->si_code == SI_USER && !(g->flags & WIRE_SIG_INFO);

	if (g->work_tty)
		return SIG_ORIGIN_TTY;
	if (g->sig == SIGCHLD && g->si_code >= CLD_EXITED && g->si_code <= CLD_CONTINUED)
		return SIG_ORIGIN_CHILD;
	if (g->si_code == SI_TIMER)
		return SIG_ORIGIN_TIMER;
	/* kernel/time/itimer.c: setitimer(2) and alarm(2) send SEND_SIG_PRIV. */
	if (kernel && (g->sig == SIGALRM || g->sig == SIGVTALRM || g->sig == SIGPROF))
		return SIG_ORIGIN_TIMER;
	if (from_user(g))
		return SIG_ORIGIN_USER;
	/*
	 * drivers/tty/tty_io.c __tty_hangup(), kernel/exit.c kill_orphaned_pgrp(): SEND_SIG_PRIV;
	 * tty_jobctrl.c disassociate_ctty() at TIOCNOTTY: SEND_SIG_NOINFO, shown as SI_USER.
	 */
	if ((g->sig == SIGHUP || g->sig == SIGCONT) && (kernel || noinfo))
		return SIG_ORIGIN_HANGUP;
	/* drivers/tty/n_tty.c isig(), from the flush_to_ldisc() work */
	if ((g->sig == SIGINT || g->sig == SIGQUIT || g->sig == SIGTSTP) && kernel &&
	    (g->flags & WIRE_SIG_KTHREAD))
		return SIG_ORIGIN_TTY;
	return SIG_ORIGIN_KERNEL;
}

const char *const sig_origin_names[] = {
	[SIG_ORIGIN_TTY] = "tty",     [SIG_ORIGIN_USER] = "user",
	[SIG_ORIGIN_KERNEL] = "kernel", [SIG_ORIGIN_TIMER] = "timer",
	[SIG_ORIGIN_CHILD] = "child", [SIG_ORIGIN_HANGUP] = "hangup",
	NULL,
};

const char *generate_origin(const struct wire_generate *g)
{
	return sig_origin_names[sig_origin(g)];
}

/* include/linux/sched.h task_state_index(), fs/proc/array.c task_state_array */
char task_state_letter(uint32_t state)
{
	const uint32_t idle = 0x402, rtlock_wait = 0x1000, dead = 0x80, report = 0x7f;
	const char letters[] = "RSDTtXZP";
	unsigned i = 0;

	if ((state & idle) == idle)
		return 'I';
	if (state & rtlock_wait)
		return 'D';
	/* exit_state is another member: a dead leader whose threads live on shows by TASK_DEAD. */
	if ((state & dead) && !(state & report))
		return 'Z';
	for (state &= report; state; state >>= 1)
		i++;
	return letters[i];
}

const char *disposition_name(uint32_t disposition)
{
	return table_name(table_disposition, disposition);
}

const char *errno_name(uint32_t err)
{
	return table_name(table_errno, err);
}

const char *tcp_state_name(unsigned state)
{
	const char *name = table_name(table_tcp_state, state);

	return name ? name : "?";
}
