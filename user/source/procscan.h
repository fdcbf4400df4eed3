/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All processes of the moment from /proc alone: no BPF, no record, no right that is a must. In two
 * steps, because of ten thousand processes only a few deserve a close look.
 */
#ifndef SIGTRACE_SOURCE_PROCSCAN_H
#define SIGTRACE_SOURCE_PROCSCAN_H

#include "base/err.h"
#include "base/procinfo.h"

/*
 * Fills *s: of each process all but the details, and the TCP connections of this network namespace
 * and of those of the processes with an SSH_CONNECTION. They are read after the processes, so that
 * who has just logged in is not taken for gone. 0, or -1 with e. The caller calls procscan_free().
 */
int procscan_read(struct procinfo_scan *s, struct err *e);

/*
 * The details of one of them; a second call does nothing. false: it is gone, and p->detailed says
 * so. Its streams are polled through a borrowed descriptor (pidfd_getfd(2)), never opened: another
 * reader or writer of a pipe, even for a moment, would change what is asked about.
 */
bool procscan_more(struct procinfo *p);

void procscan_free(struct procinfo_scan *s);

#endif
