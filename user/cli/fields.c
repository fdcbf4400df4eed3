/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cond/attr.h"

static void row(const char *name, const char *type, const char *unit, const char *doc)
{
	printf("  %-16s %-9s %-6s %s\n", name, type, unit ? unit : "", doc ? doc : "");
}

static bool is_row(const struct field *f, const char *name)
{
	for (; f->name; f++)
		if (!strcmp(f->name, name))
			return true;
	return false;
}

/* A type: a condition can name it. Without one it is only in recordings, or a list of objects. */
static void show(unsigned kind, const struct field *rows)
{
	struct attr all[ATTR_MOST], a;
	size_t n = attr_list(kind, all);

	for (const struct field *f = rows; f->name; f++) {
		bool named = f->shown && attr_find(kind, f->name, strlen(f->name), &a);

		if (f->format != FIELD_PAD)
			row(f->name, named ? attr_type_name(a.type) : "-", f->unit, f->doc);
	}
	for (size_t i = 0; i < n; i++)
		if (!all[i].f && strcmp(all[i].name, "type") && strcmp(all[i].name, "session") &&
		    !is_row(rows, all[i].name))
			row(all[i].name, attr_type_name(all[i].type), all[i].unit, all[i].doc);
}

static void show_common(void)
{
	struct attr a;

	printf("every record\n");
	for (const struct field *f = kind_info(0)->fields; f->name; f++) {
		bool named = attr_find(WIRE_TASK_EXIT, f->name, strlen(f->name), &a) && a.f == f;

		row(f->name, named ? attr_type_name(a.type) : "-", f->unit, f->doc);
	}
	printf("\nevery record and fact\n");
	for (size_t i = 0; i < 2; i++)
		if (attr_find(WIRE_TASK_EXIT, i ? "session" : "type", i ? 7 : 4, &a))
			row(a.name, attr_type_name(a.type), a.unit, a.doc);
	printf("\nevery fact\n");
	for (const struct field *f = fact_fields(0); f->name; f++) {
		bool named = attr_find(ATTR_FACT + FACT_ORPHAN, f->name, strlen(f->name), &a);

		row(f->name, named ? attr_type_name(a.type) : "-", f->unit, f->doc);
	}
}

int cmd_fields(int argc, char **argv)
{
	if (argc > 1) {
		log_line("'%s %s': fields takes no argument", argv[0], argv[1]);
		return EXIT_USAGE;
	}
	show_common();
	for (unsigned kind = 1; kind <= WIRE_KIND_MAX; kind++) {
		printf("\n%s\n", kind_info(kind)->name);
		show(kind, kind_info(kind)->fields);
	}
	for (unsigned fact = FACT_OPEN; fact <= FACT_CLOSE; fact++) {
		printf("\n%s\n", fact_kind_name(fact));
		show(ATTR_FACT + fact, fact_fields(fact));
	}
	return EXIT_OK;
}
