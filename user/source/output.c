/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void output_open(struct output *o, int fd)
{
	char path[32];
	struct stat st;

	*o = (struct output){.fd = fd, .own = -1};
	if (fstat(fd, &st))
		return;
	o->socket = S_ISSOCK(st.st_mode);
	if (!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o->own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void output_close(struct output *o)
{
	if (o->own >= 0)
		close(o->own);
	o->own = -1;
}

bool output_never_waits(const struct output *o)
{
	return o->socket || o->own >= 0;
}

static ssize_t put(const struct output *o, const char *p, size_t n)
{
	if (o->socket)
		return send(o->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(o->own >= 0 ? o->own : o->fd, p, n);
}

int output_some(const struct output *o, const char *p, size_t n, size_t *done)
{
	*done = 0;
	while (*done < n) {
		ssize_t w = put(o, p + *done, n - *done);

		if (w > 0)
			*done += (size_t)w;
		else if (w < 0 && errno == EAGAIN)
			return 0;
		else if (w < 0 && errno != EINTR)
			return -1;
	}
	return 0;
}

int output_fd(const struct output *o)
{
	return o->own >= 0 ? o->own : o->fd;
}
