/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "event/event.h"
#include "source/recording.h"
#include "source/recording_file.h"
#include "source/write_all.h"

/* Of zstd, which is half of what recording costs: a quarter less of that than at level 1, for files
 * that are a sixth longer. Records are alike in long pieces, so that short matches only cost. */
#define LEVEL (-3)
#define MIN_MATCH 7

_Static_assert(EVENT_MAX <= RECORDING_FRAME, "a frame holds any record");

struct recording_writer {
	int fd;
	bool is_stdout;
	bool regular;
	char *name;	 /* for messages */
	uint64_t size;	 /* bytes written that are whole frames */
	struct err err;	 /* what stopped the recording; status 0: nothing did */
	ZSTD_CCtx *zstd;
	size_t len;	 /* of raw */
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

/* One frame, whole or not at all where the file can be cut. */
static int write_frame(struct recording_writer *w, const void *p, size_t n)
{
	int error;

	if (!write_all(w->fd, p, n)) {
		w->size += n;
		return 0;
	}
	error = errno;
	err_set(&w->err, EXIT_INCONCLUSIVE, "cannot write recording '%s': %s", w->name,
		strerror(error));
	if (error == ENOSPC || error == EDQUOT || error == EFBIG)
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

uint64_t recording_size(const struct recording_writer *w)
{
	return w->size;
}

int recording_flush(struct recording_writer *w, struct err *e)
{
	size_t n;

	if (w->err.status || !w->len)
		return stopped(w, e);
	n = ZSTD_compress2(w->zstd, w->frame, sizeof(w->frame), w->raw, w->len);
	w->len = 0;
	if (ZSTD_isError(n))
		err_set(&w->err, EXIT_INCONCLUSIVE, "cannot compress recording '%s': %s", w->name,
			ZSTD_getErrorName(n));
	else
		write_frame(w, w->frame, n);
	return stopped(w, e);
}

int recording_put(struct recording_writer *w, const void *rec, size_t len, struct err *e)
{
	if (w->err.status)
		return stopped(w, e);
	/* A reader cuts a frame by these lengths: one that is wrong would cost the whole frame. */
	if (len > EVENT_MAX || event_length(rec, len) != len) {
		if (!recording_flush(w, e))
			err_set(&w->err, EXIT_INCONCLUSIVE,
				"cannot write recording '%s': %zu bytes that are not a record",
				w->name, len);
		return stopped(w, e);
	}
	if (len > sizeof(w->raw) - w->len && recording_flush(w, e))
		return -1;
	memcpy(w->raw + w->len, rec, len);
	w->len += len;
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
	ret = stopped(w, e);
	writer_free(w);
	return ret;
}
