/* SPDX-License-Identifier: GPL-2.0-only */
/* The value of a row in a record: for the files of event/ only. */
#ifndef SIGTRACE_EVENT_MEMBER_H
#define SIGTRACE_EVENT_MEMBER_H

#include <string.h>

#include "event/field.h"

static inline const unsigned char *member_bytes(const struct event *ev, const struct field *f)
{
	return (const unsigned char *)&ev->u + f->offset;
}

static inline uint64_t member_u64(const struct event *ev, const struct field *f)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (f->size) {
	case 8:
		memcpy(&v64, member_bytes(ev, f), sizeof(v64));
		return v64;
	case 4:
		memcpy(&v32, member_bytes(ev, f), sizeof(v32));
		return v32;
	case 2:
		memcpy(&v16, member_bytes(ev, f), sizeof(v16));
		return v16;
	default:
		return 0;
	}
}

static inline int64_t member_s64(const struct event *ev, const struct field *f)
{
	uint64_t v = member_u64(ev, f);

	return f->size == 4 ? (int32_t)v : (int64_t)v;
}

/* A row that the text form leaves out: its value follows from the rest of the line. */
static inline bool member_computed(const struct field *f)
{
	if (f->format == FIELD_DERIVED)
		return true;
	if (f->kind == 0)
		return f->offset == offsetof(struct wire_hdr, len) ||
		       f->offset == offsetof(struct wire_hdr, kind);
	return !strcmp(f->name, "filename_len") || !strcmp(f->name, "args_len");
}

/* The signal that an si_code of the record belongs to. */
static inline uint32_t member_sig(const struct event *ev)
{
	return ev->u.h.kind == WIRE_SIGNAL_GENERATE ? ev->u.generate.sig : ev->u.deliver.sig;
}

/* The address family of the record, 0 if it has no addresses. */
static inline uint32_t member_family(const struct event *ev)
{
	switch (ev->u.h.kind) {
	case WIRE_SOCK_STATE:
		return ev->u.sock.sk.family;
	case WIRE_SOCK_RESET:
		return ev->u.reset.sk.family;
	case WIRE_SOCK_OWNER:
		return ev->u.owner.sk.family;
	case WIRE_SOCK_CLIENT:
		return ev->u.client.sk.family;
	default:
		return 0;
	}
}

#endif
