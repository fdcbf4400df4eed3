/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"
#include "event/event.h"
#include "source/recording.h"

/* ---- group ---- */

/* Asks the system, never sigtrace: one that does not load is a failure. */
static const char *why_not(void)
{
	static const char *const programs[] = { "sshd", "ssh", "ssh-keygen" };
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 };
	static char why[128];
	char path[256];
	int fd;

	if (geteuid())
		return "needs root";
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return "this kernel has no BTF";
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
	if (fd < 0) {
		snprintf(why, sizeof(why), "bpf(2) gives no ring buffer: %s", strerror(errno));
		return why;
	}
	close(fd);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (proc_find(programs[i], path, sizeof(path)) < 0) {
			snprintf(why, sizeof(why), "%s is not installed", programs[i]);
			return why;
		}
	}
	return NULL;
}

int live_group_setup(void **state)
{
	return live_group_start(state, &(struct throwaway){ .user = "" }, NULL);
}

int live_group_skip(void **state, const char *reason)
{
	struct live *l = *state = calloc(1, sizeof(*l));

	if (l)
		l->why_not = reason;
	return l ? 0 : -1;
}

int live_group_start(void **state, const struct throwaway *like, const char *extra_config)
{
	struct live *l = calloc(1, sizeof(*l));
	struct err e = { 0 };

	*state = l;
	if (!l)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	l->why_not = why_not();
	if (l->why_not)
		return 0;
	if (account_make() < 0) {
		l->why_not = "cannot make an account with useradd";
		return 0;
	}
	l->server = *like;
	if (!l->server.user[0])
		snprintf(l->server.user, sizeof(l->server.user), ACCOUNT);
	if (!throwaway_start(&l->server, extra_config, &e))
		return 0;
	fprintf(stderr, "# %s\n", e.what);
	live_group_teardown(state);
	return -1;
}

int live_group_teardown(void **state)
{
	struct live *l = *state;

	if (!l)
		return 0;
	throwaway_stop(&l->server);
	if (!l->why_not)
		account_remove();
	free(l);
	*state = NULL;
	return 0;
}

int live_teardown(void **state)
{
	struct live *l = *state;
	int status;

	if (l->trace.lines && !l->passed)
		trace_dump(&l->trace, stderr, 60);
	for (size_t i = 0; i < l->nclients; i++) {
		struct client *c = &l->clients[i];

		if (l->trace.lines && !l->passed && c->text.len)
			fprintf(stderr, "# ssh %zu said: %.300s\n", i, buf_cstr(&c->text));
		client_end(c);
	}
	l->nclients = 0;
	relay_end(&l->relay);
	trace_free(&l->trace);
	if (l->child > 0)
		proc_kill(l->child, &status);
	l->child = 0;
	throwaway_stop(&l->other);
	throwaway_sweep(&l->server);
	l->passed = false;
	return 0;
}

struct live *live(void **state)
{
	struct live *l = *state;

	if (l->why_not)
		live_skip(l->why_not);
	return l;
}

void live_skip(const char *reason)
{
	/* Where tools/run-tests looks for it. cmocka's own messages come late, or not at all. */
	fprintf(stderr, "# skip: %s\n", reason);
	skip();
	abort();
}

void live_skip_slow(const char *why)
{
	if (slow_ms(1) > 1)
		live_skip(why);
}

void live_fail(struct live *l, const char *fmt, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	l->passed = false;
	fail_msg("%s", what);
	abort();
}

/* ---- sigtrace ---- */

void live_trace(struct live *l, const char *const *args)
{
	if (trace_start(&l->trace, args) < 0)
		live_fail(l, "%s", l->trace.why);
}

static json_t *pack(struct live *l, const char *fmt, va_list ap)
{
	json_error_t e;
	json_t *pattern = json_vpack_ex(&e, 0, fmt, ap);

	if (!pattern)
		live_fail(l, "bad pattern %s: %s", fmt, e.text);
	return pattern;
}

struct ours {
	const struct live *l;
	const json_t *pattern;
};

static bool is_port(const char *local, uint16_t port)
{
	char end[16];
	size_t n = (size_t)snprintf(end, sizeof(end), ":%u", port), len = strlen(local);

	return port && len > n && !strcmp(local + len - n, end);
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key)) ?: "";
}

/* Of a session whose session.open names another server? */
static bool is_foreign(const struct live *l, const json_t *o)
{
	const json_t *session = json_object_get(o, "session"), *open;
	const char *local;
	size_t i;

	if (!json_is_integer(session))
		return false;
	json_array_foreach(l->trace.lines, i, open) {
		if (strcmp(text(open, "type"), "session.open") ||
		    !json_equal(session, json_object_get(open, "session")))
			continue;
		local = text(open, "local");
		return !is_port(local, l->server.port) && !is_port(local, l->other.port);
	}
	return false;
}

static bool is_ours(const json_t *o, const void *arg)
{
	const struct ours *want = arg;

	return json_has(o, want->pattern) && !is_foreign(want->l, o);
}

json_t *live_expect(struct live *l, const char *fmt, ...)
{
	struct ours want = { .l = l };
	json_t *pattern, *o;
	char what[512];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	pattern = pack(l, fmt, ap);
	va_end(ap);
	want.pattern = pattern;
	o = trace_find_if(&l->trace, is_ours, &want, EVENT_MS);
	n = json_dumpb(pattern, what, sizeof(what) - 1, JSON_COMPACT);
	what[n < sizeof(what) ? n : sizeof(what) - 1] = '\0';
	json_decref(pattern);
	if (!o)
		live_fail(l, "%s did not come", what);
	return o;
}

static size_t count(struct live *l, const char *fmt, va_list ap)
{
	struct ours want = { .l = l };
	json_t *pattern = pack(l, fmt, ap), *o;
	size_t i, n = 0;

	want.pattern = pattern;
	json_array_foreach(l->trace.lines, i, o)
		n += is_ours(o, &want);
	json_decref(pattern);
	return n;
}

size_t live_count(struct live *l, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = count(l, fmt, ap);
	va_end(ap);
	return n;
}

void live_forbid(struct live *l, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = count(l, fmt, ap);
	va_end(ap);
	if (n)
		live_fail(l, "%zu with the pattern %s came", n, fmt);
}

void live_done(struct live *l)
{
	int status = trace_stop(&l->trace);

	if (status < 0)
		live_fail(l, "%s", l->trace.why);
	if (status)
		live_fail(l, "sigtrace exited with %d", status);
	l->passed = true;
}

int live_int(struct live *l, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		live_fail(l, "no integer \"%s\"", key);
	return (int)json_integer_value(v);
}

const char *live_str(struct live *l, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		live_fail(l, "no string \"%s\"", key);
	return s;
}

/* cmocka reads its filter from no environment; the group's set-up is too late for it. */
static void __attribute__((constructor)) one_test(void)
{
	const char *name = getenv("SIGTRACE_TEST");

	if (name)
		cmocka_set_test_filter(name);
}

/* ---- clients ---- */

struct client *live_ssh_to(struct live *l, const struct throwaway *to, enum client_mode mode,
			   const char *const *args)
{
	struct client *c = &l->clients[l->nclients];
	struct err e;

	if (l->nclients == LIVE_CLIENTS)
		live_fail(l, "too many clients");
	if (client_start(c, to, mode, args, &e) < 0)
		live_fail(l, "%s", e.what);
	l->nclients++;
	return c;
}

struct client *live_ssh(struct live *l, enum client_mode mode, const char *const *args)
{
	return live_ssh_to(l, &l->server, mode, args);
}

struct client *live_shell(struct live *l, int *shell)
{
	struct client *c = live_ssh(l, CLIENT_PTY, ARGS("-tt"));

	/* Split, so that the echo of the command is not taken for its output. */
	live_type(l, c, "PS1='$ '; echo shell''=$$\n");
	*shell = live_number(l, c, "shell=");
	return c;
}

void live_type(struct live *l, struct client *c, const char *bytes)
{
	if (client_type(c, bytes) < 0)
		live_fail(l, "ssh does not read what is typed");
}

int live_number(struct live *l, struct client *c, const char *text)
{
	int n = (int)client_number(c, text, EVENT_MS);

	if (n < 0)
		live_fail(l, "ssh did not say \"%s\" and a number, but: %.300s", text,
			  buf_cstr(&c->text));
	return n;
}

int live_wait(struct live *l, struct client *c)
{
	if (client_wait(c, EVENT_MS) < 0)
		live_fail(l, "ssh does not end; it said: %.300s", buf_cstr(&c->text));
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}

void live_expect_close(struct live *l, int session, const char *end, int orphans)
{
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session", session, "end",
		    end, "orphans", orphans);
}

void live_expect_left(struct live *l, int session, int pid)
{
	live_expect(l, "{s:s, s:i, s:i, s:s, s:[s,s], s:s, s:b}", "type", "orphan", "session",
		    session, "tgid", pid, "comm", "sleep", "args", "sleep", "1000", "reason",
		    "no_pty", "intended", 0);
	assert_true(proc_alive(pid));
}

int live_sleeping(struct live *l, const char *seconds)
{
	return live_int(l,
			live_expect(l, "{s:s, s:s, s:[s,s]}", "type", "task.exec", "comm", "sleep",
				    "args", "sleep", seconds),
			"tgid");
}

const char *live_path(struct live *l, const char *file)
{
	static char path[2][300];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", l->server.dir, file);
	return path[turn];
}

static void count_record(struct live_recorded *found, const struct event *ev, uint32_t sig)
{
	found->records++;
	found->whole = ev->u.h.kind == WIRE_TRACE_END;
	if (ev->u.h.kind == WIRE_SIGNAL_GENERATE && ev->u.generate.sig == sig)
		found->signals += (long long)event_count(ev);
	if (ev->u.h.kind != WIRE_TRACE_LOST)
		return;
	found->lost += (long long)ev->u.lost.count;
	if (ev->u.lost.lost_kind == WIRE_SIGNAL_GENERATE)
		found->signals_lost += (long long)ev->u.lost.count;
}

struct live_recorded live_recorded(struct live *l, const char *path, uint32_t sig)
{
	struct err e = { 0 };
	struct recording_reader *r = recording_open(path, &e);
	struct live_recorded found = { 0 };
	struct event ev;
	const void *p;
	size_t len;
	int more;

	if (!r)
		live_fail(l, "%s", e.what);
	while ((more = recording_next(r, &p, &len, &e)) > 0) {
		assert_int_equal(event_decode(p, len, &ev), EVENT_OK);
		count_record(&found, &ev, sig);
	}
	found.whole &= !more;
	recording_free(r);
	return found;
}

const char *live_prog(struct live *l, const char *name)
{
	static char to[300];
	const char *dir = getenv("SIGTRACE_TESTDIR");
	char from[512], chunk[65536];
	int in, out;
	ssize_t n = -1;

	snprintf(from, sizeof(from), "%s/prog_%s", dir ? dir : ".", name);
	snprintf(to, sizeof(to), "%s/prog_%s", l->server.dir, name);
	if (!access(to, X_OK))
		return to;
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	while (in >= 0 && out >= 0 && (n = read(in, chunk, sizeof(chunk))) > 0)
		if (write(out, chunk, (size_t)n) != n)
			break;
	if (out >= 0 && fchmod(out, 0755) < 0)
		n = -1;
	close(in);
	close(out);
	if (n)
		live_fail(l, "cannot copy %s to %s", from, to);
	return to;
}

int live_child(struct live *l, const char *const *argv)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;
	pid_t parent = getpid();
	int out[2];
	char c = 0;

	if (pipe2(out, O_CLOEXEC) < 0)
		live_fail(l, "pipe: %s", strerror(errno));
	l->child = fork();
	if (!l->child) {
		proc_plain_child(parent, SIGKILL);
		dup2(out[1], 1);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	while (c != '\n') {
		struct pollfd p = { .fd = out[0], .events = POLLIN };

		if (poll(&p, 1, proc_left(deadline)) <= 0 || read(out[0], &c, 1) != 1)
			break;
	}
	close(out[0]);
	if (c != '\n')
		live_fail(l, "%s does not start", argv[0]);
	return l->child;
}
