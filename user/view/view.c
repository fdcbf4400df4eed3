/* SPDX-License-Identifier: GPL-2.0-only */
/* What all views share: the filter, clock times. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "event/names.h"
#include "view/view.h"
#include "view/who.h"

void view_free(struct view *v)
{
	if (!v)
		return;
	if (v->ops->free)
		v->ops->free(v);
	buf_free(&v->out);
	free(v);
}

/* ---- -s, -x ---- */

static bool wants_signal(const struct view_filter *f, uint32_t sig)
{
	if (!f->signals || sig == 0 || sig > SIG_MAX)
		return true;
	return f->signals >> (sig - 1) & 1;
}

static bool event_passes_signals(const struct view_filter *f, const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE:
		return wants_signal(f, ev->u.generate.sig);
	case WIRE_SIGNAL_DELIVER:
		return wants_signal(f, ev->u.deliver.sig);
	case WIRE_TASK_EXIT:
		return wants_signal(f, exit_signal(ev->u.exit.exit_code));
	default:
		return true;
	}
}

static bool event_failed(const struct event *ev)
{
	const struct wire_generate *g = &ev->u.generate;

	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE:
		return g->result != 0 || g->blocked || g->disposition == WIRE_IGN;
	case WIRE_TASK_EXIT:
		return exit_signal(ev->u.exit.exit_code) != 0;
	case WIRE_SOCK_STATE:
		return ev->u.sock.sk_err != 0;
	case WIRE_SOCK_RESET:
		return true;
	default:
		return false;
	}
}

/* ---- -t ---- */

static uint32_t event_tty(const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_TASK_EXEC:
		return ev->u.exec.task.tty;
	case WIRE_TASK_SNAPSHOT:
		return ev->u.snapshot.task.tty;
	case WIRE_TASK_EXIT:
		return ev->u.exit.tty;
	case WIRE_SIGNAL_GENERATE:
		return ev->u.generate.tty;
	case WIRE_TTY_KEY:
		return ev->u.key.tty;
	default:
		return 0;
	}
}

static bool session_on_tty(const struct engine *e, uint32_t session, uint32_t tty)
{
	struct session_view s = { 0 };

	return session && engine_session(e, session, &s) && s.pty == tty;
}

/* ---- --peer ---- */

/* want: 203.0.113.7, 203.0.113.7:51514, 2001:db8::1, [2001:db8::1], [2001:db8::1]:51514, spelt as
 * sock_addr() spells it. */
static bool addr_matches(const char *want, const char *have)
{
	const char *port = strrchr(have, ':');
	size_t n = port ? (size_t)(port - have) : 0;

	if (strcasecmp(want, have) == 0)
		return true;
	if (strlen(want) == n && strncasecmp(want, have, n) == 0)
		return true;
	return have[0] == '[' && n > 2 && strlen(want) == n - 2 &&
	       strncasecmp(want, have + 1, n - 2) == 0;
}

static bool sock_matches(const char *want, const struct wire_sock *sk)
{
	struct buf b = { 0 };
	bool yes;

	sock_addr(&b, sk->family, sk->raddr, sk->rport);
	yes = addr_matches(want, buf_cstr(&b));
	buf_free(&b);
	return yes;
}

static const struct wire_sock *event_sock(const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SOCK_STATE:
		return &ev->u.sock.sk;
	case WIRE_SOCK_RESET:
		return &ev->u.reset.sk;
	case WIRE_SOCK_OWNER:
		return &ev->u.owner.sk;
	case WIRE_SOCK_CLIENT:
		return &ev->u.client.sk;
	default:
		return NULL;
	}
}

static bool session_from(const struct engine *e, uint32_t session, const char *peer)
{
	struct session_view s = { 0 };

	return session && engine_session(e, session, &s) && s.sk && sock_matches(peer, s.sk);
}

/* ---- all of it ---- */

static bool user_is(const struct view_filter *f, const char *user)
{
	return user && strcmp(user, f->user) == 0;
}

static bool event_passes_whom(const struct view *v, const struct engine *e, const struct event *ev,
			      uint32_t session)
{
	const struct view_filter *f = &v->opt.filter;
	const struct wire_sock *sk = event_sock(ev);
	char digits[WHO_DIGITS];

	if (f->session && session != f->session)
		return false;
	if (f->user && !user_is(f, who_user(e, session, ev, digits)))
		return false;
	if (f->tty && event_tty(ev) != f->tty && !session_on_tty(e, session, f->tty))
		return false;
	if (f->peer && !session_from(e, session, f->peer) && !(sk && sock_matches(f->peer, sk)))
		return false;
	return true;
}

bool view_wants_event(const struct view *v, const struct engine *e, const struct event *ev,
		      uint32_t session)
{
	const struct view_filter *f = &v->opt.filter;
	unsigned kind = ev->u.h.kind;

	if (kind == WIRE_TRACE_BEGIN || kind == WIRE_TRACE_END || kind == WIRE_TRACE_LOST)
		return true;
	if (f->kinds && !(f->kinds >> kind & 1))
		return false;
	if (!event_passes_signals(f, ev))
		return false;
	if (f->failed && !event_failed(ev))
		return false;
	if (f->where && !filter_wants(f->where, ev, NULL, session))
		return false;
	return event_passes_whom(v, e, ev, session);
}

static bool fact_failed(const struct fact *f)
{
	if (f->kind == FACT_INTERRUPT)
		return f->u.interrupt.verdict != VERDICT_STOPPED;
	return f->kind == FACT_ORPHAN;
}

static bool fact_passes_whom(const struct view *v, const struct engine *e, const struct fact *f)
{
	const struct view_filter *want = &v->opt.filter;
	const char *user;
	char digits[WHO_DIGITS];
	uint32_t tty = 0;

	if (want->session && f->session != want->session)
		return false;
	user = f->kind == FACT_OPEN ? f->u.open.user : who_user(e, f->session, NULL, digits);
	if (want->user && !user_is(want, user))
		return false;
	if (f->kind == FACT_OPEN)
		tty = f->u.open.pty;
	else if (f->kind == FACT_INTERRUPT)
		tty = f->u.interrupt.tty;
	if (want->tty && tty != want->tty && !session_on_tty(e, f->session, want->tty))
		return false;
	return !want->peer || session_from(e, f->session, want->peer);
}

bool view_wants_fact(const struct view *v, const struct engine *e, const struct fact *f)
{
	const struct view_filter *want = &v->opt.filter;

	if (want->kinds && !(want->kinds & VIEW_FACT_BIT(f->kind)))
		return false;
	if (f->kind == FACT_INTERRUPT && !wants_signal(want, f->u.interrupt.sig))
		return false;
	if (want->failed && !fact_failed(f))
		return false;
	if (want->where && !filter_wants(want->where, NULL, f, f->session))
		return false;
	return fact_passes_whom(v, e, f);
}
