/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/account.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"
#include "live/harness.h"

#define TOOL_MS slow_ms(20000)

static int run(const char *const *argv)
{
	char path[256];
	pid_t parent = getpid(), pid;
	int status, null;

	if (proc_find(argv[0], path, sizeof(path)) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	if (proc_wait(pid, &status, TOOL_MS) < 0)
		proc_kill(pid, &status);
	return status ? -1 : 0;
}

int account_make(void)
{
	if (getpwnam(ACCOUNT))
		return 0;
	/* '*', no password at all: sshd without PAM refuses useradd's '!', a locked account. */
	return run(ARGS("useradd", "--system", "--no-create-home", "--no-user-group", "--home-dir",
			"/", "--shell", "/bin/bash", "--password", "*", ACCOUNT));
}

int account_home(const char *dir)
{
	return run(ARGS("usermod", "--home", dir, ACCOUNT));
}

void account_remove(void)
{
	if (getpwnam(ACCOUNT))
		run(ARGS("userdel", "--force", ACCOUNT));
}
