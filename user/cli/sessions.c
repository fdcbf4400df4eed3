/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace sessions`: a row a session, or all of one; of a recording, or those that are open. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "cli/cli.h"
#include "cli/run.h"

#define OPTIONS " read json output redact color verbose help "
const char sessions_options[] = OPTIONS;

static int show_help(void)
{
	printf("sigtrace sessions: who was logged in, what ran, how it ended, what was left\n\n"
	       "Usage\n"
	       "  sigtrace sessions             the ssh sessions that are open now (needs root)\n"
	       "  sigtrace sessions -r FILE     those of a recording, a row each\n"
	       "  sigtrace sessions [..] ID     all that is told of one session: 3 or '#3'\n");
	options_help(stdout, OPTIONS);
	return EXIT_OK;
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
			run_look(&r, 0);
		check_number(&r, o.filter.session);
	}
	return run_close(&r);
}
