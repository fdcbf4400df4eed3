/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripts of `sigtrace completion`, in the shells that they are for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/completion.h"
#include "event/names.h"
#include "unit/ask.h"

static char folder[64];

/* In a folder of its own, which has two files, and below it the scripts and a program. */
static int enter(void **state)
{
	char path[4096];

	(void)state;
	strcpy(folder, "/tmp/sigtrace-complete-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	return ask("mkdir s && printf '#!/bin/sh\n' >s/zzsigtraced && chmod 755 s/zzsigtraced && touch 'a recording.sgt' b.sgt && for s in bash zsh fish; do"
		   " \"$SIGTRACE\" completion $s >s/$s || exit 1; done");
}

static int leave(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return chdir("/") || ask(command);
}

static void need(const char *shell)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s", shell);
	if (!ask(command))
		return;
	fprintf(stderr, "# skip: no %s: tools/setup --test\n", shell);
	skip();
}

static void parsed(const char *shell)
{
	char command[64];

	need(shell);
	snprintf(command, sizeof(command), "%s -n s/%s 2>&1", shell, shell);
	if (ask(command) || *said)
		fail_msg("%s: %s", command, said);
	snprintf(command, sizeof(command), "(cat s/%s; echo 'if (') >s/bad; %s -n s/bad 2>&1", shell, shell);
	assert_int_not_equal(ask(command), 0); /* it can fail */
}

static void parsed_by_bash(void **state)
{
	(void)state;
	parsed("bash");
}

static void parsed_by_zsh(void **state)
{
	(void)state;
	parsed("zsh");
}

static void parsed_by_fish(void **state)
{
	(void)state;
	parsed("fish");
}

/* Words, as bash hands them to the function; the last one is completed. The answers, sorted. */
static void bash_gives(const char *words, const char *want)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "bash --norc -c 'source s/bash && COMP_WORDS=(%s) && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) &&"
		 " _sigtrace; printf \"%%s\\n\" \"${COMPREPLY[@]}\" | LC_ALL=C sort | paste -sd\" \"' 2>&1", words);
	ask(command);
	said[strcspn(said, "\n")] = '\0';
	if (strcmp(said, want))
		fail_msg("%s: %s, not %s", words, said, want);
}

static void bash_words(void **state)
{
	(void)state;
	bash_gives("sigtrace \"\"",
		   "assert completion demo doctor explain export fields orphans sessions trace");
	bash_gives("sigtrace se", "sessions");
	bash_gives("sigtrace --re", "--read --ready-fd --redact");
	bash_gives("sigtrace --color \"\"", "always auto never");
	bash_gives("sigtrace --color = a", "always auto");
	bash_gives("sigtrace --color =", "always auto never");
	bash_gives("sigtrace -s SIGTT", "SIGTTIN SIGTTOU");
	bash_gives("sigtrace -qs SIGTT", "SIGTTIN SIGTTOU");
	bash_gives("sigtrace --signal SIGINT,\\!SIGTT", "SIGINT,!SIGTTIN SIGINT,!SIGTTOU");
	bash_gives("sigtrace --json -e orphan,session.", "orphan,session.close orphan,session.open");
	bash_gives("sigtrace --redact \"\"", "args");
	bash_gives("sigtrace --duration \"\"", "");
	bash_gives("sigtrace export --to \"\"", "chrome json");
	bash_gives("sigtrace export --", "--help --output --read --redact --to");
	bash_gives("sigtrace completion \"\"", "bash fish zsh");
	bash_gives("sigtrace orphans -", "--all --exit-code --help --json --min-age --redact -h");
	bash_gives("sigtrace sessions --to", "");
	bash_gives("sigtrace demo -", "");
	bash_gives("sigtrace --json -- zzsig", "zzsigtraced");
	bash_gives("sigtrace assert -- zzsig", "zzsigtraced");
	bash_gives("sigtrace bogus --js", "");
}

/* Typed at a prompt, on a terminal. `sigtrace` tells what it was given. */
static void prompt(const char *shell, const char *first, const char *typed, const char *want)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "rm -f got; printf '%s sigtrace() { printf \"<%%%%s>\" \"$@\" >got; }\\n%s\\nexit\\n' |"
		 " HOME=$PWD TERM=dumb HISTFILE= INPUTRC=/dev/null script -qec '%s' /dev/null >out 2>&1;"
		 " cat got 2>/dev/null", first, typed, shell);
	ask(command);
	if (strcmp(said, want)) {
		char got[256];

		snprintf(got, sizeof(got), "%.200s", said);
		ask("cat -v out");
		fail_msg("%s: '%s', not '%s'\n%s", typed, got, want, said);
	}
}

static void bash_types(const char *typed, const char *want)
{
	prompt("bash --norc --noprofile -i", "source s/bash;", typed, want);
}

static void bash_prompt(void **state)
{
	(void)state;
	need("script");
	bash_types("sigtrace comp\\tfi\\t", "<completion><fish>");
	bash_types("sigtrace -r a\\t", "<-r><a recording.sgt>");
	bash_types("sigtrace --read=a\\t", "<--read=a recording.sgt>");
	bash_types("sigtrace --duration a\\t", "<--duration><a>");
	bash_types("sigtrace --color=al\\t", "<--color=always>");
	bash_types("sigtrace -s SIGWIN\\t,SIGXC\\t", "<-s><SIGWINCH,SIGXCPU>");
	bash_types("sigtrace assert a\\t", "<assert><a recording.sgt>");
}

static void zsh_types(const char *typed, const char *want)
{
	prompt("zsh -f -i", "autoload -Uz compinit; compinit -D -u; source s/zsh;", typed, want);
}

static void zsh_prompt(void **state)
{
	(void)state;
	need("script");
	need("zsh");
	zsh_types("sigtrace comp\\tfi\\t", "<completion><fish>");
	zsh_types("sigtrace --read=a\\t", "<--read=a recording.sgt>");
	zsh_types("sigtrace export --to ch\\t", "<export><--to><chrome>");
	zsh_types("sigtrace --duration a\\t", "<--duration><a>");
	zsh_types("sigtrace --color=al\\t", "<--color=always>");
	zsh_types("sigtrace -s SIGWIN\\t,SIGXC\\t", "<-s><SIGWINCH,SIGXCPU>");
	zsh_types("sigtrace --json -- zzsig\\t", "<--json><--><zzsigtraced>");
}

static void fish_gives(const char *line, const char *want)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD fish --no-config -c 'source s/fish; complete -C $argv[1]'"
		 " -- '%s' 2>&1 | cut -f 1 | LC_ALL=C sort | paste -sd' '", line);
	ask(command);
	said[strcspn(said, "\n")] = '\0';
	if (strcmp(said, want))
		fail_msg("%s: %s, not %s", line, said, want);
}

static void fish_words(void **state)
{
	(void)state;
	need("fish");
	if (ask("fish --no-config -c true 2>/dev/null")) {
		fprintf(stderr, "# skip: this fish has no --no-config\n");
		skip();
	}
	fish_gives("sigtrace ", "assert completion demo doctor explain export fields orphans sessions trace");
	fish_gives("sigtrace --read", "--read --ready-fd");
	fish_gives("sigtrace --color ", "always auto never");
	fish_gives("sigtrace --color=a", "--color=always --color=auto");
	fish_gives("sigtrace -s SIGINT,!SIGTT", "SIGINT,!SIGTTIN SIGINT,!SIGTTOU");
	fish_gives("sigtrace export --to ", "chrome json");
	fish_gives("sigtrace export --t", "--to");
	fish_gives("sigtrace sessions --to", "");
	fish_gives("sigtrace completion f", "fish");
	fish_gives("sigtrace export -r b", "b.sgt");
	fish_gives("sigtrace --json -- zzsig", "zzsigtraced");
}

/* Each word that --help shows behind an option has a row that says what it can be. */
static void every_arg(void **state)
{
	static const char *const only[] = {NULL, " assert ", " export "};
	struct option_shown s;
	size_t seen = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(only) / sizeof(only[0]); k++)
		for (size_t i = 0; options_shown(only[k], i, &s); i++) {
			seen += s.arg != NULL;
			if (s.arg && !words_of(s.arg))
				fail_msg("--%s: nothing is known of %s", s.name, s.arg);
		}
	assert_true(seen > 20);
	assert_null(words_of("NOTHING"));
}

/* What the scripts offer is what is taken, and nothing is left out. */
static void every_word(void **state)
{
	size_t n;
	const char *const *names = words_of("SIG,..")->list(&n);

	(void)state;
	assert_true(n > 31);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(signal_by_name(names[i]), 0);
	/* bash's answer to a line, a word a line */
	assert_int_equal(ask("printf '%s\n' 'source s/bash' 'COMP_WORDS=(\"$@\")' 'COMP_CWORD=$(($# - 1))' _sigtrace"
			     " 'printf \"%s\\n\" \"${COMPREPLY[@]}\" | grep -vx -e -- -e trace | sort' >s/ask"), 0);
	assert_int_equal(ask("set -- $(bash s/ask sigtrace -e ''); [ $# -gt 20 ] || exit 1; for k; do"
			     " \"$SIGTRACE\" -r /dev/null -e $k 2>&1 | grep 'unknown kind' && exit 1; done; exit 0"), 0);
	assert_int_equal(ask("\"$SIGTRACE\" --help | sed -n 's/^  sigtrace \\([a-z]\\{1,\\}\\) .*/\\1/p' | sort >s/help;"
			     " bash s/ask sigtrace '' | diff - s/help && test $(wc -l <s/help) -gt 8"), 0);
	assert_int_equal(ask("\"$SIGTRACE\" --help | sed -n 's/^  \\(-., \\|    \\)\\(--[a-z-]*\\).*/\\2/p' | sort >s/help;"
			     " bash s/ask sigtrace -- | diff - s/help && test $(wc -l <s/help) -gt 25"), 0);
	assert_int_equal(ask("for c in sessions explain orphans assert export doctor completion; do"
			     " \"$SIGTRACE\" $c --help | sed -n 's/^  \\(-., \\|    \\|\\)\\(--[a-z-]*\\).*/\\2/p' | sort >s/help;"
			     " bash s/ask sigtrace $c -- | diff - s/help && test -s s/help || exit 1; done"), 0);
}

static void asked_wrong(void **state)
{
	(void)state;
	assert_int_equal(ask("\"$SIGTRACE\" completion 2>&1"), 2);
	assert_non_null(strstr(said, "give one of bash, zsh, fish"));
	assert_int_equal(ask("\"$SIGTRACE\" completion zhs 2>&1"), 2);
	assert_non_null(strstr(said, "did you mean zsh?"));
	assert_int_equal(ask("\"$SIGTRACE\" completion bash zsh 2>&1"), 2);
	assert_int_equal(ask("\"$SIGTRACE\" completion --help"), 0);
}

/* Where the shells look, below DESTDIR and PREFIX. */
static void installed(void **state)
{
	static const char *const places[] = {"bash-completion/completions/sigtrace",
					     "zsh/site-functions/_sigtrace",
					     "fish/vendor_completions.d/sigtrace.fish"};

	(void)state;
	assert_int_equal(ask("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C \"$SIGTRACE_SRC\" -n install DESTDIR=/dest"
			     " PREFIX=/pre 2>&1 | grep completion"), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char want[128];

		snprintf(want, sizeof(want), "'/dest/pre/share/%s'", places[i]);
		if (!strstr(said, want))
			fail_msg("no %s in: %s", want, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsed_by_bash),
		cmocka_unit_test(parsed_by_zsh),
		cmocka_unit_test(parsed_by_fish),
		cmocka_unit_test(bash_words),
		cmocka_unit_test(bash_prompt),
		cmocka_unit_test(zsh_prompt),
		cmocka_unit_test(fish_words),
		cmocka_unit_test(every_arg),
		cmocka_unit_test(every_word),
		cmocka_unit_test(asked_wrong),
		cmocka_unit_test(installed),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
