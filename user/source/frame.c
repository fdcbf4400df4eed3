/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/frame.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

uint64_t live_now(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

void frame_copy(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

void frame_header(struct wire_hdr *h, uint16_t kind, uint32_t len)
{
	memset(h, 0, len);
	h->kind = kind;
	h->len = len;
	h->ts = live_now();
}

static void read_line(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	if (fgets(to, size, f))
		to[strcspn(to, "\n")] = '\0';
	fclose(f);
}

void frame_begin(struct wire_begin *r, unsigned scope, uint32_t tgid, const char *version)
{
	struct utsname u;
	struct tm tm;
	time_t now;

	frame_header(&r->h, WIRE_TRACE_BEGIN, sizeof(*r));
	r->order = WIRE_ORDER;
	r->version = WIRE_VERSION;
	r->realtime = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	now = time(NULL);
	localtime_r(&now, &tm);
	r->gmtoff = tm.tm_gmtoff;
	r->scope = scope;
	r->scope_tgid = tgid;
	uname(&u);
	frame_copy(r->host, sizeof(r->host), u.nodename);
	frame_copy(r->kernel, sizeof(r->kernel), u.release);
	frame_copy(r->tool, sizeof(r->tool), version);
	read_line("/proc/sys/kernel/random/boot_id", r->boot_id, sizeof(r->boot_id));
}

void frame_end(struct wire_end *r, uint32_t reason)
{
	frame_header(&r->h, WIRE_TRACE_END, sizeof(*r));
	r->reason = reason;
}
