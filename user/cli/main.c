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

const struct command_row command_rows[] = {
	{"trace", cmd_trace, NULL, NULL, NULL, NULL, "the default: live, or from a recording"},
	{"sessions", cmd_sessions, sessions_options, NULL, "ID", "[-r FILE] [ID]", "who was logged in, or all of one session"},
	{"explain", cmd_explain, explain_options, NULL, "WHAT", "[-r FILE] [WHAT]", "each Ctrl-C, or why a process died or did not"},
	{"orphans", cmd_orphans, "", orphans_shown, NULL, "[options]", "what past ssh sessions left behind; needs no trace"},
	{"assert", cmd_assert, assert_options, NULL, "FILE", "FILE -- CMD [ARG..]", "checks for CI; also -e CHECK, -r FILE"},
	{"export", cmd_export, export_options, NULL, NULL, "-r FILE --to FORMAT", "a recording for other tools: chrome, json"},
	{"demo", cmd_demo, "", NULL, NULL, "", "a throw-away sshd, and what it leaves behind"},
	{"doctor", cmd_doctor, doctor_options, NULL, NULL, "[--json]", "would tracing work here? what to do if not"},
	{"fields", cmd_fields, "", NULL, NULL, "", "every kind and field of a record"},
	{"completion", cmd_completion, completion_options, NULL, "SHELL", "SHELL", "what bash, zsh or fish complete its words with"},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

#define COMMANDS (COUNT(command_rows) - 1)

static int unknown(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = command_rows[i].name;
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
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], command_rows[i].name))
			return flush(command_rows[i].run(argc - 1, argv + 1));
	return unknown(argv[1]);
}
