/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long `sigtrace --sshd` takes until it is ready and how much memory it holds, with no session
 * and with 50 real ones on a throw-away sshd. Numbers, no test: it fails only where it cannot run.
 * QUICK=1: fewer runs; QUICK=smoke: and hardly a session.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/throwaway.h"
#include "cli/throwaway_proc.h"
#include "live/harness.h"

#define RUNS 21
#define RUNS_QUICK 5
#define SESSIONS 50
#define PATIENCE_MS 60000 /* for 50 logins at once on few CPUs */
#define READY_MS 10000
#define END_MS 10000

struct series {
	double v[RUNS];
	size_t n;
};

/* Time to ready and memory then, over some runs. */
struct starts {
	struct series ms;
	struct series rss; /* MiB */
	struct series hwm;
};

/* One trace, watched through its JSON. */
struct watched {
	struct series rss;
	struct series hwm;
	struct series open;  /* sessions of our server, opened and not closed */
	struct series other; /* sessions of other servers of this machine */
	struct series records;
	struct series lost;
};

struct bench {
	size_t runs, sessions;
	struct throwaway server;
	struct client clients[SESSIONS];
	struct trace trace;
	char local[32];		/* the server's address, as in session.open */
	struct starts idle;
	struct watched live;	/* the sessions are opened while it runs */
	struct starts busy;
	struct watched snapped; /* they were open before it ran */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void take_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART: every wait ends */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int say(const char *what, const char *why)
{
	if (!interrupted)
		fprintf(stderr, "bench_start: %s: %s\n", what, why);
	return -1;
}

static void add(struct series *s, double v)
{
	if (s->n < RUNS)
		s->v[s->n++] = v;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

/* ---- memory ---- */

static int note_memory(pid_t pid, struct series *rss, struct series *hwm)
{
	char path[32], line[128];
	unsigned long kib;
	size_t found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return say(path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %lu", &kib) == 1) {
			add(rss, kib / 1024.0);
			found++;
		} else if (sscanf(line, "VmHWM: %lu", &kib) == 1) {
			add(hwm, kib / 1024.0);
			found++;
		}
	}
	fclose(f);
	return found == 2 ? 0 : say(path, "no VmRSS or no VmHWM in it");
}

/* ---- from exec to ready ---- */

static void run_tracer(uint64_t *begun, int ready, int err)
{
	const char *tool = getenv("SIGTRACE");
	int null = open("/dev/null", O_RDWR);
	char fd[16];

	snprintf(fd, sizeof(fd), "%d", ready);
	fcntl(ready, F_SETFD, 0);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	*begun = now_ns();
	execl(tool, tool, "--sshd", "--json", "--ready-fd", fd, (char *)NULL);
	dprintf(STDERR_FILENO, "%s: %s\n", tool, strerror(errno));
	_exit(127);
}

/* Starts a tracer. Its pid when it is ready, after *ns from its exec; -1: it said why. */
static pid_t start(uint64_t *begun, uint64_t *ns)
{
	int ready[2], err[2], status;
	pid_t parent = getpid(), pid;
	struct pollfd p;
	char byte = 0, why[512] = "";

	if (pipe2(ready, O_CLOEXEC))
		return say("pipe", strerror(errno));
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK)) {
		close(ready[0]);
		close(ready[1]);
		return say("pipe", strerror(errno));
	}
	pid = fork();
	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		run_tracer(begun, ready[1], err[1]);
	}
	close(ready[1]);
	close(err[1]);
	p = (struct pollfd){ .fd = ready[0], .events = POLLIN };
	if (pid < 0 || poll(&p, 1, READY_MS) <= 0 || read(ready[0], &byte, 1) != 1)
		byte = 0;
	*ns = now_ns() - *begun;
	if (byte != '\n') {
		if (read(err[0], why, sizeof(why) - 1) <= 0)
			snprintf(why, sizeof(why), "it said nothing");
		why[strcspn(why, "\n")] = '\0';
		if (pid > 0)
			proc_kill(pid, &status);
		pid = say("sigtrace was not ready", why);
	}
	close(ready[0]);
	close(err[0]); /* what it says from now on is lost, and no error to it */
	return pid;
}

static int start_once(struct starts *s, uint64_t *begun)
{
	uint64_t ns;
	pid_t pid = start(begun, &ns);
	int status, bad;

	if (pid < 0)
		return -1;
	add(&s->ms, ns / 1e6);
	bad = note_memory(pid, &s->rss, &s->hwm);
	kill(pid, SIGTERM);
	if (proc_wait(pid, &status, END_MS)) {
		proc_kill(pid, &status);
		return say("sigtrace", "SIGTERM did not end it");
	}
	return bad;
}

static int start_often(const struct bench *b, struct starts *s)
{
	/* Written by the child right in front of its exec. */
	uint64_t *begun = mmap(NULL, sizeof(*begun), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int bad = 0;

	if (begun == MAP_FAILED)
		return say("mmap", strerror(errno));
	for (size_t i = 0; i < b->runs && !bad; i++)
		bad = interrupted ? -1 : start_once(s, begun);
	munmap(begun, sizeof(*begun));
	return bad;
}

/* ---- with sessions ---- */

static bool is_type(const json_t *o, const char *type)
{
	const char *s = json_string_value(json_object_get(o, "type"));

	return s && !strcmp(s, type);
}

/* How many sessions were opened and not closed, those of the server at `local` or the others'. */
static size_t count_open(const struct trace *t, const char *local, bool others)
{
	json_t *open = json_object();
	char number[24];
	const json_t *o;
	size_t i, n;

	json_array_foreach(t->lines, i, o) {
		const char *at = json_string_value(json_object_get(o, "local"));

		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(o, "session")));
		if (is_type(o, "session.open") && others != (at && !strcmp(at, local)))
			json_object_set_new(open, number, json_true());
		else if (is_type(o, "session.close"))
			json_object_del(open, number);
	}
	n = json_object_size(open);
	json_decref(open);
	return n;
}

static int open_sessions(struct bench *b)
{
	struct err e = { 0 };

	for (size_t i = 0; i < b->sessions; i++) {
		if (interrupted)
			return -1;
		if (client_start(&b->clients[i], &b->server, CLIENT_PLAIN, ARGS("cat"), &e))
			return say("ssh", e.what);
	}
	for (size_t i = 0; i < b->sessions; i++) {
		struct client *c = &b->clients[i];

		/* The answer of its cat: the command runs and waits for more. */
		if (client_type(c, "here\n") || client_expect(c, "here\n", PATIENCE_MS))
			return say(c->out < 0 ? "ssh ended" : "a session does not answer",
				   c->text.len ? buf_cstr(&c->text) : "ssh said nothing");
		while (!trace_pump(&b->trace, 0)) /* else it waits for us, and loses */
			;
	}
	return 0;
}

static int end_watched(struct bench *b, struct watched *w)
{
	json_t *pattern;
	const json_t *end;

	if (trace_stop(&b->trace))
		return say("sigtrace", b->trace.why[0] ? b->trace.why : "its exit status is not 0");
	pattern = json_pack("{s:s}", "type", "trace.end");
	end = trace_find(&b->trace, pattern, 0);
	json_decref(pattern);
	if (!end)
		return say("sigtrace", "its output has no trace.end");
	add(&w->records, json_integer_value(json_object_get(end, "records")));
	add(&w->lost, json_integer_value(json_object_get(end, "lost")));
	trace_free(&b->trace);
	return 0;
}

/* A trace during which all sessions are open at once; `make`: they are opened under its eyes. */
static int watch(struct bench *b, struct watched *w, bool make)
{
	int64_t deadline;
	size_t open;

	b->trace.may_lose = true;
	if (trace_start(&b->trace, ARGS("--sshd", "--json")))
		return say("sigtrace", b->trace.why);
	if (make && open_sessions(b))
		return -1;
	deadline = proc_now_ms() + PATIENCE_MS;
	while ((open = count_open(&b->trace, b->local, false)) < b->sessions)
		if (interrupted || trace_pump(&b->trace, proc_left(deadline)))
			return say("sigtrace", "it does not tell of all sessions");
	add(&w->open, open);
	add(&w->other, count_open(&b->trace, b->local, true));
	if (note_memory(b->trace.pid, &w->rss, &w->hwm))
		return -1;
	return end_watched(b, w);
}

static int run(struct bench *b)
{
	struct err e = { 0 };

	if (!getenv("SIGTRACE"))
		return say("SIGTRACE is not set", "use make bench");
	if (start_often(b, &b->idle))
		return -1;
	if (throwaway_start(&b->server, NULL, &e))
		return say(e.what, e.hint[0] ? e.hint : "no throw-away sshd");
	snprintf(b->local, sizeof(b->local), "127.0.0.1:%u", b->server.port);
	if (watch(b, &b->live, true) || start_often(b, &b->busy) || watch(b, &b->snapped, false))
		return -1;
	return 0;
}

static void clean_up(struct bench *b)
{
	trace_free(&b->trace);
	for (size_t i = 0; i < b->sessions; i++)
		client_end(&b->clients[i]);
	throwaway_stop(&b->server);
}

/* ---- the table ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const struct series *s)
{
	size_t half = s->n / 2;

	return s->n % 2 ? s->v[half] : (s->v[half - 1] + s->v[half]) / 2;
}

static void row(const char *what, struct series *s, const char *unit, const char *goal)
{
	int digits = unit[0] ? 1 : 0;
	char most[2][16] = { "", "" }, line[128];
	int n;

	qsort(s->v, s->n, sizeof(s->v[0]), compare);
	if (s->n > 1) {
		snprintf(most[0], sizeof(most[0]), "%.*f", digits, s->v[0]);
		snprintf(most[1], sizeof(most[1]), "%.*f", digits, s->v[s->n - 1]);
	}
	n = snprintf(line, sizeof(line), "%-44s %5zu %9.*f %9s %9s  %-4s %s", what, s->n, digits,
		     median(s), most[0], most[1], unit, goal);
	while (n > 0 && line[n - 1] == ' ')
		line[--n] = '\0';
	puts(line);
}

static void cpu_model(char *model, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(model, size, "model unknown");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "model name", 10) || !strchr(line, ':'))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(model, size, "%.80s", strchr(line, ':') + 2);
		break;
	}
	if (f)
		fclose(f);
}

static void print(struct bench *b)
{
	struct utsname u;
	char model[96];

	uname(&u);
	cpu_model(model, sizeof(model));
	printf("sigtrace --sshd, from exec to ready, and its memory\n");
	printf("version: %s   machine: %s %s %s, %ld CPUs (%s)\n", sigtrace_version, u.sysname,
	       u.release, u.machine, sysconf(_SC_NPROCESSORS_ONLN), model);
	printf("again:   make bench%s\n", b->runs == RUNS ? "" : " QUICK=1");
	printf("%-44s %5s %9s %9s %9s  %-4s %s\n", "", "runs", "median", "min", "max", "unit",
	       "goal");
	row("exec to ready, idle", &b->idle.ms, "ms", "< 500");
	row("exec to ready, 50 sessions open before", &b->busy.ms, "ms", "< 500");
	row("VmRSS once ready, idle", &b->idle.rss, "MiB", "< 32");
	row("VmHWM once ready, idle", &b->idle.hwm, "MiB", "");
	row("VmRSS once ready, 50 sessions open before", &b->busy.rss, "MiB", "< 32");
	row("VmHWM once ready, 50 sessions open before", &b->busy.hwm, "MiB", "");
	row("50 sessions opened meanwhile: VmRSS", &b->live.rss, "MiB", "< 32");
	row("                              VmHWM", &b->live.hwm, "MiB", "");
	row("                              seen to be open", &b->live.open, "", "50");
	row("                              others open", &b->live.other, "", "");
	row("                              records", &b->live.records, "", "");
	row("                              records lost", &b->live.lost, "", "0");
	row("50 sessions open before:      VmRSS", &b->snapped.rss, "MiB", "< 32");
	row("                              VmHWM", &b->snapped.hwm, "MiB", "");
	row("                              seen to be open", &b->snapped.open, "", "50");
	row("                              others open", &b->snapped.other, "", "");
	row("                              records", &b->snapped.records, "", "");
	row("                              records lost", &b->snapped.lost, "", "0");
}

int main(void)
{
	static struct bench b;
	const char *quick = getenv("QUICK");
	int bad;

	b.runs = quick && *quick && strcmp(quick, "0") ? RUNS_QUICK : RUNS;
	b.sessions = quick && !strcmp(quick, "smoke") ? 2 : SESSIONS;
	take_signals();
	bad = run(&b);
	clean_up(&b);
	if (interrupted)
		return 128 + interrupted;
	if (bad)
		return 1;
	print(&b);
	return 0;
}
