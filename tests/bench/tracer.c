/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracer as a process: when it is ready, what it costs, how it ends. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/measure.h"
#include "cli/throwaway_proc.h"

#define READY_MS 20000
#define END_MS 30000
#define ASLEEP_MS 120 /* longer than an attached probe's RCU grace period */

static void run(const char *const *argv, int ready, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	const char *words[64];
	char fd[16];
	size_t n;

	proc_plain_child(parent, SIGKILL);
	snprintf(fd, sizeof(fd), "%d", ready);
	fcntl(ready, F_SETFD, 0);
	for (n = 0; argv[n] && n < 63; n++)
		words[n] = strcmp(argv[n], "%r") ? argv[n] : fd;
	words[n] = NULL;
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(words[0], (char **)words);
	_exit(127);
}

static void nap(int ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

static bool is_gone(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == pid;
}

/* First of /proc/PID/schedstat: ns on a CPU, of the leader. 0: gone. */
static uint64_t run_ns(pid_t pid)
{
	char path[48];
	uint64_t ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

/* The time of its last CPU use, once that lies ASLEEP_MS back; 0: it never sleeps, or is gone. */
static uint64_t asleep_since(pid_t pid)
{
	uint64_t begun = bench_now(), since = begun, last = 0;

	while (bench_now() - begun < READY_MS * UINT64_C(1000000) && !bench_interrupted) {
		uint64_t ns = run_ns(pid), now = bench_now();

		if (is_gone(pid))
			return 0;
		if (ns - last > 200000) { /* less is a timer of its own */
			last = ns;
			since = now;
		}
		if (now - since > ASLEEP_MS * UINT64_C(1000000))
			return since;
		nap(2);
	}
	return 0;
}

static uint64_t said_ready(pid_t pid, const char *out)
{
	uint64_t begun = bench_now();
	char text[8] = "";

	while (bench_now() - begun < READY_MS * UINT64_C(1000000) && !bench_interrupted) {
		int fd = open(out, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		if (fd >= 0)
			close(fd);
		if (n >= 5 && !memcmp(text, "ready", 5))
			return bench_now();
		if (is_gone(pid))
			return 0;
		nap(1);
	}
	return 0;
}

static uint64_t wrote_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte = 0;

	return poll(&p, 1, READY_MS) > 0 && read(fd, &byte, 1) == 1 && byte == '\n' ? bench_now() : 0;
}

int tracer_start(struct tracer *t, const char *const *argv, enum ready how, const char *out)
{
	pid_t parent = getpid();
	uint64_t begun, at = 0;
	int ready[2], file;

	memset(t, 0, sizeof(*t));
	/* a new file: ext4 writes one that was emptied out when it is closed (auto_da_alloc) */
	unlink(out);
	file = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || pipe2(ready, O_CLOEXEC))
		return bench_say(out, strerror(errno));
	begun = bench_now();
	t->pid = fork();
	if (!t->pid)
		run(argv, ready[1], file, parent);
	close(ready[1]);
	close(file);
	if (t->pid > 0)
		at = how == READY_FD ? wrote_ready(ready[0]) :
		     how == READY_OUTPUT ? said_ready(t->pid, out) : asleep_since(t->pid);
	close(ready[0]);
	t->ready_ms = (at - begun) / 1e6;
	t->ready_cpu = tracer_cpu(t);
	if (at)
		return 0;
	if (t->pid > 0)
		proc_kill(t->pid, &t->status);
	t->pid = 0;
	return -1;
}

static double memory(pid_t pid, const char *what)
{
	char path[32], line[128];
	double kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, what, strlen(what)))
			kib = strtod(line + strlen(what) + 1, NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

double tracer_rss(const struct tracer *t)
{
	return memory(t->pid, "VmRSS");
}

double tracer_cpu(const struct tracer *t)
{
	return run_ns(t->pid) / 1e9;
}

int tracer_stop(struct tracer *t)
{
	struct pollfd p = { .fd = proc_open(t->pid), .events = POLLIN };
	uint64_t begun = bench_now();
	struct rusage used;
	int bad = 0;

	t->hwm = memory(t->pid, "VmHWM");
	kill(t->pid, SIGINT);
	if (poll(&p, 1, END_MS) != 1) {
		kill(t->pid, SIGKILL);
		bad = -1;
	}
	t->end_ms = (bench_now() - begun) / 1e6;
	wait4(t->pid, &t->status, 0, &used);
	t->cpu = used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
		 used.ru_stime.tv_usec / 1e6 - t->ready_cpu;
	if (t->cpu < 0)
		t->cpu = 0; /* two clocks */
	close(p.fd);
	t->pid = 0;
	return bad;
}

/* ---- what its programs cost ---- */

int bpf_stats_on(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

/* The id behind a descriptor that is a program, 0: it is something else. */
static uint32_t prog_id(pid_t pid, const char *fd)
{
	char path[320], line[128];
	bool jited = false;
	uint32_t id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		jited |= !strncmp(line, "prog_jited:", 11); /* a link has an id as well, but no this */
		sscanf(line, "prog_id: %u", &id);
	}
	if (f)
		fclose(f);
	return jited ? id : 0;
}

size_t tracer_programs(const struct tracer *t, struct prog_stats *s, size_t max)
{
	char path[48];
	struct dirent *d;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)t->pid);
	dir = opendir(path);
	while (dir && n < max && (d = readdir(dir))) {
		uint32_t id = prog_id(t->pid, d->d_name), len = sizeof(struct bpf_prog_info);
		struct bpf_prog_info info = { 0 };
		int fd = id ? bpf_prog_get_fd_by_id(id) : -1;

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
			const char *alone = strstr(info.name, "_alone");

			/* an entry of sigtrace goes by the name of the program that it jumps to */
			snprintf(s[n].name, sizeof(s[n].name), "%.*s",
				 (int)((alone ? alone : info.name + sizeof(info.name)) - info.name), info.name);
			s[n].runs = info.run_cnt;
			s[n++].ns = info.run_time_ns;
		}
		close(fd);
	}
	if (dir)
		closedir(dir);
	return n;
}
