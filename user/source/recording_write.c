/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/log.h"
#include "event/event.h"
#include "source/output.h"
#include "source/recording.h"
#include "source/recording_file.h"
#include "source/write_all.h"

/* Of zstd, which is half of what recording costs: a quarter less of that than at level 1, for files
 * that are a sixth longer. Records are alike in long pieces, so that short matches only cost. */
#define LEVEL (-3)
#define MIN_MATCH 7

/* ms, of a pipe's reader that stands still */
#define LOOK_EVERY 100
#define PATIENCE 2000
#define PATIENCE_MOST 10000

_Static_assert(EVENT_MAX <= RECORDING_FRAME, "a frame holds any record");

struct recording_writer {
	int fd;
	bool is_stdout;
	bool regular;
	bool patient;	 /* `out` is written, which never waits by itself */
	struct output out;
	bool (*ending)(void *ctx); /* recording_set_ending() */
	void *ending_ctx;
	int64_t hurried; /* ms, since when it is; 0: it is not */
	char *name;	 /* for messages */
	uint64_t size;	 /* bytes written that are whole frames */
	struct err err;	 /* what stopped the recording; status 0: nothing did */
	ZSTD_CCtx *zstd;
	size_t len;	 /* of raw */
	uint64_t records; /* in raw */
	uint64_t unwritten, unwritten_bytes; /* records that an error has cost */
	unsigned char raw[RECORDING_FRAME];
	unsigned char frame[ZSTD_COMPRESSBOUND(RECORDING_FRAME)];
};

static int stopped(const struct recording_writer *w, struct err *e)
{
	if (!w->err.status)
		return 0;
	if (e)
		*e = w->err;
	return -1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Has it had its time? moved: when it took something last. */
static bool gives_up(struct recording_writer *w, int64_t moved)
{
	int64_t now = now_ms();

	if (!w->hurried && w->ending && w->ending(w->ending_ctx))
		w->hurried = now;
	if (!w->hurried)
		return false;
	return now >= w->hurried + PATIENCE_MOST ||
	       now >= (moved > w->hurried ? moved : w->hurried) + PATIENCE;
}

/* ETIMEDOUT: the reader was given up. */
static int write_patiently(struct recording_writer *w, const char *p, size_t n)
{
	struct pollfd room = {.fd = output_fd(&w->out), .events = POLLOUT};
	int64_t moved = 0;
	size_t done;

	for (;;) {
		if (output_some(&w->out, p, n, &done))
			return -1;
		p += done;
		n -= done;
		if (!n)
			return 0;
		if (done)
			moved = now_ms();
		if (gives_up(w, moved)) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(&room, 1, LOOK_EVERY);
	}
}

/* One frame, whole or not at all where the file can be cut. */
static int write_frame(struct recording_writer *w, const void *p, size_t n)
{
	int error;

	if (!(w->patient ? write_patiently(w, p, n) : write_all(w->fd, p, n))) {
		w->size += n;
		return 0;
	}
	error = errno;
	err_set(&w->err, EXIT_INCONCLUSIVE, "cannot write recording '%s': %s", w->name,
		error == ETIMEDOUT ? "its reader stands still" : strerror(error));
	if (error == ETIMEDOUT)
		err_hint(&w->err, "what was written before can be read with -r");
	else if (error == ENOSPC || error == EDQUOT || error == EFBIG)
		err_hint(&w->err, "make room, or record to another file system%s",
			 w->regular && w->size ? "; what was written before can be read with -r" : "");
	else if (w->regular && w->size)
		err_hint(&w->err, "what was written before can be read with -r");
	/* stdout may be shared, and its offset is not ours to reckon with. If this fails there is
	 * a cut frame at the end, which a reader copes with. */
	if (w->regular && !w->is_stdout)
		(void)!ftruncate(w->fd, (off_t)w->size);
	return -1;
}

static int open_stdout(struct recording_writer *w, struct err *e)
{
	struct stat st;

	w->fd = STDOUT_FILENO;
	w->is_stdout = true;
	if (isatty(w->fd)) {
		err_set(e, EXIT_USAGE, "will not write a recording to a terminal");
		return err_hint(e, "redirect stdout to a file or a pipe, or name a file");
	}
	w->regular = !fstat(w->fd, &st) && S_ISREG(st.st_mode);
	output_open(&w->out, w->fd);
	w->patient = output_never_waits(&w->out);
	return 0;
}

static int open_path(struct recording_writer *w, const char *path, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	struct stat st;

	w->fd = open(path, flags, 0600);
	if (w->fd < 0 && errno == ELOOP) {
		err_set(e, EXIT_USAGE, "cannot create recording '%s': it is a symbolic link", path);
		return err_hint(e, "name the file itself");
	}
	if (w->fd < 0 || fstat(w->fd, &st))
		return err_set(e, EXIT_USAGE, "cannot create recording '%s': %s", path,
			       strerror(errno));

	w->regular = S_ISREG(st.st_mode);
	if (!w->regular && ((!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode)) || isatty(w->fd)))
		return err_set(e, EXIT_USAGE,
			       "cannot create recording '%s': it is neither a file nor a pipe",
			       path);
	/* this open file is ours alone */
	w->patient = !w->regular && !fcntl(w->fd, F_SETFL, O_NONBLOCK);
	w->out = (struct output){.fd = w->fd, .own = -1};
	if (w->regular && (st.st_mode & 07777) != 0600 && fchmod(w->fd, 0600)) {
		err_set(e, EXIT_USAGE, "cannot make recording '%s' private (mode 0600): %s", path,
			strerror(errno));
		return err_hint(e, "it holds command lines of other users: choose another folder");
	}
	return 0;
}

/* A compressor for frames that carry a checksum and their size, or NULL. */
static ZSTD_CCtx *compressor(void)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	if (zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_minMatch, MIN_MATCH)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 1)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)))
		return zstd;
	ZSTD_freeCCtx(zstd);
	return NULL;
}

static void writer_free(struct recording_writer *w)
{
	output_close(&w->out);
	if (w->fd >= 0 && !w->is_stdout)
		close(w->fd);
	ZSTD_freeCCtx(w->zstd);
	free(w->name);
	free(w);
}

/* Takes fd over; -1: it is to be opened. */
static struct recording_writer *writer_new(const char *name, int fd, struct err *e)
{
	struct recording_writer *w = calloc(1, sizeof(*w));

	if (w) {
		w->fd = fd;
		w->out.own = -1;
		w->name = strdup(name);
		w->zstd = compressor();
		if (w->name && w->zstd)
			return w;
		writer_free(w);
	} else if (fd >= 0) {
		close(fd);
	}
	err_set(e, EXIT_CANNOT_TRACE, "out of memory for a recording");
	return NULL;
}

static struct recording_writer *begin(struct recording_writer *w, const struct recording_head *head,
				      struct err *e)
{
	if (!write_frame(w, head, sizeof(*head)))
		return w;
	stopped(w, e);
	writer_free(w);
	return NULL;
}

struct recording_writer *recording_create(const char *path, struct err *e)
{
	/* /dev/stdout is a symbolic link, and opening it would empty what `>>` appends to. */
	bool is_stdout = !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
	const struct recording_head head = recording_head();
	struct recording_writer *w = writer_new(path, -1, e);

	if (!w)
		return NULL;
	if (is_stdout ? open_stdout(w, e) : open_path(w, path, e)) {
		writer_free(w);
		return NULL;
	}
	return begin(w, &head, e);
}

struct recording_writer *recording_create_part(int fd, const char *name,
					       const struct recording_part *part, struct err *e)
{
	struct recording_head head = recording_head();
	struct recording_writer *w = writer_new(name, fd, e);

	if (!w)
		return NULL;
	w->regular = true;
	head.run = htole64(part->run);
	head.part = htole32(part->part);
	return begin(w, &head, e);
}

void recording_set_ending(struct recording_writer *w, bool (*ending)(void *ctx), void *ctx)
{
	w->ending = ending;
	w->ending_ctx = ctx;
}

uint64_t recording_size(const struct recording_writer *w)
{
	return w->size;
}

int recording_flush(struct recording_writer *w, struct err *e)
{
	size_t n, len = w->len;

	if (w->err.status || !w->len)
		return stopped(w, e);
	n = ZSTD_compress2(w->zstd, w->frame, sizeof(w->frame), w->raw, w->len);
	w->len = 0;
	if (ZSTD_isError(n))
		err_set(&w->err, EXIT_INCONCLUSIVE, "cannot compress recording '%s': %s", w->name,
			ZSTD_getErrorName(n));
	else
		write_frame(w, w->frame, n);
	if (w->err.status) {
		w->unwritten += w->records;
		w->unwritten_bytes += len;
	}
	w->records = 0;
	return stopped(w, e);
}

static int missed(struct recording_writer *w, size_t len, struct err *e)
{
	w->unwritten++;
	w->unwritten_bytes += len;
	return stopped(w, e);
}

int recording_put(struct recording_writer *w, const void *rec, size_t len, struct err *e)
{
	if (w->err.status)
		return missed(w, len, e);
	/* A reader cuts a frame by these lengths: one that is wrong would cost the whole frame. */
	if (len > EVENT_MAX || event_length(rec, len) != len) {
		if (!recording_flush(w, e))
			err_set(&w->err, EXIT_INCONCLUSIVE,
				"cannot write recording '%s': %zu bytes that are not a record",
				w->name, len);
		return stopped(w, e);
	}
	if (len > sizeof(w->raw) - w->len && recording_flush(w, e))
		return missed(w, len, e);
	memcpy(w->raw + w->len, rec, len);
	w->len += len;
	w->records++;
	return 0;
}

int recording_close(struct recording_writer *w, struct err *e)
{
	int ret;

	if (!w)
		return 0;
	recording_flush(w, NULL);
	if (!w->is_stdout && close(w->fd) && errno != EINTR && !w->err.status)
		err_set(&w->err, EXIT_INCONCLUSIVE, "cannot write recording '%s': %s", w->name,
			strerror(errno));
	w->fd = -1;
	if (w->unwritten)
		log_line("of the recording '%s' %llu records (%llu bytes) could not be written", w->name,
			 (unsigned long long)w->unwritten, (unsigned long long)w->unwritten_bytes);
	ret = stopped(w, e);
	writer_free(w);
	return ret;
}
