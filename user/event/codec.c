/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdbool.h>
#include <string.h>

#include "event/event.h"
#include "event/field.h"
#include "event/names.h"
#include "event/tables.h"

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

static bool may_be_many(unsigned kind)
{
	return kind == WIRE_SIGNAL_GENERATE || kind == WIRE_SIGNAL_DELIVER;
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

/* What has a name in tables.c: the tables themselves would be walked for each signal. tests/unit/
 * test_codec.c holds the two against each other. */
static bool result_ok(uint32_t result)
{
	return result <= 4;
}

static bool disposition_ok(uint32_t disposition)
{
	return disposition <= WIRE_HANDLER;
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
		return signal_ok(ev->u.generate.sig) && result_ok(ev->u.generate.result) &&
		       disposition_ok(ev->u.generate.disposition);
	case WIRE_SIGNAL_DELIVER:
		return signal_ok(ev->u.deliver.sig) &&
		       disposition_ok(ev->u.deliver.disposition);
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

/* What decoding needs of kind_info(), in a cache line or two. */
#define SHAPE(num, NAME, title, type, has_tail)                                                    \
	[num] = {.size = sizeof(struct type), .tail = (has_tail)},
static const struct shape {
	uint16_t size;
	bool tail;
} shapes[WIRE_KIND_MAX + 1] = {WIRE_KINDS(SHAPE)};

/* Of signals, which are most of what there is, by a few moves and no call. */
static void copy(struct event *ev, const void *p, unsigned kind, size_t size)
{
	if (kind == WIRE_SIGNAL_GENERATE)
		memcpy(&ev->u.generate, p, sizeof(ev->u.generate));
	else if (kind == WIRE_SIGNAL_DELIVER)
		memcpy(&ev->u.deliver, p, sizeof(ev->u.deliver));
	else
		memcpy(&ev->u, p, size);
}

/* What stands behind a record's struct, n bytes. */
static enum event_error take_rest(struct event *ev, const char *rest, size_t n)
{
	if (shapes[ev->u.h.kind].tail)
		return split_tail(ev, rest, n);
	memcpy(&ev->many, rest, sizeof(ev->many));
	return ev->many.count ? EVENT_OK : EVENT_RANGE;
}

static bool may_have_rest(unsigned kind, size_t n)
{
	return !n || shapes[kind].tail || (n == sizeof(struct wire_many) && may_be_many(kind));
}

enum event_error event_decode(const void *p, size_t n, struct event *ev)
{
	enum event_error e = EVENT_OK;
	uint32_t len, size;
	uint16_t kind;

	if (n < sizeof(struct wire_hdr))
		return EVENT_SHORT;
	memcpy(&len, (const char *)p + offsetof(struct wire_hdr, len), sizeof(len));
	memcpy(&kind, (const char *)p + offsetof(struct wire_hdr, kind), sizeof(kind));
	if (kind > WIRE_KIND_MAX || !shapes[kind].size)
		return EVENT_KIND;
	size = shapes[kind].size;
	if (len < size || !may_have_rest(kind, len - size))
		return EVENT_LENGTH;
	if (len > n)
		return EVENT_SHORT;
	copy(ev, p, kind, size);
	ev->filename = ev->argv = NULL;
	ev->filename_len = ev->args_len = 0;
	memset(&ev->many, 0, sizeof(ev->many));
	if (len > size || shapes[kind].tail)
		e = take_rest(ev, (const char *)p + size, len - size);
	if (e)
		return e;
	terminate(ev, kind);
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
