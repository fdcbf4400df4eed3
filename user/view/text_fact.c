/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records mean, for people; Ctrl-Cs: text_interrupt.c. */
#include <string.h>

#include "event/names.h"
#include "view/text.h"
#include "view/who.h"

#define COMMAND_SHOWN 200 /* code points */

void text_confidence(struct buf *b, const struct fact *f)
{
	if (f->confidence == CONF_GUESSED)
		buf_str(b, " (a guess)");
}

/* ---- session.open ---- */

/* A shell that runs one command becomes it, and the exec line tells; of more than one the parts
 * come one by one, or not at all (trap, kill), so the whole is told here. */
static bool shell_stays(const struct fact_open *o)
{
	size_t i;

	for (i = 0; i < o->command_len; i++)
		if (o->command[i] && strchr(";&|\n", o->command[i]))
			return true;
	return false;
}

static void put_request(struct buf *b, const struct fact_open *o, bool verbose)
{
	bool command = o->command_len && (o->preexisting || verbose || shell_stays(o));

	switch (o->request) {
	case REQUEST_NONE:
		buf_str(b, o->tgid == o->server_tgid ? "no command (port forwarding, if anything)" :
						       "its process ended before a command ran");
		return;
	case REQUEST_SUBSYSTEM:
		buf_str(b, "subsystem ");
		buf_text(b, o->command ? o->command : "", o->command_len);
		return;
	case REQUEST_SHELL:
		buf_str(b, "shell ");
		command = false;
		break;
	case REQUEST_EXEC:
		buf_str(b, "exec ");
		break;
	}
	if (o->pty) {
		buf_str(b, "on ");
		tty_name(b, o->pty);
	} else {
		buf_str(b, "without a terminal");
	}
	if (command) {
		buf_str(b, ": ");
		buf_args(b, o->command, o->command_len, verbose ? 0 : COMMAND_SHOWN);
	}
}

static void say_open(struct text *t, const struct engine *e, const struct fact *f,
		     struct text_row *r)
{
	const struct fact_open *o = &f->u.open;
	struct buf *b = &t->v.out;

	r->event = "open";
	r->mark = "+";
	r->sgr = TEXT_GOOD;
	r->comm = o->server_comm ? o->server_comm : "";
	r->tgid = o->server_tgid;
	if (!r->user)
		r->user = o->user;
	text_row(t, e, r);
	if (o->sk) {
		sock_addr(b, o->sk->family, o->sk->raddr, o->sk->rport);
		buf_printf(b, " -> :%u, ", o->sk->lport);
	}
	put_request(b, o, t->v.opt.verbose);
	if (o->client && o->client->session) {
		buf_str(b, ", from ");
		text_task(b, o->client->comm, o->client->tgid);
		buf_printf(b, " of session #%u", o->client->session);
	}
	if (o->preexisting)
		buf_str(b, "; open since before the start");
}

/* ---- session.close, orphan ---- */

static void put_left(struct buf *b, const struct fact_close *c)
{
	uint32_t leaked = c->orphans > c->intended ? c->orphans - c->intended : 0;

	if (leaked) {
		buf_str(b, ", ");
		text_count(b, leaked, "process left behind", "processes left behind");
	}
	if (c->intended) {
		buf_str(b, ", ");
		buf_u64(b, c->intended);
		buf_str(b, " left on purpose");
	}
}

/* Of a command that ended by itself the sentence says how. */
static void put_status(struct buf *b, const struct fact_close *c, bool why)
{
	if (why && c->end == END_EXIT)
		return;
	if (c->exit_signal)
		buf_printf(b, ", killed by %s", signal_name(c->exit_signal));
	else if (c->exit_status >= 0)
		buf_printf(b, ", status %d", c->exit_status);
}

static void say_close(struct text *t, const struct engine *e, const struct fact *f,
		      struct text_row *r)
{
	const struct fact_close *c = &f->u.close;
	struct buf *b = &t->v.out;
	bool told = f->session && t->gone[f->session % TEXT_RING] == f->session && !t->v.opt.verbose;
	bool why = c->why && c->why[0] && !told;

	r->event = "close";
	r->mark = "-";
	r->comm = c->server_comm ? c->server_comm : "";
	r->tgid = c->server_tgid;
	r->sgr = c->orphans > c->intended ? NULL : TEXT_DIM;
	text_row(t, e, r);
	buf_str(b, "after ");
	buf_duration(b, c->duration);
	put_status(b, c, why);
	put_left(b, c);
	if (why) {
		buf_str(b, "; ");
		text_sentence(b, c->why);
		text_confidence(b, f);
	}
	if (c->lost) {
		text_next(t, r);
		text_count(b, c->lost, "record", "records");
		buf_str(b, " lost meanwhile: what is told of it may be incomplete");
	}
}

#define BUSY (UINT64_C(10) * 1000000) /* of CPU time: a sleeper is below */

static void put_use(struct buf *b, const struct fact_orphan *o)
{
	if (o->cpu >= BUSY) {
		buf_str(b, ", has used ");
		buf_duration(b, o->cpu);
		buf_str(b, " of CPU time");
	}
	for (size_t i = 0; i < o->nports; i++)
		buf_printf(b, "%s%u", i ? ", :" : ", listens on :", o->ports[i]);
}

static void say_orphan(struct text *t, const struct engine *e, const struct fact *f,
		       struct text_row *r)
{
	const struct fact_orphan *o = &f->u.orphan;
	struct buf *b = &t->v.out;
	bool advice = o->advice && o->advice[0];

	r->event = o->intended ? "left" : "ORPHAN";
	r->sgr = o->intended ? NULL : TEXT_ALARM;
	r->comm = o->comm ? o->comm : "";
	r->tgid = o->tgid;
	text_row(t, e, r);
	text_sentence(b, o->why && o->why[0] ? o->why : reason_name(o->reason));
	text_confidence(b, f);
	if (o->new_ppid || advice)
		text_next(t, r);
	/* A child of an orphan, or of a server that lives on, keeps its parent: not adopted. */
	if (o->new_ppid)
		buf_printf(b, o->new_ppid == 1 ? "adopted by pid %u" : "its parent is pid %u",
			   o->new_ppid);
	if (o->new_ppid)
		put_use(b, o);
	if (o->new_ppid && advice)
		buf_str(b, "; ");
	if (advice)
		text_sentence(b, o->advice);
	if (t->v.opt.verbose && o->args_len) {
		text_next(t, r);
		buf_args(b, o->args, o->args_len, 0);
	}
}

static void say_fate(struct text *t, const struct engine *e, const struct fact *f,
		     struct text_row *r)
{
	const struct fact_fate *o = &f->u.fate;
	struct buf *b = &t->v.out;

	r->event = "ended";
	r->sgr = TEXT_DIM;
	r->comm = o->comm;
	r->tgid = o->tgid;
	text_row(t, e, r);
	buf_duration(b, o->after);
	buf_str(b, " after its session: ");
	text_sentence(b, o->why);
	text_confidence(b, f);
}

void text_fact(struct view *v, const struct engine *e, const struct fact *f)
{
	static void (*const say[])(struct text *, const struct engine *, const struct fact *,
				   struct text_row *) = {
		[FACT_OPEN] = say_open,
		[FACT_INTERRUPT] = text_interrupt,
		[FACT_ORPHAN] = say_orphan,
		[FACT_CLOSE] = say_close,
		[FACT_FATE] = say_fate,
	};
	struct text *t = (struct text *)v;
	struct text_row r = { .ts = f->ts, .session = f->session };
	char digits[WHO_DIGITS];

	if (f->kind == FACT_OPEN)
		t->rooted[f->session % TEXT_RING] = f->session;
	if (!view_wants_fact(v, e, f) || v->opt.quiet)
		return;
	text_catch_up(t, e);
	r.user = who_user(e, f->session, NULL, digits);
	say[f->kind](t, e, f, &r);
	text_done(t, &r);
}
