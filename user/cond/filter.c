/* SPDX-License-Identifier: GPL-2.0-only */
/* -F: one condition, bound to every kind that there is. */
#include <stdlib.h>
#include <string.h>

#include "cond/node.h"

struct filter {
	struct cond *by_kind[ATTR_KINDS]; /* NULL: there is no such kind */
	struct buf scratch;
};

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t k = 0; k < ATTR_KINDS; k++)
		cond_free(f->by_kind[k]);
	buf_free(&f->scratch);
	free(f);
}

static bool any_kind_has(const struct token *field, unsigned *kind)
{
	struct attr a;

	for (*kind = 1; *kind < ATTR_KINDS; ++*kind)
		if (attr_kind_name(*kind) && attr_find(*kind, field->p, field->len, &a))
			return true;
	return false;
}

static int unknown_anywhere(struct lex *x, const struct token *field)
{
	const char *names[ATTR_KINDS * ATTR_MOST];
	size_t n = 0;

	for (unsigned kind = 1; kind < ATTR_KINDS; kind++) {
		struct attr all[ATTR_MOST];
		size_t some = attr_kind_name(kind) ? attr_list(kind, all) : 0;

		for (size_t i = 0; i < some; i++)
			names[n++] = all[i].name;
	}
	return lex_unknown(x, field, "unknown field", names, n);
}

/* A term that no kind knows is an error; what is wrong with it a kind that has the field says. */
static int check(struct node *n, struct lex *x)
{
	struct node alone;
	unsigned kind;

	if (n->type != NODE_TERM)
		return check(n->a, x) || (n->b && check(n->b, x)) ? -1 : 0;
	if (n->known)
		return 0;
	if (!any_kind_has(&n->field, &kind))
		return unknown_anywhere(x, &n->field);
	alone = *n;
	cond_free(cond_bind_as(&alone, x, kind, 0, false));
	return -1;
}

static int bind_all(struct filter *f, struct node *n, struct lex *x)
{
	for (unsigned kind = 1; kind < ATTR_KINDS; kind++) {
		if (!attr_kind_name(kind))
			continue;
		f->by_kind[kind] = cond_bind_as(n, x, kind, 0, true);
		if (!f->by_kind[kind])
			return -1;
	}
	return check(n, x);
}

struct filter *filter_new(const char *name, const char *text, size_t n, struct buf *why)
{
	struct filter *f = calloc(1, sizeof(*f));
	struct buf shown = {0};
	struct node *node;
	struct lex x;
	bool bad;

	lex_init(&x, name, 1, text, n, why);
	node = node_parse(&x, &bad);
	token_show(&shown, &x.now);
	if (!f || shown.failed)
		lex_error(&x, 0, "out of memory");
	else if (!node && !bad)
		lex_error(&x, x.now.at, "a condition is missing before %s", buf_cstr(&shown));
	else if (node && x.now.type != TOKEN_END)
		lex_error(&x, x.now.at, "unexpected %s", buf_cstr(&shown));
	else if (node)
		bind_all(f, node, &x);
	node_free(node);
	buf_free(&shown);
	if (!x.failed)
		return f;
	filter_free(f);
	return NULL;
}

bool filter_wants(struct filter *f, const struct event *ev, const struct fact *fact,
		  uint32_t session)
{
	const struct subject s = {
		.kind = ev ? ev->u.h.kind : ATTR_FACT + (unsigned)fact->kind,
		.ev = ev,
		.fact = fact,
		.session = session,
		.scratch = &f->scratch,
	};

	/* what cannot be told is shown: a filter that hides too much misleads */
	return s.kind < ATTR_KINDS && cond_is(f->by_kind[s.kind], &s, NULL) != COND_NO;
}
