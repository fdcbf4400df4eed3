/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/private.h"

/* One that is new belongs to whom CMD runs as: CI collects it without sudo. */
static int create(const struct options *o)
{
	int fd = private_open(o->junit, O_EXCL);
	struct command_user u;

	if (fd < 0 && errno == EEXIST)
		return private_open(o->junit, 0);
	if (fd >= 0 && o->command && command_user(&u, o->as, NULL) == 1 &&
	    fchown(fd, u.uid, u.gid))
		log_line("cannot give '%s' to %s: %s", o->junit, u.name, strerror(errno));
	return fd;
}

static int cannot_write(const char *path, struct err *e)
{
	return err_set(e, EXIT_USAGE, "cannot write '%s': %s", path, strerror(errno));
}

int results_open(struct results *r, const struct options *o, struct err *e)
{
	int fd;

	r->o = o;
	if (o->json && o->tap)
		return err_set(e, EXIT_USAGE, "--json and --tap are given: stdout takes one");
	if (o->junit) {
		fd = create(o);
		if (fd < 0)
			return cannot_write(o->junit, e);
		r->junit = fd + 1;
	}
	if (o->output && strcmp(o->output, "-")) {
		fd = private_open(o->output, 0);
		if (fd < 0)
			return cannot_write(o->output, e);
		r->output = fd + 1;
	}
	return 0;
}

static int write_file(FILE *f, const struct buf *out)
{
	bool bad = !f || fwrite(out->p ? out->p : "", 1, out->len, f) != out->len;

	bad |= f == stdout || f == stderr ? fflush(f) != 0 : f && fclose(f) != 0;
	return bad || out->failed ? -1 : 0;
}

static int tell(const struct checks *c, const struct check_output *format, struct check_run *run,
		FILE *f, const char *where)
{
	struct buf out = {0};
	int bad;

	checks_write(c, format, run, &out);
	bad = write_file(f, &out);
	if (bad)
		log_line("cannot write the results to %s: %s", where, strerror(errno));
	buf_free(&out);
	return bad;
}

static int tell_stdout(struct results *r, const struct checks *c, struct check_run *run)
{
	const struct options *o = r->o;
	const struct check_output *format = o->json ? &check_json : o->tap ? &check_tap : &check_text;

	FILE *f;

	if (!r->output)
		return tell(c, format, run, stdout, "stdout");
	f = fdopen(r->output - 1, "w");
	r->output = 0;
	return tell(c, format, run, f, o->output);
}

/* To stderr, of which GitHub takes commands too: what reads stdout gets no foreign lines. */
static void annotate(const struct checks *c)
{
	const char *github = getenv("GITHUB_ACTIONS");
	struct buf out = {0};

	if (!github || strcmp(github, "true"))
		return;
	checks_github(c, &out);
	write_file(stderr, &out);
	buf_free(&out);
}

int results_tell(struct results *r, const struct checks *c, struct check_run *run)
{
	const struct options *o = r->o;
	int bad = 0;

	if (r->junit) {
		bad |= tell(c, &check_junit, run, fdopen(r->junit - 1, "w"), o->junit);
		r->junit = 0;
	}
	/* a pipe that nobody reads any more is no failure of a check, but neither a success */
	if (!o->quiet)
		bad |= tell_stdout(r, c, run);
	annotate(c);
	return bad;
}

void results_close(struct results *r)
{
	if (r->junit)
		close(r->junit - 1);
	if (r->output)
		close(r->output - 1);
	r->junit = r->output = 0;
}
