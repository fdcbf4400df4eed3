/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/fact_field.h"

#define LOOKUP(function, type, names)                                                              \
	const char *function(type v)                                                               \
	{                                                                                          \
		return (unsigned)v < sizeof(names) / sizeof(names[0]) && names[v] ? names[v] : "?"; \
	}

/* The table is for fact_field.c, so it is ended by NULL. */
#define NAMES(function, type, ...)                                                                 \
	const char *const function##s[] = {__VA_ARGS__, NULL};                                     \
	LOOKUP(function, type, function##s)

static const char *const kinds[] = {
	[FACT_OPEN] = "session.open",
	[FACT_INTERRUPT] = "interrupt",
	[FACT_ORPHAN] = "orphan",
	[FACT_CLOSE] = "session.close",
	[FACT_FATE] = "orphan.exit",
};
LOOKUP(fact_kind_name, enum fact_kind, kinds)

NAMES(confidence_name, enum confidence,
      [CONF_SEEN] = "seen",
      [CONF_INFERRED] = "inferred",
      [CONF_GUESSED] = "guessed")

NAMES(server_name, enum server,
      [SERVER_OTHER] = "other",
      [SERVER_OPENSSH] = "openssh",
      [SERVER_DROPBEAR] = "dropbear",
      [SERVER_TINYSSH] = "tinyssh")

NAMES(request_name, enum request,
      [REQUEST_NONE] = "none",
      [REQUEST_SHELL] = "shell",
      [REQUEST_EXEC] = "exec",
      [REQUEST_SUBSYSTEM] = "subsystem")

NAMES(origin_name, enum origin,
      [ORIGIN_TTY] = "tty",
      [ORIGIN_DISCONNECT] = "disconnect",
      [ORIGIN_SSH_SIGNAL] = "ssh_signal",
      [ORIGIN_KILL] = "kill")

NAMES(outcome_name, enum outcome,
      [OUTCOME_PENDING] = "pending",
      [OUTCOME_DIED] = "died",
      [OUTCOME_EXITED] = "exited",
      [OUTCOME_HANDLED] = "handled",
      [OUTCOME_IGNORED] = "ignored",
      [OUTCOME_BLOCKED] = "blocked",
      [OUTCOME_STOPPED] = "stopped",
      [OUTCOME_ALREADY_PENDING] = "already_pending",
      [OUTCOME_NOT_DELIVERED] = "not_delivered")

NAMES(verdict_name, enum verdict,
      [VERDICT_STOPPED] = "stopped",
      [VERDICT_PARTLY] = "partly",
      [VERDICT_NO_EFFECT] = "no_effect",
      [VERDICT_NOT_A_SIGNAL] = "not_a_signal")

NAMES(reason_name, enum reason,
      [REASON_UNKNOWN] = "unknown",
      [REASON_NO_PTY] = "no_pty",
      [REASON_IGNORED] = "ignored",
      [REASON_BLOCKED] = "blocked",
      [REASON_HANDLED] = "handled",
      [REASON_OTHER_GROUP] = "other_group",
      [REASON_OTHER_SESSION] = "other_session",
      [REASON_RAW_TTY] = "raw_tty",
      [REASON_STOPPED] = "stopped",
      [REASON_UNINTERRUPTIBLE] = "uninterruptible",
      [REASON_NO_SIGNAL] = "no_signal")

NAMES(end_name, enum end,
      [END_UNKNOWN] = "unknown",
      [END_EXIT] = "exit",
      [END_DISCONNECT] = "disconnect",
      [END_VANISHED] = "vanished",
      [END_RESET] = "reset",
      [END_TIMEOUT] = "timeout",
      [END_SERVER_KILLED] = "server_killed",
      [END_MUX_CLOSED] = "mux_closed")

const char *const side_names[] = {"server", "client", NULL};
