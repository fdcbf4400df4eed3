/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of terminals and internet addresses. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "event/names.h"

#define MINORBITS 20 /* include/linux/kdev_t.h */
#define MINORMASK ((1u << MINORBITS) - 1)

/*
 * Documentation/admin-guide/devices.txt. drivers/tty/pty.c keeps every Unix98 slave under the first
 * of its majors, the minor is the index. ttyAMA: drivers/tty/serial/amba-pl011.c.
 */
static const struct {
	uint32_t major, first, last;
	const char *prefix;
	bool alone; /* no number behind the prefix */
} ttys[] = {
	{ 136, 0, MINORMASK, "pts/", false },
	{ 4, 0, 63, "tty", false },
	{ 4, 64, 255, "ttyS", false },
	{ 5, 0, 0, "tty", true },
	{ 5, 1, 1, "console", true },
	{ 5, 2, 2, "ptmx", true },
	{ 5, 3, 3, "ttyprintk", true },
	{ 166, 0, 255, "ttyACM", false },
	{ 188, 0, 255, "ttyUSB", false },
	{ 204, 64, 77, "ttyAMA", false },
	{ 229, 0, 255, "hvc", false },
};

#define NTTYS (sizeof(ttys) / sizeof(ttys[0]))

void tty_name(struct buf *b, uint32_t dev)
{
	uint32_t major = dev >> MINORBITS, minor = dev & MINORMASK;

	for (size_t i = 0; i < NTTYS; i++) {
		if (ttys[i].major != major || minor < ttys[i].first || minor > ttys[i].last)
			continue;
		buf_str(b, ttys[i].prefix);
		if (!ttys[i].alone)
			buf_u64(b, minor - ttys[i].first);
		return;
	}
	buf_u64(b, major);
	buf_char(b, ':');
	buf_u64(b, minor);
}

/* Decimal, no more than max, up to the byte `end`. NULL, or what follows. */
static const char *number(const char *s, char end, uint32_t max, uint32_t *v)
{
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return NULL;
	}
	*v = (uint32_t)n;
	return *s == end ? s + 1 : NULL;
}

int tty_by_name(const char *name, uint32_t *dev)
{
	uint32_t major, minor;
	const char *rest;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	for (size_t i = 0; i < NTTYS; i++) {
		size_t len = strlen(ttys[i].prefix);
		uint32_t n = 0;

		if (strncmp(name, ttys[i].prefix, len))
			continue;
		if (ttys[i].alone ? name[len] != '\0'
				  : !number(name + len, '\0', ttys[i].last - ttys[i].first, &n))
			continue;
		*dev = ttys[i].major << MINORBITS | (ttys[i].first + n);
		return 0;
	}
	rest = number(name, ':', UINT32_MAX >> MINORBITS, &major);
	if (!rest || !number(rest, '\0', MINORMASK, &minor))
		return -1;
	*dev = major << MINORBITS | minor;
	return 0;
}

static void ipv4(struct buf *b, const uint8_t *addr)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			buf_char(b, '.');
		buf_u64(b, addr[i]);
	}
}

static void group16(struct buf *b, uint32_t v)
{
	int shift = 12;

	while (shift > 0 && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		buf_char(b, "0123456789abcdef"[v >> shift & 15]);
}

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* RFC 5952: lower case, :: for the longest run of zeros, of equals the first, never for one. */
static void ipv6(struct buf *b, const uint8_t *addr)
{
	int start = -1, best = 1;

	if (!memcmp(addr, mapped, sizeof(mapped))) {
		buf_str(b, "::ffff:");
		ipv4(b, addr + 12);
		return;
	}
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !addr[2 * (i + n)] && !addr[2 * (i + n) + 1])
			n++;
		if (n > best) {
			best = n;
			start = i;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			buf_str(b, "::");
			i += best - 1;
			continue;
		}
		if (i && i != start + best)
			buf_char(b, ':');
		group16(b, (uint32_t)addr[2 * i] << 8 | addr[2 * i + 1]);
	}
}

void ip_addr(struct buf *b, uint32_t family, const uint8_t addr[16])
{
	if (family == WIRE_AF_INET)
		ipv4(b, addr);
	else
		ipv6(b, addr);
}

int ip_by_name(const char *name, uint32_t *family, uint8_t addr[16])
{
	uint8_t v[16] = { 0 };

	if (inet_pton(AF_INET, name, v) == 1)
		*family = WIRE_AF_INET;
	else if (inet_pton(AF_INET6, name, v) == 1)
		*family = WIRE_AF_INET6;
	else
		return -1;
	memcpy(addr, v, sizeof(v));
	return 0;
}

void sock_addr(struct buf *b, uint32_t family, const uint8_t addr[16], uint32_t port)
{
	if (family == WIRE_AF_INET) {
		ipv4(b, addr);
	} else if (!memcmp(addr, mapped, sizeof(mapped))) {
		ipv4(b, addr + 12);
	} else {
		buf_char(b, '[');
		ipv6(b, addr);
		buf_char(b, ']');
	}
	buf_char(b, ':');
	buf_u64(b, port);
}
