/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/completion.h"

static const char head[] =
	"# Made by: sigtrace completion bash\n"
	"\n"
	"# CUR WORD..: those that begin so\n"
	"_sigtrace_one()\n"
	"{\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"${*:2}\" -- \"$1\")\n"
	"}\n"
	"\n"
	"# CUR WORD..: the last one of a list with commas; another comma may follow\n"
	"_sigtrace_some()\n"
	"{\n"
	"\tlocal last=${1##*,} before\n"
	"\t[[ $last == !* ]] && last=${last#!}\n"
	"\tbefore=${1%\"$last\"}\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"${*:2}\" -- \"$last\")\n"
	"\tcompopt -o nospace 2>/dev/null\n"
	"}\n"
	"\n"
	"# INDEX: from there on it is a command of its own\n"
	"_sigtrace_command()\n"
	"{\n"
	"\tif declare -F _command_offset >/dev/null; then\n"
	"\t\t_command_offset \"$1\"\n"
	"\telif ((COMP_CWORD == $1)); then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\" | sort -u)\n"
	"\telse\n"
	"\t\tcompopt -o default 2>/dev/null\n"
	"\tfi\n"
	"}\n"
	"\n"
	"_sigtrace()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=trace options i\n"
	"\tCOMPREPLY=()\n"
	"\t# --name=value comes as three words\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]] && ((COMP_CWORD > 2)); then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n";

static void put_action(FILE *out, const struct words *w)
{
	switch (w ? w->kind : WORDS_FREE) {
	case WORDS_FREE:
		fputs(":", out);
		break;
	case WORDS_FILE:
		fputs("compopt -o default 2>/dev/null", out);
		break;
	case WORDS_PROGRAM:
		fputs("mapfile -t COMPREPLY < <(compgen -c -- \"$cur\" | sort -u)", out);
		break;
	case WORDS_USER:
		fputs("mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")", out);
		break;
	case WORDS_PID:
		fputs("_sigtrace_one \"$cur\" \"$(cd /proc && echo [0-9]*)\"", out);
		break;
	case WORDS_ONE:
	case WORDS_SOME:
		fputs(w->kind == WORDS_ONE ? "_sigtrace_one \"$cur\"" : "_sigtrace_some \"$cur\"", out);
		completion_list(out, w);
		break;
	}
}

static void put_names(FILE *out, const char *between)
{
	for (const struct command_row *c = command_rows; c->name; c++)
		fprintf(out, "%s%s", c == command_rows ? "" : between, c->name);
}

/* "-qw FILE" is "-w FILE". */
static void put_bundles(FILE *out)
{
	struct option_shown s;

	fputs("\t[[ $prev =~ ^-[", out);
	for (size_t i = 0; options_shown(NULL, i, &s); i++)
		if (s.brief && !s.arg)
			fputc(s.brief, out);
	fputs("]+([A-Za-z])$ ]] && prev=-${BASH_REMATCH[1]}\n", out);
}

static void put_runs(FILE *out)
{
	const char *between = "";

	fputs("\tcase $command in\n\t", out);
	for (const struct command_row *c = command_rows; c->name; c++)
		if (completion_runs(c)) {
			fprintf(out, "%s%s", between, c->name);
			between = "|";
		}
	fputs(")\n"
	      "\t\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\t\tif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	      "\t\t\t\t_sigtrace_command $((i + 1))\n"
	      "\t\t\t\treturn\n"
	      "\t\t\tfi\n"
	      "\t\tdone ;;\n"
	      "\tesac\n", out);
}

static void put_command(FILE *out, const struct command_row *c)
{
	struct option_shown s;

	fprintf(out, "\t%s)\n\t\toptions='", c->name);
	for (size_t i = 0; completion_option(c, i, &s); i++) {
		if (s.brief)
			fprintf(out, "-%c ", s.brief);
		fprintf(out, "--%s ", s.name);
	}
	fputs(completion_runs(c) ? "--'\n\t\tcase $prev in\n" : "'\n\t\tcase $prev in\n", out);
	for (size_t i = 0; completion_option(c, i, &s); i++) {
		if (!s.arg)
			continue;
		fputs("\t\t", out);
		if (s.brief)
			fprintf(out, "-%c|", s.brief);
		fprintf(out, "--%s) ", s.name);
		put_action(out, words_of(s.arg));
		fputs("; return ;;\n", out);
	}
	fputs("\t\tesac\n\t\tif [[ $cur != -* ]]; then\n\t\t\t", out);
	if (c == command_rows) {
		fputs("((COMP_CWORD == 1)) && _sigtrace_one \"$cur\" ", out);
		put_names(out, " ");
	} else {
		put_action(out, words_of(c->arg));
	}
	fputs("\n\t\t\treturn\n\t\tfi ;;\n", out);
}

void completion_bash(FILE *out)
{
	fputs(head, out);
	put_bundles(out);
	fputs("\tif ((COMP_CWORD > 1)); then\n\t\tcase ${COMP_WORDS[1]} in\n\t\t", out);
	put_names(out, "|");
	fputs(") command=${COMP_WORDS[1]} ;;\n\t\t-*) ;;\n\t\t*) return ;;\n\t\tesac\n\tfi\n", out);
	put_runs(out);
	fputs("\tcase $command in\n", out);
	for (const struct command_row *c = command_rows; c->name; c++)
		put_command(out, c);
	fputs("\tesac\n"
	      "\t_sigtrace_one \"$cur\" \"$options\"\n"
	      "}\n"
	      "\n"
	      "complete -F _sigtrace sigtrace\n", out);
}
