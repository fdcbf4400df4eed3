/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
	char *why;
	size_t size;
	json_int_t opens;
	json_int_t orphans;
	json_int_t seq; /* of the line before */
	bool command; /* the trace is of one */
};

static int wrong(struct check *c, const json_t *o, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct check *c, const json_t *o, const char *fmt, ...)
{
	char *s = json_dumps(o, JSON_COMPACT);
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(c->why, c->size, "%s: %s", what, s ? s : "?");
	free(s);
	return -1;
}

static json_int_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static const char *string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is_fact(const char *type)
{
	static const char *const facts[] = { "session.open", "interrupt", "orphan",
					     "session.close" };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (!strcmp(type, facts[i]))
			return true;
	return false;
}

static int check_fact(struct check *c, const json_t *o)
{
	static const char *const strengths[] = { "seen", "inferred", "guessed" };
	const json_t *evidence = json_object_get(o, "evidence"), *v;
	const char *confidence = string(o, "confidence");
	size_t i, known = 0;

	for (i = 0; i < 3; i++)
		known += !strcmp(confidence, strengths[i]);
	if (!known)
		return wrong(c, o, "confidence is \"%s\"", confidence);
	if (!json_array_size(evidence))
		return wrong(c, o, "a fact without evidence");
	json_array_foreach(evidence, i, v)
		if (!json_is_integer(v) || json_integer_value(v) < 1 ||
		    json_integer_value(v) >= number(o, "seq"))
			return wrong(c, o, "evidence that is no seq from before");
	/* a command's Ctrl-C and who it left are of no session */
	if (number(o, "session") < 1 && (!strncmp(string(o, "type"), "session.", 8) || !c->command))
		return wrong(c, o, "a fact of no session");
	return 0;
}

static int check_line(struct check *c, const json_t *o, bool first, bool last)
{
	static const char *const members[] = { "type", "seq", "ts", "time", "session" };
	const char *type = string(o, "type"), *time = string(o, "time");
	size_t len = strlen(time);

	if (json_object_get(o, "broken"))
		return wrong(c, o, "no JSON object");
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (!json_object_get(o, members[i]))
			return wrong(c, o, "no \"%s\"", members[i]);
	if (!*type || number(o, "seq") < 1 || number(o, "ts") < 0)
		return wrong(c, o, "type, seq or ts has a wrong type");
	/* 2026-01-31T14:02:11.318000123Z */
	if (len < 30 || time[10] != 'T' || time[19] != '.')
		return wrong(c, o, "time is not RFC 3339 with ns");
	if (first != !strcmp(type, "trace.begin") || last != !strcmp(type, "trace.end"))
		return wrong(c, o, "trace.begin is not the first and trace.end not the last");
	if (first)
		c->command = !strcmp(string(o, "scope"), "command") || !strcmp(string(o, "scope"), "tree");
	c->opens += !strcmp(type, "session.open");
	c->orphans += !strcmp(type, "orphan");
	/* trace.end has the number of its record, the facts that it brought forth precede it. */
	if (!last && number(o, "seq") <= c->seq)
		return wrong(c, o, "seq does not rise");
	c->seq = number(o, "seq");
	return is_fact(type) ? check_fact(c, o) : 0;
}

int check_lines(const json_t *lines, bool filtered, bool may_lose, char *why, size_t size)
{
	struct check c = { .why = why, .size = size };
	size_t n = json_array_size(lines);
	const json_t *end = json_array_get(lines, n ? n - 1 : 0);

	if (n < 2)
		return wrong(&c, lines, "less than trace.begin and trace.end");
	for (size_t i = 0; i < n; i++)
		if (check_line(&c, json_array_get(lines, i), i == 0, i == n - 1) < 0)
			return -1;
	if (number(end, "records") < 2 || number(end, "lost") < 0)
		return wrong(&c, end, "no totals");
	if (!may_lose && number(end, "lost") != 0)
		return wrong(&c, end, "records were lost");
	if (!filtered &&
	    (number(end, "sessions") != c.opens || number(end, "orphans") != c.orphans))
		return wrong(&c, end, "%lld session.open and %lld orphan were shown, but",
			     (long long)c.opens, (long long)c.orphans);
	return 0;
}
