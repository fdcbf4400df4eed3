/* SPDX-License-Identifier: GPL-2.0-only */
/* A golden case: its records, and what the engine and the views make of them. */
#ifndef SIGTRACE_GOLDEN_PLAY_H
#define SIGTRACE_GOLDEN_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "finding/engine.h"
#include "view/view.h"

/* Records one behind the other, as event_parse() makes them. */
struct records {
	struct buf bytes;
	size_t *at; /* n + 1 of them: where each begins, and the end of the last */
	size_t n;
	bool ended; /* the last one is a trace.end */
};

/* The lines of a .rec file: a record each; blank ones and those with a # in front do not count.
 * 0, or -1 with a line in `why`. */
int records_parse(struct records *r, const char *text, struct buf *why);
void records_free(struct records *r);

static inline const void *record(const struct records *r, size_t i, size_t *len)
{
	*len = r->at[i + 1] - r->at[i];
	return r->bytes.p + r->at[i];
}

/* What a view of the records shows. */
void play_view(const struct records *r, struct view *(*make)(const struct view_options *opt),
	       struct buf *out);

/* The whole file as `b` (reset first). 0, or -1: it cannot be read. */
int read_file(const char *path, struct buf *b);

/*
 * Checks that hold for every stream of records. Each returns 0, or -1 with a line in `why`.
 */

/* Every line is an object; trace.begin is the first, trace.end the last; evidence comes before the
 * fact, in order, and is no fact itself. */
int check_json_lines(const struct buf *json, struct buf *why);
/* The records up to any place in the stream, and then the end: every fact is sound. */
int check_prefixes(const struct records *r, struct buf *why);
/* The same where it goes on in another file, at any record: with what is known said again. */
int check_seams(const struct records *r, struct buf *why);
/* The same without any one record, as if it had been lost without a word. */
int check_gaps(const struct records *r, struct buf *why);

/* ---- checks: CASE.sig, as `sigtrace assert` has them ---- */

/* What they come to, as text. 0, or -1 with a line in `why`. */
int play_checks(const struct records *r, const char *text, struct buf *out, struct buf *why);

/* Without any one record of the kernel's, which a trace.lost tells instead: no check of the text, nor
 * of a few that are always tried, passes that did not. */
int check_losses(const struct records *r, const char *text, struct buf *why);

#endif
