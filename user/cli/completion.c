/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace completion`: what a shell completes with, from the tables that --help is made of. */
#include "cli/completion.h"

#include <string.h>

#include "base/log.h"
#include "base/parse.h"

#define OPTIONS " help "
const char completion_options[] = OPTIONS;

bool completion_option(const struct command_row *c, size_t i, struct option_shown *s)
{
	return c->shown ? c->shown(i, s) : options_shown(c->only, i, s);
}

bool completion_runs(const struct command_row *c)
{
	return !c->only || strstr(c->only, " -- ");
}

void completion_list(FILE *out, const struct words *w)
{
	const char *const *list;
	size_t n = 0;

	list = w->list ? w->list(&n) : NULL;
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", list[i]);
}

void completion_quote(FILE *out, const char *s)
{
	fputc('\'', out);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fputc(*s, out);
	}
	fputc('\'', out);
}

static const struct {
	const char *name;
	void (*put)(FILE *out);
} shells[] = {
	{"bash", completion_bash},
	{"zsh", completion_zsh},
	{"fish", completion_fish},
};

#define SHELLS (sizeof(shells) / sizeof(shells[0]))

static int show_help(void)
{
	printf("sigtrace completion: a script for a shell that completes sigtrace's words\n\n"
	       "Usage\n"
	       "  source <(sigtrace completion bash)     in ~/.bashrc\n"
	       "  source <(sigtrace completion zsh)      in ~/.zshrc, behind compinit\n"
	       "  sigtrace completion fish | source      in ~/.config/fish/config.fish\n"
	       "\nmake install puts them where the shells look by themselves.\n");
	options_help(stdout, OPTIONS);
	return EXIT_OK;
}

static int unknown(const char *name)
{
	const char *names[SHELLS], *near;
	struct err e = {0};

	for (size_t i = 0; i < SHELLS; i++)
		names[i] = shells[i].name;
	near = name ? parse_nearest(name, names, SHELLS) : NULL;
	if (name)
		err_set(&e, EXIT_USAGE, "completion does not know the shell '%s'", name);
	else
		err_set(&e, EXIT_USAGE, "completion needs a shell");
	if (near)
		err_hint(&e, "did you mean %s?", near);
	else
		err_hint(&e, "give one of bash, zsh, fish");
	log_err(&e);
	return e.status;
}

int cmd_completion(int argc, char **argv)
{
	struct options o;
	struct err e = {0};

	if (options_parse_only(&o, argc, argv, OPTIONS, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	for (size_t i = 0; o.word && i < SHELLS; i++)
		if (!strcmp(o.word, shells[i].name)) {
			shells[i].put(stdout);
			return EXIT_OK;
		}
	return unknown(o.word);
}
