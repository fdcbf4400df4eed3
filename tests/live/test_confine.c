/* SPDX-License-Identifier: GPL-2.0-only */
/* What sigtrace gives up once its hooks are attached, what it cannot do without, and what CMD keeps. */
#include "live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define RUN_MS slow_ms(20000)
#define BIT(cap) (UINT64_C(1) << (cap))
#define KEPT (BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH))

#ifdef __SANITIZE_ADDRESS__
#define FILTER 0 /* the leak checker needs calls that no tracer should have */
#else
#define FILTER 2
#endif

/* ---- /proc/PID/status ---- */

static uint64_t number_in(struct live *l, const char *status, const char *name, int base)
{
	const char *at = strstr(status, name);

	if (!at)
		live_fail(l, "no %s in: %.300s", name, status);
	return strtoull(at + strlen(name), NULL, base);
}

static void expect_number(struct live *l, const char *status, const char *name, int base,
			  uint64_t want)
{
	uint64_t is = number_in(l, status, name, base);

	if (is != want)
		live_fail(l, "%s is %#llx, not %#llx", name, (unsigned long long)is,
			  (unsigned long long)want);
}

static void expect_confined(struct live *l, const char *status, uint64_t caps)
{
	expect_number(l, status, "CapInh:", 16, 0);
	expect_number(l, status, "CapPrm:", 16, caps);
	expect_number(l, status, "CapEff:", 16, caps);
	expect_number(l, status, "CapAmb:", 16, 0);
	expect_number(l, status, "NoNewPrivs:", 10, 1);
}

static void read_file(struct live *l, const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n < 0)
		live_fail(l, "cannot read %s: %s", path, strerror(errno));
	text[n] = '\0';
	close(fd);
}

static void read_status(struct live *l, int pid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	read_file(l, path, text, size);
}

/* Has the kernel Landlock, and does this build use it? errno, 0: yes. */
static int no_landlock(void)
{
	if (!FILTER)
		return ENOSYS;
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0 ? errno : 0;
}

/* The one that reads what the tracer may read no more. */
static void expect_proc_helper(struct live *l, unsigned helper)
{
	char text[8192];

	read_status(l, (int)helper, text, sizeof(text));
	if (!strstr(text, "Name:\tsigtrace-proc\n"))
		live_fail(l, "not the one for /proc: %.100s", text);
	expect_confined(l, text, BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH));
	expect_number(l, text, "Seccomp:", 10, FILTER);
}

static void expect_helpers(struct live *l)
{
	char path[64], text[8192];
	unsigned helper, reader = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", l->trace.pid, l->trace.pid);
	read_file(l, path, text, sizeof(text));
	if (sscanf(text, "%u %u", &helper, &reader) != (no_landlock() ? 1 : 2))
		live_fail(l, "of sigtrace these are the children: %s", text);
	if (reader)
		expect_proc_helper(l, reader);
	read_status(l, (int)helper, text, sizeof(text));
	if (!strstr(text, "Name:\tsigtrace-names\n"))
		live_fail(l, "not the one for names: %.100s", text);
	expect_confined(l, text, 0);
	expect_number(l, text, "CapBnd:", 16, 0);
	/* /dev/null and its socket, and nothing of BPF */
	snprintf(path, sizeof(path), "/proc/%u/fd/4", helper);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_given_up(void **state)
{
	struct live *l = live(state);
	char rec[300], text[8192];
	struct client *c;
	int pid, session;

	snprintf(rec, sizeof(rec), "%s/x.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-v", "-w", rec));
	read_status(l, l->trace.pid, text, sizeof(text));
	expect_confined(l, text, KEPT);
	expect_number(l, text, "CapBnd:", 16, 0);
	expect_number(l, text, "Seccomp:", 10, FILTER);
	expect_helpers(l);
	/* all that a trace does it still can: names, questions to the kernel, the recording */
	c = live_sleeper(l, &l->server, "openssh", &pid, &session);
	client_signal(c, SIGINT);
	live_expect(l, "{s:s, s:i, s:s}", "type", "orphan", "tgid", pid, "reason", "no_pty");
	live_expect(l, "{s:s, s:s}", "type", "user.name", "name", ACCOUNT);
	live_done(l);
}

static void test_command_keeps(void **state)
{
	struct live *l = live(state);
	char own[8192];
	static const char *const names[] = { "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:" };
	struct buf out, err;

	read_status(l, getpid(), own, sizeof(own));
	assert_int_equal(tool_run(ARGS("-q", "--", "/bin/cat", "/proc/self/status"), RUN_MS, &out,
				  &err), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_number(l, buf_cstr(&out), names[i], 16, number_in(l, own, names[i], 16));
	expect_number(l, buf_cstr(&out), "NoNewPrivs:", 10, number_in(l, own, "NoNewPrivs:", 10));
	expect_number(l, buf_cstr(&out), "Seccomp:", 10, number_in(l, own, "Seccomp:", 10));
	buf_free(&out);
	buf_free(&err);
	/* of its parent, which is the tracer: also what signals are passed on with */
	assert_int_equal(tool_run(ARGS("-q", "--", "/bin/sh", "-c", "cat /proc/$PPID/status; :"),
				  RUN_MS, &out, &err), 0);
	expect_confined(l, buf_cstr(&out), KEPT | BIT(CAP_KILL));
	expect_number(l, buf_cstr(&out), "Seccomp:", 10, FILTER);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

/* ---- with fewer rights ---- */

static int become(uid_t uid, gid_t gid, uint64_t caps)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct c[2];

	for (int i = 0; i < 2; i++)
		c[i].effective = c[i].permitted = c[i].inheritable = (uint32_t)(caps >> (32 * i));
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid) || syscall(SYS_capset, &h, c))
		return -1;
	for (int cap = 0; cap < 64; cap++)
		if (caps & BIT(cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -1;
	return 0;
}

static void lose(uint64_t caps)
{
	for (int cap = 0; cap < 64; cap++)
		if (caps & BIT(cap))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* As p with no more than `caps`; p NULL: as root without `caps`. What it says on both is in text. */
static int run_with(struct live *l, const struct passwd *p, uint64_t caps, const char *const *args,
		    struct buf *text)
{
	const char *argv[16] = { "sigtrace", NULL };
	int64_t deadline = proc_now_ms() + RUN_MS;
	int out[2], status, exe = open(getenv("SIGTRACE"), O_RDONLY | O_CLOEXEC);
	pid_t parent = getpid(), pid;
	char chunk[4096];
	ssize_t n = 1;

	for (size_t i = 1; *args; i++)
		argv[i] = *args++;
	memset(text, 0, sizeof(*text));
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		proc_plain_child(parent, SIGKILL);
		dup2(out[1], 1);
		dup2(out[1], 2);
		/* before 5.11 what BPF needs counts: a service has LimitMEMLOCK=, these have no
		 * CAP_SYS_RESOURCE to raise it */
		setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
		if (!p)
			lose(caps);
		else if (become(p->pw_uid, p->pw_gid, caps))
			_exit(126);
		/* not by its path: the account may not be let into the folder */
		fexecve(exe, (char *const *)argv, environ);
		_exit(127);
	}
	close(exe);
	close(out[1]);
	l->child = pid;
	while (n > 0) {
		struct pollfd fd = { .fd = out[0], .events = POLLIN };

		n = poll(&fd, 1, proc_left(deadline)) > 0 ? read(out[0], chunk, sizeof(chunk)) : -1;
		buf_put(text, chunk, n > 0 ? (size_t)n : 0);
	}
	close(out[0]);
	if (n < 0 || proc_wait(pid, &status, proc_left(deadline)) < 0)
		live_fail(l, "it does not end: %.400s", buf_cstr(text));
	l->child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void without(struct live *l, uint64_t caps, const char *const *args, int want,
		    const char *line)
{
	struct buf text;
	int status = run_with(l, NULL, caps, args, &text);

	if (status != want || (line && !strstr(buf_cstr(&text), line)))
		live_fail(l, "status %d, not %d with \"%s\": %.500s", status, want, line ? line : "",
			  buf_cstr(&text));
	buf_free(&text);
}

/* The test's own processes: what others do on this machine is not to be lost here. */
static char self[16];

#define WATCH ARGS("-p", self, "-q", "--duration", "1ms")

static void test_missing(void **state)
{
	struct live *l = live(state);

	/* which stands for both of the first */
	uint64_t admin = BIT(CAP_SYS_ADMIN);

	without(l, admin | BIT(CAP_BPF), WATCH, 3,
		"sigtrace: tracing needs CAP_BPF, which this process does not have\n");
	without(l, admin | BIT(CAP_PERFMON), WATCH, 3,
		"sigtrace: tracing needs CAP_PERFMON, which this process does not have\n");
	without(l, admin | BIT(CAP_BPF) | BIT(CAP_PERFMON), WATCH, 3,
		"sigtrace: tracing needs CAP_BPF and CAP_PERFMON, which");
	without(l, BIT(CAP_SYS_PTRACE), WATCH, 0, "sigtrace: without CAP_SYS_PTRACE less is known");
	without(l, BIT(CAP_DAC_READ_SEARCH), WATCH, 0,
		"sigtrace: without CAP_DAC_READ_SEARCH less is known");
	without(l, BIT(CAP_BPF) | BIT(CAP_PERFMON), WATCH, 0, NULL);
	without(l, ~KEPT, WATCH, 0, NULL);
	l->passed = true;
}

/* An account of no rights, with these four: what a service gives it. */
static void test_plain_user(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	struct buf text;

	assert_non_null(p);
	assert_int_equal(run_with(l, p, KEPT, WATCH, &text), 0);
	assert_null(strstr(buf_cstr(&text), "without"));
	buf_free(&text);
	/* and as a user's command, two */
	assert_int_equal(run_with(l, p, BIT(CAP_BPF) | BIT(CAP_PERFMON),
				  ARGS("-q", "--", "/bin/sh", "-c", "cat /proc/$PPID/status; exit 7"),
				  &text), 7);
	expect_number(l, buf_cstr(&text), "Uid:", 10, p->pw_uid);
	expect_confined(l, buf_cstr(&text), BIT(CAP_BPF) | BIT(CAP_PERFMON));
	expect_number(l, buf_cstr(&text), "Seccomp:", 10, FILTER);
	buf_free(&text);
	l->passed = true;
}

/* As the unit of tools/systemd runs it. */
static void test_service_user(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	struct buf text, out, err;
	char dir[300];
	glob_t files;
	struct stat st;

	assert_non_null(p);
	snprintf(dir, sizeof(dir), "%s/service", l->server.dir);
	assert_int_equal(mkdir(dir, 0700) || chown(dir, p->pw_uid, p->pw_gid), 0);
	if (run_with(l, p, KEPT, ARGS("-p", self, "-q", "-w", dir, "--rotate", "256M", "--keep", "20",
				      "--duration", "1ms"), &text))
		live_fail(l, "%s", buf_cstr(&text));
	buf_free(&text);
	assert_int_equal(tool_run(ARGS("-r", dir, "-q"), RUN_MS, &out, &err), 0);
	buf_free(&out);
	buf_free(&err);
	snprintf(dir, sizeof(dir), "%s/service/sigtrace-*.sgt", l->server.dir);
	assert_int_equal(glob(dir, 0, NULL, &files), 0);
	assert_int_equal(files.gl_pathc, 1);
	assert_int_equal(stat(files.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_uid, p->pw_uid);
	assert_int_equal(st.st_mode & 07777, 0600);
	unlink(files.gl_pathv[0]);
	globfree(&files);
	snprintf(dir, sizeof(dir), "%s/service", l->server.dir);
	assert_int_equal(rmdir(dir), 0);
	l->passed = true;
}

static void test_orphans(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	struct buf text;

	assert_non_null(p);
	/* of root's processes, the test's own among them */
	assert_int_equal(run_with(l, p, BIT(CAP_SYS_PTRACE), ARGS("orphans"), &text), 0);
	if (!strstr(buf_cstr(&text), "could not be read: CAP_DAC_READ_SEARCH is missing"))
		live_fail(l, "%s", buf_cstr(&text));
	buf_free(&text);
	assert_int_equal(run_with(l, p, BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH),
				  ARGS("orphans"), &text), 0);
	assert_null(strstr(buf_cstr(&text), "could not be read"));
	buf_free(&text);
	l->passed = true;
}

/* ---- a folder of somebody else's ---- */

static void expect_files(struct live *l, size_t want)
{
	FILE *f = popen("ls -A", "r");
	char text[1024];
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0, lines = 0;

	text[n] = '\0';
	pclose(f);
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	if (lines != want)
		live_fail(l, "%zu files, not %zu: %s", lines, want, text);
}

/* The tracer itself may not write there any more: it has no CAP_DAC_OVERRIDE. */
static void test_foreign_folder(void **state)
{
	struct live *l = live(state);
	const struct passwd *p = getpwnam(ACCOUNT);
	struct buf out, err;
	struct stat st;
	char dir[300];

	assert_non_null(p);
	snprintf(dir, sizeof(dir), "%s/foreign", l->server.dir);
	assert_int_equal(mkdir(dir, 0755) || chown(dir, p->pw_uid, p->pw_gid) || chdir(dir), 0);
	assert_int_equal(tool_run(ARGS("assert", "-q", "-e", "no orphan", "--", "/bin/true"), RUN_MS,
				  &out, &err), 0);
	expect_files(l, 0);
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("assert", "-q", "--user", ACCOUNT, "-e", "no exec", "--",
				       "/bin/true"), RUN_MS, &out, &err), 1);
	assert_string_equal(buf_cstr(&err), "");
	expect_files(l, 1);
	assert_int_equal(stat("sigtrace-fail-expr.sgt", &st), 0);
	assert_int_equal(st.st_uid, p->pw_uid);
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(unlink("sigtrace-fail-expr.sgt"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	l->passed = true;
}

/* ---- a call that is not allowed ---- */

#if defined(__x86_64__) && FILTER
/* Stops it where it is about to make a call. */
static void seize(struct live *l, pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD))
		live_skip("ptrace(2) is refused");
	assert_int_equal(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0);
	do {
		assert_int_equal(waitpid(pid, &status, __WALL), pid);
		if (!WIFSTOPPED(status))
			live_fail(l, "it ended: %#x", status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			break;
	} while (!ptrace(PTRACE_SYSCALL, pid, 0, 0));
}

/* Lets the process make another call than it meant to. */
static void misdirect(struct live *l, pid_t pid, long number)
{
	struct user_regs_struct regs;

	seize(l, pid);
	assert_int_equal(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
	regs.orig_rax = (unsigned long long)number;
	assert_int_equal(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
}

#define FDS 1024 /* since 7.0 its programs have some 150: bpf/hook.h */

static int open_proc_of(struct live *l)
{
	char path[64], to[64];

	for (int fd = 3; fd < FDS; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", l->trace.pid, fd);
		ssize_t n = readlink(path, to, sizeof(to));

		if (n == 5 && !memcmp(to, "/proc", 5))
			return fd;
	}
	live_fail(l, "it has no /proc open");
}

/* What the call that it makes next returns: openat(2) of the path, for reading. */
static long made_to_open(struct live *l, const char *file)
{
	struct user_regs_struct was, regs;
	pid_t pid = l->trace.pid;
	char path[64] = "";
	int status;

	snprintf(path, sizeof(path), "%s", file);
	seize(l, pid);
	assert_int_equal(ptrace(PTRACE_GETREGS, pid, 0, &was), 0);
	regs = was;
	regs.orig_rax = SYS_openat;
	regs.rdi = (unsigned long long)open_proc_of(l);
	regs.rsi = was.rsp - 1024; /* below what the ABI lets a leaf function use */
	regs.rdx = O_RDONLY;
	for (size_t i = 0; i < sizeof(path); i += sizeof(long)) {
		long word;

		memcpy(&word, path + i, sizeof(word));
		assert_int_equal(ptrace(PTRACE_POKEDATA, pid, regs.rsi + i, word), 0);
	}
	assert_int_equal(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	assert_int_equal(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_int_equal(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
	was.rax = (unsigned long long)-EINTR; /* what it was about to wait for */
	assert_int_equal(ptrace(PTRACE_SETREGS, pid, 0, &was), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
	return (long)regs.rax;
}

static void test_files_are_given_up(void **state)
{
	struct live *l = live(state);
	int why = no_landlock();

	if (why)
		live_skip(why == ENOSYS ? "this kernel has no Landlock" : "Landlock is not switched on");
	live_trace(l, TRACE_SSHD);
	assert_int_equal(made_to_open(l, "/etc/shadow"), -EACCES);
	assert_int_equal(made_to_open(l, "1/root/etc/shadow"), -EACCES);
	assert_int_equal(made_to_open(l, "1/environ"), -EACCES);
	/* and it goes on */
	live_done(l);
}

static void test_refused_call(void **state)
{
	struct live *l = live(state);
	char want[64];
	int status;

	l->trace.raw = true;
	live_trace(l, ARGS("-p", self, "-q"));
	misdirect(l, l->trace.pid, SYS_socket);
	status = trace_join(&l->trace, RUN_MS);
	snprintf(want, sizeof(want), "system call %d of", SYS_socket);
	if (status != 4 || !strstr(buf_cstr(&l->trace.said), want))
		live_fail(l, "status %d: %s", status, buf_cstr(&l->trace.said));
	l->passed = true;
}
#else
static void test_files_are_given_up(void **state)
{
	live(state);
	live_skip("written for x86-64, and for a build that filters");
}

static void test_refused_call(void **state)
{
	live(state);
	live_skip("written for x86-64, and for a build that filters");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_given_up),    LIVE_TEST(test_command_keeps),
		LIVE_TEST(test_missing),     LIVE_TEST(test_plain_user),
		LIVE_TEST(test_service_user), LIVE_TEST(test_orphans),     LIVE_TEST(test_foreign_folder),
		LIVE_TEST(test_files_are_given_up), LIVE_TEST(test_refused_call),
	};

	snprintf(self, sizeof(self), "%d", getpid());
	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
