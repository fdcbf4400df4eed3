/* SPDX-License-Identifier: GPL-2.0-only */
/* Text -> checks. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "check/parts.h"

struct line {
	struct checks *c;
	struct lex x;
	const char *file;
	size_t end; /* of the text, before a comment and blanks */
};

static void unexpected(struct line *l, const char *wanted)
{
	struct buf shown = {0};

	token_show(&shown, &l->x.now);
	lex_error(&l->x, l->x.now.at, "%s, not %s", wanted, buf_cstr(&shown));
	buf_free(&shown);
}

static int no_memory(struct line *l)
{
	l->c->failed = true;
	return lex_error(&l->x, 0, "out of memory");
}

/* ---- parts of a line ---- */

static int take_condition(struct line *l, struct pattern *p, unsigned left)
{
	bool bad;
	struct node *n = node_parse(&l->x, &bad);

	if (n) {
		p->cond = cond_bind(n, &l->x, p->kind, left);
		node_free(n);
	}
	return l->x.failed ? -1 : 0;
}

static int take_pattern(struct line *l, struct pattern *p, unsigned left)
{
	const char *const *names;
	size_t n;

	if (l->x.now.type == TOKEN_WORD)
		p->kind = attr_kind(l->x.now.p, l->x.now.len);
	if (!p->kind) {
		names = attr_kind_names(&n);
		return lex_unknown(&l->x, &l->x.now, "expected a kind of event, not", names, n);
	}
	lex_next(&l->x);
	return take_condition(l, p, left);
}

static int take_number(struct line *l, uint64_t *v)
{
	char *text = token_text(&l->x.now);
	int bad = !text || l->x.now.type != TOKEN_WORD || parse_u64(text, INT64_MAX, v);

	free(text);
	if (bad) {
		unexpected(l, "expected a number");
		return -1;
	}
	lex_next(&l->x);
	return 0;
}

static int take_within(struct line *l, uint64_t *ns)
{
	char *text;
	int bad;

	if (!lex_take(&l->x, "within")) {
		unexpected(l, "expected within and a time");
		return -1;
	}
	text = token_text(&l->x.now);
	bad = !text || l->x.now.type != TOKEN_WORD || parse_duration(text, ns) || !*ns;
	free(text);
	if (bad) {
		unexpected(l, "within takes a time such as 300ms, 5s or 2m");
		return -1;
	}
	lex_next(&l->x);
	return 0;
}

/* ---- lines that hold for those below ---- */

static char *line_text(const struct line *l)
{
	size_t from = strspn(l->x.p, " \t");

	return strndup(l->x.p + from, l->end - from);
}

static int on_scope(struct line *l)
{
	struct pattern p = {.kind = ATTR_FACT + FACT_OPEN};
	struct scope *s = calloc(1, sizeof(*s));
	static const char *const words[] = {"command", "session", "all"};
	size_t from = l->x.now.at;

	if (!s)
		return no_memory(l);
	s->next = l->c->scopes;
	l->c->scopes = l->c->scope = s;
	if (lex_take(&l->x, "all")) {
		s->type = SCOPE_ALL;
	} else if (lex_take(&l->x, "command")) {
		s->type = SCOPE_COMMAND;
	} else if (lex_take(&l->x, "session")) {
		s->type = SCOPE_SESSION;
		if (take_condition(l, &p, 0))
			return -1;
		s->cond = p.cond;
	} else {
		return lex_unknown(&l->x, &l->x.now, "scope is command, session or all, not", words, 3);
	}
	s->text = strndup(l->x.p + from, l->end - from);
	return s->text ? 0 : no_memory(l);
}

static int on_allow(struct line *l)
{
	struct allow *a = calloc(1, sizeof(*a));

	if (!a)
		return no_memory(l);
	a->next = l->c->allows;
	l->c->allows = a;
	return take_pattern(l, &a->p, 0);
}

/* ---- checks ---- */

static int add_allows(struct line *l, struct check *k, unsigned kind)
{
	for (struct allow *a = l->c->allows; a != l->c->allows_end; a = a->next) {
		struct allow **more;

		if (a->p.kind != kind)
			continue;
		more = realloc(k->allows, (k->nallows + 1) * sizeof(*more));
		if (!more)
			return no_memory(l);
		k->allows = more;
		k->allows[k->nallows++] = a;
	}
	return 0;
}

static int on_no(struct line *l, struct check *k)
{
	k->npat = 1;
	return take_pattern(l, &k->pat[0], 0) || add_allows(l, k, k->pat[0].kind) ? -1 : 0;
}

static int on_some(struct line *l, struct check *k)
{
	k->npat = 1;
	return take_pattern(l, &k->pat[0], 0);
}

static int on_count(struct line *l, struct check *k)
{
	size_t at;

	if (on_some(l, k))
		return -1;
	if (!lex_take(&l->x, "between")) {
		unexpected(l, "expected between N and M");
		return -1;
	}
	if (take_number(l, &k->min))
		return -1;
	if (!lex_take(&l->x, "and")) {
		unexpected(l, "expected and");
		return -1;
	}
	at = l->x.now.at;
	if (take_number(l, &k->max))
		return -1;
	return k->min <= k->max ? 0 : lex_error(&l->x, at, "the second number is below the first");
}

static int on_every(struct line *l, struct check *k)
{
	k->npat = 2;
	if (take_pattern(l, &k->pat[0], 0))
		return -1;
	if (l->x.now.type != TOKEN_ARROW) {
		unexpected(l, "expected ->");
		return -1;
	}
	lex_next(&l->x);
	k->right_no = lex_take(&l->x, "no");
	if (take_pattern(l, &k->pat[1], k->pat[0].kind) || take_within(l, &k->within))
		return -1;
	return k->right_no ? add_allows(l, k, k->pat[1].kind) : 0;
}

static int on_order(struct line *l, struct check *k)
{
	for (;;) {
		if (k->npat == CHECK_STEPS)
			return lex_error(&l->x, l->x.now.at, "an order has at most %d steps",
					 CHECK_STEPS);
		if (take_pattern(l, &k->pat[k->npat++], 0))
			return -1;
		if (l->x.now.type != TOKEN_LT)
			break;
		lex_next(&l->x);
	}
	if (k->npat > 1)
		return 0;
	unexpected(l, "expected < and what comes behind");
	return -1;
}

static const struct {
	const char *word;
	int form; /* -1: no check */
	int (*take)(struct line *l, struct check *k);
	int (*hold)(struct line *l);
} forms[] = {
	{"no", CHECK_NO, on_no, NULL},
	{"never", CHECK_NO, on_no, NULL},
	{"some", CHECK_SOME, on_some, NULL},
	{"count", CHECK_COUNT, on_count, NULL},
	{"every", CHECK_EVERY, on_every, NULL},
	{"order", CHECK_ORDER, on_order, NULL},
	{"scope", -1, NULL, on_scope},
	{"allow", -1, NULL, on_allow},
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* ---- what it sees, and where it is fed ---- */

static bool has_kind(const struct check *k, unsigned kind)
{
	for (size_t i = 0; i < k->npat; i++)
		if (k->pat[i].kind == kind)
			return true;
	return false;
}

static int feed_it(struct checks *c, struct check *k)
{
	for (unsigned kind = 1; kind < ATTR_KINDS; kind++) {
		struct by_kind *b = &c->by_kind[kind];
		struct check **more;

		if (!has_kind(k, kind))
			continue;
		/* what it means rests on everything; and who is in a session on who forked whom */
		k->sees |= kind > ATTR_FACT ? UINT64_MAX : UINT64_C(1) << kind;
		more = realloc(b->v, (b->n + 1) * sizeof(*more));
		if (!more)
			return -1;
		b->v = more;
		b->v[b->n++] = k;
	}
	if (k->scope && k->scope->type == SCOPE_SESSION)
		k->sees = UINT64_MAX;
	return 0;
}

static int take_check(struct line *l, size_t form)
{
	struct checks *c = l->c;
	struct check **more = realloc(c->v, (c->n + 1) * sizeof(*more));
	struct check *k = calloc(1, sizeof(*k));

	if (more)
		c->v = more;
	if (!more || !k) {
		free(k);
		return no_memory(l);
	}
	c->v[c->n++] = k;
	k->scope = c->scope;
	k->info.form = (enum check_form)forms[form].form;
	k->info.file = l->file;
	k->info.line = l->x.line;
	k->info.text = line_text(l);
	k->info.scope = c->scope ? c->scope->text : "all";
	k->result.check = &k->info;
	if (!k->info.text)
		return no_memory(l);
	if (forms[form].take(l, k))
		return -1;
	return feed_it(c, k) ? no_memory(l) : 0;
}

static size_t text_end(const char *p, size_t n)
{
	bool quoted = false;
	size_t end = 0;

	for (size_t i = 0; i < n; i++) {
		bool before = i && p[i - 1] != ' ' && p[i - 1] != '\t';

		if (!quoted && p[i] == '#' && !before)
			break;
		if (quoted && p[i] == '\\') {
			i++;
			end = i < n ? i + 1 : n;
			continue;
		}
		quoted ^= p[i] == '"';
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			end = i + 1;
	}
	return end;
}

static void take_line(struct checks *c, const char *file, unsigned number, const char *p, size_t n,
		      struct buf *why)
{
	const char *words[FORMS];
	struct line l = {.c = c, .file = file};
	size_t form;

	l.end = text_end(p, n);
	lex_init(&l.x, file, number, p, n, why);
	if (l.x.now.type == TOKEN_END)
		return;
	for (form = 0; form < FORMS && !token_is(&l.x.now, forms[form].word); form++)
		words[form] = forms[form].word;
	if (form == FORMS) {
		lex_unknown(&l.x, &l.x.now, "a check begins with no, never, some, count, every or order, "
			    "not with", words, FORMS);
	} else {
		lex_next(&l.x);
		c->held = forms[form].take ? 0 : number;
		if (!(forms[form].take ? take_check(&l, form) : forms[form].hold(&l)) &&
		    l.x.now.type != TOKEN_END)
			unexpected(&l, "expected the end of the line");
	}
	if (l.x.failed)
		c->failed = true;
}

static char *keep_name(struct checks *c, const char *name)
{
	char **more = realloc(c->names, (c->nnames + 1) * sizeof(*more));

	if (!more)
		return NULL;
	c->names = more;
	c->names[c->nnames] = strdup(name);
	return c->names[c->nnames] ? c->names[c->nnames++] : NULL;
}

int checks_load(struct checks *c, const char *name, const char *bytes, size_t n, struct buf *why)
{
	const char *file = keep_name(c, name), *end = bytes + n;
	unsigned line = 0;

	if (!file) {
		c->failed = true;
		buf_str(why, "out of memory\n");
		return -1;
	}
	c->scope = NULL;
	c->held = 0;
	c->allows_end = c->allows;
	while (bytes < end) {
		const char *next = memchr(bytes, '\n', (size_t)(end - bytes));

		if (!next)
			next = end;
		take_line(c, file, ++line, bytes, (size_t)(next - bytes), why);
		bytes = next + 1;
	}
	if (c->held) {
		c->failed = true;
		buf_printf(why, "%s:%u:1: this line holds for the checks below it, and there are none\n",
			   file, c->held);
	}
	return c->failed ? -1 : 0;
}
