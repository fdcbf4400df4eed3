/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers whose one process serves many connections (Go's): who listens where, and which connection
 * a session came on. There is no process of the connection, so the session is what joins the two.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "event/names.h"
#include "session/conn.h"

bool conn_is_keeper(const struct task *t)
{
	return t->listener && t->s.scope & WIRE_SERVER && server_of(t->comm) == SERVER_OTHER;
}

static struct port *find_port(const struct conns *c, const struct wire_sock *sk)
{
	struct port *p, *found = NULL;

	DL_FOREACH(c->ports, p) {
		if (p->netns == sk->netns && p->lport == sk->lport && p->keeper->alive)
			found = p;
	}
	return found;
}

void many_listens(struct conns *c, struct task *t, const struct wire_sock *sk)
{
	struct port *p = find_port(c, sk);

	if (!conn_is_keeper(t) || (p && p->keeper == t))
		return;
	if (c->nports == PORTS_MOST) {
		c->evicted++;
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		c->failed = true;
		return;
	}
	p->netns = sk->netns;
	p->lport = sk->lport;
	p->keeper = t;
	t->held++;
	DL_APPEND(c->ports, p);
	c->nports++;
}

struct task *many_keeper(const struct conns *c, const struct wire_sock *sk)
{
	struct port *p = find_port(c, sk);

	return p ? p->keeper : NULL;
}

void many_keep(struct conn *k, struct task *keeper)
{
	if (k->keeper)
		return;
	k->keeper = keeper;
	keeper->held++;
	k->refs++;
}

void many_sweep(struct conns *c, struct world *w)
{
	struct port *p, *next;
	struct conn *k;
	bool gone = false;

	DL_FOREACH_SAFE(c->ports, p, next) {
		if (p->keeper->alive)
			continue;
		gone = true;
		world_release(w, p->keeper);
		DL_DELETE(c->ports, p);
		c->nports--;
		free(p);
	}
	if (gone)
		DL_FOREACH(c->list, k)
			if (k->keeper && !k->keeper->alive)
				conns_stale(c, k);
	LL_FOREACH2(c->stale, k, stale_next) {
		if (!k->keeper || (k->keeper->alive && !k->closed.seq))
			continue;
		world_release(w, k->keeper);
		k->keeper = NULL;
		k->refs--;
	}
}

void many_free(struct conns *c)
{
	struct port *p, *next;

	DL_FOREACH_SAFE(c->ports, p, next) {
		DL_DELETE(c->ports, p);
		free(p);
	}
}

/* One word up to a blank or the end; where the next one begins, NULL: it is too long. */
static const char *word(const char *at, char *out, size_t size)
{
	size_t n = strcspn(at, " ");

	if (!n || n >= size)
		return NULL;
	memcpy(out, at, n);
	out[n] = '\0';
	return at + n + strspn(at + n, " ");
}

static bool take_port(const char *s, uint32_t *port)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	*port = (uint32_t)v;
	return *s >= '0' && *s <= '9' && !*end && v <= UINT16_MAX;
}

void many_parse_env(struct task *t, const struct wire_env *r)
{
	char peer[64], pport[8], local[64], lport[8];
	uint32_t family;
	const char *at;

	memset(&t->ssh, 0, sizeof(t->ssh));
	at = word(r->ssh_connection, peer, sizeof(peer));
	at = at ? word(at, pport, sizeof(pport)) : NULL;
	at = at ? word(at, local, sizeof(local)) : NULL;
	at = at ? word(at, lport, sizeof(lport)) : NULL;
	if (!at || *at || ip_by_name(peer, &t->ssh.family, t->ssh.raddr) ||
	    ip_by_name(local, &family, t->ssh.laddr) || family != t->ssh.family ||
	    !take_port(pport, &t->ssh.rport) || !take_port(lport, &t->ssh.lport))
		memset(&t->ssh, 0, sizeof(t->ssh));
}

/* An address in the form that both families share: ::ffff:a.b.c.d for IPv4. */
static void widen(uint8_t out[16], uint32_t family, const uint8_t addr[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == WIRE_AF_INET6) {
		memcpy(out, addr, 16);
		return;
	}
	memcpy(out, mapped, sizeof(mapped));
	memcpy(out + 12, addr, 4);
}

static bool same_peer(const struct wire_sock *a, const struct wire_sock *b)
{
	uint8_t x[16], y[16];

	widen(x, a->family, a->raddr);
	widen(y, b->family, b->raddr);
	return a->rport == b->rport && a->lport == b->lport && !memcmp(x, y, sizeof(x));
}

/*
 * By what the server says in SSH_CONNECTION; else the one that has just brought data, of which the
 * kernel side tells at the root's exec; else the newest that has no session.
 */
struct conn *many_conn(const struct conns *c, const struct task *keeper, const struct task *root,
		       enum confidence *sure)
{
	struct conn *k, *used = NULL, *idle = NULL;
	unsigned nused = 0, nidle = 0;

	DL_FOREACH(c->list, k) {
		if (k->keeper != keeper)
			continue;
		if (root->ssh.family && same_peer(&k->sk, &root->ssh)) {
			*sure = CONF_SEEN;
			return k;
		}
		if (root->exec_seq && k->told_seq > root->exec_seq) {
			nused++;
			used = used && used->sessions <= k->sessions ? used : k;
		}
		if (!k->sessions && !k->closed.seq) {
			nidle++;
			idle = k;
		}
	}
	*sure = (used ? nused : nidle) == 1 ? CONF_INFERRED : CONF_GUESSED;
	return used ? used : idle;
}
