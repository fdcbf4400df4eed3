/* SPDX-License-Identifier: GPL-2.0-only */
/* Each row of the advice table fits what it is for, and not what is near it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "finding/advice.h"

static const char *id_of(struct fact_interrupt i, const struct fact_member *m,
			 const struct fact_missed *missed)
{
	i.members = m;
	i.nmembers = m ? 1 : 0;
	i.missed = missed;
	i.nmissed = missed ? 1 : 0;
	return advice_of(&i)->id;
}

#define KEY(v) ((struct fact_interrupt){.origin = ORIGIN_TTY, .sig = 2, .verdict = (v)})
#define GONE(c, v)                                                                                 \
	((struct fact_interrupt){.origin = ORIGIN_DISCONNECT, .cause = (c), .verdict = (v)})
#define MEMBER(name, o, r)                                                                         \
	(&(struct fact_member){.tgid = 7, .comm = (name), .outcome = (o), .reason = (r)})
#define MISSED(name, w) (&(struct fact_missed){.tgid = 8, .comm = (name), .why = (w)})
#define IS(want, i, m, missed) assert_string_equal(id_of(i, m, missed), want)

static void nothing_to_do(void **state)
{
	struct fact_interrupt prompt = KEY(VERDICT_NO_EFFECT);

	(void)state;
	prompt.shell_only = true;
	IS("worked", KEY(VERDICT_STOPPED), MEMBER("sleep", OUTCOME_DIED, NULL), NULL);
	IS("prompt", prompt, MEMBER("bash", OUTCOME_HANDLED, "prompt"), NULL);
	IS("none", KEY(VERDICT_NO_EFFECT), NULL, NULL);
	assert_null(advice_of(&prompt)->text);
	/* a background job is none of a Ctrl-C's business */
	IS("worked", KEY(VERDICT_STOPPED), MEMBER("sleep", OUTCOME_DIED, NULL),
	   MISSED("sleep", "background_job"));
}

static void who_was_missed(void **state)
{
	struct fact_interrupt prompt = KEY(VERDICT_NO_EFFECT);

	(void)state;
	prompt.shell_only = true;
	IS("timeout", KEY(VERDICT_NO_EFFECT), MEMBER("bash", OUTCOME_HANDLED, "waits_for_child"),
	   MISSED("timeout", "timeout"));
	IS("timeout", KEY(VERDICT_STOPPED), MEMBER("make", OUTCOME_DIED, NULL),
	   MISSED("sleep", "timeout"));
	/* timeout .. & at a prompt */
	IS("background_job", prompt, MEMBER("bash", OUTCOME_HANDLED, "prompt"),
	   MISSED("timeout", "background_job"));
	IS("worked", KEY(VERDICT_STOPPED), MEMBER("sleep", OUTCOME_DIED, NULL),
	   MISSED("timeout", "background_job"));
	IS("other_session", KEY(VERDICT_NO_EFFECT), NULL, MISSED("timeout", "own_session"));
	IS("inner_pty", KEY(VERDICT_NO_EFFECT), NULL, MISSED("bash", "inner_pty"));
	IS("other_group", KEY(VERDICT_NO_EFFECT), NULL, MISSED("sleep", "own_group"));
	IS("other_group", KEY(VERDICT_NO_EFFECT), NULL, MISSED("sleep", "other_group"));
	IS("raw", KEY(VERDICT_NOT_A_SIGNAL), NULL, MISSED("vim", "raw_tty"));
}

static void who_did_not_end(void **state)
{
	static const struct {
		const char *comm, *reason, *advice;
	} rows[] = {
		{"init", "pid_ns_init", "pid_ns_init"},
		{"sleep", "orphaned_group", "orphaned_group"},
		{"sleep", "ignored_by_server", "server"},
		{"sleep", "ignored_background", "background"},
		{"sleep", "ignored_own", "own"},
		{"sleep", "ignored_from_start", "ignored"},
		{"sleep", "ignored_inherited", "ignored"},
		{"sleep", "ignored_at_exec", "ignored"},
		{"sleep", "ignored", "ignored"},
		{"python3", "handler", "handler"},
		{"python3", "sigwait", "handler"},
		{"python3", "signalfd", "handler"},
		{"bash", "handler", "trap"},
		{"bash", "waits_for_child", "child"},
		{"bash", "blocked_all_threads", "blocked"},
		{"perl", "already_pending", "pending"},
		{"cat", "frozen", "frozen"},
		{"cat", "traced", "traced"},
		{"cat", "stopped", "stopped"},
		{"cat", "uninterruptible", "uninterruptible"},
		{"cat", "killable", "uninterruptible"},
		{"cat", "not_taken", "none"},
		{"cat", "not_seen", "none"},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		IS(rows[k].advice, KEY(VERDICT_NO_EFFECT),
		   MEMBER(rows[k].comm, OUTCOME_HANDLED, rows[k].reason), NULL);
}

static void client_gone(void **state)
{
	struct fact_interrupt tcp = GONE(END_TIMEOUT, VERDICT_PARTLY);

	(void)state;
	IS("no_pty", GONE(END_DISCONNECT, VERDICT_NO_EFFECT),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("client_alive", GONE(END_TIMEOUT, VERDICT_PARTLY),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	tcp.by_tcp = true;
	IS("tcp_timeout", tcp, MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("channel", GONE(END_MUX_CLOSED, VERDICT_NO_EFFECT),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("no_hangup", GONE(END_VANISHED, VERDICT_PARTLY), MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"),
	   NULL);
	IS("no_hangup", GONE(END_SERVER_KILLED, VERDICT_NO_EFFECT),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	/* one process for many connections: a terminal would change nothing about its end */
	IS("many", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT, .many = true,
					    .verdict = VERDICT_NO_EFFECT, .cause = END_VANISHED}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("no_pty", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT, .many = true,
					      .verdict = VERDICT_NO_EFFECT, .cause = END_DISCONNECT}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	/* that it was no Ctrl-C is known */
	IS("no_hangup", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT,
						 .verdict = VERDICT_NO_EFFECT,
						 .client = &(struct fact_client){.sig = 15},
						 .cause = END_DISCONNECT}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("no_pty", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT,
					      .verdict = VERDICT_NO_EFFECT,
					      .client = &(struct fact_client){.sig = 2},
					      .cause = END_DISCONNECT}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED, "no_signal"), NULL);
	IS("worked", GONE(END_DISCONNECT, VERDICT_STOPPED), MEMBER("cat", OUTCOME_EXITED, NULL), NULL);
	/* how a client went is of no account where it did not go */
	IS("none", ((struct fact_interrupt){.verdict = VERDICT_NO_EFFECT, .cause = END_TIMEOUT}),
	   NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(who_was_missed),
		cmocka_unit_test(who_did_not_end),
		cmocka_unit_test(client_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
