/* SPDX-License-Identifier: GPL-2.0-only */
/* What only /proc knows: made into records, so that a replay does not need it. */
#ifndef SIGTRACE_SOURCE_PROC_H
#define SIGTRACE_SOURCE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct proc_args {
	struct wire_args r;
	char tail[WIRE_FILENAME + WIRE_ARGS];
};

/* Executable and argv of the process that h names, as a task.args record of out->r.h.len bytes.
 * false: it is gone, or not readable. proc: the open /proc. h's identity, time and cpu are taken over. */
bool proc_args(int proc, const struct wire_hdr *h, struct proc_args *out);

/* SSH_CONNECTION and SSH_TTY of its environment as a task.env record. false: likewise. */
bool proc_env(int proc, const struct wire_hdr *h, struct wire_env *out);

#endif
