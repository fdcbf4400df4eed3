/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/stats_row.h"

#include "event/field.h"

/* The i-th of one. */
static bool one(unsigned i, struct sample *out, uint64_t value)
{
	out->value = value;
	return i == 0;
}

#define TOTAL(member)                                                                              \
	static bool member(const struct stats_now *n, unsigned i, struct sample *out)              \
	{                                                                                          \
		return one(i, out, n->t.member);                                                   \
	}

TOTAL(records)
TOTAL(coalesced)
TOTAL(evicted)
TOTAL(sessions)
TOTAL(open)
TOTAL(orphans)
TOTAL(interrupts)

/* All kinds, lost or not: a rate needs the zero that came before. */
static bool lost(const struct stats_now *n, unsigned i, struct sample *out)
{
	if (i + 1 > WIRE_KIND_MAX)
		return false;
	out->label = kind_info(i + 1)->name;
	out->value = engine_lost_of(n->e, i + 1);
	return true;
}

static bool tasks(const struct stats_now *n, unsigned i, struct sample *out)
{
	return one(i, out, HASH_COUNT(engine_world(n->e)->tasks));
}

static bool ring(const struct stats_now *n, unsigned i, struct sample *out)
{
	return n->live && one(i, out, n->live->ring);
}

static bool ring_most(const struct stats_now *n, unsigned i, struct sample *out)
{
	return n->live && one(i, out, n->live->ring_most);
}

static bool runs(const struct stats_now *n, unsigned i, struct sample *out)
{
	if (!n->live || i >= n->live->nprograms)
		return false;
	out->label = n->live->programs[i].name;
	out->value = n->live->programs[i].runs;
	return true;
}

static bool run_time(const struct stats_now *n, unsigned i, struct sample *out)
{
	if (!runs(n, i, out))
		return false;
	out->value = n->live->programs[i].ns;
	return true;
}

static bool rss(const struct stats_now *n, unsigned i, struct sample *out)
{
	return one(i, out, n->rss);
}

static bool cpu(const struct stats_now *n, unsigned i, struct sample *out)
{
	return one(i, out, n->cpu);
}

/* clang-format off */
const struct stats_row stats_rows[] = {
	{"records_total", "counter", "Records that were taken.", NULL, false, records},
	{"lost_records_total", "counter", "Records that were lost, as far as it was told so far.", "kind", false, lost},
	{"coalesced_signals_total", "counter", "Signals of storms that share a record with others.", NULL, false, coalesced},
	{"evicted_total", "counter", "Processes, sessions and Ctrl-Cs that were too many to be kept.", NULL, false, evicted},
	{"ring_bytes", "gauge", "Size of the ring buffer.", NULL, false, ring},
	{"ring_most_bytes", "gauge", "The most that ever was in the ring buffer.", NULL, false, ring_most},
	{"program_runs_total", "counter", "Runs of a BPF program; with --stats.", "program", false, runs},
	{"program_seconds_total", "counter", "Time that a BPF program ran; with --stats.", "program", true, run_time},
	{"sessions_total", "counter", "Sessions of ssh that were seen.", NULL, false, sessions},
	{"sessions_open", "gauge", "Sessions of ssh that are open.", NULL, false, open},
	{"interrupts_total", "counter", "Ctrl-Cs and what is like them.", NULL, false, interrupts},
	{"orphans_total", "counter", "Processes that outlived their session, on purpose or not.", NULL, false, orphans},
	{"tasks", "gauge", "Processes that are kept.", NULL, false, tasks},
	{"resident_memory_bytes", "gauge", "Resident memory of sigtrace.", NULL, false, rss},
	{"cpu_seconds_total", "counter", "CPU time of sigtrace, user and system.", NULL, true, cpu},
	{0},
};
/* clang-format on */

static void put_value(struct buf *b, uint64_t v, bool ns)
{
	buf_u64(b, ns ? v / 1000000000 : v);
	if (!ns)
		return;
	buf_char(b, '.');
	buf_u64_width(b, v % 1000000000, 9);
}

static void put_family(struct buf *b, const struct stats_row *r, const struct stats_now *n)
{
	struct sample s;

	for (unsigned i = 0; r->sample(n, i, &s); i++) {
		if (i == 0)
			buf_printf(b, "# HELP sigtrace_%s %s\n# TYPE sigtrace_%s %s\n", r->name,
				   r->help, r->name, r->type);
		buf_printf(b, "sigtrace_%s", r->name);
		if (r->label)
			buf_printf(b, "{%s=\"%s\"}", r->label, s.label);
		buf_char(b, ' ');
		put_value(b, s.value, r->ns);
		buf_char(b, '\n');
	}
}

void stats_prometheus(struct buf *b, const struct stats_now *n)
{
	for (const struct stats_row *r = stats_rows; r->name; r++)
		put_family(b, r, n);
}
