/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *name, int sock, void (*serve)(int sock, void *ctx), void *ctx)
{
	const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], SIG_IGN);
	prctl(PR_SET_NAME, name);
	serve(sock, ctx);
	_exit(0);
}

int helper_start(struct helper *h, const char *name, void (*serve)(int sock, void *ctx), void *ctx,
		 struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_set(e, EXIT_CANNOT_TRACE, "cannot start a helper: %s", strerror(errno));
	h->pid = fork();
	if (!h->pid) {
		close(pair[0]);
		run(name, pair[1], serve, ctx);
	}
	close(pair[1]);
	h->sock = pair[0];
	if (h->pid > 0)
		return 0;
	close(pair[0]);
	h->pid = 0;
	return err_set(e, EXIT_CANNOT_TRACE, "cannot start a helper: %s", strerror(errno));
}

void helper_stop(struct helper *h)
{
	if (!h->pid)
		return;
	close(h->sock);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

int helper_keep_only(int sock)
{
	const int keep = STDERR_FILENO + 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sock = fcntl(sock, F_DUPFD, keep + 1); /* it may be in the way */
	if (null < 0 || sock < 0)
		return -1;
	for (int fd = 0; fd < keep; fd++)
		if (dup2(null, fd) < 0)
			return -1;
	if (dup2(sock, keep) < 0)
		return -1;
	if (!syscall(SYS_close_range, keep + 1, ~0u, 0))
		return keep;
	for (int fd = keep + 1; fd < sysconf(_SC_OPEN_MAX); fd++) /* before Linux 5.9 */
		close(fd);
	return keep;
}

bool helper_read(int sock, void *to, size_t n)
{
	char *p = to;

	while (n) {
		ssize_t r = read(sock, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}
