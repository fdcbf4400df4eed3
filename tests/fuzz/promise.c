/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds of output, whatever came in. Integers are read as reals: of jansson's own, 64 bits with
 * a sign, some members are too large. */
#include "fuzz/fuzz.h"

#include <string.h>

#include <jansson.h>

#include "base/utf8.h"

void fuzz_is_text(const struct buf *b)
{
	FUZZ_REQUIRE(!b->failed);
	for (size_t i = 0; i < b->len;) {
		uint32_t cp = 0;
		size_t n = utf8_next(b->p + i, b->len - i, &cp);

		FUZZ_REQUIRE(n);
		FUZZ_REQUIRE(cp == '\n' || !utf8_unsafe(cp));
		i += n;
	}
}

static void is_object(const char *p, size_t n)
{
	json_error_t bad;
	json_t *o = json_loadb(p, n, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &bad);

	if (!o)
		fprintf(stderr, "%s: %.*s\n", bad.text, (int)n, p);
	FUZZ_REQUIRE(json_is_object(o));
	json_decref(o);
}

void fuzz_is_object(const struct buf *b)
{
	FUZZ_REQUIRE(!b->failed);
	is_object(b->p, b->len);
}

void fuzz_is_json(const struct buf *b)
{
	const char *p = b->p, *end = b->p + b->len;

	FUZZ_REQUIRE(!b->failed);
	while (p < end) {
		const char *next = memchr(p, '\n', end - p);

		FUZZ_REQUIRE(next);
		is_object(p, next - p);
		p = next + 1;
	}
}
