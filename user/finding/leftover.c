/* SPDX-License-Identifier: GPL-2.0-only */
#include "finding/leftover.h"

#include <stdlib.h>
#include <string.h>

#include "finding/leftover_look.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HAS(v, sign) ((v)->evidence & (sign))

static const struct {
	uint32_t bit;
	const char *id;
	const char *text; /* a clause */
} signs[] = {
	{SIGN_CONNECTION_GONE, "connection_gone",
	 "no process has the connection of its SSH_CONNECTION"},
	{SIGN_CLIENT_SILENT, "client_silent", "its client acknowledges nothing of what is sent to it"},
	{SIGN_CHANNEL_CLOSED, "channel_closed",
	 "the server has closed its standard input and output, and goes on with the connection"},
	{SIGN_SESSION_ENDED, "session_ended", "no ssh server has its audit session"},
	{SIGN_PTY_GONE, "pty_gone", "its terminal is gone"},
	{SIGN_PIPE_DEAD, "pipe_dead", "nobody has the other end of its standard streams"},
	{SIGN_ADOPTED, "adopted", "its own parent is gone"},
	{SIGN_PARENT, "parent", "its parent is left as well"},
	{SIGN_HUP_IGNORED, "hup_ignored", "it ignores SIGHUP"},
	{SIGN_OWN_SESSION, "own_session", "it leads a session of its own"},
	{SIGN_FILES, "files", "its standard streams are files, /dev/null or closed"},
	{SIGN_CWD_ROOT, "cwd_root", "its working directory is /"},
};

/* Only of what is there on purpose: sshd itself gives a command without a terminal its session. */
#define SIGNS_OF_PURPOSE (SIGN_OWN_SESSION | SIGN_FILES | SIGN_CWD_ROOT)

/* ---- of no past session ---- */

static bool no_suspect(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return !(v->place & PLACE_SUSPECT) || !v->p->detailed;
}

#define SIGNS_OF_UP (SIGN_CLIENT_SILENT | SIGN_CHANNEL_CLOSED)

static bool goes_on(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return v->place & (PLACE_SERVER | PLACE_UP) && !HAS(v, SIGNS_OF_UP | SIGN_PARENT);
}

static bool says_nothing(const struct leftovers *all, const struct leftover *v)
{
	bool ssh = v->place & PLACE_MARKED, ended = HAS(v, SIGN_SESSION_ENDED);

	(void)all;
	if (HAS(v, SIGN_PARENT | SIGN_CONNECTION_GONE | SIGNS_OF_UP) || (ssh && ended))
		return false;
	return !HAS(v, SIGN_DEAD) || !HAS(v, SIGN_ADOPTED) || !(ssh || ended);
}

/* ---- on purpose ---- */

static bool of_multiplexer(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return v->place & PLACE_MUX;
}

/* systemd-run(1) names its units run-..; the user's own manager is below user@UID.service. A
 * server that runs there itself has its sessions there. */
static bool of_service(const struct leftovers *all, const struct leftover *v)
{
	const char *cgroup = v->p->cgroup, *unit = cgroup ? strrchr(cgroup, '/') : NULL;

	return unit && (!strncmp(unit, "/run-", 5) || strstr(cgroup, "/user@")) &&
	       !leftover_server_cgroup(all, cgroup);
}

static bool is_nohup_out(const char *fd)
{
	const char *name = fd ? strrchr(fd, '/') : NULL;

	return name && !strcmp(name, "/nohup.out");
}

static bool of_nohup(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_HUP_IGNORED) && (is_nohup_out(v->p->fd[1]) || is_nohup_out(v->p->fd[2]));
}

static bool as_daemon(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_FILES) && HAS(v, SIGN_OWN_SESSION | SIGN_HUP_IGNORED | SIGN_CWD_ROOT);
}

static bool set_apart(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_OWN_SESSION) && HAS(v, SIGN_HUP_IGNORED);
}

static bool parent_is(const struct leftover *v, enum leftover_class class)
{
	return HAS(v, SIGN_PARENT) && v->parent->rule->class == class;
}

static bool parent_on_purpose(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return parent_is(v, LEFTOVER_ON_PURPOSE);
}

/* atd and batch systems keep the environment of whoever submitted the job. */
static bool started_elsewhere(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return !HAS(v, SIGN_ADOPTED | SIGN_PARENT | SIGN_DEAD | SIGNS_OF_UP);
}

/* ---- left behind ---- */

static bool kept_from_hup(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_HUP_IGNORED) && !HAS(v, SIGN_PARENT);
}

static bool client_silent(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_CLIENT_SILENT);
}

static bool channel_closed(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_CHANNEL_CLOSED);
}

static bool two_witnesses(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_CONNECTION_GONE) && HAS(v, SIGN_SESSION_ENDED);
}

/* An audit session that goes on (a server started by hand in a log-in hands its own on) makes it
 * less than sure. */
static bool cut_off(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return v->place & PLACE_MARKED && HAS(v, SIGN_CONNECTION_GONE | SIGN_SESSION_ENDED) &&
	       HAS(v, SIGN_DEAD) && !(v->place & PLACE_HELD);
}

static bool parent_certain(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return parent_is(v, LEFTOVER_CERTAIN);
}

static bool connection_alone(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return HAS(v, SIGN_CONNECTION_GONE);
}

static bool session_alone(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return v->place & PLACE_MARKED && HAS(v, SIGN_SESSION_ENDED);
}

static bool parent_likely(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	return parent_is(v, LEFTOVER_LIKELY);
}

static bool always(const struct leftovers *all, const struct leftover *v)
{
	(void)all;
	(void)v;
	return true;
}

/* First match wins. */
static const struct leftover_rule rules[] = {
	{"no_suspect", LEFTOVER_NONE, no_suspect, "of no past ssh session"},
	{"goes_on", LEFTOVER_NONE, goes_on, "of an ssh session that goes on"},
	{"no_evidence", LEFTOVER_NONE, says_nothing,
	 "too little says that it is of a past ssh session"},
	{"multiplexer", LEFTOVER_ON_PURPOSE, of_multiplexer,
	 "it is kept by a terminal multiplexer (tmux, screen, mosh ..)"},
	{"service", LEFTOVER_ON_PURPOSE, of_service, "it was handed to a service manager"},
	{"nohup", LEFTOVER_ON_PURPOSE, of_nohup, "it was started by nohup"},
	{"daemon", LEFTOVER_ON_PURPOSE, as_daemon, "it has let go of its session, as daemons do"},
	{"set_apart", LEFTOVER_ON_PURPOSE, set_apart,
	 "it leads a session of its own and ignores SIGHUP"},
	{"parent_on_purpose", LEFTOVER_ON_PURPOSE, parent_on_purpose,
	 "its parent is there on purpose"},
	{"elsewhere", LEFTOVER_ON_PURPOSE, started_elsewhere,
	 "something that is of no past ssh session started it, in such a session's environment"},
	{"hup_ignored", LEFTOVER_LIKELY, kept_from_hup,
	 "it was meant to outlive a hang-up, and may be to outlive its session"},
	{"silent_client", LEFTOVER_LIKELY, client_silent,
	 "its client seems to be gone, which the server has not noticed yet: while a command writes, "
	 "ClientAlive asks nothing, and TCP takes a quarter of an hour to give up"},
	{"channel", LEFTOVER_LIKELY, channel_closed,
	 "its channel seems to have been closed, one of a connection that goes on (ControlMaster)"},
	{"two_witnesses", LEFTOVER_CERTAIN, two_witnesses,
	 "its connection and its audit session have ended, and it is still there"},
	{"cut_off", LEFTOVER_CERTAIN, cut_off,
	 "its session has ended, and its standard streams went with it"},
	{"parent_certain", LEFTOVER_CERTAIN, parent_certain, "its parent was left behind"},
	{"connection", LEFTOVER_LIKELY, connection_alone,
	 "its connection has ended, and no other sign speaks against its being left behind"},
	{"session", LEFTOVER_LIKELY, session_alone,
	 "its audit session has ended, and no other sign speaks against its being left behind"},
	{"parent_likely", LEFTOVER_LIKELY, parent_likely, "its parent seems to be left behind"},
	{"streams", LEFTOVER_LIKELY, always,
	 "its standard streams have ended with a session that was probably one of ssh"},
};

const char *leftover_class_name(enum leftover_class class)
{
	static const char *const names[] = {
		[LEFTOVER_NONE] = "none",
		[LEFTOVER_ON_PURPOSE] = "on purpose",
		[LEFTOVER_LIKELY] = "likely",
		[LEFTOVER_CERTAIN] = "certain",
	};

	return names[class];
}

int leftovers_init(struct leftovers *all, const struct procinfo_scan *scan)
{
	memset(all, 0, sizeof(*all));
	all->scan = scan;
	all->n = scan->n;
	all->v = calloc(scan->n + 1, sizeof(*all->v));
	if (!all->v)
		return -1;
	for (size_t i = 0; i < scan->n; i++)
		all->v[i].p = &scan->p[i];
	if (!leftover_places(all))
		return 0;
	leftovers_free(all);
	return -1;
}

void leftovers_free(struct leftovers *all)
{
	free(all->v);
	free(all->logins);
	memset(all, 0, sizeof(*all));
}

bool leftover_is_suspect(const struct leftover *v)
{
	return v->place & PLACE_SUSPECT;
}

static void judge(const struct leftovers *all, struct leftover *v)
{
	const struct leftover_rule *r = rules;

	if (v->rule)
		return;
	if (v->place & PLACE_SUSPECT) { /* then so is its line of ancestors no ring */
		if (v->parent)
			judge(all, &all->v[v->parent - all->v]);
		leftover_look(all, v);
	}
	while (!r->is(all, v))
		r++;
	v->rule = r;
}

void leftovers_judge(struct leftovers *all)
{
	for (size_t i = 0; i < all->n; i++)
		judge(all, &all->v[i]);
}

static bool shows(const struct leftover *v, uint32_t sign)
{
	if (v->rule->class != LEFTOVER_ON_PURPOSE)
		sign &= ~SIGNS_OF_PURPOSE;
	return HAS(v, sign);
}

void leftover_evidence(const struct leftover *v, void (*put)(void *ctx, const char *id), void *ctx)
{
	if (v->rule->class == LEFTOVER_ON_PURPOSE)
		put(ctx, v->rule->id);
	for (size_t i = 0; i < COUNT(signs); i++)
		if (shows(v, signs[i].bit))
			put(ctx, signs[i].id);
}

void leftover_why(struct buf *b, const struct leftover *v)
{
	const char *sep = ": ";

	buf_str(b, v->rule->why);
	for (size_t i = 0; i < COUNT(signs); i++) {
		if (!shows(v, signs[i].bit))
			continue;
		buf_str(b, sep);
		buf_str(b, signs[i].text);
		sep = "; ";
	}
}
