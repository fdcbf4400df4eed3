/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench/peers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

const struct load loads[LOADS] = {
	{ "rt", OF_SIGNALS, 300000 },	    { "ignored", OF_SIGNALS, 1000000 },
	{ "fork-exec", OF_TASKS, 600 },	    { "fork-exit", OF_TASKS, 3000 },
	{ "mixed", OF_TASKS, 1200 },	    { "tcp", OF_TCP, 20000 },
	{ "noise", OF_SIGNALS, 1000000 },
};

/* ---- what they captured ---- */

/* Lines with the word "load", as a shell would count them. */
static double lines_of(const char *command)
{
	FILE *f = popen(command, "re");
	double n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%lf", &n) != 1)
		n = -1;
	pclose(f);
	return n;
}

static double text_lines(size_t n, const char *file, const char *out)
{
	char command[1200];

	(void)file;
	(void)n;
	snprintf(command, sizeof(command), "grep -cw load '%s'", out);
	return lines_of(command);
}

static double perf_samples(size_t n, const char *file, const char *out)
{
	char command[1200];

	(void)out;
	(void)n;
	snprintf(command, sizeof(command),
		 "perf report --stats -i '%s' 2>/dev/null | awk '/SAMPLE events/ { print $3; exit }'",
		 file);
	return lines_of(command);
}

static double perf_lost(const char *file, const char *out)
{
	char command[1200];
	double n;

	(void)out;
	snprintf(command, sizeof(command),
		 "perf report -D -i '%s' 2>/dev/null | awk '/PERF_RECORD_LOST/ { n += $NF } END { print n + 0 }'",
		 file);
	n = lines_of(command);
	return n;
}

static double trace_cmd_lines(size_t n, const char *file, const char *out)
{
	char command[1200];

	(void)out;
	(void)n;
	snprintf(command, sizeof(command),
		 "trace-cmd report -q -i '%s' 2>/dev/null | grep -cE '^ *load-'", file);
	return lines_of(command);
}

static double own_records(size_t n, const char *file, const char *out)
{
	struct captured c;

	(void)out;
	(void)n;
	if (recording_count(file, &c))
		return -1;
	return c.generate + c.deliver + c.fork + c.exec + c.exit;
}

static double own_lost(const char *file, const char *out)
{
	struct captured c;

	(void)out;
	return recording_count(file, &c) ? -1 : (double)c.lost;
}

static double floor_lost(const char *file, const char *out)
{
	char command[1200];

	(void)file;
	snprintf(command, sizeof(command), "sed -n 's/.*lost=//p' '%s'", out);
	return lines_of(command);
}

/* ---- how they are started ---- */

#define EACH(...) { { { __VA_ARGS__ } }, { { __VA_ARGS__ } }, { { __VA_ARGS__ } } }
#define SIGTRACE_W(...) EACH("%sigtrace", __VA_ARGS__, "-q", "-w", "%o", "--ready-fd", "%r")

#define BT_SIGNALS                                                                                 \
	"tracepoint:signal:signal_generate { printf(\"g %s %d %d %d\\n\", comm, pid, args->sig, args->pid); } " \
	"tracepoint:signal:signal_deliver { printf(\"d %s %d %d\\n\", comm, pid, args->sig); } "
#define BT_TASKS                                                                                   \
	"tracepoint:sched:sched_process_fork { printf(\"f %s %d %d\\n\", comm, pid, args->child_pid); } " \
	"tracepoint:sched:sched_process_exec { printf(\"e %s %d\\n\", comm, pid); } "              \
	"tracepoint:sched:sched_process_exit { printf(\"x %s %d\\n\", comm, pid); } "
#define BT_TCP                                                                                     \
	"tracepoint:sock:inet_sock_set_state { printf(\"s %s %d %d\\n\", comm, args->oldstate, args->newstate); }"

#define E_SIGNALS "-e", "signal:signal_generate", "-e", "signal:signal_deliver"
#define E_TASKS                                                                                    \
	"-e", "sched:sched_process_fork", "-e", "sched:sched_process_exec", "-e",                  \
		"sched:sched_process_exit"
#define E_TCP "-e", "sock:inet_sock_set_state"

const struct peer peers[] = {
	{ "floor, empty", 1, READY_OUTPUT, false, EACH("%floor", "empty"), NULL, NULL },
	{ "floor, look-up", 1, READY_OUTPUT, false, EACH("%floor", "look"), NULL, NULL },
	{ "floor, counts", 1, READY_OUTPUT, false, EACH("%floor", "count"), NULL, NULL },
	{ "floor, ring", 1, READY_OUTPUT, false, EACH("%floor", "ring", "%o"), NULL, floor_lost },
	{ "sigtrace --all -w", 1, READY_FD, false, SIGTRACE_W("--all"), own_records, own_lost },
	{ "sigtrace --each -w", 1, READY_FD, false, SIGTRACE_W("--all", "--each"), own_records, own_lost },
	{ "sigtrace --sshd -w", 1, READY_FD, false, SIGTRACE_W("--sshd"), NULL, own_lost },
	{ "libbpf-tools", 0.2, READY_ASLEEP, false,
	  { { { "sigsnoop" } }, { { "sigsnoop" }, { "execsnoop" }, { "exitsnoop" } }, { { "tcpstates" } } },
	  text_lines, NULL },
	{ "bpftrace", 0.2, READY_ASLEEP, false,
	  { { { "bpftrace", "-e", BT_SIGNALS } }, { { "bpftrace", "-e", BT_SIGNALS BT_TASKS } },
	    { { "bpftrace", "-e", BT_TCP } } },
	  text_lines, NULL },
	{ "perf record", 1, READY_ASLEEP, false,
	  { { { "perf", "record", "-q", "-a", "-o", "%o", E_SIGNALS } },
	    { { "perf", "record", "-q", "-a", "-o", "%o", E_SIGNALS, E_TASKS } },
	    { { "perf", "record", "-q", "-a", "-o", "%o", E_TCP } } },
	  perf_samples, perf_lost },
	{ "trace-cmd record", 1, READY_ASLEEP, false,
	  { { { "trace-cmd", "record", "-q", "-o", "%o", E_SIGNALS } },
	    { { "trace-cmd", "record", "-q", "-o", "%o", E_SIGNALS, E_TASKS } },
	    { { "trace-cmd", "record", "-q", "-o", "%o", E_TCP } } },
	  trace_cmd_lines, NULL },
	{ "strace -f", 0.01, READY_ASLEEP, true,
	  { { { "strace", "-f", "-qq", "-e", "trace=none", "-o", "%o" } },
	    { { "strace", "-f", "-qq", "-e", "trace=process", "-o", "%o" } } },
	  NULL, NULL },
};

const size_t npeers = sizeof(peers) / sizeof(peers[0]);

/* trace-cmd writes it first and gives up where that is refused; events alone would do without. */
static const char *no_ftrace(void)
{
	int fd = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY | O_CLOEXEC);
	bool may = fd >= 0 && write(fd, "1", 1) == 1;

	if (fd >= 0)
		close(fd);
	return may ? NULL : "needs kernel.ftrace_enabled, which may not be set here";
}

const char *peer_why_not(const struct peer *p)
{
	char path[512];

	for (size_t c = 0; c < LOAD_CLASSES; c++)
		for (size_t i = 0; i < PEER_COMMANDS && p->cmd[c][i][0]; i++)
			if (p->cmd[c][i][0][0] != '%' && proc_find(p->cmd[c][i][0], path, sizeof(path)))
				return "not installed";
	return strcmp(p->name, "trace-cmd record") ? NULL : no_ftrace();
}
