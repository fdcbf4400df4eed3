/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace assert` on commands that behave and commands that do not. */
#include "live/live.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS slow_ms(20000)
#define MOST 8

/* One run of assert: what it said of each check. */
struct run {
	int status;
	json_t *checks[MOST];
	size_t n;
	json_t *end;
	struct buf err;
	int survivors; /* closing it ends them */
};

static void take_lines(struct live *l, struct run *r, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		json_t *o = json_loadb(text, n, 0, NULL);
		const char *type = json_string_value(json_object_get(o, "type"));

		if (!type)
			live_fail(l, "not JSON: %.*s", (int)n, text);
		if (!strcmp(type, "check") && r->n < MOST)
			r->checks[r->n++] = o;
		else
			r->end = o;
		text += n + (text[n] == '\n');
	}
}

/* Who it left behind has a pipe of which we have the other end. */
static void open_survivors(struct live *l, struct run *r)
{
	char number[16];
	int fds[2];

	if (pipe(fds) || fcntl(fds[1], F_SETFD, FD_CLOEXEC) || chdir(l->server.dir))
		live_fail(l, "cannot prepare");
	snprintf(number, sizeof(number), "%d", fds[0]);
	setenv("LEFT_FD", number, 1);
	r->survivors = fds[1];
}

static void run_close(struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->checks[i]);
	json_decref(r->end);
	buf_free(&r->err);
	close(r->survivors);
	remove("sigtrace-fail-expr.sgt");
	remove("sigtrace-fail-ci.sgt");
	close(atoi(getenv("LEFT_FD")));
	memset(r, 0, sizeof(*r));
}

/* sigtrace assert --json ARGS.. */
static void run(struct live *l, struct run *r, const char *const *args)
{
	const char *all[32] = {"assert", "--json"};
	struct buf out;
	size_t n = 2;

	memset(r, 0, sizeof(*r));
	open_survivors(l, r);
	for (; *args && n < 31; args++)
		all[n++] = *args;
	all[n] = NULL;
	r->status = tool_run(all, END_MS, &out, &r->err);
	take_lines(l, r, buf_cstr(&out));
	buf_free(&out);
}

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "(null)";
}

static void expect(struct live *l, const struct run *r, size_t i, const char *verdict)
{
	if (i >= r->n || strcmp(text_of(r->checks[i], "verdict"), verdict)) {
		char *got = i < r->n ? json_dumps(r->checks[i], JSON_INDENT(1)) : NULL;

		live_fail(l, "check %zu is not %s: %s\n%s", i, verdict, got ? got : "none",
			  buf_cstr((struct buf *)&r->err));
	}
}

static const json_t *failure(const struct run *r, size_t i)
{
	return json_array_get(json_object_get(r->checks[0], "failures"), i);
}

#define ORPHANS "no orphan"

static void leaves(struct live *l, const char *mode, const char *event)
{
	struct run r;

	run(l, &r, ARGS("--grace", "300ms", "-e", ORPHANS, "--", live_prog(l, "left"), mode));
	expect(l, &r, 0, "fail");
	assert_int_equal(r.status, 1);
	if (!strstr(text_of(failure(&r, 0), "event"), event))
		live_fail(l, "%s: %s", mode, text_of(failure(&r, 0), "event"));
	if (!proc_alive((int)json_integer_value(json_object_get(failure(&r, 0), "tgid"))))
		live_fail(l, "%s: it is not there", mode);
	run_close(&r);
}

static void leaves_nobody(struct live *l, const char *mode)
{
	struct run r;

	run(l, &r, ARGS("-e", ORPHANS, "--", live_prog(l, "left"), mode));
	expect(l, &r, 0, "pass");
	assert_int_equal(r.status, 0);
	run_close(&r);
}

static void test_nobody(void **state)
{
	struct live *l = live(state);

	leaves_nobody(l, "well");
	leaves_nobody(l, "zombie");
	leaves_nobody(l, "dying");
	l->passed = true;
}

static void test_somebody(void **state)
{
	struct live *l = live(state);

	leaves(l, "double", "no_signal");
	leaves(l, "setsid", "other_session");
	leaves(l, "daemon", "other_session, on purpose");
	l->passed = true;
}

static void test_subreaper(void **state)
{
	struct live *l = live(state);
	struct run r;

	run(l, &r, ARGS("--grace", "300ms", "-e", ORPHANS, "-e", "some orphan comm=left new_ppid!=1",
			"-e", "count orphan between 2 and 2", "--", live_prog(l, "left"), "subreaper"));
	expect(l, &r, 0, "fail");
	expect(l, &r, 1, "pass");
	expect(l, &r, 2, "pass");
	run_close(&r);
	l->passed = true;
}

static void test_allowed(void **state)
{
	struct live *l = live(state);
	char path[300];
	struct run r;
	FILE *f;

	snprintf(path, sizeof(path), "%s/ci.sig", l->server.dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("scope command\nallow orphan comm in (tmux, left)\nno orphan\n", f);
	fclose(f);
	run(l, &r, ARGS("--grace", "300ms", path, "--", live_prog(l, "left"), "double"));
	expect(l, &r, 0, "pass");
	assert_int_equal(json_integer_value(json_object_get(r.checks[0], "line")), 3);
	run_close(&r);
	remove(path);
	l->passed = true;
}

#define OBEYS "every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 500ms"

static void test_server(void **state)
{
	struct live *l = live(state);
	struct run r;

	run(l, &r, ARGS("-e", OBEYS, "-e", ORPHANS, "--", live_prog(l, "left"), "server"));
	expect(l, &r, 0, "pass");
	expect(l, &r, 1, "pass");
	assert_int_equal(r.status, 0);
	run_close(&r);
	run(l, &r, ARGS("--grace", "1s", "-e", OBEYS, "-e", ORPHANS, "--", live_prog(l, "left"),
			"deaf"));
	expect(l, &r, 0, "fail");
	expect(l, &r, 1, "fail");
	assert_int_equal(r.status, 1);
	if (!strstr(text_of(failure(&r, 0), "event"), "SIGTERM to server") ||
	    !strstr(text_of(failure(&r, 0), "sender"), "prog_left") ||
	    strcmp(text_of(failure(&r, 0), "instead"), "it did not come in time") ||
	    json_array_size(json_object_get(failure(&r, 0), "context")) != 3)
		live_fail(l, "%s", json_dumps(failure(&r, 0), 0));
	run_close(&r);
	l->passed = true;
}

/* ---- Ctrl-C ---- */

#define TYPED "every interrupt origin=tty -> no orphan within 2s"

static void read_word(struct live *l, int fd, const char *word)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[1024] = "";
	size_t n = 0;

	while (!strstr(text, word)) {
		ssize_t some = -1;

		if (poll(&p, 1, EVENT_MS) > 0)
			some = read(fd, text + n, sizeof(text) - 1 - n);
		if (some <= 0)
			live_fail(l, "it did not print %s: %s", word, text);
		n += (size_t)some;
		text[n] = '\0';
	}
}

static void interrupt(struct live *l, const char *mode, int want)
{
	const char *prog = live_prog(l, "left");
	struct run r = {0};
	int master, status;
	pid_t pid;

	open_survivors(l, &r);
	pid = forkpty(&master, NULL, NULL, NULL);
	if (!pid) {
		execl(getenv("SIGTRACE"), "sigtrace", "assert", "--grace", "300ms", "-e", TYPED, "-e",
		      ORPHANS, "--", prog, mode, NULL);
		_exit(127);
	}
	l->child = pid;
	read_word(l, master, "running");
	assert_int_equal(write(master, "\003", 1), 1);
	read_word(l, master, want ? "2 failed" : "2 passed");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	l->child = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
	close(master);
	run_close(&r);
}

static void test_ctrl_c(void **state)
{
	struct live *l = live(state);

	interrupt(l, "runner", 0);
	interrupt(l, "leaky", 1);
	l->passed = true;
}

/* ---- loss ---- */

static void test_loss(void **state)
{
	struct live *l = live(state);
	struct run r;

	run(l, &r, ARGS("--buffer", "4k", "-e", ORPHANS, "-e", "never signal sig=SIGKILL", "-e",
			"some signal sig=SIGSTOP", "--", live_prog(l, "left"), "storm"));
	expect(l, &r, 0, "inconclusive");
	expect(l, &r, 1, "inconclusive");
	expect(l, &r, 2, "pass");
	assert_int_equal(r.status, 4);
	run_close(&r);
	l->passed = true;
}

/* ---- statuses, the recording, the user ---- */

static void test_status(void **state)
{
	struct live *l = live(state);
	const char *prog = live_prog(l, "left");
	struct run r;

	run(l, &r, ARGS("-e", ORPHANS, "--", prog, "well", "7"));
	expect(l, &r, 0, "pass");
	assert_int_equal(r.status, 7);
	assert_int_equal(json_integer_value(json_object_get(r.end, "command_status")), 7);
	run_close(&r);
	run(l, &r, ARGS("-e", "some exec comm=nothing", "--", prog, "well", "7"));
	assert_int_equal(r.status, 1);
	run_close(&r);
	run(l, &r, ARGS("-e", OBEYS, "--", prog, "well"));
	expect(l, &r, 0, "vacuous");
	assert_int_equal(r.status, 5);
	run_close(&r);
	run(l, &r, ARGS("--strict", "-e", OBEYS, "--", prog, "well"));
	expect(l, &r, 0, "fail");
	assert_int_equal(r.status, 1);
	run_close(&r);
	run(l, &r, ARGS("-e", "scope session", "-e", ORPHANS, "--", prog, "well"));
	expect(l, &r, 0, "vacuous");
	run_close(&r);
	run(l, &r, ARGS("-e", "no orphn", "--", prog, "well"));
	assert_int_equal(r.status, 2);
	assert_int_equal(r.n, 0);
	assert_non_null(strstr(buf_cstr(&r.err), "-e:1:4: expected a kind of event, not 'orphn'; did "
						 "you mean orphan?\n"));
	run_close(&r);
	run(l, &r, ARGS("-e", ORPHANS, "--", "/no/such/program"));
	assert_int_equal(r.status, 127);
	assert_int_equal(r.n, 0);
	run_close(&r);
	l->passed = true;
}

static void test_recording(void **state)
{
	struct live *l = live(state);
	const char *kept;
	struct run r, again;

	run(l, &r, ARGS("-e", ORPHANS, "--", live_prog(l, "left"), "well"));
	assert_true(json_is_null(json_object_get(r.end, "recording")));
	assert_int_equal(access("sigtrace-fail-expr.sgt", F_OK), -1);
	run_close(&r);
	run(l, &r, ARGS("--grace", "300ms", "-e", ORPHANS, "--", live_prog(l, "left"), "setsid"));
	kept = text_of(r.end, "recording");
	assert_string_equal(kept, "sigtrace-fail-expr.sgt");
	/* a replay says the same to the letter */
	run(l, &again, ARGS("-e", ORPHANS, "-r", kept));
	assert_int_equal(again.status, 1);
	assert_true(json_equal(r.checks[0], again.checks[0]));
	run_close(&again);
	run_close(&r);
	l->passed = true;
}

static void test_user(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	char uid[16], expr[64];
	struct stat st;
	struct run r;

	assert_non_null(p);
	snprintf(uid, sizeof(uid), "%u", p->pw_uid);
	snprintf(expr, sizeof(expr), "some exit uid=%s status=0", uid);
	setenv("SUDO_UID", uid, 1);
	run(l, &r, ARGS("-e", expr, "-e", "never exec uid=0", "--", "/bin/sh", "-c",
			"test $(id -u) = \"$SUDO_UID\" && test \"$(id -G)\" = \"$(id -G $USER)\""));
	unsetenv("SUDO_UID");
	expect(l, &r, 0, "pass");
	expect(l, &r, 1, "pass");
	assert_int_equal(r.status, 0);
	run_close(&r);
	run(l, &r, ARGS("--user", ACCOUNT, "--junit", "x.xml", "-e", expr, "-e", "never exec", "--",
			"/bin/true"));
	expect(l, &r, 0, "pass");
	expect(l, &r, 1, "fail");
	assert_int_equal(stat("x.xml", &st), 0);
	assert_true(st.st_size > 100);
	assert_int_equal(st.st_uid, p->pw_uid);
	/* what is kept is that user's */
	assert_int_equal(stat("sigtrace-fail-expr.sgt", &st), 0);
	assert_int_equal(st.st_uid, p->pw_uid);
	assert_int_equal(st.st_mode & 0777, 0600);
	run_close(&r);
	l->passed = true;
}

/* -p: its descendants, once it has ended. */
static void test_tree(void **state)
{
	struct live *l = live(state);
	struct trace t = {.raw = true};
	char number[16], fd[16];
	int go[2], pid;

	assert_int_equal(pipe(go), 0);
	snprintf(fd, sizeof(fd), "%d", go[0]);
	pid = fork();
	if (!pid) {
		close(go[1]);
		execl("/bin/sh", "sh", "-c", "read x <&$0; (read y <&$0; :) & exit 0", fd, NULL);
		_exit(127);
	}
	l->child = pid;
	assert_true(proc_becomes(pid, "sh"));
	snprintf(number, sizeof(number), "%d", pid);
	if (trace_start(&t, ARGS("assert", "-q", "--json", "-o", "/dev/null", "--grace", "300ms", "-e",
				 "no orphan comm=sh", "-p", number)))
		live_fail(l, "%s", t.why);
	assert_int_equal(write(go[1], "x\n", 2), 2);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	l->child = 0;
	assert_int_equal(trace_join(&t, END_MS), 1);
	trace_free(&t);
	close(go[0]);
	close(go[1]);
	l->passed = true;
}

/* Of ssh sessions: who cleans up passes, who leaves something behind fails, by the user's name. */
static void test_sshd(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int pid, server, monitor, status;

	for (int leaves = 0; leaves < 2; leaves++) {
		struct trace t = {.raw = true, .filtered = true};

		if (trace_start(&t, ARGS("assert", "--sshd", "-e",
					 "scope session user=" ACCOUNT, "-e", "no orphan", "-e",
					 "some session.close end in (exit, disconnect)")))
			live_fail(l, "%s", t.why);
		c = live_ssh(l, CLIENT_PLAIN, ARGS(leaves ? "echo pid=$$; exec sleep 1000" :
							    "echo pid=$$; read x; exit 3"));
		pid = live_number(l, c, "pid=");
		server = proc_parent(pid);
		monitor = proc_parent(server);
		if (leaves) {
			assert_true(proc_becomes(pid, "sleep"));
			client_signal(c, SIGINT);
		} else {
			client_eof(c);
		}
		live_wait(l, c);
		assert_true(proc_ends(server));
		assert_true(proc_ends(monitor));
		status = trace_stop(&t);
		if (status != leaves)
			live_fail(l, "status %d: %s%s%s", status, t.why, buf_cstr(&t.bytes),
				  buf_cstr(&t.said));
		trace_free(&t);
	}
	l->passed = true;
}

/* A command that works through an ssh server of the machine: its own tree, and the session's. */
static void test_sshd_of_a_command(void **state)
{
	struct live *l = live(state);
	char ssh[600];
	struct run r;

	snprintf(ssh, sizeof(ssh),
		 "ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
		 "-o IdentitiesOnly=yes -o BatchMode=yes -i %s/client -p %u " ACCOUNT "@127.0.0.1 "
		 "'sleep 1000 >/dev/null 2>&1 </dev/null & exit 5'",
		 l->server.dir, l->server.port);
	run(l, &r, ARGS("--sshd", "--grace", "8s", "-e", "scope session user=" ACCOUNT, "-e",
			"some orphan comm=sleep", "-e", "scope command", "-e", "no orphan", "-e",
			"some exec comm=ssh", "-e", "no exec comm=sleep", "--", "/bin/sh", "-c", ssh));
	for (size_t i = 0; i < 4; i++)
		expect(l, &r, i, "pass");
	assert_int_equal(r.status, 5);
	run_close(&r);
	run(l, &r, ARGS("--sshd", "--grace", "300ms", "-e", "scope command", "-e", ORPHANS, "--",
			live_prog(l, "left"), "double"));
	expect(l, &r, 0, "fail");
	run_close(&r);
	l->passed = true;
}

static void test_filter(void **state)
{
	struct live *l = live(state);
	struct buf out, err;

	assert_int_equal(tool_run(ARGS("--json", "-F", "type=exec comm=true", "-o", "/dev/stderr", "--",
				       "/bin/sh", "-c", "/bin/true; /bin/true; /bin/false; true"),
				  EVENT_MS, &out, &err), 0);
	assert_non_null(strstr(buf_cstr(&err), "\"comm\":\"true\""));
	assert_null(strstr(buf_cstr(&err), "\"comm\":\"false\""));
	assert_null(strstr(buf_cstr(&err), "task.exit"));
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("-F", "sgi=SIGHUP", "--", "true"), EVENT_MS, &out, &err), 2);
	assert_non_null(strstr(buf_cstr(&err), "-F:1:1: unknown field 'sgi'; did you mean sig?"));
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

#define LOOP "trap : USR1; for ((i = 0; i < 2000; i++)); do kill -USR1 $$; done"
#define TAKEN "every signal sig=SIGUSR1 comm=bash -> deliver sig=SIGUSR1 comm=bash within 5s"

/* Signals right behind each other: each has its time, which a check can ask for. */
static void test_loop(void **state)
{
	struct live *l = live(state);
	struct run r;

	run(l, &r, ARGS("-e", TAKEN, "-e", "count signal sig=SIGUSR1 between 2000 and 2000", "--", "bash",
			"-c", LOOP));
	expect(l, &r, 0, "pass");
	expect(l, &r, 1, "pass");
	run_close(&r);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_nobody),	   LIVE_TEST(test_somebody),  LIVE_TEST(test_subreaper),
		LIVE_TEST(test_allowed),   LIVE_TEST(test_server),    LIVE_TEST(test_ctrl_c),
		LIVE_TEST(test_loss),	   LIVE_TEST(test_status),    LIVE_TEST(test_recording),
		LIVE_TEST(test_user),	   LIVE_TEST(test_sshd),
		LIVE_TEST(test_filter),	   LIVE_TEST(test_tree),      LIVE_TEST(test_loop),
		LIVE_TEST(test_sshd_of_a_command),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
