/* SPDX-License-Identifier: GPL-2.0-only */
/* The options that only `sigtrace export` has. */
#include <string.h>

#include "base/parse.h"
#include "cli/options_row.h"

const char *const export_formats[] = {"chrome", "json", NULL};

static int on_to(struct options *o, const char *v, struct err *e)
{
	for (size_t i = 0; export_formats[i]; i++)
		if (!strcmp(v, export_formats[i])) {
			o->to = v;
			return 0;
		}
	return options_usage(e, "--to takes chrome or json, not", v,
		     parse_nearest(v, export_formats, sizeof(export_formats) / sizeof(*export_formats) - 1));
}

const struct option_row export_rows[] = {
	{NULL, 0, "to", "FORMAT", on_to, "chrome: the Trace Event Format, for ui.perfetto.dev; json: as --json"},
};

const size_t export_count = sizeof(export_rows) / sizeof(export_rows[0]);
