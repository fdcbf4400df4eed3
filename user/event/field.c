/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/field.h"

#include <string.h>

#include "event/json.h"
#include "event/tables.h"

/* What follows `text` (unit, names) are designated initialisers. */
#define ROW(K, S, member, title, fmt, in_json, text, ...)                                          \
	{                                                                                          \
		.name = (title), .key = ",\"" title "\":", .key_len = sizeof(title) + 3,           \
		.kind = (K), .offset = offsetof(struct S, member),                                 \
		.size = sizeof(((struct S *)0)->member), .format = FIELD_##fmt,                    \
		.shown = (in_json), .doc = (text), __VA_ARGS__                                     \
	}
#define DERIVED(K, title, put, text, ...)                                                          \
	{                                                                                          \
		.name = (title), .key = ",\"" title "\":", .key_len = sizeof(title) + 3,           \
		.kind = (K), .format = FIELD_DERIVED, .shown = true, .json = (put),                \
		.doc = (text), __VA_ARGS__                                                         \
	}
#define END { .name = NULL }

#define UNIT_NS .unit = "ns"
#define UNIT_BYTES .unit = "bytes"

/* clang-format off */

static const struct field rows_wire_hdr[] = {
#define H(member, ...) ROW(0, wire_hdr, member, #member, __VA_ARGS__)
	H(len, U32, false, "bytes of the whole record", UNIT_BYTES),
	H(kind, U16, false, "number of the kind"),
	H(cpu, U16, false, "CPU that the hook ran on"),
	H(ts, NS, true, "time since boot (CLOCK_BOOTTIME)", UNIT_NS),
	H(start, U64, false, "start of the process since boot: with tgid, its identity", UNIT_NS),
	H(tgid, U32, true, "process that ran"),
	H(pid, U32, true, "thread that ran"),
	H(comm, STR, true, "its name"),
#undef H
	END
};

static const struct field rows_wire_begin[] = {
#define R(member, title, ...) ROW(WIRE_TRACE_BEGIN, wire_begin, member, title, __VA_ARGS__)
	R(order, "order", U32, false, "byte order of the writer"),
	R(version, "schema", U32, true, "version of the record format"),
	R(realtime, "realtime", S64, false, "CLOCK_REALTIME less CLOCK_BOOTTIME", UNIT_NS),
	R(gmtoff, "gmtoff", S32, false, "east of UTC", .unit = "s"),
	R(scope, "scope", ENUM, true, "what is traced", .names = table_scope),
	R(scope_tgid, "scope_tgid", U32, false, "process whose tree is traced"),
	R(pad, "pad", PAD, false, ""),
	R(host, "host", STR, true, "name of the host"),
	R(boot_id, "boot_id", STR, true, "/proc/sys/kernel/random/boot_id"),
	R(kernel, "kernel", STR, true, "release of the kernel"),
	R(tool, "version", STR, true, "version of sigtrace"),
#undef R
	END
};

static const struct field rows_wire_end[] = {
#define R(member, ...) ROW(WIRE_TRACE_END, wire_end, member, #member, __VA_ARGS__)
	R(reason, ENUM, false, "why the trace ended", .names = table_end_reason),
	R(looked, BOOL, false, "the kernel was asked whom the command left behind"),
#undef R
	END
};

static const struct field rows_wire_lost[] = {
#define R(member, ...) ROW(WIRE_TRACE_LOST, wire_lost, member, #member, __VA_ARGS__)
	R(count, U64, true, "records lost since the last report of this kind on this CPU"),
	R(total, U64, false, "records of this kind lost on this CPU in all"),
	R(lost_kind, U32, false, "kind of the records"),
	R(lost_cpu, U32, false, "CPU they were lost on"),
#undef R
	DERIVED(WIRE_TRACE_LOST, "kind", json_lost_kind, "kind of the records"),
	DERIVED(WIRE_TRACE_LOST, "cpu", json_lost_cpu, "CPU they were lost on"),
	END
};

static const struct field rows_wire_ready[] = {
#define R(member, title, ...) ROW(WIRE_TRACE_READY, wire_ready, member, title, __VA_ARGS__)
	R(elapsed, "elapsed_ns", NS, true, "since the start of sigtrace", UNIT_NS),
	R(tasks, "tasks", U32, true, "processes in the snapshot"),
	R(asked, "asked", BOOL, false, "not the first snapshot but an answer to a question"),
#undef R
	END
};

static const struct field rows_wire_tick[] = { END };

static const struct field rows_wire_fork[] = {
#define R(member, ...) ROW(WIRE_TASK_FORK, wire_fork, member, #member, __VA_ARGS__)
	R(child_start, U64, false, "start time of the child since boot", UNIT_NS),
	R(child_tgid, U32, true, "process of the child"),
	R(child_pid, U32, true, "thread of the child"),
	R(pgid, U32, false, "process group of the child"),
	R(sid, U32, false, "session of the child"),
	R(scope, FLAGS, false, "why the child is traced", .names = table_scope_flags),
	R(pad, PAD, false, ""),
#undef R
	DERIVED(WIRE_TASK_FORK, "thread", json_thread, "true: a thread of the same process"),
	END
};

/* `snapshot`: shown there, and an exec shows less. */
#define TASK_ROWS(K, S, snapshot)                                                                  \
	ROW(K, S, task.parent_start, "parent_start", U64, false,                                   \
	    "start time of the parent since boot", UNIT_NS),                                       \
	ROW(K, S, task.ignored, "ignored", SIGSET, snapshot, "signals it ignores"),                \
	ROW(K, S, task.caught, "caught", SIGSET, snapshot, "signals it handles"),                  \
	ROW(K, S, task.blocked, "blocked", SIGSET, snapshot, "signals blocked in every thread"),   \
	ROW(K, S, task.pending, "pending", SIGSET, snapshot, "signals that wait for it"),          \
	ROW(K, S, task.cpu, "cpu_ns", NS, false, "CPU time used", UNIT_NS),                        \
	ROW(K, S, task.ppid, "ppid", U32, true, "parent"),                                         \
	ROW(K, S, task.pgid, "pgid", U32, true, "process group"),                                  \
	ROW(K, S, task.sid, "sid", U32, true, "session, as setsid(2) means it"),                   \
	ROW(K, S, task.tty, "tty", TTY, true, "controlling terminal, or null"),                    \
	ROW(K, S, task.tty_pgrp, "tty_pgrp", U32, false, "foreground process group of the tty"),   \
	ROW(K, S, task.tty_lflag, "tty_lflag", FLAGS, false, "local modes of the tty",             \
	    .names = table_lflag),                                                                 \
	ROW(K, S, task.uid, "uid", U32, true, "real user id"),                                     \
	ROW(K, S, task.loginuid, "loginuid", UNSET, true, "user who logged in, or null"),          \
	ROW(K, S, task.sessionid, "sessionid", UNSET, true, "audit session, or null"),             \
	ROW(K, S, task.state, "state", STATE, snapshot, "state as in /proc: R S D T t Z X I",      \
	    .names = table_task_state),                                                            \
	ROW(K, S, task.nthreads, "nthreads", U32, false, "threads"),                               \
	ROW(K, S, task.scope, "scope", FLAGS, false, "why it is traced",                           \
	    .names = table_scope_flags),                                                           \
	ROW(K, S, task.fd, "fd", BYTES, false, "what 0, 1 and 2 are open on", .names = table_fd),  \
	ROW(K, S, task.flags, "flags", FLAGS, false, "traced: has a ptracer; frozen: by its cgroup",                      \
	    .names = table_task_flags)

#define TAIL_DERIVED(K)                                                                            \
	DERIVED(K, "filename", json_filename, "file that was executed"),                           \
	DERIVED(K, "args", json_args, "argv, a list"),                                             \
	DERIVED(K, "args_fault", json_args_fault, "true: argv could not be read; else left out")

static const struct field rows_wire_exec[] = {
#define R(member, ...) ROW(WIRE_TASK_EXEC, wire_exec, member, #member, __VA_ARGS__)
	TASK_ROWS(WIRE_TASK_EXEC, wire_exec, false),
	R(old_pid, U32, false, "thread that called execve(2)"),
	R(truncated, FLAGS, true, "true: filename or args were cut", .names = table_truncated,
	  .json = json_truncated),
	R(filename_len, U32, false, "of the tail", UNIT_BYTES),
	R(args_len, U32, false, "of the tail", UNIT_BYTES),
#undef R
	TAIL_DERIVED(WIRE_TASK_EXEC),
	END
};

static const struct field rows_wire_exit[] = {
#define R(member, title, ...) ROW(WIRE_TASK_EXIT, wire_exit, member, title, __VA_ARGS__)
	R(exit_code, "exit_code", EXIT_CODE, true,
	  "as the kernel keeps it; status, signal and core are taken from it"),
	R(pgid, "pgid", U32, false, "process group"),
	R(sid, "sid", U32, false, "session, as setsid(2) means it"),
	R(tty, "tty", TTY, false, "controlling terminal, or null"),
	R(cpu, "cpu_ns", NS, true, "CPU time used", UNIT_NS),
	R(uid, "uid", U32, true, "user id"),
	R(pad, "pad", PAD, false, ""),
#undef R
	END
};

static const struct field rows_wire_snapshot[] = {
	TASK_ROWS(WIRE_TASK_SNAPSHOT, wire_snapshot, true),
	END
};

static const struct field rows_wire_args[] = {
#define R(member, ...) ROW(WIRE_TASK_ARGS, wire_args, member, #member, __VA_ARGS__)
	R(truncated, FLAGS, true, "true: filename or args were cut", .names = table_truncated,
	  .json = json_truncated),
	R(filename_len, U32, false, "of the tail", UNIT_BYTES),
	R(args_len, U32, false, "of the tail", UNIT_BYTES),
	R(pad, PAD, false, ""),
#undef R
	TAIL_DERIVED(WIRE_TASK_ARGS),
	END
};

static const struct field rows_wire_env[] = {
#define R(member, ...) ROW(WIRE_TASK_ENV, wire_env, member, #member, __VA_ARGS__)
	R(ssh_connection, STR, true, "SSH_CONNECTION, empty if not set"),
	R(ssh_tty, STR, true, "SSH_TTY, empty if not set"),
#undef R
	END
};

/* Of struct wire_many, which few records have behind them. */
#define MANY_DERIVED(K)                                                                            \
	DERIVED(K, "count", json_count,                                                            \
		"how many signals the record stands for, in a storm; 1 where it is not there"),    \
	DERIVED(K, "ts_last", json_ts_last, "time of the last of them, where there is a count",    \
		UNIT_NS)

static const struct field rows_wire_generate[] = {
#define K WIRE_SIGNAL_GENERATE
#define T(member, title, ...) ROW(K, wire_generate, member, title, __VA_ARGS__)
#define R(member, ...) T(member, #member, __VA_ARGS__)
	R(target_start, U64, false, "start time of the target since boot", UNIT_NS),
	R(target_tgid, U32, false, "process that the signal is for"),
	R(target_pid, U32, false, "thread that the signal is for"),
	R(target_comm, STR, false, "name of the target"),
	R(sig, SIGNAL, true, "the signal"),
	R(si_code, SI_CODE, true, "si_code, a number if it has no name"),
	T(sender_pid, "si_pid", U32, true, "sender as siginfo tells it, or null",
	  .json = json_if_siginfo),
	T(sender_uid, "si_uid", U32, true, "user of the sender as siginfo tells it, or null",
	  .json = json_if_siginfo),
	R(group, BOOL, true, "to the process, not to one thread"),
	R(result, ENUM, true, "what the kernel did with it", .names = table_result),
	R(disposition, ENUM, true, "what the target does with it", .names = table_disposition),
	R(blocked, BOOL, true, "blocked in the target"),
	R(pgid, U32, true, "process group of the target"),
	R(sid, U32, true, "session of the target, as setsid(2) means it"),
	R(tty, TTY, true, "controlling terminal of the target, or null"),
	R(tty_pgrp, U32, true, "foreground process group of that tty"),
	R(state, STATE, false, "state of the target", .names = table_task_state),
	R(flags, FLAGS, false, "info: si_pid is meaningful; kthread: a kernel thread ran; waited: in sigtimedwait(2)",
	  .names = table_sig_flags),
	R(work_tty, TTY, false, "terminal whose input was worked on when the signal came up"),
	R(pad, PAD, false, ""),
	DERIVED(K, "signo", json_signo, "number of the signal"),
	DERIVED(K, "target", json_target, "whom the signal is for: tgid, pid, comm"),
	DERIVED(K, "origin", json_origin, "what caused it: tty, user, kernel, timer, child, hangup"),
	MANY_DERIVED(K),
#undef T
#undef R
#undef K
	END
};

static const struct field rows_wire_deliver[] = {
#define R(member, title, ...) ROW(WIRE_SIGNAL_DELIVER, wire_deliver, member, title, __VA_ARGS__)
	R(sa_flags, "flags", FLAGS, true, "sa_flags of the handler, a list",
	  .names = table_sa_flags),
	R(sig, "sig", SIGNAL, true, "the signal"),
	R(si_code, "si_code", SI_CODE, true, "si_code, a number if it has no name"),
	R(disposition, "disposition", ENUM, true, "what the task does with it",
	  .names = table_disposition),
	R(pad, "pad", PAD, false, ""),
#undef R
	MANY_DERIVED(WIRE_SIGNAL_DELIVER),
	END
};

static const struct field rows_wire_key[] = {
#define R(member, ...) ROW(WIRE_TTY_KEY, wire_key, member, #member, __VA_ARGS__)
	R(tty, TTY, true, "the terminal"),
	R(key, ENUM, true, "control character: ^C is intr, ^\\ quit, ^Z susp", .names = table_key),
	R(isig, BOOL, true, "false: a byte like others for the program that reads"),
	R(tty_pgrp, U32, true, "foreground process group of the tty"),
	R(tty_sid, U32, true, "session of the tty"),
	R(pad, PAD, false, ""),
#undef R
	END
};

#define SOCK_ROWS(K, S)                                                                            \
	ROW(K, S, sk.laddr, "laddr", ADDR, false, "local address"),                                \
	ROW(K, S, sk.raddr, "raddr", ADDR, false, "address of the peer"),                          \
	ROW(K, S, sk.family, "family", ENUM, true, "address family", .names = table_family),       \
	ROW(K, S, sk.netns, "netns", U32, false, "inode number of the network namespace"),         \
	ROW(K, S, sk.lport, "lport", U32, false, "local port"),                                    \
	ROW(K, S, sk.rport, "rport", U32, false, "port of the peer")

#define SOCK_DERIVED(K)                                                                            \
	DERIVED(K, "local", json_local, "address and port on this host"),                          \
	DERIVED(K, "peer", json_peer, "address and port of the other end")

static const struct field rows_wire_sock_state[] = {
#define R(member, title, ...) ROW(WIRE_SOCK_STATE, wire_sock_state, member, title, __VA_ARGS__)
	SOCK_ROWS(WIRE_SOCK_STATE, wire_sock_state),
	R(rcv_age, "rcv_age_ns", NS, false, "since the last data from the peer", UNIT_NS),
	R(old_state, "old", ENUM, true, "TCP state it leaves", .names = table_tcp_state),
	R(new_state, "new", ENUM, true, "TCP state it enters", .names = table_tcp_state),
	R(sk_err, "err", ENUM, true, "error of the socket, or null", .unit = "errno",
	  .names = table_errno),
	R(pad, "pad", PAD, false, ""),
#undef R
	SOCK_DERIVED(WIRE_SOCK_STATE),
	END
};

static const struct field rows_wire_sock_reset[] = {
#define R(member, ...) ROW(WIRE_SOCK_RESET, wire_sock_reset, member, #member, __VA_ARGS__)
	SOCK_ROWS(WIRE_SOCK_RESET, wire_sock_reset),
	R(direction, ENUM, true, "who reset the connection", .names = table_direction),
	R(pad, PAD, false, ""),
#undef R
	SOCK_DERIVED(WIRE_SOCK_RESET),
	END
};

static const struct field rows_wire_sock_owner[] = {
#define R(member, ...) ROW(WIRE_SOCK_OWNER, wire_sock_owner, member, #member, __VA_ARGS__)
	SOCK_ROWS(WIRE_SOCK_OWNER, wire_sock_owner),
	R(state, ENUM, true, "TCP state", .names = table_tcp_state),
	R(fd, UNSET, true, "descriptor, or null"),
#undef R
	SOCK_DERIVED(WIRE_SOCK_OWNER),
	END
};

static const struct field rows_wire_sock_client[] = {
#define R(member, ...) ROW(WIRE_SOCK_CLIENT, wire_sock_client, member, #member, __VA_ARGS__)
	SOCK_ROWS(WIRE_SOCK_CLIENT, wire_sock_client),
	R(state, ENUM, true, "TCP state", .names = table_tcp_state),
	R(fd, UNSET, true, "descriptor, or null"),
#undef R
	SOCK_DERIVED(WIRE_SOCK_CLIENT),
	END
};

static const struct field rows_wire_place[] = {
#define R(member, title, ...) ROW(WIRE_TASK_PLACE, wire_place, member, title, __VA_ARGS__)
	R(cgroup[0], "cgroup_id", U64, false, "id of its cgroup on the default hierarchy"),
	R(cgroup[1], "above1", U64, false, "id of the cgroup above"),
	R(cgroup[2], "above2", U64, false, "and above that"),
	R(cgroup[3], "above3", U64, false, "and above that"),
	R(cgroup[4], "above4", U64, false, "and above that"),
	R(cgroup[5], "above5", U64, false, "and above that"),
	R(cgroup[6], "above6", U64, false, "and above that"),
	R(cgroup[7], "above7", U64, false, "and above that"),
	R(pipe[0], "stdin", U64, false, "inode number of the pipe on 0"),
	R(pipe[1], "stdout", U64, false, "of that on 1"),
	R(pipe[2], "stderr", U64, false, "of that on 2"),
	R(ends, "ends", FLAGS, true,
	  "known: it was looked; stdin, stdout: the server has its end; used: the session has stdout",
	  .names = table_ends),
	R(pad, "pad", PAD, false, ""),
	R(cgroup_name, "cgroup", STR, true, "name of its cgroup, empty of the root's"),
#undef R
	END
};

static const struct field rows_wire_user[] = {
#define R(member, ...) ROW(WIRE_USER_NAME, wire_user, member, #member, __VA_ARGS__)
	R(uid, U32, true, "user id"),
	R(pad, PAD, false, ""),
	R(name, STR, true, "account name, empty if there is none"),
#undef R
	END
};

/* clang-format on */

#define KIND(num, NAME, title, type, has_tail)                                                     \
	[num] = { .name = (title), .size = sizeof(struct type), .tail = (has_tail),                \
		  .fields = rows_##type },

static const struct kind_info kinds[WIRE_KIND_MAX + 1] = {
	[0] = { .name = "record", .size = sizeof(struct wire_hdr), .fields = rows_wire_hdr },
	WIRE_KINDS(KIND)
};

const struct kind_info *kind_info(unsigned kind)
{
	return kind <= WIRE_KIND_MAX && kinds[kind].name ? &kinds[kind] : NULL;
}

unsigned kind_by_name(const char *name)
{
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++)
		if (kinds[k].name && !strcmp(kinds[k].name, name))
			return k;
	return 0;
}
