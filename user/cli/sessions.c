/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace sessions`: a row a session, or all of one; of a recording, or those that are open. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "session/conn.h"
#include "source/frame.h"
#include "source/live.h"

#define OPTIONS " read json output color verbose help "

static int show_help(void)
{
	printf("sigtrace sessions: who was logged in, what ran, how it ended, what was left\n\n"
	       "Usage\n"
	       "  sigtrace sessions             the ssh sessions that are open now (needs root)\n"
	       "  sigtrace sessions -r FILE     those of a recording, a row each\n"
	       "  sigtrace sessions [..] ID     all that is told of one session: 3 or '#3'\n");
	options_help(stdout, OPTIONS);
	return ferror(stdout) ? EXIT_INCONCLUSIVE : EXIT_OK;
}

static struct view *make_view(const struct options *o)
{
	struct view_options view = {.filter = o->filter, .verbose = o->verbose};

	if (!o->json)
		return o->filter.session ? view_text_new(&view) : view_sessions_new(&view);
	if (!o->filter.session)
		view.filter.kinds = VIEW_FACT_BIT(FACT_OPEN) | VIEW_FACT_BIT(FACT_CLOSE);
	return view_json_new(&view);
}

/* What is there now, as the snapshot tells it, and the end at once. */
static void take_snapshot(struct run *r)
{
	const struct live_options lo = {
		.scope = WIRE_SCOPE_SSHD,
		.servers = server_comms,
		.put = run_put,
		.ctx = r,
	};
	uint64_t started = live_now();
	struct wire_begin begin;
	struct wire_end end;
	struct live *live;

	r->hold = true;
	frame_begin(&begin, lo.scope, 0, sigtrace_version);
	run_put(r, &begin, sizeof(begin));
	live = live_open(&lo, &r->err);
	r->failed = !live || live_snapshot(live, started, &r->err);
	live_close(live);
	frame_end(&end, r->failed ? WIRE_END_ERROR : WIRE_END_DURATION);
	/* without a snapshot nothing is known: no table then that says so of nobody */
	if (r->failed)
		buf_reset(&r->view->out);
	else
		run_put(r, &end, sizeof(end));
	r->hold = false;
}

static void check_number(struct run *r, uint32_t number)
{
	unsigned long long n = engine_totals(r->engine).sessions;

	if (r->failed || number <= n)
		return;
	r->failed = true;
	r->ended = false; /* nor does the view say so */
	buf_reset(&r->view->out);
	err_set(&r->err, EXIT_USAGE, "there is no session #%u: %llu %s", number, n,
		r->o->read ? "are in the recording" : "are open");
}

int cmd_sessions(int argc, char **argv)
{
	struct options o;
	struct err e = {0};
	struct run r;
	uint64_t n = 0;

	if (options_parse_only(&o, argc, argv, OPTIONS, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	if (o.word && (parse_u64(o.word + (o.word[0] == '#'), UINT32_MAX, &n) || !n)) {
		log_line("a session is a number such as 3, not '%s'", o.word);
		return EXIT_USAGE;
	}
	o.filter.session = (uint32_t)n;
	if (!run_open_view(&r, &o, make_view(&o))) {
		if (o.read)
			run_replay(&r);
		else
			take_snapshot(&r);
		check_number(&r, o.filter.session);
	}
	return run_close(&r);
}
