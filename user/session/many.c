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

/* What SSH_CONNECTION tells of a connection, but for the server's address. Without padding: a key. */
struct peer_key {
	uint8_t raddr[16];
	uint32_t rport, lport;
};

/* The connections of a keeper from one address and port, the oldest first. */
struct peer {
	struct peer_key key;
	struct conn *first;
	UT_hash_handle hh;
};

/* Those of one keeper: a root's is found without walking them. */
struct kept {
	struct task *keeper;
	struct peer *by_peer;
	struct conn *idle; /* without a session so far, and open; the newest last */
	unsigned nidle;
	struct conn *told; /* .. of which records said that it has them open: who was told of last, last */
	unsigned n;
	UT_hash_handle hh;
};

static struct kept *find_kept(const struct conns *c, const struct task *keeper)
{
	struct kept *all;

	HASH_FIND(hh, c->kept, &keeper, sizeof(keeper), all);
	return all;
}

static struct kept *find_or_add_kept(struct conns *c, struct task *keeper)
{
	struct kept *all = find_kept(c, keeper);

	if (all)
		return all;
	all = calloc(1, sizeof(*all));
	if (!all)
		return NULL;
	all->keeper = keeper;
	HASH_ADD(hh, c->kept, keeper, sizeof(all->keeper), all);
	if (all->hh.tbl)
		return all;
	free(all);
	return NULL;
}

static struct peer_key key_of(const struct wire_sock *sk)
{
	struct peer_key key = {.rport = sk->rport, .lport = sk->lport};

	widen(key.raddr, sk->family, sk->raddr);
	return key;
}

static struct peer *find_peer(const struct kept *all, const struct peer_key *key)
{
	struct peer *p;

	HASH_FIND(hh, all->by_peer, key, sizeof(*key), p);
	return p;
}

static struct peer *find_or_add_peer(struct kept *all, const struct peer_key *key)
{
	struct peer *p = find_peer(all, key);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->key = *key;
	HASH_ADD(hh, all->by_peer, key, sizeof(p->key), p);
	if (p->hh.tbl)
		return p;
	free(p);
	return NULL;
}

static int by_nth(const struct conn *a, const struct conn *b)
{
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

static void add_idle(struct kept *all, struct conn *k)
{
	struct conn *newest = all->idle ? all->idle->idle_prev : NULL;

	if (k->sessions || k->closed.seq)
		return;
	k->idle = true;
	all->nidle++;
	if (!newest || by_nth(newest, k) < 0)
		DL_APPEND2(all->idle, k, idle_prev, idle_next);
	else
		DL_INSERT_INORDER2(all->idle, k, by_nth, idle_prev, idle_next);
}

void many_keep(struct conns *c, struct conn *k, struct task *keeper)
{
	const struct peer_key key = key_of(&k->sk);

	if (k->keeper)
		return;
	k->keeper = keeper;
	keeper->held++;
	k->refs++;
	k->kept = find_or_add_kept(c, keeper);
	k->peer = k->kept ? find_or_add_peer(k->kept, &key) : NULL;
	if (k->peer)
		DL_INSERT_INORDER2(k->peer->first, k, by_nth, peer_prev, peer_next);
	else
		c->failed = true;
	if (!k->kept)
		return;
	k->kept->n++;
	add_idle(k->kept, k);
}

void many_told(struct conn *k, uint64_t seq)
{
	k->told_seq = seq;
	if (!k->kept)
		return;
	if (k->told)
		DL_DELETE2(k->kept->told, k, at_told_prev, at_told_next);
	k->told = true;
	DL_APPEND2(k->kept->told, k, at_told_prev, at_told_next);
}

void many_used(struct conn *k)
{
	if (!k->idle)
		return;
	k->idle = false;
	k->kept->nidle--;
	DL_DELETE2(k->kept->idle, k, idle_prev, idle_next);
}

/* Its keeper is to find it no longer. */
static void let_go(struct conns *c, struct conn *k)
{
	struct kept *all = k->kept;

	many_used(k);
	if (k->told)
		DL_DELETE2(all->told, k, at_told_prev, at_told_next);
	k->told = false;
	if (k->peer) {
		DL_DELETE2(k->peer->first, k, peer_prev, peer_next);
		if (!k->peer->first) {
			HASH_DELETE(hh, all->by_peer, k->peer);
			free(k->peer);
		}
	}
	k->peer = NULL;
	k->kept = NULL;
	if (all && !--all->n) {
		HASH_DELETE(hh, c->kept, all);
		free(all);
	}
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
		let_go(c, k);
		world_release(w, k->keeper);
		k->keeper = NULL;
		k->refs--;
	}
}

void many_free(struct conns *c)
{
	struct kept *all, *anext;
	struct port *p, *next;

	DL_FOREACH_SAFE(c->ports, p, next) {
		DL_DELETE(c->ports, p);
		free(p);
	}
	HASH_ITER(hh, c->kept, all, anext) {
		struct peer *peer, *pnext;

		HASH_ITER(hh, all->by_peer, peer, pnext) {
			HASH_DELETE(hh, all->by_peer, peer);
			free(peer);
		}
		HASH_DELETE(hh, c->kept, all);
		free(all);
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

/*
 * By what the server says in SSH_CONNECTION; else the one that has just brought data, of which the
 * kernel side tells at the root's exec; else the newest that has no session.
 */
struct conn *many_conn(const struct conns *c, const struct task *keeper, const struct task *root,
		       enum confidence *sure)
{
	const struct kept *all = find_kept(c, keeper);
	const struct peer_key key = key_of(&root->ssh);
	const struct peer *p = all && root->ssh.family ? find_peer(all, &key) : NULL;
	struct conn *k, *used = NULL;
	unsigned nused = 0;

	*sure = p ? CONF_SEEN : CONF_GUESSED;
	if (p || !all)
		return p ? p->first : NULL;
	k = all->told && root->exec_seq ? all->told->at_told_prev : NULL;
	for (; k && k->told_seq > root->exec_seq; k = k == all->told ? NULL : k->at_told_prev) {
		nused++;
		if (!used || k->sessions < used->sessions ||
		    (k->sessions == used->sessions && k->nth < used->nth))
			used = k;
	}
	if ((used ? nused : all->nidle) == 1)
		*sure = CONF_INFERRED;
	if (used)
		return used;
	return all->idle ? all->idle->idle_prev : NULL;
}
