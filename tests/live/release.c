/* SPDX-License-Identifier: GPL-2.0-only */
#include "live/release.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two releases and their tests fit into what a live program may take. */
#define FETCH "timeout -k 5 90 \"$SIGTRACE_SRC/tools/fetch-release\" %s 2>&1"

int release_fetch(const char *release, char *tree, size_t size)
{
	char command[256];
	FILE *f;
	int status;

	snprintf(command, sizeof(command), FETCH, release);
	snprintf(tree, size, "tools/fetch-release %s said nothing", release);
	f = popen(command, "re");
	if (!f) {
		snprintf(tree, size, "popen: %s", strerror(errno));
		return -1;
	}
	while (fgets(tree, (int)size, f))
		tree[strcspn(tree, "\n")] = '\0';
	status = pclose(f);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 124)
		snprintf(tree, size, "tools/fetch-release %s takes too long", release);
	return status ? -1 : 0;
}

static int fail(const struct throwaway *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(const struct throwaway *t, const char *fmt, ...)
{
	char path[300], what[600];
	int error = errno, fd;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/log", t->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dprintf(fd, "%s: %s\n", what, strerror(error));
	return -1;
}

/* DIR/PATH and all folders above it. */
static int make_path(const char *dir, const char *path)
{
	char full[600];
	size_t len = strlen(dir);

	snprintf(full, sizeof(full), "%s%s/", dir, path);
	for (char *s = full + len + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return -1;
		*s = '/';
	}
	return 0;
}

static int bind_here(const char *root, const char *path, unsigned long flags)
{
	char at[600];

	snprintf(at, sizeof(at), "%s%s", root, path);
	if (make_path(root, path) < 0)
		return -1;
	return mount(path, at, NULL, MS_BIND | flags, NULL);
}

/* The tree with a file system of the memory over it. */
static int lay_over(const struct throwaway *t, const char *base, char *root, size_t size)
{
	static const char *const names[] = { "upper", "work", "all" };
	char path[320], options[1200];

	if (mkdir(base, 0755) < 0 || mount("tmpfs", base, "tmpfs", 0, "mode=0755") < 0)
		return fail(t, "tmpfs on %s", base);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", base, names[i]);
		if (mkdir(path, 0755) < 0)
			return fail(t, "%s", path);
	}
	snprintf(root, size, "%s/all", base);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", t->tree,
		 base, base);
	if (mount("overlay", root, "overlay", 0, options) < 0)
		return fail(t, "overlay of %s", t->tree);
	return 0;
}

static int write_etc(const char *root, const char *name, const char *text)
{
	char path[300];
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/etc/%s", root, name);
	f = fopen(path, "we");
	if (!f)
		return -1;
	rc = fputs(text, f) < 0 ? -1 : 0;
	return fclose(f) ? -1 : rc;
}

static int write_accounts(const struct throwaway *t, const char *root)
{
	const struct passwd *pw = getpwnam(t->user);
	char passwd[512], group[256], shadow[256] = "";
	const char *user = pw && pw->pw_uid ? t->user : NULL;
	int n, g, s;

	n = snprintf(passwd, sizeof(passwd),
		     "root:x:0:0::/:/bin/bash\nsshd:x:74:65534::/run/sshd:/usr/sbin/nologin\n");
	g = snprintf(group, sizeof(group), "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n");
	s = snprintf(shadow, sizeof(shadow), "root:*:19000::::::\n");
	if (user) {
		snprintf(passwd + n, sizeof(passwd) - (size_t)n, "%s:x:%u:%u::/:/bin/bash\n", user,
			 pw->pw_uid, pw->pw_gid);
		snprintf(group + g, sizeof(group) - (size_t)g, "users:x:%u:\n", pw->pw_gid);
		snprintf(shadow + s, sizeof(shadow) - (size_t)s, "%s:*:19000::::::\n", user);
	}
	if (write_etc(root, "passwd", passwd) < 0 || write_etc(root, "group", group) < 0 ||
	    write_etc(root, "shadow", shadow) < 0 ||
	    write_etc(root, "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n") < 0)
		return fail(t, "%s/etc", root);
	return 0;
}

int release_enter(const struct throwaway *t)
{
	char base[300], root[310];

	snprintf(base, sizeof(base), "%s/root", t->dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(t, "a mount namespace");
	if (lay_over(t, base, root, sizeof(root)) < 0 || write_accounts(t, root) < 0)
		return -1;
	/* Last and alone: else the tree would hold itself. */
	if (bind_here(root, "/dev", MS_REC) < 0 || bind_here(root, "/proc", MS_REC) < 0 ||
	    bind_here(root, t->dir, 0) < 0)
		return fail(t, "bind into %s", root);
	if (chroot(root) < 0 || chdir("/") < 0)
		return fail(t, "chroot to %s", root);
	return 0;
}
