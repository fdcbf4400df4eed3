/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/procscan.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "source/procscan_file.h"

#define MAX_ENVIRON (4u << 20)
#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

int procscan_open(uint32_t tgid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", tgid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int procscan_fd(int fd, size_t max, struct buf *b)
{
	char chunk[16384];
	ssize_t n = 1;
	int error;

	buf_reset(b);
	while (b->len < max && n > 0) {
		n = read(fd, chunk, max - b->len < sizeof(chunk) ? max - b->len : sizeof(chunk));
		if (n > 0)
			buf_put(b, chunk, n);
	}
	error = errno;
	close(fd);
	errno = b->failed ? ENOMEM : error;
	return n < 0 || b->failed ? -1 : 0;
}

int procscan_file(int dir, const char *name, size_t max, struct buf *b)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	buf_reset(b);
	return fd < 0 ? -1 : procscan_fd(fd, max, b);
}

static uint64_t of_ticks(unsigned long long ticks)
{
	static uint64_t ns;

	if (!ns)
		ns = UINT64_C(1000000000) / sysconf(_SC_CLK_TCK);
	return ticks * ns;
}

/* proc(5): comm may hold blanks and parentheses, so what follows is found from the last one. */
bool procscan_stat(int dir, struct procinfo *p, struct buf *b)
{
	unsigned long long utime, stime, start;
	const char *s, *open, *close;
	unsigned flags, threads;
	int tty;
	char state;
	size_t n;

	if (procscan_file(dir, "stat", 4096, b))
		return false;
	s = buf_cstr(b);
	open = strchr(s, '(');
	close = strrchr(s, ')');
	if (!open || !close ||
	    sscanf(close + 1,
		   " %c %u %u %u %d %*d %u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %u %*d %llu",
		   &state, &p->ppid, &p->pgid, &p->sid, &tty, &flags, &utime, &stime, &threads,
		   &start) != 10)
		return false;
	n = close - open - 1;
	if (n >= sizeof(p->comm))
		n = sizeof(p->comm) - 1;
	memcpy(p->comm, open + 1, n);
	p->comm[n] = '\0';
	p->tty = tty;
	p->kernel = flags & PF_KTHREAD;
	/* a leader that ended before its threads looks like a zombie and is none */
	p->zombie = (state == 'Z' || state == 'X') && threads <= 1;
	p->cpu = of_ticks(utime + stime);
	p->start_tick = start;
	p->start = of_ticks(start);
	return true;
}

static void take(char **to, const char *s, const char *name)
{
	size_t n = strlen(name);

	if (!*to && !strncmp(s, name, n))
		*to = strdup(s + n);
}

static void read_environ(int dir, struct procinfo *p, struct buf *b)
{
	const char *env;

	if (procscan_file(dir, "environ", MAX_ENVIRON, b)) {
		p->unread |= procscan_refused(errno);
		return;
	}
	env = buf_cstr(b);
	for (size_t at = 0; at < b->len; at += strlen(env + at) + 1) {
		take(&p->ssh_connection, env + at, "SSH_CONNECTION=");
		take(&p->ssh_tty, env + at, "SSH_TTY=");
	}
	if (b->p)
		explicit_bzero(b->p, b->len); /* passwords live there */
}

static uint32_t read_number(int dir, const char *name, struct buf *b)
{
	return procscan_file(dir, name, 32, b) || !b->len ? PROCINFO_UNSET :
							    strtoul(buf_cstr(b), NULL, 10);
}

/* false: it is gone. */
static bool read_one(uint32_t tgid, struct procinfo *p, struct procscan_nets *nets, struct buf *b)
{
	int dir = procscan_open(tgid);

	if (dir < 0)
		return false;
	memset(p, 0, sizeof(*p));
	p->tgid = tgid;
	p->sessionid = PROCINFO_UNSET;
	if (!procscan_stat(dir, p, b)) {
		close(dir);
		return false;
	}
	if (!p->kernel && !p->zombie) {
		p->sessionid = read_number(dir, "sessionid", b);
		read_environ(dir, p, b);
		if (p->ssh_connection)
			procscan_net(nets, dir);
	}
	close(dir);
	return true;
}

static int by_tgid(const void *a, const void *b)
{
	const struct procinfo *x = a, *y = b;

	return (x->tgid > y->tgid) - (x->tgid < y->tgid);
}

static int read_all(struct procinfo_scan *s, DIR *proc, struct procscan_nets *nets, struct buf *b)
{
	struct dirent *d;
	size_t cap = 0;

	while ((d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		if (s->n == cap) {
			size_t more = cap ? 2 * cap : 512;
			struct procinfo *p = realloc(s->p, more * sizeof(*p));

			if (!p)
				return -1;
			s->p = p;
			cap = more;
		}
		s->n += read_one(strtoul(d->d_name, NULL, 10), &s->p[s->n], nets, b);
	}
	if (s->n)
		qsort(s->p, s->n, sizeof(*s->p), by_tgid);
	return 0;
}

int procscan_read(struct procinfo_scan *s, struct err *e)
{
	struct procscan_nets nets = {0};
	DIR *proc = opendir("/proc");
	struct buf b = {0};
	struct timespec now;
	int self, r;

	memset(s, 0, sizeof(*s));
	if (!proc)
		return err_set(e, EXIT_CANNOT_TRACE, "cannot read /proc: %s", strerror(errno));
	self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self < 0) {
		closedir(proc);
		err_set(e, EXIT_CANNOT_TRACE, "/proc has no /proc/self: %s", strerror(errno));
		return err_hint(e, "mount proc there: mount -t proc proc /proc");
	}
	procscan_net(&nets, self);
	close(self);
	r = read_all(s, proc, &nets, &b);
	closedir(proc);
	r |= procscan_conns(s, &nets, &b);
	buf_free(&b);
	clock_gettime(CLOCK_BOOTTIME, &now);
	s->now = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	if (!r)
		return 0;
	procscan_free(s);
	return err_set(e, EXIT_CANNOT_TRACE, "out of memory");
}

void procscan_free(struct procinfo_scan *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->p[i].ssh_connection);
		free(s->p[i].ssh_tty);
		free(s->p[i].text);
	}
	free(s->p);
	free(s->conns);
	memset(s, 0, sizeof(*s));
}
