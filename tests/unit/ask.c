/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

char said[65536];

int ask(const char *command)
{
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	return WEXITSTATUS(pclose(f));
}
