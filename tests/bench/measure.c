/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench/measure.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/throwaway_proc.h"
#include "event/event.h"
#include "source/recording.h"

volatile sig_atomic_t bench_interrupted;

static void on_signal(int sig)
{
	bench_interrupted = sig;
}

void bench_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART: every wait ends */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool bench_quick(void)
{
	const char *quick = getenv("QUICK");

	return quick && *quick && strcmp(quick, "0");
}

bool bench_smoke(void)
{
	const char *quick = getenv("QUICK");

	return quick && !strcmp(quick, "smoke");
}

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

int bench_say(const char *what, const char *why)
{
	if (!bench_interrupted)
		fprintf(stderr, "bench: %s: %s\n", what, why);
	return -1;
}

static const char *in_folder(const char *variable, const char *fallback, const char *name)
{
	static char ring[4][512];
	static unsigned next;
	const char *dir = getenv(variable);
	char *p = ring[next++ % 4];

	snprintf(p, sizeof(ring[0]), "%s/%s", dir ? dir : fallback, name);
	return p;
}

const char *bench_program(const char *name)
{
	return in_folder("SIGTRACE_BENCHDIR", "build/tests/bench", name);
}

const char *bench_file(const char *name)
{
	mkdir(in_folder("SIGTRACE_BENCHOUT", "build/bench", ""), 0755);
	return in_folder("SIGTRACE_BENCHOUT", "build/bench", name);
}

void bench_machine(char *line, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char text[256], model[96] = "model unknown";
	struct utsname u;

	while (f && fgets(text, sizeof(text), f)) {
		if (strncmp(text, "model name", 10) || !strchr(text, ':'))
			continue;
		text[strcspn(text, "\n")] = '\0';
		snprintf(model, sizeof(model), "%.80s", strchr(text, ':') + 2);
		break;
	}
	if (f)
		fclose(f);
	uname(&u);
	snprintf(line, size, "version: %s   machine: %s %s %s, %ld CPUs (%s)", sigtrace_version,
		 u.sysname, u.release, u.machine, sysconf(_SC_NPROCESSORS_ONLN), model);
}

/* ---- series ---- */

void series_add(struct series *s, double v)
{
	if (s->n < SERIES_MAX)
		s->v[s->n++] = v;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_median(const struct series *s)
{
	struct series c = *s;

	if (!c.n)
		return NAN;
	qsort(c.v, c.n, sizeof(c.v[0]), compare);
	return c.n % 2 ? c.v[c.n / 2] : (c.v[c.n / 2 - 1] + c.v[c.n / 2]) / 2;
}

double series_min(const struct series *s)
{
	double least = s->n ? s->v[0] : NAN;

	for (size_t i = 1; i < s->n; i++)
		least = s->v[i] < least ? s->v[i] : least;
	return least;
}

double series_max(const struct series *s)
{
	double most = s->n ? s->v[0] : NAN;

	for (size_t i = 1; i < s->n; i++)
		most = s->v[i] > most ? s->v[i] : most;
	return most;
}

/* ---- the generator ---- */

static void run_load(const char *const *prefix, const char *kind, uint64_t count, const char *more,
		     int out, pid_t parent)
{
	const char *argv[24];
	char number[24];
	size_t n = 0;

	proc_plain_child(parent, SIGKILL);
	dup2(out, STDOUT_FILENO);
	for (; prefix && prefix[n] && n < 16; n++)
		argv[n] = prefix[n];
	argv[n++] = bench_program("load");
	argv[n++] = kind;
	snprintf(number, sizeof(number), "%" PRIu64, count);
	argv[n++] = number;
	if (more)
		argv[n++] = more;
	argv[n] = NULL;
	execvp(argv[0], (char **)argv);
	fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int load_run(const char *const *prefix, const char *kind, uint64_t count, const char *more,
	     struct made *m)
{
	pid_t parent = getpid(), pid;
	char line[512];
	size_t len = 0;
	ssize_t n;
	int out[2], status;

	if (pipe(out))
		return bench_say("pipe", strerror(errno));
	pid = fork();
	if (!pid) {
		close(out[0]);
		run_load(prefix, kind, count, more, out[1], parent);
	}
	close(out[1]);
	while (len < sizeof(line) - 1 && (n = read(out[0], line + len, sizeof(line) - 1 - len)) > 0)
		len += n;
	line[len] = '\0';
	close(out[0]);
	if (pid < 0 || proc_wait(pid, &status, 60000)) {
		if (pid > 0)
			proc_kill(pid, &status);
		return bench_say("load", "it does not end");
	}
	if (status || sscanf(line, "ns=%lf ops=%" SCNu64 " generate=%" SCNu64 " deliver=%" SCNu64
				   " fork=%" SCNu64 " exec=%" SCNu64 " exit=%" SCNu64
				   " conn=%" SCNu64,
			     &m->ns, &m->ops, &m->generate, &m->deliver, &m->fork, &m->exec,
			     &m->exit, &m->conn) != 8)
		return bench_say("load failed", kind);
	return 0;
}

/* ---- recordings ---- */

static uint64_t signals_of(const void *rec, size_t len)
{
	struct event ev;

	return event_decode(rec, len, &ev) == EVENT_OK ? event_count(&ev) : 1;
}

static void count_record(struct captured *c, const void *rec, size_t len)
{
	const struct wire_hdr *h = rec;
	bool ours = !strcmp(h->comm, "load");
	uint64_t n = signals_of(rec, len);

	c->all++;
	switch (h->kind) {
	case WIRE_SIGNAL_GENERATE:
		if (!strcmp(((const struct wire_generate *)rec)->target_comm, "load"))
			c->generate += n;
		break;
	case WIRE_SIGNAL_DELIVER:
		c->deliver += ours ? n : 0;
		break;
	case WIRE_TASK_FORK:
		c->fork += ours;
		break;
	case WIRE_TASK_EXEC:
		c->exec += ours;
		break;
	case WIRE_TASK_EXIT:
		c->exit += ours;
		break;
	case WIRE_TRACE_LOST:
		if (len >= sizeof(struct wire_lost))
			c->lost += ((const struct wire_lost *)rec)->count;
		break;
	}
}

int recording_count(const char *path, struct captured *c)
{
	struct err e = { 0 };
	struct recording_reader *r = recording_open(path, &e);
	union {
		struct wire_generate g; /* for its alignment */
		char bytes[EVENT_MAX];
	} copy;
	const void *rec;
	size_t len;
	int n;

	memset(c, 0, sizeof(*c));
	if (!r)
		return bench_say("recording", e.what);
	while ((n = recording_next(r, &rec, &len, &e)) > 0) {
		memcpy(copy.bytes, rec, len);
		count_record(c, &copy, len);
	}
	recording_free(r);
	return n < 0 ? bench_say("recording", e.what) : 0;
}
