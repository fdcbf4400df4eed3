/* SPDX-License-Identifier: GPL-2.0-only */
/* What one look at /proc says about one process and those around it. */
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "finding/leftover_look.h"

#define HUP_BIT 1  /* SIGHUP is signal 1 */
/* 12 s with the shortest timeout of TCP, which doubles each time (TCP_RTO_MIN, 200 ms). */
#define UNANSWERED 6
#define DEPTH 1000 /* of ancestors: a read that raced may even make rings */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* An audit session: who has it, by login. */
struct leftover_login {
	uint32_t sessionid;
	bool served; /* an ssh server's process */
	bool kept;   /* another process that logs people in, or runs their jobs */
	const struct leftover *marked; /* one that its environment says is of ssh, or NULL */
};

/* Names as the kernel has them, so cut at 15 bytes. */
static const char *const servers[] = {"sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd",
				      "teleport", "tailscaled", "lsh", "lshd"};
static const char *const keepers[] = {
	"login", "agetty", "systemd", "(sd-pam)", "cron", "crond", "anacron", "atd",
	"gdm-session-wor", "sddm-helper", "lightdm", "xdm"};
/* These outlive the connection by design; their children keep the environment of the first one. */
static const char *const multiplexers[] = {"tmux", "tmux: server", "screen", "SCREEN", "dtach",
					   "abduco", "zellij", "mosh-server", "etterminal"};
/* Whom an orphan gets for a parent: pid 1, the init of a container, a subreaper (which /proc does
 * not tell). */
static const char *const reapers[] = {"systemd", "init", "tini", "dumb-init", "docker-init",
				      "catatonit", "containerd-shim", "conmon", "s6-svscan",
				      "runsvdir"};

static bool among(const char *const *names, size_t n, const char *comm)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], comm))
			return true;
	return false;
}

bool leftover_is_server(const struct procinfo *p)
{
	return !p->kernel && !p->zombie && among(servers, COUNT(servers), p->comm);
}

/* A listener is no session's, though it may have been started in one; in a container it may even be
 * pid 1, and so adopt what its own sessions left. */
static bool serves_connection(const struct procinfo *p)
{
	return leftover_is_server(p) && p->tgid != 1 &&
	       !(p->args_len && memmem(p->args, p->args_len, "[listener]", 10));
}

bool leftover_server_cgroup(const struct leftovers *all, const char *cgroup)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct leftover *v = &all->v[i];

		if (v->place & PLACE_IS_SERVER && v->p->cgroup && !strcmp(v->p->cgroup, cgroup))
			return true;
	}
	return false;
}

/* ---- audit sessions ---- */

static int by_sessionid(const void *a, const void *b)
{
	const struct leftover_login *x = a, *y = b;

	return (x->sessionid > y->sessionid) - (x->sessionid < y->sessionid);
}

static const struct leftover_login *login_of(const struct leftovers *all, const struct procinfo *p)
{
	struct leftover_login key = {.sessionid = p->sessionid};

	if (p->sessionid == PROCINFO_UNSET || !all->nlogins)
		return NULL;
	return bsearch(&key, all->logins, all->nlogins, sizeof(key), by_sessionid);
}

/* Sorts them, and makes one of those with the same sessionid. */
static void merge_logins(struct leftovers *all)
{
	struct leftover_login *to = all->logins;

	if (!all->nlogins)
		return;
	qsort(all->logins, all->nlogins, sizeof(*all->logins), by_sessionid);
	for (size_t i = 1; i < all->nlogins; i++) {
		const struct leftover_login *l = &all->logins[i];

		if (l->sessionid != to->sessionid) {
			*++to = *l;
			continue;
		}
		to->served |= l->served;
		to->kept |= l->kept;
		if (!to->marked)
			to->marked = l->marked;
	}
	all->nlogins = to - all->logins + 1;
}

static int find_logins(struct leftovers *all)
{
	all->logins = calloc(all->n + 1, sizeof(*all->logins));
	if (!all->logins)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		const struct procinfo *p = all->v[i].p;

		if (p->sessionid == PROCINFO_UNSET)
			continue;
		all->logins[all->nlogins++] = (struct leftover_login){
			.sessionid = p->sessionid,
			.served = serves_connection(p),
			.kept = among(keepers, COUNT(keepers), p->comm),
			.marked = all->v[i].place & PLACE_MARKED ? &all->v[i] : NULL,
		};
	}
	merge_logins(all);
	return 0;
}

/* ---- SSH_CONNECTION ---- */

/* The next blank-separated word of *s. */
static bool word(const char **s, char *to, size_t size)
{
	size_t n = strcspn(*s, " ");

	if (!n || n >= size)
		return false;
	memcpy(to, *s, n);
	to[n] = '\0';
	*s += n;
	*s += strspn(*s, " ");
	return true;
}

static bool parse_addr(const char **s, struct procinfo_addr *a)
{
	char host[64], port[8], *end;

	memset(a, 0, sizeof(*a));
	if (!word(s, host, sizeof(host)) || !word(s, port, sizeof(port)))
		return false;
	host[strcspn(host, "%")] = '\0'; /* fe80::1%eth0 */
	a->port = strtoul(port, &end, 10);
	if (*end || !a->port || a->port > 65535 || ip_by_name(host, &a->family, a->addr))
		return false;
	procinfo_unmap(a);
	return true;
}

/* "client port server port"; sshd -i on a pipe says "UNKNOWN 65535 UNKNOWN 65535". */
static bool parse_connection(const char *s, struct procinfo_conn *c)
{
	return s && parse_addr(&s, &c->peer) && parse_addr(&s, &c->local);
}

/* NULL: it is not up. */
static const struct procinfo_conn *find_conn(const struct procinfo_scan *s,
					     const struct procinfo_conn *c)
{
	if (!s->nconns)
		return NULL;
	return bsearch(c, s->conns, s->nconns, sizeof(*c), procinfo_conn_cmp);
}

/* ---- places ---- */

static void place_by_environ(const struct leftovers *all, struct leftover *v)
{
	const struct procinfo_conn *up;
	struct procinfo_conn c;

	if (v->p->ssh_connection || v->p->ssh_tty)
		v->place |= PLACE_MARKED;
	if (!parse_connection(v->p->ssh_connection, &c))
		return;
	v->from = c.peer;
	up = find_conn(all->scan, &c);
	if (up)
		v->place |= up->unanswered >= UNANSWERED ? PLACE_UP | PLACE_SILENT : PLACE_UP;
}

static void place_by_parent(struct leftover *v, const struct leftover *parent)
{
	if (!parent)
		return;
	v->parent = parent;
	v->place |= parent->place & (PLACE_SERVER | PLACE_HIDDEN | PLACE_MUX);
	if (serves_connection(parent->p)) {
		v->place |= PLACE_SERVER;
		if (v->place & PLACE_UP && !v->p->tty && !leftover_is_server(v->p))
			v->place |= PLACE_ROOT;
	}
}

/* It may be left behind as far as can be told without its details. */
static bool may_be_left(const struct leftovers *all, const struct leftover *v)
{
	const struct leftover_login *l = login_of(all, v->p);

	if (v->p->kernel || v->p->zombie || v->p->tgid == 1 ||
	    v->place & (PLACE_IS_SERVER | PLACE_HIDDEN))
		return false;
	if (v->place & (PLACE_SERVER | PLACE_UP))
		return v->place & (PLACE_SILENT | PLACE_ROOT) ||
		       (v->parent && v->parent->place & PLACE_SUSPECT);
	return v->place & PLACE_MARKED || (v->parent && v->parent->place & PLACE_SUSPECT) ||
	       (l && !l->served && !l->kept);
}

/* After its ancestors, whom only their pids tell. */
static void place(struct leftovers *all, struct leftover *v, unsigned depth)
{
	const struct procinfo *up = procinfo_find(all->scan, v->p->ppid);
	const struct leftover_login *l = login_of(all, v->p);
	struct leftover *parent = up ? &all->v[up - all->scan->p] : NULL;

	if (v->place & PLACE_KNOWN)
		return;
	if (parent && !(parent->place & PLACE_KNOWN) && depth < DEPTH)
		place(all, parent, depth + 1);
	/* of ppid 0 is init, kthreadd, and what entered this pid namespace from outside: docker exec */
	if (v->p->tgid != 1 && !v->p->kernel && v->p->ppid != 1 &&
	    (!parent || !(parent->place & PLACE_KNOWN)))
		v->place |= PLACE_HIDDEN;
	place_by_parent(v, parent);
	if (leftover_is_server(v->p))
		v->place |= PLACE_IS_SERVER;
	if (among(multiplexers, COUNT(multiplexers), v->p->comm))
		v->place |= PLACE_MUX;
	if (l && l->served)
		v->place |= PLACE_HELD;
	if (may_be_left(all, v))
		v->place |= PLACE_SUSPECT;
	v->place |= PLACE_KNOWN;
}

int leftover_places(struct leftovers *all)
{
	for (size_t i = 0; i < all->n; i++)
		place_by_environ(all, &all->v[i]);
	if (find_logins(all))
		return -1;
	for (size_t i = 0; i < all->n; i++)
		place(all, &all->v[i], 0);
	return 0;
}

/* ---- evidence ---- */

/* A child begins in its parent's session and can leave it only to lead its own: another one's says
 * that this parent is not the first. */
static bool is_adopted(const struct leftover *v)
{
	const struct procinfo *p = v->p, *parent = v->parent ? v->parent->p : NULL;

	if (p->ppid == 1)
		return true;
	if (!parent)
		return false;
	return parent->ns_init || among(reapers, COUNT(reapers), parent->comm) ||
	       parent->start_tick > p->start_tick || (p->sid != p->tgid && p->sid != parent->sid);
}

static bool is_terminal(const char *fd)
{
	return !strncmp(fd, "/dev/pts/", 9) || !strncmp(fd, "/dev/tty", 8);
}

static bool is_deleted(const char *fd)
{
	size_t n = strlen(fd);

	return n > 10 && !strcmp(fd + n - 10, " (deleted)");
}

static uint32_t look_at_streams(const struct procinfo *p)
{
	uint32_t signs = p->detailed && !p->unread ? SIGN_FILES : 0;

	for (int i = 0; i < 3; i++) {
		const char *fd = p->fd[i];

		if (!fd)
			continue;
		if (is_terminal(fd)) {
			signs |= p->fd_dead[i] || is_deleted(fd) ? SIGN_PTY_GONE : 0;
			signs &= ~SIGN_FILES;
		} else if (*fd != '/') {
			signs |= p->fd_dead[i] ? SIGN_PIPE_DEAD : 0;
			signs &= ~SIGN_FILES;
		}
	}
	return signs;
}

/* sshd closes them both when the client closes the channel, and goes on with its connection. */
static bool is_dead_pipe(const struct procinfo *p, int fd)
{
	return p->fd[fd] && *p->fd[fd] != '/' && p->fd_dead[fd];
}

static uint32_t look_at_session(const struct leftovers *all, struct leftover *v)
{
	const struct leftover_login *l = login_of(all, v->p);

	if (!l || l->served || v->p->loginuid == PROCINFO_UNSET)
		return 0;
	if (l->marked && !(v->place & PLACE_MARKED)) {
		/* sudo(8) and env -i take the variable away, not the session */
		v->place |= PLACE_MARKED;
		v->from = l->marked->from;
	}
	return l->kept && !(v->place & PLACE_MARKED) ? 0 : SIGN_SESSION_ENDED;
}

void leftover_look(const struct leftovers *all, struct leftover *v)
{
	const struct procinfo *p = v->p;
	struct procinfo_conn c;
	uint32_t signs = look_at_streams(p) | look_at_session(all, v);

	if (all->scan->conns_known && parse_connection(p->ssh_connection, &c) &&
	    !find_conn(all->scan, &c))
		signs |= SIGN_CONNECTION_GONE;
	if (v->place & PLACE_SILENT)
		signs |= SIGN_CLIENT_SILENT;
	if (v->place & PLACE_ROOT && is_dead_pipe(p, 0) && is_dead_pipe(p, 1))
		signs |= SIGN_CHANNEL_CLOSED;
	if (is_adopted(v))
		signs |= SIGN_ADOPTED;
	if (v->parent && v->parent->rule && v->parent->rule->class != LEFTOVER_NONE) {
		signs |= SIGN_PARENT;
		if (!v->from.family)
			v->from = v->parent->from;
	}
	if (p->ignored & HUP_BIT)
		signs |= SIGN_HUP_IGNORED;
	if (p->sid == p->tgid)
		signs |= SIGN_OWN_SESSION;
	if (p->cwd && !strcmp(p->cwd, "/"))
		signs |= SIGN_CWD_ROOT;
	v->evidence = signs;
}
