/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* What printf() has made and no write has taken. That nobody reads it any more is no error. */
static int flush(int status)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (poll(&out, 1, 0) > 0 && out.revents & POLLERR)
		return status;
	log_line("cannot write to stdout: %s", errno ? strerror(errno) : "some of it was refused");
	return status ? status : EXIT_INCONCLUSIVE;
}

int main(int argc, char **argv)
{
	/* a closed pipe and a full disk are errors of write(2), to be told, not ways to die */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2 || argv[1][0] == '-')
		return flush(cmd_trace(argc, argv));
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return flush(commands[i].run(argc - 1, argv + 1));
	return unknown(argv[1]);
}
