/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "cli/stats.h"
#include "source/recording.h"

static void take_all(struct run *r, struct recording_reader *in)
{
	const void *rec;
	size_t len;
	int n = 0;

	while (!r->failed && !r->out_gone && (n = recording_next(in, &rec, &len, &r->err)) > 0)
		run_put(r, rec, len);
	if (n < 0) {
		r->failed = true;
	} else if (!r->failed && !r->out_gone && !r->ended) {
		r->failed = true;
		err_set(&r->err, EXIT_INCONCLUSIVE,
			"recording '%s' has no end: its writer runs on, or was killed",
			r->o->read);
	}
	if (!r->ended)
		engine_cut(r->engine, r->last_ts); /* a copy of the recording has no end either */
}

/* How many runs there are. */
static size_t replay(struct run *r, size_t i)
{
	size_t runs = 0;
	struct recording_reader *in = recording_open_run(r->o->read, i, &runs, &r->err);

	if (in)
		take_all(r, in);
	else
		r->failed = true;
	recording_free(in);
	return runs;
}

static size_t replay_measured(struct run *r, size_t which)
{
	struct stats stats = {0};
	size_t runs;

	if (stats_start(&stats, r->o, r->engine, &r->err)) {
		r->failed = true;
		return 1;
	}
	runs = replay(r, which);
	stats_end(&stats, r);
	return runs;
}

void run_replay(struct run *r)
{
	size_t runs = replay_measured(r, SIZE_MAX);

	if (runs > 1)
		log_line("'%s' has %zu runs of sigtrace: this is the newest", r->o->read, runs);
}

/* A stream each, from its begin to its end. */
static int replay_runs(struct options o)
{
	size_t runs = 1;
	int status = EXIT_OK;

	for (size_t i = 0; i < runs; i++) {
		struct run r;
		int its;

		if (!run_open_view(&r, &o, run_view(&o)))
			runs = replay_measured(&r, i);
		its = run_close(&r);
		status = status ? status : its;
		o.append = true;
	}
	return status;
}

/* Two streams do not make one recording. */
static int rewrite(const struct options *o)
{
	struct stat from, to;
	struct run r;

	if (!stat(o->read, &from) && !stat(o->write, &to) && from.st_dev == to.st_dev &&
	    from.st_ino == to.st_ino) {
		log_line("'%s' cannot be read and written at once", o->write);
		return EXIT_USAGE;
	}
	if (!run_open_view(&r, o, run_view(o)))
		run_replay(&r);
	return run_close(&r);
}

int trace_replay(const struct options *o)
{
	return o->write ? rewrite(o) : replay_runs(*o);
}
