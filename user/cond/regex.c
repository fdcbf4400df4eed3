/* SPDX-License-Identifier: GPL-2.0-only */
#include "cond/regex.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH 256 /* of groups */

struct level {
	size_t sum;  /* of what stands before the last one */
	size_t last; /* what a repetition would repeat */
};

static size_t bounded(size_t n)
{
	return n < REGEX_MOST ? n : REGEX_MOST + 1;
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
static const char *parse_bound(const char *p, size_t *times)
{
	char *end;
	size_t n;

	p++;
	if ((*p < '0' || *p > '9') && *p != ',')
		return NULL;
	*times = bounded(strtoul(p, &end, 10));
	if (*end == ',') {
		n = bounded(strtoul(end + 1, &end, 10));
		*times = n > *times ? n : *times + 1;
	}
	return *end == '}' ? end + 1 : NULL;
}

static void add(struct level *l, size_t atom)
{
	l->sum = bounded(l->sum + l->last);
	l->last = atom;
}

static void repeat(struct level *l, size_t times)
{
	l->last = bounded(bounded(l->last) * bounded(times) + 1);
}

size_t regex_size(const char *re)
{
	struct level level[DEPTH] = {{0}}, *l = level;
	size_t times;

	for (const char *p = re; *p;) {
		const char *behind = *p == '{' && l->last ? parse_bound(p, &times) : NULL;

		if (behind) {
			repeat(l, times + 1);
			p = behind;
			continue;
		}
		if (*p == '[') {
			add(l, 1);
			p = skip_bracket(p);
			continue;
		}
		if (*p == '(') {
			if (l == level + DEPTH - 1)
				return REGEX_MOST + 1;
			*++l = (struct level){0};
		} else if (*p == ')' && l > level) {
			l--;
			add(l, bounded(l[1].sum + l[1].last + 1));
		} else if (*p == '+' && l->last) {
			repeat(l, 2);
		} else if ((*p == '*' || *p == '?') && l->last) {
			repeat(l, 1);
		} else {
			add(l, 1);
			p += *p == '\\' && p[1];
		}
		p++;
	}
	for (; l > level; l--)
		add(l - 1, bounded(l->sum + l->last + 1));
	return bounded(level->sum + level->last);
}
