/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int private_open(const char *path, int flags)
{
	const int create = O_WRONLY | O_CREAT | O_CLOEXEC;
	int fd = open(path, create | (flags & O_APPEND ? flags : O_TRUNC | flags), 0600), why;
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && (!S_ISREG(st.st_mode) || !(st.st_mode & 077))) ||
	    !fchmod(fd, 0600))
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}
