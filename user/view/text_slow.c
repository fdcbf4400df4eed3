/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal or a pipe whose reader falls behind: lines of events are counted instead of written,
 * and the counts told before the next line that is not. Facts, keys, losses always have their line.
 */
#include <string.h>

#include "event/names.h"
#include "view/text.h"

static bool may_fold(unsigned kind)
{
	switch (kind) {
	case WIRE_TRACE_BEGIN:
	case WIRE_TRACE_END:
	case WIRE_TRACE_LOST:
	case WIRE_TRACE_READY:
	case WIRE_TTY_KEY:
		return false;
	}
	return true;
}

bool text_folds(struct text *t, const struct event *ev)
{
	struct text_folded *f = &t->folded;
	unsigned kind = ev->u.h.kind;
	uint64_t n = event_count(ev);

	if (!t->v.slow || !may_fold(kind))
		return false;
	if (kind == WIRE_SIGNAL_GENERATE)
		f->generate[ev->u.generate.sig] += n;
	else if (kind == WIRE_SIGNAL_DELIVER)
		f->deliver[ev->u.deliver.sig] += n;
	else
		f->kinds[kind] += n;
	f->all += n;
	f->ts = ev->u.h.ts;
	return true;
}

/* name: NULL, or of the signal */
static void say(struct text *t, const struct engine *e, unsigned kind, const char *name, uint64_t n)
{
	const struct text_row r = {.ts = t->folded.ts, .event = text_label(kind), .sgr = TEXT_DIM};
	struct buf *b = &t->v.out;

	if (!n)
		return;
	text_row(t, e, &r);
	buf_str(b, "... ");
	text_grouped(b, n);
	buf_char(b, ' ');
	if (name) {
		buf_str(b, name);
		buf_char(b, ' ');
	}
	buf_str(b, "folded: the output is slow");
	text_done(t, &r);
}

void text_catch_up(struct text *t, const struct engine *e)
{
	const struct text_folded *f = &t->folded;

	if (!f->all)
		return;
	for (unsigned sig = 1; sig <= SIG_MAX; sig++) {
		say(t, e, WIRE_SIGNAL_GENERATE, signal_name(sig), f->generate[sig]);
		say(t, e, WIRE_SIGNAL_DELIVER, signal_name(sig), f->deliver[sig]);
	}
	for (unsigned kind = 1; kind <= WIRE_KIND_MAX; kind++)
		say(t, e, kind, NULL, f->kinds[kind]);
	memset(&t->folded, 0, sizeof(t->folded));
}
