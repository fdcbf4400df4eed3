/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients that fall silent, in a network of the test's own: both ends are on its loopback interface, and
 * a rule drops what the client's address sends. ClientAlive asks only when sshd has nothing to do
 * (serverloop.c), so a command that writes keeps it from noticing; then TCP has to give up.
 */
#include "live/live.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT "127.0.0.2"
#define WRITER "echo pid=$$; while echo x; do read -t 0.05 x; done"

static int command(const char *cmd)
{
	char quiet[300];

	snprintf(quiet, sizeof(quiet), "exec >/dev/null 2>&1; %s", cmd);
	return system(quiet) ? -1 : 0;
}

static int silence(void)
{
	return command("ip rule add pref 10 from " CLIENT " blackhole");
}

static int speak(void **state)
{
	command("ip rule del pref 10");
	return live_teardown(state);
}

/* How often TCP sends again before it gives up. */
static void set_retries(const char *n)
{
	int fd = open("/proc/sys/net/ipv4/tcp_retries2", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, n, strlen(n)), strlen(n));
	close(fd);
}

static int setup(void **state)
{
	if (geteuid())
		return live_group_skip(state, "needs root");
	if (unshare(CLONE_NEWNET))
		return live_group_skip(state, "no network of its own is to be had here");
	/* the rule for local addresses goes behind the one that drops; a path as short as this one may
	 * be tried again soon */
	if (command("ip link set lo up && ip rule add pref 100 lookup local && ip rule del pref 0 && "
		    "ip route replace local " CLIENT " dev lo table local src 127.0.0.1 rto_min 5ms"))
		return live_group_skip(state, "ip(8) cannot set that up here");
	return live_group_start(state, &(struct throwaway){.user = ""},
				"ClientAliveInterval 1\nClientAliveCountMax 9\n");
}

static struct client *from_there(struct live *l, const char *cmd, int *pid)
{
	struct client *c = live_ssh(l, CLIENT_PLAIN, ARGS("-b", CLIENT, cmd));

	*pid = live_number(l, c, "pid=");
	return c;
}

/* ClientAlive would have noticed one that is quiet: test_sshd_nopty.c. */
static void tcp_gives_up(void **state)
{
	struct live *l = live(state);
	json_t *end;
	int pid;

	set_retries("2");
	live_trace(l, TRACE_SSHD);
	from_there(l, WRITER, &pid);
	live_expect(l, "{s:s, s:i, s:n}", "type", "session.open", "tgid", pid, "pty");
	assert_int_equal(silence(), 0);
	end = live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "timeout");
	if (!strstr(live_str(l, end, "why"), "TCP gave the client up"))
		live_fail(l, "why is \"%s\"", live_str(l, end, "why"));
	live_expect(l, "{s:s, s:s, s:s}", "type", "interrupt", "origin", "disconnect", "cause", "timeout");
	live_done(l);
	live_forbid(l, "{s:s}", "type", "orphan");
}

/* Is the process in what `sigtrace orphans` lists, for that reason? */
static bool is_listed(int pid)
{
	struct buf out = {0}, err = {0};
	const char *line, *sign;
	char tgid[32];
	bool yes;

	assert_int_equal(tool_run(ARGS("orphans", "--json"), EVENT_MS, &out, &err), 0);
	snprintf(tgid, sizeof(tgid), "\"tgid\":%d,", pid);
	line = strstr(buf_cstr(&out), tgid);
	sign = line ? strstr(line, "\"client_silent\"") : NULL;
	yes = sign && sign < line + strcspn(line, "\n");
	buf_free(&out);
	buf_free(&err);
	return yes;
}

/* Before anybody gives up. */
static void listed(void **state)
{
	struct live *l = live(state);
	bool yes = false;
	int pid;

	set_retries("15");
	from_there(l, WRITER, &pid);
	assert_false(is_listed(pid));
	assert_int_equal(silence(), 0);
	for (int i = 0; i < 100 && !yes; i++) {
		yes = is_listed(pid);
		usleep(100000);
	}
	assert_true(yes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tcp_gives_up, speak),
		cmocka_unit_test_teardown(listed, speak),
	};

	return cmocka_run_group_tests(tests, setup, live_group_teardown);
}
