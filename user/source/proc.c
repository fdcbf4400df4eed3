/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void stamp(struct wire_hdr *h, const struct wire_hdr *of, uint16_t kind, size_t len)
{
	*h = *of;
	h->kind = kind;
	h->len = len;
}

static int proc_open(int proc, uint32_t tgid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%u/%s", tgid, name);
	return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

static size_t read_all(int fd, char *p, size_t n)
{
	size_t len = 0;
	ssize_t r;

	while (len < n && (r = read(fd, p + len, n - len)) > 0)
		len += r;
	return len;
}

bool proc_args(int proc, const struct wire_hdr *h, struct proc_args *out)
{
	char path[64], args[WIRE_ARGS + 1];
	ssize_t filename;
	size_t n;
	int fd;

	fd = proc_open(proc, h->tgid, "cmdline");
	if (fd < 0)
		return false;
	n = read_all(fd, args, sizeof(args));
	close(fd);
	memset(&out->r, 0, sizeof(out->r));
	if (n > WIRE_ARGS) {
		n = WIRE_ARGS;
		out->r.truncated = WIRE_TRUNC_ARGS;
	}
	snprintf(path, sizeof(path), "%u/exe", h->tgid);
	filename = readlinkat(proc, path, out->tail, WIRE_FILENAME);
	if (filename < 0)
		filename = 0;
	memcpy(out->tail + filename, args, n);
	out->r.filename_len = filename;
	out->r.args_len = n;
	stamp(&out->r.h, h, WIRE_TASK_ARGS, sizeof(out->r) + filename + n);
	return true;
}

static void take(char *to, size_t size, const char *s, const char *name)
{
	size_t n = strlen(name);

	if (!strncmp(s, name, n))
		snprintf(to, size, "%s", s + n);
}

bool proc_env(int proc, const struct wire_hdr *h, struct wire_env *out)
{
	char env[64 * 1024];
	size_t n, at;
	int fd;

	fd = proc_open(proc, h->tgid, "environ");
	if (fd < 0)
		return false;
	n = read_all(fd, env, sizeof(env) - 1);
	close(fd);
	env[n] = '\0';
	memset(out, 0, sizeof(*out));
	stamp(&out->h, h, WIRE_TASK_ENV, sizeof(*out));
	for (at = 0; at < n; at += strlen(env + at) + 1) {
		take(out->ssh_connection, sizeof(out->ssh_connection), env + at, "SSH_CONNECTION=");
		take(out->ssh_tty, sizeof(out->ssh_tty), env + at, "SSH_TTY=");
	}
	explicit_bzero(env, sizeof(env));
	return true;
}
