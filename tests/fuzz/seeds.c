/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/seeds.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"
#include "golden/play.h"
#include "source/recording.h"

struct give {
	seed_fn *take;
	void *ctx;
	size_t n;
};

static void give(struct give *g, const char *target, const char *name, const void *p, size_t n)
{
	g->take(g->ctx, target, name, p, n);
	g->n++;
}

static const char *const conditions[] = {
	"sig = SIGINT and not (tgid = 100 or comm = \"sleep\")",
	"args contains sleep",
	"sig in (SIGINT, SIGHUP, SIGKILL)",
	"exit_code != 0",
	"target.comm = sleep and session > 0",
};

static int give_recording(struct give *g, const char *name, const struct records *r)
{
	char path[] = "/tmp/sigtrace-seed-XXXXXX";
	int fd = mkstemp(path), ret = -1;
	struct recording_writer *w;
	struct buf file = {0};
	struct err e = {0};

	if (fd < 0)
		return -1;
	close(fd);
	w = recording_create(path, &e);
	for (size_t i = 0; w && i < r->n; i++) {
		size_t len;
		const void *rec = record(r, i, &len);

		recording_put(w, rec, len, &e);
		if (i == r->n / 2) /* two frames */
			recording_flush(w, &e);
	}
	if (w && !recording_close(w, &e) && !read_file(path, &file)) {
		give(g, "recording", name, file.p, file.len);
		ret = 0;
	}
	unlink(path);
	buf_free(&file);
	return ret;
}

/* The first record of each kind, as bytes and as a line. */
static void give_records(struct give *g, const char *name, const struct records *r)
{
	bool seen[WIRE_KIND_MAX + 1] = {0};

	for (size_t i = 0; i < r->n; i++) {
		struct wire_hdr h;
		char one[300];
		size_t len;
		const void *rec = record(r, i, &len);

		memcpy(&h, rec, sizeof(h));
		if (seen[h.kind])
			continue;
		seen[h.kind] = true;
		snprintf(one, sizeof(one), "%s-%u", name, h.kind);
		give(g, "codec", one, rec, len);
	}
}

static void give_line(struct give *g, const char *name, const char *text)
{
	const char *line = strstr(text, "\ntask.exec");

	if (line)
		give(g, "codec", name, line + 1, strcspn(line + 1, "\n"));
}

static int give_case(struct give *g, const char *name, const char *text)
{
	struct buf why = {0};
	struct records r = {0};
	int ret = records_parse(&r, text, &why);

	if (!ret) {
		give(g, "engine", name, r.bytes.p, r.bytes.len);
		give_records(g, name, &r);
		give_line(g, name, text);
		ret = give_recording(g, name, &r);
	}
	records_free(&r);
	buf_free(&why);
	return ret;
}

static int give_check(struct give *g, const char *name, const char *text)
{
	give(g, "check", name, text, strlen(text));
	return 0;
}

static int each_file(struct give *g, const char *pattern,
		     int (*one)(struct give *g, const char *name, const char *text))
{
	const char *src = getenv("SIGTRACE_SRC");
	struct buf path = {0}, text = {0};
	glob_t found = {0};
	int ret;

	buf_printf(&path, "%s/%s", src && *src ? src : ".", pattern);
	ret = glob(buf_cstr(&path), 0, NULL, &found) ? -1 : 0;
	if (ret)
		fprintf(stderr, "no %s\n", buf_cstr(&path));
	for (size_t i = 0; !ret && i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		ret = read_file(found.gl_pathv[i], &text) || one(g, name, buf_cstr(&text)) ? -1 : 0;
		if (ret)
			fprintf(stderr, "no seed of %s\n", found.gl_pathv[i]);
	}
	globfree(&found);
	buf_free(&path);
	buf_free(&text);
	return ret;
}

size_t seeds_each(seed_fn *take, void *ctx)
{
	struct give g = {.take = take, .ctx = ctx};
	char name[32];

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		snprintf(name, sizeof(name), "condition-%zu", i);
		give(&g, "check", name, conditions[i], strlen(conditions[i]));
	}
	if (each_file(&g, "tests/golden/*.rec", give_case) ||
	    each_file(&g, "tests/golden/*.sig", give_check) ||
	    each_file(&g, "tools/checks/*.sig", give_check))
		return 0;
	return g.n;
}
