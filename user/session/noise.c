/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a shell or a server runs for itself: start-up files, command substitution in a prompt, PAM
 * helpers. It is marked, not left out; the text view folds it.
 */
#include <string.h>

#include "session/session.h"

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+';
}

/* Does the command line name this program? */
static bool names(const struct session *x, const char *filename)
{
	const char *base = strrchr(filename, '/') ? strrchr(filename, '/') + 1 : filename;
	size_t n = strlen(base);
	const char *at = x->command;

	while (n && at && (at = strstr(at, base))) {
		if ((at == x->command || !is_word_char(at[-1])) && !is_word_char(at[n]))
			return true;
		at++;
	}
	return false;
}

static void on_exec(struct sessions *s, const struct event *ev)
{
	struct task *t = world_event_task(s->world, ev);
	const struct session *x = t && t->session ? session_find(s, t->session) : NULL;
	const struct task *parent = t ? world_parent(s->world, t) : NULL;
	bool of_shell;

	/* a server's helper: PAM's motd, AuthorizedKeysCommand */
	if (t && !x && parent && parent->conn)
		t->startup = true;
	if (!x || t == x->root)
		return;
	of_shell = t->of_shell;
	t->of_shell = false;
	/* bash switches job control off for its start-up files (shell.c run_startup_files()), so
	 * what they run stays in the shell's own group; a job never does */
	if (x->interactive)
		t->startup = t->s.pgid == x->root_pgid;
	else if (of_shell && x->request == REQUEST_EXEC && t->filename)
		t->startup = !names(x, t->filename);
}

static void on_fork(struct sessions *s, const struct event *ev)
{
	struct task *parent = world_event_task(s->world, ev);
	struct task *t = world_task(s->world, ev->u.fork.child_tgid, ev->u.fork.child_start);
	const struct session *x = t && t->session ? session_find(s, t->session) : NULL;

	if (x && parent && x->root == parent && t != parent)
		t->of_shell = true;
}

void noise_apply(struct sessions *s, const struct event *ev)
{
	if (ev->u.h.kind == WIRE_TASK_EXEC)
		on_exec(s, ev);
	else if (ev->u.h.kind == WIRE_TASK_FORK)
		on_fork(s, ev);
}
