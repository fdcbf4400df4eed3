/* SPDX-License-Identifier: GPL-2.0-only */
/* Text -> nodes. */
#include <stdlib.h>
#include <string.h>

#include "cond/node.h"

#define DEPTH_MOST 64 /* of parentheses and nots: the parser calls itself */

struct parse {
	struct lex *x;
	unsigned depth;
	unsigned nodes;
};

void node_free(struct node *n)
{
	if (!n)
		return;
	node_free(n->a);
	node_free(n->b);
	free(n->values);
	free(n);
}

static struct node *new_node(struct parse *p, enum node_type type, struct node *a, struct node *b)
{
	struct node *n = NULL;

	if (++p->nodes > NODES_MOST)
		lex_error(p->x, p->x->now.at, "a condition has at most %d parts", NODES_MOST);
	else
		n = calloc(1, sizeof(*n));
	if (!n) {
		lex_error(p->x, p->x->now.at, "out of memory");
		node_free(a);
		node_free(b);
		return NULL;
	}
	n->type = type;
	n->a = a;
	n->b = b;
	return n;
}

static bool is_value(const struct token *t)
{
	return t->type == TOKEN_WORD || t->type == TOKEN_STRING || t->type == TOKEN_REF;
}

static int add_value(struct parse *p, struct node *n)
{
	struct token *more;
	struct buf shown = {0};

	if (!is_value(&p->x->now)) {
		token_show(&shown, &p->x->now);
		lex_error(p->x, p->x->now.at, "a value is missing before %s", buf_cstr(&shown));
		buf_free(&shown);
		return -1;
	}
	more = realloc(n->values, (n->nvalues + 1) * sizeof(*more));
	if (!more)
		return lex_error(p->x, p->x->now.at, "out of memory");
	n->values = more;
	n->values[n->nvalues++] = p->x->now;
	lex_next(p->x);
	return 0;
}

static int parse_list(struct parse *p, struct node *n)
{
	struct lex *x = p->x;

	if (x->now.type != TOKEN_OPEN)
		return lex_error(x, x->now.at, "in takes a list: in (A, B)");
	do {
		lex_next(x);
		if (add_value(p, n))
			return -1;
	} while (x->now.type == TOKEN_COMMA);
	if (x->now.type != TOKEN_CLOSE)
		return lex_error(x, x->now.at, "the list needs a , or a )");
	lex_next(x);
	return 0;
}

static const struct {
	enum token_type type;
	const char *word;
	enum cond_op op;
} operators[] = {
	{TOKEN_EQ, NULL, OP_EQ},
	{TOKEN_NE, NULL, OP_NE},
	{TOKEN_LT, NULL, OP_LT},
	{TOKEN_GT, NULL, OP_GT},
	{TOKEN_LE, NULL, OP_LE},
	{TOKEN_GE, NULL, OP_GE},
	{TOKEN_MATCH, NULL, OP_MATCH},
	{TOKEN_WORD, "in", OP_IN},
	{TOKEN_WORD, "contains", OP_CONTAINS},
	{TOKEN_WORD, "prefix", OP_PREFIX},
};

static enum cond_op operator_at(const struct token *t)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (operators[i].word ? token_is(t, operators[i].word) :
					t->type == operators[i].type)
			return operators[i].op;
	return OP_BARE;
}

static struct node *parse_term(struct parse *p)
{
	struct node *n = new_node(p, NODE_TERM, NULL, NULL);

	if (!n)
		return NULL;
	n->field = p->x->now;
	lex_next(p->x);
	n->sign = p->x->now;
	n->op = operator_at(&n->sign);
	if (n->op == OP_BARE)
		return n;
	lex_next(p->x);
	if (n->op == OP_IN ? parse_list(p, n) : add_value(p, n)) {
		node_free(n);
		return NULL;
	}
	return n;
}

/* A term, a not or a parenthesis may begin here. */
static bool begins(const struct token *t)
{
	static const char *const others[] = {"and", "or", "between", "within"};

	if (t->type == TOKEN_OPEN)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (token_is(t, others[i]))
			return false;
	return t->type == TOKEN_WORD;
}

static struct node *parse_or(struct parse *p);

static struct node *parse_not(struct parse *p)
{
	struct lex *x = p->x;
	struct buf shown = {0};
	struct node *n = NULL;

	if (p->depth >= DEPTH_MOST) {
		lex_error(x, x->now.at, "nested more than %d deep", DEPTH_MOST);
		return NULL;
	}
	p->depth++;
	if (lex_take(x, "not")) {
		n = parse_not(p);
		if (n)
			n = new_node(p, NODE_NOT, n, NULL);
	} else if (x->now.type == TOKEN_OPEN) {
		lex_next(x);
		n = parse_or(p);
		if (n && x->now.type != TOKEN_CLOSE) {
			lex_error(x, x->now.at, "a ) is missing");
			node_free(n);
			n = NULL;
		}
		if (n)
			lex_next(x);
	} else if (begins(&x->now)) {
		n = parse_term(p);
	} else {
		token_show(&shown, &x->now);
		lex_error(x, x->now.at, "a field is missing before %s", buf_cstr(&shown));
		buf_free(&shown);
	}
	p->depth--;
	return n;
}

static struct node *join(struct parse *p, enum node_type type, struct node *a, struct node *b)
{
	if (b)
		return new_node(p, type, a, b);
	node_free(a);
	return NULL;
}

static struct node *parse_and(struct parse *p)
{
	struct node *n = parse_not(p);

	while (n && (lex_take(p->x, "and") || begins(&p->x->now)))
		n = join(p, NODE_AND, n, parse_not(p));
	return n;
}

static struct node *parse_or(struct parse *p)
{
	struct node *n = parse_and(p);

	while (n && lex_take(p->x, "or"))
		n = join(p, NODE_OR, n, parse_and(p));
	return n;
}

struct node *node_parse(struct lex *x, bool *bad)
{
	struct parse p = {.x = x};
	struct node *n;

	*bad = x->failed;
	if (x->failed || (!begins(&x->now) && !token_is(&x->now, "and") && !token_is(&x->now, "or")))
		return NULL;
	n = parse_or(&p);
	if (x->failed) {
		node_free(n);
		n = NULL;
	}
	*bad = !n;
	return n;
}
