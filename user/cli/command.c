/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parse.h"

int command_user(struct command_user *u, const char *name, struct err *e)
{
	const char *sudo = getenv("SUDO_UID");
	const struct passwd *p;
	uint64_t uid;

	memset(u, 0, sizeof(*u));
	if (geteuid() || (!name && (!sudo || parse_u64(sudo, UINT32_MAX - 1, &uid) || !uid)))
		return name ? err_set(e, EXIT_USAGE, "--user needs root") : 0;
	p = name ? getpwnam(name) : getpwuid((uid_t)uid);
	if (!p)
		return err_set(e, EXIT_USAGE, "there is no user '%s'", name ? name : sudo);
	u->uid = p->pw_uid;
	u->gid = p->pw_gid;
	snprintf(u->name, sizeof(u->name), "%s", p->pw_name);
	snprintf(u->home, sizeof(u->home), "%s", p->pw_dir);
	u->ngroups = sizeof(u->groups) / sizeof(u->groups[0]);
	if (getgrouplist(u->name, u->gid, u->groups, &u->ngroups) < 0)
		return err_set(e, EXIT_CANNOT_TRACE, "user '%s' is in too many groups", u->name);
	return 1;
}

static int become(const struct command_user *u)
{
	if (setgroups((size_t)u->ngroups, u->groups) || setresgid(u->gid, u->gid, u->gid) ||
	    setresuid(u->uid, u->uid, u->uid))
		return -1;
	return setenv("HOME", u->home, 1) || setenv("USER", u->name, 1) ||
	       setenv("LOGNAME", u->name, 1);
}

static void run_child(int go, int failed, char **argv, const struct command_user *u)
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
	if (!u || !become(u))
		execvp(argv[0], argv);
	why = errno;
	if (write(failed, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

int command_fork(struct command *c, char **argv, const struct command_user *u, struct err *e)
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
		run_child(go[0], failed[1], argv, u);
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
