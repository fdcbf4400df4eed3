/* SPDX-License-Identifier: GPL-2.0-only */
/* The OpenSSH server of another Debian release, unpacked by tools/fetch-release, as a throw-away. */
#ifndef SIGTRACE_LIVE_RELEASE_H
#define SIGTRACE_LIVE_RELEASE_H

#include <stddef.h>

#include "cli/throwaway.h"

/* Has it fetched, unless it is there already, and puts its folder into `tree`. 0, or -1 with the
 * reason in `tree`. */
int release_fetch(const char *release, char *tree, size_t size);

/*
 * For throwaway.enter: moves the caller into t->tree, with t->dir, /dev and /proc of this machine
 * and the accounts root, sshd and t->user. All mounts are in a namespace of its own, and what is
 * written goes to one of them: the tree stays as it is, and nothing is to be undone.
 */
int release_enter(const struct throwaway *t);

#endif
