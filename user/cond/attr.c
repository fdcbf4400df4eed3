/* SPDX-License-Identifier: GPL-2.0-only */
#include "cond/attr.h"

#include <string.h>

#include "cond/attr_special.h"
#include "event/names.h"
#include "event/tables.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- kinds ---- */

static const struct {
	const char *name;
	unsigned kind;
} shorts[] = {
	{"signal", WIRE_SIGNAL_GENERATE}, {"deliver", WIRE_SIGNAL_DELIVER},
	{"fork", WIRE_TASK_FORK},	  {"exec", WIRE_TASK_EXEC},
	{"exit", WIRE_TASK_EXIT},	  {"snapshot", WIRE_TASK_SNAPSHOT},
	{"key", WIRE_TTY_KEY},		  {"reset", WIRE_SOCK_RESET},
	{"lost", WIRE_TRACE_LOST},
};

#define KIND_NAME(num, NAME, title, type, tail) title,
static const char *const kind_names[] = {
	"signal", "deliver", "fork", "exec", "exit", "snapshot", "key", "reset", "lost",
	WIRE_KINDS(KIND_NAME) "session.open", "interrupt", "orphan", "session.close",
	"orphan.exit",
};

const char *const *attr_kind_names(size_t *n)
{
	*n = COUNT(kind_names);
	return kind_names;
}

const char *attr_kind_name(unsigned kind)
{
	if (kind > ATTR_FACT)
		return kind <= ATTR_FACT + FACT_FATE ? fact_kind_name(kind - ATTR_FACT) : NULL;
	return kind && kind_info(kind) ? kind_info(kind)->name : NULL;
}

unsigned attr_kind(const char *name, size_t len)
{
	char word[32];
	unsigned fact;

	if (len >= sizeof(word))
		return 0;
	memcpy(word, name, len);
	word[len] = '\0';
	for (size_t i = 0; i < COUNT(shorts); i++)
		if (!strcmp(word, shorts[i].name))
			return shorts[i].kind;
	fact = fact_by_name(word);
	return fact ? ATTR_FACT + fact : kind_by_name(word);
}

/* ---- types ---- */

static const struct {
	const char *name, *says;
} types[] = {
	[ATTR_NUMBER] = {"number", "a number"},
	[ATTR_TIME] = {"time", "a time"},
	[ATTR_BOOL] = {"bool", "true or false"},
	[ATTR_SIGNAL] = {"signal", "a signal"},
	[ATTR_SI_CODE] = {"si_code", "an si_code"},
	[ATTR_ENUM] = {"name", "one of a few names"},
	[ATTR_TTY] = {"terminal", "a terminal"},
	[ATTR_STRING] = {"string", "a string"},
	[ATTR_ADDR] = {"address", "an address"},
	[ATTR_SIGNALS] = {"signals", "a set of signals"},
	[ATTR_FLAGS] = {"flags", "a set of names"},
	[ATTR_KIND] = {"kind", "a kind of event"},
};

const char *attr_type_says(enum attr_type t)
{
	return types[t].says;
}

const char *attr_type_name(enum attr_type t)
{
	return types[t].name;
}

/* ---- rows of the tables ---- */

static int64_t read_number(const unsigned char *p, size_t size, bool is_signed)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (size) {
	case 8:
		memcpy(&v64, p, sizeof(v64));
		return (int64_t)v64;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return is_signed ? (int32_t)v32 : (int64_t)v32;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return v16;
	default:
		return *p;
	}
}

static const unsigned char *member(const struct subject *s, const struct attr *a)
{
	const void *base = s->ev ? (const void *)&s->ev->u : (const void *)s->fact;

	return (const unsigned char *)base + a->f->offset;
}

static void get_number(const struct subject *s, const struct attr *a, struct value *v)
{
	v->n = read_number(member(s, a), a->f->size,
			   a->f->format == FIELD_S32 || a->f->format == FIELD_SI_CODE);
}

static void get_bool(const struct subject *s, const struct attr *a, struct value *v)
{
	v->n = read_number(member(s, a), a->f->size, false) != 0;
}

static void get_unset(const struct subject *s, const struct attr *a, struct value *v)
{
	get_number(s, a, v);
	v->null = v->n == (int64_t)WIRE_UNSET;
}

static void get_nonzero(const struct subject *s, const struct attr *a, struct value *v)
{
	get_number(s, a, v);
	v->null = v->n == 0;
}

static void get_enum(const struct subject *s, const struct attr *a, struct value *v)
{
	get_number(s, a, v);
	v->null = v->n == 0 && !a->names[0][0];
}

static void get_array(const struct subject *s, const struct attr *a, struct value *v)
{
	v->p = (const char *)member(s, a);
	v->len = strnlen(v->p, a->f->size);
}

static void get_text(const struct subject *s, const struct attr *a, struct value *v)
{
	memcpy(&v->p, member(s, a), sizeof(v->p));
	v->len = strlen(v->p);
}

static void get_state(const struct subject *s, const struct attr *a, struct value *v)
{
	get_number(s, a, v);
	attr_string(s);
	buf_char(s->scratch, task_state_letter((uint32_t)v->n));
	attr_string_done(s, v);
}

static const struct {
	enum attr_type type;
	void (*get)(const struct subject *s, const struct attr *a, struct value *v);
	bool nullable;
} by_format[] = {
	[FIELD_U32] = {ATTR_NUMBER, get_number, false},
	[FIELD_S32] = {ATTR_NUMBER, get_number, false},
	[FIELD_U64] = {ATTR_NUMBER, get_number, false},
	[FIELD_S64] = {ATTR_NUMBER, get_number, false},
	[FIELD_U16] = {ATTR_NUMBER, get_number, false},
	[FIELD_BOOL] = {ATTR_BOOL, get_bool, false},
	[FIELD_UNSET] = {ATTR_NUMBER, get_unset, true},
	[FIELD_NS] = {ATTR_TIME, get_number, false},
	[FIELD_SIGNAL] = {ATTR_SIGNAL, get_nonzero, true},
	[FIELD_SIGSET] = {ATTR_SIGNALS, get_number, false},
	[FIELD_SI_CODE] = {ATTR_SI_CODE, get_number, false},
	[FIELD_ENUM] = {ATTR_ENUM, get_enum, false},
	[FIELD_TTY] = {ATTR_TTY, get_nonzero, true},
	[FIELD_EXIT_CODE] = {ATTR_NUMBER, get_number, false},
	[FIELD_STR] = {ATTR_STRING, get_array, false},
	[FIELD_FLAGS] = {ATTR_FLAGS, get_number, false},
	[FIELD_STATE] = {ATTR_STRING, get_state, false},
	[FIELD_ID] = {ATTR_NUMBER, get_nonzero, true},
	[FIELD_TEXT] = {ATTR_STRING, get_text, false},
};

static void of_row(struct attr *a, const struct field *f)
{
	memset(a, 0, sizeof(*a));
	a->name = f->name;
	a->f = f;
	a->names = f->names;
	a->unit = f->unit;
	a->doc = f->doc;
	a->comm = !strcmp(f->name, "comm");
	if (f->format >= COUNT(by_format) || !by_format[f->format].get)
		return;
	a->type = by_format[f->format].type;
	a->get = by_format[f->format].get;
	a->nullable = by_format[f->format].nullable ||
		      (f->format == FIELD_ENUM && !f->names[0][0]);
}

/* ---- what has no row ---- */

static void get_kind(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->kind;
}

static void get_session(const struct subject *s, const struct attr *a, struct value *v)
{
	(void)a;
	v->n = s->session;
	v->null = !s->session;
}

static const struct attr envelope[] = {
	{.name = "type", .type = ATTR_KIND, .get = get_kind, .doc = "kind of the event or fact"},
	{.name = "session", .type = ATTR_NUMBER, .nullable = true, .get = get_session,
	 .doc = "number of the ssh session that it belongs to, or null"},
};

static bool of_a_task(unsigned kind)
{
	return kind >= WIRE_TASK_FORK && kind < WIRE_USER_NAME;
}

static size_t take_rows(struct attr *out, size_t n, const struct field *f, unsigned kind)
{
	for (; f && f->name; f++) {
		struct attr a;

		if (!f->shown)
			continue;
		of_row(&a, f);
		attr_special(kind, &a);
		if (a.get)
			out[n++] = a;
	}
	return n;
}

size_t attr_list(unsigned kind, struct attr *out)
{
	size_t n = COUNT(envelope);

	memcpy(out, envelope, sizeof(envelope));
	if (kind > ATTR_FACT) {
		n = take_rows(out, n, fact_fields(kind - ATTR_FACT), kind);
		n = take_rows(out, n, fact_fields(0), kind);
	} else if (kind_info(kind)) {
		/* of the header only the task is in the JSON of an event, and not in that of all */
		if (of_a_task(kind))
			for (const struct field *f = kind_info(0)->fields; f->name; f++)
				if (f->shown && strcmp(f->name, "ts"))
					of_row(&out[n++], f);
		n = take_rows(out, n, kind_info(kind)->fields, kind);
	}
	return n + attr_nested(kind, out + n);
}

bool attr_find(unsigned kind, const char *name, size_t len, struct attr *a)
{
	struct attr all[ATTR_MOST];
	size_t n = attr_list(kind, all);

	for (size_t i = 0; i < n; i++)
		if (strlen(all[i].name) == len && !memcmp(all[i].name, name, len)) {
			*a = all[i];
			return true;
		}
	return false;
}
