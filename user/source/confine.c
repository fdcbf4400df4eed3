/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "source/confine_calls.h"

/* Drops all but `keep`; of these it keeps those that it has. */
static int keep_only(const int *keep, size_t n)
{
	bool has[8] = {false}, bounds;

	if (capng_get_caps_process())
		return -1;
	for (size_t i = 0; i < n; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, keep[i]);
	/* without CAP_SETPCAP the bounding set stays, and bounds nothing: no program is executed */
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < n; i++)
		if (has[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, keep[i]);
	if (bounds && capng_apply(CAPNG_SELECT_BOUNDS))
		return -1;
	return capng_apply(CAPNG_SELECT_CAPS) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -1 : 0;
}

static int cannot_drop(struct err *e)
{
	return err_set(e, EXIT_CANNOT_TRACE, "cannot drop the capabilities that are not needed: %s",
		       strerror(errno));
}

int confine_loop(const struct confine *c, struct err *e)
{
	int keep[6] = {CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
	size_t n = 4;

	if (capng_get_caps_process())
		return cannot_drop(e);
	if (c->command)
		keep[n++] = CAP_KILL;
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) ||
	    !capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON))
		keep[n++] = CAP_SYS_ADMIN; /* which stands for both: capabilities(7) */
	return keep_only(keep, n) ? cannot_drop(e) : confine_calls(c, e);
}

int confine_reader(struct err *e)
{
	const int keep[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};

	return keep_only(keep, 2) ? cannot_drop(e) : 0;
}

void confine_try(bool lower)
{
	const int caps[] = {CAP_DAC_OVERRIDE, CAP_FOWNER};

	if (capng_get_caps_process())
		return;
	for (size_t i = 0; i < 2; i++)
		if (capng_have_capability(CAPNG_PERMITTED, caps[i]))
			capng_update(lower ? CAPNG_DROP : CAPNG_ADD, CAPNG_EFFECTIVE, caps[i]);
	capng_apply(CAPNG_SELECT_CAPS);
}

int confine_powerless(void)
{
	return keep_only(NULL, 0);
}
