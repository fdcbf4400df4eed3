/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void one_line(char *s)
{
	for (; *s; s++)
		if (*s == '\n' || *s == '\r')
			*s = ' ';
}

int err_set(struct err *e, int status, const char *what, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->status = status;
	e->hint[0] = '\0';
	va_start(ap, what);
	vsnprintf(e->what, sizeof(e->what), what, ap);
	va_end(ap);
	one_line(e->what);
	return -1;
}

int err_hint(struct err *e, const char *hint, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, hint);
	vsnprintf(e->hint, sizeof(e->hint), hint, ap);
	va_end(ap);
	one_line(e->hint);
	return -1;
}
