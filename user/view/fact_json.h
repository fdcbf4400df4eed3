/* SPDX-License-Identifier: GPL-2.0-only */
/* A fact as members of a JSON object; contract.md lists them. */
#ifndef SIGTRACE_VIEW_FACT_JSON_H
#define SIGTRACE_VIEW_FACT_JSON_H

#include "base/buf.h"
#include "session/fact.h"

/* All of it but type, seq, ts, time and session, each with a comma in front. */
void fact_json(struct buf *b, const struct fact *f);

#endif
