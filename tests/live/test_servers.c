/* SPDX-License-Identifier: GPL-2.0-only */
/* Servers that are not OpenSSH: recognised by what they do, explained by what they leave. */
#include "live/live.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define KEY "$1"
#define PORT "$2"

/* How to start one, and what is special about it. */
static const struct foreign {
	const char *name; /* in session.open */
	const char *programs[3];
	const char *start; /* sh -c: prints a line once it is about to listen */
} dropbear = {
	"dropbear",
	{ "dropbear", "dropbearkey" },
	"dropbearkey -t ed25519 -f " KEY "/dropbear >&2 && "
	"exec dropbear -F -E -r " KEY "/dropbear -p 127.0.0.1:" PORT " 2>&1",
}, deaf_dropbear = {
	"dropbear",
	{ "dropbear", "dropbearkey" },
	"dropbearkey -t ed25519 -f " KEY "/dropbear >&2 && trap '' INT QUIT && "
	"exec dropbear -F -E -r " KEY "/dropbear -p 127.0.0.1:" PORT " 2>&1",
}, deaf_tinyssh = {
	"tinyssh",
	{ "tinysshd", "tinysshd-makekey", "tcpserver" },
	"tinysshd-makekey " KEY "/tinyssh >&2 && trap '' INT QUIT && "
	"exec tcpserver -vHRDl0 127.0.0.1 " PORT " tinysshd " KEY "/tinyssh 2>&1",
}, tinyssh = {
	"tinyssh",
	{ "tinysshd", "tinysshd-makekey", "tcpserver" },
	"tinysshd-makekey " KEY "/tinyssh >&2 && "
	"exec tcpserver -vHRDl0 127.0.0.1 " PORT " tinysshd " KEY "/tinyssh 2>&1",
};

static char home[32]; /* outside of /tmp: TinySSH takes no keys from below a folder all may write to */

/* These servers' sessions do not carry the mark by which a throw-away's orphans are found. */
static int left[16];
static size_t nleft;

static int teardown(void **state)
{
	while (nleft)
		if (left[--nleft] > 0)
			kill(left[nleft], SIGKILL);
	return live_teardown(state);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

/* The account's home, in which its key may log in. */
static int make_home(const struct live *l)
{
	const struct passwd *pw = getpwnam(ACCOUNT);
	char dir[48], command[1024];

	snprintf(home, sizeof(home), "/run/sigtrace-home-XXXXXX");
	if (!pw || !mkdtemp(home))
		return -1;
	snprintf(dir, sizeof(dir), "%s/.ssh", home);
	snprintf(command, sizeof(command),
		 "mkdir %s && cp %s/authorized_keys %s && chown -R %u %s && chmod -R go= %s", dir,
		 l->server.dir, dir, pw->pw_uid, home, home);
	return system(command) || account_home(home) ? -1 : 0;
}

static int group_setup(void **state)
{
	struct live *l;

	if (live_group_setup(state))
		return -1;
	l = *state;
	return l->why_not ? 0 : make_home(l);
}

static int group_teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	if (home[0] && system(command))
		fprintf(stderr, "# cannot remove %s\n", home);
	return live_group_teardown(state);
}

/* sigtrace, and the server under it; what ssh logs in to. */
static struct throwaway serve(struct live *l, const struct foreign *f)
{
	struct throwaway to = l->server;
	char port[16], local[32], dir[300], path[256];

	for (size_t i = 0; i < 3 && f->programs[i]; i++)
		if (proc_find(f->programs[i], path, sizeof(path)) < 0)
			live_skip("its package is not installed: tools/setup");
	live_trace(l, TRACE_SSHD);
	if (proc_free_port(&to.port) < 0)
		live_fail(l, "no free port");
	l->other.port = to.port; /* so that its sessions count as ours */
	snprintf(port, sizeof(port), "%u", to.port);
	snprintf(local, sizeof(local), "127.0.0.1:%s", port);
	snprintf(dir, sizeof(dir), "%s/home", l->server.dir);
	live_child(l, ARGS("/bin/sh", "-c",
			   "export PATH=$PATH:/usr/sbin:/usr/local/sbin; rm -rf $1/dropbear $1/tinyssh; "
			   "eval \"$0\"", f->start, dir, port));
	if (throwaway_answers(&to, EVENT_MS))
		live_fail(l, "%s does not answer", f->name);
	return to;
}

/* sure: how sure sigtrace may be, since neither server tells a goodbye from a loss (ssh-facts 0.4). */
static void client_goes(void **state, const struct foreign *f, int sig, const char *end,
			const char *sure)
{
	struct live *l = live(state);
	int *pid = &left[nleft++], session;
	struct throwaway to;
	struct client *c;

	*pid = 0;
	live_skip_slow(MOMENTS);
	to = serve(l, f);
	c = live_sleeper(l, &to, f->name, pid, &session);
	/* that nothing came before the FIN is what tells that no goodbye was said: the line is silent */
	poll(NULL, 0, 100);
	client_signal(c, sig);
	live_wait(l, c);
	live_expect(l, "{s:s, s:i, s:s, s:n, s:s, s:s}", "type", "interrupt", "session", session,
		    "origin", "disconnect", "sig", "verdict", "no_effect", "cause", end);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:i}", "type", "session.close", "session", session,
		    "end", end, "confidence", sure, "orphans", 1);
	live_expect(l, "{s:s, s:i, s:i, s:s, s:b}", "type", "orphan", "session", session, "tgid",
		    *pid, "reason", "no_pty", "intended", 0);
	live_done(l);
}

static void typed(void **state, const struct foreign *f)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, f);
	struct client *c =
		live_ssh_to(l, &to, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	int pid = live_number(l, c, "pid="), session;
	json_t *open = live_expect(l, "{s:s, s:i, s:s, s:s}", "type", "session.open", "tgid", pid,
				   "server", f->name, "request", "exec");

	session = live_int(l, open, "session");
	assert_non_null(strstr(live_str(l, open, "pty"), "pts/"));
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", pid, "comm", "sleep");
	live_type(l, c, "\003");
	live_expect(l, "{s:s, s:i, s:s, s:s, s:s, s:[{s:i, s:s}]}", "type", "interrupt", "session",
		    session, "origin", "tty", "sig", "SIGINT", "verdict", "stopped", "members",
		    "tgid", pid, "outcome", "died");
	live_wait(l, c);
	live_expect(l, "{s:s, s:i, s:s, s:s, s:i}", "type", "session.close", "session", session,
		    "end", "exit", "exit_signal", "SIGINT", "orphans", 0);
	live_done(l);
}

/* A server that was started with the signals ignored, as by & from a script (ssh-facts 0.7). */
static struct client *typed_to_deaf(struct live *l, const struct foreign *f, const char *key,
				    const char *sig, int *pid)
{
	struct throwaway to = serve(l, f);
	struct client *c =
		live_ssh_to(l, &to, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));

	*pid = live_number(l, c, "pid=");
	left[nleft++] = *pid;
	live_expect(l, "{s:s, s:i, s:s}", "type", "task.exec", "tgid", *pid, "comm", "sleep");
	live_type(l, c, key);
	live_expect(l, "{s:s, s:s, s:s, s:[{s:i, s:s, s:s}]}", "type", "interrupt", "sig", sig,
		    "verdict", "no_effect", "members", "tgid", *pid, "outcome", "ignored", "reason",
		    "ignored_by_server");
	return c;
}

/* It resets SIGINT for its sessions, and SIGQUIT not. */
static void dropbear_started_deaf(void **state)
{
	struct live *l = live(state);
	int pid;
	struct client *c = typed_to_deaf(l, &deaf_dropbear, "\034", "SIGQUIT", &pid);

	live_type(l, c, "\003");
	live_expect(l, "{s:s, s:s, s:[{s:i, s:s, s:n}]}", "type", "interrupt", "sig", "SIGINT",
		    "members", "tgid", pid, "outcome", "died", "reason");
	live_wait(l, c);
	live_done(l);
}

static void tinyssh_started_deaf(void **state)
{
	struct live *l = live(state);
	int pid;

	typed_to_deaf(l, &deaf_tinyssh, "\003", "SIGINT", &pid);
	live_done(l);
}

static void ends_by_itself(void **state, const struct foreign *f)
{
	struct live *l = live(state);
	struct throwaway to = serve(l, f);
	struct client *c = live_ssh_to(l, &to, CLIENT_PLAIN, ARGS("exit 3"));

	assert_int_equal(live_wait(l, c), 3);
	live_expect(l, "{s:s, s:s, s:i, s:i}", "type", "session.close", "end", "exit", "exit_status",
		    3, "orphans", 0);
	live_done(l);
	live_forbid(l, "{s:s}", "type", "interrupt");
}

static void dropbear_client_interrupted(void **state)
{
	client_goes(state, &dropbear, SIGINT, "disconnect", "guessed");
}

static void dropbear_client_killed(void **state)
{
	client_goes(state, &dropbear, SIGKILL, "vanished", "inferred");
}

static void dropbear_typed(void **state)
{
	typed(state, &dropbear);
}

static void dropbear_exit(void **state)
{
	ends_by_itself(state, &dropbear);
}

static void tinyssh_client_interrupted(void **state)
{
	client_goes(state, &tinyssh, SIGINT, "disconnect", "guessed");
}

static void tinyssh_client_killed(void **state)
{
	client_goes(state, &tinyssh, SIGKILL, "vanished", "inferred");
}

static void tinyssh_typed(void **state)
{
	typed(state, &tinyssh);
}

static void tinyssh_exit(void **state)
{
	ends_by_itself(state, &tinyssh);
}

/* OpenSSH's sshd under a name that nobody knows: a process for each connection, as sshd is. */
static void renamed(void **state, enum client_mode mode, const char *request_pty)
{
	struct live *l = live(state);
	char path[300], command[700];
	struct err e = { 0 };
	struct client *c;
	json_t *open;
	int pid, session;

	snprintf(path, sizeof(path), "%s/gatekeeper", home);
	snprintf(command, sizeof(command), "cp \"$(PATH=$PATH:/usr/sbin command -v sshd)\" %s", path);
	if (system(command))
		live_fail(l, "cannot copy sshd");
	l->other = (struct throwaway){ .sshd = path };
	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	live_trace(l, TRACE_SSHD);
	if (throwaway_start(&l->other, NULL, &e))
		live_fail(l, "%s", e.what);
	c = live_ssh_to(l, &l->other, mode, ARGS(request_pty, "echo pid=$$; exec sleep 1000"));
	pid = live_number(l, c, "pid=");
	left[nleft++] = pid;
	open = live_expect(l, "{s:s, s:i, s:s, s:s, s:s}", "type", "session.open", "tgid", pid,
			   "server", "other", "user", ACCOUNT, "confidence", "seen");
	session = live_int(l, open, "session");
	assert_non_null(strstr(live_str(l, open, "peer"), "127.0.0.1:"));
	live_expect(l, "{s:s, s:s, s:s}", "type", "sock.owner", "comm", "gatekeeper", "state",
		    "LISTEN");
	poll(NULL, 0, 100);
	client_signal(c, SIGKILL);
	live_wait(l, c);
	live_expect(l, "{s:s, s:i, s:s, s:s}", "type", "session.close", "session", session, "end",
		    "vanished", "confidence", "inferred");
	live_done(l);
}

static void renamed_pty(void **state)
{
	renamed(state, CLIENT_PTY, "-tt");
}

/* Told by SSH_CONNECTION and the other user. */
static void renamed_without_pty(void **state)
{
	renamed(state, CLIENT_PLAIN, "-T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dropbear_client_interrupted),
		TEST(dropbear_client_killed),
		TEST(dropbear_typed),
		TEST(dropbear_exit),
		TEST(dropbear_started_deaf),
		TEST(tinyssh_client_interrupted),
		TEST(tinyssh_client_killed),
		TEST(tinyssh_typed),
		TEST(tinyssh_exit),
		TEST(tinyssh_started_deaf),
		TEST(renamed_pty),
		TEST(renamed_without_pty),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
