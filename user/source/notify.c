/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"

/* WATCHDOG_USEC, where it is meant for this process. */
static uint64_t watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t n;

	if (!usec || parse_u64(usec, UINT64_MAX / 1000, &n))
		return 0;
	if (pid && strtoul(pid, NULL, 10) != (unsigned long)getpid())
		return 0;
	return n * 1000;
}

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;

	*n = (struct notify){.sock = -1, .next = UINT64_MAX};
	if (!len || len >= sizeof(to.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0'; /* of the abstract namespace */
	n->sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->sock < 0)
		return;
	if (connect(n->sock, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
		notify_close(n);
		return;
	}
	n->watchdog = watchdog();
	n->next = n->watchdog ? 0 : UINT64_MAX;
}

void notify_say(const struct notify *n, const char *line)
{
	if (n->sock >= 0)
		(void)!write(n->sock, line, strlen(line));
}

void notify_alive(struct notify *n, uint64_t now)
{
	if (now < n->next)
		return;
	notify_say(n, "WATCHDOG=1");
	n->next = now + n->watchdog / 2;
}

void notify_close(struct notify *n)
{
	if (n->sock >= 0)
		close(n->sock);
	n->sock = -1;
}
