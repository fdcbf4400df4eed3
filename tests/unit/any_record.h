/* SPDX-License-Identifier: GPL-2.0-only */
/* Records made up at random, but such that the decoder takes them. */
#ifndef SIGTRACE_TESTS_ANY_RECORD_H
#define SIGTRACE_TESTS_ANY_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

/* Below `below`; the same row of numbers in every run. */
uint32_t any_u32(uint32_t below);

/* A record of the kind in `out`, its length. Padding is 0, every other byte may be anything. */
size_t any_record(unsigned kind, unsigned char out[EVENT_MAX]);

#endif
