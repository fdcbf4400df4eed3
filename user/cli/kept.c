/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"

/* It is about the user's own command, and sudo is not to be needed to look into it. */
static void give_away(const struct kept *k)
{
	struct command_user u;
	struct stat st;
	int fd;

	if (!k->o->command || command_user(&u, k->o->as, NULL) != 1)
		return;
	/* the folder may be that user's, who could have put a link to something else there */
	fd = open(k->temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    fchown(fd, u.uid, u.gid))
		log_line("cannot give '%s' to %s", k->name, u.name);
	if (fd >= 0)
		close(fd);
}

static void serve(int sock, void *ctx)
{
	const struct kept *k = ctx;
	char keep = 0;

	/* EOF: the tracer was killed, and what it wrote is of no use */
	if (read(sock, &keep, 1) != 1 || !keep) {
		unlink(k->temporary);
		return;
	}
	give_away(k);
	keep = !rename(k->temporary, k->name);
	if (!keep)
		log_line("cannot keep the recording as '%s': %s", k->name, strerror(errno));
	(void)!write(sock, &keep, 1);
}

int kept_prepare(struct kept *k, const char *name, const struct options *o)
{
	struct err e;

	k->o = o;
	snprintf(k->name, sizeof(k->name), "sigtrace-fail-%s.sgt", name);
	if (access(".", W_OK)) {
		log_line("this folder is not writable: a failure leaves no recording behind");
		return -1;
	}
	snprintf(k->temporary, sizeof(k->temporary), ".sigtrace-assert-%d.sgt", (int)getpid());
	unlink(k->temporary); /* of another that had our pid */
	if (!helper_start(&k->helper, "sigtrace-keep", serve, k, &e))
		return 0;
	log_err(&e);
	return -1;
}

bool kept_settle(struct kept *k, bool keep)
{
	char byte = keep;

	if (write(k->helper.sock, &byte, 1) != 1 || !keep || read(k->helper.sock, &byte, 1) != 1)
		byte = 0;
	helper_stop(&k->helper);
	return byte;
}
