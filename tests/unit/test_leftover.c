/* SPDX-License-Identifier: GPL-2.0-only */
/* Each rule over a look at /proc: what makes it fire, and what comes near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/leftover_scene.h"

/* Only the connection tells: no audit, and streams that are well. */
static struct scene *connection_only(void)
{
	struct scene *s = scene();

	login(&s->p[SLEEP], PROCINFO_UNSET);
	streams(&s->p[SLEEP], PIPE, false);
	return s;
}

/* No SSH_CONNECTION, as sudo leaves it. */
static struct scene *no_environment(void)
{
	struct scene *s = scene();

	s->p[SLEEP].ssh_connection = NULL;
	return s;
}

static void put(void *ctx, const char *id)
{
	struct buf *b = ctx;

	if (b->len)
		buf_char(b, ' ');
	buf_str(b, id);
}

static void all_of_it_is_told(void **state)
{
	struct scene *s = scene();
	struct buf b = {0};

	(void)state;
	assert_int_equal(leftovers_init(&s->all, &s->scan), 0);
	leftovers_judge(&s->all);
	leftover_evidence(&s->all.v[SLEEP], put, &b);
	assert_string_equal(buf_cstr(&b), "connection_gone session_ended pipe_dead adopted");
	buf_reset(&b);
	leftover_why(&b, &s->all.v[SLEEP]);
	assert_string_equal(buf_cstr(&b),
			    "its connection and its audit session have ended, and it is still there: no "
			    "process has the connection of its SSH_CONNECTION; no ssh server has its audit "
			    "session; nobody has the other end of its standard streams; its own parent is "
			    "gone");
	assert_int_equal(s->all.v[SLEEP].from.port, 40001);
	assert_string_equal(leftover_class_name(LEFTOVER_ON_PURPOSE), "on purpose");
	buf_free(&b);
	leftovers_free(&s->all);
}

static void live_is_no_suspect(void **state)
{
	struct scene *s = scene();

	(void)state;
	for (int who = INIT; who <= PARENT; who++)
		expect(s, who, LEFTOVER_NONE, who == SHELL ? "goes_on" : "no_suspect");
	s->p[SLEEP].ssh_connection = (char *)UP;
	IS_NOT(s, "no_suspect");
	s->p[SLEEP].ssh_connection = (char *)UP6;
	IS_NOT(s, "no_suspect");
	s->p[SLEEP].ssh_connection = (char *)"::ffff:192.0.2.8 40002 ::ffff:192.0.2.1 22";
	IS_NOT(s, "no_suspect");
	/* the other end of a connection, or one to another port, is another connection */
	s->p[SLEEP].ssh_connection = (char *)"192.0.2.1 22 192.0.2.8 40002";
	IS(s, "two_witnesses");
	s->p[SLEEP].ssh_connection = (char *)"192.0.2.8 40002 192.0.2.1 2222";
	IS(s, "two_witnesses");
}

static void server_above_is_no_suspect(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].ppid = 200;
	IS_NOT(s, "no_suspect");
	s->p[SLEEP].ppid = 210; /* two above */
	IS_NOT(s, "goes_on");
	expect(s, CHILD, LEFTOVER_NONE, "goes_on");
	s->p[SHELL].tty = 0x8801; /* of a terminal nothing is to be looked at */
	IS_NOT(s, "no_suspect");
	s->p[SLEEP].ppid = 100; /* a listener is no session's */
	IS(s, "two_witnesses");
	strcpy(s->p[SLEEP].comm, "dropbear"); /* an ssh server itself */
	IS_NOT(s, "no_suspect");
	s = scene();
	strcpy(s->p[INIT].comm, "sshd"); /* of a container: it adopts what its sessions leave */
	IS(s, "two_witnesses");
}

static void hidden_ancestor_is_no_suspect(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].ppid = 0; /* entered this pid namespace from outside */
	IS_NOT(s, "no_suspect");
	expect(s, CHILD, LEFTOVER_NONE, "no_suspect");
	s->p[SLEEP].ppid = 250; /* not seen, or gone since */
	IS_NOT(s, "no_suspect");
	s->p[SLEEP].ppid = 290; /* of a program that the kernel started: core_pattern */
	s->p[PARENT].ppid = 0;
	s->p[PARENT].kernel = true;
	IS(s, "two_witnesses");
	s = scene();
	s->p[SLEEP].ppid = 310; /* a ring, as a read that raced may show it */
	IS_NOT(s, "no_suspect");
	s = scene();
	s->scan.p++; /* pid 1 hidden by hidepid: still known to be that */
	s->scan.n--;
	expect(s, SLEEP - 1, LEFTOVER_CERTAIN, "two_witnesses");
}

static void dead_or_gone_is_no_suspect(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].zombie = true;
	IS_NOT(s, "no_suspect");
	s = scene();
	s->p[SLEEP].kernel = true;
	IS_NOT(s, "no_suspect");
	s = scene();
	s->p[SLEEP].detailed = false; /* ended before it was looked at closely */
	IS_NOT(s, "no_suspect");
	s = scene();
	login(&s->p[SERVER], 5);
	s->p[SERVER].zombie = true; /* a server that pid 1 has not reaped yet holds nothing */
	IS(s, "two_witnesses");
}

static void too_little_is_nothing(void **state)
{
	struct scene *s = no_environment();

	(void)state;
	streams(&s->p[SLEEP], NUL, false); /* what every cron job's daemon looks like */
	IS_NOT(s, "no_evidence");
	s = no_environment();
	s->p[SLEEP].ppid = 290; /* has its parent, of no session */
	s->p[SLEEP].sid = 290;
	IS_NOT(s, "no_evidence");
	s = no_environment();
	strcpy(s->p[PARENT].comm, "login"); /* a console's session goes on */
	login(&s->p[PARENT], 5);
	IS_NOT(s, "no_suspect");
	s = no_environment();
	login(&s->p[SLEEP], PROCINFO_UNSET);
	IS_NOT(s, "no_suspect");
	s = connection_only();
	s->p[SLEEP].ssh_connection = (char *)"UNKNOWN 65535 UNKNOWN 65535";
	IS_NOT(s, "no_evidence");
	s = connection_only();
	s->scan.conns_known = false;
	IS_NOT(s, "no_evidence");
}

static void multiplexers_are_meant(void **state)
{
	struct scene *s = scene();

	(void)state;
	strcpy(s->p[SLEEP].comm, "tmux: server");
	MEANT(s, "multiplexer");
	expect(s, CHILD, LEFTOVER_ON_PURPOSE, "multiplexer");
	strcpy(s->p[SLEEP].comm, "mosh-server");
	MEANT(s, "multiplexer");
	strcpy(s->p[SLEEP].comm, "tmuxinator");
	IS(s, "two_witnesses");
}

static void services_are_meant(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].cgroup = "/user.slice/user-0.slice/user@0.service/app.slice/x.service";
	MEANT(s, "service");
	s->p[SLEEP].cgroup = "/system.slice/run-r12ab.scope";
	MEANT(s, "service");
	s->p[SERVER].cgroup = s->p[SLEEP].cgroup; /* the server runs there too */
	IS(s, "two_witnesses");
	s->p[SLEEP].cgroup = "/system.slice/runner.service";
	IS(s, "two_witnesses");
	s->p[SLEEP].cgroup = NULL;
	IS(s, "two_witnesses");
}

static void nohup_is_meant(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].ignored = 1;
	s->p[SLEEP].fd[1] = "/home/u/nohup.out";
	MEANT(s, "nohup");
	s->p[SLEEP].fd[1] = "/home/u/my-nohup.out";
	MAY_BE(s, "hup_ignored");
	s->p[SLEEP].fd[1] = "/home/u/nohup.out";
	s->p[SLEEP].ignored = 2; /* SIGINT */
	IS(s, "two_witnesses");
}

static void daemons_are_meant(void **state)
{
	struct scene *s = scene();

	(void)state;
	streams(&s->p[SLEEP], NUL, false);
	s->p[SLEEP].sid = 300;
	MEANT(s, "daemon");
	s->p[SLEEP].sid = 299;
	s->p[SLEEP].ignored = 1;
	MEANT(s, "daemon");
	s->p[SLEEP].ignored = 0;
	s->p[SLEEP].cwd = "/";
	MEANT(s, "daemon");
	s->p[SLEEP].fd[0] = NULL; /* closed is as good */
	MEANT(s, "daemon");
	s->p[SLEEP].fd[2] = PIPE;
	IS(s, "two_witnesses");
	streams(&s->p[SLEEP], NUL, false);
	s->p[SLEEP].cwd = "/tmp";
	IS(s, "two_witnesses");
	/* sshd itself gives a command without a terminal its session */
	s = scene();
	s->p[SLEEP].sid = 300;
	IS(s, "two_witnesses");
	/* what may not be read is not closed */
	streams(&s->p[SLEEP], NULL, false);
	s->p[SLEEP].unread = true;
	IS(s, "two_witnesses");
}

static void setsid_and_hup_is_meant(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].sid = 300;
	s->p[SLEEP].ignored = 1;
	MEANT(s, "set_apart");
	s->p[SLEEP].sid = 299;
	MAY_BE(s, "hup_ignored");
}

static void children_follow_their_parent(void **state)
{
	struct scene *s = scene();

	(void)state;
	expect(s, CHILD, LEFTOVER_CERTAIN, "parent_certain");
	streams(&s->p[SLEEP], NUL, false);
	s->p[SLEEP].sid = 300;
	s->p[CHILD].sid = 300;
	expect(s, CHILD, LEFTOVER_ON_PURPOSE, "parent_on_purpose");
	s = connection_only();
	expect(s, CHILD, LEFTOVER_LIKELY, "parent_likely");
	s->p[SLEEP].ssh_connection = (char *)UP;
	expect(s, CHILD, LEFTOVER_NONE, "no_suspect");
	/* whatever pid it has */
	s = scene();
	s->p[CHILD].ppid = 1;
	s->p[SLEEP].ppid = 310;
	s->p[CHILD].ssh_connection = (char *)GONE;
	s->p[CHILD].ssh_tty = (char *)"/dev/pts/1";
	streams(&s->p[CHILD], "/dev/pts/1 (deleted)", false);
	s->p[SLEEP].ssh_connection = NULL;
	login(&s->p[SLEEP], PROCINFO_UNSET);
	IS(s, "parent_certain");
	/* another's children are not its own */
	s = scene();
	s->p[CHILD].ppid = 290;
	expect(s, CHILD, LEFTOVER_NONE, "no_suspect");
}

static void jobs_of_others_are_meant(void **state)
{
	struct scene *s = connection_only();

	(void)state;
	strcpy(s->p[PARENT].comm, "slurmstepd"); /* keeps who submitted's environment */
	s->p[SLEEP].ppid = 290;
	s->p[SLEEP].sid = 290;
	MEANT(s, "elsewhere");
	s->p[SLEEP].sid = 299; /* neither its own nor its parent's: adopted by a subreaper */
	MAY_BE(s, "connection");
	s->p[SLEEP].sid = 290;
	s->p[PARENT].ns_init = true;
	MAY_BE(s, "connection");
	s->p[PARENT].ns_init = false;
	strcpy(s->p[PARENT].comm, "tini");
	MAY_BE(s, "connection");
	strcpy(s->p[PARENT].comm, "x");
	s->p[PARENT].start_tick = 301; /* younger than its child */
	MAY_BE(s, "connection");
	s->p[PARENT].start_tick = 290;
	streams(&s->p[SLEEP], PIPE, true); /* an ssh server that stays the parent, as in Go */
	IS(s, "cut_off");
}

static void witnesses(void **state)
{
	struct scene *s = scene();

	(void)state;
	streams(&s->p[SLEEP], PIPE, false);
	IS(s, "two_witnesses");
	login(&s->p[SERVER], 5); /* the audit session goes on */
	MAY_BE(s, "connection");
	streams(&s->p[SLEEP], PIPE, true);
	MAY_BE(s, "connection");
	login(&s->p[SERVER], 7);
	login(&s->p[SLEEP], PROCINFO_UNSET);
	IS(s, "cut_off");
	streams(&s->p[SLEEP], "socket:[9]", true);
	IS(s, "cut_off");
	streams(&s->p[SLEEP], "/dev/pts/3", true);
	IS(s, "cut_off");
	streams(&s->p[SLEEP], "/dev/pts/3 (deleted)", false);
	IS(s, "cut_off");
	streams(&s->p[SLEEP], "/dev/pts/3", false);
	MAY_BE(s, "connection");
	streams(&s->p[SLEEP], "/tmp/log (deleted)", false); /* a log that was rotated */
	MAY_BE(s, "connection");
}

static void audit_session_alone(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->p[SLEEP].ssh_connection = (char *)"UNKNOWN 65535 UNKNOWN 65535";
	IS(s, "cut_off");
	streams(&s->p[SLEEP], PIPE, false);
	MAY_BE(s, "session");
	s->p[SLEEP].loginuid = PROCINFO_UNSET;
	IS_NOT(s, "no_evidence");
	/* what sudo started is known by the session of another that has the variable */
	s = no_environment();
	streams(&s->p[SLEEP], PIPE, false);
	strcpy(s->p[PARENT].comm, "sudo");
	login(&s->p[PARENT], 5);
	s->p[PARENT].ssh_connection = (char *)GONE;
	MAY_BE(s, "session");
	login(&s->p[PARENT], 6);
	IS_NOT(s, "no_evidence");
}

static void streams_alone(void **state)
{
	struct scene *s = no_environment();

	(void)state;
	MAY_BE(s, "streams"); /* with an audit session that has ended */
	s = connection_only();
	s->p[SLEEP].ssh_connection = NULL;
	s->p[SLEEP].ssh_tty = (char *)"/dev/pts/3";
	streams(&s->p[SLEEP], "/dev/pts/3 (deleted)", false);
	MAY_BE(s, "streams");
	streams(&s->p[SLEEP], "/dev/pts/3", false);
	IS_NOT(s, "no_evidence");
}

/* While a command writes, only TCP notices that nobody is there. */
static void client_that_is_silent(void **state)
{
	struct scene *s = scene();
	struct buf b = {0};

	(void)state;
	streams(&s->p[SHELL], PIPE, false);
	s->conns[0].unanswered = 6;
	expect(s, SHELL, LEFTOVER_LIKELY, "silent_client");
	s->p[SHELL].tty = 0x8801;
	expect(s, SHELL, LEFTOVER_LIKELY, "silent_client");
	assert_int_equal(leftovers_init(&s->all, &s->scan), 0);
	leftovers_judge(&s->all);
	leftover_evidence(&s->all.v[SHELL], put, &b);
	assert_string_equal(buf_cstr(&b), "client_silent");
	buf_free(&b);
	leftovers_free(&s->all);
	/* what it runs in the background, with its environment; and without */
	s->p[SLEEP].ppid = 210;
	login(&s->p[SLEEP], 7);
	streams(&s->p[SLEEP], PIPE, false);
	s->p[SLEEP].ssh_connection = (char *)UP;
	MAY_BE(s, "silent_client");
	s->p[SLEEP].ssh_connection = NULL;
	MAY_BE(s, "parent_likely");
	/* tmux in it is there on purpose all the same */
	strcpy(s->p[SHELL].comm, "tmux: server");
	expect(s, SHELL, LEFTOVER_ON_PURPOSE, "multiplexer");
	/* a network that is slow; another connection */
	s = scene();
	streams(&s->p[SHELL], PIPE, false);
	s->conns[0].unanswered = 5;
	expect(s, SHELL, LEFTOVER_NONE, "goes_on");
	s->conns[0].unanswered = 0;
	s->conns[1].unanswered = 15;
	expect(s, SHELL, LEFTOVER_NONE, "goes_on");
}

static void channel_that_is_closed(void **state)
{
	struct scene *s = scene();

	(void)state;
	streams(&s->p[SHELL], PIPE, true);
	s->p[SHELL].fd_dead[2] = false;
	expect(s, SHELL, LEFTOVER_LIKELY, "channel");
	s->p[SLEEP].ppid = 210;
	login(&s->p[SLEEP], 7);
	streams(&s->p[SLEEP], PIPE, false);
	s->p[SLEEP].ssh_connection = (char *)UP;
	MAY_BE(s, "parent_likely");
	/* one of both: the end of its input, or of who reads its output */
	s->p[SHELL].fd_dead[0] = false;
	expect(s, SHELL, LEFTOVER_NONE, "goes_on");
	s->p[SHELL].fd_dead[0] = true;
	s->p[SHELL].fd_dead[1] = false;
	expect(s, SHELL, LEFTOVER_NONE, "goes_on");
	/* its own doing */
	streams(&s->p[SHELL], NUL, false);
	expect(s, SHELL, LEFTOVER_NONE, "goes_on");
	/* in the middle of a pipeline that has lost both its ends */
	streams(&s->p[SHELL], PIPE, false);
	streams(&s->p[SLEEP], PIPE, true);
	IS_NOT(s, "goes_on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_told),
		cmocka_unit_test(client_that_is_silent),
		cmocka_unit_test(channel_that_is_closed),
		cmocka_unit_test(live_is_no_suspect),
		cmocka_unit_test(server_above_is_no_suspect),
		cmocka_unit_test(hidden_ancestor_is_no_suspect),
		cmocka_unit_test(dead_or_gone_is_no_suspect),
		cmocka_unit_test(too_little_is_nothing),
		cmocka_unit_test(multiplexers_are_meant),
		cmocka_unit_test(services_are_meant),
		cmocka_unit_test(nohup_is_meant),
		cmocka_unit_test(daemons_are_meant),
		cmocka_unit_test(setsid_and_hup_is_meant),
		cmocka_unit_test(children_follow_their_parent),
		cmocka_unit_test(jobs_of_others_are_meant),
		cmocka_unit_test(witnesses),
		cmocka_unit_test(audit_session_alone),
		cmocka_unit_test(streams_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
