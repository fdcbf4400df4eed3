/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/parse.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * UINT64_C(1000000000) },
	{ "h", 3600 * UINT64_C(1000000000) },
	{ "d", 86400 * UINT64_C(1000000000) },
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal digits at *s, which moves behind them. */
static int digits(const char **s, uint64_t *v)
{
	if (!digit(**s))
		return -1;
	for (*v = 0; digit(**s); ++*s) {
		unsigned d = (unsigned)(**s - '0');

		if (*v > (UINT64_MAX - d) / 10)
			return -1;
		*v = *v * 10 + d;
	}
	return 0;
}

static uint64_t unit_ns(const char *s)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(s, units[i].name))
			return units[i].ns;
	return 0;
}

int parse_duration(const char *s, uint64_t *ns)
{
	uint64_t whole, unit, scale, part = 0;
	const char *fraction, *end;

	if (digits(&s, &whole))
		return -1;
	fraction = end = s;
	if (*s == '.') {
		fraction = end = s + 1;
		while (digit(*end))
			end++;
		if (end == fraction)
			return -1;
	}
	unit = scale = unit_ns(end);
	if (!unit)
		return -1;
	for (; fraction < end; fraction++) {
		scale /= 10;
		part += scale * (uint64_t)(*fraction - '0');
	}
	if (whole > (UINT64_MAX - part) / unit)
		return -1;
	*ns = whole * unit + part;
	return 0;
}

int parse_u64(const char *s, uint64_t max, uint64_t *v)
{
	uint64_t n;

	if (digits(&s, &n) || *s || n > max)
		return -1;
	*v = n;
	return 0;
}

#define WORD_MAX 63

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: a swap of neighbours counts as one, as most typos are. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[3][WORD_MAX + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *spare = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);

			now[j] = min2(min2(last[j], now[j - 1]) + 1, last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]))
				now[j] = min2(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

const char *parse_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);
	unsigned best = len / 3 > 2 ? (unsigned)(len / 3) : 2;
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	/* As many edits as letters: nothing of the word is left, so nothing of it was meant. */
	if (best >= len)
		best = len ? (unsigned)len - 1 : 0;
	for (size_t i = 0; i < n; i++) {
		size_t clen = strlen(candidates[i]);
		unsigned d;

		if (clen > WORD_MAX)
			continue;
		d = distance(word, len, candidates[i], clen);
		if (d < best || (d == best && !found)) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
