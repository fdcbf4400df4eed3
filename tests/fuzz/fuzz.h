/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz targets: each takes any bytes, returns 0, and aborts where something is wrong with what the
 * program made of them. Built twice: for libFuzzer, where one of them is LLVMFuzzerTestOneInput
 * (-D), and for tests/unit/test_fuzz_seeds, which gives each its seeds.
 */
#ifndef SIGTRACE_FUZZ_FUZZ_H
#define SIGTRACE_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

int fuzz_check(const uint8_t *p, size_t n);
int fuzz_codec(const uint8_t *p, size_t n);
int fuzz_engine(const uint8_t *p, size_t n);
int fuzz_recording(const uint8_t *p, size_t n);

/* Ends the process with a line that tells which promise was broken. */
#define FUZZ_REQUIRE(what)                                                                         \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Text for a terminal: valid UTF-8, of the code points that utf8_unsafe() names only newlines. */
void fuzz_is_text(const struct buf *b);
/* Lines of JSON: each an object without a name twice, none cut off. */
void fuzz_is_json(const struct buf *b);
/* .. or one object, of all of it. */
void fuzz_is_object(const struct buf *b);

#endif
