/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc says of the processes of one moment: plain data, between who reads and who judges. */
#ifndef SIGTRACE_BASE_PROCINFO_H
#define SIGTRACE_BASE_PROCINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCINFO_UNSET UINT32_MAX /* loginuid, sessionid: none */
#define PROCINFO_COMM 64	  /* kernel threads' names are longer than TASK_COMM_LEN here */

struct procinfo {
	uint32_t tgid;
	uint32_t ppid;
	uint32_t pgid;
	uint32_t sid;
	uint32_t tty;	     /* as the kernel tells it in stat, 0: none */
	uint32_t sessionid;  /* PROCINFO_UNSET */
	uint64_t start_tick; /* since boot; with tgid its identity */
	uint64_t start;	     /* the same in ns */
	uint64_t cpu;	     /* user and system, ns */
	char comm[PROCINFO_COMM];
	bool kernel;	     /* a kernel thread */
	bool zombie;
	bool unread;	     /* some of it may be read only with more rights */
	char *ssh_connection; /* of its environment, NULL: not there */
	char *ssh_tty;

	/* Details: unset unless `detailed`. NULL: there is none, or it is not readable. */
	bool detailed;
	bool ns_init;	     /* pid 1 of a pid namespace */
	uint32_t uid;	     /* the real one */
	uint32_t loginuid;
	uint64_t ignored;    /* bit N-1: signal N */
	size_t args_len;
	const char *args;    /* argv, each ended by NUL; the first 4 KiB */
	const char *exe;
	const char *cwd;
	const char *cgroup;  /* path, of the unified hierarchy or systemd's */
	const char *fd[3];   /* what /proc/PID/fd/N points at; NULL: closed */
	bool fd_dead[3];     /* hung up: the other end of the pipe, or the terminal, is gone */
	char *text;	     /* where these strings are */
};

/* An IPv4-mapped address is an IPv4 one here; unused bytes are 0. */
struct procinfo_addr {
	uint32_t family; /* AF_INET, AF_INET6 */
	uint32_t port;
	uint8_t addr[16];
};

/* A TCP connection whose socket some process has, as seen from this end of it. */
struct procinfo_conn {
	struct procinfo_addr local;
	struct procinfo_addr peer;
	uint32_t unanswered; /* how often TCP has sent the same again, in vain so far */
};

struct procinfo_scan {
	struct procinfo *p; /* by tgid, ascending */
	size_t n;
	struct procinfo_conn *conns; /* in the order of procinfo_conn_cmp() */
	size_t nconns;
	bool conns_known; /* every table that was asked for could be read */
	uint64_t now;	  /* CLOCK_BOOTTIME, ns */
};

/* The process with this tgid, or NULL. */
struct procinfo *procinfo_find(const struct procinfo_scan *s, uint32_t tgid);

/* ::ffff:a.b.c.d -> a.b.c.d */
void procinfo_unmap(struct procinfo_addr *a);

/* For qsort(3), bsearch(3). */
int procinfo_conn_cmp(const void *a, const void *b);

#endif
