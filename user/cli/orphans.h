/* SPDX-License-Identifier: GPL-2.0-only */
/* Between orphans.c, which looks, and orphans_show.c only. */
#ifndef SIGTRACE_CLI_ORPHANS_H
#define SIGTRACE_CLI_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/procinfo.h"
#include "finding/leftover.h"

struct orphans {
	bool all;
	bool json;
	bool redact;
	char *redacted; /* the arguments of those that are shown */
	bool exit_code;
	bool help;
	uint64_t min_age;

	struct procinfo_scan scan;
	struct leftovers left;
	const struct leftover **shown; /* the oldest first */
	size_t nshown;
	size_t young;	/* hidden by --min-age */
	size_t hidden;	/* there on purpose, without --all */
	size_t unread;
	struct buf out;
};

static inline uint64_t orphans_age(const struct orphans *o, const struct leftover *v)
{
	return o->scan.now > v->p->start ? o->scan.now - v->p->start : 0;
}

/* What is shown, as lines in o->out. */
void orphans_text(struct orphans *o);
void orphans_json(struct orphans *o);

#endif
