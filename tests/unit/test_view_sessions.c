/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace sessions`, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/told.h"

#define END(ms) "@" ms " trace.end reason=signal\n"

static struct view *table(void)
{
	return view_sessions_new(&(struct view_options){0});
}

/* The client is interrupted, without a terminal: a sleep is left. */
#define GONE                                                                                       \
	STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"sleep 9 & cat\"]")                 \
	STORY_CHILD("40", "sleep", "140", "130", "")                                               \
	STORY_TCP("2000", "ESTABLISHED", "CLOSE_WAIT", "")                                         \
	"@2001 sshd/120 task.exit exit_code=65280\n"                                               \
	"@2001 sshd/110 task.exit exit_code=65280\n"                                               \
	"@2002 bash/130 task.exit\n"                                                               \
	"@2500 trace.tick\n@3500 trace.tick\n"

static void nobody(void **state)
{
	(void)state;
	told_is(told(table(), STORY_SERVER END("9")), "no ssh session\n");
}

static void left_behind(void **state)
{
	(void)state;
	told_is(told(table(), GONE END("4000")),
		"ID  USER   FROM              TTY  OPENED               CLOSED               DURATION  "
		"ENDED       CTRL-C  LEFT  COMMAND\n"
		"#1  alice  203.0.113.7:5000  -    1970-01-01 00:00:00  1970-01-01 00:00:02  1.9 s     "
		"disconnect  0       1     exec 'sleep 9 & cat'\n");
}

/* A key is counted, also when it is told behind the session's end; and a shell's own status. */
static void typed(void **state)
{
	(void)state;
	told_is(told(table(),
		     STORY_SERVER STORY_LOGIN STORY_SHELL STORY_KEY("500", "130")
		     STORY_INT("500", "bash/130", "130", "disposition=handler")
		     "@900 bash/130 task.exit exit_code=768\n"
		     "@901 sshd/120 task.exit exit_code=65280\n"
		     "@5000 trace.tick\n" END("5001")),
		"ID  USER   FROM              TTY    OPENED               CLOSED               DURATION"
		"  ENDED   CTRL-C  LEFT  COMMAND\n"
		"#1  alice  203.0.113.7:5000  pts/0  1970-01-01 00:00:00  1970-01-01 00:00:00  869 ms  "
		"  exit 3  1       0     shell\n");
}

static void still_open(void **state)
{
	(void)state;
	HAS(table(), STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"cat\"]") END("1031"),
	    "still open  1 s       -      0       0     exec cat\n");
}

static void hostile(void **state)
{
	(void)state;
	HAS(table(),
	    STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"ca\\x1b[2Jt\\n\"]") END("1031"),
	    "exec $'ca\\x1b[2Jt\\n'\n");
}

/* Of a long command its beginning, unless -v asks for it. */
static void long_command(void **state)
{
	static const char lines[] = STORY_SERVER STORY_LOGIN STORY_EXEC(
		"[\"bash\",\"-c\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaend\"]") END("1031");

	(void)state;
	HAS(table(), lines, "aaa...\n");
	HAS(view_sessions_new(&(struct view_options){.verbose = true}), lines, "aaaend\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody),     cmocka_unit_test(left_behind),
		cmocka_unit_test(typed),      cmocka_unit_test(still_open),
		cmocka_unit_test(hostile),    cmocka_unit_test(long_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
