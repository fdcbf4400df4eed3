/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/completion.h"

static const char head[] =
	"# Made by: sigtrace completion fish\n"
	"\n"
	"# The command that is typed; one that is not written out is trace.\n"
	"function __sigtrace_is\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l command trace\n"
	"\tif test (count $words) -gt 1; and contains -- $words[2] $__sigtrace_commands\n"
	"\t\tset command $words[2]\n"
	"\tend\n"
	"\tnot contains -- -- $words; and contains -- $command $argv\n"
	"end\n"
	"\n"
	"function __sigtrace_first\n"
	"\ttest (count (commandline -opc)) -eq 1\n"
	"end\n"
	"\n"
	"# Behind -- stands a command of its own.\n"
	"function __sigtrace_behind\n"
	"\tcontains -- -- (commandline -opc)\n"
	"end\n"
	"\n"
	"function __sigtrace_rest\n"
	"\tcomplete -C (commandline -cp | string replace -r '^.*? -- +' '')\n"
	"end\n"
	"\n"
	"# The last one of a list with commas.\n"
	"function __sigtrace_some\n"
	"\tset -l before (commandline -ct | string replace -r '^(--[^=]*=|-[a-zA-Z](?=[A-Z]))' '' | string match -r '^(?:.*,)?!?')\n"
	"\tfor word in $argv\n"
	"\t\techo \"$before$word\"\n"
	"\tend\n"
	"end\n"
	"\n";

/* What stands behind an option, or as the command's word. */
static void put_action(FILE *out, const struct words *w)
{
	switch (w ? w->kind : WORDS_FREE) {
	case WORDS_FREE:
		fputs(" -x", out);
		return;
	case WORDS_FILE:
		fputs(" -r -F", out);
		return;
	case WORDS_PROGRAM:
		fputs(" -x -a '(__fish_complete_command)'", out);
		return;
	case WORDS_USER:
		fputs(" -x -a '(__fish_complete_users)'", out);
		return;
	case WORDS_PID:
		fputs(" -x -a '(__fish_complete_pids)'", out);
		return;
	case WORDS_ONE:
		fputs(" -x -a '", out);
		completion_list(out, w);
		fputc('\'', out);
		return;
	case WORDS_SOME:
		fputs(" -x -a '(__sigtrace_some", out);
		completion_list(out, w);
		fputs(")'", out);
		return;
	}
}

static void put_command(FILE *out, const struct command_row *c)
{
	struct option_shown s;

	fprintf(out, "\ncomplete -c sigtrace -n __sigtrace_first -a %s -d ", c->name);
	completion_quote(out, c->help);
	fputc('\n', out);
	for (size_t i = 0; completion_option(c, i, &s); i++) {
		fprintf(out, "complete -c sigtrace -n '__sigtrace_is %s' -l %s", c->name, s.name);
		if (s.brief)
			fprintf(out, " -s %c", s.brief);
		if (s.arg)
			put_action(out, words_of(s.arg));
		fputs(" -d ", out);
		completion_quote(out, s.help);
		fputc('\n', out);
	}
	if (c->arg && words_of(c->arg)->kind != WORDS_FREE) {
		fprintf(out, "complete -c sigtrace -n '__sigtrace_is %s'", c->name);
		put_action(out, words_of(c->arg));
		fputc('\n', out);
	}
}

void completion_fish(FILE *out)
{
	fputs(head, out);
	fputs("set -g __sigtrace_commands", out);
	for (const struct command_row *c = command_rows; c->name; c++)
		fprintf(out, " %s", c->name);
	fputs("\n\ncomplete -c sigtrace -f\n"
	      "complete -c sigtrace -n __sigtrace_behind -x -a '(__sigtrace_rest)'\n", out);
	for (const struct command_row *c = command_rows; c->name; c++)
		put_command(out, c);
}
