/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace orphans`: what past ssh sessions left behind, from /proc alone. It never kills. */
#include "cli/orphans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "cli/cli.h"
#include "cli/options_row.h"
#include "event/redact.h"
#include "source/confine.h"
#include "source/procscan.h"
#include "source/require.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int on_min_age(struct orphans *o, const char *v, struct err *e)
{
	if (!parse_duration(v, &o->min_age))
		return 0;
	return err_set(e, EXIT_USAGE, "--min-age takes a time such as 30s, 5m or 2h, not '%s'", v);
}

static int on_all(struct orphans *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->all = true;
	return 0;
}

static int on_json(struct orphans *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->json = true;
	return 0;
}

static int on_exit_code(struct orphans *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->exit_code = true;
	return 0;
}

static int on_help(struct orphans *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->help = true;
	return 0;
}

static int on_redact(struct orphans *o, const char *v, struct err *e)
{
	o->redact = true;
	return options_redact(v, e);
}

static const struct row {
	const char *name;
	const char *arg; /* NULL: takes none */
	int (*set)(struct orphans *o, const char *value, struct err *e);
	const char *help;
} rows[] = {
	{"min-age", "T", on_min_age, "only those that began this long ago: 30s, 5m, 2h"},
	{"all", NULL, on_all, "also what was left on purpose: tmux, nohup, daemons .."},
	{"json", NULL, on_json, "one JSON object a line"},
	{"redact", "args", on_redact, "hide the arguments of every command line"},
	{"exit-code", NULL, on_exit_code, "exit with 1 if any is shown"},
	{"help", NULL, on_help, "show this"},
};

bool orphans_shown(size_t i, struct option_shown *s)
{
	if (i >= COUNT(rows))
		return false;
	*s = (struct option_shown){
		.brief = !strcmp(rows[i].name, "help") ? 'h' : 0, /* parse() takes -h */
		.name = rows[i].name,
		.arg = rows[i].arg,
		.help = rows[i].help,
	};
	return true;
}

static int unknown(const char *arg, struct err *e)
{
	const char *names[COUNT(rows)], *near = NULL;

	for (size_t i = 0; i < COUNT(rows); i++)
		names[i] = rows[i].name;
	if (!strncmp(arg, "--", 2))
		near = parse_nearest(arg + 2, names, COUNT(rows));
	err_set(e, EXIT_USAGE, "orphans: unknown %s '%s'", *arg == '-' ? "option" : "argument",
		arg);
	return near ? err_hint(e, "did you mean --%s?", near) :
		      err_hint(e, "sigtrace orphans --help lists the options");
}

/* Is it --NAME? `n`: without the value. */
static bool is_option(const struct row *r, const char *arg, size_t n)
{
	return !strncmp(arg, "--", 2) && strlen(r->name) == n - 2 &&
	       !strncmp(arg + 2, r->name, n - 2);
}

static int parse(struct orphans *o, int argc, char **argv, struct err *e)
{
	for (int i = 1; i < argc; i++) {
		const char *name = !strcmp(argv[i], "-h") ? "--help" : argv[i];
		const char *eq = strchr(name, '='), *value = eq ? eq + 1 : NULL;
		size_t n = eq ? (size_t)(eq - name) : strlen(name), r = 0;

		while (r < COUNT(rows) && !is_option(&rows[r], name, n))
			r++;
		if (r == COUNT(rows))
			return unknown(argv[i], e);
		if (!rows[r].arg && value)
			return err_set(e, EXIT_USAGE, "--%s takes no value", rows[r].name);
		if (rows[r].arg && !value && !(value = argv[++i]))
			return err_set(e, EXIT_USAGE, "--%s needs %s", rows[r].name, rows[r].arg);
		if (rows[r].set(o, value, e))
			return -1;
	}
	return 0;
}

static int show_help(void)
{
	printf("sigtrace orphans: what past ssh sessions left behind, from /proc alone\n\n"
	       "Usage\n"
	       "  sigtrace orphans [options]   needs no trace; as root it sees every user's\n\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char left[32];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].arg ? " " : "",
			 rows[i].arg ? rows[i].arg : "");
		printf("  %-18s %s\n", left, rows[i].help);
	}
	printf("\nIt never kills. Exit status: 0 done, 1 with --exit-code if any is shown, "
	       "2 usage.\n");
	return fflush(stdout) ? EXIT_INCONCLUSIVE : EXIT_OK;
}

static int find(struct orphans *o, struct err *e)
{
	if (confine_reader(e) || procscan_read(&o->scan, e))
		return -1;
	for (size_t i = 0; i < o->scan.n; i++)
		if (leftover_is_server(&o->scan.p[i]))
			procscan_more(&o->scan.p[i]);
	o->shown = calloc(o->scan.n + 1, sizeof(*o->shown));
	if (!o->shown || leftovers_init(&o->left, &o->scan))
		return err_set(e, EXIT_CANNOT_TRACE, "out of memory");
	for (size_t i = 0; i < o->left.n; i++) {
		const struct leftover *v = &o->left.v[i];

		if (!leftover_is_suspect(v))
			continue;
		procscan_more(v->p);
		if (v->parent)
			procscan_more(v->parent->p);
	}
	leftovers_judge(&o->left);
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct procinfo *x = (*(const struct leftover *const *)a)->p;
	const struct procinfo *y = (*(const struct leftover *const *)b)->p;

	if (x->start_tick != y->start_tick)
		return x->start_tick < y->start_tick ? -1 : 1;
	return (x->tgid > y->tgid) - (x->tgid < y->tgid);
}

static void choose(struct orphans *o)
{
	for (size_t i = 0; i < o->left.n; i++) {
		const struct leftover *v = &o->left.v[i];

		o->unread += v->p->unread && v->p->tgid != 1 && !leftover_is_server(v->p);
		if (v->rule->class == LEFTOVER_NONE)
			continue;
		if (orphans_age(o, v) < o->min_age)
			o->young++;
		else if (v->rule->class == LEFTOVER_ON_PURPOSE && !o->all)
			o->hidden++;
		else
			o->shown[o->nshown++] = v;
	}
	qsort(o->shown, o->nshown, sizeof(*o->shown), by_age);
}

/* stderr: what the list does not say. */
static void say_rest(const struct orphans *o)
{
	const char *lacks = require_reader(), *so_far = o->unread ? ", of those that may be read" : "";

	if (!o->json && !o->nshown && o->young)
		log_line("no process of a past ssh session is left that began so long ago%s",
			 so_far);
	else if (!o->json && !o->nshown)
		log_line("no process of a past ssh session is left%s", so_far);
	if (!o->json && o->hidden)
		log_line("%zu more left on purpose (tmux, nohup, daemons ..): --all shows %s",
			 o->hidden, o->hidden == 1 ? "it" : "them");
	if (!o->scan.conns_known)
		log_line("some table of TCP connections cannot be read, so none counts as ended");
	if (o->unread)
		log_line("%zu process%s could not be read: %s%s", o->unread,
			 o->unread == 1 ? "" : "es", lacks ? lacks : "the system refused it",
			 !lacks ? "" : strchr(lacks, ' ') ? " are missing" : " is missing");
}

/* 0, or -1: it is lost. That nobody reads it any more is no loss. */
static int write_out(const struct buf *b)
{
	size_t at = 0;

	while (!b->failed && at < b->len) {
		ssize_t n = write(STDOUT_FILENO, b->p + at, b->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE)
			return 0;
		if (n < 0)
			break;
		at += n;
	}
	if (!b->failed && at == b->len)
		return 0;
	log_line("cannot write the list: %s", strerror(b->failed ? ENOMEM : errno));
	return -1;
}

static int redact(struct orphans *o)
{
	bool cut;

	o->redacted = o->redact ? calloc(o->nshown + 1, WIRE_ARGS) : NULL;
	if (o->redact && !o->redacted)
		return -1;
	for (size_t i = 0; o->redact && i < o->nshown; i++) {
		struct procinfo *p = o->shown[i]->p;
		char *to = o->redacted + i * WIRE_ARGS;

		p->args_len = redact_args(p->args, p->args_len, to, WIRE_ARGS, &cut);
		p->args = to;
	}
	return 0;
}

static int show(struct orphans *o)
{
	choose(o);
	if (redact(o)) {
		log_line("out of memory");
		return EXIT_CANNOT_TRACE;
	}
	if (o->json)
		orphans_json(o);
	else
		orphans_text(o);
	if (write_out(&o->out))
		return EXIT_INCONCLUSIVE;
	say_rest(o);
	return o->exit_code && o->nshown ? EXIT_CHECK_FAILED : EXIT_OK;
}

int cmd_orphans(int argc, char **argv)
{
	struct orphans o = {0};
	struct err e = {0};
	int status;

	if (parse(&o, argc, argv, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.help)
		return show_help();
	if (find(&o, &e)) {
		log_err(&e);
		status = e.status;
	} else {
		status = show(&o);
	}
	buf_free(&o.out);
	free(o.shown);
	free(o.redacted);
	leftovers_free(&o.left);
	procscan_free(&o.scan);
	return status;
}
