/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Account names. The modules behind getpwuid(3) may do anything (load code, open files, talk to a
 * directory service), so they run in a helper without a single capability, not where the hooks are.
 */
#ifndef SIGTRACE_SOURCE_ACCOUNTS_H
#define SIGTRACE_SOURCE_ACCOUNTS_H

#include <stdint.h>

#include "source/helper.h"
#include "wire.h"

/* Before anything is open that the helper must not hold. 0, or -1 with e; helper_stop() ends it. */
int accounts_start(struct helper *h, struct err *e);

/* The name of uid as a user.name record, stamped with ts. */
void accounts_ask(const struct helper *h, uint32_t uid, uint64_t ts, struct wire_user *out);

#endif
