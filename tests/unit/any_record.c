/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/any_record.h"

#include <stdbool.h>
#include <string.h>

#include "event/field.h"
#include "event/names.h"
#include "event/tables.h"

uint32_t any_u32(uint32_t below)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

/* Text: mostly what a quoting has to get right. */
static void any_bytes(unsigned char *p, size_t n, bool text)
{
	static const char hard[] = "abc \"\\\n=,]['\xc3";

	for (size_t i = 0; i < n; i++) {
		if (text && any_u32(4))
			p[i] = (unsigned char)hard[any_u32(sizeof(hard))];
		else
			p[i] = (unsigned char)any_u32(256);
	}
}

/* The decoder refuses the other values of these. */
static bool strict(const struct field *f)
{
	return f->names == table_result || f->names == table_disposition ||
	       f->names == table_key || f->names == table_family || f->names == table_direction;
}

static void any_member(const struct field *f, unsigned char *p)
{
	uint32_t v;

	if (f->format == FIELD_PAD || f->format == FIELD_DERIVED)
		return;
	any_bytes(p, f->size, f->format == FIELD_STR);
	if (f->format == FIELD_STR) {
		p[f->size - 1] = 0;
		if (any_u32(2))
			p[any_u32(f->size)] = 0;
	} else if (any_u32(4) == 0) {
		memset(p, any_u32(2) ? 0 : 0xff, f->size);
	} else if (f->size == 4 && any_u32(2)) {
		v = any_u32(20);
		memcpy(p, &v, sizeof(v));
	}
	if (f->format == FIELD_SIGNAL) {
		v = 1 + any_u32(SIG_MAX);
		memcpy(p, &v, sizeof(v));
	}
	if (f->format == FIELD_ENUM && strict(f)) {
		do
			v = any_u32(12);
		while (!table_name(f->names, v));
		memcpy(p, &v, sizeof(v));
	}
}

static uint32_t any_length(uint32_t max)
{
	switch (any_u32(4)) {
	case 0:
		return 0;
	case 1:
		return any_u32(max + 1);
	case 2:
		return max;
	default:
		return any_u32(12);
	}
}

size_t any_record(unsigned kind, unsigned char out[EVENT_MAX])
{
	const struct kind_info *info = kind_info(kind);
	struct wire_hdr h;
	size_t len = info->size;

	memset(out, 0, EVENT_MAX);
	for (const struct field *f = kind_info(0)->fields; f->name; f++)
		any_member(f, out + f->offset);
	for (const struct field *f = info->fields; f->name; f++)
		any_member(f, out + f->offset);
	if (info->tail) {
		uint32_t n[2] = { any_length(WIRE_FILENAME), any_length(WIRE_ARGS) };
		size_t at = kind == WIRE_TASK_EXEC ? offsetof(struct wire_exec, filename_len)
						   : offsetof(struct wire_args, filename_len);

		memcpy(out + at, n, sizeof(n));
		any_bytes(out + len, n[0] + n[1], any_u32(2));
		len += n[0] + n[1];
	}
	if ((kind == WIRE_SIGNAL_GENERATE || kind == WIRE_SIGNAL_DELIVER) && any_u32(2)) {
		struct wire_many many = { .count = 1 + any_u32(1000000), .ts_last = any_u32(2) };

		memcpy(out + len, &many, sizeof(many));
		len += sizeof(many);
	}
	memcpy(&h, out, sizeof(h));
	h.len = (uint32_t)len;
	h.kind = (uint16_t)kind;
	memcpy(out, &h, sizeof(h));
	return len;
}
