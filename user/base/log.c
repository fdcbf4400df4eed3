/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* On the stack: an error that tells of memory that ran out needs none. */
#define LINE_MAX_BYTES 2048

__attribute__((format(printf, 2, 0)))
static void put_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t len = strlen(prefix), done = 0;
	int saved = errno, n;

	memcpy(line, prefix, len);
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	if (n < 0)
		n = 0;
	len += (size_t)n < sizeof(line) - len - 1 ? (size_t)n : sizeof(line) - len - 2;
	line[len++] = '\n';
	while (done < len) {
		ssize_t w = write(STDERR_FILENO, line + done, len - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			break;
		done += (size_t)w;
	}
	errno = saved;
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line("sigtrace: ", fmt, ap);
	va_end(ap);
}

void log_err(const struct err *e)
{
	log_line("%s", e->what);
	if (e->hint[0])
		log_line("hint: %s", e->hint);
}
