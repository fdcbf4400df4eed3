/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can go wrong around a trace: no room for what it writes, nobody who reads it, an end without
 * a chance to clean up, a ring that is too small.
 */
#include "live/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

static bool is(const json_t *o, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && !strcmp(s, value);
}

/* ---- a storm of known size ---- */

static int storm_child(struct live *l, int n, char number[16])
{
	char count[16];
	int pid;

	snprintf(count, sizeof(count), "%d", n);
	pid = live_child(l, ARGS(live_prog(l, "storm"), count));
	snprintf(number, 16, "%d", pid);
	return pid;
}

static void storm(struct live *l, int pid)
{
	kill(pid, SIGUSR2);
	if (!proc_becomes(pid, "stormed"))
		live_fail(l, "the storm does not end");
}

/* ---- no room ---- */

static char tiny[300]; /* a file system of 64 KiB; "": there is none */

static void make_tiny(struct live *l)
{
	snprintf(tiny, sizeof(tiny), "%s/tiny", l->server.dir);
	if (mkdir(tiny, 0700))
		live_fail(l, "%s: %s", tiny, strerror(errno));
	/* of this process and its children alone */
	if (!unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_PRIVATE | MS_REC, NULL) &&
	    !mount("tiny", tiny, "tmpfs", 0, "size=64k"))
		return;
	rmdir(tiny);
	tiny[0] = '\0';
	live_skip("cannot mount a file system of its own");
}

static int remove_tiny(void **state)
{
	struct live *l = *state;

	trace_free(&l->trace); /* it has files open there */
	if (tiny[0]) {
		umount2(tiny, MNT_DETACH);
		rmdir(tiny);
	}
	tiny[0] = '\0';
	return live_teardown(state);
}

static void says(struct live *l, const char *what)
{
	if (!strstr(buf_cstr(&l->trace.said), what))
		live_fail(l, "it says \"%.400s\" and not \"%s\"", buf_cstr(&l->trace.said), what);
}

/* Its own end, with 4, for what it cannot write. */
static void ends_of(struct live *l, const char *why)
{
	if (trace_pump(&l->trace, 0) == 0)
		while (!trace_pump(&l->trace, 0))
			;
	for (int64_t deadline = proc_now_ms() + 4 * EVENT_MS; proc_alive(l->trace.pid);) {
		trace_pump(&l->trace, 50);
		if (!proc_left(deadline))
			live_fail(l, "it goes on");
	}
	trace_join(&l->trace, EVENT_MS);
	if (l->trace.status != 4 << 8)
		live_fail(l, "status 0x%x: %.300s", l->trace.status, buf_cstr(&l->trace.said));
	says(l, why);
}

static void test_disk_full_of_recording(void **state)
{
	struct live *l = live(state);
	struct buf out, err;
	char pid_arg[16], path[400];
	int pid;

	make_tiny(l);
	snprintf(path, sizeof(path), "%s/x.sgt", tiny);
	l->trace.may_lose = true;
	pid = storm_child(l, 400000, pid_arg);
	live_trace(l, ARGS("-q", "-w", path, "-p", pid_arg));
	kill(pid, SIGUSR2);
	ends_of(l, "No space left on device");
	says(l, path);
	says(l, "hint: make room");
	says(l, "can be read with -r");
	assert_int_equal(tool_run(ARGS("-r", path, "--json"), 4 * EVENT_MS, &out, &err), 4);
	if (!strstr(buf_cstr(&out), "\"SIGURG\"") || !strstr(out.p, "\"type\":\"trace.end\"") ||
	    !strstr(out.p, "\"reason\":\"cut\""))
		live_fail(l, "of what was recorded %zu bytes are shown", out.len);
	if (!strstr(buf_cstr(&err), "has no end"))
		live_fail(l, "replay says \"%.300s\"", err.p);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

static void test_disk_full_of_output(void **state)
{
	struct live *l = live(state);
	char pid_arg[16], path[400];
	struct stat st;
	int pid;

	make_tiny(l);
	snprintf(path, sizeof(path), "%s/x.json", tiny);
	l->trace.may_lose = true;
	pid = storm_child(l, 20000, pid_arg);
	live_trace(l, ARGS("--json", "-o", path, "-p", pid_arg));
	kill(pid, SIGUSR2);
	ends_of(l, "No space left on device");
	says(l, "hint: make room");
	/* what was there before is there still */
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 30000);
	l->passed = true;
}

static void test_full_stdout(void **state)
{
	struct live *l = live(state);
	char pid_arg[16];
	int pid = storm_child(l, 1, pid_arg), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0);
	l->trace.stdout_fd = full;
	live_trace(l, ARGS("--json", "-p", pid_arg));
	close(full);
	ends_of(l, "cannot write 'stdout': No space left on device");
	assert_true(proc_alive(pid));
	l->passed = true;
}

static void test_words_are_written_or_missed(void **state)
{
	static const char *const words[][3] = {{"--help"}, {"--version"}, {"fields"},
					       {"explain", "--help"}, {"assert", "--help"},
					       {"completion", "bash"}};
	struct live *l = live(state);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char command[1000];

		snprintf(command, sizeof(command), "\"$SIGTRACE\" %s %s >/dev/full 2>%s/said; test $? = 4 && "
			 "grep -q 'cannot write to stdout' %s/said", words[i][0],
			 words[i][1] ? words[i][1] : "", l->server.dir, l->server.dir);
		if (system(command))
			live_fail(l, "%s is lost without a word", words[i][0]);
	}
	l->passed = true;
}

/* ---- nobody reads ---- */

static bool blocks(int pid, int sig)
{
	char path[64], line[256];
	unsigned long long mask = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "SigBlk:", 7))
			mask = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	return mask >> (sig - 1) & 1;
}

/* Until the signal is taken: it is blocked up to then, and no longer. */
static void taken(struct live *l, int sig)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;

	while (blocks(l->trace.pid, sig)) {
		if (!proc_left(deadline))
			live_fail(l, "the signal is not taken while nobody reads");
		poll(NULL, 0, 5);
	}
}

/* More than the pipe holds is told, and nobody reads; *out is the end to read from. */
static void stuck(struct live *l, int n, int *out, const char *ring)
{
	struct pollfd full;
	int fd[2], pid, room = 1;
	char pid_arg[16];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	fcntl(fd[0], F_SETPIPE_SZ, 65536);
	l->trace.stdout_fd = fd[1];
	pid = storm_child(l, n, pid_arg);
	live_trace(l, ARGS("--json", "-p", pid_arg, "--buffer", ring));
	storm(l, pid);
	for (int64_t deadline = proc_now_ms() + EVENT_MS; room;) {
		full = (struct pollfd){ .fd = fd[1], .events = POLLOUT };
		room = poll(&full, 1, 0);
		if (!proc_left(deadline))
			live_fail(l, "the pipe is not filled");
		if (room)
			poll(NULL, 0, 5);
	}
	close(fd[1]);
	*out = fd[0];
}

static size_t read_rest(struct live *l, int fd, const char *word, struct buf *last)
{
	FILE *f = fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0, n = 0;

	buf_reset(last);
	while (getline(&line, &size, f) > 0) {
		n += strstr(line, word) != NULL;
		buf_reset(last);
		buf_str(last, line);
	}
	free(line);
	fclose(f);
	(void)l;
	return n;
}

static void test_signal_while_nobody_reads(void **state)
{
	struct live *l = live(state);
	struct buf last = { 0 };
	int out;

	stuck(l, 5000, &out, "8M");
	kill(l->trace.pid, SIGTERM);
	taken(l, SIGTERM);
	/* the first one waits for the reader, to whom all is told */
	assert_true(proc_alive(l->trace.pid));
	assert_int_equal(read_rest(l, out, "\"SIGURG\"", &last), 5000);
	assert_non_null(strstr(buf_cstr(&last), "\"reason\":\"signal\""));
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 0);
	buf_free(&last);
	l->passed = true;
}

static void test_second_signal_aborts(void **state)
{
	struct live *l = live(state);
	int out;

	stuck(l, 5000, &out, "8M");
	kill(l->trace.pid, SIGTERM);
	taken(l, SIGTERM);
	kill(l->trace.pid, SIGTERM);
	trace_join(&l->trace, EVENT_MS);
	if (!WIFSIGNALED(l->trace.status) || WTERMSIG(l->trace.status) != SIGTERM)
		live_fail(l, "status 0x%x", l->trace.status);
	close(out);
	l->passed = true;
}

#define MADE 80000 /* more than is kept in memory for a slow reader */

/* All that was made was told, or was told to be lost. */
static void test_reader_that_stops(void **state)
{
	struct live *l = live(state);
	json_int_t caught = 0, lost = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *f;
	int out;

	l->trace.may_lose = true;
	stuck(l, MADE, &out, "64k");
	kill(l->trace.pid, SIGTERM);
	taken(l, SIGTERM);
	f = fdopen(out, "r");
	while (getline(&line, &size, f) > 0) {
		json_t *o = json_loads(line, 0, NULL);

		if (!o)
			live_fail(l, "no line of JSON: %.200s", line);
		if (is(o, "type", "signal.generate"))
			caught += json_integer_value(json_object_get(o, "count")) ?: 1;
		if (is(o, "type", "trace.lost") && is(o, "kind", "signal.generate"))
			lost += json_integer_value(json_object_get(o, "count"));
		json_decref(o);
	}
	free(line);
	fclose(f);
	/* SIGUSR2 began it */
	if (caught + lost != MADE + 1 || !lost)
		live_fail(l, "of %d signals %lld were caught and %lld lost", MADE + 1,
			  (long long)caught, (long long)lost);
	assert_int_equal(trace_join(&l->trace, EVENT_MS), 4);
	l->passed = true;
}

/* ---- killed ---- */

enum { PROGS, MAPS, LINKS, KINDS };

struct ids {
	uint32_t v[KINDS][64];
	size_t n[KINDS];
};

/* What a process has of them, from /proc/PID/fdinfo. */
static void bpf_ids(struct live *l, int pid, struct ids *ids)
{
	static const char *const keys[KINDS] = { "prog_id:", "map_id:", "link_id:" };
	char path[64], name[400], line[256];
	struct dirent *d;
	DIR *dir;

	memset(ids, 0, sizeof(*ids));
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		live_fail(l, "%s: %s", path, strerror(errno));
	while ((d = readdir(dir))) {
		FILE *f;
		uint32_t id[KINDS] = { 0 };

		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		f = d->d_name[0] == '.' ? NULL : fopen(name, "re");
		while (f && fgets(line, sizeof(line), f))
			for (int k = 0; k < KINDS; k++)
				if (!strncmp(line, keys[k], strlen(keys[k])))
					id[k] = (uint32_t)strtoul(line + strlen(keys[k]), NULL, 10);
		if (f)
			fclose(f);
		for (int k = 0; k < KINDS; k++)
			if (id[k] && ids->n[k] < 64)
				ids->v[k][ids->n[k]++] = id[k];
	}
	closedir(dir);
}

static bool bpf_id_lives(int kind, uint32_t id)
{
	static const int cmds[KINDS] = { BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,
					 BPF_LINK_GET_FD_BY_ID };
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id; /* one union for all three */
	fd = (int)syscall(SYS_bpf, cmds[kind], &attr, sizeof(attr));
	if (fd < 0)
		return errno != ENOENT;
	close(fd);
	return true;
}

/* The kernel frees them behind a grace period of its own; none is used again. */
static void are_freed(struct live *l, const struct ids *ids)
{
	int64_t deadline = proc_now_ms() + 2 * EVENT_MS;

	for (int k = 0; k < KINDS; k++)
		for (size_t i = 0; i < ids->n[k]; i++)
			while (bpf_id_lives(k, ids->v[k][i])) {
				if (!proc_left(deadline))
					live_fail(l, "%s %u is still there",
						  k == PROGS ? "program" : k == MAPS ? "map" : "link",
						  ids->v[k][i]);
				poll(NULL, 0, 10);
			}
}

static void test_killed(void **state)
{
	struct live *l = live(state);
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	int pid = live_number(l, c, "pid="), session;
	struct buf out, err;
	struct ids ids;
	char path[300];

	assert_true(proc_becomes(pid, "sleep"));
	snprintf(path, sizeof(path), "%s/killed.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-w", path));
	live_expect(l, "{s:s, s:i}", "type", "session.open", "tgid", pid);
	bpf_ids(l, l->trace.pid, &ids);
	if (ids.n[PROGS] < 8 || ids.n[MAPS] < 5 || ids.n[LINKS] < 8)
		live_fail(l, "%zu programs, %zu maps, %zu links", ids.n[PROGS], ids.n[MAPS],
			  ids.n[LINKS]);
	kill(l->trace.pid, SIGKILL);
	trace_join(&l->trace, EVENT_MS);
	are_freed(l, &ids);
	/* what it had written by then is a recording that was cut short */
	assert_int_equal(tool_run(ARGS("-r", path, "--json"), EVENT_MS, &out, &err), 4);
	buf_free(&out);
	buf_free(&err);
	trace_free(&l->trace);
	/* a new one picks the session up */
	live_trace(l, TRACE_SSHD);
	session = live_int(l, live_expect(l, "{s:s, s:i, s:b}", "type", "session.open", "tgid", pid,
					  "preexisting", 1), "session");
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "session.close", "session", session, "end",
		    "disconnect");
	live_done(l);
}

/* ---- a ring that is too small ---- */

/* An exec with its arguments does not fit into 4 KiB: that is told, and the rest goes on. */
static void test_small_ring(void **state)
{
	struct live *l = live(state);
	char pid_arg[16];
	int pid = storm_child(l, 3, pid_arg);

	l->trace.may_lose = true;
	live_trace(l, ARGS("--json", "-p", pid_arg, "--buffer", "4k"));
	kill(pid, SIGURG);
	live_expect(l, "{s:s, s:s, s:{s:i}}", "type", "signal.generate", "sig", "SIGURG", "target",
		    "tgid", pid);
	live_done(l);
}

static void test_record_larger_than_ring(void **state)
{
	struct live *l = live(state);
	char path[300], word[4000];
	struct buf out, err;
	json_t *end;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/small.json", l->server.dir);
	assert_int_equal(tool_run(ARGS("--json", "--buffer", "4k", "-o", path, "--", "/bin/true", word),
				  4 * EVENT_MS, &out, &err), 4);
	if (!strstr(buf_cstr(&err), "lost"))
		live_fail(l, "it says \"%.300s\"", err.p);
	buf_free(&out);
	buf_free(&err);
	l->trace.lines = json_array();
	l->trace.out = l->trace.err = -1;
	FILE *f = fopen(path, "re");
	while (f && (end = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)))
		json_array_append_new(l->trace.lines, end);
	if (f)
		fclose(f);
	live_expect(l, "{s:s, s:s}", "type", "trace.lost", "kind", "task.exec");
	live_expect(l, "{s:s, s:s}", "type", "trace.end", "reason", "command");
	l->passed = true;
}

#define TINY_TEST(f) cmocka_unit_test_teardown(f, remove_tiny)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TINY_TEST(test_disk_full_of_recording),
		TINY_TEST(test_disk_full_of_output),
		LIVE_TEST(test_full_stdout),
		LIVE_TEST(test_words_are_written_or_missed),
		LIVE_TEST(test_signal_while_nobody_reads),
		LIVE_TEST(test_second_signal_aborts),
		LIVE_TEST(test_reader_that_stops),
		LIVE_TEST(test_killed),
		LIVE_TEST(test_small_ring),
		LIVE_TEST(test_record_larger_than_ring),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
