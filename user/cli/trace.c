/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"

static int show_help(void)
{
	printf("sigtrace: what became of every Ctrl-C, and who outlived the ssh session\n\n"
	       "Usage\n"
	       "  sigtrace --sshd [options]            watch all ssh sessions until Ctrl-C\n"
	       "  sigtrace [options] -- CMD [ARG..]    trace a command; its exit status is ours\n"
	       "  sigtrace -r FILE [options]           the same views from a recording\n");
	for (const struct command_row *c = command_rows; c->name; c++) {
		char left[64];

		if (!c->usage)
			continue;
		snprintf(left, sizeof(left), "sigtrace %s %s", c->name, c->usage);
		printf("  %-36s %s\n", left, c->help);
	}
	options_help(stdout, NULL);
	printf("\nExit status\n"
	       "  0 done   2 usage   3 cannot trace (says why)   4 inconclusive: records lost, a recording\n"
	       "  damaged or cut short, output lost   with -- CMD: CMD's, 128 + N if signal N killed it\n");
	return EXIT_OK;
}

int cmd_trace(int argc, char **argv)
{
	struct options o;
	struct err e = {0};
	int status;

	if (options_parse(&o, argc, argv, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	if (o.version) {
		printf("sigtrace %s\n", sigtrace_version);
		return EXIT_OK;
	}
	status = o.read ? trace_replay(&o) : trace_live(&o, NULL, NULL);
	filter_free(o.filter.where);
	return status;
}
