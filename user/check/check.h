/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks on a stream of events and facts: loaded from text, fed as a sink of the engine, and at the
 * end each has a verdict and what it rests on. Pure: no clock, no I/O.
 *
 *	struct checks *c = checks_new(&options);
 *	checks_load(c, "ci.sig", bytes, n, &why);
 *	struct sink sink = checks_sink(c);  ->  engine_new(&sink), engine_feed() ..
 *	checks_finish(c, engine);
 *	for (size_t i = 0; i < checks_count(c); i++)
 *		checks_result(c, i) ..
 */
#ifndef SIGTRACE_CHECK_CHECK_H
#define SIGTRACE_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "finding/engine.h"

struct checks;

struct check_options {
	bool strict; /* what is vacuous fails */
};

/* NULL: out of memory. The caller frees with checks_free(), which takes NULL. */
struct checks *checks_new(const struct check_options *opt);
void checks_free(struct checks *c);

/*
 * Adds the checks of n bytes of text, one line a check. `name` stands for the file in errors and in
 * results, and is copied. 0, or -1 when a line is wrong: `why` gets "NAME:LINE:COLUMN: what", and
 * where one is near, "; did you mean WORD?". Several wrong lines give several lines there, each with
 * its newline; so does a scope or allow with no check below. After an error the object is only good for checks_free(). All loads come before the
 * first record. `scope` and `allow` lines hold for the lines below them, to the end of this text.
 */
int checks_load(struct checks *c, const char *name, const char *bytes, size_t n, struct buf *why);

enum check_form {
	CHECK_NO,    /* no, never */
	CHECK_SOME,
	CHECK_COUNT,
	CHECK_EVERY,
	CHECK_ORDER,
};

/* A check as it was loaded; lives as long as the checks. */
struct check_info {
	enum check_form form;
	const char *file; /* the `name` of its load */
	unsigned line;	  /* from 1 */
	const char *text; /* the line without comment and blanks around it: hostile bytes are the author's */
	const char *scope; /* the scope line that it stands under, as text; "all" when there is none */
};

size_t checks_count(const struct checks *c);
/* i below checks_count(). */
const struct check_info *checks_info(const struct checks *c, size_t i);

/* A sink that feeds c: valid as long as c. Who has a sink of its own calls the two functions. */
struct sink checks_sink(struct checks *c);
void checks_event(struct checks *c, const struct engine *e, const struct event *ev,
		  uint32_t session);
void checks_fact(struct checks *c, const struct engine *e, const struct fact *f);

/* After the stream's end (TRACE_END was fed, or nothing more can be read): settles every verdict.
 * Once; no record may follow. */
void checks_finish(struct checks *c, const struct engine *e);

enum check_verdict {
	CHECK_PASS,
	CHECK_FAIL,
	CHECK_INCONCLUSIVE, /* records were lost where it looked, or the trace ended too early */
	CHECK_VACUOUS,	    /* what it is about never happened */
	CHECK_SKIPPED,	    /* its scope does not fit what was traced */
};

/* One break of a check. Strings are escaped for a terminal, owned by the checks, never NULL: ""
 * where there is nothing to say. */
struct check_failure {
	uint64_t seq;	     /* of the event, or of the fact, that broke it; 0: something that is missing */
	uint64_t ts;	     /* ns since boot, of that event, or of the left side's */
	uint64_t since;	     /* ns from the start of the trace to ts */
	uint32_t session;    /* 0: none */
	uint32_t tgid;	     /* the process that it is about, for `explain`; 0: none */
	const char *event;   /* "signal.generate SIGKILL to postgres 4711" */
	const char *sender;  /* "kill 4712 (kill -9 4711)" */
	const char *target;  /* "postgres 4711 (postgres -D /var/lib/pg)" */
	const char *instead; /* what did happen instead */
	const char *const *context; /* at most 3 lines */
	size_t ncontext;
};

#define CHECK_FAILURES 16 /* of a check that are kept; the rest is counted */

struct check_result {
	const struct check_info *check;
	enum check_verdict verdict;
	const char *why;  /* one sentence, escaped; of a pass what was seen */
	uint64_t matches; /* how often what it is about happened */
	uint64_t broken;  /* how often it was broken */
	const struct check_failure *failures; /* the first CHECK_FAILURES of them, in order */
	size_t nfailures;
};

/* Of checks_finish(); i below checks_count(). Lives as long as the checks. */
const struct check_result *checks_result(const struct checks *c, size_t i);

struct check_totals {
	size_t n, pass, fail, inconclusive, vacuous, skipped;
};
struct check_totals checks_totals(const struct checks *c);

/* EXIT_OK, EXIT_CHECK_FAILED, EXIT_INCONCLUSIVE or EXIT_NOTHING_CHECKED: contract.md. */
int checks_status(const struct checks *c);

/* "no", "some" ..; "pass", "fail" .. */
const char *check_form_name(enum check_form f);
const char *check_verdict_name(enum check_verdict v);

/*
 * How results are written: a format is a struct of these. Each may be NULL. `run` tells what the
 * results are of, so that a format needs no more than its arguments.
 */
struct check_run {
	const char *name;      /* of the whole: the check file's name, or "expressions" */
	const char *command;   /* CMD as a shell would take it, escaped; NULL: none was run */
	int command_status;    /* its exit status; -1: none was run, or it has not ended */
	const char *recording; /* the file to look into; NULL: there is none */
	const char *host;
	uint64_t began;	       /* CLOCK_REALTIME, ns since 1970, of the trace's start */
	uint64_t duration;     /* ns from the first to the last record */
	struct check_totals totals;
	size_t number;	       /* of the result that is written, from 1 */
};

struct check_output {
	const char *name; /* "text", "json", "junit", "tap" */
	void (*begin)(struct buf *out, const struct check_run *run);
	void (*result)(struct buf *out, const struct check_run *run, const struct check_result *r);
	void (*end)(struct buf *out, const struct check_run *run);
};

/* begin, then each result in order, then end. `run->totals` and `number` are set here. */
void checks_write(const struct checks *c, const struct check_output *format, struct check_run *run,
		  struct buf *out);

extern const struct check_output check_text;
extern const struct check_output check_json;
extern const struct check_output check_junit;
extern const struct check_output check_tap;

/* What failed or is inconclusive as annotations of a GitHub Actions log: at most nine, and how many
 * more there are. */
void checks_github(const struct checks *c, struct buf *out);

#endif
