/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(int go, int failed, char **argv)
{
	sigset_t none;
	char byte;
	int why;

	/* the tracer's own arrangements are not the command's */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(go, &byte, 1) != 1)
		_exit(127); /* the tracer could not start */
	execvp(argv[0], argv);
	why = errno;
	if (write(failed, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

int command_fork(struct command *c, char **argv, struct err *e)
{
	int go[2], failed[2];

	memset(c, 0, sizeof(*c));
	c->go = c->failed = c->pidfd = -1;
	if (pipe2(go, O_CLOEXEC))
		goto err0;
	if (pipe2(failed, O_CLOEXEC))
		goto err1;
	c->pid = fork();
	if (c->pid < 0)
		goto err2;
	if (!c->pid) {
		close(go[1]);
		run_child(go[0], failed[1], argv);
	}
	close(go[0]);
	close(failed[1]);
	c->go = go[1];
	c->failed = failed[0];
	c->pidfd = syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0)
		return err_set(e, EXIT_CANNOT_TRACE, "cannot watch '%s': %s", argv[0],
			       strerror(errno));
	return 0;
err2:
	close(failed[0]);
	close(failed[1]);
err1:
	close(go[0]);
	close(go[1]);
err0:
	c->pid = 0;
	return err_set(e, EXIT_CANNOT_TRACE, "cannot start '%s': %s", argv[0], strerror(errno));
}

int command_start(struct command *c, const char *name, struct err *e)
{
	int why = 0;
	ssize_t n;

	if (write(c->go, "", 1) != 1)
		return err_set(e, 126, "cannot start '%s': %s", name, strerror(errno));
	close(c->go);
	c->go = -1;
	do
		n = read(c->failed, &why, sizeof(why)); /* EOF: the exec closed it */
	while (n < 0 && errno == EINTR);
	if (n != sizeof(why))
		return 0;
	return err_set(e, why == ENOENT ? 127 : 126, "cannot run '%s': %s", name, strerror(why));
}

int command_status(struct command *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void command_close(struct command *c)
{
	if (c->go >= 0) /* it waits still: EOF ends it */
		close(c->go);
	if (c->failed >= 0)
		close(c->failed);
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->pid > 0 && c->go >= 0)
		command_status(c);
}
