/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/stats_row.h"
#include "event/field.h"
#include "source/confine.h"
#include "source/frame.h"
#include "source/write_all.h"

#define EVERY UINT64_C(1000000000) /* ns */
#define KIB 1024

/* ---- what is known ---- */

static uint64_t resident(const struct stats *s)
{
	char text[128];
	ssize_t n = pread(s->statm, text, sizeof(text) - 1, 0);
	unsigned long pages = 0;

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*u %lu", &pages) != 1)
		pages = 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t cpu_time(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u))
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static struct stats_now now_of(const struct stats *s, const struct engine *e)
{
	return (struct stats_now){
		.e = e,
		.t = engine_totals(e),
		.live = s->is_live ? &s->live : NULL,
		.rss = s->is_live ? s->rss : resident(s),
		.cpu = cpu_time(),
	};
}

/* ---- the line ---- */

static void put_lost(struct buf *b, const struct stats_now *n)
{
	const char *sep = " (";

	buf_printf(b, ", %llu lost", (unsigned long long)n->t.lost);
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		if (!engine_lost_of(n->e, k))
			continue;
		buf_printf(b, "%s%s %llu", sep, kind_info(k)->name,
			   (unsigned long long)engine_lost_of(n->e, k));
		sep = ", ";
	}
	if (sep[0] == ',')
		buf_char(b, ')');
}

static void put_programs(struct buf *b, const struct live_stats *live)
{
	const char *sep = "; ns a run: ";

	for (size_t i = 0; i < live->nprograms; i++) {
		const struct live_program *p = &live->programs[i];

		if (!p->runs)
			continue;
		buf_printf(b, "%s%s %llu (%llu runs)", sep, p->name,
			   (unsigned long long)(p->ns / p->runs), (unsigned long long)p->runs);
		sep = ", ";
	}
}

/* Records since the last line, or, at the end, all. */
static void say(struct stats *s, const struct stats_now *n, uint64_t now, bool end)
{
	uint64_t since = end ? s->started : s->told, from = end ? 0 : s->records;
	double seconds = now > since ? (double)(now - since) / 1e9 : 1;
	struct buf b = {0};

	buf_printf(&b, "stats%s: %llu records (%.0f/s)", end ? " of all" : "",
		   (unsigned long long)n->t.records, (double)(n->t.records - from) / seconds);
	put_lost(&b, n);
	buf_printf(&b, ", %llu coalesced", (unsigned long long)n->t.coalesced);
	if (n->live)
		buf_printf(&b, ", ring at most %llu of %llu KiB",
			   (unsigned long long)(n->live->ring_most + KIB - 1) / KIB,
			   (unsigned long long)n->live->ring / KIB);
	buf_printf(&b, ", %u processes, RSS %llu KiB, CPU %.1f %%",
		   (unsigned)HASH_COUNT(engine_world(n->e)->tasks),
		   (unsigned long long)n->rss / KIB,
		   (double)(n->cpu - (end ? 0 : s->cpu)) / 1e7 / seconds);
	if (n->live)
		put_programs(&b, n->live);
	log_line("%s", buf_cstr(&b));
	buf_free(&b);
}

/* ---- the file ---- */

/* A reader finds the file as it was before or as it is now: a name of its own first. That is none
 * that node exporter's *.prom takes in. */
static int replace(const struct stats *s, const struct buf *b)
{
	int fd, bad, why;

	if (unlinkat(s->folder, s->fresh, 0) && errno != ENOENT)
		return -1;
	fd = openat(s->folder, s->fresh, CONFINE_CREATE, 0600);
	if (fd < 0)
		return -1;
	/* who collects it is not root */
	bad = write_all(fd, b->p, b->len) || fchmod(fd, CONFINE_PUBLIC);
	why = errno;
	if (close(fd) && !bad) {
		bad = -1;
		why = errno;
	}
	if (!bad && renameat(s->folder, s->fresh, s->folder, s->name)) {
		bad = -1;
		why = errno;
	}
	if (bad)
		unlinkat(s->folder, s->fresh, 0);
	errno = why;
	return bad ? -1 : 0;
}

static int write_metrics(const struct stats *s, const struct stats_now *n, struct err *err)
{
	struct buf b = {0};
	int bad;

	if (!s->o->metrics)
		return 0;
	stats_prometheus(&b, n);
	errno = ENOMEM;
	bad = b.failed || replace(s, &b);
	if (bad)
		err_set(err, EXIT_INCONCLUSIVE, "cannot write metrics '%s': %s", s->o->metrics,
			strerror(errno));
	buf_free(&b);
	return bad ? -1 : 0;
}

/* ---- when ---- */

/* A tracer that runs opens no path any more: what is beneath these is all that it can reach. */
static int open_files(struct stats *s)
{
	const char *path = s->o->metrics, *slash = path ? strrchr(path, '/') : NULL;
	char folder[PATH_MAX];

	s->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (!path)
		return 0;
	s->name = slash ? slash + 1 : path;
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	if ((size_t)snprintf(s->fresh, sizeof(s->fresh), ".%s.new", s->name) >= sizeof(s->fresh)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->folder < 0 ? -1 : 0;
}

int stats_start(struct stats *s, const struct options *o, const struct engine *e, struct err *err)
{
	struct stats_now n;
	int bad;

	*s = (struct stats){.o = o, .started = live_now(), .statm = -1, .folder = -1};
	if (!o->stats && !o->metrics)
		return 0;
	s->told = s->started;
	s->cpu = cpu_time();
	if (open_files(s)) {
		bad = err_set(err, EXIT_USAGE, "cannot write metrics '%s': %s", o->metrics,
			      strerror(errno));
	} else {
		n = now_of(s, e);
		confine_try(true);
		bad = write_metrics(s, &n, err);
		confine_try(false);
	}
	if (!bad)
		return 0;
	err->status = EXIT_USAGE;
	return err_hint(err, "its folder must be there and be this user's, also without the rights of root "
			     "over the files of others");
}

uint64_t stats_due(const struct stats *s)
{
	return s->o->stats || s->o->metrics ? s->told + EVERY : UINT64_MAX;
}

void stats_stop(struct stats *s, const struct live *l)
{
	if (!s->o->stats && !s->o->metrics)
		return;
	live_stats(l, &s->live);
	s->rss = resident(s);
	s->is_live = true;
}

void stats_tell(struct stats *s, const struct engine *e, const struct live *l)
{
	uint64_t now = live_now();
	struct err err = {0};
	struct stats_now n;

	if (now < stats_due(s))
		return;
	stats_stop(s, l);
	n = now_of(s, e);
	if (s->o->stats)
		say(s, &n, now, false);
	if (!write_metrics(s, &n, &err)) {
		s->bad = false;
	} else if (!s->bad) {
		s->bad = true;
		log_line("%s; trying again each second", err.what);
	}
	s->told = now;
	s->records = n.t.records;
	s->cpu = n.cpu;
}

void stats_end(struct stats *s, struct run *r)
{
	struct stats_now n;

	if (!s->o->stats && !s->o->metrics)
		return;
	n = now_of(s, r->engine);
	if (s->o->stats)
		say(s, &n, live_now(), true);
	if (write_metrics(s, &n, r->failed ? NULL : &r->err))
		r->failed = true;
	if (s->statm >= 0)
		close(s->statm);
	if (s->folder >= 0)
		close(s->folder);
}
