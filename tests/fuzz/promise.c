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

void fuzz_is_json(const struct buf *b)
{
	const char *p = b->p, *end = b->p + b->len;

	FUZZ_REQUIRE(!b->failed);
	while (p < end) {
		const char *next = memchr(p, '\n', end - p);
		json_error_t bad;
		json_t *o;

		FUZZ_REQUIRE(next);
		o = json_loadb(p, next - p, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL,
			       &bad);
		if (!o)
			fprintf(stderr, "%s: %.*s\n", bad.text, (int)(next - p), p);
		FUZZ_REQUIRE(json_is_object(o));
		json_decref(o);
		p = next + 1;
	}
}
