/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace assert`: checks on a command, on what runs, or on a recording. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "check/check.h"
#include "cli/cli.h"
#include "cli/kept.h"
#include "cli/results.h"
#include "cli/run.h"
#include "event/redact.h"

#define OPTIONS " assert -- sshd all pid read json write redact output quiet duration buffer ready-fd help "
const char assert_options[] = OPTIONS;
#define GRACE (2000 * UINT64_C(1000000))
#define CHECKS_MOST (1 << 20) /* bytes of a file */

struct assertion {
	struct options o;
	struct checks *checks;
	struct check_run run;
	struct results results;
	char name[64];	    /* of the check file, without folder and what follows the dot */
	char host[64];
	struct kept kept;   /* no helper: the recording is the user's own */
	struct buf command; /* as a shell would take it */
	bool finished;	    /* the stream came to its end: there are verdicts */
};

/* A view that shows nothing: it feeds the checks. */
struct assert_view {
	struct view v; /* first */
	struct assertion *a;
	uint64_t first, last;
};

static int show_help(void)
{
	printf("sigtrace assert: checks on what the kernel did, for CI\n\n"
	       "Usage\n"
	       "  sigtrace assert FILE -- CMD [ARG..]    run CMD, check it and its descendants\n"
	       "  sigtrace assert -e CHECK.. -- CMD      the same with checks from here\n"
	       "  sigtrace assert FILE -r RECORDING      check a recording; needs no root\n"
	       "  sigtrace assert FILE --sshd            check ssh sessions until Ctrl-C, or with -- CMD\n"
	       "\nA check is a line such as\n"
	       "  no     orphan\n"
	       "  never  signal sig in (SIGKILL, SIGSEGV)\n"
	       "  every  signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s\n"
	       "sigtrace-assert(1) has all of them, and sigtrace fields what they can name.\n");
	options_help(stdout, OPTIONS);
	printf("\nExit status\n"
	       "  0 all passed   1 a check failed   2 usage, or a check that is none   3 cannot trace\n"
	       "  4 inconclusive: records lost where a check looked, the trace ended too early\n"
	       "  5 nothing was checked   else CMD's, when it failed and no check did\n");
	return EXIT_OK;
}

/* ---- checks ---- */

static int read_all(const char *path, struct buf *text, struct err *e)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	char block[4096];
	ssize_t n = -1;

	while (fd >= 0 && ((n = read(fd, block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))) {
		buf_put(text, block, n > 0 ? (size_t)n : 0);
		if (text->len > CHECKS_MOST)
			break;
	}
	if (n < 0 || text->failed)
		err_set(e, EXIT_USAGE, "cannot read '%s': %s", path, strerror(errno));
	else if (n > 0)
		err_set(e, EXIT_USAGE, "'%s' is no check file: it has more than %d bytes", path,
			CHECKS_MOST);
	if (fd > STDIN_FILENO)
		close(fd);
	return n ? -1 : 0;
}

static int load(struct assertion *a, struct err *e)
{
	const struct options *o = &a->o;
	struct buf text = {0}, why = {0};
	int bad = 0;

	if (o->word && read_all(o->word, &text, e)) {
		buf_free(&text);
		return -1;
	}
	if (o->word)
		bad = checks_load(a->checks, o->word, text.len ? text.p : "", text.len, &why);
	/* one text: a scope holds for those behind it */
	buf_reset(&text);
	for (size_t i = 0; i < o->nexprs; i++)
		buf_printf(&text, "%s\n", o->exprs[i]);
	if (o->nexprs)
		bad |= checks_load(a->checks, "-e", buf_cstr(&text), text.len, &why);
	if (bad) {
		fputs(buf_cstr(&why), stderr);
		err_set(e, EXIT_USAGE, "nothing was run: the checks above are wrong");
		err_hint(e, "sigtrace fields lists the kinds and what they have");
	} else if (!checks_count(a->checks)) {
		bad = err_set(e, EXIT_USAGE, o->word || o->nexprs ? "there is no check in what was given" :
								     "no checks are given");
		err_hint(e, "name a file of checks, or give one with -e 'no orphan'");
	}
	buf_free(&text);
	buf_free(&why);
	return bad ? -1 : 0;
}

static int show_list(const struct assertion *a)
{
	for (size_t i = 0; i < checks_count(a->checks); i++) {
		const struct check_info *k = checks_info(a->checks, i);
		struct buf b = {0};

		buf_text(&b, k->text, strlen(k->text));
		printf("%s:%u: %s\n", k->file, k->line, buf_cstr(&b));
		buf_free(&b);
	}
	return EXIT_OK;
}

static void set_name(struct assertion *a)
{
	const char *base = a->o.word ? a->o.word : "expr", *slash = strrchr(base, '/');
	size_t n;

	base = slash ? slash + 1 : base;
	n = strspn(base, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	snprintf(a->name, sizeof(a->name), "%.*s", n ? (int)(n < 50 ? n : 50) : 6, n ? base : "checks");
	a->run.name = a->name;
}

/* ---- the view ---- */

static void take_event(struct view *v, const struct engine *e, const struct event *ev,
		       uint32_t session)
{
	struct assert_view *x = (struct assert_view *)v;

	if (!x->first)
		x->first = ev->u.h.ts;
	if (ev->u.h.ts > x->last)
		x->last = ev->u.h.ts;
	checks_event(x->a->checks, e, ev, session);
}

static void take_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	checks_fact(((struct assert_view *)v)->a->checks, e, f);
}

static void take_end(struct view *v, const struct engine *e)
{
	struct assert_view *x = (struct assert_view *)v;
	const struct wire_begin *begin = engine_begin(e);

	checks_finish(x->a->checks, e);
	x->a->finished = true;
	snprintf(x->a->host, sizeof(x->a->host), "%s", begin->host);
	x->a->run.host = x->a->host;
	x->a->run.began = (uint64_t)begin->realtime + x->first;
	x->a->run.duration = x->last - x->first;
}

static const struct view_ops assert_ops = {
	.name = "assert",
	.event = take_event,
	.fact = take_fact,
	.end = take_end,
};

static struct view *view_new(struct assertion *a)
{
	struct assert_view *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->v.ops = &assert_ops;
	x->a = a;
	return &x->v;
}

/* ---- the recording ---- */

static void prepare_recording(struct assertion *a)
{
	if (!a->o.read && !a->o.write && !kept_prepare(&a->kept, a->name, &a->o))
		a->o.write = a->kept.temporary;
}

static void settle_recording(struct assertion *a)
{
	struct check_totals t = checks_totals(a->checks);

	a->run.recording = a->o.read ? a->o.read : a->o.write;
	if (!a->kept.helper.pid)
		return;
	a->run.recording = NULL;
	if (kept_settle(&a->kept, a->finished && (t.fail || t.inconclusive)))
		a->run.recording = a->kept.name;
}

/* ---- all of it ---- */

static int status_of(const struct assertion *a, int traced, int untold)
{
	int checked = a->finished ? checks_status(a->checks) : EXIT_INCONCLUSIVE;

	if (!a->finished && traced)
		return traced;
	if (checked == EXIT_CHECK_FAILED)
		return checked;
	if (traced == EXIT_USAGE || traced == EXIT_CANNOT_TRACE || traced >= 126)
		return traced;
	if (a->run.command_status > 0)
		return a->run.command_status;
	if (traced || untold)
		return EXIT_INCONCLUSIVE;
	return checked;
}

static int replay(struct assertion *a)
{
	struct run r;

	if (!run_open_view(&r, &a->o, view_new(a)))
		run_replay(&r);
	return run_close(&r);
}

static void hide(struct buf *words)
{
	char *to = calloc(1, WIRE_ARGS);
	size_t n = words->len;
	bool cut;

	n = to ? redact_args(words->p, n, to, WIRE_ARGS, &cut) : 0;
	buf_reset(words);
	if (to)
		buf_put(words, to, n);
	free(to);
}

static void set_command(struct assertion *a)
{
	struct buf words = {0};

	if (!a->o.command)
		return;
	for (char **word = a->o.command; *word; word++)
		buf_put(&words, *word, strlen(*word) + 1);
	if (a->o.redact)
		hide(&words);
	buf_args(&a->command, words.p, words.len, 0);
	a->run.command = buf_cstr(&a->command);
	buf_free(&words);
}

static int run_checks(struct assertion *a)
{
	int traced, untold = 0;

	set_name(a);
	a->run.command_status = -1;
	set_command(a);
	prepare_recording(a);
	traced = a->o.read ? replay(a) : trace_live(&a->o, view_new(a), &a->run.command_status);
	/* CMD could not be executed, which is told: nothing was checked */
	if (a->o.command && a->run.command_status < 0 && traced >= 126)
		a->finished = false;
	settle_recording(a);
	if (a->finished)
		untold = results_tell(&a->results, a->checks, &a->run);
	return status_of(a, traced, untold);
}

static int prepare(struct assertion *a, int argc, char **argv, struct err *e)
{
	struct check_options opt = {0};

	if (options_parse_only(&a->o, argc, argv, OPTIONS, e))
		return -1;
	if (a->o.help)
		return 0;
	opt.strict = a->o.strict;
	a->checks = checks_new(&opt);
	if (!a->checks)
		return err_set(e, EXIT_CANNOT_TRACE, "out of memory");
	if (load(a, e))
		return -1;
	if (a->o.list)
		return 0;
	a->o.own_loss = a->o.each = true;
	if (!a->o.grace)
		a->o.grace = GRACE;
	return options_check(&a->o, e) || results_open(&a->results, &a->o, e) ? -1 : 0;
}

int cmd_assert(int argc, char **argv)
{
	struct assertion a = {0};
	struct err e = {0};
	int status;

	if (prepare(&a, argc, argv, &e)) {
		log_err(&e);
		status = e.status;
	} else if (a.o.help) {
		status = show_help();
	} else if (a.o.list) {
		status = show_list(&a);
	} else {
		status = run_checks(&a);
	}
	results_close(&a.results);
	checks_free(a.checks);
	buf_free(&a.command);
	return status;
}
