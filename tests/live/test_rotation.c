/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording in several files: nothing is lost between them, and each says what it needs. */
#include "live/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_MS 30000
#define MOST 256

struct folder {
	char path[300];
	char *names[MOST];
	size_t n;
};

static int is_name(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void forget(struct folder *f)
{
	while (f->n)
		free(f->names[--f->n]);
}

/* What is in it, by name. */
static void list(struct live *l, struct folder *f)
{
	struct dirent **all;
	int n = scandir(f->path, &all, is_name, alphasort);

	forget(f);
	if (n < 0 || n > MOST)
		live_fail(l, "%s: %d files: %s", f->path, n, strerror(errno));
	for (; (int)f->n < n; f->n++) {
		f->names[f->n] = strdup(all[f->n]->d_name);
		free(all[f->n]);
	}
	free(all);
}

static struct folder folder(struct live *l, const char *name)
{
	struct folder f = { .n = 0 };

	snprintf(f.path, sizeof(f.path), "%s/%s", l->server.dir, name);
	return f;
}

static void file_of(const struct folder *f, size_t i, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", f->path, f->names[i]);
}

static void finish(struct folder *f)
{
	char path[400];

	for (size_t i = 0; i < f->n; i++) {
		file_of(f, i, path, sizeof(path));
		unlink(path);
	}
	assert_int_equal(rmdir(f->path), 0);
	forget(f);
}

/* A replay of it: its status, and its JSON. */
static int replay(const char *path, struct buf *json)
{
	struct buf err;
	int status = tool_run(ARGS("-r", path, "--json"), RUN_MS, json, &err);

	if (err.len)
		fprintf(stderr, "# %s", buf_cstr(&err));
	buf_free(&err);
	return status;
}

/* More than a megabyte of records: a frame of a file has a quarter of one. */
#define MANY "x=$(printf %03000d 0); i=0; while [ $i -lt 400 ]; do /bin/true $x; i=$((i+1)); done"

static void expect_alone(struct live *l, const struct folder *f, size_t i)
{
	char path[400];
	struct stat st;
	struct buf json;

	file_of(f, i, path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	if (replay(path, &json))
		live_fail(l, "%s is not whole", path);
	assert_int_equal(strncmp(buf_cstr(&json), "{\"type\":\"trace.begin\"", 21), 0);
	/* the shell's loop goes through all of them */
	if (!strstr(buf_cstr(&json), "\"comm\":\"sh\""))
		live_fail(l, "%s does not know the command", path);
	if (!!strstr(buf_cstr(&json), "\"reason\":\"rotated\"") != (i + 1 < f->n))
		live_fail(l, "%s ends otherwise", path);
	buf_free(&json);
}

/* All that was told live comes back, byte for byte: no record is lost at a seam. */
static void test_seams(void **state)
{
	struct live *l = live(state);
	struct folder f = folder(l, "seams");
	struct buf live_json, json, err;

	assert_int_equal(tool_run(ARGS("--json", "-w", f.path, "--rotate", "1k", "--", "/bin/sh", "-c",
				       MANY), RUN_MS, &live_json, &err), 0);
	assert_string_equal(buf_cstr(&err), "");
	buf_free(&err);
	list(l, &f);
	if (f.n < 3)
		live_fail(l, "only %zu files", f.n);
	for (size_t i = 0; i < f.n; i++) {
		/* named by time: as they were written */
		assert_true(strtoul(f.names[i] + strlen("sigtrace-00000000T000000.000Z-"), NULL, 10) ==
			    i + 1);
		expect_alone(l, &f, i);
	}
	assert_int_equal(replay(f.path, &json), 0);
	assert_int_equal(json.len, live_json.len);
	assert_memory_equal(json.p, live_json.p, json.len);
	buf_free(&json);
	buf_free(&live_json);
	finish(&f);
	l->passed = true;
}

/* The session that ended with 7 and was open when the file began, by that file alone. */
static bool tells_session(const struct folder *f, size_t i)
{
	char path[400];
	struct buf json;
	bool tells;

	file_of(f, i, path, sizeof(path));
	assert_int_equal(replay(path, &json), 0);
	tells = strstr(buf_cstr(&json), "\"user\":\"" ACCOUNT "\"") &&
		strstr(buf_cstr(&json), "\"preexisting\":true") &&
		strstr(buf_cstr(&json), "\"end\":\"exit\",\"exit_status\":7");
	buf_free(&json);
	return tells;
}

/* A session that is open at a seam is known behind it. */
static void test_session(void **state)
{
	struct live *l = live(state);
	struct folder f = folder(l, "session");
	struct client *c;
	size_t i = 0;

	live_trace(l, ARGS("--sshd", "--json", "-w", f.path, "--rotate", "1k"));
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", MANY "; exit 7"));
	if (client_wait(c, RUN_MS) < 0)
		live_fail(l, "ssh does not end");
	live_expect(l, "{s:s, s:s, s:i}", "type", "session.close", "end", "exit", "exit_status", 7);
	live_done(l);
	l->passed = false;
	list(l, &f);
	assert_true(f.n >= 3);
	while (i < f.n && !tells_session(&f, i))
		i++;
	/* it is longer than a file: not the one that saw it begin */
	if (!i || i == f.n)
		live_fail(l, "no later file of %zu tells of the session", f.n);
	finish(&f);
	l->passed = true;
}

static void touch(const struct folder *f, const char *name)
{
	char path[400];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* Only what has a name of ours is removed, the oldest first. */
static void test_keep(void **state)
{
	static const char *const others[] = {
		"notes.txt", "sigtrace-20200101T000000.000Z-000001.sgt.bak",
		"sigtrace-mine.sgt", "sigtrace-20200101T000000Z-000001.sgt",
	};
	struct live *l = live(state);
	struct folder f = folder(l, "keep");
	struct buf out, err, json;
	size_t ours = 0;

	assert_int_equal(mkdir(f.path, 0700), 0);
	for (size_t i = 0; i < 4; i++)
		touch(&f, others[i]);
	touch(&f, "sigtrace-20200101T000000.000Z-000001.sgt");
	assert_int_equal(tool_run(ARGS("-q", "-w", f.path, "--rotate", "1k", "--keep", "2", "--",
				       "/bin/sh", "-c", MANY), RUN_MS, &out, &err), 0);
	assert_string_equal(buf_cstr(&err), "");
	list(l, &f);
	for (size_t i = 0; i < f.n; i++) {
		bool other = false;

		for (size_t k = 0; k < 4; k++)
			other |= !strcmp(f.names[i], others[k]);
		ours += !other;
		if (!other)
			assert_true(strtoul(f.names[i] + strlen("sigtrace-00000000T000000.000Z-"), NULL,
					    10) > 1);
	}
	assert_int_equal(ours, 2);
	assert_int_equal(f.n, 6);
	/* what is left begins with what was known */
	assert_int_equal(replay(f.path, &json), 0);
	assert_non_null(strstr(buf_cstr(&json), "\"comm\":\"sh\""));
	buf_free(&json);
	buf_free(&out);
	buf_free(&err);
	finish(&f);
	l->passed = true;
}

static void refused(struct live *l, const char *const *args, int want, const char *why)
{
	struct buf out, err;
	int status = tool_run(args, RUN_MS, &out, &err);

	if (status != want || !strstr(buf_cstr(&err), why))
		live_fail(l, "status %d, not %d with \"%s\": %s", status, want, why, buf_cstr(&err));
	buf_free(&out);
	buf_free(&err);
}

static void test_refused(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	struct folder f = folder(l, "refused");
	char file[400], pid[16];

	assert_non_null(p);
	snprintf(pid, sizeof(pid), "%d", getpid());
	live_trace(l, ARGS("-p", pid, "--json", "-w", f.path, "--rotate", "1M"));
	refused(l, ARGS("-q", "-w", f.path, "--rotate", "1M", "--", "true"), 2,
		"another sigtrace records into");
	live_done(l);
	l->passed = false;
	refused(l, ARGS("-q", "-w", f.path, "--", "true"), 2, "Is a directory");
	list(l, &f);
	file_of(&f, 0, file, sizeof(file));
	refused(l, ARGS("-q", "-w", file, "--rotate", "1M", "--", "true"), 2, "Not a directory");
	finish(&f);
	/* where only CAP_DAC_OVERRIDE lets root write, it could not go on later */
	assert_int_equal(mkdir(f.path, 0755) || chown(f.path, p->pw_uid, p->pw_gid), 0);
	refused(l, ARGS("-q", "-w", f.path, "--rotate", "1M", "--", "true"), 2,
		"the folder must be writable without CAP_DAC_OVERRIDE");
	refused(l, ARGS("-r", f.path), 2, "there is no recording in folder");
	finish(&f);
	l->passed = true;
}

/* Two starts into one folder: two streams, one after the other. */
static void test_runs(void **state)
{
	struct live *l = live(state);
	struct folder f = folder(l, "runs");
	struct buf out, err, json;
	const char *at;
	size_t begins = 0;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(tool_run(ARGS("-q", "-w", f.path, "--rotate", "1M", "--", "/bin/sh",
					       "-c", i ? "exec true" : "exit 0"), RUN_MS, &out, &err), 0);
		buf_free(&out);
		buf_free(&err);
	}
	assert_int_equal(replay(f.path, &json), 0);
	for (at = buf_cstr(&json); (at = strstr(at, "\"trace.begin\"")); at++)
		begins++;
	assert_int_equal(begins, 2);
	buf_free(&json);
	assert_int_equal(tool_run(ARGS("assert", "-q", "-r", f.path, "-e", "some exec comm=true"),
				  RUN_MS, &out, &err), 0);
	assert_non_null(strstr(buf_cstr(&err), "has 2 runs of sigtrace: this is the newest"));
	buf_free(&out);
	buf_free(&err);
	list(l, &f);
	finish(&f);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_seams), LIVE_TEST(test_session), LIVE_TEST(test_keep),
		LIVE_TEST(test_refused), LIVE_TEST(test_runs),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
