/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdbool.h>
#include <string.h>

#include "event/event.h"
#include "event/field.h"
#include "event/names.h"
#include "event/tables.h"

size_t event_length(const void *p, size_t n)
{
	struct wire_hdr h;

	if (n < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	return h.len >= sizeof(h) && h.len <= EVENT_MAX ? h.len : 0;
}

/* The rest of a record behind its struct must be the file name and the arguments, nothing else. */
static enum event_error split_tail(struct event *ev, const char *tail, size_t n)
{
	uint32_t filename_len, args_len;

	if (ev->u.h.kind == WIRE_TASK_EXEC) {
		filename_len = ev->u.exec.filename_len;
		args_len = ev->u.exec.args_len;
	} else {
		filename_len = ev->u.args.filename_len;
		args_len = ev->u.args.args_len;
	}
	if (filename_len > WIRE_FILENAME || args_len > WIRE_ARGS || filename_len > n ||
	    args_len != n - filename_len)
		return EVENT_LENGTH;
	ev->filename = tail;
	ev->filename_len = filename_len;
	ev->argv = tail + filename_len;
	ev->args_len = args_len;
	return EVENT_OK;
}

static bool may_be_many(const struct wire_hdr *h)
{
	return h->kind == WIRE_SIGNAL_GENERATE || h->kind == WIRE_SIGNAL_DELIVER;
}

/*
 * The last byte of each text in a kind's struct: FIELD_STR of the field table, which a walk over all
 * rows of each record would find as well, at a tenth of a replay. tests/unit/test_codec.c holds the
 * two against each other.
 */
#define TEXTS 4
#define END(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member) - 1)
static const uint16_t ends[WIRE_KIND_MAX + 1][TEXTS] = {
	[WIRE_TRACE_BEGIN] = {END(wire_begin, host), END(wire_begin, boot_id),
			      END(wire_begin, kernel), END(wire_begin, tool)},
	[WIRE_TASK_ENV] = {END(wire_env, ssh_connection), END(wire_env, ssh_tty)},
	[WIRE_SIGNAL_GENERATE] = {END(wire_generate, target_comm)},
	[WIRE_USER_NAME] = {END(wire_user, name)},
	[WIRE_TASK_PLACE] = {END(wire_place, cgroup_name)},
};

static void terminate(struct event *ev, unsigned kind)
{
	ev->u.h.comm[WIRE_COMM - 1] = '\0';
	for (size_t i = 0; i < TEXTS && ends[kind][i]; i++)
		((char *)&ev->u)[ends[kind][i]] = '\0';
}

static bool known(const char *const *table, uint32_t v)
{
	return table_name(table, v) != NULL;
}

static bool signal_ok(uint32_t sig)
{
	return sig >= 1 && sig <= SIG_MAX;
}

static bool in_range(const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SIGNAL_GENERATE:
		return signal_ok(ev->u.generate.sig) &&
		       known(table_result, ev->u.generate.result) &&
		       known(table_disposition, ev->u.generate.disposition);
	case WIRE_SIGNAL_DELIVER:
		return signal_ok(ev->u.deliver.sig) &&
		       known(table_disposition, ev->u.deliver.disposition);
	case WIRE_TTY_KEY:
		return known(table_key, ev->u.key.key);
	case WIRE_SOCK_STATE:
		return known(table_family, ev->u.sock.sk.family);
	case WIRE_SOCK_RESET:
		return known(table_family, ev->u.reset.sk.family) &&
		       known(table_direction, ev->u.reset.direction);
	case WIRE_SOCK_OWNER:
		return known(table_family, ev->u.owner.sk.family);
	case WIRE_SOCK_CLIENT:
		return known(table_family, ev->u.client.sk.family);
	default:
		return true;
	}
}

enum event_error event_decode(const void *p, size_t n, struct event *ev)
{
	const struct kind_info *info;
	struct wire_hdr h;
	bool many;

	if (n < sizeof(h))
		return EVENT_SHORT;
	memcpy(&h, p, sizeof(h));
	info = h.kind ? kind_info(h.kind) : NULL;
	if (!info)
		return EVENT_KIND;
	many = h.len - info->size == sizeof(ev->many) && may_be_many(&h);
	if (h.len < info->size || (h.len > info->size && !info->tail && !many))
		return EVENT_LENGTH;
	if (h.len > n)
		return EVENT_SHORT;
	memcpy(&ev->u, p, info->size);
	ev->filename = ev->argv = NULL;
	ev->filename_len = ev->args_len = 0;
	memset(&ev->many, 0, sizeof(ev->many));
	if (many) {
		memcpy(&ev->many, (const char *)p + info->size, sizeof(ev->many));
		if (!ev->many.count)
			return EVENT_RANGE;
	}
	if (info->tail) {
		enum event_error e = split_tail(ev, (const char *)p + info->size,
						h.len - info->size);

		if (e)
			return e;
	}
	terminate(ev, h.kind);
	return in_range(ev) ? EVENT_OK : EVENT_RANGE;
}

const char *event_error_name(enum event_error e)
{
	static const char *const names[] = {
		[EVENT_OK] = "ok",
		[EVENT_SHORT] = "cut short",
		[EVENT_KIND] = "of an unknown kind",
		[EVENT_LENGTH] = "of the wrong length for its kind",
		[EVENT_RANGE] = "has a member out of range",
	};

	return (unsigned)e < sizeof(names) / sizeof(names[0]) ? names[e] : "?";
}
