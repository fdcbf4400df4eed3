/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions come and go for a while, in each of their ways, and sigtrace takes no more memory than
 * before. SOAK is for how many seconds (10); the curve is printed. `make soak T=1800`.
 */
#include "live/live.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/throwaway_proc.h"

#define SLACK 1024 /* KiB: what malloc() may take for a fuller table, or for others that log in meanwhile */

struct memory {
	long anon; /* KiB: heap and stack; the maps that are shared with the kernel are as large from the start */
	long rss;
};

static long status_of(struct live *l, const char *key)
{
	char path[64], line[256];
	long v = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)l->trace.pid);
	f = fopen(path, "re");
	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			v = atol(line + strlen(key));
	if (f)
		fclose(f);
	if (v < 0) {
		trace_join(&l->trace, EVENT_MS);
		live_fail(l, "sigtrace is gone, with 0x%x: %.300s", l->trace.status,
			  buf_cstr(&l->trace.said));
	}
	return v;
}

static struct memory memory_of(struct live *l)
{
	return (struct memory){.anon = status_of(l, "RssAnon:"), .rss = status_of(l, "VmRSS:")};
}

static void ssh(struct live *l, struct client *c, enum client_mode mode, const char *const *args)
{
	struct err e = { 0 };

	if (client_start(c, &l->server, mode, args, &e) < 0)
		live_fail(l, "%s", e.what);
}

static int number(struct live *l, struct client *c)
{
	long n = client_number(c, "pid=", 4 * EVENT_MS);

	if (n <= 0)
		live_fail(l, "ssh said \"%.200s\"", buf_cstr(&c->text));
	return (int)n;
}

static void ended(struct live *l, struct client *c)
{
	if (client_wait(c, 4 * EVENT_MS))
		live_fail(l, "ssh does not end: %.200s", buf_cstr(&c->text));
	client_end(c);
}

/* Many processes; a key; a client that is killed, and its orphan after it. All at once. */
static void round_of(struct live *l)
{
	struct client busy = { 0 }, typed = { 0 }, killed = { 0 };
	int pid;

	ssh(l, &busy, CLIENT_PLAIN,
	    ARGS("i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; exit 3"));
	ssh(l, &typed, CLIENT_PTY, ARGS("-tt", "echo pid=$$; exec sleep 1000"));
	ssh(l, &killed, CLIENT_PLAIN, ARGS("echo pid=$$; exec sleep 1000"));
	number(l, &typed);
	pid = number(l, &killed);
	client_type(&typed, "\x03");
	client_signal(&killed, SIGKILL);
	ended(l, &killed);
	ended(l, &busy);
	ended(l, &typed);
	kill(pid, SIGKILL);
}

/* Every buffer is as full as it gets: the recording's frame, what the view has made. */
static void fill_buffers(struct live *l)
{
	struct client c = { 0 };

	ssh(l, &c, CLIENT_PLAIN,
	    ARGS("trap '' URG; i=0; while [ $i -lt 30000 ]; do kill -URG $$; i=$((i+1)); done"));
	ended(l, &c);
}

static void test_memory_stays(void **state)
{
	struct live *l = live(state);
	int64_t begin, now, minute = 0, last = getenv("SOAK") ? atoi(getenv("SOAK")) * 1000 : 10000;
	long early = 0, late = 0, sessions = 0;
	struct memory m;

	l->trace.may_lose = true;
	live_trace(l, ARGS("--sshd", "-v", "-o", "/dev/null", "-w", "/dev/null"));
	fill_buffers(l);
	begin = proc_now_ms();
	do {
		round_of(l);
		sessions += 3;
		m = memory_of(l);
		now = proc_now_ms() - begin;
		if (now <= last / 3 || sessions <= 9)
			early = m.anon > early ? m.anon : early;
		else if (now >= last * 2 / 3)
			late = m.anon > late ? m.anon : late;
		if (now >= minute) {
			printf("# soak: %3" PRId64 " s, %5ld sessions: %ld KiB of its own, %ld KiB in all\n",
			       now / 1000, sessions, m.anon, m.rss);
			fflush(stdout);
			minute += last > 120000 ? 60000 : last / 10;
		}
	} while (now < last || sessions < 18);
	if (!late)
		late = m.anon;
	if (late > early + SLACK)
		live_fail(l, "%ld KiB in the first third, %ld in the last, of %ld sessions", early, late,
			  sessions);
	if (trace_stop(&l->trace))
		live_fail(l, "status 0x%x, %s", l->trace.status, l->trace.why);
	l->passed = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_memory_stays),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
