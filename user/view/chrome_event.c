/* SPDX-License-Identifier: GPL-2.0-only */
/* Records in the Trace Event Format: processes as slices, signals as instants with arrows. */
#include <string.h>

#include "base/json.h"
#include "event/field.h"
#include "event/names.h"
#include "view/chrome_parts.h"

/* ---- processes ---- */

static void put_args(struct buf *b, const struct task *t)
{
	const char *arg;
	size_t len;

	json_key(b, "args");
	buf_char(b, '[');
	for (unsigned i = 0; (arg = args_get(t->args, t->args_len, i, &len)); i++) {
		if (i)
			buf_char(b, ',');
		buf_json(b, arg, len);
	}
	buf_char(b, ']');
}

static void put_end(struct buf *b, const struct task *t)
{
	bool known = !t->alive && !t->unseen;
	uint32_t sig = known ? exit_signal(t->exit_code) : 0;

	json_member_bool(b, "alive", t->alive);
	json_key(b, "status");
	if (known && !sig)
		buf_s64(b, exit_status(t->exit_code));
	else
		json_null(b);
	json_member_str(b, "signal", sig ? signal_name(sig) : NULL);
}

static void put_seqs(struct buf *b, const struct task *t)
{
	const uint64_t seqs[] = {t->seq, t->exec_seq, t->exit_seq};
	uint64_t last = 0;

	json_key(b, "evidence");
	buf_char(b, '[');
	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		if (seqs[i] <= last)
			continue;
		if (last)
			buf_char(b, ',');
		last = seqs[i];
		buf_u64(b, last);
	}
	buf_char(b, ']');
}

void chrome_process(struct chrome *c, const struct task *t, uint64_t end)
{
	uint64_t pid = chrome_track(t->session), tid = t->key.tgid;
	struct buf *b = &c->v.out;

	chrome_text(c, t->comm);
	chrome_name(c, "thread_name", pid, tid);
	if (t->args_len) {
		buf_reset(&c->text);
		buf_args(&c->text, t->args, t->args_len, NAME_MOST);
	}
	chrome_slice(c, "process", pid, tid, t->born, end);
	chrome_args(c, t->session);
	json_member_u64(b, "pid", t->key.tgid);
	json_member_u64_null(b, "ppid", t->s.ppid);
	json_member_str(b, "comm", t->comm);
	put_args(b, t);
	json_member_bool(b, "preexisting", t->born < c->start);
	put_end(b, t);
	json_member_u64(b, "cpu_ns", t->s.cpu);
	json_member_bool(b, "orphan", t->left);
	put_seqs(b, t);
	chrome_close(c);
}

/* ---- signals ---- */

static void put_flow(struct chrome *c, const char *ph, uint64_t id, uint64_t pid, uint64_t tid, uint64_t ts)
{
	struct buf *b = &c->v.out;

	chrome_open(c, ph, "signal", pid, tid);
	json_member_u64(b, "id", id);
	chrome_us(b, "ts", chrome_since(c, ts));
	buf_str(b, ph[0] == 'f' ? ",\"bp\":\"e\"}" : "}");
}

static bool waits_for(const struct sent *s, const struct task *t, uint32_t pid, uint32_t sig)
{
	return (s->seq || s->more) && s->start == t->key.start && s->tgid == t->key.tgid && s->pid == pid &&
	       s->sig == sig;
}

static struct sent *slot(struct chrome *c, uint64_t start, uint32_t tgid, uint32_t pid, uint32_t sig)
{
	uint64_t h = (start ^ (uint64_t)tgid << 40 ^ (uint64_t)pid << 8 ^ sig) * UINT64_C(0x9e3779b97f4a7c15);

	return &c->sent[(h >> 32) % SENT];
}

/* NULL: none that is known. pid as in struct sent. */
static struct sent *waiting(struct chrome *c, const struct task *t, uint32_t pid, uint32_t sig)
{
	struct sent *s = slot(c, t->key.start, t->key.tgid, pid, sig);

	return waits_for(s, t, pid, sig) ? s : NULL;
}

/* Only what was queued is ever delivered: of two equal ones below SIGRTMIN the second is not. */
static void keep_sent(struct chrome *c, const struct event *ev, uint64_t line, uint64_t pid)
{
	const struct wire_generate *g = &ev->u.generate;
	struct sent *s = slot(c, g->target_start, g->target_tgid, g->group ? 0 : g->target_pid, g->sig);
	const struct task t = {.key = {.start = g->target_start, .tgid = g->target_tgid}};
	bool same = waits_for(s, &t, g->group ? 0 : g->target_pid, g->sig);

	if ((g->result != 0 && g->result != 4) || g->flags & WIRE_SIG_WAITED)
		return;
	if (event_repeats(ev) || (same && g->sig > 31)) {
		s->more += same ? (s->seq != 0) + (uint32_t)event_count(ev) : 0;
		s->seq = same ? 0 : s->seq;
		return;
	}
	*s = (struct sent){
		.start = g->target_start, .tgid = g->target_tgid, .pid = g->group ? 0 : g->target_pid,
		.sig = g->sig, .seq = ev->seq, .ts = g->h.ts, .track = pid, .line = line,
	};
}

/* An arrow from where a signal was made to t, who took it at ts. */
static void put_arrow(struct chrome *c, const struct task *t, struct sent *s, uint64_t ts)
{
	if (s->seq) {
		chrome_text(c, signal_name(s->sig));
		put_flow(c, "s", s->seq, s->track, s->line, s->ts);
		put_flow(c, "f", s->seq, chrome_track(t->session), t->key.tgid, ts > s->ts ? ts : s->ts);
	} else {
		s->more--;
	}
	s->seq = 0;
}

/* On the line of who sent it, or of the kernel in the target's session while that is open. */
void chrome_generate(struct chrome *c, const struct engine *e, const struct event *ev, uint32_t session)
{
	const struct wire_generate *g = &ev->u.generate;
	const struct task *by = sig_origin(g) == SIG_ORIGIN_USER ? world_event_task(engine_world(e), ev) : NULL;
	struct opened *of = by ? NULL : chrome_opened(c, session);
	uint64_t pid = chrome_track(by ? by->session : of ? session : 0);
	uint64_t line = by ? by->key.tgid : of ? KERNEL : pid;

	if (of)
		of->last = g->h.ts;
	chrome_text(c, signal_name(g->sig));
	buf_str(&c->text, " to ");
	buf_text(&c->text, g->target_comm, strlen(g->target_comm));
	buf_char(&c->text, ' ');
	buf_u64(&c->text, g->target_tgid);
	chrome_instant(c, "signal.generate", pid, line, g->h.ts, "t");
	chrome_args(c, session);
	json_member_u64(&c->v.out, "seq", ev->seq);
	event_json(&c->v.out, ev);
	chrome_close(c);
	keep_sent(c, ev, line, pid);
}

void chrome_deliver(struct chrome *c, const struct engine *e, const struct event *ev, uint32_t session)
{
	const struct wire_deliver *d = &ev->u.deliver;
	const struct task *t = world_event_task(engine_world(e), ev);
	/* the kernel takes the thread's own first: dequeue_signal() */
	struct sent *s = t ? waiting(c, t, d->h.pid, d->sig) : NULL;

	if (t && !s)
		s = waiting(c, t, 0, d->sig);
	/* a death of another signal shows as this one: wire.h. The process's end tells which. */
	if (d->sig == 9 && !s)
		return;
	chrome_text(c, signal_name(d->sig));
	buf_str(&c->text, " delivered");
	chrome_instant(c, "signal.deliver", chrome_track(session), d->h.tgid, d->h.ts, "t");
	chrome_args(c, session);
	json_member_u64(&c->v.out, "seq", ev->seq);
	event_json(&c->v.out, ev);
	chrome_close(c);
	if (s && event_repeats(ev))
		s->more -= s->more < event_count(ev) ? s->more : (uint32_t)event_count(ev);
	else if (s)
		put_arrow(c, t, s, d->h.ts);
}

/* The signal that killed it was taken, whatever was told of that. */
void chrome_exit(struct chrome *c, const struct engine *e, const struct event *ev)
{
	const struct task *t = world_event_task(engine_world(e), ev);
	uint32_t sig = exit_signal(ev->u.exit.exit_code);
	struct sent *own, *shared;

	if (!t || t->exit_seq != ev->seq)
		return;
	chrome_process(c, t, ev->u.h.ts);
	own = sig ? waiting(c, t, t->key.tgid, sig) : NULL;
	shared = sig ? waiting(c, t, 0, sig) : NULL;
	if (!own != !shared)
		put_arrow(c, t, own ? own : shared, ev->u.h.ts - 1); /* a slice's end is not in it */
}

void chrome_lost(struct chrome *c, const struct event *ev)
{
	chrome_text(c, "records lost");
	chrome_instant(c, "trace.lost", TRACKS, TRACKS, ev->u.h.ts, "g");
	chrome_args(c, 0);
	json_member_u64(&c->v.out, "seq", ev->seq);
	event_json(&c->v.out, ev);
	chrome_close(c);
}
