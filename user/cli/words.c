/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "cli/completion.h"
#include "event/names.h"

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

static const char *const *colors(size_t *n)
{
	*n = count(option_colors);
	return option_colors;
}

static const char *const *formats(size_t *n)
{
	*n = count(export_formats);
	return export_formats;
}

static const char *const *redacts(size_t *n)
{
	static const char *const list[] = {"args"};

	*n = 1;
	return list;
}

static const char *const *shells(size_t *n)
{
	static const char *const list[] = {"bash", "zsh", "fish"};

	*n = sizeof(list) / sizeof(list[0]);
	return list;
}

static const struct words table[] = {
	{"FILE", WORDS_FILE, NULL},
	{"EXE|PORT", WORDS_PROGRAM, NULL},
	{"USER", WORDS_USER, NULL},
	{"PID", WORDS_PID, NULL},
	{"SIG,..", WORDS_SOME, signal_names},
	{"KIND,..", WORDS_SOME, option_kinds},
	{"WHEN", WORDS_ONE, colors},
	{"FORMAT", WORDS_ONE, formats},
	{"args", WORDS_ONE, redacts},
	{"SHELL", WORDS_ONE, shells},
	{"TTY", WORDS_FREE, NULL},
	{"ADDR[:PORT]", WORDS_FREE, NULL},
	{"ID", WORDS_FREE, NULL},
	{"WHAT", WORDS_FREE, NULL},
	{"CONDITION", WORDS_FREE, NULL},
	{"CHECK", WORDS_FREE, NULL},
	{"SIZE", WORDS_FREE, NULL},
	{"N", WORDS_FREE, NULL},
	{"TIME", WORDS_FREE, NULL},
	{"T", WORDS_FREE, NULL},
};

const struct words *words_of(const char *arg)
{
	for (size_t i = 0; arg && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].arg, arg))
			return &table[i];
	return NULL;
}
