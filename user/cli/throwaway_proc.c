/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/throwaway_proc.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t proc_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

int slow_ms(int ms)
{
	const char *factor = getenv("SIGTRACE_SLOW");
	int n = factor ? atoi(factor) : 1;

	return n > 1 ? ms * n : ms;
}

int proc_left(int64_t deadline)
{
	int64_t ms = deadline - proc_now_ms();

	return ms > 0 ? (int)ms : 0;
}

int proc_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int proc_find(const char *name, char *path, size_t size)
{
	const char *dirs[] = { getenv("PATH"), "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		for (const char *p = dirs[i]; p && *p;) {
			int n = (int)strcspn(p, ":");

			/* Absolute only: sshd executes itself again and refuses any other. */
			if (*p == '/' && snprintf(path, size, "%.*s/%s", n, p, name) < (int)size &&
			    !access(path, X_OK))
				return 0;
			p += n + (p[n] == ':');
		}
	}
	return -1;
}

void proc_plain_child(pid_t parent, int deathsig)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, deathsig);
	if (getppid() != parent)
		_exit(127);
}

void proc_no_login_records(void)
{
	static const char *const files[] = { "/run/utmp", "/var/run/utmp", "/var/log/wtmp",
					     "/var/log/btmp", "/var/log/lastlog" };

	/* A slave, so that none of it is seen outside. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		mount("/dev/null", files[i], NULL, MS_BIND, NULL);
}

int proc_free_port(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = -1;

	if (fd >= 0 && !bind(fd, (void *)&a, len) && !getsockname(fd, (void *)&a, &len)) {
		*port = ntohs(a.sin_port);
		rc = 0;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int proc_wait(pid_t pid, int *status, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;
	struct pollfd p = { .fd = proc_open(pid), .events = POLLIN };
	pid_t got;

	for (;;) {
		got = waitpid(pid, status, WNOHANG);
		if (got != 0 || !proc_left(deadline))
			break;
		poll(&p, 1, proc_left(deadline));
	}
	if (p.fd >= 0)
		close(p.fd);
	return got > 0 ? 0 : -1;
}

void proc_kill(pid_t pid, int *status)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
}

static int read_proc(pid_t pid, struct proc *p)
{
	char path[32], line[1024], *s;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	/* The comm may hold anything, newlines and brackets too, but no bracket comes after it. */
	s = strrchr(line, ')');
	*p = (struct proc){ .pid = pid };
	if (!s || sscanf(s + 1,
			 " %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			 " %*s %llu",
			 &p->ppid, &p->start) != 2)
		return -1;
	return 0;
}

static bool has_environ(pid_t pid, const char *assignment)
{
	char path[32], *env = NULL;
	size_t size = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && getdelim(&env, &size, '\0', f) > 0)
		found = !strcmp(env, assignment);
	free(env);
	fclose(f);
	return found;
}

void proc_list(struct procs *all)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	*all = (struct procs){ 0 };
	while (dir && (d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);
		struct proc p, *more;

		if (pid <= 0 || read_proc(pid, &p) < 0)
			continue;
		more = realloc(all->p, (all->n + 1) * sizeof(*more));
		if (!more)
			break;
		all->p = more;
		all->p[all->n++] = p;
	}
	if (dir)
		closedir(dir);
}

void proc_choose_descendants(struct procs *all, pid_t root)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < all->n; i++) {
			struct proc *p = &all->p[i];
			bool in = p->ppid == root;

			for (size_t k = 0; k < all->n && !in; k++)
				in = all->p[k].chosen && all->p[k].pid == p->ppid;
			if (in && !p->chosen)
				p->chosen = again = true;
		}
	}
}

void proc_choose_environ(struct procs *all, const char *assignment)
{
	for (size_t i = 0; i < all->n; i++)
		if (!all->p[i].chosen && has_environ(all->p[i].pid, assignment))
			all->p[i].chosen = true;
}

int proc_kill_chosen(const struct procs *all, int64_t deadline)
{
	struct pollfd *fds = calloc(all->n + 1, sizeof(*fds));
	nfds_t n = 0;
	int killed = 0;

	for (size_t i = 0; fds && i < all->n; i++) {
		struct pollfd *f = &fds[n];
		struct proc is;

		if (!all->p[i].chosen)
			continue;
		*f = (struct pollfd){ .fd = proc_open(all->p[i].pid), .events = POLLIN };
		if (f->fd < 0)
			continue;
		n++;
		if (!read_proc(all->p[i].pid, &is) && is.start == all->p[i].start &&
		    !syscall(SYS_pidfd_send_signal, f->fd, SIGKILL, NULL, 0))
			killed++;
		else
			f->events = 0;
	}
	for (nfds_t i = 0; i < n; i++) {
		while (fds[i].events && poll(&fds[i], 1, proc_left(deadline)) <= 0 &&
		       proc_left(deadline))
			;
		close(fds[i].fd);
	}
	free(fds);
	return killed;
}
