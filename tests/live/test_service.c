/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service manager hears: sd_notify(3). */
#include "live/live.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

/* "@..": of the abstract namespace. */
static int listen_at(struct live *l, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t n = strlen(name);

	memcpy(at.sun_path, name, n);
	if (*name == '@')
		at.sun_path[0] = '\0';
	if (sock < 0 || bind(sock, (struct sockaddr *)&at,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)))
		live_fail(l, "cannot listen at %s: %s", name, strerror(errno));
	return sock;
}

/* The next datagram is this; others that may come in between are WATCHDOG=1. */
static void expect_said(struct live *l, int sock, const char *want)
{
	int64_t deadline = proc_now_ms() + EVENT_MS;

	for (;;) {
		struct pollfd p = { .fd = sock, .events = POLLIN };
		char said[256];
		ssize_t n = poll(&p, 1, proc_left(deadline)) > 0 ? read(sock, said, 255) : -1;

		if (n < 0)
			live_fail(l, "\"%s\" did not come", want);
		said[n] = '\0';
		if (!strcmp(said, want))
			return;
		if (strcmp(said, "WATCHDOG=1"))
			live_fail(l, "\"%s\" came, not \"%s\"", said, want);
	}
}

static void run_true(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
}

static void serve(struct live *l, const char *name)
{
	int sock = listen_at(l, name);
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "200000", 1);
	if (trace_spawn(&l->trace, ARGS("-p", pid, "--json")))
		live_fail(l, "%s", l->trace.why);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	expect_said(l, sock, "READY=1");
	/* every hook is there: what happens from now on is seen */
	run_true();
	live_expect(l, "{s:s, s:s, s:i}", "type", "task.exec", "comm", "true", "ppid", getpid());
	/* also while nothing happens */
	for (int i = 0; i < 3; i++)
		expect_said(l, sock, "WATCHDOG=1");
	live_done(l);
	l->passed = false;
	expect_said(l, sock, "STOPPING=1");
	close(sock);
	trace_free(&l->trace);
}

static void test_notify(void **state)
{
	struct live *l = live(state);
	char name[300];

	snprintf(name, sizeof(name), "%.80s/notify", l->server.dir);
	serve(l, name);
	unlink(name);
	snprintf(name, sizeof(name), "@sigtrace-test-%d", getpid());
	serve(l, name);
	l->passed = true;
}

/* A manager that has gone, or a name that is none, does not keep it from its work. */
static void test_nobody_listens(void **state)
{
	struct live *l = live(state);

	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	live_trace(l, ARGS("-p", pid, "--json"));
	live_done(l);
	trace_free(&l->trace);
	setenv("NOTIFY_SOCKET", "nonsense", 1);
	live_trace(l, ARGS("-p", pid, "--json"));
	live_done(l);
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_notify),
		LIVE_TEST(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
