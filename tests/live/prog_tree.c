/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_tree MODE: makes processes that are hard to follow, and prints what is true of them, for
 * test_traps.
 *   daemon     fork, setsid, fork: whoever reaps on this machine adopts
 *   subreaper  the same; this process adopts
 *   reuse      two processes, one after the other, have the same pid
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define say(...) dprintf(1, __VA_ARGS__)
#define TRIES 200

/* In the grandchild: once the middle one is gone, it executes itself. */
static void be_daemon(int middle, int go)
{
	char c;

	while (getppid() == middle)
		usleep(200);
	if (read(go, &c, 1) != 1)
		_exit(99);
	execl("/proc/self/exe", "prog_tree", "report", (char *)NULL);
	_exit(98);
}

static void wait_end(int pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (p.fd >= 0)
		poll(&p, 1, -1);
	close(p.fd);
}

static void daemonise(int adopts)
{
	int tell[2], go[2], middle, pid, status;

	if (adopts)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe(tell) || pipe(go))
		exit(97);
	middle = fork();
	if (!middle) {
		setsid();
		middle = getpid();
		pid = fork();
		if (!pid)
			be_daemon(middle, go[0]);
		if (write(tell[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(96);
		_exit(3);
	}
	if (read(tell[0], &pid, sizeof(pid)) != sizeof(pid) ||
	    waitpid(middle, &status, 0) != middle)
		exit(95);
	say("then {\"type\":\"task.fork\",\"tgid\":%d,\"child_tgid\":%d,\"thread\":false}\n",
	    getpid(), middle);
	say("then {\"type\":\"task.fork\",\"tgid\":%d,\"child_tgid\":%d,\"thread\":false}\n",
	    middle, pid);
	say("then {\"type\":\"task.exit\",\"tgid\":%d,\"status\":3}\n", middle);
	if (write(go[1], "", 1) != 1)
		exit(94);
	if (adopts && (waitpid(pid, &status, 0) != pid || status != 5 << 8))
		exit(93);
	if (!adopts)
		wait_end(pid);
	say("then {\"type\":\"task.exit\",\"tgid\":%d,\"status\":5}\n", pid);
	say("1 {\"type\":\"task.exit\",\"tgid\":%d}\n", pid);
	if (adopts)
		say("1 {\"type\":\"task.exec\",\"tgid\":%d,\"ppid\":%d}\n", pid, getpid());
}

static int report(void)
{
	say("then {\"type\":\"task.exec\",\"tgid\":%d,\"ppid\":%d,\"sid\":%d,\"args\":"
	    "[\"prog_tree\",\"report\"]}\n", getpid(), getppid(), getsid(0));
	return 5;
}

/* ---- pid reuse ---- */

/* The next fork of this pid namespace gets this pid, unless somebody else is faster. */
static int next_pid(int pid)
{
	char number[16];
	int n = snprintf(number, sizeof(number), "%d", pid - 1);
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	ssize_t done = fd < 0 ? -1 : write(fd, number, (size_t)n);

	close(fd);
	return done == n ? 0 : -1;
}

/* A child that executes itself; with `want`, one that has this pid, or -1. */
static int a_child(const char *word, int want)
{
	int pid = fork();

	if (pid)
		return pid;
	if (want && getpid() != want)
		_exit(0);
	execl("/proc/self/exe", "prog_tree", word, (char *)NULL);
	_exit(92);
}

static void expect_life(int pid, const char *word, int status)
{
	say("then {\"type\":\"task.exec\",\"tgid\":%d,\"args\":[\"prog_tree\",\"%s\"]}\n", pid,
	    word);
	say("then {\"type\":\"task.exit\",\"tgid\":%d,\"exit_code\":%d}\n", pid, status);
}

static void reuse(void)
{
	int first = a_child("first", 0), second = 0, status, got;

	if (waitpid(first, &status, 0) != first)
		exit(91);
	expect_life(first, "first", status);
	for (int i = 0; i < TRIES && second != first; i++) {
		if (next_pid(first)) {
			say("skip: /proc/sys/kernel/ns_last_pid is not writable\n");
			return;
		}
		second = a_child("second", first);
		got = waitpid(second, &status, 0);
		if (got != second)
			exit(90);
	}
	if (second != first) {
		say("skip: pid %d was not given a second time\n", first);
		return;
	}
	expect_life(first, "second", status);
	say("2 {\"type\":\"task.fork\",\"child_tgid\":%d}\n", first);
	say("2 {\"type\":\"task.exec\",\"tgid\":%d}\n", first);
	say("2 {\"type\":\"task.exit\",\"tgid\":%d}\n", first);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "daemon"))
		daemonise(0);
	else if (!strcmp(mode, "subreaper"))
		daemonise(1);
	else if (!strcmp(mode, "report"))
		return report();
	else if (!strcmp(mode, "reuse"))
		reuse();
	else if (!strcmp(mode, "first"))
		return 11;
	else if (!strcmp(mode, "second"))
		return raise(SIGTERM);
	else
		return 2;
	return 0;
}
