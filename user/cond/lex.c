/* SPDX-License-Identifier: GPL-2.0-only */
#include "cond/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

static size_t column(const struct lex *x, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += (x->p[i] & 0xc0) != 0x80; /* a byte that goes on a code point is no column */
	return n;
}

int lex_error(struct lex *x, size_t at, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	if (x->failed)
		return -1;
	x->failed = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	buf_printf(x->why, "%s:%u:%zu: %s\n", x->name, x->line, column(x, at), what);
	return -1;
}

void token_show(struct buf *b, const struct token *t)
{
	if (t->type == TOKEN_END) {
		buf_str(b, "the end of the line");
		return;
	}
	buf_str(b, t->type == TOKEN_REF ? "'$" : "'");
	buf_text(b, t->p, t->len < 60 ? t->len : 60);
	buf_char(b, '\'');
}

/* "target" of target.tgid */
static const char *begun_by(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(candidates[i], word, len) && candidates[i][len] == '.')
			return candidates[i];
	return NULL;
}

int lex_unknown(struct lex *x, const struct token *t, const char *what,
		const char *const *candidates, size_t n)
{
	struct buf shown = {0};
	char *word = token_text(t);
	const char *near = word && t->type != TOKEN_END ? parse_nearest(word, candidates, n) : NULL;

	if (word && !near && t->type == TOKEN_WORD)
		near = begun_by(word, candidates, n);
	token_show(&shown, t);
	if (near)
		lex_error(x, t->at, "%s %s; did you mean %s?", what, buf_cstr(&shown), near);
	else
		lex_error(x, t->at, "%s %s", what, buf_cstr(&shown));
	buf_free(&shown);
	free(word);
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool in_word(const struct lex *x, size_t at)
{
	unsigned char c = (unsigned char)x->p[at];

	if (c <= ' ' || c == 0x7f || strchr("()=!<>~,\"$", c))
		return false;
	return c != '-' || at + 1 >= x->n || x->p[at + 1] != '>';
}

static void take_word(struct lex *x, enum token_type type)
{
	size_t from = x->at;

	/* a $ inside is that of a regular expression */
	while (x->at < x->n && (in_word(x, x->at) || (x->p[x->at] == '$' && x->at > from)))
		x->at++;
	x->now.type = type;
	x->now.p = x->p + from;
	x->now.len = x->at - from;
}

static void bad(struct lex *x, size_t at, const char *what)
{
	x->now.type = TOKEN_BAD;
	x->at = x->n;
	lex_error(x, at, "%s", what);
}

static void take_string(struct lex *x)
{
	size_t from = ++x->at;

	while (x->at < x->n && x->p[x->at] != '"') {
		if (x->p[x->at] == '\\' && (x->at + 1 >= x->n || !strchr("\"\\nt", x->p[x->at + 1]))) {
			bad(x, x->at, "in quotes a backslash stands before \", \\, n or t; for one alone write \\\\");
			return;
		}
		if (!x->p[x->at]) {
			bad(x, x->at, "a NUL byte");
			return;
		}
		x->at += x->p[x->at] == '\\' ? 2 : 1;
	}
	if (x->at >= x->n) {
		bad(x, from - 1, "the quotes are not closed");
		return;
	}
	x->now.type = TOKEN_STRING;
	x->now.p = x->p + from;
	x->now.len = x->at++ - from;
}

static const struct {
	const char *text;
	enum token_type type;
} signs[] = { /* the longer ones first */
	{"->", TOKEN_ARROW}, {"!=", TOKEN_NE}, {"<=", TOKEN_LE}, {">=", TOKEN_GE}, {"=", TOKEN_EQ},
	{"<", TOKEN_LT}, {">", TOKEN_GT}, {"~", TOKEN_MATCH}, {"(", TOKEN_OPEN},
	{")", TOKEN_CLOSE}, {",", TOKEN_COMMA},
};

static bool take_sign(struct lex *x)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i].text);

		if (len > x->n - x->at || memcmp(x->p + x->at, signs[i].text, len))
			continue;
		x->now.type = signs[i].type;
		x->now.len = len;
		x->at += len;
		return true;
	}
	return false;
}

void lex_next(struct lex *x)
{
	if (x->now.type == TOKEN_BAD)
		return;
	while (x->at < x->n && is_blank(x->p[x->at]))
		x->at++;
	x->now = (struct token){.type = TOKEN_END, .p = x->p + x->at, .at = x->at};
	if (x->at >= x->n || x->p[x->at] == '#') {
		x->at = x->n;
	} else if (x->p[x->at] == '"') {
		take_string(x);
	} else if (take_sign(x)) {
		return;
	} else if (x->p[x->at] == '$' && x->at + 1 < x->n && in_word(x, x->at + 1)) {
		x->at++;
		take_word(x, TOKEN_REF);
	} else if (in_word(x, x->at)) {
		take_word(x, TOKEN_WORD);
	} else if (x->p[x->at] == '$') {
		bad(x, x->at, "a field's name is missing behind $");
	} else if (x->p[x->at] == '!') {
		bad(x, x->at, "'!' alone is no operator: write != or not");
	} else {
		bad(x, x->at, "a control character");
	}
}

void lex_init(struct lex *x, const char *name, unsigned line, const char *p, size_t n,
	      struct buf *why)
{
	memset(x, 0, sizeof(*x));
	x->name = name;
	x->line = line;
	x->p = p;
	x->n = n;
	x->why = why;
	lex_next(x);
}

bool token_is(const struct token *t, const char *word)
{
	return t->type == TOKEN_WORD && strlen(word) == t->len && !memcmp(word, t->p, t->len);
}

bool lex_take(struct lex *x, const char *word)
{
	if (!token_is(&x->now, word))
		return false;
	lex_next(x);
	return true;
}

char *token_text(const struct token *t)
{
	char *s = malloc(t->len + 1);
	size_t n = 0;

	if (!s)
		return NULL;
	for (size_t i = 0; i < t->len; i++) {
		char c = t->p[i];

		if (t->type == TOKEN_STRING && c == '\\' && i + 1 < t->len) {
			c = t->p[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		s[n++] = c;
	}
	s[n] = '\0';
	return s;
}
