/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a Ctrl-C did not end who got it, or did not reach them: each row, and what is near it. */
#include "live/live.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define INTR "\x03"
#define SUSP "\x1a"

/* `ssh -tt host COMMAND`, which prints `ready` and a pid. */
static struct client *command(struct live *l, const char *cmd, const char *ready, int *pid)
{
	struct client *c;

	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", cmd));
	*pid = live_number(l, c, ready);
	return c;
}

/* The same for `exec PROGRAM MODE`. */
static struct client *program(struct live *l, const char *name, const char *mode, int *pid)
{
	char cmd[400], comm[32], ready[32];
	struct client *c;

	snprintf(cmd, sizeof(cmd), "exec %s %s", live_prog(l, name), mode);
	snprintf(comm, sizeof(comm), "prog_%s", name);
	snprintf(ready, sizeof(ready), "%s=", name);
	c = command(l, cmd, ready, pid);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", *pid, "comm", comm);
	return c;
}

static void expect_member(struct live *l, int pid, const char *outcome, const char *reason)
{
	live_expect(l, "{s:s, s:s, s:[{s:i, s:s, s:s}]}", "type", "interrupt", "origin", "tty",
		    "members", "tgid", pid, "outcome", outcome, "reason", reason);
}

static void expect_ended(struct live *l, int pid, const char *outcome)
{
	live_expect(l, "{s:s, s:s, s:[{s:i, s:s, s:n}]}", "type", "interrupt", "origin", "tty",
		    "members", "tgid", pid, "outcome", outcome, "reason");
}

static void expect_missed(struct live *l, int pid, const char *reason, const char *why)
{
	live_expect(l, "{s:s, s:s, s:[{s:i, s:s, s:s}]}", "type", "interrupt", "origin", "tty",
		    "missed", "tgid", pid, "reason", reason, "why", why);
}

static void done(struct live *l, struct client *c, int pid)
{
	if (pid)
		kill(pid, SIGKILL);
	client_signal(c, SIGKILL);
	live_wait(l, c);
	live_done(l);
}

/* Until a thread of it has a line like this in /proc. */
static void wait_until(struct live *l, int pid, const char *line)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "grep -q '%s' /proc/%d/task/*/status", line, pid);
	for (int i = 0; i < EVENT_MS; i++, usleep(1000))
		if (!system(cmd))
			return;
	live_fail(l, "%d comes to no \"%s\"", pid, line);
}

/* In sigwait(3), from when on the thread does not block the signal. */
#define IN_SIGWAIT "^SigBlk:.*[014589cd]$"

/* A program of ours, its ^C, and what is told of that. */
static void one(void **state, const char *name, const char *mode, const char *outcome,
		const char *reason)
{
	struct live *l = live(state);
	int pid;
	struct client *c = program(l, name, mode, &pid);

	if (!strcmp(mode, "sigwait") || !strcmp(mode, "other") || !strcmp(mode, "leave"))
		wait_until(l, pid, IN_SIGWAIT);
	live_type(l, c, INTR);
	if (reason)
		expect_member(l, pid, outcome, reason);
	else
		expect_ended(l, pid, outcome);
	done(l, c, pid);
}

#define ROW(test, name, mode, outcome, reason)                                                     \
	static void test(void **state)                                                             \
	{                                                                                          \
		one(state, name, mode, outcome, reason);                                           \
	}

ROW(handler, "hold", "handle", "handled", "handler")
ROW(ignored_own, "hold", "ignore", "ignored", "ignored_own")
ROW(blocked, "hold", "block", "blocked", "blocked_all_threads")
/* blocked by the leader alone */
ROW(blocked_in_one_thread, "wait", "thread", "handled", "handler")
ROW(sigwait_, "wait", "sigwait", "handled", "sigwait")
ROW(sigwait_of_another_thread, "wait", "other", "handled", "sigwait")
ROW(sigwait_and_leaves, "wait", "leave", "exited", NULL)
ROW(signalfd_, "wait", "signalfd", "handled", "signalfd")
/* state D as well, but a fatal signal wakes it */
ROW(vfork_dies, "wait", "vfork", "died", NULL)
ROW(vfork_with_handler, "wait", "vhandle", "not_delivered", "killable")

static void already_pending(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = program(l, "hold", "block", &pid);

	live_type(l, c, INTR);
	expect_member(l, pid, "blocked", "blocked_all_threads");
	live_type(l, c, INTR);
	expect_member(l, pid, "already_pending", "already_pending");
	done(l, c, pid);
}

/* The kernel's answer is a record, so a replay needs no kernel to say the same. */
static void replay_says_the_same(void **state)
{
	struct live *l = live(state);
	struct buf out, err;
	char rec[300], *told;
	struct client *c;
	int pid;

	snprintf(rec, sizeof(rec), "%s/reasons.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-w", rec));
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", "sleep 1001 & trap : INT; echo pid=$$; wait; wait"));
	pid = live_number(l, c, "pid=");
	live_sleeping(l, "1001");
	live_type(l, c, INTR);
	told = json_dumps(live_expect(l, "{s:s, s:[{s:i, s:s}, {s:s}]}", "type", "interrupt", "members",
				      "tgid", pid, "reason", "handler", "reason",
				      "ignored_background"),
			  JSON_COMPACT);
	done(l, c, pid);
	assert_int_equal(tool_run(ARGS("-r", rec, "--json"), EVENT_MS, &out, &err), 0);
	l->passed = false;
	if (!strstr(buf_cstr(&out), told))
		live_fail(l, "the replay does not say %s", told);
	l->passed = true;
	free(told);
	buf_free(&out);
	buf_free(&err);
}

/* ---- what a shell makes it ignore ---- */

static void ignored_at_exec(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = command(l, "trap '' INT; echo pid=$$; exec sleep 1001", "pid=", &pid);

	assert_int_equal(live_sleeping(l, "1001"), pid);
	live_type(l, c, INTR);
	expect_member(l, pid, "ignored", "ignored_at_exec");
	done(l, c, pid);
}

static void ignored_inherited(void **state)
{
	struct live *l = live(state);
	int shell, job;
	struct client *c = command(l, "trap '' INT; echo pid=$$; sleep 1001; :", "pid=", &shell);

	job = live_sleeping(l, "1001");
	live_type(l, c, INTR);
	expect_member(l, job, "ignored", "ignored_inherited");
	expect_member(l, shell, "ignored", "ignored_own");
	done(l, c, job);
}

static void ignored_background(void **state)
{
	struct live *l = live(state);
	int shell, job;
	struct client *c = command(l, "sleep 1001 & echo pid=$$; wait; :", "pid=", &shell);

	job = live_sleeping(l, "1001");
	live_type(l, c, INTR);
	expect_member(l, job, "ignored", "ignored_background");
	expect_ended(l, shell, "died");
	done(l, c, job);
}

/* One signal alone, and a parent that does not ignore it. */
static void ignored_by_env(void **state)
{
	struct live *l = live(state);
	int shell, job;
	struct client *c =
		command(l, "echo pid=$$; env --ignore-signal=INT sleep 1001; :", "pid=", &shell);

	job = live_sleeping(l, "1001");
	live_type(l, c, INTR);
	expect_member(l, job, "ignored", "ignored_at_exec");
	done(l, c, job);
}

/* ---- shells that go on ---- */

static void waits_for_child(void **state)
{
	struct live *l = live(state);
	char cmd[400];
	struct client *c;
	int shell;

	snprintf(cmd, sizeof(cmd), "echo pid=$$; %s quit; sleep 1001; :", live_prog(l, "hold"));
	c = command(l, cmd, "pid=", &shell);
	live_number(l, c, "hold=");
	live_type(l, c, INTR);
	expect_member(l, shell, "handled", "waits_for_child");
	done(l, c, live_sleeping(l, "1001"));
}

/* The child dies of it, and the shell's trap is why it goes on. */
static void trap_goes_on(void **state)
{
	struct live *l = live(state);
	int shell;
	struct client *c =
		command(l, "trap : INT; echo pid=$$; sleep 1001; sleep 1002; :", "pid=", &shell);

	live_sleeping(l, "1001");
	live_type(l, c, INTR);
	expect_member(l, shell, "handled", "handler");
	done(l, c, live_sleeping(l, "1002"));
}

static void prompt(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, INTR);
	expect_member(l, shell, "handled", "prompt");
	done(l, c, 0);
}

/* ---- who cannot take it now ---- */

static void stopped(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = program(l, "hold", "", &pid);

	kill(pid, SIGSTOP);
	wait_until(l, pid, "^State:.T");
	live_type(l, c, INTR);
	expect_member(l, pid, "not_delivered", "stopped");
	kill(pid, SIGCONT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGINT");
	done(l, c, 0);
}

static void traced(void **state)
{
	struct live *l = live(state);
	int pid, status;
	struct client *c = program(l, "hold", "", &pid);

	assert_int_equal(ptrace(PTRACE_SEIZE, pid, 0, 0), 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	live_type(l, c, INTR);
	expect_member(l, pid, "not_delivered", "traced");
	assert_int_equal(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGINT");
	done(l, c, 0);
}

static char locked[64];

/* A program on a terminal that waits in state D for the lock of a file, which a child of the test
 * holds. Nobody else may touch the file meanwhile: unlink(2) wants that lock too. */
static struct client *in_state_d(struct live *l, int *pid)
{
	char dir[] = "/dev/shm/sigtrace-XXXXXX";
	char prog[400], cmd[200];
	struct client *c;
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		live_skip("userfaultfd(2) is refused here");
	close(fd);
	if (!mkdtemp(dir))
		live_skip("cannot make a folder in /dev/shm");
	snprintf(locked, sizeof(locked), "%s/f", dir);
	snprintf(prog, sizeof(prog), "%s", live_prog(l, "lock"));
	chmod(dir, 0755);
	live_child(l, ARGS(prog, locked));
	snprintf(cmd, sizeof(cmd), "echo pid=$$; exec dd if=/dev/zero of=%s bs=1 count=1 conv=notrunc",
		 locked);
	c = command(l, cmd, "pid=", pid);
	wait_until(l, *pid, "^State:.D");
	return c;
}

static void unlock(struct live *l)
{
	int status;

	proc_kill(l->child, &status);
	l->child = 0;
}

static int unlocked(void **state)
{
	int bad = live_teardown(state);

	if (locked[0]) {
		unlink(locked);
		*strrchr(locked, '/') = '\0';
		rmdir(locked);
		locked[0] = '\0';
	}
	return bad;
}

static void uninterruptible(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = in_state_d(l, &pid);

	live_type(l, c, INTR);
	expect_member(l, pid, "not_delivered", "uninterruptible");
	unlock(l);
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exit", "tgid", pid, "signal", "SIGINT");
	done(l, c, 0);
}

static void uninterruptible_at_the_end(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = in_state_d(l, &pid);

	client_signal(c, SIGKILL);
	live_expect(l, "{s:s, s:i, s:s, s:b}", "type", "orphan", "tgid", pid, "reason",
		    "uninterruptible", "intended", 0);
	unlock(l);
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan.exit", "tgid", pid, "exit_signal", "SIGHUP");
	live_done(l);
}

static int put(const char *dir, const char *file, const char *text)
{
	char path[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static bool says(const char *dir, const char *file, const char *text)
{
	char path[200], got[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, got, sizeof(got) - 1);
	if (fd >= 0)
		close(fd);
	got[n > 0 ? n : 0] = '\0';
	return strstr(got, text);
}

/* root: where such a cgroup file system may be mounted. */
static void freeze(void **state, const char *const *roots, const char *file, const char *on,
		   const char *off, const char *told, const char *frozen)
{
	struct live *l = live(state);
	char dir[100] = "", number[16];
	struct client *c;
	int pid;

	for (; *roots && !dir[0]; roots++) {
		snprintf(dir, sizeof(dir), "%s/sigtrace-test-%d", *roots, (int)getpid());
		if (mkdir(dir, 0755) || !says(dir, file, "")) {
			rmdir(dir);
			dir[0] = '\0';
		}
	}
	if (!dir[0])
		live_skip("no such cgroup file system is mounted here");
	c = program(l, "hold", "handle", &pid);
	snprintf(number, sizeof(number), "%d", pid);
	assert_int_equal(put(dir, "cgroup.procs", number), 0);
	assert_int_equal(put(dir, file, on), 0);
	while (!says(dir, told, frozen))
		usleep(1000);
	live_type(l, c, INTR);
	expect_member(l, pid, "not_delivered", "frozen");
	kill(pid, SIGKILL);
	assert_int_equal(put(dir, file, off), 0);
	assert_true(proc_ends(pid));
	done(l, c, 0);
	while (rmdir(dir) && says(dir, "cgroup.procs", number))
		usleep(1000);
}

static void frozen_v2(void **state)
{
	freeze(state, ARGS("/sys/fs/cgroup/unified", "/sys/fs/cgroup"), "cgroup.freeze", "1", "0",
	       "cgroup.events", "frozen 1");
}

static void frozen_v1(void **state)
{
	freeze(state, ARGS("/sys/fs/cgroup/freezer"), "freezer.state", "FROZEN", "THAWED",
	       "freezer.state", "FROZEN");
}

/* No shell could continue it, so the kernel does not stop it. */
static void orphaned_group(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = program(l, "hold", "", &pid);

	live_type(l, c, SUSP);
	expect_member(l, pid, "ignored", "orphaned_group");
	done(l, c, pid);
}

static void suspended(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, job;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "sleep 1001\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, SUSP);
	expect_ended(l, job, "stopped");
	done(l, c, job);
}

static void in_pid_ns(void **state, const char *mode, const char *outcome, const char *reason)
{
	struct live *l = live(state);
	char cmd[400];
	struct client *c;
	int init;

	if (system("unshare -Urpf true 2>/dev/null"))
		live_skip("unshare(1) gives no pid namespace here");
	snprintf(cmd, sizeof(cmd), "exec unshare -Urpf --kill-child %s %s", live_prog(l, "hold"),
		 mode);
	live_trace(l, TRACE_SSHD);
	c = live_ssh(l, CLIENT_PTY, ARGS("-tt", cmd));
	assert_int_equal(live_number(l, c, "hold="), 1);
	init = live_int(l, live_expect(l, "{s:s, s:s}", "type", "task.exec", "comm", "prog_hold"),
			"tgid");
	live_type(l, c, INTR);
	expect_member(l, init, outcome, reason);
	done(l, c, init);
}

static void pid_ns_init(void **state)
{
	in_pid_ns(state, "", "ignored", "pid_ns_init");
}

static void pid_ns_init_with_handler(void **state)
{
	in_pid_ns(state, "handle", "handled", "handler");
}

static void pid_ns_init_that_ignores(void **state)
{
	in_pid_ns(state, "ignore", "ignored", "ignored_own");
}

/* ---- who was missed ---- */

static void timeout_(void **state)
{
	struct live *l = live(state);
	int shell, job, parent;
	struct client *c = command(l, "echo pid=$$; timeout 100 sleep 1001; :", "pid=", &shell);
	json_t *exec;

	exec = live_expect(l, "{s:s, s:s, s:[s,s]}", "type", "task.exec", "comm", "sleep", "args",
			   "sleep", "1001");
	job = live_int(l, exec, "tgid");
	parent = live_int(l, exec, "ppid");
	live_type(l, c, INTR);
	expect_missed(l, parent, "other_group", "timeout");
	expect_missed(l, job, "other_group", "timeout");
	expect_member(l, shell, "handled", "waits_for_child");
	done(l, c, job);
}

/* A job of an interactive shell like any other. */
static void timeout_in_background(void **state)
{
	struct live *l = live(state);
	struct client *c;
	int shell, job, front;

	live_trace(l, TRACE_SSHD);
	c = live_shell(l, &shell);
	live_type(l, c, "timeout 100 sleep 1001 &\n");
	job = live_sleeping(l, "1001");
	live_type(l, c, "sleep 1002\n");
	front = live_sleeping(l, "1002");
	live_type(l, c, INTR);
	expect_missed(l, job, "other_group", "background_job");
	expect_ended(l, front, "died");
	live_done(l);
	live_forbid(l, "{s:s, s:[{s:s}]}", "type", "interrupt", "missed", "why", "timeout");
	kill(job, SIGKILL);
}

/* What runs on a terminal inside the session takes that one's keys. */
static void inner_pty(void **state)
{
	struct live *l = live(state);
	int holder;
	struct client *c = program(l, "wait", "inner", &holder);
	int inner = live_sleeping(l, "1001");

	live_type(l, c, INTR);
	expect_missed(l, inner, "other_session", "inner_pty");
	done(l, c, holder);
}

static void left(void **state, const char *mode, const char *reason, const char *why)
{
	struct live *l = live(state);
	char cmd[400];
	struct client *c;
	int pid;

	snprintf(cmd, sizeof(cmd), "%s %s & sleep 1001; :", live_prog(l, "wait"), mode);
	c = command(l, cmd, "wait=", &pid);
	live_sleeping(l, "1001");
	live_type(l, c, INTR);
	expect_missed(l, pid, reason, why);
	done(l, c, pid);
}

static void own_group(void **state)
{
	left(state, "setpgid", "other_group", "own_group");
}

static void own_session(void **state)
{
	left(state, "setsid", "other_session", "own_session");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(handler),
		LIVE_TEST(ignored_own),
		LIVE_TEST(blocked),
		LIVE_TEST(blocked_in_one_thread),
		LIVE_TEST(sigwait_),
		LIVE_TEST(sigwait_of_another_thread),
		LIVE_TEST(sigwait_and_leaves),
		LIVE_TEST(signalfd_),
		LIVE_TEST(vfork_dies),
		LIVE_TEST(vfork_with_handler),
		LIVE_TEST(already_pending),
		LIVE_TEST(replay_says_the_same),
		LIVE_TEST(ignored_at_exec),
		LIVE_TEST(ignored_inherited),
		LIVE_TEST(ignored_background),
		LIVE_TEST(ignored_by_env),
		LIVE_TEST(waits_for_child),
		LIVE_TEST(trap_goes_on),
		LIVE_TEST(prompt),
		LIVE_TEST(stopped),
		LIVE_TEST(traced),
		cmocka_unit_test_teardown(uninterruptible, unlocked),
		cmocka_unit_test_teardown(uninterruptible_at_the_end, unlocked),
		LIVE_TEST(frozen_v2),
		LIVE_TEST(frozen_v1),
		LIVE_TEST(orphaned_group),
		LIVE_TEST(suspended),
		LIVE_TEST(pid_ns_init),
		LIVE_TEST(pid_ns_init_with_handler),
		LIVE_TEST(pid_ns_init_that_ignores),
		LIVE_TEST(timeout_),
		LIVE_TEST(timeout_in_background),
		LIVE_TEST(inner_pty),
		LIVE_TEST(own_group),
		LIVE_TEST(own_session),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
