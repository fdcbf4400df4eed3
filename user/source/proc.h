/* SPDX-License-Identifier: GPL-2.0-only */
/* What only /proc and the account database know: made into records, so that a replay needs neither. */
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
 * false: it is gone, or not readable. h's identity, time and cpu are taken over. */
bool proc_args(const struct wire_hdr *h, struct proc_args *out);

/* SSH_CONNECTION and SSH_TTY of its environment as a task.env record. false: likewise. */
bool proc_env(const struct wire_hdr *h, struct wire_env *out);

/* The account name of uid as a user.name record, stamped with ts. */
void proc_user(uint32_t uid, uint64_t ts, struct wire_user *out);

#endif
