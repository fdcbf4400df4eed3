/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "session/conn.h"
#include "source/listeners.h"

#define SSHD_CONFIG "/etc/ssh/sshd_config"
#define PAM_SSHD "/etc/pam.d/sshd"
#define LISTENERS 64
#define INCLUDES 4 /* depth; sshd allows 16 */

static void check_audit(struct doctor *d)
{
	char text[32] = "";
	FILE *f = fopen("/proc/self/sessionid", "re");

	if (!f) {
		doctor_say(d, DOCTOR_LESS, "audit",
			   "a kernel with CONFIG_AUDIT=y tells which log-in a process is from, for good",
			   "this kernel keeps no audit session ids");
		return;
	}
	if (fgets(text, sizeof(text), f) && strtoul(text, NULL, 10) != UINT_MAX)
		doctor_say(d, DOCTOR_OK, "audit", NULL, "audit session ids; this one is %lu",
			   strtoul(text, NULL, 10));
	else
		doctor_say(d, DOCTOR_OK, "audit", NULL,
			   "audit session ids; this process has none: it descends from no log-in that set one");
	fclose(f);
}

static bool is_server(const char *comm)
{
	return server_of(comm) != SERVER_OTHER;
}

static void check_listeners(struct doctor *d)
{
	struct listener found[LISTENERS];
	size_t unread, n = listeners_find(is_server, found, LISTENERS, &unread);

	for (size_t i = 0; i < n; i++)
		doctor_say(d, DOCTOR_OK, "server", NULL, "%s, pid %u, listens on port %u: --sshd traces it (%s)",
			   found[i].comm, found[i].tgid, found[i].port,
			   found[i].exe[0] ? found[i].exe : "its program is not readable");
	if (unread)
		doctor_say(d, DOCTOR_UNCHECKED, "server", "run it as root, for example with sudo",
			   "%zu process%s with the name of an ssh server could not be looked into", unread,
			   unread == 1 ? "" : "es");
	else if (!n)
		doctor_say(d, DOCTOR_LESS, "server",
			   "start one, or name another program with --server EXE|PORT",
			   "no ssh server that --sshd knows by its name listens now; one that starts later is traced");
}

/* The global UsePAM of sshd_config(5), where the first value counts. 1, 0, or -1: not set there. */
static int use_pam(const char *path, unsigned depth);

static int included(const char *pattern, unsigned depth)
{
	char full[PATH_MAX];
	glob_t g = {0};
	int found = -1;

	snprintf(full, sizeof(full), "%s%s", *pattern == '/' ? "" : "/etc/ssh/", pattern);
	if (!glob(full, 0, NULL, &g))
		for (size_t i = 0; i < g.gl_pathc && found < 0; i++)
			found = use_pam(g.gl_pathv[i], depth);
	globfree(&g);
	return found;
}

static int use_pam(const char *path, unsigned depth)
{
	char line[1024], word[64], value[512];
	FILE *f = depth ? fopen(path, "re") : NULL;
	int found = -1;

	while (f && found < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %63[A-Za-z] %*[= \t\"]%511[^ \t\"\n]", word, value) < 2 &&
		    sscanf(line, " %63[A-Za-z]%*[= \t\"]%511[^ \t\"\n]", word, value) < 2)
			continue;
		if (!strcasecmp(word, "Match"))
			break;
		if (!strcasecmp(word, "UsePAM"))
			found = !strcasecmp(value, "yes");
		else if (!strcasecmp(word, "Include"))
			found = included(value, depth - 1);
	}
	if (f)
		fclose(f);
	return found;
}

/* Is pam_loginuid in the file, as far as comments do not hide it? */
static bool sets_loginuid(const char *path)
{
	char line[1024];
	bool found = false;
	FILE *f = fopen(path, "re");

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#")] = '\0';
		found = strstr(line, "pam_loginuid.so") != NULL;
	}
	if (f)
		fclose(f);
	return found;
}

static void check_pam(struct doctor *d)
{
	static const char advice[] = "UsePAM yes in sshd_config, and `session required pam_loginuid.so` "
				     "in " PAM_SSHD;

	if (access(SSHD_CONFIG, R_OK))
		doctor_say(d, DOCTOR_UNCHECKED, "pam", NULL, "cannot read " SSHD_CONFIG ": %s",
			   strerror(errno));
	else if (use_pam(SSHD_CONFIG, INCLUDES) != 1)
		doctor_say(d, DOCTOR_LESS, "pam", advice,
			   "sshd does without PAM: its log-ins get no audit session id, which outlives a connection");
	else if (!sets_loginuid(PAM_SSHD))
		doctor_say(d, DOCTOR_LESS, "pam", advice,
			   "sshd uses PAM, and " PAM_SSHD " has no pam_loginuid.so: its log-ins get no audit session id");
	else
		doctor_say(d, DOCTOR_OK, "pam", NULL,
			   "sshd uses PAM with pam_loginuid.so: its log-ins get an audit session id");
}

void doctor_ssh(struct doctor *d)
{
	check_audit(d);
	check_listeners(d);
	check_pam(d);
}
