/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden cases: records in a text that people read -> what the views show, byte for byte.
 *
 *   run [CASE..]            all cases, or these; prints TAP
 *   run --update [CASE..]   rewrites what is expected: read the diff before you commit it
 *   run --import FILE.sgt   a recording as the text of a case, to be cut down by hand
 *   run --export CASE.rec FILE.sgt   a case as a recording
 *
 * A case is tests/golden/CASE.rec (a record a line in event_parse()'s form; # starts a comment
 * line) with CASE.text, CASE.explain and CASE.json; with CASE.sig, a check file, also CASE.checks. CASE.chrome is
 * compared where there is one: a file that is empty at first is written. SIGTRACE_SRC is the source tree (default: here).
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "event/field.h"
#include "golden/play.h"
#include "source/recording.h"
#include "view/explain.h"

static struct view *explain_all(const struct view_options *opt)
{
	const struct question all = {.ask = ASK_ALL};

	return view_explain_new(opt, &all);
}

/* json is the last: what it shows is looked at once more. */
static const struct {
	const char *suffix;
	struct view *(*make)(const struct view_options *opt);
} views[] = {
	{"text", view_text_new},
	{"explain", explain_all},
	{"json", view_json_new},
};

#define NVIEWS (sizeof(views) / sizeof(views[0]))

static struct {
	unsigned number;
	unsigned failed;
} tap;

static void result(const char *name, const char *what, bool ok, const struct buf *why)
{
	const char *p = why->p, *end = why->p + why->len;

	printf("%sok %u - %s %s\n", ok ? "" : "not ", ++tap.number, name, what);
	if (ok)
		return;
	tap.failed++;
	while (p && p < end) {
		const char *next = memchr(p, '\n', end - p);
		int n = (int)((next ? next : end) - p);

		printf("# %.*s\n", n, p);
		p += n + 1;
	}
}

/* The first line in which they differ. */
static bool same(struct buf *expected, struct buf *got, struct buf *why)
{
	const char *e = buf_cstr(expected), *g = buf_cstr(got);
	size_t i = 0, line = 1, start = 0;

	while (i < expected->len && i < got->len && e[i] == g[i]) {
		if (e[i++] == '\n') {
			line++;
			start = i;
		}
	}
	if (i == expected->len && i == got->len)
		return true;
	buf_printf(why, "line %zu, column %zu\nexpected: ", line, i - start + 1);
	buf_put(why, e + start, strcspn(e + start, "\n"));
	buf_str(why, "\n     got: ");
	buf_put(why, g + start, strcspn(g + start, "\n"));
	return false;
}

static void compare(const char *path, const char *name, const char *suffix, struct buf *got)
{
	struct buf expected = {0}, why = {0};
	bool ok = false;

	if (read_file(path, &expected))
		buf_printf(&why, "%s: %s; --update writes it", path, strerror(errno));
	else
		ok = same(&expected, got, &why);
	result(name, suffix, ok, &why);
	buf_free(&expected);
	buf_free(&why);
}

static int rewrite(const char *path, const struct buf *got)
{
	struct buf old = {0};
	FILE *f = NULL;
	int ret = 0;

	if (!read_file(path, &old) && old.len == got->len && !memcmp(old.p, got->p, got->len))
		goto out;
	f = fopen(path, "we");
	if (!f || fwrite(got->p, 1, got->len, f) != got->len || fclose(f)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		ret = -1;
	} else {
		fprintf(stderr, "wrote %s\n", path);
	}
out:
	buf_free(&old);
	return ret;
}

/* CASE.chrome, of the few that have one. */
static int run_chrome(const char *path, const char *name, const struct records *r, bool update)
{
	struct buf at = {0}, old = {0}, got = {0};
	int ret = 0;

	buf_put(&at, path, strlen(path) - strlen("rec"));
	buf_str(&at, "chrome");
	if (!read_file(buf_cstr(&at), &old)) {
		play_view(r, view_chrome_new, &got);
		if (update)
			ret = rewrite(buf_cstr(&at), &got);
		else
			compare(buf_cstr(&at), name, "chrome", &got);
	}
	buf_free(&at);
	buf_free(&old);
	buf_free(&got);
	return ret;
}

static void check(const char *name, const struct records *r, const struct buf *json,
		  const char *checks)
{
	struct buf why = {0};

	result(name, "lost records turn no check green", !check_losses(r, checks, &why), &why);
	buf_reset(&why);

	result(name, "evidence", !check_json_lines(json, &why), &why);
	buf_reset(&why);
	result(name, "cut off anywhere", !check_prefixes(r, &why), &why);
	buf_reset(&why);
	result(name, "in two files anywhere", !check_seams(r, &why), &why);
	buf_reset(&why);
	result(name, "without any one record", !check_gaps(r, &why), &why);
	buf_free(&why);
}

/* CASE.sig, if there is one, comes to CASE.checks. `text` gets the first. */
static int run_checks(const char *path, const char *name, const struct records *r, struct buf *text,
		      bool update)
{
	struct buf at = {0}, got = {0}, why = {0};
	int ret = 0;

	buf_put(&at, path, strlen(path) - strlen("rec"));
	buf_str(&at, "sig");
	if (read_file(buf_cstr(&at), text)) {
		buf_reset(text);
		goto out;
	}
	if (play_checks(r, buf_cstr(text), &got, &why)) {
		result(name, "sig", false, &why);
		ret = -1;
		goto out;
	}
	buf_reset(&at);
	buf_put(&at, path, strlen(path) - strlen("rec"));
	buf_str(&at, "checks");
	if (update)
		ret = rewrite(buf_cstr(&at), &got);
	else
		compare(buf_cstr(&at), name, "checks", &got);
out:
	buf_free(&at);
	buf_free(&got);
	buf_free(&why);
	return ret;
}

/* `path` is that of the .rec. */
static int run_case(const char *path, const char *name, bool update)
{
	struct buf text = {0}, why = {0}, got = {0}, at = {0}, checks = {0}, json = {0};
	struct records r = {0};
	int ret = 0;

	if (read_file(path, &text))
		buf_printf(&why, "%s: %s", path, strerror(errno));
	if (why.len || records_parse(&r, buf_cstr(&text), &why)) {
		if (update)
			fprintf(stderr, "%s: %s\n", path, buf_cstr(&why));
		else
			result(name, "records", false, &why);
		ret = -1;
		goto out;
	}
	for (size_t i = 0; i < NVIEWS; i++) {
		play_view(&r, views[i].make, &got);
		buf_reset(&at);
		buf_put(&at, path, strlen(path) - strlen("rec"));
		buf_str(&at, views[i].suffix);
		if (update)
			ret |= rewrite(buf_cstr(&at), &got);
		else
			compare(buf_cstr(&at), name, views[i].suffix, &got);
	}
	buf_put(&json, got.p, got.len);
	ret |= run_checks(path, name, &r, &checks, update);
	ret |= run_chrome(path, name, &r, update);
	if (!update)
		check(name, &r, &json, buf_cstr(&checks));
out:
	records_free(&r);
	buf_free(&text);
	buf_free(&why);
	buf_free(&got);
	buf_free(&at);
	buf_free(&checks);
	buf_free(&json);
	return ret;
}

static bool wanted(const char *name, char *const *names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static int run_cases(char *const *names, bool update)
{
	const char *src = getenv("SIGTRACE_SRC");
	struct buf pattern = {0};
	unsigned found = 0;
	glob_t g = {0};
	int ret = 0;

	buf_printf(&pattern, "%s/tests/golden/*.rec", src && *src ? src : ".");
	if (!glob(buf_cstr(&pattern), 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			const char *base = strrchr(g.gl_pathv[i], '/') + 1;
			struct buf name = {0};

			buf_put(&name, base, strlen(base) - strlen(".rec"));
			if (wanted(buf_cstr(&name), names)) {
				found++;
				ret |= run_case(g.gl_pathv[i], buf_cstr(&name), update);
			}
			buf_free(&name);
		}
		globfree(&g);
	}
	if (!found) {
		fprintf(stderr, "no case like %s\n", buf_cstr(&pattern));
		ret = -1;
	}
	buf_free(&pattern);
	if (!update && found)
		printf("1..%u\n", tap.number);
	return ret || tap.failed;
}

static int import(const char *path)
{
	struct recording_reader *in;
	struct buf line = {0};
	struct err e = {0};
	const void *rec;
	size_t len;
	int n = -1;

	in = recording_open(path, &e);
	while (in && (n = recording_next(in, &rec, &len, &e)) > 0) {
		struct event ev;
		enum event_error bad = event_decode(rec, len, &ev);

		buf_reset(&line);
		if (bad)
			buf_printf(&line, "# a damaged record: %s", event_error_name(bad));
		else
			event_dump(&line, &ev);
		puts(buf_cstr(&line));
	}
	if (n < 0)
		fprintf(stderr, "%s\n", e.what);
	recording_free(in);
	buf_free(&line);
	return n < 0;
}

static int export(const char *path, const char *to)
{
	struct recording_writer *w = NULL;
	struct buf text = {0}, why = {0};
	struct records r = {0};
	struct err e = {0};
	int bad = 1;

	if (read_file(path, &text))
		buf_str(&why, strerror(errno));
	else if (!records_parse(&r, buf_cstr(&text), &why))
		w = recording_create(to, &e);
	for (size_t i = 0; w && i < r.n && !*e.what; i++) {
		size_t len;
		const void *rec = record(&r, i, &len);

		recording_put(w, rec, len, &e);
	}
	if (w)
		bad = recording_close(w, &e) != 0;
	if (bad)
		fprintf(stderr, "%s: %s\n", path, why.len ? buf_cstr(&why) : e.what);
	records_free(&r);
	buf_free(&text);
	buf_free(&why);
	return bad;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && !strcmp(argv[1], "--update");

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "--import"))
		return import(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--export"))
		return export(argv[2], argv[3]);
	if (argc > 1 && argv[1][0] == '-' && !update) {
		fprintf(stderr, "usage: run [--update] [CASE..] | --import FILE | --export CASE.rec FILE\n");
		return 2;
	}
	return run_cases(argv + 1 + update, update);
}
