/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/tables.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const char *const table_scope[] = { "all", "sshd", "tree", "command", NULL };

const char *const table_end_reason[] = {
	"", "signal", "duration", "command", "output", "error", "cut", "rotated", NULL
};

/* include/trace/events/signal.h: TRACE_SIGNAL_* */
const char *const table_result[] = {
	"delivered", "ignored", "already_pending", "overflow_fail", "lose_info", NULL
};

const char *const table_disposition[] = { "default", "ignore", "handler", NULL };

const char *const table_key[] = { "intr", "quit", "susp", NULL };

/* include/linux/socket.h */
const char *const table_family[] = { "", "", "inet", "", "", "", "", "", "", "", "inet6", NULL };

/* include/net/tcp_states.h */
const char *const table_tcp_state[] = {
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
	"CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", NULL
};

const char *const table_direction[] = { "received", "sent", NULL };

const char *const table_fd[] = {
	"none", "other", "file", "pipe", "sock", "tty", "null", "dead", NULL
};

const char *const table_scope_flags[] = { "in", "server", "client", "keys", "named", "alone", NULL };

const char *const table_task_flags[] = { "traced", "unkillable", "frozen", NULL };

const char *const table_ends[] = { "known", "stdin", "stdout", "used", NULL };

const char *const table_truncated[] = { "filename", "args", "fault", NULL };

const char *const table_sig_flags[] = { "info", "kthread", "unkillable", "traced", "waited", NULL };

/* include/uapi/asm-generic/signal-defs.h; SA_RESTORER: arch/x86/include/uapi/asm/signal.h */
const char *const table_sa_flags[] = {
	"SA_NOCLDSTOP", "SA_NOCLDWAIT", "SA_SIGINFO", "", "", "", "", "",
	"", "", "", "SA_EXPOSE_TAGBITS", "", "", "", "",
	"", "", "", "", "", "", "", "",
	"", "", "SA_RESTORER", "SA_ONSTACK", "SA_RESTART", "", "SA_NODEFER", "SA_RESETHAND",
	NULL
};

/* include/uapi/asm-generic/termbits.h */
const char *const table_lflag[] = {
	"ISIG", "ICANON", "XCASE", "ECHO", "ECHOE", "ECHOK", "ECHONL", "NOFLSH",
	"TOSTOP", "ECHOCTL", "ECHOPRT", "ECHOKE", "FLUSHO", "", "PENDIN", "IEXTEN",
	"EXTPROC", NULL
};

/* include/linux/sched.h, as numbered since 4.14 */
const char *const table_task_state[] = {
	"TASK_INTERRUPTIBLE", "TASK_UNINTERRUPTIBLE", "__TASK_STOPPED", "__TASK_TRACED",
	"EXIT_DEAD", "EXIT_ZOMBIE", "TASK_PARKED", "TASK_DEAD",
	"TASK_WAKEKILL", "TASK_WAKING", "TASK_NOLOAD", "TASK_NEW",
	"TASK_RTLOCK_WAIT", "TASK_FREEZABLE", "", "TASK_FROZEN",
	NULL
};

/* include/uapi/asm-generic/errno-base.h, errno.h: x86, arm64, riscv */
const char *const table_errno[] = {
	"", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF",
	"ECHILD", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV",
	"ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG",
	"ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK",
	"ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG", "EIDRM", "ECHRNG",
	"EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR",
	"EXFULL", "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR", "ENODATA", "ETIME",
	"ENOSR", "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM", "EPROTO",
	"EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC",
	"ELIBBAD", "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS",
	"ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT",
	"ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE",
	"EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET",
	"ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED",
	"EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM",
	"ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED",
	"ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE",
	"ERFKILL", "EHWPOISON", NULL
};

_Static_assert(sizeof(table_errno) / sizeof(table_errno[0]) == 135,
	       "a name of table_errno is missing");
_Static_assert(ECONNRESET == 104 && ETIMEDOUT == 110, "errno.h of this machine is not asm-generic");

const char *table_name(const char *const *table, uint64_t value)
{
	for (uint64_t i = 0; table[i]; i++)
		if (i == value)
			return table[i][0] ? table[i] : NULL;
	return NULL;
}

int table_value(const char *const *table, const char *name, uint64_t *value)
{
	if (!name[0])
		return -1;
	for (uint64_t i = 0; table[i]; i++) {
		if (!strcmp(table[i], name)) {
			*value = i;
			return 0;
		}
	}
	return -1;
}
