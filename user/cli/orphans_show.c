/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of `sigtrace orphans`, as text and as JSON. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/orphans.h"
#include "event/names.h"
#include "world/task.h"

#define COMMAND_COLUMNS 160

/* Borrowed until the next call. */
static const char *user_name(uint32_t uid)
{
	static char name[64];
	static uint32_t last;

	if (!*name || last != uid) {
		const struct passwd *pw = getpwuid(uid);

		last = uid;
		snprintf(name, sizeof(name), pw ? "%.*s" : "%.*s%u", pw ? 63 : 0,
			 pw ? pw->pw_name : "", uid);
	}
	return name;
}

static void put_text_id(void *ctx, const char *id)
{
	struct buf *b = ctx;
	char last = b->len ? b->p[b->len - 1] : ' ';

	if (last != ' ')
		buf_char(b, ',');
	buf_str(b, id);
}

static void evidence(struct buf *b, const struct leftover *v)
{
	buf_reset(b);
	buf_str(b, leftover_class_name(v->rule->class));
	buf_str(b, ": ");
	leftover_evidence(v, put_text_id, b);
}

static void put_command(struct buf *b, const struct procinfo *p)
{
	if (p->args_len) {
		buf_args(b, p->args, p->args_len, COMMAND_COLUMNS);
		return;
	}
	buf_char(b, '[');
	buf_text(b, p->comm, strlen(p->comm));
	buf_char(b, ']');
}

/* Where each column begins; the last one depends on what there is to say. */
enum { USER = 9, AGE = 22, CPU = 34, SESSION = 46, FROM = 55, EVIDENCE = 78 };

static void text_row(struct orphans *o, const struct leftover *v, struct buf *said, size_t command)
{
	const char *name = user_name(v->p->uid);
	size_t start = o->out.len;
	struct buf *b = &o->out;

	buf_printf(b, "%7u", v->p->tgid);
	buf_pad(b, start, USER);
	buf_text(b, name, strlen(name));
	buf_pad(b, start, AGE);
	buf_duration(b, orphans_age(o, v));
	buf_pad(b, start, CPU);
	buf_duration(b, v->p->cpu);
	buf_pad(b, start, SESSION);
	if (v->p->sessionid == PROCINFO_UNSET)
		buf_char(b, '-');
	else
		buf_u64(b, v->p->sessionid);
	buf_pad(b, start, FROM);
	if (v->from.family)
		sock_addr(b, v->from.family, v->from.addr, v->from.port);
	else
		buf_char(b, '-');
	buf_pad(b, start, EVIDENCE);
	evidence(said, v);
	buf_str(b, buf_cstr(said));
	buf_pad(b, start, command);
	put_command(b, v->p);
	buf_char(b, '\n');
}

void orphans_text(struct orphans *o)
{
	size_t command = EVIDENCE + sizeof("EVIDENCE"), start = 0;
	struct buf said = {0};

	for (size_t i = 0; i < o->nshown; i++) {
		evidence(&said, o->shown[i]);
		if (command < EVIDENCE + said.len + 2)
			command = EVIDENCE + said.len + 2;
	}
	if (o->nshown) {
		buf_str(&o->out, "    PID  USER         AGE         CPU         SESSION  FROM");
		buf_pad(&o->out, start, EVIDENCE);
		buf_str(&o->out, "EVIDENCE");
		buf_pad(&o->out, start, command);
		buf_str(&o->out, "COMMAND\n");
	}
	for (size_t i = 0; i < o->nshown; i++)
		text_row(o, o->shown[i], &said, command);
	o->out.failed |= said.failed;
	buf_free(&said);
}

static void put_json_id(void *ctx, const char *id)
{
	struct buf *b = ctx;

	buf_str(b, b->p[b->len - 1] == '[' ? "\"" : ",\"");
	buf_str(b, id);
	buf_char(b, '"');
}

static void json_args(struct buf *b, const struct procinfo *p)
{
	const char *arg;
	size_t len;

	buf_str(b, ",\"args\":[");
	for (unsigned i = 0; (arg = args_get(p->args, p->args_len, i, &len)); i++) {
		if (i)
			buf_char(b, ',');
		buf_json(b, arg, len);
	}
	buf_char(b, ']');
}

static void json_from(struct buf *b, const struct procinfo_addr *from)
{
	buf_str(b, ",\"from\":");
	if (!from->family) {
		buf_str(b, "null");
		return;
	}
	buf_char(b, '"');
	sock_addr(b, from->family, from->addr, from->port);
	buf_char(b, '"');
}

static void json_row(struct orphans *o, const struct leftover *v)
{
	const char *name = user_name(v->p->uid);
	struct buf *b = &o->out;

	buf_printf(b, "{\"type\":\"leftover\",\"tgid\":%u,\"comm\":", v->p->tgid);
	buf_json(b, v->p->comm, strlen(v->p->comm));
	json_args(b, v->p);
	buf_str(b, ",\"user\":");
	buf_json(b, name, strlen(name));
	buf_printf(b, ",\"uid\":%u,\"age_ns\":%llu,\"cpu_ns\":%llu", v->p->uid,
		   (unsigned long long)orphans_age(o, v), (unsigned long long)v->p->cpu);
	buf_printf(b, ",\"ppid\":%u,\"sessionid\":", v->p->ppid);
	if (v->p->sessionid == PROCINFO_UNSET)
		buf_str(b, "null");
	else
		buf_u64(b, v->p->sessionid);
	json_from(b, &v->from);
	buf_printf(b, ",\"class\":\"%s\",\"evidence\":[", leftover_class_name(v->rule->class));
	leftover_evidence(v, put_json_id, b);
	buf_str(b, "],\"why\":\"");
	leftover_why(b, v);
	buf_str(b, "\"}\n");
}

void orphans_json(struct orphans *o)
{
	for (size_t i = 0; i < o->nshown; i++)
		json_row(o, o->shown[i]);
}
