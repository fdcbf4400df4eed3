/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "cli/stats.h"
#include "source/recording.h"

/* A recording that stops without a trace.end: whoever wrote it was killed, or it is cut off. */
static void end_here(struct run *r)
{
	struct wire_end end;

	memset(&end, 0, sizeof(end));
	end.h.len = sizeof(end);
	end.h.kind = WIRE_TRACE_END;
	end.h.ts = r->last_ts;
	end.reason = WIRE_END_CUT;
	run_put(r, &end, sizeof(end));
}

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
		err_set(&r->err, EXIT_INCONCLUSIVE, "recording '%s' has no end: its writer was killed",
			r->o->read);
	}
	if (!r->ended)
		end_here(r);
}

void run_replay(struct run *r)
{
	struct recording_reader *in = recording_open(r->o->read, &r->err);

	if (in)
		take_all(r, in);
	else
		r->failed = true;
	recording_free(in);
}

int trace_replay(const struct options *o)
{
	struct stats stats = {0};
	struct run r;

	if (!run_open_view(&r, o, run_view(o))) {
		if (stats_start(&stats, o, r.engine, &r.err)) {
			r.failed = true;
		} else {
			run_replay(&r);
			stats_end(&stats, &r);
		}
	}
	return run_close(&r);
}
