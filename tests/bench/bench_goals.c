/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other promises: a reader that stalls, idle and steady rates, the end, CPU per million records
 * of each output, replay with its memory, 10,000 tasks, 1,000 sessions, orphans, ssh logins. Numbers,
 * no test. QUICK=1: fewer and smaller; QUICK=smoke: next to nothing.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/long_recording.h"
#include "bench/table.h"
#include "cli/throwaway.h"
#include "cli/throwaway_proc.h"
#include "live/harness.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool quick;
static size_t rounds;
static json_t *rows;
static char tool[512], rec[512], out[512];

static void nap(double s)
{
	struct timespec t = { (time_t)s, (long)((s - (time_t)s) * 1e9) };

	nanosleep(&t, NULL);
}

static int start(struct tracer *t, const char *scope, const char *const *more)
{
	const char *argv[16] = { tool, scope, "--ready-fd", "%r" };
	size_t n = 4;

	for (; *more; more++)
		argv[n++] = *more;
	argv[n] = NULL;
	return tracer_start(t, argv, READY_FD, out) ? bench_say("sigtrace", "does not start") : 0;
}

/* ---- a reader that stalls; idle; steady ---- */

static pid_t in_background(const char *kind, uint64_t n, const char *more)
{
	pid_t parent = getpid(), pid = fork();
	struct made m;

	if (pid)
		return pid;
	proc_plain_child(parent, SIGKILL);
	_exit(load_run(NULL, kind, n, more, &m) ? 1 : 0);
}

static int stalled(void)
{
	struct series lost = { 0 }, missing = { 0 };

	for (size_t i = 0; i < rounds; i++) {
		struct captured c;
		struct tracer t;
		pid_t load;
		int status;

		if (start(&t, "--all", WORDS("--each", "-q", "-w", rec)))
			return -1;
		load = in_background("rate", 50000, "1500");
		nap(0.3);
		kill(t.pid, SIGSTOP);
		nap(0.5);
		kill(t.pid, SIGCONT);
		waitpid(load, &status, 0);
		tracer_stop(&t);
		if (status || recording_count(rec, &c))
			return bench_say("rate", "failed");
		series_add(&lost, c.lost);
		series_add(&missing, 75000.0 - c.generate);
	}
	table_row(rows, "reader stopped 500 ms at 50,000 signals/s: lost", &lost, 0, "", "0");
	table_row(rows, "                    of 75,000 not in the recording", &missing, 0, "", "0");
	return 0;
}

static int steady(const char *what, const char *scope, const char *const *more, uint64_t rate,
		  const char *goal)
{
	struct series cpu = { 0 }, rss = { 0 };
	double seconds = bench_smoke() ? 0.3 : quick ? 2 : 5;
	char ms[16];

	snprintf(ms, sizeof(ms), "%.0f", seconds * 1000);
	for (size_t i = 0; i < rounds; i++) {
		struct tracer t;
		struct made m;
		double before;

		if (start(&t, scope, more))
			return -1;
		nap(0.3);
		before = tracer_cpu(&t);
		if (!rate)
			nap(seconds);
		else if (load_run(NULL, "rate", rate, ms, &m))
			return -1;
		series_add(&cpu, 100 * (tracer_cpu(&t) - before) / seconds);
		series_add(&rss, tracer_rss(&t));
		tracer_stop(&t);
	}
	table_row(rows, what, &cpu, 2, "% CPU", goal);
	table_row(rows, "                    RSS", &rss, 1, "MiB", rate ? "" : "24");
	return 0;
}

/* ---- live: CPU per million records, the end ---- */

static int live_output(const char *what, const char *const *more, const char *goal)
{
	struct series cpu = { 0 }, end = { 0 };
	uint64_t n = bench_smoke() ? 10000 : quick ? 200000 : 1000000;

	for (size_t i = 0; i < rounds; i++) {
		struct tracer t;
		struct made m;

		unlink(rec); /* see tracer_start() */
		if (start(&t, "--all", more) || load_run(NULL, "rt", n, NULL, &m))
			return -1;
		tracer_stop(&t);
		series_add(&cpu, t.cpu * 1e6 / (m.generate + m.deliver));
		series_add(&end, t.end_ms);
	}
	table_row(rows, what, &cpu, 3, "s/M", goal);
	table_row(rows, "                    SIGINT to its end", &end, 1, "ms", "100");
	return 0;
}

/* ---- replay ---- */

/* Runs sigtrace with these words to its end, output to /dev/null. */
static int replay(const char *const *words, double *seconds, double *cpu, double *rss)
{
	uint64_t begun = bench_now();
	const char *argv[12] = { tool };
	struct rusage used;
	pid_t parent = getpid(), pid = fork();
	int status;

	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		for (size_t i = 0; words[i] && i < 10; i++)
			argv[i + 1] = words[i];
		if (freopen("/dev/null", "w", stdout))
			execv(tool, (char **)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return bench_say("replay", strerror(errno));
	*seconds = (bench_now() - begun) / 1e9;
	*cpu = used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
	       used.ru_stime.tv_usec / 1e6;
	*rss = used.ru_maxrss / 1024.0;
	return WEXITSTATUS(status) == 127 ? bench_say("replay", "failed") : 0;
}

static int replays(const struct shape *shape, const char *what, const char *goal)
{
	struct series rate = { 0 }, rss = { 0 };
	double s, cpu, mib;
	char line[80];

	if (long_recording(rec, shape))
		return -1;
	for (size_t i = 0; i < rounds; i++) {
		if (bench_interrupted || replay(WORDS("-q", "-r", rec), &s, &cpu, &mib))
			return -1;
		series_add(&rate, shape->records / s / 1e6);
		series_add(&rss, mib);
	}
	snprintf(line, sizeof(line), "replay, %s", what);
	table_row(rows, line, &rate, 2, "M/s", goal);
	table_row(rows, "                    peak RSS", &rss, 1, "MiB", "");
	return 0;
}

static int offline_output(const char *what, const char *option, uint64_t records)
{
	struct series per = { 0 };
	double s, cpu, mib;

	for (size_t i = 0; i < rounds; i++) {
		if (bench_interrupted ||
		    replay(option ? WORDS("-r", rec, option) : WORDS("-r", rec), &s, &cpu, &mib))
			return -1;
		series_add(&per, cpu * 1e6 / records);
	}
	table_row(rows, what, &per, 3, "s/M", "0.6");
	return 0;
}

static int all_replays(void)
{
	uint64_t most = bench_smoke() ? 10000 : quick ? 1000000 : 10000000;
	uint64_t some = bench_smoke() ? 40000 : 1000000;
	struct shape s = { .sessions = 20, .tasks = 200 };
	char what[64];

	for (s.records = 1000; s.records <= most; s.records *= 10) {
		snprintf(what, sizeof(what), "%.0e records, 20 sessions and 200 tasks open", (double)s.records);
		if (replays(&s, what, s.records == 10000000 ? "5" : ""))
			return -1;
	}
	s.records = some;
	for (s.tasks = 10; s.tasks <= (quick ? 10000 : 100000); s.tasks *= 10) {
		s.sessions = 1;
		snprintf(what, sizeof(what), "%.0e records, 1 session, %u tasks", (double)some, s.tasks);
		if (replays(&s, what, ""))
			return -1;
	}
	s.tasks = 10000;
	for (s.sessions = 10; s.sessions <= 1000; s.sessions *= 10) {
		snprintf(what, sizeof(what), "%.0e records, 10,000 tasks, %u sessions", (double)some, s.sessions);
		if (replays(&s, what, s.sessions == 1000 ? "5" : ""))
			return -1;
	}
	for (s.interrupts = 1; s.interrupts <= 1000; s.interrupts *= 10) {
		snprintf(what, sizeof(what), "the same, 1,000 sessions, %u Ctrl-Cs a second", s.interrupts);
		s.sessions = 1000;
		if (replays(&s, what, ""))
			return -1;
	}
	s = (struct shape){ .records = some, .sessions = 20, .tasks = 200 };
	if (long_recording(rec, &s))
		return -1;
	return offline_output("CPU, JSON of a recording", "--json", s.records) ||
	       offline_output("CPU, text of a recording", NULL, s.records);
}

/* ---- many tasks ---- */

/* load with these words, ready. It ends when *hold is closed. */
static pid_t held_load(const char *const *words, int *hold)
{
	const char *argv[8] = { "load" };
	pid_t parent = getpid(), pid;
	int in[2], said[2];
	char text[8];

	for (size_t i = 0; i < 6 && words[i]; i++)
		argv[i + 1] = words[i];

	if (pipe(in) || pipe(said))
		return bench_say("pipe", strerror(errno));
	pid = fork();
	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(said[1], STDOUT_FILENO);
		close(in[1]);
		execv(bench_program("load"), (char **)argv);
		_exit(127);
	}
	close(in[0]);
	close(said[1]);
	if (pid < 0 || read(said[0], text, sizeof(text)) <= 0)
		pid = bench_say(words[0], "not ready");
	close(said[0]);
	*hold = in[1];
	return pid;
}

/* A value of a file of --metrics; NAN: it is not there. */
static double metric(const char *path, const char *name)
{
	FILE *f = fopen(path, "re");
	double v = NAN;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ')
			v = strtod(line + strlen(name), NULL);
	if (f)
		fclose(f);
	return v;
}

/*
 * 1,000 sessions of something that is called sshd, each with 8 processes besides its root and its
 * server's: 10,000 in all. How long until it is ready, with how much memory, and are they all seen?
 */
static int many_sessions(void)
{
	struct series ms = { 0 }, rss = { 0 }, seen = { 0 };
	const char *n = bench_smoke() ? "20" : "1000", *file = bench_file("tmp.prom");
	int hold = -1, status, bad = 0;
	pid_t pid = held_load(WORDS("sessions", n, "8"), &hold);
	char what[64];

	for (size_t i = 0; i < rounds && pid > 0 && !bad; i++) {
		struct tracer t;

		bad = start(&t, "--sshd", WORDS("-q", "-w", rec, "--metrics", file));
		if (bad)
			break;
		series_add(&ms, t.ready_ms);
		series_add(&rss, tracer_rss(&t));
		tracer_stop(&t);
		series_add(&seen, metric(file, "sigtrace_sessions_open"));
	}
	close(hold);
	if (pid > 0)
		waitpid(pid, &status, 0);
	unlink(file);
	if (bad || pid < 0)
		return -1;
	snprintf(what, sizeof(what), "ready, --sshd, %s sessions of 10 processes each", n);
	table_row(rows, what, &ms, 1, "ms", "500");
	table_row(rows, "                    RSS", &rss, 1, "MiB", "64");
	table_row(rows, "                    sessions that it sees, others' too", &seen, 0, "", n);
	return 0;
}

static int ready(const char *what, const char *scope, const char *goal)
{
	struct series ms = { 0 }, rss = { 0 };

	for (size_t i = 0; i < rounds; i++) {
		struct tracer t;

		if (start(&t, scope, WORDS("-q", "-w", rec)))
			return -1;
		series_add(&ms, t.ready_ms);
		series_add(&rss, tracer_rss(&t));
		tracer_stop(&t);
	}
	table_row(rows, what, &ms, 1, "ms", goal);
	table_row(rows, "                    RSS", &rss, 1, "MiB", "");
	return 0;
}

static int ready_often(void)
{
	int hold = -1, bad, status;
	pid_t pid;

	if (ready("ready, --sshd", "--sshd", "150") || ready("ready, --all", "--all", "150"))
		return -1;
	pid = held_load(WORDS("tasks", bench_smoke() ? "100" : "10000"), &hold);
	bad = pid < 0 || ready("ready, --sshd, 10,000 tasks", "--sshd", "500") ||
	      ready("ready, --all, 10,000 tasks", "--all", "500");
	close(hold);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return bad ? -1 : 0;
}

/* ---- orphans ---- */

static uint64_t boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

/* From the end of a session, whose client is killed, until the orphan's line is here: ms, -1. */
static double orphan_after(const struct throwaway *server)
{
	struct trace trace = { .may_lose = true };
	struct client c = { 0 };
	struct err e = { 0 };
	json_t *pattern = NULL, *o = NULL;
	double ms = -1;

	if (trace_start(&trace, ARGS("--sshd", "--json"))) {
		bench_say("sigtrace", trace.why);
		goto out;
	}
	if (client_start(&c, server, CLIENT_PLAIN,
			 ARGS("echo pid=$$; exec sleep 1000 </dev/null >/dev/null 2>&1"), &e) ||
	    client_expect(&c, "\n", 20000)) {
		bench_say("ssh", e.what);
		goto out;
	}
	while (trace_pump(&trace, 50) == 0) /* its exec has come */
		;
	client_signal(&c, SIGKILL);
	pattern = json_pack("{s:s, s:i}", "type", "orphan", "tgid",
			    atoi(strstr(buf_cstr(&c.text), "pid=") + 4));
	o = trace_find(&trace, pattern, 10000);
	if (o)
		ms = (boottime() - json_integer_value(json_object_get(o, "ts"))) / 1e6;
	else
		bench_say("sigtrace", "tells of no orphan");
out:
	json_decref(pattern);
	if (c.text.len && strstr(buf_cstr(&c.text), "pid="))
		kill(atoi(strstr(buf_cstr(&c.text), "pid=") + 4), SIGKILL);
	client_end(&c);
	trace_free(&trace);
	return ms;
}

static int orphans(void)
{
	struct throwaway server = { 0 };
	struct series after = { 0 };
	struct err e = { 0 };
	double ms = 0;

	if (throwaway_start(&server, NULL, &e))
		return bench_say("sshd", e.what);
	for (size_t i = 0; i < rounds && ms >= 0 && !bench_interrupted; i++) {
		ms = orphan_after(&server);
		series_add(&after, ms);
	}
	throwaway_stop(&server);
	if (ms < 0 || bench_interrupted)
		return -1;
	table_row(rows, "end of a session until its orphan is told", &after, 1, "ms", "100");
	return 0;
}

/* ---- logins ---- */

static int logins(const struct throwaway *server, size_t n, double *per_second)
{
	uint64_t begun = bench_now();
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct client c = { 0 };
		int bad = bench_interrupted || client_start(&c, server, CLIENT_PLAIN, WORDS("true"), &e) ||
			  client_wait(&c, 20000) || c.status;

		client_end(&c);
		if (bad)
			return bench_say("ssh", e.what);
	}
	*per_second = n * 1e9 / (bench_now() - begun);
	return 0;
}

/* Round by round: other people's work on the machine goes up and down. */
static int login_rate(void)
{
	struct throwaway server = { 0 };
	struct series ratio = { 0 }, plain = { 0 };
	struct err e = { 0 };
	size_t n = bench_smoke() ? 1 : quick ? 3 : 10;
	double with, without, first;
	int bad = 0;

	if (throwaway_start(&server, NULL, &e))
		return bench_say("sshd", e.what);
	bad = logins(&server, n, &first);
	for (size_t i = 0; i < 2 * rounds && !bad; i++) {
		struct tracer t;

		bad = logins(&server, n, &without) || start(&t, "--sshd", WORDS("-q", "-w", rec));
		if (bad)
			break;
		bad = logins(&server, n, &with);
		tracer_stop(&t);
		series_add(&plain, without);
		series_add(&ratio, with / without);
	}
	throwaway_stop(&server);
	if (bad)
		return -1;
	table_row(rows, "ssh logins a second, untraced", &plain, 1, "/s", "");
	table_row(rows, "ssh logins under --sshd, to untraced", &ratio, 3, "", "0.98");
	return 0;
}

/* ---- interrupts ---- */

/*
 * Signals of a timer, while both CPUs compute: they come up in an interrupt of whatever runs. What
 * a program without any filter misses as well is the kernel's doing.
 */
static int timers(void)
{
	struct series floor = { 0 }, ours = { 0 };
	uint64_t n = bench_smoke() ? 100 : quick ? 1000 : 4000;

	for (size_t i = 0; i < rounds; i++) {
		const char *raw[] = { bench_program("floor"), "raw", NULL };
		char file[512], line[512] = "";
		struct tracer t, f;
		struct captured c;
		struct made m;
		pid_t busy[2];
		FILE *said;
		int status;

		snprintf(file, sizeof(file), "%s", bench_file("tmp.floor"));
		if (tracer_start(&f, raw, READY_OUTPUT, file) || start(&t, "--all", WORDS("-q", "-w", rec)))
			return -1;
		for (int k = 0; k < 2; k++)
			busy[k] = in_background("spin", n * 5 / 4 + 500, NULL);
		if (load_run(NULL, "timer", n, NULL, &m))
			return -1;
		for (int k = 0; k < 2; k++)
			waitpid(busy[k], &status, 0);
		tracer_stop(&t);
		tracer_stop(&f);
		said = fopen(file, "re");
		while (said && fgets(line, sizeof(line), said))
			if (strstr(line, "rtmin="))
				break;
		if (said)
			fclose(said);
		if (recording_count(rec, &c) || !strstr(line, "rtmin="))
			return bench_say("floor", "says nothing");
		series_add(&floor, (double)m.generate - strtod(strstr(line, "rtmin=") + 6, NULL));
		series_add(&ours, (double)m.generate - c.generate);
		unlink(file);
	}
	table_row(rows, "signals of a timer that a program without filter missed", &floor, 0, "", "");
	table_row(rows, "                    that sigtrace --all missed", &ours, 0, "", "as above");
	return 0;
}

int main(void)
{
	int bad;

	quick = bench_quick();
	rounds = quick ? 1 : 5;
	bench_signals();
	rows = json_array();
	snprintf(tool, sizeof(tool), "%s", getenv("SIGTRACE") ? getenv("SIGTRACE") : "build/sigtrace");
	snprintf(rec, sizeof(rec), "%s", bench_file("tmp.sgt"));
	snprintf(out, sizeof(out), "%s", bench_file("tmp.out"));
	table_head("What else sigtrace promises");
	/* each: what is counted needs no room and no time of the reader's */
	bad = stalled() || steady("idle, --sshd: CPU", "--sshd", WORDS("-q", "-w", rec), 0, "0.2") ||
	      steady("10,000 signals/s, --all --each -w: CPU", "--all", WORDS("--each", "-q", "-w", rec), 10000,
		     "1.5") ||
	      live_output("CPU, --each, recording", WORDS("--each", "-q", "-w", rec), "0.1") ||
	      live_output("CPU, --each, JSON", WORDS("--each", "--json"), "0.6") ||
	      live_output("CPU, --each, text", WORDS("--each", "-v"), "0.6") ||
	      all_replays() || ready_often() || many_sessions() || orphans() || login_rate() || timers();
	unlink(rec);
	unlink(out);
	if (bench_interrupted)
		return 128 + bench_interrupted;
	return bad || table_save(json_pack("{s:o}", "rows", rows), "goals") ? 1 : 0;
}
