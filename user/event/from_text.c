/* SPDX-License-Identifier: GPL-2.0-only */
/* The text form of a record -> the record. */
#include "event/scan.h"

#include "event/member.h"

/* ["a","b"...]: without the NUL behind b. */
static int scan_args(struct parser *ps)
{
	char next = '[';

	while (next != ']') {
		size_t start = ps->args.len;

		if (*ps->p++ != next)
			return -1;
		if (scan_string(ps, &ps->args))
			return -1;
		if (ps->args.len > start && memchr(ps->args.p + start, 0, ps->args.len - start))
			return -1;
		if (!strncmp(ps->p, "...]", 4))
			ps->p += 3;
		else
			buf_char(&ps->args, '\0');
		next = *ps->p == ']' ? ']' : ',';
	}
	ps->p++;
	return 0;
}

static int scan_filename(struct parser *ps)
{
	return scan_string(ps, &ps->filename);
}

static int scan_count(struct parser *ps)
{
	uint64_t v = 0;
	int ret = scan_number(ps, &v);

	ps->ev.many.count = v;
	return ret;
}

static int scan_ts_last(struct parser *ps)
{
	uint64_t v = 0;
	int ret = scan_number(ps, &v);

	ps->ev.many.ts_last = v;
	return ret;
}

/* The parts of a tail are derived rows, and a line may give them. */
static const struct {
	const char *name;
	int (*scan)(struct parser *ps);
} tails[] = {
	{ "filename", scan_filename }, { "args", scan_args },
	{ "count", scan_count }, { "ts_last", scan_ts_last },
};

static int (*tail_scan(const struct field *f))(struct parser *ps)
{
	if (f->format != FIELD_DERIVED)
		return NULL;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (!strcmp(f->name, tails[i].name))
			return tails[i].scan;
	return NULL;
}

/* A row of this name that a line may give. */
static const struct field *find(const struct field *f, const char *name)
{
	for (; f->name; f++)
		if (!strcmp(f->name, name) && (!member_computed(f) || tail_scan(f)))
			return f;
	return NULL;
}

static int value(struct parser *ps, const struct field *f)
{
	return tail_scan(f) ? tail_scan(f)(ps) : scan_value(ps, f);
}

/* True the second time. */
static bool seen(struct parser *ps, const struct field *f)
{
	uint64_t bit = UINT64_C(1) << (f - kind_info(f->kind)->fields);
	uint64_t *set = &ps->seen[f->kind != 0];
	bool before = *set & bit;

	*set |= bit;
	return before;
}

static int member(struct parser *ps, const struct kind_info *info)
{
	const struct field *f;
	char name[TOKEN_MAX];
	const char *start;

	if (scan_token(ps, name) || *ps->p != '=') {
		buf_printf(ps->why, "name=value expected at \"%.40s\"", ps->p);
		return -1;
	}
	start = ++ps->p;
	f = find(info->fields, name);
	if (!f)
		f = find(kind_info(0)->fields, name);
	if (!f)
		buf_printf(ps->why, "%s has no member \"%s\"", info->name, name);
	else if (seen(ps, f))
		buf_printf(ps->why, "%s: \"%s\" is given twice", info->name, name);
	else if (value(ps, f) || (*ps->p && *ps->p != ' '))
		buf_printf(ps->why, "%s: bad value of %s at \"%.40s\"", info->name, name, start);
	else
		return 0;
	return -1;
}

static const struct kind_info *kind(struct parser *ps)
{
	char name[TOKEN_MAX];
	unsigned k;

	if (scan_token(ps, name) || !(k = kind_by_name(name))) {
		buf_str(ps->why, "the line does not begin with the name of a kind of record");
		return NULL;
	}
	ps->ev.u.h.kind = (uint16_t)k;
	return kind_info(k);
}

static int finish(struct parser *ps, const struct kind_info *info, struct buf *out)
{
	size_t many = ps->ev.many.count || ps->ev.many.ts_last ? sizeof(ps->ev.many) : 0;
	struct event check;
	enum event_error e;

	if (ps->ev.u.h.kind == WIRE_TASK_EXEC) {
		ps->ev.u.exec.filename_len = (uint32_t)ps->filename.len;
		ps->ev.u.exec.args_len = (uint32_t)ps->args.len;
	} else if (info->tail) {
		ps->ev.u.args.filename_len = (uint32_t)ps->filename.len;
		ps->ev.u.args.args_len = (uint32_t)ps->args.len;
	}
	ps->ev.u.h.len = (uint32_t)(info->size + ps->filename.len + ps->args.len + many);
	buf_put(out, &ps->ev.u, info->size);
	buf_put(out, ps->filename.p, ps->filename.len);
	buf_put(out, ps->args.p, ps->args.len);
	buf_put(out, &ps->ev.many, many);
	if (out->failed || ps->filename.failed || ps->args.failed) {
		buf_str(ps->why, "out of memory");
		return -1;
	}
	e = event_decode(out->p, out->len, &check);
	if (e) {
		buf_printf(ps->why, "%s: the record is refused: %s", info->name,
			   event_error_name(e));
		return -1;
	}
	return 0;
}

int event_parse(const char *line, struct buf *out, struct buf *why)
{
	struct parser ps = { .p = line, .why = why };
	const struct kind_info *info = kind(&ps);
	int ret = info ? 0 : -1;

	buf_reset(out);
	while (!ret) {
		while (*ps.p == ' ')
			ps.p++;
		if (!*ps.p)
			break;
		ret = member(&ps, info);
	}
	if (!ret)
		ret = finish(&ps, info, out);
	buf_free(&ps.filename);
	buf_free(&ps.args);
	return ret;
}
