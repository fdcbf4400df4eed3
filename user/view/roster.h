/* SPDX-License-Identifier: GPL-2.0-only */
/* Every session of a stream, as its facts tell it: what is left when the facts have gone. */
#ifndef SIGTRACE_VIEW_ROSTER_H
#define SIGTRACE_VIEW_ROSTER_H

#include "base/buf.h"
#include "session/fact.h"

#define ROSTER_COMMAND 1024 /* bytes of a command line that are kept */

struct roster_row {
	uint32_t number;
	char user[40];
	bool peer;	    /* sk is known */
	struct wire_sock sk;
	uint32_t pty;
	enum request request;
	char *command;	    /* hostile */
	size_t command_len;
	bool preexisting;
	uint64_t opened;
	bool closed;	    /* what follows is known; but typed counts from the start */
	uint64_t duration;
	enum end end;
	int exit_status;
	uint32_t exit_signal;
	uint32_t leaked;
	uint32_t intended;
	uint64_t lost;
	char *why;	    /* one sentence, escaped; NULL: out of memory */
	uint32_t typed;	    /* keys of a terminal: ^C ^\ ^Z */
};

/* Zero-initialised is empty. `failed`: memory ran out, rows are missing. */
struct roster {
	struct roster_row *rows; /* by number */
	size_t n, cap;
	bool failed;
};

void roster_take(struct roster *r, const struct fact *f);
void roster_free(struct roster *r);

/* NULL when there is none. Valid until the next roster_take(). */
const struct roster_row *roster_find(const struct roster *r, uint32_t number);

/* "exec 'sleep 9'", at most `max` code points of the command, 0: all that is kept. */
void roster_request(struct buf *b, const struct roster_row *row, size_t max);
/* "alice from 203.0.113.7:51514, on pts/5, exec 'sleep 9'" */
void roster_describe(struct buf *b, const struct roster_row *row, size_t max);

#endif
