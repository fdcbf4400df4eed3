/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Those who want sigtrace to tell lies, or nothing at all: a server that is none, more processes and
 * sockets than anybody has, one pid for many processes, clocks that jump.
 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

/* What a program says in its first line: NAME=NUMBER. */
static long said(struct live *l, const char *line, const char *name)
{
	const char *at = strstr(line, name);

	if (!at)
		live_fail(l, "it said \"%.200s\"", line);
	return strtol(at + strlen(name), NULL, 10);
}

/* ---- a server that is none ---- */

/* The pretender and its command, which nobody else would kill. */
static int server, left;

static int teardown(void **state)
{
	if (server > 0)
		kill(server, SIGKILL);
	if (left > 0)
		kill(left, SIGKILL);
	server = left = 0;
	return live_teardown(state);
}

struct pretender {
	int pid, root, port, peer;
};

/* Its words go through a file, since live_child() reads one line and keeps none. */
static struct pretender pretend(struct live *l, const char *comm, const char *connection)
{
	char command[1500], path[300], line[200] = "";
	struct pretender p;
	FILE *f;

	snprintf(path, sizeof(path), "%s/said", l->server.dir);
	snprintf(command, sizeof(command), "exec %s \"$0\" \"$1\" | tee %s", live_prog(l, "pretender"),
		 path);
	live_child(l, ARGS("/bin/sh", "-c", command, comm, connection));
	/* tee(1) writes its file last */
	for (int64_t deadline = proc_now_ms() + EVENT_MS; !strchr(line, '\n');) {
		f = fopen(path, "re");
		if (f && !fgets(line, sizeof(line), f) && !proc_left(deadline))
			live_fail(l, "the pretender says nothing");
		if (f)
			fclose(f);
	}
	p = (struct pretender){ (int)said(l, line, "pretender="), (int)said(l, line, "root="),
				(int)said(l, line, "port="), (int)said(l, line, "peer=") };
	server = p.pid;
	left = p.root;
	return p;
}

/* What it is told to be is what the kernel knows of it: its own port, its own client. Without
 * `connection` it claims to have one to the true server. */
static void pretends(void **state, const char *comm, const char *connection)
{
	struct live *l = live(state);
	char local[32], peer[32], claim[128];
	struct pretender p;
	struct client *c;
	int pid, session;
	json_t *open;

	live_trace(l, ARGS("--sshd", "--json", "-v"));
	snprintf(claim, sizeof(claim), "203.0.113.9 4711 127.0.0.1 %u", l->server.port);
	p = pretend(l, comm, connection ? connection : claim);
	snprintf(local, sizeof(local), "127.0.0.1:%d", p.port);
	snprintf(peer, sizeof(peer), "127.0.0.1:%d", p.peer);
	open = trace_find(&l->trace, json_pack("{s:s, s:i}", "type", "session.open", "tgid", p.root),
			  EVENT_MS);
	if (!open || strcmp(json_string_value(json_object_get(open, "local")) ?: "", local) ||
	    strcmp(json_string_value(json_object_get(open, "peer")) ?: "", peer))
		live_fail(l, "the pretender's session %s -> %s is not told", peer, local);
	/* of the true server's all is true */
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "session.close", "session", session, "end",
		    "disconnect");
	live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", session, "tgid", pid);
	kill(p.pid, SIGUSR1);
	server = 0;
	if (!trace_find(&l->trace, json_pack("{s:s, s:i}", "type", "orphan", "tgid", p.root), EVENT_MS))
		live_fail(l, "what the pretender left is not told");
	live_done(l);
}

static void test_called_sshd(void **state)
{
	pretends(state, "sshd", NULL);
}

static void test_no_known_name(void **state)
{
	pretends(state, "\033[2J\xe2\x80\xae\xff", NULL);
}

static void test_environment_of_ff(void **state)
{
	pretends(state, "sshd", "ff");
}

static void test_environment_of_controls(void **state)
{
	pretends(state, "x", "\033]0;x\007 1\n2 \xe2\x80\xae 99999999999999999999 %s 22");
}

/* All of it on a terminal: nothing but text, in every view. */
static void test_pretender_as_text(void **state)
{
	static const char *const views[][4] = {
		{ "--color", "never" }, { "-v", "--color", "never" }, { "--session", "1", "-v" } };
	struct live *l = live(state);
	char rec[300];
	struct pretender p;

	snprintf(rec, sizeof(rec), "%s/pretender.sgt", l->server.dir);
	l->trace.raw = true;
	live_trace(l, ARGS("--sshd", "-q", "-w", rec));
	p = pretend(l, "\033[2J\xe2\x80\xae\xff", "\033]0;x\007\n\xe2\x81\xa6");
	kill(p.pid, SIGUSR1);
	server = 0;
	assert_true(proc_ends(p.pid));
	assert_int_equal(trace_stop(&l->trace), 0);
	for (size_t i = 0; i <= sizeof(views) / sizeof(views[0]); i++) {
		struct buf out, err;
		int status = i < sizeof(views) / sizeof(views[0]) ?
				     tool_run(ARGS("-r", rec, views[i][0], views[i][1], views[i][2]),
					      EVENT_MS, &out, &err) :
				     tool_run(ARGS("explain", "-r", rec, "-v"), EVENT_MS, &out, &err);

		assert_int_equal(status, 0);
		if (out.len < 20 && i < 2)
			live_fail(l, "view %zu shows nothing", i);
		for (size_t k = 0; k < out.len; k++)
			if (((unsigned char)out.p[k] < ' ' && out.p[k] != '\n') || out.p[k] == 0x7f ||
			    !strncmp(out.p + k, "\xe2\x80\xae", 3) || out.p[k] == '\xff' ||
			    !strncmp(out.p + k, "\xc2\x9b", 2))
				live_fail(l, "view %zu has what no terminal should see", i);
		buf_free(&out);
		buf_free(&err);
	}
	l->passed = true;
}

/* ---- too many ---- */

#define MANY 10000

/* Replays it with less memory than it takes, and more and more: no crash, and no silence. */
static void replay_in_little(struct live *l, const char *rec)
{
	bool told = false, done = false;

	for (int mb = 6; mb <= 128 && !done; mb++) {
		char command[800];
		int status;

		snprintf(command, sizeof(command), "ulimit -v %d; exec \"$SIGTRACE\" -r %s --json >/dev/null 2>%s.said",
			 mb * 1024, rec, rec);
		status = system(command);
		if (!WIFEXITED(status) || WEXITSTATUS(status) > 127)
			live_fail(l, "with %d MiB it ends with 0x%x", mb, status);
		done = !WEXITSTATUS(status);
		snprintf(command, sizeof(command), "grep -q 'out of memory' %s.said", rec);
		if (WEXITSTATUS(status) == 4 && system(command))
			live_fail(l, "with %d MiB it does not say why: %s.said", mb, rec);
		told |= WEXITSTATUS(status) == 4;
	}
	if (!told || !done)
		live_fail(l, "%s", told ? "it never succeeds" : "it never says that memory ran out");
}

static void test_ten_thousand_processes(void **state)
{
	struct live *l = live(state);
	char number[16], pid_arg[16], rec[300];
	int pid;

	snprintf(rec, sizeof(rec), "%s/many.sgt", l->server.dir);
	snprintf(number, sizeof(number), "%d", MANY);
	pid = live_child(l, ARGS("/usr/bin/setsid", live_prog(l, "crowd"), "many", number));
	snprintf(pid_arg, sizeof(pid_arg), "%d", pid);
	l->trace.filtered = true;
	live_trace(l, ARGS("--json", "-e", "task.exit,trace.ready", "-p", pid_arg, "-w", rec));
	live_expect(l, "{s:s, s:i}", "type", "trace.ready", "tasks", MANY + 1);
	kill(-pid, SIGTERM);
	trace_join(&l->trace, 6 * EVENT_MS);
	assert_int_equal(live_count(l, "{s:s, s:s}", "type", "task.exit", "signal", "SIGTERM"), MANY);
	live_expect(l, "{s:s, s:i, s:i}", "type", "trace.end", "lost", 0, "evicted", 0);
	replay_in_little(l, rec);
	l->passed = true;
}

#define SOCKETS 1100

static void listens(void **state, bool before, const char *comm, size_t told)
{
	struct live *l = live(state);
	struct client *c;
	char number[16];
	int pid, session, its;

	snprintf(number, sizeof(number), "%d", SOCKETS);
	if (!before)
		live_trace(l, TRACE_SSHD);
	its = live_child(l, ARGS(live_prog(l, "crowd"), "listen", number, comm));
	if (before)
		live_trace(l, TRACE_SSHD);
	/* who logs in is told still, and so is who connects to a server that comes later */
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "session.close", "session", session, "end",
		    "disconnect");
	live_done(l);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "sock.owner", "tgid", its), told);
	live_expect(l, "{s:s, s:i}", "type", "trace.end", "lost", 0);
}

static void test_stranger_listens(void **state)
{
	listens(state, false, "stranger", 0);
}

static void test_a_thousand_ports_of_sshd(void **state)
{
	listens(state, false, "sshd", SOCKETS);
}

static void test_a_thousand_ports_before(void **state)
{
	listens(state, true, "sshd", SOCKETS);
}

/* ---- a fork bomb, in a cgroup of 30 ---- */

#define FORKS 300 /* ten times as many as may be at a time */

static const char *put(const char *dir, const char *file, const char *text)
{
	static char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "we");
	if (!f)
		return path;
	fputs(text, f);
	return fclose(f) ? path : NULL;
}

/* Kills all in the cgroup; how many there were. */
static int kill_all(const char *dir)
{
	char path[400], line[32];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += !kill(atoi(line), SIGKILL);
	if (f)
		fclose(f);
	return n;
}

static void test_fork_bomb(void **state)
{
	static const char *const roots[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup" };
	struct live *l = live(state);
	char dir[100] = "", number[16];
	size_t forks, exits;
	int64_t deadline;
	int pid;

	for (size_t i = 0; i < 2 && !dir[0]; i++) {
		snprintf(dir, sizeof(dir), "%s/sigtrace-bomb-%d", roots[i], (int)getpid());
		if (mkdir(dir, 0755) || put(dir, "pids.max", "30")) {
			rmdir(dir);
			dir[0] = '\0';
		}
	}
	if (!dir[0])
		live_skip("there is no cgroup that counts processes");
	pid = live_child(l, ARGS(live_prog(l, "crowd"), "bomb"));
	snprintf(number, sizeof(number), "%d", pid);
	if (put(dir, "cgroup.procs", number))
		live_fail(l, "cannot put it into %s", dir);
	l->trace.may_lose = l->trace.filtered = true;
	live_trace(l, ARGS("--json", "-e", "task.fork,task.exit", "-p", number));
	kill(pid, SIGUSR2);
	deadline = proc_now_ms() + 12 * EVENT_MS;
	while (live_count(l, "{s:s}", "type", "task.fork") < FORKS && proc_left(deadline))
		trace_pump(&l->trace, 50);
	deadline = proc_now_ms() + 4 * EVENT_MS;
	while (kill_all(dir) && proc_left(deadline))
		;
	while (rmdir(dir) && proc_left(deadline))
		poll(NULL, 0, 10);
	trace_join(&l->trace, 4 * EVENT_MS);
	forks = live_count(l, "{s:s}", "type", "task.fork");
	exits = live_count(l, "{s:s}", "type", "task.exit");
	if (forks < FORKS)
		live_fail(l, "only %zu forks came", forks);
	/* itself too; the trace ends with it, and others may be left for a moment */
	if (exits > forks + 1)
		live_fail(l, "%zu forks, %zu ends", forks, exits);
	live_expect(l, "{s:s, s:i, s:s}", "type", "trace.end", "evicted", 0, "reason", "command");
	l->passed = true;
}

/* ---- one pid ---- */

#define LIVES 20

static void test_one_pid_for_many(void **state)
{
	struct live *l = live(state);
	char command[400];
	struct client *c;
	json_t *orphan;
	int pid, session;
	struct err e;

	snprintf(l->other.user, sizeof(l->other.user), "root");
	if (throwaway_start(&l->other, NULL, &e) < 0)
		live_fail(l, "%s", e.what);
	snprintf(command, sizeof(command), "exec %s reuse %d", live_prog(l, "crowd"), LIVES);
	live_trace(l, TRACE_SSHD);
	c = live_ssh_to(l, &l->other, CLIENT_PLAIN, ARGS(command));
	pid = live_number(l, c, "reuse=");
	if (!pid)
		live_skip("clone3(2) gives no pid that is asked for");
	session = live_int(l, live_expect(l, "{s:s, s:s}", "type", "session.open", "command", command),
			   "session");
	client_signal(c, SIGKILL);
	/* the last of that name is left, with what it was started as */
	orphan = live_expect(l, "{s:s, s:i, s:i}", "type", "orphan", "session", session, "tgid", pid);
	assert_string_equal(json_string_value(json_array_get(json_object_get(orphan, "args"), 1)),
			    "stay");
	live_expect(l, "{s:s, s:i, s:i, s:i}", "type", "session.close", "session", session, "processes",
		    LIVES + 1, "orphans", 2);
	live_done(l);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.fork", "child_tgid", pid), LIVES);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.exec", "tgid", pid), LIVES);
	assert_int_equal(live_count(l, "{s:s, s:i}", "type", "task.exit", "tgid", pid), LIVES - 1);
	for (int i = 0; i < LIVES - 1; i++)
		assert_int_equal(live_count(l, "{s:s, s:i, s:i}", "type", "task.exit", "tgid", pid,
					    "status", i), 1);
}

/* ---- clocks that jump ---- */

static int64_t ns_of(struct live *l, const char *text)
{
	struct tm tm = { 0 };
	long ns = -1;
	int at = 0;

	if (sscanf(text, "%d-%d-%dT%d:%d:%d.%9ldZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &ns, &at) != 7 || text[at])
		live_fail(l, "no time: %s", text);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm) * INT64_C(1000000000) + ns;
}

/* Each look at CLOCK_REALTIME finds another hour: what is told is told by one of them. */
static void test_clock_steps(void **state)
{
	struct live *l = live(state);
	const char *dir = getenv("SIGTRACE_TESTDIR");
	struct timespec now, boot;
	int64_t offset = 0, first = 0;
	char lib[512];
	size_t i;
	json_t *o;

	snprintf(lib, sizeof(lib), "%s/stepclock.so", dir ? dir : ".");
	if (access(lib, R_OK))
		live_fail(l, "%s: %s", lib, strerror(errno));
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	setenv("LD_PRELOAD", lib, 1);
	if (trace_start(&l->trace, TRACE_SSHD) < 0) {
		unsetenv("LD_PRELOAD");
		live_fail(l, "%s", l->trace.why);
	}
	unsetenv("LD_PRELOAD");
	live_wait(l, live_ssh(l, CLIENT_PLAIN, ARGS("exit 3")));
	live_expect(l, "{s:s, s:i}", "type", "session.close", "exit_status", 3);
	live_done(l);
	json_array_foreach(l->trace.lines, i, o) {
		offset = ns_of(l, live_str(l, o, "time")) -
			 json_integer_value(json_object_get(o, "ts"));
		first = i ? first : offset;
		if (offset != first)
			live_fail(l, "line %zu is off by %lld ns", i, (long long)(offset - first));
	}
	/* the library was at work */
	now.tv_sec -= boot.tv_sec;
	if (first / INT64_C(1000000000) < now.tv_sec + 80000)
		live_fail(l, "the clock did not step");
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_called_sshd),
		TEST(test_no_known_name),
		TEST(test_environment_of_ff),
		TEST(test_environment_of_controls),
		TEST(test_pretender_as_text),
		TEST(test_ten_thousand_processes),
		TEST(test_stranger_listens),
		TEST(test_a_thousand_ports_of_sshd),
		TEST(test_a_thousand_ports_before),
		TEST(test_fork_bomb),
		TEST(test_one_pid_for_many),
		TEST(test_clock_steps),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
