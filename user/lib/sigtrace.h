/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsigtrace: recordings of sigtrace, read and checked. See libsigtrace(3).
 *
 * Nothing here needs privileges, writes to a stream or keeps state outside its objects: threads may
 * use different objects at the same time, one object is for one thread at a time. Functions that
 * take an object to free take NULL. Later versions may add members at the end of the structs, which
 * is why the library hands out pointers to its own.
 */
#ifndef SIGTRACE_H
#define SIGTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- recordings ---- */

struct sigtrace_recording;

/* What the kernel did (an event), or what that means (a fact). */
struct sigtrace_item {
	bool is_fact;
	const char *type; /* "task.exec", "interrupt": as in the JSON; lives for ever */
	uint64_t seq;	  /* its place in the stream, from 1; a few places have no item */
	uint64_t ts;	  /* ns since boot, CLOCK_BOOTTIME */
	uint32_t session; /* number of its ssh session, 0: none */
	const char *json; /* the object that `sigtrace --json` prints, without its newline */
	size_t json_len;  /* bytes of it, the NUL behind it not counted */
};

/*
 * Opens the recording at `path`, which `sigtrace -w` wrote; "-" is stdin, a folder of --rotate the
 * newest run in it. The caller ends with
 * sigtrace_close(). NULL: `error` has one line that says why (not there, not a recording, of a newer
 * version, out of memory), cut at `size` bytes with its NUL; it may be NULL when size is 0.
 */
struct sigtrace_recording *sigtrace_open(const char *path, char *error, size_t size);

/*
 * The next item. 1: *item points to it, and it and its `json` are valid until the next call with r.
 * 0: the end. -1: the recording is damaged, or stops in the middle, and sigtrace_error() says where:
 * by then every item of what comes before has been returned, the last one a trace.end of reason
 * "cut". 0 and -1 are said again by every later call. The first item is a trace.begin, where anything
 * could be read, the last one a trace.end. Lost records are no error: see sigtrace_totals().
 */
int sigtrace_next(struct sigtrace_recording *r, const struct sigtrace_item **item);

/* What made sigtrace_next() return -1: one line, owned by r; "" when nothing did. */
const char *sigtrace_error(const struct sigtrace_recording *r);

struct sigtrace_totals {
	uint64_t records;
	uint64_t lost; /* records that the kernel had no room for: what is told may be incomplete */
	uint64_t sessions;
	uint64_t orphans;
};

/* Of what has been read so far; owned by r, valid until the next call with r. */
const struct sigtrace_totals *sigtrace_totals(struct sigtrace_recording *r);

void sigtrace_close(struct sigtrace_recording *r);

/* ---- checks, in the language of sigtrace-assert(1) ---- */

struct sigtrace_checks;

/* strict: a check whose subject never happened fails. The caller ends with sigtrace_checks_free().
 * NULL: out of memory. */
struct sigtrace_checks *sigtrace_checks_new(bool strict);

/*
 * Adds the checks in n bytes of text, one line a check. `name` stands for the file in errors and
 * results. 0, or -1 when a line is wrong: sigtrace_checks_error() then has a line
 * "NAME:LINE:COLUMN: what" for each, and the object is only good for that and for
 * sigtrace_checks_free(). All loads come before sigtrace_checks_run().
 */
int sigtrace_checks_load(struct sigtrace_checks *c, const char *name, const char *text, size_t n);

/* The same with the text of a file, of at most 1 MiB; -1 also when it cannot be read. */
int sigtrace_checks_load_file(struct sigtrace_checks *c, const char *path);

/*
 * Reads the recording to its end and settles the checks; once for each of the two objects, and before
 * any sigtrace_next() of r, which has no items afterwards. 0, or -1: sigtrace_checks_error() says why.
 * For a damaged recording there are results all the same, of what comes before the damage.
 */
int sigtrace_checks_run(struct sigtrace_checks *c, struct sigtrace_recording *r);

/* What made the last load or run return -1: lines, the last one without its newline; owned by c,
 * valid until the next call with c; "" when nothing did. */
const char *sigtrace_checks_error(const struct sigtrace_checks *c);

/* How many checks there are. `scope` and `allow` lines are none. */
size_t sigtrace_checks_count(const struct sigtrace_checks *c);

/* What a check came to. Strings are never NULL, and live as long as the checks. */
struct sigtrace_result {
	const char *verdict; /* "pass", "fail", "inconclusive", "vacuous", "skipped" */
	const char *file;    /* the name of its load */
	unsigned line;	     /* from 1 */
	const char *text;    /* of the check, as it was written */
	const char *why;     /* one sentence, escaped for a terminal */
	uint64_t broken;     /* how often it was broken */
	size_t failures;     /* of these, kept for sigtrace_checks_failure(): the first ones */
};

/* Of check i, from 0, in the order of loading; owned by c. NULL: no such check, or no run yet. */
const struct sigtrace_result *sigtrace_checks_result(const struct sigtrace_checks *c, size_t i);

/* One break of a check. */
struct sigtrace_failure {
	const char *event; /* "signal.generate SIGKILL to postgres 4711", escaped for a terminal */
	uint64_t since_ns; /* from the start of the trace */
	uint32_t tgid;	   /* the process that it is about, 0: none */
};

/* Failure k of check i, both from 0; owned by c, valid until the next call with c. NULL: no such
 * failure, or no run yet. */
const struct sigtrace_failure *sigtrace_checks_failure(struct sigtrace_checks *c, size_t i, size_t k);

/*
 * The exit status of `sigtrace assert -r`: 0 all passed (or were vacuous or skipped, but not all of
 * them), 1 a check failed, 2 there was no run (or a load failed), 4 inconclusive (also: the recording
 * is damaged), 5 nothing was checked.
 */
int sigtrace_checks_status(const struct sigtrace_checks *c);

void sigtrace_checks_free(struct sigtrace_checks *c);

#ifdef __cplusplus
}
#endif

#endif
