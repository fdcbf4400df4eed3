/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace export`: a recording in a format of others. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/run.h"

#define OPTIONS " export read output redact help "
const char export_options[] = OPTIONS;

static int show_help(void)
{
	printf("sigtrace export: a recording for other tools\n\n"
	       "Usage\n"
	       "  sigtrace export -r FILE --to chrome -o trace.json   to be opened in ui.perfetto.dev\n"
	       "  sigtrace export -r FILE --to json                   the lines of sigtrace -r FILE --json\n");
	options_help(stdout, OPTIONS);
	return EXIT_OK;
}

static int to_chrome(const struct options *o)
{
	const struct view_options view = {0};
	struct run r;

	if (!run_open_view(&r, o, view_chrome_new(&view))) {
		run_replay(&r);
		/* the JSON is whole where the recording is not; of what is none there is nothing to tell */
		if (!r.failed || r.err.status != EXIT_USAGE)
			r.view->ops->end(r.view, r.engine);
	}
	return run_close(&r);
}

int cmd_export(int argc, char **argv)
{
	struct options o;
	struct err e = {0};

	if (options_parse_only(&o, argc, argv, OPTIONS, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	if (o.word) {
		options_usage(&e, "unexpected argument", o.word, o.read ? NULL : "-r FILE");
		log_err(&e);
		return e.status;
	}
	if (!o.read)
		return options_wrong("export takes a recording: -r FILE",
				     "record with sigtrace --sshd -q -w FILE");
	if (!o.to)
		return options_wrong("export does not know to what", "give --to chrome, or --to json");
	if (!strcmp(o.to, "chrome"))
		return to_chrome(&o);
	o.json = true;
	return trace_replay(&o);
}
