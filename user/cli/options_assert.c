/* SPDX-License-Identifier: GPL-2.0-only */
/* The options that only `sigtrace assert` has. */
#include <string.h>

#include "base/parse.h"
#include "cli/options_row.h"

static int on_expr(struct options *o, const char *v, struct err *e)
{
	if (o->nexprs == OPTIONS_EXPRS)
		return err_set(e, EXIT_USAGE, "-e is given more than %d times: use a file", OPTIONS_EXPRS);
	o->exprs[o->nexprs++] = v;
	return 0;
}

static int on_grace(struct options *o, const char *v, struct err *e)
{
	if (parse_duration(v, &o->grace) || !o->grace) {
		err_set(e, EXIT_USAGE, "--grace takes a time such as 300ms, 2s or 5m, not '%s'", v);
		return -1;
	}
	return 0;
}

static int on_as(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->as = v;
	return 0;
}

static int on_strict(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->strict = true;
	return 0;
}

static int on_junit(struct options *o, const char *v, struct err *e)
{
	if (!strcmp(v, "-"))
		return err_set(e, EXIT_USAGE, "--junit takes a file: stdout has the results");
	o->junit = v;
	return 0;
}

static int on_tap(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->tap = true;
	return 0;
}

static int on_list(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->list = true;
	return 0;
}

const struct option_row assert_rows[] = {
	{NULL, 'e', "expr", "CHECK", on_expr, "a check, as a line of a file; may be repeated"},
	{NULL, 0, "grace", "TIME", on_grace, "how long what CMD left may take to end (2s)"},
	{NULL, 0, "strict", NULL, on_strict, "a check whose left side never happened fails"},
	{NULL, 0, "user", "USER", on_as, "whom CMD runs as; else who called sudo"},
	{NULL, 0, "junit", "FILE", on_junit, "the results as JUnit XML as well, in FILE"},
	{NULL, 0, "tap", NULL, on_tap, "the results as TAP 14 instead of text"},
	{NULL, 0, "list", NULL, on_list, "print the checks, run nothing"},
};

const size_t assert_count = sizeof(assert_rows) / sizeof(assert_rows[0]);
