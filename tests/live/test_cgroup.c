/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who leaves the cgroup of the session is there on purpose: as `systemd-run --scope` does, here by hand.
 * The server is put into a cgroup of its own, as logind puts a session into a scope.
 */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	char mounted[64]; /* by this test; "": by somebody else */
	char session[160]; /* a cgroup */
	char below[192];
	char beside[160];
} dirs;

/* Where the unified hierarchy is mounted; by us if nobody has. -1: there is none. */
static int find_root(char *root, size_t size)
{
	char line[512], where[200], type[32];
	FILE *f = fopen("/proc/self/mounts", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %199s %31s", where, type) == 2 && !strcmp(type, "cgroup2");
	if (f)
		fclose(f);
	if (found && strlen(where) < size) {
		strcpy(root, where);
		return 0;
	}
	snprintf(dirs.mounted, sizeof(dirs.mounted), "/tmp/sigtrace-cgroup-XXXXXX");
	if (!mkdtemp(dirs.mounted))
		return -1;
	if (mount("none", dirs.mounted, "cgroup2", 0, NULL)) {
		rmdir(dirs.mounted);
		dirs.mounted[0] = '\0';
		return -1;
	}
	snprintf(root, size, "%s", dirs.mounted);
	return 0;
}

static int move(const char *dir, int pid)
{
	char path[256], number[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	snprintf(number, sizeof(number), "%d", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, number, strlen(number));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int enter(const struct throwaway *t)
{
	(void)t;
	return move(dirs.session, getpid());
}

/* The kernel may still be busy with who has just died in it. */
static void remove_dir(const char *dir)
{
	for (int i = 0; i < EVENT_MS && dir[0] && rmdir(dir) && errno == EBUSY; i++)
		usleep(1000);
}

static int teardown(void **state)
{
	int bad = live_group_teardown(state);

	remove_dir(dirs.below);
	remove_dir(dirs.session);
	remove_dir(dirs.beside);
	if (dirs.mounted[0]) {
		umount2(dirs.mounted, MNT_DETACH);
		rmdir(dirs.mounted);
	}
	return bad;
}

static int setup(void **state)
{
	char root[100];

	if (geteuid())
		return live_group_skip(state, "needs root");
	if (find_root(root, sizeof(root)))
		return live_group_skip(state, "no unified cgroup hierarchy is to be had here");
	snprintf(dirs.session, sizeof(dirs.session), "%s/sigtrace-session-%d", root, (int)getpid());
	snprintf(dirs.below, sizeof(dirs.below), "%s/below", dirs.session);
	snprintf(dirs.beside, sizeof(dirs.beside), "%s/sigtrace-run-%d", root, (int)getpid());
	if (mkdir(dirs.session, 0755) || mkdir(dirs.below, 0755) || mkdir(dirs.beside, 0755)) {
		teardown(state);
		return live_group_skip(state, "cannot make a cgroup");
	}
	return live_group_start(state, &(struct throwaway){.user = "", .enter = enter}, NULL);
}

/* An orphan of a session whose root was moved there; NULL: it was not. */
static json_t *left_in(void **state, const char *dir)
{
	struct live *l = live(state);
	struct client *c;
	int pid, session;

	live_trace(l, TRACE_SSHD);
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	if (dir && move(dir, pid))
		live_fail(l, "cannot move %d into %s", pid, dir);
	client_signal(c, SIGINT);
	return live_expect(l, "{s:s, s:i, s:i, s:s}", "type", "orphan", "session", session, "tgid", pid,
			   "reason", "no_pty");
}

static void moved_beside(void **state)
{
	json_t *orphan = left_in(state, dirs.beside);
	struct live *l = *state;
	char told[300];

	snprintf(told, sizeof(told), "; on purpose: moved out of its session's cgroup, %s",
		 strrchr(dirs.beside, '/') + 1);
	assert_non_null(strstr(live_str(l, orphan, "why"), told));
	assert_true(json_is_true(json_object_get(orphan, "intended")));
	live_done(l);
}

static void not_meant(void **state, const char *dir)
{
	json_t *orphan = left_in(state, dir);

	assert_true(json_is_false(json_object_get(orphan, "intended")));
	live_done(*state);
}

static void not_moved(void **state)
{
	not_meant(state, NULL);
}

/* The end of the session's scope takes that with it. */
static void moved_below(void **state)
{
	not_meant(state, dirs.below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(moved_beside),
		LIVE_TEST(not_moved),
		LIVE_TEST(moved_below),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
