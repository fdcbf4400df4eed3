/* SPDX-License-Identifier: GPL-2.0-only */
/* The details of one process. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "source/procscan.h"
#include "source/procscan_file.h"

#define MAX_ARGS 4096

/* Strings are collected in one block; where each begins is told by offset, for the block moves. */
struct text {
	struct buf all;
	size_t exe, cwd, cgroup, fd[3], args; /* offset + 1, 0: none */
};

static void read_status(int dir, struct procinfo *p, struct buf *b)
{
	const char *s, *at;

	if (procscan_file(dir, "status", 16384, b)) {
		p->unread |= procscan_refused(errno);
		return;
	}
	s = buf_cstr(b);
	if ((at = strstr(s, "\nUid:\t")))
		p->uid = strtoul(at + 6, NULL, 10);
	if ((at = strstr(s, "\nSigIgn:\t")))
		p->ignored = strtoull(at + 9, NULL, 16);
	if ((at = strstr(s, "\nNSpid:\t"))) {
		const char *last = at + 8;

		for (at = last; *at && *at != '\n'; at++)
			if (*at == '\t')
				last = at + 1;
		p->ns_init = strtoul(last, NULL, 10) == 1;
	}
}

static size_t link_text(int dir, const char *name, struct procinfo *p, struct text *t)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(dir, name, to, sizeof(to));
	size_t at = t->all.len;

	if (n < 0) {
		p->unread |= procscan_refused(errno);
		return 0;
	}
	buf_put(&t->all, to, n);
	buf_char(&t->all, '\0');
	return at + 1;
}

/* "0::/path" of the unified hierarchy; on a mixed host systemd's own: "1:name=systemd:/path". */
static void read_cgroup(int dir, struct text *t, struct buf *b)
{
	const char *s, *path;

	if (procscan_file(dir, "cgroup", 16384, b))
		return;
	s = buf_cstr(b);
	path = strstr(s, ":name=systemd:");
	if (path)
		path += strlen(":name=systemd:");
	else if ((path = !strncmp(s, "0::", 3) ? s : strstr(s, "\n0::")))
		path = strchr(path, '/');
	if (!path)
		return;
	t->cgroup = t->all.len + 1;
	buf_put(&t->all, path, strcspn(path, "\n"));
	buf_char(&t->all, '\0');
}

static void read_args(int dir, struct procinfo *p, struct text *t, struct buf *b)
{
	if (procscan_file(dir, "cmdline", MAX_ARGS, b)) {
		p->unread |= procscan_refused(errno);
		return;
	}
	if (!b->len)
		return;
	t->args = t->all.len + 1;
	p->args_len = b->len;
	buf_put(&t->all, b->p, b->len);
	buf_char(&t->all, '\0');
}

/* poll(2) tells of a pipe without a reader, without a writer, and of a terminal that hung up. */
static void poll_streams(struct procinfo *p, const struct text *t)
{
	int pidfd = (int)syscall(SYS_pidfd_open, p->tgid, 0);

	if (pidfd < 0)
		return;
	for (int i = 0; i < 3; i++) {
		const char *name = t->fd[i] ? t->all.p + t->fd[i] - 1 : "/";
		struct pollfd stream = {.events = 0};

		if (*name == '/' && strncmp(name, "/dev/pts/", 9) && strncmp(name, "/dev/tty", 8))
			continue;
		stream.fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);
		if (stream.fd < 0) {
			p->unread |= procscan_refused(errno);
			continue;
		}
		p->fd_dead[i] = poll(&stream, 1, 0) == 1 && stream.revents & (POLLHUP | POLLERR);
		close(stream.fd);
	}
	close(pidfd);
}

static const char *at(const struct procinfo *p, size_t offset)
{
	return offset ? p->text + offset - 1 : NULL;
}

static void set_text(struct procinfo *p, struct text *t)
{
	p->text = t->all.p;
	p->exe = at(p, t->exe);
	p->cwd = at(p, t->cwd);
	p->cgroup = at(p, t->cgroup);
	p->args = at(p, t->args);
	for (int i = 0; i < 3; i++)
		p->fd[i] = at(p, t->fd[i]);
}

bool procscan_more(struct procinfo *p)
{
	static const char *const streams[3] = {"fd/0", "fd/1", "fd/2"};
	struct procinfo same = {.tgid = p->tgid};
	struct text t = {0};
	struct buf b = {0};
	int dir;

	if (p->detailed || p->kernel || p->zombie)
		return p->detailed;
	dir = procscan_open(p->tgid);
	if (dir < 0)
		return false;
	read_status(dir, p, &b);
	p->loginuid = procscan_file(dir, "loginuid", 32, &b) || !b.len ?
			      PROCINFO_UNSET :
			      strtoul(buf_cstr(&b), NULL, 10);
	read_args(dir, p, &t, &b);
	read_cgroup(dir, &t, &b);
	t.exe = link_text(dir, "exe", p, &t);
	t.cwd = link_text(dir, "cwd", p, &t);
	for (int i = 0; i < 3; i++)
		t.fd[i] = link_text(dir, streams[i], p, &t);
	if (!t.all.failed)
		poll_streams(p, &t);
	/* last: if it is still the one that it was, all of this was its */
	p->detailed = procscan_stat(dir, &same, &b) && same.start_tick == p->start_tick &&
		      !same.zombie && !t.all.failed;
	close(dir);
	buf_free(&b);
	if (p->detailed)
		set_text(p, &t);
	else
		buf_free(&t.all);
	return p->detailed;
}
