/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/procinfo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int by_tgid(const void *key, const void *member)
{
	uint32_t tgid = *(const uint32_t *)key;
	const struct procinfo *p = member;

	return (tgid > p->tgid) - (tgid < p->tgid);
}

struct procinfo *procinfo_find(const struct procinfo_scan *s, uint32_t tgid)
{
	return s->n ? bsearch(&tgid, s->p, s->n, sizeof(*s->p), by_tgid) : NULL;
}

void procinfo_unmap(struct procinfo_addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (a->family != AF_INET6 || memcmp(a->addr, mapped, sizeof(mapped)))
		return;
	a->family = AF_INET;
	memmove(a->addr, a->addr + 12, 4);
	memset(a->addr + 4, 0, 12);
}

static int addr_cmp(const struct procinfo_addr *a, const struct procinfo_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return memcmp(a->addr, b->addr, sizeof(a->addr));
}

int procinfo_conn_cmp(const void *a, const void *b)
{
	const struct procinfo_conn *x = a, *y = b;
	int r = addr_cmp(&x->peer, &y->peer);

	return r ? r : addr_cmp(&x->local, &y->local);
}
