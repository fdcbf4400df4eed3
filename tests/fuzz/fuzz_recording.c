/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as a file that is said to be a recording, and as what a frame of one holds. */
#include "fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "event/event.h"
#include "source/recording.h"
#include "source/recording_file.h"

static void complaint(const struct err *e)
{
	FUZZ_REQUIRE(e->status == EXIT_INCONCLUSIVE || e->status == EXIT_USAGE);
	FUZZ_REQUIRE(*e->what && !strchr(e->what, '\n'));
}

/* Damage is damage: asked again, the reader says the same. */
static void read_all(struct recording_reader *r)
{
	struct err e = {0}, again = {0};
	const void *rec;
	size_t len;
	int ret;

	while ((ret = recording_next(r, &rec, &len, &e)) == 1) {
		struct event ev;

		FUZZ_REQUIRE(len && event_length(rec, len) == len);
		event_decode(rec, len, &ev);
	}
	FUZZ_REQUIRE(recording_next(r, &rec, &len, &again) == ret);
	if (!ret)
		return;
	complaint(&e);
	FUZZ_REQUIRE(!strcmp(e.what, again.what));
}

static void as_file(const void *head, size_t nhead, const void *p, size_t n)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct recording_reader *r;
	struct err e = {0};
	char path[32];

	if (fd < 0 || write(fd, head, nhead) != (ssize_t)nhead || write(fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = recording_open(path, &e);
	if (r)
		read_all(r);
	else
		complaint(&e);
	recording_free(r);
	close(fd);
}

/* No mutation gets past a checksum; so the frame is made around the bytes. */
static void as_frame(const uint8_t *p, size_t n)
{
	const struct recording_head head = recording_head();
	size_t room = ZSTD_compressBound(n), got;
	ZSTD_CCtx *c = ZSTD_createCCtx();
	char *frame = malloc(room);

	if (!c || !frame)
		abort();
	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	got = ZSTD_compress2(c, frame, room, p, n);
	if (ZSTD_isError(got))
		abort();
	as_file(&head, sizeof(head), frame, got);
	ZSTD_freeCCtx(c);
	free(frame);
}

int fuzz_recording(const uint8_t *p, size_t n)
{
	as_file("", 0, p, n);
	as_frame(p, n);
	return 0;
}
