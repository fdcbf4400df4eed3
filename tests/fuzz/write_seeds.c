/* SPDX-License-Identifier: GPL-2.0-only */
/* write_seeds DIR: the seeds of each target as files DIR/TARGET/NAME; the folders are there. */
#include <stdio.h>

#include "fuzz/seeds.h"

struct dir {
	const char *path;
	int failed;
};

static void write_one(void *ctx, const char *target, const char *name, const void *p, size_t n)
{
	struct dir *d = ctx;
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", d->path, target, name);
	f = fopen(path, "we");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f)) {
		perror(path);
		d->failed = 1;
	}
}

int main(int argc, char **argv)
{
	struct dir d = {.path = argv[argc - 1]};

	return argc != 2 || !seeds_each(write_one, &d) || d.failed;
}
