/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "cli/completion.h"

/* In a spec of _arguments, between single quotes. */
static void put_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, strchr("[]:\\", *s) ? "\\%c" : "%c", *s);
	}
}

/* ":message:action" */
static void put_action(FILE *out, const char *arg)
{
	const struct words *w = words_of(arg);

	fputc(':', out);
	put_escaped(out, arg);
	fputc(':', out);
	switch (w ? w->kind : WORDS_FREE) {
	case WORDS_FREE:
		fputc(' ', out);
		break;
	case WORDS_FILE:
		fputs("_files", out);
		break;
	case WORDS_PROGRAM:
		fputs("_command_names -e", out);
		break;
	case WORDS_USER:
		fputs("_users", out);
		break;
	case WORDS_PID:
		fputs("_pids", out);
		break;
	case WORDS_ONE:
		fputc('(', out);
		completion_list(out, w);
		fputc(')', out);
		break;
	case WORDS_SOME:
		fputs("_sequence compadd -", out);
		completion_list(out, w);
		break;
	}
}

/* '(-r --read)'{-r+,--read=}'[help]:FILE:_files' */
static void put_option(FILE *out, const struct option_shown *s)
{
	const char *end = s->arg ? "=" : "";

	fputs(" \\\n\t\t\t", out);
	if (strstr(s->help, "may be repeated"))
		fputs("'*'", out);
	else if (s->brief)
		fprintf(out, "'(-%c --%s)'", s->brief, s->name);
	if (s->brief)
		fprintf(out, "{-%c%s,--%s%s}'[", s->brief, s->arg ? "+" : "", s->name, end);
	else
		fprintf(out, "'--%s%s[", s->name, end);
	put_escaped(out, s->help);
	fputc(']', out);
	if (s->arg)
		put_action(out, s->arg);
	fputc('\'', out);
}

static void put_command(FILE *out, const struct command_row *c)
{
	struct option_shown s;

	/* the first is the default, where the word is no command */
	fprintf(out, "\t%s)\n\t\t_arguments -s -S", c == command_rows ? "*" : c->name);
	for (size_t i = 0; completion_option(c, i, &s); i++)
		put_option(out, &s);
	if (completion_runs(c))
		fputs(" \\\n\t\t\t$rest", out);
	if (c->arg) {
		fputs(" \\\n\t\t\t'1", out);
		put_action(out, c->arg);
		fputc('\'', out);
	}
	fputs("\n\t\t;;\n", out);
}

void completion_zsh(FILE *out)
{
	fputs("#compdef sigtrace\n"
	      "# Made by: sigtrace completion zsh\n"
	      "\n"
	      "_sigtrace() {\n"
	      "\tlocal curcontext=\"$curcontext\"\n"
	      "\tlocal -a names rest\n"
	      "\tnames=(\n", out);
	for (const struct command_row *c = command_rows; c->name; c++) {
		fprintf(out, "\t\t'%s:", c->name);
		put_escaped(out, c->help);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
	      "\t\t_describe -t commands 'command of sigtrace' names\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t(( $words[(I)--] )) && rest=('*:: :_normal')\n"
	      "\tif (( $names[(I)$words[2]:*] )); then\n"
	      "\t\tshift words\n"
	      "\t\t(( CURRENT-- ))\n"
	      "\t\tcurcontext=\"${curcontext%:*:*}:sigtrace-$words[1]:\"\n"
	      "\t\tset -- \"$words[1]\"\n"
	      "\telse\n"
	      "\t\tset -- trace\n"
	      "\tfi\n"
	      "\tcase $1 in\n", out);
	for (const struct command_row *c = command_rows + 1; c->name; c++)
		put_command(out, c);
	put_command(out, command_rows);
	fputs("\tesac\n"
	      "}\n"
	      "\n"
	      "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
	      "\t_sigtrace \"$@\"\n"
	      "else\n"
	      "\tcompdef _sigtrace sigtrace\n"
	      "fi\n", out);
}
