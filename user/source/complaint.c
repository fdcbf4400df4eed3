/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/complaint.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/frame.h"

static char first[256];

static int on_complaint(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[512];

	if (level != LIBBPF_WARN || first[0])
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	frame_copy(first, sizeof(first), strncmp(line, "libbpf: ", 8) ? line : line + 8);
	return 0;
}

void complaint_listen(void)
{
	first[0] = '\0';
	libbpf_set_print(on_complaint);
}

const char *complaint(void)
{
	return first;
}

int complaint_fail(struct err *e, const char *what)
{
	int why = errno;

	err_set(e, EXIT_CANNOT_TRACE, "%s: %s%s%s%s", what, strerror(why), first[0] ? " (" : "",
		first, first[0] ? ")" : "");
	if (why == EPERM || why == EACCES)
		return err_hint(e, "a container or a lockdown policy may refuse BPF even to root");
	return -1;
}
