/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/cli.h"

#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"trace", cmd_trace},
	{"sessions", cmd_sessions},
	{"explain", cmd_explain},
	{"orphans", cmd_orphans},
	{"assert", cmd_assert},
	{"demo", cmd_demo},
	{"doctor", cmd_doctor},
	{"fields", cmd_fields},
};

static int unknown(const char *word)
{
	const char *names[COUNT(commands)], *near;

	for (size_t i = 0; i < COUNT(commands); i++)
		names[i] = commands[i].name;
	near = parse_nearest(word, names, COUNT(names));
	log_line("unknown command '%s'", word);
	if (near)
		log_line("hint: did you mean %s?", near);
	else
		log_line("hint: sigtrace --help lists the commands");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	/* a closed pipe and a full disk are errors of write(2), to be told, not ways to die */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2 || argv[1][0] == '-')
		return cmd_trace(argc, argv);
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
