/* SPDX-License-Identifier: GPL-2.0-only */
/* --redact args: no view, report or copy has an argument in it, and what is told is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/redact.h"
#include "source/recording.h"
#include "unit/ask.h"
#include "unit/story.h"

/* ---- records ---- */

struct record {
	struct wire_exec r;
	char tail[WIRE_FILENAME + WIRE_ARGS];
};

static size_t record(struct record *x, const char *filename, const char *args, size_t n)
{
	memset(x, 0, sizeof(*x));
	x->r.h.kind = WIRE_TASK_EXEC;
	x->r.filename_len = (uint32_t)strlen(filename);
	x->r.args_len = (uint32_t)n;
	x->r.h.len = (uint32_t)(sizeof(x->r) + strlen(filename) + n);
	memcpy(x->tail, filename, strlen(filename));
	memcpy(x->tail + strlen(filename), args, n);
	return x->r.h.len;
}

static struct event redacted(const struct record *x, size_t len, unsigned char *out)
{
	struct event ev;
	size_t n = redact_record(x, len, out);

	assert_int_equal(event_decode(out, n, &ev), EVENT_OK);
	return ev;
}

#define IS(args, want)                                                                             \
	do {                                                                                       \
		unsigned char out_[EVENT_MAX];                                                     \
		struct record x_;                                                                  \
		size_t n_ = record(&x_, "/bin/x", args, sizeof(args) - 1);                         \
		struct event ev_ = redacted(&x_, n_, out_);                                        \
		assert_int_equal(ev_.filename_len, 6);                                             \
		assert_int_equal(ev_.args_len, sizeof(want) - 1);                                  \
		assert_memory_equal(ev_.argv, want, sizeof(want) - 1);                             \
	} while (0)

static void arguments(void **state)
{
	(void)state;
	IS("x\0a\0longer\0\0", "x\0***\0***\0***\0");
	IS("sh\0-c\0rm x\0-c\0", "sh\0-c\0***\0***\0");
	IS("sh\0-cx\0", "sh\0***\0");
	IS("x\0", "x\0");
	IS("", "");
	IS("\0secret\0", "\0***\0");
	/* cut off by the kernel side: the last one has no NUL */
	IS("x\0sec", "x\0***\0");
}

static void too_many(void **state)
{
	unsigned char out[EVENT_MAX], again[EVENT_MAX];
	char args[WIRE_ARGS];
	struct record x;
	struct event ev;
	size_t n;

	(void)state;
	memset(args, 0, sizeof(args));
	n = record(&x, "/bin/x", args, sizeof(args));
	ev = redacted(&x, n, out);
	assert_true(ev.args_len <= WIRE_ARGS);
	assert_int_equal(ev.u.exec.truncated, WIRE_TRUNC_ARGS);
	n = redact_record(out, ev.u.h.len, again);
	assert_int_equal(n, ev.u.h.len);
	assert_memory_equal(again, out, n);
}

static void others(void **state)
{
	unsigned char out[EVENT_MAX];
	struct wire_tick tick = {.h = {.len = sizeof(tick), .kind = WIRE_TRACE_TICK}};
	struct record x;
	size_t n = record(&x, "/bin/x", "x\0y\0", 4);

	(void)state;
	assert_int_equal(redact_record(&tick, sizeof(tick), out), 0);
	assert_int_equal(redact_record(&tick, 5, out), 0);
	/* damaged: left to who decodes it */
	assert_int_equal(redact_record(&x, n - 1, out), 0);
	x.r.args_len = WIRE_ARGS + 1;
	assert_int_equal(redact_record(&x, n, out), 0);
	x.r.args_len = 0xffffffff;
	assert_int_equal(redact_record(&x, n, out), 0);
}

/* ---- all that is made of a recording ---- */

static char folder[64];

#define SECRET "sekrit"

static void put(void *ctx, const void *rec, size_t len)
{
	assert_int_equal(recording_put(ctx, rec, len, NULL), 0);
}

static int enter(void **state)
{
	struct recording_writer *w;

	(void)state;
	strcpy(folder, "/tmp/sigtrace-redact-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	w = recording_create("x.sgt", NULL);
	story_records(STORY_SERVER STORY_LOGIN STORY_EXEC("[\"bash\",\"-c\",\"run " SECRET "\"]")
		      "@40 bash/130 task.fork fork=131 pgid=130 sid=130 scope=in\n"
		      "@41 run/131 task.exec parent=130 pgid=130 sid=130 uid=1000 scope=in"
		      " args=[\"run\",\"" SECRET "\"]\n"
		      "@50 bash/130 task.exit pgid=130 sid=130\n"
		      "@60 sshd/120 task.exit exit_code=65280 pgid=110 sid=110\n"
		      "@61 sshd/110 task.exit exit_code=65280 pgid=110 sid=110\n"
		      "@2000 trace.end reason=signal\n", put, w);
	return recording_close(w, NULL);
}

static int leave(void **state)
{
	(void)state;
	unlink("x.sgt");
	unlink("y.sgt");
	unlink("x.xml");
	return chdir("/") || rmdir(folder);
}

/* Without the option it is there, with it it is not, and something is. */
static void hides(const char *command)
{
	char with[512];

	ask(command);
	if (!strstr(said, SECRET))
		fail_msg("%s does not show it:\n%s", command, said);
	snprintf(with, sizeof(with), "set -- --redact args; %s", command);
	ask(with);
	if (strstr(said, SECRET) || !strstr(said, "***"))
		fail_msg("%s shows it:\n%s", with, said);
}

static void views(void **state)
{
	(void)state;
	hides("\"$SIGTRACE\" -r x.sgt -v $@");
	hides("\"$SIGTRACE\" -r x.sgt --json -v $@");
	hides("\"$SIGTRACE\" sessions -r x.sgt $@");
	hides("\"$SIGTRACE\" explain -r x.sgt 131 $@");
	hides("\"$SIGTRACE\" assert -r x.sgt -e 'no exec' $@");
	hides("\"$SIGTRACE\" assert -r x.sgt -e 'no exec' --json $@");
	hides("\"$SIGTRACE\" assert -r x.sgt -q -e 'no exec' --junit x.xml $@; cat x.xml");
}

/* A copy without them: it is told as the original is, redacted. */
static void copy(void **state)
{
	char want[sizeof(said)];
	struct stat st;

	(void)state;
	assert_int_equal(ask("\"$SIGTRACE\" -r x.sgt -q --redact args -w y.sgt"), 0);
	assert_int_equal(stat("y.sgt", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(ask("\"$SIGTRACE\" -r x.sgt --redact args --json -v"), 0);
	strcpy(want, said);
	assert_int_equal(ask("\"$SIGTRACE\" -r y.sgt --json -v"), 0);
	assert_string_equal(said, want);
	assert_null(strstr(said, SECRET));
	/* what it was told from the command line is told still */
	assert_non_null(strstr(said, "\"request\":\"exec\",\"command\":\"***\""));
	assert_int_equal(ask("\"$SIGTRACE\" -r y.sgt -q -w y.sgt 2>&1"), 2);
	assert_non_null(strstr(said, "cannot be read and written at once"));
	assert_int_equal(ask("\"$SIGTRACE\" -r y.sgt -q -w ./y.sgt 2>&1"), 2);
	/* a copy of one that was cut off has no end either */
	assert_int_equal(ask("head -c $(($(wc -c <x.sgt) - 3)) x.sgt >cut.sgt;"
			     "\"$SIGTRACE\" -r cut.sgt -q -w y.sgt 2>/dev/null; rm cut.sgt;"
			     "\"$SIGTRACE\" -r y.sgt -q 2>&1"), 4);
	assert_non_null(strstr(said, "has no end"));
}

static void usage(void **state)
{
	(void)state;
	assert_int_equal(ask("\"$SIGTRACE\" -r x.sgt --redact environ 2>&1"), 2);
	assert_non_null(strstr(said, "--redact takes args, not 'environ'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),
		cmocka_unit_test(too_many),
		cmocka_unit_test(others),
		cmocka_unit_test_setup_teardown(views, enter, leave),
		cmocka_unit_test_setup_teardown(copy, enter, leave),
		cmocka_unit_test_setup_teardown(usage, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
