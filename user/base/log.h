/* SPDX-License-Identifier: GPL-2.0-only */
/* stderr: the only output of base, and so the only file of base that check-pure leaves out. */
#ifndef SIGTRACE_BASE_LOG_H
#define SIGTRACE_BASE_LOG_H

#include "base/err.h"

/* "sigtrace: ..." and a newline in one write(2). */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "sigtrace: what" and, if there is one, "sigtrace: hint: ...". */
void log_err(const struct err *e);

#endif
