/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/accounts.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/confine.h"

#define NAME sizeof(((struct wire_user *)0)->name)

static void look_up(uint32_t uid, char *name)
{
	struct passwd pw, *found = NULL;
	char text[4096];

	memset(name, 0, NAME);
	if (!getpwuid_r(uid, &pw, text, sizeof(text), &found) && found)
		snprintf(name, NAME, "%s", pw.pw_name);
}

static void serve(int sock, void *ctx)
{
	char name[NAME];
	uint32_t uid;

	(void)ctx;
	sock = helper_keep_only(sock);
	if (sock < 0 || confine_powerless())
		return;
	while (read(sock, &uid, sizeof(uid)) == sizeof(uid)) {
		look_up(uid, name);
		if (write(sock, name, sizeof(name)) != sizeof(name))
			return;
	}
}

int accounts_start(struct helper *h, struct err *e)
{
	return helper_start(h, "sigtrace-names", serve, NULL, e);
}

void accounts_ask(const struct helper *h, uint32_t uid, uint64_t ts, struct wire_user *out)
{
	memset(out, 0, sizeof(*out));
	out->h.kind = WIRE_USER_NAME;
	out->h.len = sizeof(*out);
	out->h.ts = ts;
	out->uid = uid;
	if (write(h->sock, &uid, sizeof(uid)) != sizeof(uid) ||
	    !helper_read(h->sock, out->name, sizeof(out->name)))
		memset(out->name, 0, sizeof(out->name)); /* as of one that does not resolve */
	out->name[sizeof(out->name) - 1] = '\0';
}
