/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/throwaway.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define ARGS_MAX 64

/* The words of the command line; those that are made up live in `made`. */
struct command {
	const char *argv[ARGS_MAX];
	size_t n;
	char key[300];
	char port[8];
	char to[64];
};

static void add(struct command *c, const char *word)
{
	if (c->n < ARGS_MAX - 1)
		c->argv[c->n++] = word;
	c->argv[c->n] = NULL;
}

static void build(struct command *c, const struct throwaway *t, const char *const *args)
{
	static const char *const base[] = { "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no",
					    "-o", "UserKnownHostsFile=/dev/null", "-o",
					    "GlobalKnownHostsFile=/dev/null", "-o",
					    "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o",
					    "BatchMode=yes", "-o", "LogLevel=ERROR" };
	bool mux = false;

	snprintf(c->key, sizeof(c->key), "%s/client", t->dir);
	snprintf(c->port, sizeof(c->port), "%u", t->port);
	snprintf(c->to, sizeof(c->to), "%s@127.0.0.1", t->user);
	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++)
		add(c, base[i]);
	add(c, "-i");
	add(c, c->key);
	add(c, "-p");
	add(c, c->port);
	/* ssh takes the first value that it meets, so ours must not stand before the caller's. */
	for (const char *const *a = args; *a; a++)
		mux |= !strncmp(*a, "ControlPath=", 12);
	if (!mux) {
		add(c, "-o");
		add(c, "ControlPath=none");
	}
	add(c, c->to);
	for (const char *const *a = args; *a; a++)
		add(c, *a);
}

static int open_pty(char *name, size_t size)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 160 };
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!grantpt(fd) && !unlockpt(fd) && !ptsname_r(fd, name, size) &&
	    !ioctl(fd, TIOCSWINSZ, &ws))
		return fd;
	close(fd);
	return -1;
}

static void child(const char *path, struct command *cmd, const char *tty, int in, int out)
{
	setsid();
	if (tty) {
		in = out = open(tty, O_RDWR);
		if (in < 0 || ioctl(in, TIOCSCTTY, 0) < 0)
			_exit(127);
	}
	/* No escape sequences of an editing shell between the words that a caller waits for. */
	setenv("TERM", "dumb", 1);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	execv(path, (char *const *)cmd->argv);
	_exit(127);
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int client_start(struct client *c, const struct throwaway *t, enum client_mode mode,
		 const char *const *args, struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	pid_t parent = getpid();
	char path[256], tty[64] = "";
	struct command cmd = { .n = 0 };

	*c = (struct client){ .in = -1, .out = -1 };
	if (proc_find("ssh", path, sizeof(path)) < 0) {
		err_set(e, EXIT_CANNOT_TRACE, "ssh is not installed");
		return err_hint(e, "install the OpenSSH client (openssh-client, openssh)");
	}
	build(&cmd, t, args);
	if (mode != CLIENT_PLAIN) {
		in[1] = open_pty(tty, sizeof(tty));
		out[0] = in[1] < 0 ? -1 : fcntl(in[1], F_DUPFD_CLOEXEC, 3);
		if (out[0] < 0)
			goto failed;
	} else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 ||
		   pipe2(out, O_CLOEXEC) < 0) {
		goto failed;
	}
	c->pid = fork();
	if (c->pid < 0)
		goto failed;
	if (!c->pid) {
		proc_plain_child(parent, SIGKILL);
		if (mode == CLIENT_DEAF)
			signal(SIGINT, SIG_IGN);
		child(path, &cmd, mode == CLIENT_PLAIN ? NULL : tty, in[0], out[1]);
	}
	close_all((int[]){ in[0], out[1] }, 2);
	c->in = in[1];
	c->out = out[0];
	return 0;
failed:
	err_set(e, EXIT_CANNOT_TRACE, "cannot start ssh: %s", strerror(errno));
	c->pid = 0;
	close_all(in, 2);
	close_all(out, 2);
	return -1;
}

int client_type(struct client *c, const char *bytes)
{
	size_t len = strlen(bytes);
	ssize_t n;

	for (; len; bytes += n, len -= (size_t)n) {
		/* A socket, where SIGPIPE can be had off; on a terminal it does not come. */
		n = send(c->in, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == ENOTSOCK)
			n = write(c->in, bytes, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -1;
	}
	return 0;
}

void client_eof(struct client *c)
{
	if (c->in >= 0)
		close(c->in);
	c->in = -1;
}

/* Takes what there is, waiting for it until `deadline`. 0: took some; -1: time over, EOF. */
static int take(struct client *c, int64_t deadline)
{
	struct pollfd p = { .fd = c->out, .events = POLLIN };
	char chunk[4096];
	ssize_t n;

	if (c->out < 0 || poll(&p, 1, proc_left(deadline)) <= 0)
		return -1;
	n = read(c->out, chunk, sizeof(chunk));
	if (n <= 0) { /* EIO: nobody has the terminal open any more */
		close(c->out);
		c->out = -1;
		return -1;
	}
	buf_put(&c->text, chunk, (size_t)n);
	return 0;
}

/* Where `text` ends behind what was matched before; NULL: not said yet. */
static const char *find(const struct client *c, const char *text)
{
	const char *at = NULL;

	if (c->text.len > c->seen)
		at = memmem(c->text.p + c->seen, c->text.len - c->seen, text, strlen(text));
	return at ? at + strlen(text) : NULL;
}

int client_expect(struct client *c, const char *text, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;
	const char *end;

	while (!(end = find(c, text)))
		if (take(c, deadline) < 0)
			return -1;
	c->seen = (size_t)(end - c->text.p);
	return 0;
}

long client_number(struct client *c, const char *text, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;

	for (;;) {
		const char *at = find(c, text), *end = c->text.p + c->text.len;
		size_t digits = 0;

		while (at && at + digits < end && at[digits] >= '0' && at[digits] <= '9')
			digits++;
		if (at && at + digits < end && digits) {
			c->seen = (size_t)(at + digits - c->text.p);
			return strtol(at, NULL, 10);
		}
		/* The echo of a command may show the text without a number: look further on. */
		if (at && at < end && !digits) {
			c->seen = (size_t)(at - c->text.p);
			continue;
		}
		if (take(c, deadline) < 0)
			return -1;
	}
}

int client_signal(const struct client *c, int sig)
{
	return c->pid > 0 && !c->ended ? kill(c->pid, sig) : -1;
}

int client_wait(struct client *c, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;

	if (c->pid <= 0)
		return -1;
	/* What it says goes first: it might wait for us to read. A survivor may hold the pipe
	 * open, so that an EOF is not to be waited for. */
	while (!c->ended) {
		struct pollfd p[] = { { .fd = c->out, .events = POLLIN },
				      { .fd = proc_open(c->pid), .events = POLLIN } };

		poll(p, 2, proc_left(deadline));
		if (p[1].fd >= 0)
			close(p[1].fd);
		while (c->out >= 0 && !take(c, 0))
			;
		if (waitpid(c->pid, &c->status, WNOHANG) > 0)
			c->ended = true;
		else if (!proc_left(deadline))
			return -1;
	}
	while (c->out >= 0 && !take(c, 0))
		;
	return 0;
}

void client_end(struct client *c)
{
	if (c->pid > 0 && !c->ended)
		proc_kill(c->pid, &c->status);
	if (c->pid > 0)
		close_all((int[]){ c->in, c->out }, 2);
	buf_free(&c->text);
	*c = (struct client){ .in = -1, .out = -1 };
}
