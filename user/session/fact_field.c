/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/fact_field.h"

#include <string.h>

/* What follows `text` (unit, names) are designated initialisers. */
#define ROW(K, member, title, fmt, text, ...)                                                      \
	{                                                                                          \
		.name = (title), .kind = (K), .offset = offsetof(struct fact, member),             \
		.size = sizeof(((struct fact *)0)->member), .format = FIELD_##fmt, .shown = true,  \
		.doc = (text), __VA_ARGS__                                                         \
	}
#define DERIVED(K, title, text, ...)                                                               \
	{                                                                                          \
		.name = (title), .kind = (K), .format = FIELD_DERIVED, .shown = true,              \
		.doc = (text), __VA_ARGS__                                                         \
	}
#define END { .name = NULL }

/* clang-format off */

static const struct field rows_common[] = {
	ROW(0, confidence, "confidence", ENUM, "how strong it is", .names = confidence_names),
	DERIVED(0, "evidence", "seq of the records that it rests on, a list"),
	END
};

#define R(member, title, ...) ROW(FACT_OPEN, u.open.member, title, __VA_ARGS__)
static const struct field rows_open[] = {
	R(server, "server", ENUM, "kind of ssh server", .names = server_names),
	DERIVED(FACT_OPEN, "peer", "address and port of the client, or null"),
	DERIVED(FACT_OPEN, "local", "address and port of the server, or null"),
	R(user, "user", TEXT, "account name, or the uid in digits"),
	R(uid, "uid", U32, "user id"),
	R(pty, "pty", TTY, "terminal of the session, or null"),
	R(request, "request", ENUM, "what the client asked for", .names = request_names),
	DERIVED(FACT_OPEN, "command", "command line of exec and subsystem; of a shell its argv[0]"),
	R(tgid, "tgid", U32, "root of what the user runs"),
	R(server_tgid, "server_tgid", U32, "process of the server that forked it"),
	R(preexisting, "preexisting", BOOL, "true: it was open when the trace began"),
	DERIVED(FACT_OPEN, "client", "its client (tgid, comm, session), if that runs here, or null"),
	END
};
#undef R

#define R(member, title, ...) ROW(FACT_INTERRUPT, u.interrupt.member, title, __VA_ARGS__)
static const struct field rows_interrupt[] = {
	R(origin, "origin", ENUM, "what caused it", .names = origin_names),
	R(sig, "sig", SIGNAL, "the signal, null for a disconnect"),
	R(tty, "tty", TTY, "the terminal, or null"),
	R(fg_pgid, "fg_pgid", ID, "foreground process group, or null"),
	DERIVED(FACT_INTERRUPT, "sender", "who sent it (tgid, comm), or null"),
	R(at_client, "side", ENUM, "client: it got no further than the client", .names = side_names),
	DERIVED(FACT_INTERRUPT, "via", "terminals that the key passed as data: a list of tgid, comm, tty"),
	DERIVED(FACT_INTERRUPT, "members", "whom it met: a list of tgid, comm, outcome .."),
	DERIVED(FACT_INTERRUPT, "missed", "whom it did not meet: a list of tgid, comm, reason"),
	R(verdict, "verdict", ENUM, "what it came to", .names = verdict_names),
	DERIVED(FACT_INTERRUPT, "cause", "of a disconnect: how the client went, else null"),
	DERIVED(FACT_INTERRUPT, "client", "of a disconnect: the client and what ended it, or null"),
	R(why, "why", TEXT, "one sentence"),
	END
};
#undef R

#define R(member, title, ...) ROW(FACT_ORPHAN, u.orphan.member, title, __VA_ARGS__)
static const struct field rows_orphan[] = {
	R(tgid, "tgid", U32, "the process that is left"),
	R(comm, "comm", TEXT, "its name"),
	DERIVED(FACT_ORPHAN, "args", "its argv, a list"),
	R(age, "age_ns", NS, "since its start", .unit = "ns"),
	R(new_ppid, "new_ppid", ID, "who adopted it, or null"),
	R(cpu, "cpu_ns", NS, "CPU time that it has used", .unit = "ns"),
	DERIVED(FACT_ORPHAN, "ports", "TCP ports on which it listens, a list"),
	R(reason, "reason", ENUM, "why it is still there", .names = reason_names),
	R(intended, "intended", BOOL, "true: it detached on purpose"),
	R(why, "why", TEXT, "one sentence"),
	R(advice, "advice", TEXT, "what to do, or empty"),
	END
};
#undef R

#define R(member, title, ...) ROW(FACT_CLOSE, u.close.member, title, __VA_ARGS__)
static const struct field rows_close[] = {
	R(duration, "duration_ns", NS, "from its opening", .unit = "ns"),
	R(end, "end", ENUM, "how it ended", .names = end_names),
	DERIVED(FACT_CLOSE, "exit_status", "of its root, or null"),
	R(exit_signal, "exit_signal", SIGNAL, "that killed its root, or null"),
	R(processes, "processes", U32, "that belonged to it in all"),
	R(orphans, "orphans", U32, "that it left behind"),
	R(intended, "intended", U32, "of these, left on purpose"),
	R(lost, "lost", U64, "records lost while it was open"),
	DERIVED(FACT_CLOSE, "client", "its client and what ended it, if that runs here, or null"),
	R(why, "why", TEXT, "one sentence"),
	END
};
#undef R

#define R(member, title, ...) ROW(FACT_FATE, u.fate.member, title, __VA_ARGS__)
static const struct field rows_fate[] = {
	R(tgid, "tgid", U32, "an orphan that was told of, and has ended"),
	R(comm, "comm", TEXT, "its name"),
	R(after, "after_ns", NS, "from the end of its session", .unit = "ns"),
	R(cpu, "cpu_ns", NS, "CPU time that it has used in all", .unit = "ns"),
	DERIVED(FACT_FATE, "exit_status", "its exit status, or null"),
	R(exit_signal, "exit_signal", SIGNAL, "that killed it, or null"),
	DERIVED(FACT_FATE, "sender", "who sent that (tgid, comm, session), or null"),
	R(why, "why", TEXT, "one sentence"),
	END
};
#undef R

/* clang-format on */

const struct field *fact_fields(unsigned kind)
{
	static const struct field *const rows[] = {
		[0] = rows_common,
		[FACT_OPEN] = rows_open,
		[FACT_INTERRUPT] = rows_interrupt,
		[FACT_ORPHAN] = rows_orphan,
		[FACT_CLOSE] = rows_close,
		[FACT_FATE] = rows_fate,
	};

	return kind < sizeof(rows) / sizeof(rows[0]) ? rows[kind] : NULL;
}

unsigned fact_by_name(const char *name)
{
	for (unsigned k = FACT_OPEN; k <= FACT_FATE; k++)
		if (!strcmp(fact_kind_name(k), name))
			return k;
	return 0;
}
