/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as lines of a table, as JSON, as bars. */
#ifndef SIGTRACE_BENCH_TABLE_H
#define SIGTRACE_BENCH_TABLE_H

#include <jansson.h>

#include "bench/measure.h"

/* "12.3" with `digits` behind the point, "-" for NAN. Valid until the 16th call after it. */
const char *figure(double v, int digits);

/* { "median", "min", "max", "n" }; null where there is nothing. A new reference. */
json_t *series_json(const struct series *s);

/* One line: what, runs, median, min, max, unit, goal. Added to `rows` as an object, too. */
void table_row(json_t *rows, const char *what, const struct series *s, int digits, const char *unit,
	       const char *goal);
void table_head(const char *title);

/* Writes `doc` (and gives it back) as build/bench/NAME.json. 0 or -1. */
int table_save(json_t *doc, const char *name);

/* A bar of the chart: a value of a tracer under a load; NAN: none. */
struct bar {
	const char *group;
	const char *name;
	double value, min, max;
};

/* Bars on a logarithmic scale from 1, grouped, as build/bench/NAME.svg. 0 or -1. */
int chart_save(const char *name, const char *title, const char *below, const struct bar *bars, size_t n);

#endif
