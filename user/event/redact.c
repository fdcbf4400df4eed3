/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/redact.h"

#include <string.h>

static const char hidden[] = "***";

size_t redact_args(const char *args, size_t n, char *out, size_t size, bool *cut)
{
	size_t at = 0, len = 0;

	*cut = false;
	for (unsigned i = 0; at < n; i++) {
		size_t word = strnlen(args + at, n - at);
		bool stays = !i || (i == 1 && word == 2 && !memcmp(args + at, "-c", 2));
		const char *as = stays ? args + at : hidden;
		size_t put = stays ? word : sizeof(hidden) - 1;

		at += word + 1;
		if (put + 1 > size - len) {
			*cut = true;
			break;
		}
		memcpy(out + len, as, put);
		out[len + put] = '\0';
		len += put + 1;
	}
	return len;
}

/* Where the struct keeps what it says of its tail. */
struct tail {
	size_t size; /* of the struct */
	uint32_t *filename_len, *args_len, *truncated;
};

static size_t redact(void *r, struct wire_hdr *h, const struct tail *t, const char *tail, size_t n,
		     char *out)
{
	uint32_t filename = *t->filename_len, args = *t->args_len;
	bool cut;

	if (filename > WIRE_FILENAME || args > WIRE_ARGS || filename + args != n)
		return 0;
	memcpy(out + t->size, tail, filename);
	*t->args_len = (uint32_t)redact_args(tail + filename, args, out + t->size + filename,
					     WIRE_ARGS, &cut);
	if (cut)
		*t->truncated |= WIRE_TRUNC_ARGS;
	h->len = (uint32_t)(t->size + filename + *t->args_len);
	memcpy(out, r, t->size);
	return h->len;
}

size_t redact_record(const void *rec, size_t len, void *out)
{
	struct wire_hdr h;
	struct wire_exec exec;
	struct wire_args args;
	const struct tail of_exec = {sizeof(exec), &exec.filename_len, &exec.args_len, &exec.truncated};
	const struct tail of_args = {sizeof(args), &args.filename_len, &args.args_len, &args.truncated};

	if (len < sizeof(h))
		return 0;
	memcpy(&h, rec, sizeof(h));
	if (h.kind == WIRE_TASK_EXEC && len >= sizeof(exec)) {
		memcpy(&exec, rec, sizeof(exec));
		return redact(&exec, &exec.h, &of_exec, (const char *)rec + sizeof(exec),
			      len - sizeof(exec), out);
	}
	if (h.kind == WIRE_TASK_ARGS && len >= sizeof(args)) {
		memcpy(&args, rec, sizeof(args));
		return redact(&args, &args.h, &of_args, (const char *)rec + sizeof(args),
			      len - sizeof(args), out);
	}
	return 0;
}
