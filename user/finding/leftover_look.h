/* SPDX-License-Identifier: GPL-2.0-only */
/* Between leftover.c (the rules) and leftover_look.c (what they go by) only. */
#ifndef SIGTRACE_FINDING_LEFTOVER_LOOK_H
#define SIGTRACE_FINDING_LEFTOVER_LOOK_H

#include "finding/leftover.h"

/* Where it stands among the others. */
#define PLACE_KNOWN 1	  /* the rest is valid */
#define PLACE_SERVER 2	  /* an ssh server's process for a connection is among its ancestors */
#define PLACE_HIDDEN 4	  /* some ancestor cannot be seen, so nobody knows */
#define PLACE_MUX 8	  /* it, or an ancestor, is a terminal multiplexer's server */
#define PLACE_MARKED 16	  /* its environment says ssh */
#define PLACE_UP 32	  /* the connection that its environment names is up */
#define PLACE_SUSPECT 64
#define PLACE_HELD 128	  /* a live ssh server has its audit session */
#define PLACE_IS_SERVER 256
#define PLACE_SILENT 512  /* .. but its client acknowledges nothing of what is sent there */
#define PLACE_ROOT 1024	  /* the first process of a session without a terminal, which is up */

/* Evidence, in the order in which it is told. */
#define SIGN_CONNECTION_GONE 1
#define SIGN_SESSION_ENDED 2
#define SIGN_PTY_GONE 4
#define SIGN_PIPE_DEAD 8
#define SIGN_ADOPTED 16
#define SIGN_PARENT 32
#define SIGN_HUP_IGNORED 64
#define SIGN_OWN_SESSION 128
#define SIGN_FILES 256
#define SIGN_CWD_ROOT 512
#define SIGN_CLIENT_SILENT 1024
#define SIGN_CHANNEL_CLOSED 2048
#define SIGN_DEAD (SIGN_PTY_GONE | SIGN_PIPE_DEAD)

/* Sets place, parent and from of all, and all->logins. 0, or -1: no memory. */
int leftover_places(struct leftovers *all);

/* Sets the evidence of one whose parent has been judged. */
void leftover_look(const struct leftovers *all, struct leftover *v);

/* Has some ssh server, live, exactly this cgroup? */
bool leftover_server_cgroup(const struct leftovers *all, const char *cgroup);

#endif
