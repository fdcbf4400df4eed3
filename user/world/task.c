/* SPDX-License-Identifier: GPL-2.0-only */
#include "world/task.h"

#include <stdlib.h>
#include <string.h>

#include "world/signal.h"

struct user_name {
	uint32_t uid;
	char name[40];
	UT_hash_handle hh;
};

void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
}

static void task_free(struct task *t)
{
	free(t->signals);
	free(t->filename);
	free(t->args);
	free(t->place);
	free(t);
}

void world_free(struct world *w)
{
	struct task *t, *next;
	struct user_name *u, *unext;

	HASH_CLEAR(by_tgid, w->by_tgid);
	HASH_ITER(hh, w->tasks, t, next) {
		HASH_DELETE(hh, w->tasks, t);
		task_free(t);
	}
	HASH_ITER(hh, w->users, u, unext) {
		HASH_DELETE(hh, w->users, u);
		free(u);
	}
}

struct task *world_look_up(const struct world *w, uint32_t tgid, uint64_t start)
{
	struct task_key key = {.start = start, .tgid = tgid};
	struct task *t;

	HASH_FIND(hh, w->tasks, &key, sizeof(key), t);
	return t;
}

/* Every stage of a record looks for the same one or two processes: the later ones find them here. */
static void meet(struct world *w, uint32_t tgid, uint64_t start)
{
	struct task *t = world_task(w, tgid, start);

	if (t)
		w->recent[tgid % WORLD_RECENT] = t;
}

struct task *world_last(const struct world *w, uint32_t tgid)
{
	struct task *t = w->recent[tgid % WORLD_RECENT];

	if (t && t->key.tgid == tgid && t->last)
		return t;
	HASH_FIND(by_tgid, w->by_tgid, &tgid, sizeof(tgid), t);
	return t;
}

struct task *world_parent(const struct world *w, const struct task *t)
{
	return world_task(w, t->parent_tgid, t->parent_start);
}

void world_forget(struct world *w, struct task *t)
{
	if (t->last)
		HASH_DELETE(by_tgid, w->by_tgid, t);
	HASH_DELETE(hh, w->tasks, t);
	if (w->recent[t->key.tgid % WORLD_RECENT] == t)
		w->recent[t->key.tgid % WORLD_RECENT] = NULL;
	task_free(t);
}

void world_release(struct world *w, struct task *t)
{
	if (!--t->held && !t->alive)
		world_forget(w, t);
}

const char *world_user(const struct world *w, uint32_t uid)
{
	struct user_name *u;

	HASH_FIND(hh, w->users, &uid, sizeof(uid), u);
	return u && u->name[0] ? u->name : NULL;
}

void world_users(const struct world *w, void (*take)(void *ctx, uint32_t uid, const char *name),
		 void *ctx)
{
	const struct user_name *u;

	for (u = w->users; u; u = u->hh.next)
		take(ctx, u->uid, u->name);
}

uint32_t exit_signal(uint32_t code)
{
	return code & 0x7f;
}

int exit_status(uint32_t code)
{
	return exit_signal(code) ? -1 : (int)(code >> 8 & 0xff);
}

const char *args_get(const char *args, size_t n, unsigned i, size_t *len)
{
	size_t at = 0;

	while (at < n) {
		*len = strnlen(args + at, n - at);
		if (!i--)
			return args + at;
		at += *len + 1;
	}
	*len = 0;
	return NULL;
}

#define LOOK_AT 256 /* of the oldest, for one that may go */

static bool is_needed(const struct task *t)
{
	return t->held || t->session || t->conn || t->client;
}

/* false: there is no room. */
static bool make_room(struct world *w)
{
	struct task *t = w->tasks;

	if (HASH_COUNT(w->tasks) < TASKS_MOST)
		return true;
	w->evicted++;
	for (unsigned i = 0; t && i < LOOK_AT; i++, t = t->hh.next)
		if (!is_needed(t)) {
			world_forget(w, t);
			return true;
		}
	w->missing++;
	return false;
}

static struct task *add(struct world *w, uint32_t tgid, uint64_t start, uint64_t seq, uint64_t born)
{
	struct task *t, *old;

	if (!make_room(w))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t) {
		w->failed = true;
		return NULL;
	}
	t->key.tgid = tgid;
	t->key.start = start;
	t->alive = true;
	t->seq = seq;
	t->born = born;
	t->nth = ++w->count;
	HASH_ADD(hh, w->tasks, key, sizeof(t->key), t);
	if (!t->hh.tbl) {
		w->failed = true;
		free(t);
		return NULL;
	}
	old = world_last(w, tgid);
	if (old && old->alive && old->key.start < start)
		w->stale[w->nstale++] = old;
	if (old) {
		HASH_DELETE(by_tgid, w->by_tgid, old);
		old->last = false;
	}
	HASH_ADD(by_tgid, w->by_tgid, key.tgid, sizeof(t->key.tgid), t);
	t->last = t->by_tgid.tbl != NULL;
	w->failed |= !t->last;
	w->recent[tgid % WORLD_RECENT] = t;
	return t;
}

static void set_comm(struct task *t, const char comm[WIRE_COMM])
{
	memcpy(t->comm, comm, WIRE_COMM);
}

/* The task of the header, made when it is not known. */
static struct task *of_header(struct world *w, const struct event *ev)
{
	const struct wire_hdr *h = &ev->u.h;
	struct task *t = world_task(w, h->tgid, h->start);

	if (!t) {
		t = add(w, h->tgid, h->start, ev->seq, h->start);
		if (t)
			set_comm(t, h->comm);
	}
	return t;
}

static void set_image(struct world *w, struct task *t, const struct event *ev)
{
	char *filename = malloc(ev->filename_len + 1);
	char *args = malloc(ev->args_len + 1);

	if (!filename || !args) {
		w->failed = true;
		free(filename);
		free(args);
		return;
	}
	memcpy(filename, ev->filename, ev->filename_len);
	filename[ev->filename_len] = '\0';
	memcpy(args, ev->argv, ev->args_len);
	args[ev->args_len] = '\0';
	free(t->filename);
	free(t->args);
	t->filename = filename;
	t->args = args;
	t->args_len = ev->args_len;
}

static const struct {
	const char *comm;
	uint32_t flag;
} detachers[] = {
	{"nohup", DETACH_NOHUP},
	{"setsid", DETACH_SETSID},
	{"tmux", DETACH_MUX},
	{"tmux: server", DETACH_MUX},
	{"screen", DETACH_MUX},
	{"SCREEN", DETACH_MUX},
	{"dtach", DETACH_MUX},
	{"abduco", DETACH_MUX},
	{"zellij", DETACH_MUX},
	{"mosh-server", DETACH_MUX},
	{"systemd-run", DETACH_SERVICE},
	{"at", DETACH_SERVICE},
	{"batch", DETACH_SERVICE},
	{"daemonize", DETACH_SERVICE},
	{"start-stop-daem", DETACH_SERVICE}, /* TASK_COMM_LEN cuts it */
};

static uint32_t detach_of(const char *comm)
{
	for (size_t i = 0; i < sizeof(detachers) / sizeof(detachers[0]); i++)
		if (!strcmp(comm, detachers[i].comm))
			return detachers[i].flag;
	return 0;
}

static void apply_fork(struct world *w, const struct event *ev)
{
	const struct wire_fork *r = &ev->u.fork;
	struct task *parent, *t;

	if (r->child_tgid == r->h.tgid)
		return;
	parent = of_header(w, ev);
	if (!parent)
		return;
	if (!parent->known)
		parent->s.scope = r->scope;
	/* a child begins in its parent's group and session: news of setpgid(2), setsid(2) */
	parent->s.pgid = r->pgid;
	parent->s.sid = r->sid;
	t = world_task(w, r->child_tgid, r->child_start);
	parent->held++; /* it must not give way to its child */
	if (!t)
		t = add(w, r->child_tgid, r->child_start, ev->seq, ev->u.h.ts);
	parent->held--;
	if (!t)
		return;
	t->forked = true;
	t->parent_tgid = parent->key.tgid;
	t->parent_start = parent->key.start;
	t->detach |= parent->detach;
	t->of_command = parent->of_command;
	if (t->known)
		return; /* its snapshot came first and knows better */
	set_comm(t, parent->comm);
	/* it may be in that session's list already */
	if (!t->session)
		t->session = parent->session;
	t->of_shell = parent->of_shell;
	t->startup = parent->startup;
	t->s = parent->s;
	t->s.ppid = parent->key.tgid;
	t->s.pgid = r->pgid;
	t->s.sid = r->sid;
	t->s.scope = r->scope;
}

static void set_task(struct task *t, const struct wire_task *s)
{
	t->s = *s;
	t->known = true;
	if (!t->parent_tgid) {
		t->parent_tgid = s->ppid;
		t->parent_start = s->parent_start;
	}
}

static void apply_exec(struct world *w, const struct event *ev)
{
	struct task *t = of_header(w, ev);

	if (!t)
		return;
	set_comm(t, ev->u.h.comm);
	set_task(t, &ev->u.exec.task);
	set_image(w, t, ev);
	t->detach |= detach_of(t->comm);
	t->execed = true;
	t->exec_seq = ev->seq;
	t->exec_ignored = t->s.ignored;
	t->exec_pgid = t->s.pgid;
}

static void apply_snapshot(struct world *w, const struct event *ev)
{
	struct task *t = of_header(w, ev);

	if (!t)
		return;
	set_comm(t, ev->u.h.comm);
	set_task(t, &ev->u.snapshot.task);
	t->detach |= detach_of(t->comm);
	t->snapshot_seq = ev->seq;
	/* of a server they are told at the start, not in an answer */
	if (!(t->s.scope & WIRE_SERVER))
		t->nports = 0;
}

static bool has_port(const struct task *t, uint32_t port)
{
	for (unsigned i = 0; i < t->nports; i++)
		if (t->ports[i] == port)
			return true;
	return false;
}

static void apply_owner(struct world *w, const struct event *ev)
{
	const struct wire_sock_owner *r = &ev->u.owner;
	struct task *t = world_event_task(w, ev);

	if (t && r->state == WIRE_TCP_LISTEN && t->nports < TASK_PORTS && !has_port(t, r->sk.lport))
		t->ports[t->nports++] = (uint16_t)r->sk.lport;
}

static void apply_args(struct world *w, const struct event *ev)
{
	struct task *t = world_event_task(w, ev);

	if (t && !t->exec_seq)
		set_image(w, t, ev);
}

/* Traced from its connect(2) on: the first record of it. */
static void apply_client(struct world *w, const struct event *ev)
{
	of_header(w, ev);
}

static void apply_exit(struct world *w, const struct event *ev)
{
	struct task *t = world_event_task(w, ev);

	if (!t || !t->alive)
		return;
	t->alive = false;
	t->exit_ts = ev->u.h.ts;
	t->exit_seq = ev->seq;
	t->exit_code = ev->u.exit.exit_code;
	t->s.pgid = ev->u.exit.pgid;
	t->s.sid = ev->u.exit.sid;
	t->s.cpu = ev->u.exit.cpu;
	t->s.uid = ev->u.exit.uid;
}

static void apply_place(struct world *w, const struct event *ev)
{
	const struct wire_place *r = &ev->u.place;
	struct task *t = world_event_task(w, ev);

	/* user space's own, of the pipes that a session began with, tells nothing of today's */
	if (!t || r->ends & WIRE_ENDS_KNOWN)
		return;
	if (!t->place)
		t->place = calloc(1, sizeof(*t->place));
	if (!t->place) {
		w->failed = true;
		return;
	}
	t->place->seq = ev->seq;
	memcpy(t->place->cgroup, r->cgroup, sizeof(r->cgroup));
	memcpy(t->place->pipe, r->pipe, sizeof(r->pipe));
	memcpy(t->place->cgroup_name, r->cgroup_name, sizeof(r->cgroup_name));
}

static void apply_user(struct world *w, const struct event *ev)
{
	uint32_t uid = ev->u.user.uid;
	struct user_name *u;

	HASH_FIND(hh, w->users, &uid, sizeof(uid), u);
	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u) {
			w->failed = true;
			return;
		}
		u->uid = uid;
		HASH_ADD(hh, w->users, uid, sizeof(u->uid), u);
		if (!u->hh.tbl) {
			w->failed = true;
			free(u);
			return;
		}
	}
	memcpy(u->name, ev->u.user.name, sizeof(u->name));
}

static void (*const handlers[WIRE_KIND_MAX + 1])(struct world *, const struct event *) = {
	[WIRE_TASK_FORK] = apply_fork,
	[WIRE_TASK_EXEC] = apply_exec,
	[WIRE_TASK_EXIT] = apply_exit,
	[WIRE_TASK_SNAPSHOT] = apply_snapshot,
	[WIRE_TASK_ARGS] = apply_args,
	[WIRE_SIGNAL_GENERATE] = world_generate,
	[WIRE_SIGNAL_DELIVER] = world_deliver,
	[WIRE_USER_NAME] = apply_user,
	[WIRE_SOCK_OWNER] = apply_owner,
	[WIRE_SOCK_CLIENT] = apply_client,
	[WIRE_TASK_PLACE] = apply_place,
};

void world_unseen_exit(struct task *t, const struct event *ev, struct event *exit)
{
	struct wire_exit *r = &exit->u.exit;

	memset(exit, 0, sizeof(*exit));
	exit->seq = ev->seq;
	r->h = (struct wire_hdr){.len = sizeof(*r), .kind = WIRE_TASK_EXIT, .ts = ev->u.h.ts,
				 .start = t->key.start, .tgid = t->key.tgid, .pid = t->key.tgid};
	memcpy(r->h.comm, t->comm, WIRE_COMM);
	r->pgid = t->s.pgid;
	r->sid = t->s.sid;
	r->cpu = t->s.cpu;
	r->uid = t->s.uid;
	t->unseen = true;
}

void world_stale_exit(const struct world *w, unsigned i, const struct event *ev, struct event *exit)
{
	world_unseen_exit(w->stale[i], ev, exit);
}

void world_apply(struct world *w, const struct event *ev)
{
	w->nstale = 0;
	meet(w, ev->u.h.tgid, ev->u.h.start);
	if (ev->u.h.kind == WIRE_SIGNAL_GENERATE)
		meet(w, ev->u.generate.target_tgid, ev->u.generate.target_start);
	if (handlers[ev->u.h.kind] && (!event_repeats(ev) || ev->u.h.kind == WIRE_SIGNAL_DELIVER))
		handlers[ev->u.h.kind](w, ev);
}
