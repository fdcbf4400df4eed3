/* SPDX-License-Identifier: GPL-2.0-only */
#include "view/roster.h"

#include <stdlib.h>
#include <string.h>

#include "event/names.h"

void roster_free(struct roster *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->rows[i].command);
		free(r->rows[i].why);
	}
	free(r->rows);
	memset(r, 0, sizeof(*r));
}

/* Sessions are numbered in the order in which they open. */
static struct roster_row *find(const struct roster *r, uint32_t number)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->rows[mid].number == number)
			return &r->rows[mid];
		if (r->rows[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct roster_row *roster_find(const struct roster *r, uint32_t number)
{
	return find(r, number);
}

static struct roster_row *add(struct roster *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		struct roster_row *rows = realloc(r->rows, cap * sizeof(*rows));

		if (!rows) {
			r->failed = true;
			return NULL;
		}
		r->rows = rows;
		r->cap = cap;
	}
	memset(&r->rows[r->n], 0, sizeof(*r->rows));
	return &r->rows[r->n++];
}

static void take_open(struct roster *r, const struct fact *f)
{
	const struct fact_open *o = &f->u.open;
	size_t len = o->command_len < ROSTER_COMMAND ? o->command_len : ROSTER_COMMAND;
	struct roster_row *row;

	if (r->n && r->rows[r->n - 1].number >= f->session)
		return;
	row = add(r);
	if (!row)
		return;
	row->number = f->session;
	if (o->user)
		strncpy(row->user, o->user, sizeof(row->user) - 1);
	row->peer = o->sk;
	if (o->sk)
		row->sk = *o->sk;
	row->pty = o->pty;
	row->request = o->request;
	row->preexisting = o->preexisting;
	row->opened = f->ts;
	row->command = len ? malloc(len) : NULL;
	r->failed |= len && !row->command;
	if (row->command) {
		memcpy(row->command, o->command, len);
		row->command_len = len;
	}
}

static void take_close(struct roster *r, const struct fact *f)
{
	const struct fact_close *c = &f->u.close;
	struct roster_row *row = find(r, f->session);

	if (!row)
		return;
	row->closed = true;
	row->duration = c->duration;
	row->end = c->end;
	row->exit_status = c->exit_status;
	row->exit_signal = c->exit_signal;
	row->leaked = c->orphans > c->intended ? c->orphans - c->intended : 0;
	row->intended = c->intended;
	row->lost = c->lost;
	free(row->why);
	row->why = strdup(c->why ? c->why : "");
	r->failed |= !row->why;
}

void roster_take(struct roster *r, const struct fact *f)
{
	struct roster_row *row;

	switch (f->kind) {
	case FACT_OPEN:
		take_open(r, f);
		break;
	case FACT_INTERRUPT:
		row = find(r, f->session);
		if (row && f->u.interrupt.origin == ORIGIN_TTY)
			row->typed++;
		break;
	case FACT_ORPHAN:
	case FACT_FATE:
		break;
	case FACT_CLOSE:
		take_close(r, f);
		break;
	}
}

void roster_request(struct buf *b, const struct roster_row *row, size_t max)
{
	switch (row->request) {
	case REQUEST_NONE:
		buf_str(b, "no command");
		return;
	case REQUEST_SHELL:
		buf_str(b, "shell");
		return;
	case REQUEST_EXEC:
		buf_str(b, "exec ");
		break;
	case REQUEST_SUBSYSTEM:
		buf_str(b, "subsystem ");
		break;
	}
	if (row->command_len)
		buf_args(b, row->command, row->command_len, max);
	else
		buf_char(b, '?');
}

void roster_describe(struct buf *b, const struct roster_row *row, size_t max)
{
	if (row->user[0])
		buf_text(b, row->user, strlen(row->user));
	else
		buf_char(b, '?');
	if (row->peer) {
		buf_str(b, " from ");
		sock_addr(b, row->sk.family, row->sk.raddr, row->sk.rport);
	}
	if (row->pty) {
		buf_str(b, ", on ");
		tty_name(b, row->pty);
	} else if (row->request != REQUEST_NONE) {
		buf_str(b, ", without a terminal");
	}
	buf_str(b, ", ");
	roster_request(b, row, max);
}
