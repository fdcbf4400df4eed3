/* SPDX-License-Identifier: GPL-2.0-only */
#include "cond/regex.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH 256 /* of groups */

struct level {
	size_t sum;  /* of what stands before the last one */
	size_t last; /* what a repetition would repeat */
};

static size_t bounded(size_t n, size_t most)
{
	return n <= most ? n : most + 1;
}

/* Behind a bracket expression, of which p is the first byte: ] is the end but where it comes first, and
 * in [:alpha:], [.x.] and [=x=]. */
static const char *skip_bracket(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++) {
		char close[] = {p[1], ']', '\0'};
		const char *end;

		if (*p != '[' || !p[1] || !strchr(":.=", p[1]))
			continue;
		end = strstr(p + 2, close);
		if (!end)
			break;
		p = end + 1;
	}
	return *p == ']' ? p + 1 : p + strlen(p);
}

/* Of {n}, {n,} and {n,m}: behind it, and how often at most; NULL: p is no such thing. */
static const char *parse_bound(const char *p, size_t *times, size_t most)
{
	char *end;
	size_t n;

	p++;
	if ((*p < '0' || *p > '9') && *p != ',')
		return NULL;
	*times = bounded(strtoul(p, &end, 10), most);
	if (*end == ',') {
		n = bounded(strtoul(end + 1, &end, 10), most);
		*times = n > *times ? n : *times + 1;
	}
	return *end == '}' ? end + 1 : NULL;
}

static void add(struct level *l, size_t atom, size_t most)
{
	l->sum = bounded(l->sum + l->last, most);
	l->last = atom;
}

static void repeat(struct level *l, size_t times, size_t most)
{
	l->last = bounded(l->last * bounded(times, most) + 1, most);
}

size_t regex_size(const char *re, size_t most)
{
	struct level level[DEPTH] = {{0}}, *l = level;
	size_t times;

	for (const char *p = re; *p;) {
		const char *behind = *p == '{' && l->last ? parse_bound(p, &times, most) : NULL;

		if (behind) {
			repeat(l, times + 1, most);
			p = behind;
			continue;
		}
		if (*p == '[') {
			add(l, 1, most);
			p = skip_bracket(p);
			continue;
		}
		if (*p == '(') {
			if (l == level + DEPTH - 1)
				return most + 1;
			*++l = (struct level){0};
		} else if (*p == ')' && l > level) {
			l--;
			add(l, bounded(l[1].sum + l[1].last + 1, most), most);
		} else if (*p == '+' && l->last) {
			repeat(l, 2, most);
		} else if ((*p == '*' || *p == '?') && l->last) {
			repeat(l, 1, most);
		} else {
			add(l, 1, most);
			p += *p == '\\' && p[1];
		}
		p++;
	}
	for (; l > level; l--)
		add(l - 1, bounded(l->sum + l->last + 1, most), most);
	return bounded(level->sum + level->last, most);
}
