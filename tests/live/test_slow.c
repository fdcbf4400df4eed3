/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nobody reads what sigtrace writes while a storm lasts, and then somebody does: the recording was
 * complete long before, and every signal is in the output, by a line of its own or counted.
 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define STORM 20000 /* signals; a pipe holds some 600 of their lines, sigtrace 3,000 more, or 16 MiB of JSON */
#define STORM_MS (6 * EVENT_MS)

struct sums {
	long long lines;   /* signals that have a line of their own */
	long long counted; /* in lines that stand for many alike, of the storm's own making */
	long long folded;  /* since nobody read */
};

/* The storm, while nobody reads; until the recording is complete and closed. */
static void storm(struct live *l, int pid, const char *rec)
{
	struct pollfd p = { .fd = inotify_init1(IN_CLOEXEC), .events = POLLIN };

	assert_true(inotify_add_watch(p.fd, rec, IN_CLOSE_WRITE) >= 0);
	kill(pid, SIGUSR2);
	if (poll(&p, 1, STORM_MS) != 1)
		live_fail(l, "the recording is not closed while nobody reads");
	close(p.fd);
}

static void read_all(struct live *l, int fd, struct buf *b)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char chunk[65536];
	ssize_t n;

	for (;;) {
		if (poll(&p, 1, STORM_MS) != 1)
			live_fail(l, "no end of the output");
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno == EIO)) /* of a pipe, of a terminal */
			return;
		if (n < 0)
			live_fail(l, "read: %s", strerror(errno));
		buf_put(b, chunk, (size_t)n);
	}
}

/* "48,211" */
static long long grouped(const char *p)
{
	long long n = 0;

	for (; *p == ',' || (*p >= '0' && *p <= '9'); p++)
		if (*p != ',')
			n = 10 * n + (*p - '0');
	return n;
}

static struct sums text_sums(struct buf *b)
{
	struct sums s = { 0 };
	char *save, *line = strtok_r((char *)buf_cstr(b), "\r\n", &save);

	for (; line; line = strtok_r(NULL, "\r\n", &save)) {
		const char *sig = strstr(line, "SIGURG"), *many = strstr(line, "... ");

		if (!sig)
			continue;
		if (!many || many > sig)
			s.lines++;
		else if (!strncmp(sig, "SIGURG folded", 13))
			s.folded += grouped(many + 4);
		else
			s.counted += grouped(many + 4);
	}
	return s;
}

static struct sums json_sums(struct buf *b)
{
	struct sums s = { 0 };
	char *save, *line = strtok_r((char *)buf_cstr(b), "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		const char *count = strstr(line, "\"count\":");

		if (!strstr(line, "\"sig\":\"SIGURG\""))
			continue;
		if (count)
			s.counted += atoll(count + 8);
		else
			s.lines++;
	}
	return s;
}

/* fd[0] is read once the storm is over, fd[1] is sigtrace's stdout. */
static struct sums slow(struct live *l, const int fd[2], bool json)
{
	char number[16], count[32], rec[300];
	struct buf out = { 0 };
	struct live_recorded found;
	struct sums s;
	int pid;

	snprintf(rec, sizeof(rec), "%s", live_path(l, "slow.sgt"));
	unlink(rec);
	snprintf(count, sizeof(count), "ignored=%d", STORM);
	pid = live_child(l, ARGS(live_prog(l, "storms"), live_path(l, "made"), "0", count));
	snprintf(number, sizeof(number), "%d", pid);
	l->trace.stdout_fd = fd[1];
	live_trace(l, ARGS("-p", number, json ? "--json" : "-v", "--each", "-w", rec));
	close(fd[1]);
	storm(l, pid, rec);
	read_all(l, fd[0], &out);
	close(fd[0]);
	if (trace_join(&l->trace, STORM_MS) < 0)
		live_fail(l, "%s", l->trace.why);
	found = live_recorded(l, rec, SIGURG);
	assert_int_equal(found.signals + found.signals_lost, STORM);
	s = json ? json_sums(&out) : text_sums(&out);
	assert_false(out.failed);
	assert_int_equal(s.lines + s.counted + s.folded, found.signals);
	buf_free(&out);
	l->passed = true;
	return s;
}

static void test_pipe(void **state)
{
	struct live *l = live(state);
	int fd[2];
	struct sums s;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	s = slow(l, fd, false);
	assert_true(s.lines > 0);
	assert_true(s.folded > 0);
}

static void test_terminal(void **state)
{
	struct live *l = live(state);
	int fd[2];
	struct sums s;

	assert_int_equal(openpty(&fd[0], &fd[1], NULL, NULL, NULL), 0);
	fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	s = slow(l, fd, false);
	assert_true(s.lines > 0);
	assert_true(s.folded > 0);
}

/* Programs read that: it waits for them, and is never folded. */
static void test_json(void **state)
{
	struct live *l = live(state);
	int fd[2];
	struct sums s;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	s = slow(l, fd, true);
	assert_true(s.lines > 0);
	assert_int_equal(s.folded, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_pipe),
		LIVE_TEST(test_terminal),
		LIVE_TEST(test_json),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
