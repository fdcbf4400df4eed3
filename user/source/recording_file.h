/* SPDX-License-Identifier: GPL-2.0-only */
/* What the writer and the reader of a recording share: the head of the file. */
#ifndef SIGTRACE_SOURCE_RECORDING_FILE_H
#define SIGTRACE_SOURCE_RECORDING_FILE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>

#include "source/recording.h"
#include "wire.h"

/* The skippable frame. Little-endian, but for `order`. */
struct recording_head {
	uint32_t skippable;    /* one of the 16 magics of a skippable frame */
	uint32_t size;	       /* bytes behind this member */
	char magic[8];	       /* no NUL */
	uint16_t file_version; /* RECORDING_VERSION */
	uint16_t wire_version; /* WIRE_VERSION */
	uint32_t order;	       /* WIRE_ORDER in the byte order of the records */
	uint64_t run;	       /* 0: the file is all of the recording; else struct recording_part */
	uint32_t part;
	uint8_t reserved[4];   /* written as 0, not looked at */
};

/* Bytes that are the same in every recording, of whatever version. */
#define RECORDING_FIXED offsetof(struct recording_head, file_version)

_Static_assert(sizeof(struct recording_head) == 40, "8 of the skippable frame, 32 of content");

/* The head of a file that is written here and now. */
static inline struct recording_head recording_head(void)
{
	return (struct recording_head){
		.skippable = htole32(0x184D2A5C),
		.size = htole32(sizeof(struct recording_head) - 8),
		.magic = { 'S', 'I', 'G', 'T', 'R', 'A', 'C', 'E' },
		.file_version = htole16(RECORDING_VERSION),
		.wire_version = htole16(WIRE_VERSION),
		.order = WIRE_ORDER,
	};
}

#endif
