/* SPDX-License-Identifier: GPL-2.0-only */
#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "event/event.h"
#include "source/recording.h"
#include "source/recording_file.h"
#include "source/recording_folder.h"

#define WINDOW_LOG 18 /* memory that a frame may ask for: as much as RECORDING_FRAME */
_Static_assert(RECORDING_FRAME == 1 << WINDOW_LOG, "the window holds one frame");

/* The descriptor behind a frame's magic (RFC 8878, 3.1.1.1.1): of its low five bits (dictionary,
 * checksum, reserved, unused) the checksum alone is set in what the writer made. */
#define DESCRIPTOR_MASK 0x1f
#define DESCRIPTOR_CHECKSUM 0x04

enum state { READING, ENDED, FAILED };

struct recording_reader {
	struct recording_folder *folder; /* NULL: the file is all of it */
	bool repeats;	 /* what the file begins with was in those before it */
	int fd;
	char *name;	 /* for messages */
	enum state state;
	struct err err;	 /* of FAILED */
	ZSTD_DCtx *zstd;
	uint64_t offset; /* in the file, of in[pos] */
	uint64_t frame;	 /* in the file, where the current frame starts */
	size_t pos, end; /* in[pos..end) is read and not yet used */
	size_t cut, len; /* out[cut..len) is not yet returned */
	unsigned char in[64 * 1024];
	unsigned char out[RECORDING_FRAME + 1]; /* one more, to see that a frame is too large */
};

static uint32_t le32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static int damaged(struct recording_reader *r, const char *why)
{
	return err_set(&r->err, EXIT_INCONCLUSIVE,
		       "recording '%s' is damaged at offset %" PRIu64
		       " (%s); everything before it was read", r->name, r->frame, why);
}

static int cut_off(struct recording_reader *r)
{
	return err_set(&r->err, EXIT_INCONCLUSIVE,
		       "recording '%s' is cut off at offset %" PRIu64
		       "; everything before it was read", r->name, r->frame);
}

static void use(struct recording_reader *r, size_t n)
{
	r->pos += n;
	r->offset += n;
}

/* Reads until n bytes are at hand: no more than that, a pipe may be live. Returns how many there
 * are, fewer only at the end of the file; -1 with r->err when the file cannot be read. */
static ssize_t fill(struct recording_reader *r, size_t n)
{
	if (r->end - r->pos >= n)
		return r->end - r->pos;
	memmove(r->in, r->in + r->pos, r->end - r->pos);
	r->end -= r->pos;
	r->pos = 0;
	while (r->end < n) {
		ssize_t got = read(r->fd, r->in + r->end, sizeof(r->in) - r->end);

		if (got > 0) {
			r->end += got;
		} else if (got == 0) {
			break;
		} else if (errno == EAGAIN) {
			/* A pipe that was inherited may be non-blocking. */
			struct pollfd pfd = { .fd = r->fd, .events = POLLIN };

			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			return err_set(&r->err, EXIT_INCONCLUSIVE,
				       "cannot read recording '%s' at offset %" PRIu64 ": %s",
				       r->name, r->offset + r->end, strerror(errno));
		}
	}
	return r->end;
}

/* A skippable frame of any length, in pieces of the buffer. */
static int skip_frame(struct recording_reader *r)
{
	ssize_t n = fill(r, 8);
	uint64_t left;

	if (n < 8)
		return n < 0 ? -1 : cut_off(r);
	left = 8 + (uint64_t)le32(r->in + r->pos + 4);
	while (left) {
		n = fill(r, 1);
		if (n <= 0)
			return n < 0 ? -1 : cut_off(r);
		if ((uint64_t)n > left)
			n = left;
		use(r, n);
		left -= n;
	}
	return 0;
}

/* Decompresses one frame into r->out. Returns only when zstd has held it against its checksum. */
static int unpack_frame(struct recording_reader *r)
{
	ZSTD_outBuffer out = { r->out, sizeof(r->out), 0 };
	size_t ret;

	do {
		ssize_t n = fill(r, 1);
		ZSTD_inBuffer in = { r->in + r->pos, r->end - r->pos, 0 };

		if (n <= 0)
			return n < 0 ? -1 : cut_off(r);
		ret = ZSTD_decompressStream(r->zstd, &out, &in);
		use(r, in.pos);
		if (ZSTD_getErrorCode(ret) == ZSTD_error_memory_allocation)
			return err_set(&r->err, EXIT_INCONCLUSIVE,
				       "out of memory to read recording '%s'", r->name);
		if (ZSTD_isError(ret))
			return damaged(r, ZSTD_getErrorName(ret));
		if (out.pos > RECORDING_FRAME)
			return damaged(r, "the frame is too large");
	} while (ret);
	r->cut = 0;
	r->len = out.pos;
	return 0;
}

/* The length of each record fits, to the last byte. */
static int check_records(struct recording_reader *r)
{
	size_t at = 0;

	while (at < r->len) {
		size_t n = event_length(r->out + at, r->len - at);

		if (!n || n > r->len - at) {
			r->len = 0;
			return damaged(r, "it does not hold whole records");
		}
		at += n;
	}
	return 0;
}

/* 1: the next frame is in r->out; 0: the file ends here; -1: r->err. */
static int next_frame(struct recording_reader *r)
{
	for (;;) {
		ssize_t n = fill(r, 5);
		uint32_t magic;

		r->frame = r->offset;
		if (n <= 0)
			return n;
		if (n < 5)
			return cut_off(r);
		magic = le32(r->in + r->pos);
		if ((magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START) {
			if (skip_frame(r))
				return -1;
			continue;
		}
		if (magic != ZSTD_MAGICNUMBER)
			return damaged(r, "no frame starts here");
		if ((r->in[r->pos + 4] & DESCRIPTOR_MASK) != DESCRIPTOR_CHECKSUM)
			return damaged(r, "not a frame of a recording");
		return unpack_frame(r) || check_records(r) ? -1 : 1;
	}
}

static int read_head(struct recording_reader *r);

/* 1: the next file of the folder is open; 0: there is none; -1: r->err. */
static int next_file(struct recording_reader *r)
{
	int fd = r->folder ? recording_folder_next(r->folder, &r->name, &r->err) : 0;

	if (fd <= 0)
		return fd;
	close(r->fd);
	r->fd = fd;
	r->offset = r->pos = r->end = r->cut = r->len = 0;
	r->repeats = true;
	return read_head(r) ? -1 : 1;
}

/* Of the seam: an end that is none, and what is there already, in the file before. */
static bool is_seam(struct recording_reader *r, const void *rec)
{
	struct wire_end end;
	struct wire_hdr h;

	memcpy(&h, rec, sizeof(h));
	if (h.kind == WIRE_TRACE_END && h.len == sizeof(end) && r->folder) {
		memcpy(&end, rec, sizeof(end));
		return end.reason == WIRE_END_ROTATED && recording_folder_more(r->folder);
	}
	if (!r->repeats)
		return false;
	r->repeats = h.kind != WIRE_TRACE_READY;
	return true;
}

static bool take(struct recording_reader *r, const void **rec, size_t *len)
{
	while (r->state == READING && r->cut == r->len) {
		int ret = next_frame(r);

		if (!ret)
			ret = next_file(r);
		if (ret <= 0)
			r->state = ret ? FAILED : ENDED;
	}
	if (r->state != READING)
		return false;
	*rec = r->out + r->cut;
	*len = event_length(*rec, r->len - r->cut);
	r->cut += *len;
	return true;
}

int recording_next(struct recording_reader *r, const void **rec, size_t *len, struct err *e)
{
	while (take(r, rec, len))
		if (!is_seam(r, *rec))
			return 1;
	if (r->state == FAILED && e)
		*e = r->err;
	return r->state == FAILED ? -1 : 0;
}

static int newer(struct recording_reader *r, const char *what, unsigned theirs, unsigned ours)
{
	err_set(&r->err, EXIT_USAGE,
		"recording '%s' has %s version %u, this sigtrace reads up to version %u", r->name,
		what, theirs, ours);
	return err_hint(&r->err, "read it with the sigtrace that made it, or a newer one");
}

static int head_damaged(struct recording_reader *r)
{
	return err_set(&r->err, EXIT_INCONCLUSIVE,
		       "recording '%s' is damaged at offset 0, in its header: nothing can be read",
		       r->name);
}

static int check_versions(struct recording_reader *r, const struct recording_head *head)
{
	unsigned file = le16toh(head->file_version), wire = le16toh(head->wire_version);

	if (file > RECORDING_VERSION)
		return newer(r, "file", file, RECORDING_VERSION);
	if (wire > WIRE_VERSION)
		return newer(r, "record", wire, WIRE_VERSION);
	if (head->order == bswap_32(WIRE_ORDER))
		return err_set(&r->err, EXIT_USAGE,
			       "recording '%s' was made on a machine with the other byte order",
			       r->name);
	if (!file || !wire || head->order != WIRE_ORDER)
		return head_damaged(r);
	return 0;
}

/* A bit that flipped in the fixed part does not make it something else than a recording. */
static int check_fixed(struct recording_reader *r, size_t n)
{
	const struct recording_head want = recording_head();
	size_t i, wrong = 0;

	if (!n)
		return err_set(&r->err, EXIT_INCONCLUSIVE, "recording '%s' is empty", r->name);
	if (n > RECORDING_FIXED)
		n = RECORDING_FIXED;
	for (i = 0; i < n; i++)
		wrong += r->in[i] != ((const unsigned char *)&want)[i];
	if (wrong > n / 8)
		return err_set(&r->err, EXIT_USAGE, "'%s' is not a recording of sigtrace", r->name);
	return wrong ? head_damaged(r) : 0;
}

static int read_head(struct recording_reader *r)
{
	struct recording_head head;
	ssize_t n = fill(r, sizeof(head));

	if (n < 0) {
		r->err.status = EXIT_USAGE;
		return -1;
	}
	if (check_fixed(r, n))
		return -1;
	if ((size_t)n < sizeof(head))
		return err_set(&r->err, EXIT_INCONCLUSIVE,
			       "recording '%s' is cut off at offset %zd, in its header", r->name,
			       n);
	memcpy(&head, r->in, sizeof(head));
	use(r, sizeof(head));
	return check_versions(r, &head);
}

static int open_file(struct recording_reader *r, const char *path, size_t i, size_t *runs,
		     struct err *e)
{
	struct stat st;

	r->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (r->fd < 0)
		return err_set(e, EXIT_USAGE, "cannot open recording '%s': %s", path,
			       strerror(errno));
	r->name = strdup(path);
	if (fstat(r->fd, &st) || !S_ISDIR(st.st_mode))
		return 0;
	r->folder = recording_folder_open(r->fd, path, i, runs, e);
	r->fd = r->folder ? recording_folder_next(r->folder, &r->name, e) : -1;
	return r->fd < 0 ? -1 : 0;
}

struct recording_reader *recording_open(const char *path, struct err *e)
{
	size_t runs;

	return recording_open_run(path, SIZE_MAX, &runs, e);
}

struct recording_reader *recording_open_run(const char *path, size_t i, size_t *runs, struct err *e)
{
	struct recording_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, EXIT_USAGE, "out of memory to read a recording");
		return NULL;
	}
	*runs = 1;
	if (open_file(r, path, i, runs, e))
		goto err;
	r->zstd = ZSTD_createDCtx();
	if (!r->name || !r->zstd ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, WINDOW_LOG))) {
		err_set(e, EXIT_USAGE, "out of memory to read a recording");
		goto err;
	}
	if (read_head(r)) {
		if (e)
			*e = r->err;
		goto err;
	}
	return r;
err:
	recording_free(r);
	return NULL;
}

void recording_free(struct recording_reader *r)
{
	if (!r)
		return;
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	ZSTD_freeDCtx(r->zstd);
	recording_folder_free(r->folder);
	free(r->name);
	free(r);
}
