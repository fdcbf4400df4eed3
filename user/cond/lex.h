/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of checks and conditions, each with its place; and how errors tell that place. */
#ifndef SIGTRACE_COND_LEX_H
#define SIGTRACE_COND_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum token_type {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING, /* was in quotes */
	TOKEN_REF,    /* $WORD, without the $ */
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_LT,
	TOKEN_GT,
	TOKEN_LE,
	TOKEN_GE,
	TOKEN_MATCH,  /* ~ */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_ARROW,
	TOKEN_BAD,    /* an error was told */
};

struct token {
	enum token_type type;
	const char *p; /* as it is written, quotes left out; not NUL-terminated */
	size_t len;
	size_t at;     /* offset in the line */
};

/* A line of text and how far it was read. */
struct lex {
	const char *name; /* of the file */
	unsigned line;
	const char *p;
	size_t n;
	size_t at;
	struct token now; /* the token that is looked at */
	struct buf *why;  /* errors go there */
	bool failed;
};

/* Begins at the first token. The line has no newline. */
void lex_init(struct lex *x, const char *name, unsigned line, const char *p, size_t n,
	      struct buf *why);
/* Goes on to the next one. */
void lex_next(struct lex *x);

bool token_is(const struct token *t, const char *word); /* a TOKEN_WORD of this spelling */
/* Takes the word if it is there. */
bool lex_take(struct lex *x, const char *word);

/* The text of a token in memory of its own, its escapes undone; NULL: out of memory. */
char *token_text(const struct token *t);
/* The same as prose: 'word', or "the end of the line". */
void token_show(struct buf *b, const struct token *t);

/* "NAME:LINE:COLUMN: what" for a place; only the first error of a line is kept. Returns -1. */
int lex_error(struct lex *x, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "what 'token'", and "; did you mean WORD?" if a candidate is near. -1. */
int lex_unknown(struct lex *x, const struct token *t, const char *what,
		const char *const *candidates, size_t n);

#endif
