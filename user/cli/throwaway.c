/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/throwaway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <shadow.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define PRIVSEP "/run/sshd" /* Debian's; other builds have theirs in the package */
#define MARK "SIGTRACE_THROWAWAY="
#define PATIENCE_MS slow_ms(10000)

static int run(const char *const *argv, struct err *e)
{
	char path[512];
	pid_t parent = getpid(), pid;
	int status;

	if (proc_find(argv[0], path, sizeof(path)) < 0) {
		err_set(e, EXIT_CANNOT_TRACE, "%s is not installed", argv[0]);
		return err_hint(e, "install the OpenSSH client and server");
	}
	pid = fork();
	if (pid < 0)
		return err_set(e, EXIT_CANNOT_TRACE, "fork: %s", strerror(errno));
	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	if (proc_wait(pid, &status, PATIENCE_MS) < 0)
		proc_kill(pid, &status);
	if (status)
		return err_set(e, EXIT_CANNOT_TRACE, "%s failed (wait status 0x%x)", path, status);
	return 0;
}

static int write_file(const struct throwaway *t, const char *name, mode_t mode, const char *text)
{
	char path[300];
	ssize_t n, len = (ssize_t)strlen(text);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	n = write(fd, text, (size_t)len);
	if (fchmod(fd, mode) < 0)
		n = -1;
	close(fd);
	return n == len ? 0 : -1;
}

static int make_keys(struct throwaway *t, struct err *e)
{
	static const char *const names[] = { "host", "client" };
	char path[300], key[1024] = "";
	FILE *f;

	for (size_t i = 0; i < 2; i++) {
		const char *argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
				       "sigtrace throw-away", "-f", path, NULL };

		snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
		if (run(argv, e) < 0)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/client.pub", t->dir);
	f = fopen(path, "re");
	if (!f || !fgets(key, sizeof(key), f) || write_file(t, "authorized_keys", 0644, key) < 0)
		err_set(e, EXIT_CANNOT_TRACE, "%s: cannot make keys: %s", t->dir, strerror(errno));
	else
		e = NULL;
	if (f)
		fclose(f);
	return e ? -1 : 0;
}

/* Without PAM sshd refuses an account whose password field starts with '!', whatever the key. */
static bool is_locked(const char *user)
{
	const struct spwd *sp = getspnam(user);
	const char *pw = sp ? sp->sp_pwdp : "";

	return *pw == '!';
}

static int write_config(const struct throwaway *t, const char *extra, struct err *e)
{
	static const char *const sftp[] = { "/usr/lib/openssh/sftp-server",
					    "/usr/libexec/openssh/sftp-server",
					    "/usr/lib/ssh/sftp-server",
					    "/usr/libexec/sftp-server" };
	struct buf b = { 0 };
	int rc;

	buf_printf(&b,
		   "SetEnv " MARK "%s HOME=%s/home HISTFILE=/dev/null\n%s\n"
		   "ListenAddress 127.0.0.1\nPort %u\nHostKey %s/host\nPidFile none\n"
		   "AuthorizedKeysFile %s/authorized_keys\nStrictModes no\nUsePAM %s\n"
		   "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
		   "KbdInteractiveAuthentication no\nPubkeyAuthentication yes\n"
		   "AllowTcpForwarding yes\nX11Forwarding no\nPermitUserRC no\nPrintMotd no\n"
		   "PrintLastLog no\nUseDNS no\nMaxStartups 500\nMaxSessions 500\n"
		   "LogLevel VERBOSE\n",
		   t->dir, t->dir, extra ? extra : "", t->port, t->dir, t->dir,
		   is_locked(t->user) ? "yes" : "no");
	for (size_t i = 0; i < sizeof(sftp) / sizeof(*sftp); i++) {
		if (!access(sftp[i], X_OK)) {
			buf_printf(&b, "Subsystem sftp %s\n", sftp[i]);
			break;
		}
	}
	rc = b.failed ? -1 : write_file(t, "config", 0600, buf_cstr(&b));
	buf_free(&b);
	if (rc < 0)
		err_set(e, EXIT_CANNOT_TRACE, "%s/config: %s", t->dir, strerror(errno));
	return rc;
}

/*
 * sshd does not start without its chroot folder, and the package leaves it to the service to make
 * it. Whoever uses it holds a shared lock, so that of several servers only the last removes it.
 */
static int take_privsep(struct throwaway *t, struct err *e)
{
	struct stat held, now;

	for (int tries = 0; tries < 10; tries++) {
		bool made = !mkdir(PRIVSEP, 0755);
		int fd = open(PRIVSEP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 && errno != ENOENT)
			break;
		if (fd < 0)
			continue;
		if (!flock(fd, LOCK_SH) && !fstat(fd, &held) && !stat(PRIVSEP, &now) &&
		    held.st_ino == now.st_ino) {
			t->privsep = fd;
			t->made_privsep = made;
			return 0;
		}
		close(fd);
	}
	return err_set(e, EXIT_CANNOT_TRACE, PRIVSEP ": %s", strerror(errno));
}

static void drop_privsep(struct throwaway *t)
{
	if (t->privsep <= 0)
		return;
	if (t->made_privsep && !flock(t->privsep, LOCK_EX | LOCK_NB))
		rmdir(PRIVSEP);
	close(t->privsep);
	t->privsep = 0;
}

static int spawn_listener(struct throwaway *t, const char *sshd)
{
	char config[300], log[300];
	const char *argv[] = { sshd, "-D", "-f", config, "-E", log, NULL };
	pid_t parent = getpid();

	snprintf(config, sizeof(config), "%s/config", t->dir);
	snprintf(log, sizeof(log), "%s/log", t->dir);
	t->listener = fork();
	if (t->listener)
		return t->listener > 0 ? 0 : -1;
	proc_plain_child(parent, SIGTERM);
	proc_no_login_records();
	/* Its own session: a ^C typed at the caller's terminal is the caller's to act upon. */
	setsid();
	if (t->enter && t->enter(t))
		_exit(127);
	execv(sshd, (char *const *)argv);
	_exit(127);
}

/* Does it answer with a banner? The connection is then taken down from here, in order. */
static bool answers(const struct throwaway *t, int64_t deadline)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(t->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[256];
	size_t len = 0;
	ssize_t n = 1;
	bool ok = false;

	if (fd < 0 || connect(fd, (void *)&a, sizeof(a)) < 0)
		n = 0;
	while (n > 0 && len < sizeof(text) && poll(&p, 1, proc_left(deadline)) > 0) {
		n = recv(fd, text + len, sizeof(text) - len, 0);
		len += n > 0 ? (size_t)n : 0;
		if (!ok && len >= 8 && !memcmp(text, "SSH-2.0-", 8)) {
			ok = true;
			shutdown(fd, SHUT_WR);
		}
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

int throwaway_answers(const struct throwaway *t, int timeout_ms)
{
	int64_t deadline = proc_now_ms() + timeout_ms;

	while (!answers(t, deadline)) {
		if (!proc_left(deadline))
			return -1;
		poll(NULL, 0, 10); /* a refused connection is answered at once: do not spin on it */
	}
	return 0;
}

/* 0: it answers; 1: it ended, the port may have been taken; -1: time over. */
static int wait_ready(struct throwaway *t)
{
	int64_t deadline = proc_now_ms() + PATIENCE_MS;
	int status;

	while (!answers(t, deadline)) {
		if (!proc_wait(t->listener, &status, 10)) {
			t->listener = 0;
			return 1;
		}
		if (!proc_left(deadline))
			return -1;
	}
	return 0;
}

/* The last line that sshd logged, for a message. */
static void last_log(const struct throwaway *t, char *line, size_t size)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", t->dir);
	snprintf(line, size, "it logged nothing");
	f = fopen(path, "re");
	while (f && fgets(line, (int)size, f))
		;
	if (f)
		fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
}

static int make_dir(struct throwaway *t, const struct passwd *pw, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._-";
	const char *tmp = getenv("TMPDIR");
	char home[300];

	/* It is written into a configuration, which has a syntax of its own. */
	if (!tmp || *tmp != '/' || tmp[strspn(tmp, plain)])
		tmp = "/tmp";
	if (snprintf(t->dir, sizeof(t->dir), "%s/sigtrace-XXXXXX", tmp) >= (int)sizeof(t->dir) ||
	    !mkdtemp(t->dir)) {
		err_set(e, EXIT_CANNOT_TRACE, "%s: %s", t->dir, strerror(errno));
		t->dir[0] = '\0';
		return -1;
	}
	/*
	 * The account's own start-up files stay out: they may do anything, and a session that is
	 * killed in the middle of them can leave a lock behind (pyenv's, seen, held up every later
	 * login for a minute).
	 */
	snprintf(home, sizeof(home), "%s/home", t->dir);
	/* Whoever logs in reads authorized_keys with the own rights. */
	if (chmod(t->dir, 0711) < 0 || mkdir(home, 0700) < 0 || chown(home, pw->pw_uid, pw->pw_gid))
		return err_set(e, EXIT_CANNOT_TRACE, "%s: %s", home, strerror(errno));
	return 0;
}

static int start(struct throwaway *t, const char *extra_config, const char *sshd, struct err *e)
{
	const struct passwd *pw = t->user[0] ? getpwnam(t->user) : getpwuid(geteuid());
	char line[256];

	if (!pw)
		return err_set(e, EXIT_CANNOT_TRACE, "there is no account \"%s\"", t->user);
	snprintf(t->user, sizeof(t->user), "%s", pw->pw_name);
	if (make_dir(t, pw, e) < 0 || make_keys(t, e) < 0 || take_privsep(t, e) < 0)
		return -1;
	for (int tries = 0; tries < 5; tries++) {
		if (proc_free_port(&t->port) < 0 || write_config(t, extra_config, e) < 0 ||
		    spawn_listener(t, sshd) < 0)
			break;
		switch (wait_ready(t)) {
		case 0:
			return 0;
		case -1:
			last_log(t, line, sizeof(line));
			return err_set(e, EXIT_CANNOT_TRACE, "%s does not answer: %s", sshd, line);
		}
		last_log(t, line, sizeof(line));
		err_set(e, EXIT_CANNOT_TRACE, "%s ended at once: %s", sshd, line);
	}
	return -1;
}

int throwaway_start(struct throwaway *t, const char *extra_config, struct err *e)
{
	char sshd[256];

	if (geteuid())
		return err_set(e, EXIT_CANNOT_TRACE, "a throw-away sshd needs root");
	if (t->sshd) {
		snprintf(sshd, sizeof(sshd), "%s", t->sshd);
	} else if (proc_find("sshd", sshd, sizeof(sshd)) < 0) {
		err_set(e, EXIT_CANNOT_TRACE, "sshd is not installed");
		return err_hint(e, "install the OpenSSH server (openssh-server, openssh)");
	}
	err_set(e, EXIT_CANNOT_TRACE, "cannot start %s", sshd);
	if (!start(t, extra_config, sshd, e))
		return 0;
	throwaway_stop(t);
	return -1;
}

int throwaway_sweep(const struct throwaway *t)
{
	int64_t deadline = proc_now_ms() + PATIENCE_MS;
	char mark[sizeof(MARK) + sizeof(t->dir)];
	int killed = 0, more;

	if (!t->dir[0])
		return 0;
	snprintf(mark, sizeof(mark), MARK "%s", t->dir);
	do { /* again, for what they forked meanwhile */
		struct procs all;

		proc_list(&all);
		proc_choose_environ(&all, mark);
		more = proc_kill_chosen(&all, deadline);
		free(all.p);
		killed += more;
	} while (more && proc_left(deadline));
	return killed;
}

static void stop_listener(struct throwaway *t)
{
	struct procs all;
	siginfo_t si;
	int status;

	/* A stopped listener forks no more: the list of its connections is complete. */
	kill(t->listener, SIGSTOP);
	while (waitid(P_PID, (id_t)t->listener, &si, WSTOPPED | WEXITED | WNOWAIT) < 0 &&
	       errno == EINTR)
		;
	proc_list(&all);
	proc_choose_descendants(&all, t->listener);
	proc_kill(t->listener, &status);
	t->listener = 0;
	proc_kill_chosen(&all, proc_now_ms() + PATIENCE_MS);
	free(all.p);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void throwaway_stop(struct throwaway *t)
{
	if (t->listener > 0)
		stop_listener(t);
	throwaway_sweep(t);
	if (t->dir[0])
		nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	t->dir[0] = '\0';
	drop_privsep(t);
}
