/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "event/names.h"
#include "view/explain_parts.h"
#include "view/text.h"

void senders_take(struct senders *s, const struct engine *e, const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;
	const struct task *t;
	struct sender *to;

	/* the header tells who ran; that is the sender only where siginfo says so as well */
	if (ev->u.h.kind != WIRE_SIGNAL_GENERATE || sig_origin(g) != SIG_ORIGIN_USER ||
	    !(g->flags & WIRE_SIG_INFO) || g->sender_pid != g->h.tgid)
		return;
	t = engine_world(e) ? world_event_task(engine_world(e), ev) : NULL;
	to = &s->s[s->next++ % SENDERS];
	*to = (struct sender){
		.ts = g->h.ts,
		.tgid = g->h.tgid,
		.sig = g->sig,
		.session = t ? t->session : 0,
		.uid = g->sender_uid,
	};
	memcpy(to->comm, g->h.comm, WIRE_COMM);
}

const struct sender *senders_find(const struct senders *s, uint32_t tgid, uint32_t sig)
{
	const struct sender *found = NULL;

	for (size_t i = 0; i < SENDERS; i++) {
		const struct sender *k = &s->s[i];

		if (k->tgid == tgid && k->sig == sig && (!found || k->ts >= found->ts))
			found = k;
	}
	return found;
}

void sender_put(struct buf *b, const struct engine *e, const struct roster *r,
		const struct sender *s)
{
	const struct roster_row *row = roster_find(r, s->session);
	const char *user = engine_world(e) ? world_user(engine_world(e), s->uid) : NULL;

	text_task(b, s->comm, s->tgid);
	if (s->session) {
		buf_printf(b, " of session #%u", s->session);
		if (row && row->user[0]) {
			buf_str(b, " (");
			text_cstr(b, row->user);
			buf_char(b, ')');
		}
		return;
	}
	buf_str(b, " (");
	if (user)
		text_cstr(b, user);
	else
		buf_printf(b, "uid %u", s->uid);
	buf_str(b, ", in no ssh session)");
}
