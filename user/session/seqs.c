/* SPDX-License-Identifier: GPL-2.0-only */
#include "session/seqs.h"

#include <stdlib.h>
#include <string.h>

void seqs_add(struct seqs *s, uint64_t seq)
{
	if (!seq)
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		uint64_t *v = realloc(s->v, cap * sizeof(*v));

		if (!v) {
			s->failed = true;
			return;
		}
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = seq;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void seqs_sort(struct seqs *s)
{
	size_t n = 0;

	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_value);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->v[i] != s->v[n - 1])
			s->v[n++] = s->v[i];
	s->n = n;
}

void seqs_free(struct seqs *s)
{
	free(s->v);
	memset(s, 0, sizeof(*s));
}
