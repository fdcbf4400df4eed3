/* SPDX-License-Identifier: GPL-2.0-only */
/* A command line against the table of options, and the help that comes of it. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cli/options_row.h"

static bool has_word(const char *words, const char *word)
{
	const char *at = words;
	size_t n = strlen(word);

	while (at && (at = strstr(at, word))) {
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
		at += n;
	}
	return false;
}

/* Row i of those that there are for `only`, NULL: it is not among them. */
static const struct option_row *row_of(const char *only, size_t i)
{
	const struct option_row *r = &option_rows[i];

	if (i >= option_count + assert_count)
		return has_word(only, "export") ? &export_rows[i - option_count - assert_count] : NULL;
	if (i >= option_count)
		return has_word(only, "assert") ? &assert_rows[i - option_count] : NULL;
	return !only || has_word(only, r->name) ? r : NULL;
}

static size_t rows(void)
{
	return option_count + assert_count + export_count;
}

bool options_shown(const char *only, size_t i, struct option_shown *s)
{
	for (size_t k = 0; k < rows(); k++) {
		const struct option_row *r = row_of(only, k);

		if (!r || i--)
			continue;
		*s = (struct option_shown){.brief = r->brief, .name = r->name, .arg = r->arg, .help = r->help};
		return true;
	}
	return false;
}

void options_help(FILE *out, const char *only)
{
	if (only)
		fputs("\nOptions\n", out);
	for (size_t i = 0; i < rows(); i++) {
		const struct option_row *r = row_of(only, i);
		char left[64];
		int n = 0;

		if (!r)
			continue;
		if (r->group && !only)
			fprintf(out, "\n%s\n", r->group);
		if (r->brief)
			n = snprintf(left, sizeof(left), "-%c, ", r->brief);
		else
			n = snprintf(left, sizeof(left), "    ");
		snprintf(left + n, sizeof(left) - n, "--%s%s%s", r->name, r->arg ? " " : "",
			 r->arg ? r->arg : "");
		fprintf(out, "  %-26s %s\n", left, r->help);
	}
}

static const struct option_row *find_brief(const char *only, char c)
{
	for (size_t i = 0; i < rows(); i++) {
		const struct option_row *r = row_of(only, i);

		if (r && r->brief == c)
			return r;
	}
	return NULL;
}

static const struct option_row *find_name(const char *only, const char *name, size_t n)
{
	for (size_t i = 0; i < rows(); i++) {
		const struct option_row *r = row_of(only, i);

		if (r && strlen(r->name) == n && !strncmp(r->name, name, n))
			return r;
	}
	return NULL;
}

static int unknown(const struct options *o, const char *arg, struct err *e)
{
	const char *names[OPTIONS_MOST], *near;
	size_t n = 0;

	for (size_t i = 0; i < rows(); i++)
		if (row_of(o->only, i))
			names[n++] = row_of(o->only, i)->name;
	near = !strncmp(arg, "--", 2) ? parse_nearest(arg + 2, names, n) : NULL;
	err_set(e, EXIT_USAGE, "unknown option '%s'", arg);
	return near ? err_hint(e, "did you mean --%s?", near) :
		      err_hint(e, "sigtrace --help lists the options");
}

/* argv[*i] is --name, --name=value or --name value */
static int take_long(struct options *o, int argc, char **argv, int *i, struct err *e)
{
	const char *arg = argv[*i], *eq = strchr(arg, '=');
	const struct option_row *r =
		find_name(o->only, arg + 2, eq ? (size_t)(eq - arg - 2) : strlen(arg + 2));

	if (!r)
		return unknown(o, arg, e);
	if (!r->arg && eq)
		return err_set(e, EXIT_USAGE, "--%s takes no value", r->name);
	if (r->arg && !eq && *i + 1 >= argc)
		return err_set(e, EXIT_USAGE, "--%s needs %s", r->name, r->arg);
	return r->set(o, !r->arg ? NULL : eq ? eq + 1 : argv[++*i], e);
}

/* argv[*i] is -a, -ab, -aVALUE or -a VALUE */
static int take_brief(struct options *o, int argc, char **argv, int *i, struct err *e)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct option_row *r = find_brief(o->only, *p);

		if (!r)
			return unknown(o, argv[*i], e);
		if (!r->arg) {
			if (r->set(o, NULL, e))
				return -1;
			continue;
		}
		if (p[1])
			return r->set(o, p + 1, e);
		if (*i + 1 >= argc)
			return err_set(e, EXIT_USAGE, "-%c needs %s", *p, r->arg);
		return r->set(o, argv[++*i], e);
	}
	return 0;
}

static int take_command(struct options *o, char **argv, struct err *e)
{
	if (!*argv)
		return err_set(e, EXIT_USAGE, "-- needs a command");
	o->command = argv;
	return 0;
}

static int scope_from_rest(struct options *o, struct err *e)
{
	const struct view_filter *f = &o->filter;

	if (f->user || f->tty || f->peer || f->session || o->nservers) {
		o->scope = WIRE_SCOPE_SSHD; /* these are about sessions */
	} else if (o->command) {
		o->scope = WIRE_SCOPE_CMD;
	} else {
		err_set(e, EXIT_USAGE, "nothing to trace");
		return err_hint(e, "give --sshd, --all, -p PID, -- CMD, or -r FILE");
	}
	return 0;
}

int options_check(struct options *o, struct err *e)
{
	if (o->help || o->version)
		return 0;
	if (o->command && o->scope == WIRE_SCOPE_TREE && o->scope_given) {
		err_set(e, EXIT_USAGE, "-p PID and -- CMD are two trees");
		return err_hint(e, "give one of them, or --all");
	}
	if (o->read && (o->scope_given || o->command))
		return err_set(e, EXIT_USAGE, "-r reads a recording: it has its scope already");
	if (o->read && o->nservers)
		return err_set(e, EXIT_USAGE, "-r reads a recording: --server cannot add to it");
	if (o->read && o->duration)
		return err_set(e, EXIT_USAGE, "--duration ends what is live: it cannot go with -r");
	if (o->read && o->rotate)
		return err_set(e, EXIT_USAGE, "--rotate records what is live: it cannot go with -r");
	if (o->rotate && (!o->write || !strcmp(o->write, "-")))
		return err_set(e, EXIT_USAGE, "--rotate needs a folder: -w DIR");
	if (o->keep && !o->rotate)
		return err_set(e, EXIT_USAGE, "--keep is about the files of --rotate");
	if (o->write && !strcmp(o->write, "-") && !o->quiet &&
	    (!o->output || !strcmp(o->output, "-"))) {
		err_set(e, EXIT_USAGE, "-w - and the view would both write to stdout");
		return err_hint(e, "add -q, or -o FILE for the view");
	}
	return o->read || o->scope_given ? 0 : scope_from_rest(o, e);
}

static int take_word(struct options *o, const char *arg, struct err *e)
{
	if (!o->only || o->word)
		return options_usage(e, "unexpected argument", arg, NULL);
	o->word = arg;
	return 0;
}

static int parse(struct options *o, int argc, char **argv, struct err *e)
{
	o->ready_fd = -1;
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		int r;

		if (!strcmp(arg, "--") && (!o->only || has_word(o->only, "--")))
			return take_command(o, argv + i + 1, e);
		if (!strncmp(arg, "--", 2))
			r = take_long(o, argc, argv, &i, e);
		else if (arg[0] == '-' && arg[1])
			r = take_brief(o, argc, argv, &i, e);
		else
			r = take_word(o, arg, e);
		if (r)
			return -1;
	}
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct err *e)
{
	memset(o, 0, sizeof(*o));
	return parse(o, argc, argv, e) ? -1 : options_check(o, e);
}

int options_parse_only(struct options *o, int argc, char **argv, const char *only, struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->only = only;
	return parse(o, argc, argv, e);
}
