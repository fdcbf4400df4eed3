/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: nobody else's to read, and with --redact args nobody's. */
#include "live/live.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_MS slow_ms(20000)
#define SECRET "sekrit"

static void expect_hidden(struct live *l, const char *where, const char *text, size_t n)
{
	if (memmem(text, n, SECRET, strlen(SECRET)))
		live_fail(l, "it is in the %s", where);
	if (!memmem(text, n, "***", 3))
		live_fail(l, "nothing was hidden in the %s", where);
}

/* Of the session, of its client on this host, of what ran before and what was started later. */
static void test_session(void **state)
{
	struct live *l = live(state);
	struct buf json, err;
	struct client *c;
	char rec[300], *all;

	snprintf(rec, sizeof(rec), "%s/x.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-v", "--redact", "args", "-w", rec));
	c = live_ssh(l, CLIENT_PLAIN, ARGS("/bin/true " SECRET "; exec /bin/true " SECRET));
	assert_int_equal(live_wait(l, c), 0);
	live_expect(l, "{s:s, s:s, s:s}", "type", "session.open", "request", "exec", "command", "***");
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "exit");
	live_done(l);
	l->passed = false;
	all = json_dumps(l->trace.lines, JSON_COMPACT);
	expect_hidden(l, "live view", all, strlen(all));
	free(all);
	assert_int_equal(tool_run(ARGS("-r", rec, "--json", "-v"), RUN_MS, &json, &err), 0);
	expect_hidden(l, "recording", json.p, json.len);
	buf_free(&json);
	buf_free(&err);
	l->passed = true;
}

static void expect_private(struct live *l, const char *path)
{
	struct stat st;

	if (stat(path, &st) || !st.st_size || (st.st_mode & 07777) != 0600)
		live_fail(l, "%s has mode %o", path, st.st_mode & 07777);
}

/* New or not, whatever the umask. */
static void test_modes(void **state)
{
	struct live *l = live(state);
	struct buf out, err;
	int fd;

	assert_int_equal(chdir(l->server.dir), 0);
	for (int old = 0; old < 2; old++) {
		umask(0);
		for (int i = 0; old && i < 3; i++) {
			const char *name = i == 0 ? "x.xml" : i == 1 ? "x.txt" : "x.json";

			fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
			assert_true(fd >= 0);
			close(fd);
		}
		assert_int_equal(tool_run(ARGS("assert", "--redact", "args", "-e", "no exec", "--junit",
					       "x.xml", "-o", "x.txt", "--", "/bin/true", SECRET),
					  RUN_MS, &out, &err), 1);
		buf_free(&out);
		buf_free(&err);
		assert_int_equal(tool_run(ARGS("--json", "-o", "x.json", "--", "/bin/true"), RUN_MS,
					  &out, &err), 0);
		umask(022);
		buf_free(&out);
		buf_free(&err);
		expect_private(l, "x.xml");
		expect_private(l, "x.txt");
		expect_private(l, "x.json");
		expect_private(l, "sigtrace-fail-expr.sgt");
		assert_int_equal(tool_run(ARGS("-r", "sigtrace-fail-expr.sgt", "--json", "-v"), RUN_MS,
					  &out, &err), 0);
		expect_hidden(l, "kept recording", out.p, out.len);
		buf_free(&out);
		buf_free(&err);
		remove("x.xml");
		remove("x.txt");
		remove("x.json");
		remove("sigtrace-fail-expr.sgt");
	}
	assert_int_equal(chdir("/"), 0);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_session),
		LIVE_TEST(test_modes),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
