/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/recording_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "source/recording_file.h"

#define SECOND UINT64_C(1000000000)

struct file {
	char name[RECORDING_NAME];
	struct recording_part part;
};

struct recording_folder {
	int fd;
	char *path;
	struct file *files;
	size_t n;
	size_t at, end; /* of the run */
};

void recording_name(char name[RECORDING_NAME], uint64_t realtime, uint32_t part)
{
	time_t seconds = (time_t)(realtime / SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(name, RECORDING_NAME, "sigtrace-%04d%02d%02dT%02d%02d%02d.%03uZ-%06" PRIu32 ".sgt",
		 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, (unsigned)(realtime % SECOND / 1000000), part);
}

bool recording_is_name(const char *name)
{
	/* 0: a digit; the number may have more of them */
	const char *shape = "sigtrace-00000000T000000.000Z-000000";
	size_t n = strlen(shape);

	for (size_t i = 0; i < n; i++)
		if (shape[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != shape[i])
			return false;
	n += strspn(name + n, "0123456789");
	return n + sizeof(".sgt") <= RECORDING_NAME && !strcmp(name + n, ".sgt");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, size_t *n, const char *name)
{
	char **more = realloc(*names, (*n + 1) * sizeof(*more));

	if (!more)
		return -1;
	*names = more;
	more[*n] = strdup(name);
	return more[(*n)++] ? 0 : -1;
}

int recording_names(int folder, char ***names, size_t *n)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	*names = NULL;
	*n = 0;
	if (!d)
		return -1;
	while (!bad && (e = readdir(d)))
		if (recording_is_name(e->d_name))
			bad = add_name(names, n, e->d_name);
	closedir(d);
	if (*n && !bad)
		qsort(*names, *n, sizeof(**names), by_name);
	return bad;
}

static int by_run(const void *a, const void *b)
{
	const struct recording_part *x = &((const struct file *)a)->part;
	const struct recording_part *y = &((const struct file *)b)->part;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

/* Whose it is; 1: it is none: empty, its writer was killed then, or removed just now. */
static int read_part(const struct recording_folder *f, struct file *to)
{
	int fd = openat(f->fd, to->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	struct recording_head head = {0};
	ssize_t n = fd < 0 ? -1 : read(fd, &head, sizeof(head));

	if (fd >= 0)
		close(fd);
	to->part.run = le64toh(head.run);
	to->part.part = le32toh(head.part);
	if (fd < 0 && errno == ENOENT)
		return 1;
	return n < 0 ? -1 : n == 0;
}

static int read_files(struct recording_folder *f, char *const *names, size_t n, struct err *e)
{
	f->files = calloc(n + 1, sizeof(*f->files));
	if (!f->files)
		return err_set(e, EXIT_USAGE, "out of memory to read recordings");
	for (size_t i = 0; i < n; i++) {
		struct file *to = &f->files[f->n];
		int bad;

		snprintf(to->name, sizeof(to->name), "%s", names[i]);
		bad = read_part(f, to);
		if (bad < 0)
			return err_set(e, EXIT_USAGE, "cannot open recording '%s/%s': %s", f->path,
				       to->name, strerror(errno));
		f->n += !bad;
	}
	if (f->n)
		qsort(f->files, f->n, sizeof(*f->files), by_run);
	return 0;
}

/* A part that lacks makes two runs of one: the later begins with what was known then. */
static bool begins_run(const struct recording_folder *f, size_t i)
{
	return !i || f->files[i].part.run != f->files[i - 1].part.run ||
	       f->files[i].part.part != f->files[i - 1].part.part + 1;
}

static size_t choose(struct recording_folder *f, size_t run)
{
	size_t runs = 0;

	for (size_t i = 0; i < f->n; i++) {
		runs += begins_run(f, i);
		if (begins_run(f, i) && (runs - 1 == run || run == SIZE_MAX))
			f->at = i;
	}
	for (f->end = f->at + 1; f->end < f->n && !begins_run(f, f->end);)
		f->end++;
	return runs;
}

struct recording_folder *recording_folder_open(int fd, const char *path, size_t i, size_t *runs,
					       struct err *e)
{
	struct recording_folder *f = calloc(1, sizeof(*f));
	char **names = NULL;
	size_t n = 0;
	int bad;

	if (!f) {
		close(fd);
		err_set(e, EXIT_USAGE, "out of memory to read recordings");
		return NULL;
	}
	f->fd = fd;
	f->path = strdup(path);
	bad = f->path ? recording_names(fd, &names, &n) : -1;
	if (bad)
		err_set(e, EXIT_USAGE, "cannot read folder '%s': %s", path, strerror(errno));
	else
		bad = read_files(f, names, n, e);
	while (n)
		free(names[--n]);
	free(names);
	*runs = bad ? 0 : choose(f, i);
	if (!bad && !f->n) {
		bad = err_set(e, EXIT_USAGE, "there is no recording in folder '%s'", path);
		err_hint(e, "those of -w DIR --rotate are looked for, sigtrace-..Z-..sgt; others are read by "
			    "their own names");
	}
	if (!bad)
		return f;
	recording_folder_free(f);
	return NULL;
}

int recording_folder_next(struct recording_folder *f, char **name, struct err *e)
{
	const char *file;
	int fd;

	if (f->at == f->end)
		return 0;
	file = f->files[f->at++].name;
	fd = openat(f->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	free(*name);
	if (asprintf(name, "%s/%s", f->path, file) < 0)
		*name = NULL;
	if (fd >= 0 && *name)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(e, EXIT_USAGE, "cannot open recording '%s/%s': %s", f->path, file,
		       strerror(errno));
}

bool recording_folder_more(const struct recording_folder *f)
{
	return f->at < f->end;
}

void recording_folder_free(struct recording_folder *f)
{
	if (!f)
		return;
	close(f->fd);
	free(f->path);
	free(f->files);
	free(f);
}
