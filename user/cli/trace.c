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
	       "  sigtrace -r FILE [options]           the same views from a recording\n"
	       "  sigtrace sessions [-r FILE] [ID]     who was logged in, or all of one session\n"
	       "  sigtrace explain [-r FILE] [WHAT]    each Ctrl-C, or why a process died or did not\n"
	       "  sigtrace orphans [options]           what past ssh sessions left behind; needs no trace\n"
	       "  sigtrace assert FILE -- CMD [ARG..]  checks for CI; also -e CHECK, -r FILE\n"
	       "  sigtrace demo                        a throw-away sshd, and what it leaves behind\n"
	       "  sigtrace doctor [--json]             would tracing work here? what to do if not\n"
	       "  sigtrace fields                      every kind and field of a record\n");
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
