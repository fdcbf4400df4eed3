/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/cli.h"

const char *const sigtrace_version = SIGTRACE_VERSION;
