/* SPDX-License-Identifier: GPL-2.0-only */
/* A record, checked and aligned; what every later stage reads. */
#ifndef SIGTRACE_EVENT_EVENT_H
#define SIGTRACE_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

/*
 * One decoded record. The structs are copies; `filename` and `args` point into the bytes that were
 * decoded and live as long as those do.
 */
struct event {
	uint64_t seq; /* place in the stream, from 1; given by whoever reads the stream */
	union {
		struct wire_hdr h;
		struct wire_begin begin;
		struct wire_end end;
		struct wire_lost lost;
		struct wire_ready ready;
		struct wire_tick tick;
		struct wire_fork fork;
		struct wire_exec exec;
		struct wire_exit exit;
		struct wire_snapshot snapshot;
		struct wire_args args;
		struct wire_env env;
		struct wire_generate generate;
		struct wire_deliver deliver;
		struct wire_key key;
		struct wire_sock_state sock;
		struct wire_sock_reset reset;
		struct wire_sock_owner owner;
		struct wire_user user;
		struct wire_sock_client client;
		struct wire_place place;
	} u;
	const char *filename; /* TASK_EXEC, TASK_ARGS: filename_len bytes, no NUL promised */
	uint32_t filename_len;
	const char *argv; /* args_len bytes, each argument with its NUL (the last may lack it) */
	uint32_t args_len;
	struct wire_many many; /* SIGNAL_GENERATE, SIGNAL_DELIVER; count 0: it has none */
};

/* How many events of its kind the record stands for. */
static inline uint64_t event_count(const struct event *ev)
{
	return ev->many.count ? ev->many.count : 1;
}

/*
 * It tells only how many more there were like one that had a record of its own (or was lost, and
 * counted so): what it did to whom must not be done once more.
 */
static inline bool event_repeats(const struct event *ev)
{
	return ev->many.count != 0;
}

/* Why a record was refused. */
enum event_error {
	EVENT_OK = 0,
	EVENT_SHORT,	/* fewer bytes than the header, or than h.len says */
	EVENT_KIND,	/* kind unknown */
	EVENT_LENGTH,	/* h.len does not fit the kind's struct and tail */
	EVENT_RANGE,	/* a member is out of its range (a signal above 64, a key, a family) */
};

/*
 * Checks the n bytes at p against the table of kinds and fills *ev (all but seq). Alignment of p
 * does not matter. Strings in fixed arrays are NUL-terminated in the copy whatever the bytes say.
 * Returns EVENT_OK or why not; *ev is undefined then.
 */
enum event_error event_decode(const void *p, size_t n, struct event *ev);

const char *event_error_name(enum event_error e);

#define EVENT_MAX (sizeof(struct wire_exec) + WIRE_FILENAME + WIRE_ARGS)

/* h.len of the record at p if at least a header is there and the length is sane (header <= len <=
 * EVENT_MAX), else 0. For cutting a byte stream into records. */
static inline size_t event_length(const void *p, size_t n)
{
	uint32_t len;

	if (n < sizeof(struct wire_hdr))
		return 0;
	memcpy(&len, (const char *)p + offsetof(struct wire_hdr, len), sizeof(len));
	return len >= sizeof(struct wire_hdr) && len <= EVENT_MAX ? len : 0;
}

#endif
