/* SPDX-License-Identifier: GPL-2.0-only */
/* Does it hold? With three answers: what cannot be told is no no. */
#include <stdlib.h>
#include <string.h>

#include "cond/node.h"

struct refs {
	size_t n;
	struct operand v[]; /* in the order of the terms */
};

struct frozen {
	struct operand *v; /* of the terms with a ref */
	uint8_t is[];	   /* enum tri, a term */
};

/* ---- one value against another ---- */

static enum tri tri(bool yes)
{
	return yes ? COND_YES : COND_NO;
}

static bool is_text(const struct attr *a)
{
	return a->type == ATTR_STRING || a->type == ATTR_ADDR;
}

/* "203.0.113.7" stands for any port of it. */
static bool same_addr(const struct value *v, const struct operand *o)
{
	const char *port = memrchr(v->p, ':', v->len);
	size_t n = port ? (size_t)(port - v->p) : v->len;

	if (o->len == n && !memcmp(o->p, v->p, n))
		return true;
	return n > 2 && v->p[0] == '[' && o->len == n - 2 && !memcmp(o->p, v->p + 1, n - 2);
}

static enum tri equal(const struct attr *a, const struct value *v, const struct operand *o)
{
	bool same;

	if (v->null || o->null)
		return tri(v->null && o->null);
	if (!is_text(a))
		return tri(v->n == o->n);
	same = v->len == o->len && !memcmp(v->p, o->p, v->len);
	if (a->type == ATTR_ADDR && !same)
		same = same_addr(v, o);
	/* what was cut off could still make it the same, unless it differs before */
	if (!v->cut)
		return tri(same);
	return o->len < v->len || memcmp(v->p, o->p, v->len) ? COND_NO : COND_MAYBE;
}

static enum tri matches(const struct cond_term *t, const struct value *v)
{
	regmatch_t span = {.rm_so = 0, .rm_eo = (regoff_t)v->len};

	if (!v->cut)
		return tri(!regexec(&t->re, v->p, 1, &span, REG_STARTEND));
	return COND_MAYBE; /* $ and not only it depend on what is missing */
}

static enum tri contains(const struct attr *a, const struct value *v, const struct operand *o)
{
	if (a->type == ATTR_SIGNALS)
		return tri((uint64_t)v->n >> (o->n - 1) & 1);
	if (a->type == ATTR_FLAGS)
		return tri((uint64_t)v->n >> o->n & 1);
	if (memmem(v->p, v->len, o->p, o->len))
		return COND_YES;
	return v->cut ? COND_MAYBE : COND_NO;
}

static enum tri begins(const struct value *v, const struct operand *o)
{
	size_t n = v->len < o->len ? v->len : o->len;

	if (memcmp(v->p, o->p, n))
		return COND_NO;
	if (v->len >= o->len)
		return COND_YES;
	return v->cut ? COND_MAYBE : COND_NO;
}

static enum tri not(enum tri t)
{
	return t == COND_MAYBE ? t : tri(t == COND_NO);
}

static enum tri compare(const struct cond_term *t, const struct value *v, const struct operand *o)
{
	if (t->op == OP_EQ)
		return equal(&t->a, v, o);
	if (t->op == OP_NE)
		return not(equal(&t->a, v, o));
	if (v->null || o->null)
		return COND_NO;
	switch (t->op) {
	case OP_LT:
		return tri(v->n < o->n);
	case OP_GT:
		return tri(v->n > o->n);
	case OP_LE:
		return tri(v->n <= o->n);
	case OP_GE:
		return tri(v->n >= o->n);
	case OP_MATCH:
		return matches(t, v);
	case OP_CONTAINS:
		return contains(&t->a, v, o);
	case OP_PREFIX:
		return begins(v, o);
	default:
		return COND_NO;
	}
}

static enum tri among(const struct cond_term *t, const struct value *v)
{
	enum tri found = COND_NO;

	for (size_t i = 0; i < t->nv && found != COND_YES; i++) {
		enum tri is = equal(&t->a, v, &t->v[i]);

		found = is == COND_NO ? found : is;
	}
	return found;
}

static enum tri term_is(const struct cond_term *t, const struct subject *s,
			const struct operand *ref)
{
	struct value v = {0};

	if (t->never)
		return COND_NO;
	if (t->is_ref && !ref)
		return COND_MAYBE;
	t->a.get(s, &t->a, &v);
	if (t->op == OP_BARE)
		return tri(v.n != 0);
	if (t->op == OP_IN)
		return among(t, &v);
	return compare(t, &v, t->is_ref ? ref : &t->v[0]);
}

/* ---- trees ---- */

struct run {
	const struct cond *c;
	const struct subject *s;
	const struct refs *refs;
	const struct frozen *frozen; /* instead of s */
};

/* Which ref a term's is. */
static size_t ref_number(const struct cond *c, const struct cond_term *t)
{
	size_t n = 0;

	for (const struct cond_term *k = c->terms; k < t; k++)
		n += k->is_ref;
	return n;
}

static enum tri thawed(const struct run *r, const struct cond_term *t, const struct operand *ref)
{
	size_t n;
	struct value v;

	if (!t->is_ref)
		return r->frozen->is[t - r->c->terms];
	if (!ref)
		return COND_MAYBE;
	n = ref_number(r->c, t);
	v = (struct value){
		.null = r->frozen->v[n].null,
		.n = r->frozen->v[n].n,
		.p = r->frozen->v[n].p,
		.len = r->frozen->v[n].len,
	};
	return compare(t, &v, ref);
}

static enum tri run_term(const struct run *r, const struct cond_term *t)
{
	const struct operand *ref =
		t->is_ref && r->refs ? &r->refs->v[ref_number(r->c, t)] : NULL;

	return r->frozen ? thawed(r, t, ref) : term_is(t, r->s, ref);
}

static enum tri run(const struct run *r, const struct cond_node *n)
{
	enum tri a, b;

	if (n->type == NODE_TERM)
		return run_term(r, &r->c->terms[n->a]);
	a = run(r, &r->c->nodes[n->a]);
	if (n->type == NODE_NOT)
		return not(a);
	if (a == (n->type == NODE_AND ? COND_NO : COND_YES))
		return a;
	b = run(r, &r->c->nodes[n->b]);
	if (b == (n->type == NODE_AND ? COND_NO : COND_YES))
		return b;
	return a == COND_MAYBE ? a : b;
}

enum tri cond_is(const struct cond *c, const struct subject *s, const struct refs *refs)
{
	const struct run r = {.c = c, .s = s, .refs = refs};

	return c ? run(&r, &c->nodes[c->nnodes - 1]) : COND_YES;
}

enum tri cond_thaw(const struct cond *c, const struct frozen *f, const struct refs *refs)
{
	const struct run r = {.c = c, .refs = refs, .frozen = f};

	return c ? run(&r, &c->nodes[c->nnodes - 1]) : COND_YES;
}

bool cond_key(const struct cond *c, const struct refs *refs, const struct subject *s, int64_t *key)
{
	struct value v = {0};

	if (!c || !c->key)
		return false;
	if (s) {
		c->key->a.get(s, &c->key->a, &v);
	} else {
		const struct operand *o = &refs->v[ref_number(c, c->key)];

		v.null = o->null;
		v.n = o->n;
	}
	*key = v.null ? INT64_MIN : v.n;
	return true;
}

/* ---- what is kept ---- */

static int keep(struct operand *o, const struct attr *a, const struct subject *s)
{
	struct value v = {0};

	a->get(s, a, &v);
	o->null = v.null;
	o->n = v.n;
	if (v.null || !is_text(a))
		return 0;
	o->p = malloc(v.len + 1);
	if (!o->p)
		return -1;
	memcpy(o->p, v.p, v.len);
	o->p[v.len] = '\0';
	o->len = v.len;
	return 0;
}

static void drop(struct operand *v, size_t n)
{
	for (size_t i = 0; v && i < n; i++)
		free(v[i].p);
}

struct refs *refs_take(const struct cond *c, const struct subject *left)
{
	size_t nrefs = c ? c->nrefs : 0, n = 0;
	struct refs *r = calloc(1, sizeof(*r) + nrefs * sizeof(r->v[0]));

	if (!r)
		return NULL;
	r->n = nrefs;
	for (size_t i = 0; c && i < c->nterms; i++) {
		if (c->terms[i].is_ref && keep(&r->v[n++], &c->terms[i].left, left)) {
			refs_free(r);
			return NULL;
		}
	}
	return r;
}

void refs_free(struct refs *r)
{
	if (r)
		drop(r->v, r->n);
	free(r);
}

struct frozen *cond_freeze(const struct cond *c, const struct subject *s)
{
	size_t nterms = c ? c->nterms : 0, n = 0;
	struct frozen *f = calloc(1, sizeof(*f) + nterms + 1);

	if (!f)
		return NULL;
	f->v = calloc(c ? c->nrefs + 1 : 1, sizeof(*f->v));
	for (size_t i = 0; f->v && i < nterms; i++) {
		const struct cond_term *t = &c->terms[i];

		if (t->is_ref && keep(&f->v[n++], &t->a, s)) {
			frozen_free(c, f);
			return NULL;
		}
		f->is[i] = term_is(t, s, NULL);
	}
	if (f->v)
		return f;
	free(f);
	return NULL;
}

void frozen_free(const struct cond *c, struct frozen *f)
{
	if (!f)
		return;
	drop(f->v, c ? c->nrefs : 0);
	free(f->v);
	free(f);
}
