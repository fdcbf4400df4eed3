/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records mean. Names and values are those of contract.md. */
#ifndef SIGTRACE_SESSION_FACT_H
#define SIGTRACE_SESSION_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

enum fact_kind { FACT_OPEN = 1, FACT_INTERRUPT, FACT_ORPHAN, FACT_CLOSE };

enum confidence { CONF_SEEN, CONF_INFERRED, CONF_GUESSED };

enum server { SERVER_OTHER, SERVER_OPENSSH, SERVER_DROPBEAR, SERVER_TINYSSH };

enum request { REQUEST_NONE, REQUEST_SHELL, REQUEST_EXEC, REQUEST_SUBSYSTEM };

enum origin { ORIGIN_TTY, ORIGIN_DISCONNECT, ORIGIN_SSH_SIGNAL, ORIGIN_KILL };

enum outcome {
	OUTCOME_PENDING, /* not yet known; never in a fact */
	OUTCOME_DIED,	 /* of this signal */
	OUTCOME_EXITED,	 /* by itself, after it (its handler, EOF, SIGPIPE ..) */
	OUTCOME_HANDLED, /* its handler ran and it went on */
	OUTCOME_IGNORED,
	OUTCOME_BLOCKED,
	OUTCOME_STOPPED,
	OUTCOME_ALREADY_PENDING,
	OUTCOME_NOT_DELIVERED,
};

enum verdict { VERDICT_STOPPED, VERDICT_PARTLY, VERDICT_NO_EFFECT, VERDICT_NOT_A_SIGNAL };

enum reason {
	REASON_UNKNOWN,
	REASON_NO_PTY,
	REASON_IGNORED,
	REASON_BLOCKED,
	REASON_HANDLED,
	REASON_OTHER_GROUP,
	REASON_OTHER_SESSION,
	REASON_RAW_TTY,
	REASON_STOPPED,
	REASON_UNINTERRUPTIBLE,
	REASON_NO_SIGNAL,
};

enum end {
	END_UNKNOWN,
	END_EXIT,
	END_DISCONNECT,
	END_VANISHED,
	END_RESET,
	END_TIMEOUT,
	END_SERVER_KILLED,
	END_MUX_CLOSED,
};

struct fact_open {
	enum server server;
	const struct wire_sock *sk; /* NULL: the connection was not seen */
	const char *user;	    /* account name, or the uid in digits */
	uint32_t uid;
	uint32_t pty; /* dev_t as in wire_task.tty, 0: none */
	enum request request;
	const char *command; /* of exec and subsystem; of a shell its argv[0]; "" for none */
	size_t command_len;  /* bytes of `command`, which is hostile */
	uint32_t tgid;	     /* root of what the user runs; for REQUEST_NONE the server's process */
	uint32_t server_tgid; /* the server's process that forked the root */
	const char *server_comm;
	bool preexisting;
};

struct fact_member {
	uint32_t tgid;
	const char *comm;
	enum outcome outcome;
	uint64_t elapsed;   /* ns from the signal to the outcome; 0 where it has none */
	uint32_t exit_code; /* raw, with OUTCOME_DIED and OUTCOME_EXITED */
};

struct fact_missed {
	uint32_t tgid;
	const char *comm;
	enum reason reason;
};

struct fact_interrupt {
	enum origin origin;
	uint32_t sig;	/* 0: null (a disconnect) */
	uint32_t tty;	/* dev_t, 0: none */
	uint32_t fg_pgid; /* 0: none */
	uint32_t sender_tgid; /* of ORIGIN_KILL, ORIGIN_SSH_SIGNAL; else 0 */
	const char *sender_comm;
	const struct fact_member *members;
	size_t nmembers;
	const struct fact_missed *missed;
	size_t nmissed;
	enum verdict verdict;
	bool shell_only; /* only the interactive shell was there to take it: its prompt comes back */
	enum end cause;	 /* of ORIGIN_DISCONNECT: how the client went */
	bool many;	 /* .. of a server with one process for many connections */
	const char *why; /* one sentence */
	uint32_t tgid;	 /* whom the line is about: the first member, or the server's process */
	const char *comm;
};

struct fact_orphan {
	uint32_t tgid;
	uint64_t start;
	const char *comm;
	const char *args; /* argv with NULs, hostile */
	size_t args_len;
	uint64_t age; /* ns since its start */
	uint32_t new_ppid; /* 0: not known */
	enum reason reason;
	bool intended;
	const char *why;    /* a sentence that names the rule */
	const char *advice; /* what to do, or "" */
};

struct fact_close {
	uint64_t duration; /* ns */
	enum end end;
	int exit_status; /* of the root; -1: null */
	uint32_t exit_signal; /* 0: null */
	uint32_t processes; /* that belonged to the session in all */
	uint32_t orphans;
	uint32_t intended; /* of these, left on purpose */
	uint64_t lost;	   /* records lost while it was open */
	const char *why;   /* one sentence: how it ended */
	uint32_t server_tgid;
	const char *server_comm;
};

/* Everything it points to lives until the callback returns. */
struct fact {
	enum fact_kind kind;
	uint64_t seq;
	uint64_t ts;	  /* of what it tells, not of when it became known */
	uint32_t session; /* from 1 */
	enum confidence confidence;
	const uint64_t *evidence; /* seq of records, ascending */
	size_t nevidence;
	union {
		struct fact_open open;
		struct fact_interrupt interrupt;
		struct fact_orphan orphan;
		struct fact_close close;
	} u;
};

/* Values as in contract.md: "session.open", "seen", "openssh", "shell", "tty", "died" ... */
const char *fact_kind_name(enum fact_kind v);
const char *confidence_name(enum confidence v);
const char *server_name(enum server v);
const char *request_name(enum request v);
const char *origin_name(enum origin v);
const char *outcome_name(enum outcome v);
const char *verdict_name(enum verdict v);
const char *reason_name(enum reason v);
const char *end_name(enum end v);

#endif
