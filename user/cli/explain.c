/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace explain`: what became of each Ctrl-C of a recording, or of a process. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "view/explain.h"

#define OPTIONS " read write output redact color verbose duration ready-fd help "
const char explain_options[] = OPTIONS;

static int show_help(void)
{
	printf("sigtrace explain: what became of each Ctrl-C, and why a process died or did not\n\n"
	       "Usage\n"
	       "  sigtrace explain                     each Ctrl-C from now on, until Ctrl-C (needs root)\n"
	       "  sigtrace explain 4711                why process 4711 is still there (needs root)\n"
	       "  sigtrace explain -r FILE             each Ctrl-C of each ssh session of a recording\n"
	       "  sigtrace explain -r FILE '#3'        those of session 3\n"
	       "  sigtrace explain -r FILE @14:02:26   those of that second, or minute: @14:02\n"
	       "  sigtrace explain -r FILE 4711        why process 4711 died, or is still there\n"
	       "\nA bare number up to the number of sessions in the recording is a session, else a\n"
	       "process id. Times are those of the host that was recorded. -v adds the records that\n"
	       "all of it rests on; man sigtrace-reasons tells what each sentence means.\n");
	options_help(stdout, OPTIONS);
	return EXIT_OK;
}

/* Whoever has this number now; the trace begins here, so what was before is not known. */
static int explain_now(const struct options *o, const struct question *q,
		       const struct view_options *view)
{
	struct run r;

	if (o->write || o->duration)
		return options_wrong("what a process is like now is told at once: -w and --duration do not fit",
				     "sigtrace explain, without a process, goes on and records");
	if (!run_open_view(&r, o, view_explain_new(view, q)))
		run_look(&r, q->number);
	return run_close(&r);
}

static int explain_live(struct options *o, struct question *q, const struct view_options *view)
{
	if (q->ask == ASK_TIME)
		return options_wrong("a time needs a recording",
				     "record with sigtrace --sshd -q -w FILE, then sigtrace explain -r FILE");
	q->live = true;
	if (q->ask == ASK_NUMBER)
		return explain_now(o, q, view);
	o->scope = WIRE_SCOPE_SSHD;
	o->scope_given = true;
	return trace_live(o, view_explain_new(view, q), NULL);
}

static void check_number(struct run *r, const struct question *q)
{
	unsigned long long n = engine_totals(r->engine).sessions;

	if (r->failed || q->ask != ASK_SESSION || q->number <= n)
		return;
	r->failed = true;
	r->ended = false; /* the view has nothing to say */
	buf_reset(&r->view->out);
	err_set(&r->err, EXIT_USAGE, "there is no session #%u: %llu are in the recording",
		q->number, n);
}

int cmd_explain(int argc, char **argv)
{
	struct view_options view = {0};
	struct question q;
	struct options o;
	struct err e = {0};
	struct run r;

	if (options_parse_only(&o, argc, argv, OPTIONS, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	if (question_parse(&q, o.word)) {
		log_line("'%s' is no session (#3), process (4711) or time (@14:02:26)", o.word);
		return EXIT_USAGE;
	}
	view.verbose = o.verbose;
	if (!o.read)
		return explain_live(&o, &q, &view);
	if (o.write || o.duration || o.ready_fd >= 0)
		return options_wrong("-w, --duration and --ready-fd are for a live trace, not for -r",
				     "leave out -r FILE, or them");
	if (!run_open_view(&r, &o, view_explain_new(&view, &q))) {
		run_replay(&r);
		check_number(&r, &q);
	}
	return run_close(&r);
}
