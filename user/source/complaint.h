/* SPDX-License-Identifier: GPL-2.0-only */
/* What libbpf complains about: the reason behind a BPF call that failed. One a process, as libbpf has it. */
#ifndef SIGTRACE_SOURCE_COMPLAINT_H
#define SIGTRACE_SOURCE_COMPLAINT_H

#include "base/err.h"

/* From here on libbpf prints nothing; its next warning is kept. Again: before the next call. */
void complaint_listen(void);

/* The first warning since, without "libbpf: ", one line; "": there was none. Until the next call. */
const char *complaint(void);

/* e: what could not be done, for the reason in errno and for what libbpf said. Returns -1. */
int complaint_fail(struct err *e, const char *what);

#endif
