/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes, as the throw-away server and its clients need them: start plain, wait, find, kill. */
#ifndef SIGTRACE_CLI_THROWAWAY_PROC_H
#define SIGTRACE_CLI_THROWAWAY_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC in ms; the ms that are left until then, at least 0. */
int64_t proc_now_ms(void);
int proc_left(int64_t deadline);

/* ms, or $SIGTRACE_SLOW times as many: for a machine that is much slower (tools/test-vm). Who waits for
 * something that must come asks it for the limit. */
int slow_ms(int ms);

/* pidfd_open(2), close-on-exec: readable once the process is dead, reaped or not. -1: errno. */
int proc_open(pid_t pid);

/* The absolute path of a program in PATH, or in the sbin folders that a PATH may lack. 0 or -1. */
int proc_find(const char *name, char *path, size_t size);

/*
 * In a child, before exec: every disposition is the default, nothing is blocked, and `deathsig`
 * comes when `parent` dies. OpenSSH resets dispositions itself, other servers hand an ignored
 * SIGINT on to every session.
 */
void proc_plain_child(pid_t parent, int deathsig);

/*
 * In a child, before exec: what it and its own write to the log-in records of the machine (wtmp,
 * lastlog, ..) goes to /dev/null, by a mount namespace of its own. sshd has no option for that.
 * Where the kernel refuses, they are written.
 */
void proc_no_login_records(void);

/* A TCP port of 127.0.0.1 that nobody has at the moment. 0 or -1. */
int proc_free_port(uint16_t *port);

/* Waits for a child; 0 with *status as of waitpid(), -1: time over. */
int proc_wait(pid_t pid, int *status, int timeout_ms);

/* SIGKILL to a child, and its status. */
void proc_kill(pid_t pid, int *status);

struct proc {
	pid_t pid;
	pid_t ppid;
	unsigned long long start; /* field 22 of /proc/PID/stat: with pid, the identity */
	bool chosen;
};

/* All processes of the moment. The caller frees p. */
struct procs {
	struct proc *p;
	size_t n;
};

void proc_list(struct procs *all);
/* Chooses all descendants of `root`. */
void proc_choose_descendants(struct procs *all, pid_t root);
/* Chooses those that have the string (NAME=value) in their environment. */
void proc_choose_environ(struct procs *all, const char *assignment);
/*
 * SIGKILL to the chosen, then waits for them until `deadline`. A pid that is somebody else's by
 * now is let be. Returns how many were killed.
 */
int proc_kill_chosen(const struct procs *all, int64_t deadline);

#endif
