/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a condition, private to cond/. */
#ifndef SIGTRACE_COND_NODE_H
#define SIGTRACE_COND_NODE_H

#include <regex.h>

#include "cond/cond.h"

enum node_type { NODE_AND, NODE_OR, NODE_NOT, NODE_TERM };

enum cond_op { OP_EQ, OP_NE, OP_LT, OP_GT, OP_LE, OP_GE, OP_MATCH, OP_IN, OP_CONTAINS, OP_PREFIX,
	       OP_BARE };

struct node {
	enum node_type type;
	struct node *a, *b;
	struct token field;
	enum cond_op op;
	struct token sign;    /* the operator, or what stands where one should */
	struct token *values; /* point into the line */
	size_t nvalues;
	bool known;	      /* by a kind, in a filter */
};

struct operand {
	bool null;
	int64_t n;
	char *p; /* NUL-terminated as well */
	size_t len;
};

struct cond_term {
	struct attr a;
	enum cond_op op;
	struct operand *v;
	size_t nv;
	bool is_ref;
	struct attr left; /* of a ref */
	regex_t re;	  /* OP_MATCH */
	bool compiled;
	bool never;	  /* in a filter: this kind has no such field */
};

/* Inner nodes point into the terms. */
struct cond_node {
	enum node_type type;
	uint16_t a, b; /* numbers of nodes; of NODE_TERM a is the term's */
};

struct cond {
	struct cond_node *nodes; /* the last one is the root */
	size_t nnodes;
	struct cond_term *terms;
	size_t nterms;
	unsigned left; /* kind of the left event */
	size_t nrefs;
	const struct cond_term *key; /* an equality with a $ that must hold; NULL: there is none */
};

#define NODES_MOST 256 /* in one condition */

/* bind.c. lenient: what this kind does not have, or a value that its field cannot have, makes the
 * term false; n->known tells that the kind has it. */
struct cond *cond_bind_as(struct node *n, struct lex *x, unsigned kind, unsigned left,
			  bool lenient);

#endif
