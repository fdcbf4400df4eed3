/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_threads MODE: does with threads what tracers get wrong, and prints what is true of it, for
 * test_traps.
 *   leader  the leader's thread ends first, another one ends the process with 7
 *   exec    a thread that is not the leader calls execve(2)
 *   kill    20 processes of 8 threads each die of SIGKILL
 *   many N  N processes, the same way; prints "many=N" alone and waits to be killed
 *   target  a signal to one thread
 *   blocked in the leader alone, in all threads, in the one thread that a signal is for
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define say(...) dprintf(1, __VA_ARGS__)

static int leader;

static int is_zombie(int tid)
{
	char path[64], line[256] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	end = strrchr(line, ')');
	return end && end[2] == 'Z';
}

static void start(void *(*f)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, f, NULL))
		exit(99);
	pthread_detach(t);
}

static void *outlive(void *arg)
{
	int tid = gettid();

	(void)arg;
	while (!is_zombie(leader))
		usleep(1000);
	say("then {\"type\":\"signal.generate\",\"sig\":\"SIGURG\",\"tgid\":%d,\"pid\":%d,"
	    "\"si_pid\":%d}\n", leader, tid, leader);
	say("then {\"type\":\"task.exit\",\"tgid\":%d,\"exit_code\":%d,\"status\":7,"
	    "\"signal\":null,\"core\":false}\n", leader, 7 << 8);
	say("1 {\"type\":\"task.exit\"}\n");
	syscall(SYS_kill, leader, SIGURG); /* the mark behind which the end is to stand */
	exit(7);
}

static void *exec_here(void *arg)
{
	(void)arg;
	say("1 {\"type\":\"task.fork\",\"tgid\":%d,\"child_tgid\":%d,\"child_pid\":%d,"
	    "\"thread\":true}\n", leader, leader, gettid());
	say("then {\"type\":\"task.exec\",\"tgid\":%d,\"pid\":%d,\"args\":"
	    "[\"prog_threads\",\"end\"]}\n", leader, leader);
	say("then {\"type\":\"task.exit\",\"tgid\":%d,\"pid\":%d,\"status\":9}\n", leader, leader);
	say("1 {\"type\":\"task.exit\"}\n");
	execl("/proc/self/exe", "prog_threads", "end", (char *)NULL);
	exit(98);
}

static __attribute__((noreturn)) void *idle(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

/* A process that it kills with all its threads; its pid. */
static int kill_one(void)
{
	int pid = fork(), status;

	if (!pid) {
		for (int k = 1; k < 8; k++)
			start(idle);
		kill(getpid(), SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || status != SIGKILL)
		exit(97);
	return pid;
}

static void kill_some(void)
{
	for (int i = 0; i < 20; i++) {
		int pid = kill_one();

		say("1 {\"type\":\"task.exit\",\"tgid\":%d}\n", pid);
		say("then {\"type\":\"task.exit\",\"tgid\":%d,\"exit_code\":9,\"status\":null,"
		    "\"signal\":\"SIGKILL\",\"core\":false}\n", pid);
	}
}

static __attribute__((noreturn)) void kill_many(int n)
{
	for (int i = 0; i < n; i++)
		kill_one();
	say("many=%d\n", n);
	for (;;)
		pause();
}

static volatile sig_atomic_t handled_by;
static volatile int ready;

static void handler(int sig)
{
	(void)sig;
	handled_by = gettid();
}

static __attribute__((noreturn)) void *be_target(void *arg)
{
	(void)arg;
	__atomic_store_n(&ready, gettid(), __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static int a_target(void)
{
	int tid;

	ready = 0;
	start(be_target);
	while (!(tid = __atomic_load_n(&ready, __ATOMIC_ACQUIRE)))
		usleep(100);
	return tid;
}

static void wait_handled(int tid)
{
	while (handled_by != tid)
		usleep(100);
	handled_by = 0;
}

static void expect_deliver(int tid, const char *sig)
{
	say("then {\"type\":\"signal.deliver\",\"tgid\":%d,\"pid\":%d,\"sig\":\"%s\","
	    "\"disposition\":\"handler\"}\n", leader, tid, sig);
	say("1 {\"type\":\"signal.deliver\",\"sig\":\"%s\"}\n", sig);
}

static void target(void)
{
	int tid = a_target();

	signal(SIGUSR1, handler);
	say("then {\"type\":\"signal.generate\",\"sig\":\"SIGUSR1\",\"si_code\":\"SI_TKILL\","
	    "\"si_pid\":%d,\"tgid\":%d,\"pid\":%d,\"target\":{\"tgid\":%d,\"pid\":%d},"
	    "\"group\":false,\"result\":\"delivered\",\"disposition\":\"handler\","
	    "\"blocked\":false,\"origin\":\"user\"}\n", leader, leader, leader, leader, tid);
	expect_deliver(tid, "SIGUSR1");
	syscall(SYS_tgkill, leader, tid, SIGUSR1);
	wait_handled(tid);
}

static void expect_blocked(const char *sig, int pid, const char *group, const char *blocked)
{
	say("then {\"type\":\"signal.generate\",\"sig\":\"%s\",\"target\":{\"tgid\":%d,\"pid\":%d},"
	    "\"group\":%s,\"result\":\"delivered\",\"blocked\":%s}\n", sig, leader, pid, group,
	    blocked);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void blocked(void)
{
	int open, closed;

	signal(SIGUSR1, handler);
	signal(SIGUSR2, handler);
	block(SIGUSR2);
	open = a_target(); /* inherits the mask: SIGUSR2 is blocked in all */
	block(SIGUSR1);
	/* open in `open` */
	expect_blocked("SIGUSR1", leader, "true", "false");
	expect_deliver(open, "SIGUSR1");
	syscall(SYS_kill, leader, SIGUSR1);
	wait_handled(open);
	/* in all */
	expect_blocked("SIGUSR2", leader, "true", "true");
	say("0 {\"type\":\"signal.deliver\",\"sig\":\"SIGUSR2\"}\n");
	syscall(SYS_kill, leader, SIGUSR2);
	/* in the one that it is for, though another would take it */
	signal(SIGALRM, handler);
	block(SIGALRM);
	closed = a_target();
	expect_blocked("SIGALRM", closed, "false", "true");
	say("0 {\"type\":\"signal.deliver\",\"sig\":\"SIGALRM\"}\n");
	syscall(SYS_tgkill, leader, closed, SIGALRM);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	leader = getpid();
	if (!strcmp(mode, "leader")) {
		start(outlive);
		pthread_exit(NULL);
	} else if (!strcmp(mode, "exec")) {
		start(exec_here);
		for (;;)
			pause();
	} else if (!strcmp(mode, "end")) {
		return 9;
	} else if (!strcmp(mode, "kill")) {
		kill_some();
	} else if (!strcmp(mode, "many") && argc > 2) {
		kill_many(atoi(argv[2]));
	} else if (!strcmp(mode, "target")) {
		target();
	} else if (!strcmp(mode, "blocked")) {
		blocked();
	} else {
		return 2;
	}
	return 0;
}
