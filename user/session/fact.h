/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records mean. Names and values are those of contract.md. */
#ifndef SIGTRACE_SESSION_FACT_H
#define SIGTRACE_SESSION_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

enum fact_kind { FACT_OPEN = 1, FACT_INTERRUPT, FACT_ORPHAN, FACT_CLOSE, FACT_FATE };

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

/* The client of a session's connection, where it runs on this host. */
struct fact_client {
	uint32_t tgid;
	const char *comm;
	uint32_t session; /* that it runs in itself, 0: none */
	bool alive;
	uint32_t exit_code; /* raw, of one that is not */
	uint32_t sig;	    /* that made it go, 0: none that was seen */
	uint32_t tty;	    /* whose key that was, 0: nobody's */
	uint32_t sender_tgid; /* who sent it, 0: nobody */
	uint32_t sender_session; /* of the sender, 0: none, or it is not known any more */
	const char *sender_comm;
};

/* A terminal on the way of a key, where a program read it as data and sent it on. */
struct fact_hop {
	uint32_t tty;
	uint32_t tgid; /* 0: not known who */
	const char *comm;
};

struct fact_open {
	const struct fact_client *client; /* NULL: elsewhere, or not known */
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
	const char *reason; /* id of why it did not end of it; NULL: it did */
	const char *text;   /* the same as a clause, with the process as its subject */
};

struct fact_missed {
	uint32_t tgid;
	const char *comm;
	enum reason reason;
	const char *why;  /* id of why it did not get it */
	const char *text; /* the same as a clause, with the process as its subject */
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
	bool key_seen;	 /* the keystroke itself is among the evidence */
	bool shell_only; /* only the interactive shell was there to take it: its prompt comes back */
	enum end cause;	 /* of ORIGIN_DISCONNECT: how the client went */
	bool by_tcp;	 /* .. of END_TIMEOUT: TCP gave it up, not the server */
	bool at_client;	 /* it met the session's client, and got no further */
	bool pty;	 /* the session has a terminal */
	uint32_t sender_session; /* of the sender, 0: none */
	const struct fact_hop *via; /* from the user's terminal on; the last leads to `tty` */
	size_t nvia;
	const struct fact_client *client; /* of ORIGIN_DISCONNECT; NULL: elsewhere, or not known */
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
	uint64_t cpu;	   /* CPU time used, ns */
	const uint16_t *ports; /* TCP ports on which it listens */
	size_t nports;
	enum reason reason;
	bool intended;
	const char *why;    /* a sentence that names the rule */
	const char *advice; /* what to do, or "" */
};

/* What became of an orphan that was told of. */
struct fact_fate {
	uint32_t tgid;
	uint64_t start;
	const char *comm;
	uint64_t after;	    /* ns from the end of its session to its own */
	uint64_t cpu;	    /* CPU time used in all, ns */
	int exit_status;    /* -1: null */
	uint32_t exit_signal; /* 0: null */
	uint32_t sender_tgid; /* of exit_signal; 0: nobody, or not known */
	uint32_t sender_session; /* 0: none, or not known any more */
	const char *sender_comm;
	const char *why;    /* one sentence */
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
	const struct fact_client *client; /* NULL: elsewhere, or not known */
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
		struct fact_fate fate;
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
