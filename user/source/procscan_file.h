/* SPDX-License-Identifier: GPL-2.0-only */
/* Between procscan.c, procscan_more.c and procscan_tcp.c only. */
#ifndef SIGTRACE_SOURCE_PROCSCAN_FILE_H
#define SIGTRACE_SOURCE_PROCSCAN_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/procinfo.h"

/* /proc/TGID; -1: errno. */
int procscan_open(uint32_t tgid);

/* All of a file, at most `max` bytes of it, into b; what was in b is forgotten. 0, or -1: errno. */
int procscan_file(int dir, const char *name, size_t max, struct buf *b);
/* The same of an open file; closes it. */
int procscan_fd(int fd, size_t max, struct buf *b);

/* Is that the errno of a lack of rights? */
static inline bool procscan_refused(int error)
{
	return error == EACCES || error == EPERM;
}

/* Fills p from /proc/TGID/stat. false: it is gone. */
bool procscan_stat(int dir, struct procinfo *p, struct buf *b);

/* Network namespaces whose tables are to be read. Zero-initialised is empty. */
struct procscan_nets {
	struct procscan_net {
		ino_t ino;
		int tcp;
		int tcp6;
	} net[256];
	size_t n;
	bool failed; /* one is not readable, or there are more than fit */
};

/* Opens the tables of the namespace of the process, unless that one is there. */
void procscan_net(struct procscan_nets *nets, int dir);
/* Reads and closes them all. 0, or -1: no memory. */
int procscan_conns(struct procinfo_scan *s, struct procscan_nets *nets, struct buf *b);

#endif
