/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/check.h"

#define READY_MS slow_ms(20000)
#define STOP_MS slow_ms(10000)

static int fail(struct trace *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct trace *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- start ---- */

static void child(const struct trace *t, const char *const *args, const int *out, const int *err,
		  int ready)
{
	const char *argv[64] = { getenv("SIGTRACE"), NULL };
	char number[16];
	size_t n = 1;
	int null = open("/dev/null", O_RDONLY);

	if (*args && **args != '-')
		argv[n++] = *args++; /* the command comes first */
	if (ready >= 0) {
		snprintf(number, sizeof(number), "%d", ready);
		argv[n++] = "--ready-fd";
		argv[n++] = number;
		fcntl(ready, F_SETFD, 0);
	}
	while (*args && n < 63)
		argv[n++] = *args++;
	dup2(null, 0);
	dup2(t->stdout_fd ? t->stdout_fd : out[1], 1);
	dup2(err[1], 2);
	execv(argv[0], (char *const *)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int spawn(struct trace *t, const char *const *args, int ready)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	pid_t parent = getpid();

	t->lines = json_array();
	t->out = t->err = -1;
	if (!getenv("SIGTRACE"))
		return fail(t, "SIGTRACE is not set: use tools/run-tests");
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		return fail(t, "pipe: %s", strerror(errno));
	/* Room for what comes while a test waits for an ssh client and does not read here. */
	fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
	t->pid = fork();
	if (!t->pid) {
		proc_plain_child(parent, SIGKILL);
		child(t, args, out, err, ready);
	}
	close(out[1]);
	close(err[1]);
	t->out = out[0];
	t->err = err[0];
	if (t->pid < 0) {
		t->pid = 0;
		return fail(t, "fork: %s", strerror(errno));
	}
	return 0;
}

int trace_spawn(struct trace *t, const char *const *args)
{
	return spawn(t, args, -1);
}

int trace_start(struct trace *t, const char *const *args)
{
	int64_t deadline = proc_now_ms() + READY_MS;
	int ready[2], rc = -1;
	char c;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return fail(t, "pipe: %s", strerror(errno));
	if (spawn(t, args, ready[1]) < 0) {
		close(ready[0]);
		close(ready[1]);
		return -1;
	}
	close(ready[1]);
	while (rc < 0) {
		struct pollfd p = { .fd = ready[0], .events = POLLIN };

		/* In turns: it may have to say much before it is ready. */
		while (!trace_pump(t, 0))
			;
		if (poll(&p, 1, 10) > 0) {
			ssize_t n = read(ready[0], &c, 1);

			if (n == 1 && c == '\n')
				rc = 0;
			else
				break;
		} else if (!proc_left(deadline)) {
			break;
		}
	}
	close(ready[0]);
	if (rc < 0) {
		trace_pump(t, 100);
		fail(t, "sigtrace was not ready: %.400s", buf_cstr(&t->said));
	}
	return rc;
}

/* ---- read ---- */

static void take_lines(struct trace *t)
{
	char *line = t->bytes.p, *end = t->bytes.p + t->bytes.len, *nl;

	while (line < end && (nl = memchr(line, '\n', (size_t)(end - line)))) {
		json_error_t e;
		json_t *o = json_loadb(line, (size_t)(nl - line), JSON_REJECT_DUPLICATES, &e);

		if (!json_is_object(o)) {
			json_decref(o);
			o = json_pack("{s:s, s:s%}", "broken", e.text, "line", line,
				      (size_t)(nl - line));
			if (!o) /* not even UTF-8 */
				o = json_pack("{s:s}", "broken", e.text);
		}
		json_array_append_new(t->lines, o);
		line = nl + 1;
	}
	t->bytes.len = (size_t)(end - line);
	memmove(t->bytes.p, line, t->bytes.len);
}

/* 0: took some. */
static int take(int *fd, struct buf *b)
{
	char chunk[16384];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n > 0) {
		buf_put(b, chunk, (size_t)n);
		return 0;
	}
	if (n < 0 && errno == EINTR)
		return -1;
	close(*fd);
	*fd = -1;
	return -1;
}

int trace_pump(struct trace *t, int timeout_ms)
{
	struct pollfd p[] = { { .fd = t->out, .events = POLLIN },
			      { .fd = t->err, .events = POLLIN } };
	int rc = -1;

	if ((t->out < 0 && t->err < 0) || poll(p, 2, timeout_ms) <= 0)
		return -1;
	if (t->out >= 0 && p[0].revents && !take(&t->out, &t->bytes)) {
		rc = 0;
		if (!t->raw)
			take_lines(t);
	}
	if (t->err >= 0 && p[1].revents && !take(&t->err, &t->said))
		rc = 0;
	/* EOF of one is no reason to give up on the other. */
	return t->out >= 0 || t->err >= 0 ? 0 : rc;
}

/* ---- search ---- */

bool json_has(const json_t *o, const json_t *pattern)
{
	const char *key;
	const json_t *v;
	size_t i, k;

	if (json_is_object(pattern)) {
		json_object_foreach((json_t *)pattern, key, v)
			if (!json_has(json_object_get(o, key), v))
				return false;
		return json_is_object(o);
	}
	if (!json_is_array(pattern))
		return o && json_equal(o, pattern);
	json_array_foreach(pattern, i, v) {
		for (k = 0; k < json_array_size(o); k++)
			if (json_has(json_array_get(o, k), v))
				break;
		if (k == json_array_size(o))
			return false;
	}
	return json_is_array(o);
}

static bool has(const json_t *o, const void *pattern)
{
	return json_has(o, pattern);
}

json_t *trace_find_if(struct trace *t, bool (*is)(const json_t *o, const void *arg),
		      const void *arg, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;

	for (size_t i = 0;;) {
		for (; i < json_array_size(t->lines); i++) {
			json_t *o = json_array_get(t->lines, i);

			if (is(o, arg))
				return o;
		}
		if (trace_pump(t, proc_left(deadline)) < 0)
			return NULL;
	}
}

json_t *trace_find(struct trace *t, const json_t *pattern, int timeout_ms)
{
	return trace_find_if(t, has, pattern, timeout_ms);
}

size_t trace_count(const struct trace *t, const json_t *pattern)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(t->lines); i++)
		n += json_has(json_array_get(t->lines, i), pattern);
	return n;
}

/* ---- end ---- */

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reads to EOF of both, then reaps. What sigtrace started may hold its stderr open for longer. */
static int finish(struct trace *t, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;

	while ((t->out >= 0 || t->err >= 0) && proc_left(deadline)) {
		int ended = t->pid ? proc_open(t->pid) : -1;
		struct pollfd p[] = { { .fd = t->out, .events = POLLIN },
				      { .fd = t->err, .events = POLLIN },
				      { .fd = ended, .events = POLLIN } };

		poll(p, 3, proc_left(deadline));
		if (ended >= 0)
			close(ended);
		if (p[2].revents && !p[0].revents && !p[1].revents)
			break;
		trace_pump(t, 0);
	}
	if (proc_wait(t->pid, &t->status, proc_left(deadline)) < 0)
		return fail(t, "sigtrace did not end within %d ms", timeout_ms);
	t->pid = 0;
	while (!trace_pump(t, 0))
		;
	return 0;
}

int trace_join(struct trace *t, int timeout_ms)
{
	if (t->pid <= 0)
		return fail(t, "sigtrace does not run");
	if (finish(t, timeout_ms) < 0)
		return -1;
	if (!t->raw && !t->stdout_fd && t->bytes.len)
		return fail(t, "the last line has no newline: %.200s", buf_cstr(&t->bytes));
	if (!t->raw && !t->stdout_fd && json_array_size(t->lines) &&
	    check_lines(t->lines, t->filtered, t->may_lose, t->why, sizeof(t->why)) < 0)
		return -1;
	return exit_status(t->status);
}

int trace_stop(struct trace *t)
{
	if (t->pid > 0)
		kill(t->pid, SIGTERM);
	return trace_join(t, STOP_MS);
}

void trace_free(struct trace *t)
{
	if (t->pid > 0)
		proc_kill(t->pid, &t->status);
	if (t->lines) {
		if (t->out >= 0)
			close(t->out);
		if (t->err >= 0)
			close(t->err);
	}
	json_decref(t->lines);
	buf_free(&t->bytes);
	buf_free(&t->said);
	*t = (struct trace){ 0 };
}

void trace_dump(const struct trace *t, FILE *f, size_t n)
{
	size_t all = json_array_size(t->lines);

	for (size_t i = all > n ? all - n : 0; i < all; i++) {
		char *s = json_dumps(json_array_get(t->lines, i), JSON_COMPACT);

		fprintf(f, "# %s\n", s ? s : "?");
		free(s);
	}
	for (size_t i = 0; i < t->said.len;) {
		size_t len = strcspn(t->said.p + i, "\n");

		len = len > t->said.len - i ? t->said.len - i : len;
		fprintf(f, "# stderr: %.*s\n", (int)len, t->said.p + i);
		i += len + 1;
	}
}

int tool_run(const char *const *args, int timeout_ms, struct buf *out, struct buf *err)
{
	struct trace t = { .raw = true };
	int rc = trace_spawn(&t, args) < 0 ? -1 : trace_join(&t, timeout_ms);

	if (rc < 0)
		fprintf(stderr, "# %s\n", t.why);
	*out = t.bytes;
	*err = t.said;
	t.bytes = t.said = (struct buf){ 0 };
	trace_free(&t);
	return rc;
}
