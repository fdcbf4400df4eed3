/* SPDX-License-Identifier: GPL-2.0-only */
/* To be preloaded: each look at the wall clock finds it a day, and then an hour more, ahead. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long step(void)
{
	static long looks;

	return 86400 + 3600 * looks++;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int bad = (int)syscall(SYS_clock_gettime, id, t);

	if (!bad && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += step();
	return bad;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}
