/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes and a kind -> something that can run: names are looked up, values have types. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cond/node.h"
#include "cond/regex.h"
#include "event/names.h"
#include "event/tables.h"

#define BIT(op) (1u << (op))
#define EQUALITY (BIT(OP_EQ) | BIT(OP_NE) | BIT(OP_IN))
#define ORDER (BIT(OP_LT) | BIT(OP_GT) | BIT(OP_LE) | BIT(OP_GE))
#define TEXT (BIT(OP_MATCH) | BIT(OP_CONTAINS) | BIT(OP_PREFIX))

static const unsigned ops_of[] = {
	[ATTR_NUMBER] = EQUALITY | ORDER,
	[ATTR_TIME] = EQUALITY | ORDER,
	[ATTR_BOOL] = BIT(OP_EQ) | BIT(OP_NE) | BIT(OP_BARE),
	[ATTR_SIGNAL] = EQUALITY,
	[ATTR_SI_CODE] = EQUALITY,
	[ATTR_ENUM] = EQUALITY,
	[ATTR_TTY] = EQUALITY,
	[ATTR_STRING] = EQUALITY | TEXT,
	[ATTR_ADDR] = EQUALITY | TEXT,
	[ATTR_SIGNALS] = BIT(OP_CONTAINS),
	[ATTR_FLAGS] = BIT(OP_CONTAINS),
	[ATTR_KIND] = EQUALITY,
};

static const char *const op_names[] = {
	[OP_EQ] = "=", [OP_NE] = "!=", [OP_LT] = "<", [OP_GT] = ">", [OP_LE] = "<=",
	[OP_GE] = ">=", [OP_MATCH] = "~", [OP_IN] = "in", [OP_CONTAINS] = "contains",
	[OP_PREFIX] = "prefix",
};

struct bind {
	struct lex *x;
	unsigned kind, left;
	bool lenient;
	struct cond *c;
};

/* ---- errors ---- */

static int unknown_field(struct bind *b, const struct token *t, unsigned kind)
{
	struct attr all[ATTR_MOST];
	const char *names[ATTR_MOST];
	struct buf what = {0};
	size_t n = attr_list(kind, all);

	for (size_t i = 0; i < n; i++)
		names[i] = all[i].name;
	buf_printf(&what, "%s has no field", attr_kind_name(kind));
	lex_unknown(b->x, t, buf_cstr(&what), names, n);
	buf_free(&what);
	return -1;
}

static int wrong_operator(struct bind *b, const struct node *n, const struct attr *a)
{
	static const char *const words[] = {"in", "contains", "prefix"};
	struct buf what = {0}, can = {0};

	for (unsigned op = OP_EQ; op <= OP_PREFIX; op++)
		if (ops_of[a->type] & BIT(op))
			buf_printf(&can, "%s%s", can.len ? " " : "", op_names[op]);
	if (n->op != OP_BARE)
		lex_error(b->x, n->sign.at, "%s does not go with %s, which is %s: it takes %s",
			  op_names[n->op], a->name, attr_type_says(a->type), buf_cstr(&can));
	buf_printf(&what, "%s is %s and needs an operator (%s), not", a->name,
		   attr_type_says(a->type), buf_cstr(&can));
	lex_unknown(b->x, &n->sign, buf_cstr(&what), words, 3);
	buf_free(&what);
	buf_free(&can);
	return -1;
}

static int wrong_value(struct bind *b, const struct attr *a, const struct token *t,
		       const char *const *names, size_t n)
{
	struct buf what = {0};

	buf_printf(&what, "%s is %s, not", a->name, attr_type_says(a->type));
	lex_unknown(b->x, t, buf_cstr(&what), names, n);
	buf_free(&what);
	return -1;
}

/* ---- values ---- */

static int parse_number(const char *s, int64_t *n)
{
	bool minus = s[0] == '-';
	uint64_t v;

	if (parse_u64(s + minus, INT64_MAX, &v))
		return -1;
	*n = minus ? -(int64_t)v : (int64_t)v;
	return 0;
}

static int bind_name(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		     struct operand *o)
{
	const char *names[160];
	struct buf what = {0};
	uint64_t v;
	size_t n = 0;

	if (!table_value(a->names, s, &v)) {
		o->n = (int64_t)v;
		return 0;
	}
	buf_printf(&what, "%s is one of", a->name);
	for (size_t i = 0; a->names[i] && n < sizeof(names) / sizeof(names[0]); i++) {
		if (!a->names[i][0])
			continue;
		names[n++] = a->names[i];
		if (n <= 12)
			buf_printf(&what, "%s %s", n > 1 ? "," : "", a->names[i]);
	}
	buf_str(&what, n > 12 ? " .., not" : ", not");
	lex_unknown(b->x, t, buf_cstr(&what), names, n);
	buf_free(&what);
	return -1;
}

static int bind_string(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		       enum cond_op op)
{
	if (a->comm && op != OP_MATCH && strlen(s) >= WIRE_COMM)
		return lex_error(b->x, t->at, "a comm has at most %d bytes, so this never matches",
				 WIRE_COMM - 1);
	if (a->f && a->f->format == FIELD_STATE && op != OP_MATCH &&
	    (strlen(s) != 1 || !strchr("RSDTtXZPI", s[0])))
		return lex_error(b->x, t->at, "%s is one of R S D T t X Z P I", a->name);
	return 0;
}

static int bind_kind(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		     struct operand *o)
{
	const char *const *names;
	size_t n;

	o->n = attr_kind(s, strlen(s));
	if (o->n)
		return 0;
	names = attr_kind_names(&n);
	return wrong_value(b, a, t, names, n);
}

static int bind_signal(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		       struct operand *o)
{
	const char *const *names;
	size_t n;

	o->n = signal_by_name(s);
	if (o->n)
		return 0;
	names = signal_names(&n);
	return wrong_value(b, a, t, names, n);
}

static int bind_time(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		     struct operand *o)
{
	uint64_t ns;

	if (parse_duration(s, &ns) || ns > INT64_MAX)
		return lex_error(b->x, t->at, "%s is a time with its unit, such as 300ms, 5s or 2m",
				 a->name);
	o->n = (int64_t)ns;
	return 0;
}

static int bind_tty(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		    struct operand *o)
{
	uint32_t dev;

	if (tty_by_name(s, &dev) || !dev)
		return lex_error(b->x, t->at, "%s is a terminal such as pts/5, or null", a->name);
	o->n = dev;
	return 0;
}

static int bind_typed(struct bind *b, const struct attr *a, const struct token *t, const char *s,
		      enum cond_op op, struct operand *o)
{
	static const char *const bools[] = {"false", "true"};
	int code;

	switch (a->type) {
	case ATTR_NUMBER:
		return parse_number(s, &o->n) ? wrong_value(b, a, t, NULL, 0) : 0;
	case ATTR_TIME:
		return bind_time(b, a, t, s, o);
	case ATTR_BOOL:
		o->n = !strcmp(s, "true");
		return o->n || !strcmp(s, "false") ? 0 : wrong_value(b, a, t, bools, 2);
	case ATTR_SIGNAL:
	case ATTR_SIGNALS:
		return bind_signal(b, a, t, s, o);
	case ATTR_SI_CODE:
		if (!si_code_by_name(s, &code)) {
			o->n = code;
			return 0;
		}
		return parse_number(s, &o->n) ? wrong_value(b, a, t, NULL, 0) : 0;
	case ATTR_ENUM:
	case ATTR_FLAGS:
		return bind_name(b, a, t, s, o);
	case ATTR_TTY:
		return bind_tty(b, a, t, s, o);
	case ATTR_KIND:
		return bind_kind(b, a, t, s, o);
	case ATTR_STRING:
	case ATTR_ADDR:
		return bind_string(b, a, t, s, op);
	}
	return -1;
}

static int bind_value(struct bind *b, struct cond_term *c, const struct token *t,
		      struct operand *o)
{
	memset(o, 0, sizeof(*o));
	o->p = token_text(t);
	if (!o->p)
		return lex_error(b->x, t->at, "out of memory");
	o->len = strlen(o->p);
	if (token_is(t, "null")) {
		if (!c->a.nullable)
			return lex_error(b->x, t->at, "%s is never null", c->a.name);
		if (!(BIT(c->op) & EQUALITY))
			return lex_error(b->x, t->at, "null goes with =, != and in");
		o->null = true;
		return 0;
	}
	return bind_typed(b, &c->a, t, o->p, c->op, o);
}

static int bind_ref(struct bind *b, struct cond_term *c, const struct token *t)
{
	if (!b->left)
		return lex_error(b->x, t->at, "$ stands for a field of the left side of ->");
	if (!attr_find(b->left, t->p, t->len, &c->left))
		return unknown_field(b, t, b->left);
	if (c->op == OP_IN || c->op == OP_MATCH)
		return lex_error(b->x, t->at, "$%s does not go with %s", c->left.name,
				 op_names[c->op]);
	if (c->left.type != c->a.type ||
	    (c->a.type == ATTR_ENUM && c->left.names != c->a.names))
		return lex_error(b->x, t->at, "%s is %s, and $%s is %s", c->a.name,
				 attr_type_says(c->a.type), c->left.name,
				 attr_type_says(c->left.type));
	c->is_ref = true;
	b->c->nrefs++;
	return 0;
}

static int bind_regex(struct bind *b, struct cond_term *c, const struct token *t)
{
	size_t most = strlen(c->v[0].p) + REGEX_COPIES;
	char why[128];
	int bad;

	if (regex_size(c->v[0].p, most) > most)
		return lex_error(b->x, t->at, "too large a regular expression: of what is repeated it takes "
				 "a copy each, and of a repetition that is repeated a copy of all");
	bad = regcomp(&c->re, c->v[0].p, REG_EXTENDED | REG_NOSUB);
	if (!bad) {
		c->compiled = true;
		return 0;
	}
	regerror(bad, &c->re, why, sizeof(why));
	return lex_error(b->x, t->at, "not a regular expression: %s", why);
}

/* ---- terms and nodes ---- */

static int bind_term(struct bind *b, struct node *n, struct cond_term *c)
{
	c->op = n->op;
	if (!attr_find(b->kind, n->field.p, n->field.len, &c->a)) {
		if (!b->lenient)
			return unknown_field(b, &n->field, b->kind);
		c->never = true;
		return 0;
	}
	if (!(ops_of[c->a.type] & BIT(n->op)))
		return wrong_operator(b, n, &c->a);
	c->v = calloc(n->nvalues ? n->nvalues : 1, sizeof(*c->v));
	if (!c->v)
		return lex_error(b->x, n->field.at, "out of memory");
	for (size_t i = 0; i < n->nvalues; i++) {
		const struct token *t = &n->values[i];

		c->nv = i + 1;
		if (t->type == TOKEN_REF ? bind_ref(b, c, t) : bind_value(b, c, t, &c->v[i]))
			return -1;
	}
	if (c->op == OP_MATCH && bind_regex(b, c, &n->values[0]))
		return -1;
	n->known = true;
	return 0;
}

/* In a filter a value that is wrong for this kind may be right for another. */
static int bind_leniently(struct bind *b, struct node *n, struct cond_term *c)
{
	struct lex silent = *b->x;
	struct buf none = {0};
	struct bind try = *b;

	silent.why = &none;
	try.x = &silent;
	if (bind_term(&try, n, c))
		c->never = true;
	buf_free(&none);
	return 0;
}

static int bind_node(struct bind *b, struct node *n)
{
	struct cond_node *to;
	int a = 0, second = 0;

	if (n->type == NODE_TERM) {
		struct cond_term *t = &b->c->terms[b->c->nterms++];

		a = (int)b->c->nterms - 1;
		if (b->lenient ? bind_leniently(b, n, t) : bind_term(b, n, t))
			return -1;
	} else {
		a = bind_node(b, n->a);
		second = n->b && a >= 0 ? bind_node(b, n->b) : 0;
		if (a < 0 || second < 0)
			return -1;
	}
	to = &b->c->nodes[b->c->nnodes];
	*to = (struct cond_node){.type = n->type, .a = (uint16_t)a, .b = (uint16_t)second};
	return (int)b->c->nnodes++;
}

static const struct cond_term *find_key(const struct cond *c, const struct cond_node *n)
{
	const struct cond_term *t = &c->terms[n->a], *found;

	if (n->type == NODE_TERM)
		return t->is_ref && t->op == OP_EQ && t->a.type != ATTR_STRING &&
				       t->a.type != ATTR_ADDR ? t : NULL;
	if (n->type != NODE_AND)
		return NULL;
	found = find_key(c, &c->nodes[n->a]);
	return found ? found : find_key(c, &c->nodes[n->b]);
}

struct cond *cond_bind_as(struct node *n, struct lex *x, unsigned kind, unsigned left,
			  bool lenient)
{
	struct bind b = {.x = x, .kind = kind, .left = left, .lenient = lenient};

	b.c = calloc(1, sizeof(*b.c));
	if (b.c) {
		b.c->left = left;
		b.c->nodes = calloc(NODES_MOST, sizeof(*b.c->nodes));
		b.c->terms = calloc(NODES_MOST, sizeof(*b.c->terms));
	}
	if (!b.c || !b.c->nodes || !b.c->terms) {
		lex_error(x, x->now.at, "out of memory");
		cond_free(b.c);
		return NULL;
	}
	if (bind_node(&b, n) < 0) {
		cond_free(b.c);
		return NULL;
	}
	b.c->key = find_key(b.c, &b.c->nodes[b.c->nnodes - 1]);
	return b.c;
}

struct cond *cond_bind(const struct node *n, struct lex *x, unsigned kind, unsigned left)
{
	return cond_bind_as((struct node *)n, x, kind, left, false);
}

void cond_free(struct cond *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->terms && i < c->nterms; i++) {
		for (size_t k = 0; k < c->terms[i].nv; k++)
			free(c->terms[i].v[k].p);
		free(c->terms[i].v);
		if (c->terms[i].compiled)
			regfree(&c->terms[i].re);
	}
	free(c->terms);
	free(c->nodes);
	free(c);
}
