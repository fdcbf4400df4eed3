/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "source/confine.h"
#include "source/recording_folder.h"

#define SECOND UINT64_C(1000000000)
#define NAMES_TRIED 1000

struct rotation {
	int folder;
	char *path;
	uint64_t size;
	uint32_t keep;
	uint64_t begun; /* bytes of this file that do not count */
	struct recording_part part; /* of this file; 0: none yet */
	char **names;	/* in the folder, the oldest first */
	size_t n;
};

static uint64_t realtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static int open_folder(struct rotation *r, struct err *e)
{
	if (mkdir(r->path, 0700) && errno != EEXIST)
		return err_set(e, EXIT_USAGE, "cannot make folder '%s': %s", r->path, strerror(errno));
	r->folder = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->folder < 0) {
		err_set(e, EXIT_USAGE, "cannot record into '%s': %s", r->path, strerror(errno));
		return err_hint(e, "with --rotate -w names a folder");
	}
	/* who cannot lock here, such as some network file systems, is not told of a second one */
	if (flock(r->folder, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return err_set(e, EXIT_USAGE, "another sigtrace records into '%s'", r->path);
	if (recording_names(r->folder, &r->names, &r->n))
		return err_set(e, EXIT_USAGE, "cannot read folder '%s': %s", r->path, strerror(errno));
	return 0;
}

struct rotation *rotation_open(const char *folder, uint64_t size, uint32_t keep, struct err *e)
{
	struct rotation *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, EXIT_CANNOT_TRACE, "out of memory for a recording");
		return NULL;
	}
	r->folder = -1;
	r->size = size;
	r->keep = keep;
	r->part.run = realtime();
	r->path = strdup(folder);
	if (r->path && !open_folder(r, e))
		return r;
	if (!r->path)
		err_set(e, EXIT_CANNOT_TRACE, "out of memory for a recording");
	rotation_free(r);
	return NULL;
}

int rotation_folder(const struct rotation *r)
{
	return r->folder;
}

/* The first one as those that follow will be: without the right to write where root may not. */
static int create(struct rotation *r, char name[RECORDING_NAME])
{
	uint64_t now = realtime();
	int fd = -1, why = 0;

	if (r->part.part == 1)
		confine_try(true);
	for (int i = 0; fd < 0 && i < NAMES_TRIED; i++) {
		recording_name(name, now + (uint64_t)i * 1000000, r->part.part);
		fd = openat(r->folder, name, CONFINE_CREATE, 0600);
		why = errno;
		if (fd < 0 && why != EEXIST)
			break;
	}
	if (r->part.part == 1)
		confine_try(false);
	errno = why;
	return fd;
}

static int remember(struct rotation *r, const char *name)
{
	char **more = realloc(r->names, (r->n + 1) * sizeof(*more));

	if (!more)
		return -1;
	r->names = more;
	more[r->n] = strdup(name);
	return more[r->n++] ? 0 : -1;
}

static void remove_oldest(struct rotation *r)
{
	if (unlinkat(r->folder, r->names[0], 0) && errno != ENOENT)
		log_line("cannot remove '%s/%s': %s", r->path, r->names[0], strerror(errno));
	free(r->names[0]);
	memmove(r->names, r->names + 1, --r->n * sizeof(*r->names));
}

static int cannot_create(const struct rotation *r, struct err *e)
{
	int why = errno;

	err_set(e, r->part.part == 1 ? EXIT_USAGE : EXIT_INCONCLUSIVE,
		"cannot create a recording in '%s': %s", r->path, strerror(why));
	if (why != EACCES)
		return -1;
	return err_hint(e, "the folder must be writable without CAP_DAC_OVERRIDE: give it to uid %u",
			(unsigned)geteuid());
}

struct recording_writer *rotation_next(struct rotation *r, struct err *e)
{
	char name[RECORDING_NAME], path[512];
	struct recording_writer *w;
	int fd;

	r->part.part++;
	fd = create(r, name);
	if (fd < 0) {
		cannot_create(r, e);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", r->path, name);
	w = recording_create_part(fd, path, &r->part, e);
	if (w && remember(r, name)) {
		err_set(e, EXIT_INCONCLUSIVE, "out of memory for a recording");
		recording_close(w, NULL);
		return NULL;
	}
	while (w && r->keep && r->n > r->keep)
		remove_oldest(r);
	return w;
}

void rotation_begun(struct rotation *r, const struct recording_writer *w)
{
	r->begun = recording_size(w);
}

bool rotation_due(const struct rotation *r, const struct recording_writer *w)
{
	return recording_size(w) >= r->begun + r->size;
}

void rotation_free(struct rotation *r)
{
	if (!r)
		return;
	while (r->n)
		free(r->names[--r->n]);
	free(r->names);
	free(r->path);
	if (r->folder >= 0)
		close(r->folder);
	free(r);
}
