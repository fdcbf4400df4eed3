/* SPDX-License-Identifier: GPL-2.0-only */
#include "view/who.h"

const struct task *who_task(const struct engine *e, const struct event *ev)
{
	const struct world *w = engine_world(e);

	if (!w)
		return NULL;
	if (ev->u.h.kind == WIRE_SIGNAL_GENERATE)
		return world_task(w, ev->u.generate.target_tgid, ev->u.generate.target_start);
	return world_event_task(w, ev);
}

static const char *put_digits(char digits[WHO_DIGITS], uint32_t v)
{
	char *p = digits + WHO_DIGITS - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return p;
}

static bool event_uid(const struct engine *e, const struct event *ev, uint32_t *uid)
{
	const struct task *t;

	switch (ev->u.h.kind) {
	case WIRE_TASK_EXEC:
		*uid = ev->u.exec.task.uid;
		return true;
	case WIRE_TASK_SNAPSHOT:
		*uid = ev->u.snapshot.task.uid;
		return true;
	}
	t = who_task(e, ev);
	if (!t || !t->known)
		return false;
	*uid = t->s.uid;
	return true;
}

const char *who_user(const struct engine *e, uint32_t session, const struct event *ev,
		     char digits[WHO_DIGITS])
{
	struct session_view s = { 0 };
	const char *name = NULL;
	uint32_t uid;

	if (session && engine_session(e, session, &s) && s.user && s.user[0])
		return s.user;
	if (!ev || !event_uid(e, ev, &uid))
		return NULL;
	if (engine_world(e))
		name = world_user(engine_world(e), uid);
	return name && name[0] ? name : put_digits(digits, uid);
}
