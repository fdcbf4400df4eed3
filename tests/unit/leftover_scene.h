/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at /proc made by hand, for the rules of finding/leftover.c. */
#ifndef SIGTRACE_UNIT_LEFTOVER_SCENE_H
#define SIGTRACE_UNIT_LEFTOVER_SCENE_H

#include <stdint.h>

#include "base/procinfo.h"
#include "finding/leftover.h"

#define GONE "192.0.2.7 40001 192.0.2.1 22"
#define UP "192.0.2.8 40002 192.0.2.1 22"
#define UP6 "2001:db8::8%eth0 40003 2001:db8::1 22"
#define PIPE "pipe:[77]"
#define NUL "/dev/null"

/* By tgid. The scene is a server with one live session, and what is asked about: a sleep that lost
 * its connection, its audit session, its pipes and its parent. */
enum { INIT, LISTENER, SERVER, SHELL, PARENT, SLEEP, CHILD, NPROCS };

struct scene {
	struct procinfo p[NPROCS];
	struct procinfo_conn conns[2];
	struct procinfo_scan scan;
	struct leftovers all;
};

/* Fresh at each call, one at a time. */
struct scene *scene(void);

void login(struct procinfo *p, uint32_t sessionid);
/* All three. */
void streams(struct procinfo *p, const char *fd, bool dead);

/* That process is judged so, by this rule. */
void expect(struct scene *s, int who, enum leftover_class class, const char *rule);

#define IS(s, rule) expect(s, SLEEP, LEFTOVER_CERTAIN, rule)
#define MAY_BE(s, rule) expect(s, SLEEP, LEFTOVER_LIKELY, rule)
#define MEANT(s, rule) expect(s, SLEEP, LEFTOVER_ON_PURPOSE, rule)
#define IS_NOT(s, rule) expect(s, SLEEP, LEFTOVER_NONE, rule)

#endif
