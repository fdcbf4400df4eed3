/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "base/log.h"
#include "cli/cli.h"
#include "event/field.h"

static void show(const struct kind_info *k)
{
	for (const struct field *f = k->fields; f->name; f++)
		if (f->format != FIELD_PAD)
			printf("  %-16s %-8s %s\n", f->name, f->unit ? f->unit : "",
			       f->doc ? f->doc : "");
}

int cmd_fields(int argc, char **argv)
{
	if (argc > 1) {
		log_line("'%s %s': fields takes no argument", argv[0], argv[1]);
		return EXIT_USAGE;
	}
	printf("every record\n");
	show(kind_info(0));
	for (unsigned kind = 1; kind <= WIRE_KIND_MAX; kind++) {
		printf("\n%s\n", kind_info(kind)->name);
		show(kind_info(kind));
	}
	return ferror(stdout) ? EXIT_INCONCLUSIVE : EXIT_OK;
}
