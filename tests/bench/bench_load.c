/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much each tracer slows each load, what it captured of what the generator made, what that cost
 * the tracer, and (in a pass of its own, since counting costs time itself) ns per run of each BPF
 * program. All in turn, round by round; a ratio is to the untraced run of the same round. Numbers,
 * no test. QUICK=1: fewer rounds, smaller loads.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/peers.h"
#include "bench/table.h"

#define ROUNDS 5
#define ROUNDS_QUICK 1
#define PEERS_MAX 16
#define PROGRAMS 24

/* One tracer under one load, over the rounds. */
struct cell {
	struct series slower;	/* ns an operation, to untraced */
	struct series captured;	/* of what the generator made, % */
	struct series lost;
	struct series cpu;	/* seconds per million events made */
	struct series hwm;	/* MiB */
	struct series ready;	/* ms */
	struct series end;	/* ms */
	bool failed;
};

static struct cell cells[LOADS][PEERS_MAX];
static struct series untraced[LOADS]; /* operations a second */
static struct series again[LOADS];    /* a second untraced run of the round: the noise */
static double scale = 1;

static uint64_t made_of(const struct made *m, enum load_class class)
{
	uint64_t n = m->generate + m->deliver;

	return class == OF_SIGNALS ? n : class == OF_TASKS ? n + m->fork + m->exec + m->exit : 3 * m->conn;
}

/* What of that the libbpf tools have a hook for: no delivery, no fork. */
static uint64_t made_for(const struct peer *p, const struct made *m, enum load_class class)
{
	if (strcmp(p->name, "libbpf-tools") || class == OF_TCP)
		return made_of(m, class);
	return m->generate + (class == OF_TASKS ? m->exec + m->exit : 0);
}

static const char *expand(const char *word, const char *file)
{
	if (!strcmp(word, "%o"))
		return file;
	if (!strcmp(word, "%sigtrace"))
		return getenv("SIGTRACE") ? getenv("SIGTRACE") : "build/sigtrace";
	if (!strcmp(word, "%floor"))
		return bench_program("floor");
	return word;
}

struct running {
	struct tracer t[PEER_COMMANDS];
	size_t n;
	char file[PEER_COMMANDS][256], out[PEER_COMMANDS][256];
};

static void words_of(const char *const *cmd, const char *file, const char **argv)
{
	size_t n = 0;

	for (; cmd[n] && n < PEER_WORDS - 1; n++)
		argv[n] = expand(cmd[n], file);
	argv[n] = NULL;
}

static void names_of(struct running *r, size_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "tmp.%zu", i);
	snprintf(r->file[i], sizeof(r->file[i]), "%s", bench_file(name));
	snprintf(name, sizeof(name), "tmp.%zu.out", i);
	snprintf(r->out[i], sizeof(r->out[i]), "%s", bench_file(name));
}

static void discard(const struct running *r, size_t n)
{
	char old[300];

	for (size_t i = 0; i < n; i++) {
		snprintf(old, sizeof(old), "%s.old", r->file[i]); /* perf keeps the one before */
		unlink(old);
		unlink(r->file[i]);
		unlink(r->out[i]);
	}
}

static void stop(struct running *r)
{
	size_t n = r->n;

	while (r->n)
		tracer_stop(&r->t[--r->n]);
	discard(r, n);
}

static int start(struct running *r, const struct peer *p, enum load_class class)
{
	const char *argv[PEER_WORDS];

	r->n = 0;
	for (size_t i = 0; i < PEER_COMMANDS && p->cmd[class][i][0]; i++) {
		names_of(r, i);
		words_of(p->cmd[class][i], r->file[i], argv);
		if (tracer_start(&r->t[i], argv, p->ready, r->out[i])) {
			stop(r);
			return -1;
		}
		r->n++;
	}
	return 0;
}

static void account(struct cell *c, struct running *r, const struct peer *p, const struct made *m,
		    enum load_class class, bool costly)
{
	double cpu = 0, hwm = 0, end = 0, ready = 0, captured = 0, lost = -1;
	size_t n = r->n;

	while (r->n) {
		struct tracer *t = &r->t[--r->n];

		if (tracer_stop(t))
			c->failed = true;
		cpu += t->cpu;
		hwm += t->hwm;
		end = fmax(end, t->end_ms);
		ready = fmax(ready, t->ready_ms);
	}
	series_add(&c->cpu, cpu * 1e6 / made_of(m, class));
	series_add(&c->hwm, hwm);
	series_add(&c->ready, ready);
	series_add(&c->end, end);
	if (costly && p->captured && class != OF_TCP) {
		for (size_t i = 0; i < n; i++)
			captured += fmax(0, p->captured(i, r->file[i], r->out[i]));
		series_add(&c->captured, 100 * captured / made_for(p, m, class));
	}
	if (costly && p->lost)
		lost = p->lost(r->file[0], r->out[0]);
	if (lost >= 0)
		series_add(&c->lost, lost);
	discard(r, n);
}

/* ns an operation without a tracer in this round is `base`. */
static int measure(size_t l, size_t p, double base, bool costly)
{
	const struct load *load = &loads[l];
	struct cell *c = &cells[l][p];
	struct running r = { 0 };
	struct made m;
	uint64_t count = load->count * scale * peers[p].part;
	const char *argv[PEER_WORDS];

	if (!strcmp(load->name, "noise") && count < 2000)
		count = 2000; /* two for each of its tasks */
	if (count < 50)
		count = 50;
	if (!peers[p].cmd[load->class][0][0] || c->failed)
		return 0;
	if (peers[p].wraps) {
		names_of(&r, 0);
		words_of(peers[p].cmd[load->class][0], r.file[0], argv);
		if (!load_run(argv, load->name, count, NULL, &m))
			series_add(&c->slower, m.ns / m.ops / base);
		unlink(r.file[0]);
		return 0;
	}
	if (start(&r, &peers[p], load->class)) {
		c->failed = true;
		return bench_interrupted || p == PEER_ALL ? bench_say(peers[p].name, "does not start") : 0;
	}
	if (load_run(NULL, load->name, count, NULL, &m)) {
		stop(&r);
		return -1;
	}
	series_add(&c->slower, m.ns / m.ops / base);
	account(c, &r, &peers[p], &m, load->class, costly);
	return 0;
}

static int round_of(size_t l, size_t round, const char *const *why_not)
{
	struct made m, n;

	/* the first of a kind finds the caches cold */
	if (load_run(NULL, loads[l].name, loads[l].count * scale / 4 + 1000, NULL, &m) ||
	    load_run(NULL, loads[l].name, loads[l].count * scale, NULL, &m))
		return -1;
	series_add(&untraced[l], m.ops * 1e9 / m.ns);
	for (size_t i = 0; i < npeers; i++) {
		size_t p = (i + round) % npeers; /* nobody is always the first */

		if (bench_interrupted)
			return -1;
		if (!why_not[p] && measure(l, p, m.ns / m.ops, p < PEER_FIRST_OTHER || !round))
			return -1;
	}
	if (load_run(NULL, loads[l].name, loads[l].count * scale, NULL, &n))
		return -1;
	series_add(&again[l], n.ns / n.ops / (m.ns / m.ops));
	return 0;
}

/* ---- ns per program ---- */

static struct series program_ns[PEERS_MAX][PROGRAMS];
static char program_name[PEERS_MAX][PROGRAMS][16];

static void note_programs(size_t p, const struct tracer *t)
{
	struct prog_stats s[PROGRAMS];
	size_t n = tracer_programs(t, s, PROGRAMS);

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		if (s[i].runs < 20)
			continue;
		while (at < PROGRAMS - 1 && program_name[p][at][0] &&
		       strcmp(program_name[p][at], s[i].name))
			at++;
		memcpy(program_name[p][at], s[i].name, sizeof(s[i].name));
		series_add(&program_ns[p][at], (double)s[i].ns / s[i].runs);
	}
}

static int count_programs(size_t p)
{
	static const struct {
		const char *kind;
		double n;
	} of[] = { { "mixed", 1000 }, { "tcp", 4000 }, { "reset", 4000 }, { "typed", 4000 } };
	struct running r;
	struct made m;
	int bad = 0;

	if (peers[p].wraps || start(&r, &peers[p], OF_TASKS))
		return 0;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]) && !bad; i++)
		bad = load_run(NULL, of[i].kind, of[i].n * scale * peers[p].part + 20, NULL, &m);
	for (size_t i = 0; i < r.n && !bad; i++)
		note_programs(p, &r.t[i]);
	stop(&r);
	return bad;
}

static void print_programs(json_t *doc)
{
	json_t *all = json_object();

	puts("\nns per run of each BPF program (kernel.bpf_stats_enabled, loads: mixed, tcp, connections that are\n"
	     "reset, what is typed at a terminal; what counting costs is in the figures of the empty floor)");
	for (size_t p = 0; p < npeers; p++) {
		json_t *o = json_object();

		for (size_t i = 0; i < PROGRAMS && program_name[p][i][0]; i++) {
			printf("%-20s %-17s %8s ns  (%s .. %s)\n", i ? "" : peers[p].name, program_name[p][i],
			       figure(series_median(&program_ns[p][i]), 0),
			       figure(series_min(&program_ns[p][i]), 0),
			       figure(series_max(&program_ns[p][i]), 0));
			json_object_set_new(o, program_name[p][i], series_json(&program_ns[p][i]));
		}
		json_object_set_new(all, peers[p].name, o);
	}
	json_object_set_new(doc, "ns_per_run", all);
}

/* ---- the table ---- */

static void print_cell(const char *name, const struct cell *c, const char *why_not)
{
	if (why_not)
		printf("  %-20s %s\n", name, why_not);
	else if (!c->slower.n)
		printf("  %-20s %s\n", name, c->failed ? "did not work here" : "has no hook for it");
	else
		printf("  %-20s %7s %7s %7s %10s %9s %9s %8s %8s %8s\n", name,
		       figure(series_median(&c->slower), 2), figure(series_min(&c->slower), 2),
		       figure(series_max(&c->slower), 2), figure(series_median(&c->captured), 2),
		       figure(series_max(&c->lost), 0), figure(series_median(&c->cpu), 3),
		       figure(series_median(&c->hwm), 1), figure(series_median(&c->ready), 0),
		       figure(series_median(&c->end), 0));
}

static json_t *cell_json(const struct cell *c, const char *why_not)
{
	return json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "why_not", why_not, "slowdown",
			 series_json(&c->slower), "captured_percent", series_json(&c->captured), "lost",
			 series_json(&c->lost), "cpu_s_per_million", series_json(&c->cpu), "peak_rss_mib",
			 series_json(&c->hwm), "ready_ms", series_json(&c->ready), "end_ms",
			 series_json(&c->end));
}

static int print(const char *const *why_not)
{
	static struct bar bars[LOADS * PEERS_MAX];
	json_t *doc = json_object(), *all = json_object();
	char machine[256];
	size_t n = 0;

	bench_machine(machine, sizeof(machine));
	printf("Slowdown of a load (1.00: none; to the untraced run of the same round)\n%s\nagain:   make bench%s\n",
	       machine, bench_quick() ? " QUICK=1" : "");
	printf("  %-20s %7s %7s %7s %10s %9s %9s %8s %8s %8s\n", "", "median", "min", "max", "captured %",
	       "lost", "CPU s/M", "RSS MiB", "ready ms", "end ms");
	for (size_t l = 0; l < LOADS; l++) {
		json_t *o = json_object();

		printf("%s, %s a second untraced; untraced again: %s (%s .. %s)\n", loads[l].name,
		       figure(series_median(&untraced[l]), 0), figure(series_median(&again[l]), 2),
		       figure(series_min(&again[l]), 2), figure(series_max(&again[l]), 2));
		for (size_t p = 0; p < npeers; p++) {
			const struct cell *c = &cells[l][p];

			print_cell(peers[p].name, c, why_not[p]);
			json_object_set_new(o, peers[p].name, cell_json(c, why_not[p]));
			bars[n++] = (struct bar){ loads[l].name, peers[p].name, series_median(&c->slower),
						  series_min(&c->slower), series_max(&c->slower) };
		}
		json_object_set_new(o, "untraced_per_s", series_json(&untraced[l]));
		json_object_set_new(o, "untraced_again", series_json(&again[l]));
		json_object_set_new(all, loads[l].name, o);
	}
	json_object_set_new(doc, "loads", all);
	print_programs(doc);
	if (chart_save("load", "Slowdown of a load by its tracer (1 = untraced, logarithmic)", machine, bars, n))
		return -1;
	return table_save(doc, "load");
}

int main(void)
{
	size_t rounds = bench_quick() ? ROUNDS_QUICK : ROUNDS;
	const char *why_not[PEERS_MAX];
	int stats, bad = 0;

	bench_signals();
	if (bench_quick())
		scale = bench_smoke() ? 0.01 : 0.3;
	for (size_t p = 0; p < npeers; p++)
		why_not[p] = bench_smoke() && p >= PEER_FIRST_OTHER ? "left out" : peer_why_not(&peers[p]);
	for (size_t round = 0; round < rounds && !bad; round++)
		for (size_t l = 0; l < LOADS && !bad; l++)
			bad = round_of(l, round, why_not);
	stats = bad ? -1 : bpf_stats_on();
	for (size_t round = 0; round < rounds && !bad && stats >= 0; round++)
		for (size_t p = 0; p < npeers && !bad; p++)
			bad = bench_interrupted || (!why_not[p] && count_programs(p)) ? -1 : 0;
	if (stats >= 0)
		close(stats);
	if (bench_interrupted)
		return 128 + bench_interrupted;
	return bad || print(why_not) ? 1 : 0;
}
