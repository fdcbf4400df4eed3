/* SPDX-License-Identifier: GPL-2.0-only */
/* Where `sigtrace assert` writes its results: never an old file for a new one, never two on stdout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/recording.h"
#include "unit/ask.h"
#include "unit/story.h"

#define STORY                                                                                      \
	"@1 trace.begin scope=all host=\"h\"\n@2 trace.ready tasks=0\n"                            \
	"@3 sh/10 task.exec parent=9 pgid=10 sid=5 scope=in args=[\"sh\"]\n"                        \
	"@6 trace.lost count=2 total=2 lost_kind=8\n@7 trace.end reason=signal\n"

#define ASSERT "env -u GITHUB_ACTIONS \"$SIGTRACE\" assert -e 'never exit status=7' -e 'some exec' "

static char folder[64];

static void put(void *ctx, const void *rec, size_t len)
{
	assert_int_equal(recording_put(ctx, rec, len, NULL), 0);
}

/* In a folder of its own, with x.sgt in it. */
static int enter(void **state)
{
	struct recording_writer *w;

	(void)state;
	strcpy(folder, "/tmp/sigtrace-results-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	w = recording_create("x.sgt", NULL);
	story_records(STORY, put, w);
	return recording_close(w, NULL);
}

static int leave(void **state)
{
	(void)state;
	unlink("x.sgt");
	unlink("x.xml");
	return chdir("/") || rmdir(folder);
}

static void has(const char *part)
{
	if (!strstr(said, part))
		fail_msg("no \"%s\" in\n%s", part, said);
}

static void both(void **state)
{
	(void)state;
	assert_int_equal(ask(ASSERT "-r x.sgt --tap --junit x.xml 2>&1"), 4);
	has("TAP version 14\n1..2\nnot ok 1 - never exit");
	assert_null(strstr(said, "::error"));
	assert_int_equal(ask("cat x.xml"), 0);
	has("tests=\"2\" failures=\"0\" errors=\"1\"");
}

/* An old file is not there when nothing was checked; nor half of it under a shorter one. */
static void no_old_file(void **state)
{
	(void)state;
	assert_int_equal(ask(ASSERT "-r x.sgt -q --junit x.xml && cat x.xml"), 4);
	assert_int_equal(ask(ASSERT "-r y.sgt --junit x.xml 2>&1"), 2);
	assert_int_equal(ask("cat x.xml"), 0);
	assert_string_equal(said, "");
}

static void annotations(void **state)
{
	(void)state;
	assert_int_equal(ask("GITHUB_ACTIONS=true \"$SIGTRACE\" assert -e 'never exit' -r x.sgt "
			     "--json 2>&1 >/dev/null"), 4);
	has("::error title=never exit::inconclusive: ");
}

static void errors(void **state)
{
	(void)state;
	assert_int_equal(ask(ASSERT "-r x.sgt --junit no/x.xml 2>&1"), 2);
	has("cannot write 'no/x.xml': No such file or directory");
	assert_int_equal(ask(ASSERT "-r x.sgt --junit - 2>&1"), 2);
	has("--junit takes a file: stdout has the results");
	assert_int_equal(ask(ASSERT "-r x.sgt --json --tap 2>&1"), 2);
	has("--json and --tap are given: stdout takes one");
	assert_int_equal(ask("\"$SIGTRACE\" assert -e 'some exec' -r x.sgt --junit /dev/full 2>&1"), 4);
	has("cannot write the results to /dev/full: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both, enter, leave),
		cmocka_unit_test_setup_teardown(no_old_file, enter, leave),
		cmocka_unit_test_setup_teardown(annotations, enter, leave),
		cmocka_unit_test_setup_teardown(errors, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
