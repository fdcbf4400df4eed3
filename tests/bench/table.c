/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *figure(double v, int digits)
{
	static char ring[16][24];
	static unsigned next;
	char *p = ring[next++ % 16];

	if (isnan(v))
		return "-";
	snprintf(p, sizeof(ring[0]), "%.*f", digits, v);
	return p;
}

static json_t *real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *series_json(const struct series *s)
{
	return json_pack("{s:o, s:o, s:o, s:i}", "median", real(series_median(s)), "min",
			 real(series_min(s)), "max", real(series_max(s)), "n", (int)s->n);
}

void table_head(const char *title)
{
	char machine[256];

	bench_machine(machine, sizeof(machine));
	printf("%s\n%s\nagain:   make bench%s\n", title, machine, bench_quick() ? " QUICK=1" : "");
	printf("%-52s %5s %9s %9s %9s  %-6s %s\n", "", "runs", "median", "min", "max", "unit", "goal");
}

void table_row(json_t *rows, const char *what, const struct series *s, int digits, const char *unit,
	       const char *goal)
{
	json_t *o = series_json(s);
	char line[160];
	int n;

	n = snprintf(line, sizeof(line), "%-52s %5zu %9s %9s %9s  %-6s %s", what, s->n,
		     figure(series_median(s), digits), s->n > 1 ? figure(series_min(s), digits) : "",
		     s->n > 1 ? figure(series_max(s), digits) : "", unit, goal);
	n = n < (int)sizeof(line) ? n : (int)sizeof(line) - 1;
	while (n > 0 && line[n - 1] == ' ')
		line[--n] = '\0';
	puts(line);
	fflush(stdout);
	json_object_set_new(o, "what", json_string(what));
	json_object_set_new(o, "unit", json_string(unit));
	json_object_set_new(o, "goal", json_string(goal));
	json_array_append_new(rows, o);
}

int table_save(json_t *doc, const char *name)
{
	char machine[256], file[64];
	int bad;

	bench_machine(machine, sizeof(machine));
	json_object_set_new(doc, "machine", json_string(machine));
	json_object_set_new(doc, "again", json_string(bench_quick() ? "make bench QUICK=1" : "make bench"));
	snprintf(file, sizeof(file), "%s.json", name);
	bad = json_dump_file(doc, bench_file(file), JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	json_decref(doc);
	return bad ? bench_say(file, "cannot be written") : 0;
}

/* ---- the chart ---- */

#define LEFT 190
#define WIDTH 560
#define BAR 15
#define GAP 14

static double x_of(double value, double most)
{
	return LEFT + (value <= 1 ? 0 : WIDTH * log10(value) / log10(most));
}

static void put_bar(FILE *f, const struct bar *b, double y, double most)
{
	const char *fill = strncmp(b->name, "sigtrace", 8) ? strncmp(b->name, "floor", 5) ? "#9aa5b1" : "#c9d6df" : "#d1495b";

	fprintf(f, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%s</text>\n", LEFT - 6, y + 11, b->name);
	if (isnan(b->value)) {
		fprintf(f, "<text x=\"%d\" y=\"%.0f\" fill=\"#888\">not measured</text>\n", LEFT + 4, y + 11);
		return;
	}
	fprintf(f, "<rect x=\"%d\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", LEFT, y,
		x_of(b->value, most) - LEFT + 1, BAR - 3, fill);
	fprintf(f, "<path d=\"M%.1f %.0fH%.1f\" stroke=\"#333\"/>\n", x_of(b->min, most), y + 6,
		x_of(b->max, most));
	fprintf(f, "<text x=\"%.1f\" y=\"%.0f\">%.2f</text>\n", x_of(b->max, most) + 5, y + 11, b->value);
}

int chart_save(const char *name, const char *title, const char *below, const struct bar *bars, size_t n)
{
	double most = 10, y = 44;
	size_t groups = 0;
	char file[64];
	FILE *f;

	for (size_t i = 0; i < n; i++) {
		if (!isnan(bars[i].max) && bars[i].max > most)
			most = bars[i].max;
		groups += !i || strcmp(bars[i].group, bars[i - 1].group);
	}
	snprintf(file, sizeof(file), "%s.svg", name);
	f = fopen(bench_file(file), "we");
	if (!f)
		return bench_say(file, strerror(errno));
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
		   "font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		   "<text x=\"8\" y=\"18\" font-size=\"14\">%s</text>\n<text x=\"8\" y=\"34\" fill=\"#666\">%s</text>\n",
		LEFT + WIDTH + 70, 60 + n * BAR + groups * (GAP + 16), title, below);
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(bars[i].group, bars[i - 1].group)) {
			y += GAP + 16;
			fprintf(f, "<text x=\"8\" y=\"%.0f\" font-weight=\"bold\">%s</text>\n", y - 5, bars[i].group);
		}
		put_bar(f, &bars[i], y, most);
		y += BAR;
	}
	fputs("</svg>\n", f);
	return fclose(f) ? bench_say(file, strerror(errno)) : 0;
}
