/* SPDX-License-Identifier: GPL-2.0-only */
/* A server whose program is replaced or deleted while it runs and is watched, and that is restarted. */
#include "live/live.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

static char program[300];

static void copy_sshd(struct live *l, const char *to)
{
	char from[256], command[700];

	if (proc_find("sshd", from, sizeof(from)) < 0)
		live_fail(l, "sshd is not installed");
	snprintf(command, sizeof(command), "cp %s %s", from, to);
	if (system(command))
		live_fail(l, "cannot copy sshd");
}

static void start_copy(struct live *l)
{
	char dir[280];
	struct err e;

	snprintf(dir, sizeof(dir), "%s/sbin", l->server.dir);
	snprintf(program, sizeof(program), "%s/sshd", dir);
	mkdir(dir, 0755);
	copy_sshd(l, program);
	l->other = (struct throwaway){ .sshd = program };
	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	if (throwaway_start(&l->other, NULL, &e))
		live_fail(l, "%s", e.what);
}

/* A new file under the name of the old one, as a package manager does it. */
static void upgrade(struct live *l)
{
	char new[310];

	snprintf(new, sizeof(new), "%s.new", program);
	copy_sshd(l, new);
	if (rename(new, program))
		live_fail(l, "%s: %s", program, strerror(errno));
}

/* systemd's KillMode=process: the listener goes, its connections stay; a new one takes its port. */
static void restart(struct live *l)
{
	char config[300], log[300];
	pid_t parent = getpid();

	snprintf(config, sizeof(config), "%s/config", l->other.dir);
	snprintf(log, sizeof(log), "%s/log2", l->other.dir);
	kill(l->other.listener, SIGTERM);
	live_expect(l, "{s:s, s:i}", "type", "task.exit", "tgid", (int)l->other.listener);
	l->child = fork();
	if (!l->child) {
		proc_plain_child(parent, SIGKILL);
		execl(program, program, "-D", "-f", config, "-E", log, (char *)NULL);
		_exit(127);
	}
	if (throwaway_answers(&l->other, EVENT_MS))
		live_fail(l, "the new server does not answer");
}

static void goes(struct live *l, struct client *c, int session, int pid)
{
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s, s:s}", "type", "session.close", "session", session, "end",
		    "disconnect", "confidence", "seen");
	live_expect(l, "{s:s, s:i, s:i, s:s}", "type", "orphan", "session", session, "tgid", pid,
		    "reason", "no_pty");
}

static void test_upgraded_and_restarted(void **state)
{
	struct live *l = live(state);
	struct client *a, *b, *c;
	int pid[3], session[3];

	start_copy(l);
	live_trace(l, TRACE_SSHD);
	a = live_sleeper(l, &l->other, "openssh", &pid[0], &session[0]);
	upgrade(l);
	/* of the old listener, whose children may be of the new program */
	b = live_sleeper(l, &l->other, "openssh", &pid[1], &session[1]);
	restart(l);
	c = live_sleeper(l, &l->other, "openssh", &pid[2], &session[2]);
	live_expect(l, "{s:s, s:i, s:s}", "type", "sock.owner", "tgid", (int)l->child, "state",
		    "LISTEN");
	for (int i = 0; i < 3; i++)
		assert_int_equal(live_count(l, "{s:s, s:i}", "type", "session.close", "session",
					    session[i]), 0);
	goes(l, b, session[1], pid[1]);
	goes(l, c, session[2], pid[2]);
	goes(l, a, session[0], pid[0]);
	live_done(l);
}

static void test_program_deleted(void **state)
{
	struct live *l = live(state);
	struct client *a, *b;
	int pid[2], session[2];

	start_copy(l);
	a = live_ssh_to(l, &l->other, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	pid[0] = live_number(l, a, "pid=");
	assert_int_equal(unlink(program), 0);
	/* it is met, and its session, by what it is called and has open: no file is looked at */
	live_trace(l, TRACE_SSHD);
	session[0] = live_int(l, live_expect(l, "{s:s, s:i, s:b, s:s}", "type", "session.open", "tgid",
					     pid[0], "preexisting", 1, "server", "openssh"), "session");
	b = live_sleeper(l, &l->other, "openssh", &pid[1], &session[1]);
	goes(l, b, session[1], pid[1]);
	goes(l, a, session[0], pid[0]);
	live_done(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_upgraded_and_restarted),
		LIVE_TEST(test_program_deleted),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
