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
#define MEMBER(name, o) (&(struct fact_member){.tgid = 7, .comm = (name), .outcome = (o)})
#define MISSED(name, r) (&(struct fact_missed){.tgid = 8, .comm = (name), .reason = (r)})
#define IS(want, i, m, missed) assert_string_equal(id_of(i, m, missed), want)

static void nothing_to_do(void **state)
{
	struct fact_interrupt prompt = KEY(VERDICT_NO_EFFECT);

	(void)state;
	prompt.shell_only = true;
	IS("worked", KEY(VERDICT_STOPPED), MEMBER("sleep", OUTCOME_DIED), NULL);
	IS("prompt", prompt, MEMBER("bash", OUTCOME_HANDLED), NULL);
	IS("none", KEY(VERDICT_NO_EFFECT), NULL, NULL);
	assert_null(advice_of(&prompt)->text);
	/* a background job is none of a Ctrl-C's business */
	IS("worked", KEY(VERDICT_STOPPED), MEMBER("sleep", OUTCOME_DIED),
	   MISSED("sleep", REASON_OTHER_GROUP));
}

static void who_was_missed(void **state)
{
	struct fact_interrupt prompt = KEY(VERDICT_NO_EFFECT);

	(void)state;
	prompt.shell_only = true;
	IS("timeout", KEY(VERDICT_NO_EFFECT), MEMBER("bash", OUTCOME_HANDLED),
	   MISSED("timeout", REASON_OTHER_GROUP));
	IS("timeout", KEY(VERDICT_STOPPED), MEMBER("make", OUTCOME_DIED),
	   MISSED("timeout", REASON_OTHER_GROUP));
	IS("other_session", KEY(VERDICT_NO_EFFECT), NULL, MISSED("timeout", REASON_OTHER_SESSION));
	IS("other_group", prompt, MEMBER("bash", OUTCOME_HANDLED),
	   MISSED("sleep", REASON_OTHER_GROUP));
	IS("raw", KEY(VERDICT_NOT_A_SIGNAL), NULL, MISSED("vim", REASON_RAW_TTY));
}

static void who_did_not_end(void **state)
{
	(void)state;
	IS("ignored", KEY(VERDICT_NO_EFFECT), MEMBER("sleep", OUTCOME_IGNORED), NULL);
	IS("handler", KEY(VERDICT_NO_EFFECT), MEMBER("python3", OUTCOME_HANDLED), NULL);
	IS("trap", KEY(VERDICT_NO_EFFECT), MEMBER("bash", OUTCOME_HANDLED), NULL);
	IS("blocked", KEY(VERDICT_NO_EFFECT), MEMBER("bash", OUTCOME_BLOCKED), NULL);
	IS("pending", KEY(VERDICT_NO_EFFECT), MEMBER("perl", OUTCOME_ALREADY_PENDING), NULL);
	IS("not_taken", KEY(VERDICT_NO_EFFECT), MEMBER("cat", OUTCOME_NOT_DELIVERED), NULL);
}

static void client_gone(void **state)
{
	(void)state;
	IS("no_pty", GONE(END_DISCONNECT, VERDICT_NO_EFFECT),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED), NULL);
	IS("client_alive", GONE(END_TIMEOUT, VERDICT_PARTLY),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED), NULL);
	IS("no_hangup", GONE(END_VANISHED, VERDICT_PARTLY), MEMBER("sleep", OUTCOME_NOT_DELIVERED),
	   NULL);
	IS("no_hangup", GONE(END_SERVER_KILLED, VERDICT_NO_EFFECT),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED), NULL);
	/* one process for many connections: a terminal would change nothing about its end */
	IS("many", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT, .many = true,
					    .verdict = VERDICT_NO_EFFECT, .cause = END_VANISHED}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED), NULL);
	IS("no_pty", ((struct fact_interrupt){.origin = ORIGIN_DISCONNECT, .many = true,
					      .verdict = VERDICT_NO_EFFECT, .cause = END_DISCONNECT}),
	   MEMBER("sleep", OUTCOME_NOT_DELIVERED), NULL);
	IS("worked", GONE(END_DISCONNECT, VERDICT_STOPPED), MEMBER("cat", OUTCOME_EXITED), NULL);
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
