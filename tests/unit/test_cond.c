/* SPDX-License-Identifier: GPL-2.0-only */
/* Conditions: each operator, each type, what is null, what cannot be told, and -F over all kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cond/cond.h"
#include "cond/regex.h"
#include "event/field.h"

#define EXEC "task.exec tgid=7 pid=7 comm=\"cc1\" ppid=3 uid=1000 loginuid=unset tty=pts/5 "          \
	     "filename=\"/usr/bin/cc1\" args=[\"cc1\",\"-O2\",\"a b.c\"]"
#define KILL "signal.generate tgid=9 pid=9 comm=\"kill\" target_tgid=7 target_pid=7 "                \
	     "target_comm=\"nginx\" sig=SIGTERM group=1 flags=info si_pid=9"
#define TYPED "signal.generate tgid=2 pid=2 comm=\"kworker\" target_tgid=7 target_pid=7 "             \
	      "target_comm=\"cat\" sig=SIGINT si_code=SI_KERNEL work_tty=pts/1 flags=kthread"
#define DIED "task.exit tgid=7 pid=7 comm=\"cc1\" exit_code=139 cpu_ns=5000000000"
#define ENDED "task.exit tgid=7 pid=7 comm=\"cc1\" exit_code=768"

struct row {
	const char *record, *condition;
	bool holds;
};

static bool holds(const char *record, const char *condition)
{
	struct buf rec = {0}, why = {0};
	struct filter *f;
	struct event ev;
	bool is;

	if (event_parse(record, &rec, &why))
		fail_msg("%s: %s", record, buf_cstr(&why));
	assert_int_equal(event_decode(rec.p, rec.len, &ev), EVENT_OK);
	f = filter_new("-F", condition, strlen(condition), &why);
	if (!f)
		fail_msg("%s: %s", condition, buf_cstr(&why));
	is = filter_wants(f, &ev, NULL, 3);
	filter_free(f);
	buf_free(&rec);
	buf_free(&why);
	return is;
}

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (holds(rows[i].record, rows[i].condition) != rows[i].holds)
			fail_msg("%s %s: %s", rows[i].record, rows[i].condition,
				 rows[i].holds ? "does not hold" : "holds");
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct row rows[] = {__VA_ARGS__};                                    \
                                                                                                   \
		check(rows, sizeof(rows) / sizeof(rows[0]));                                       \
	} while (0)

static void operators(void **state)
{
	(void)state;
	CHECK({EXEC, "comm=cc1", true}, {EXEC, "comm=cc", false}, {EXEC, "comm!=cc", true},
	      {EXEC, "comm in (sh, cc1)", true}, {EXEC, "comm in (sh, bash)", false},
	      {EXEC, "comm prefix cc", true}, {EXEC, "comm prefix c1", false},
	      {EXEC, "comm contains c1", true}, {EXEC, "comm contains x", false},
	      {EXEC, "comm ~ ^c+[0-9]$", true}, {EXEC, "comm ~ \"^(a|b)\"", false},
	      {EXEC, "uid<1000", false}, {EXEC, "uid<=1000", true}, {EXEC, "uid>999", true},
	      {EXEC, "uid >= 1001", false}, {EXEC, "uid=1000", true}, {EXEC, "uid!=1000", false});
}

static void logic(void **state)
{
	(void)state;
	CHECK({EXEC, "comm=cc1 uid=1000", true}, {EXEC, "comm=cc1 uid=0", false},
	      {EXEC, "comm=cc1 and uid=0", false}, {EXEC, "comm=sh or uid=1000", true},
	      {EXEC, "comm=sh or uid=0", false}, {EXEC, "not comm=sh", true},
	      {EXEC, "not not comm=sh", false}, {EXEC, "not (comm=sh or uid=1000)", false},
	      /* not binds most, then and, then or */
	      {EXEC, "comm=cc1 or comm=sh and uid=0", true},
	      {EXEC, "(comm=cc1 or comm=sh) and uid=0", false},
	      {EXEC, "not comm=sh uid=1000", true}, {EXEC, "not comm=cc1 or uid=1000", true});
}

static void types(void **state)
{
	(void)state;
	CHECK({KILL, "sig=SIGTERM", true}, {KILL, "sig=TERM", true}, {KILL, "sig=15", true},
	      {KILL, "sig in (SIGKILL, SIGRTMIN+3)", false}, {KILL, "origin=user", true},
	      {TYPED, "origin=tty", true}, {KILL, "group", true}, {KILL, "group=false", false},
	      {TYPED, "group", false}, {KILL, "si_code=SI_USER", true},
	      {TYPED, "si_code!=SI_USER", true}, {KILL, "result=delivered", true},
	      {KILL, "target.comm=nginx target.tgid=7 target.pid=7", true},
	      {KILL, "sender.tgid=9 sender.comm=kill", true}, {KILL, "signo=15", true},
	      {DIED, "signal=SIGSEGV core", true}, {DIED, "cpu_ns>4s", true},
	      {DIED, "cpu_ns>5.5s", false}, {ENDED, "status=3", true}, {ENDED, "core", false},
	      {EXEC, "tty=pts/5", true}, {EXEC, "tty=/dev/pts/6", false},
	      {EXEC, "filename prefix /usr/", true}, {EXEC, "args contains \"-O2 a b\"", true},
	      {EXEC, "args=\"cc1 -O2 a b.c\"", true}, {EXEC, "truncated", false},
	      {"signal.generate sig=SIGRTMIN+3", "sig=RTMIN+3", true},
	      {"task.snapshot tgid=1 ignored=SIGHUP,SIGINT", "ignored contains SIGINT", true},
	      {"task.snapshot tgid=1 ignored=SIGHUP", "ignored contains SIGINT", false},
	      {"task.snapshot tgid=1 state=__TASK_STOPPED", "state=T", true},
	      {"signal.deliver tgid=1 sig=SIGINT flags=SA_RESTART", "flags contains SA_RESTART", true},
	      {"task.fork tgid=7 child_tgid=7 child_pid=8", "thread", true},
	      {"trace.lost lost_kind=7 count=3", "kind=exec count=3", true},
	      {"sock.reset family=inet raddr=203.0.113.7 rport=5000", "peer=203.0.113.7", true},
	      {"sock.reset family=inet raddr=203.0.113.7 rport=5000", "peer=203.0.113.7:5000", true},
	      {"sock.reset family=inet raddr=203.0.113.7 rport=5000", "peer=203.0.113.7:500", false},
	      {"sock.reset family=inet raddr=203.0.113.7 rport=5000", "peer prefix 203.0.", true},
	      {EXEC, "type=exec session=3", true}, {EXEC, "type in (exit, task.fork)", false});
}

static void nulls(void **state)
{
	(void)state;
	CHECK({EXEC, "loginuid=null", true}, {EXEC, "loginuid!=null", false},
	      {EXEC, "loginuid=0", false}, {EXEC, "loginuid!=0", true}, {EXEC, "loginuid<5", false},
	      {EXEC, "not loginuid<5", true}, {EXEC, "tty=null", false},
	      {EXEC, "loginuid in (0, null)", true}, {ENDED, "signal=null", true},
	      {DIED, "status=null", true}, {TYPED, "si_pid=null", true},
	      {TYPED, "sender.comm=kworker", false}, {TYPED, "sender.tgid=null", true});
}

/* A filter shows what it cannot tell; a check is then in doubt. */
static void cut_off(void **state)
{
	const char *const whole = "task.exec truncated=args args=[\"make\",\"all\"]";

	(void)state;
	CHECK({"task.exec truncated=args args=[\"make\",\"all\"]", "args contains make", true},
	      {"task.exec truncated=args args=[\"make\",\"all\"]", "args prefix \"make x\"", false},
	      {"task.exec truncated=args args=[\"make\",\"all\"]", "args=\"make al\"", false});
	assert_true(holds(whole, "args contains install"));
	assert_true(holds(whole, "not args contains install"));
	assert_true(holds(whole, "args ~ install"));
	assert_true(holds("task.exec truncated=fault", "args contains install"));
}

/* A term on a field that a kind does not have is false there. */
static void over_all_kinds(void **state)
{
	(void)state;
	CHECK({EXEC, "sig=SIGTERM", false}, {EXEC, "not sig=SIGTERM", true}, {KILL, "uid=0", false},
	      /* names of one kind are no error for another */
	      {KILL, "origin=disconnect", false}, {DIED, "state=LISTEN or comm=cc1", true});
}

static void hostile(void **state)
{
	(void)state;
	CHECK({"task.exec comm=\"\\xff\\xfe\" args=[\"a\\nb\",\"c\"]", "args contains \"a\\nb c\"", true},
	      {"task.exec", "args=\"\"", true}, {"task.exec", "args ~ ^$", true},
	      {"task.exec comm=\"a\\\"b\"", "comm=\"a\\\"b\"", true},
	      {"task.exec comm=\"a\\\\b\"", "comm=\"a\\\\b\"", true});
}

static void errors(void **state)
{
	static const struct {
		const char *condition, *why;
	} rows[] = {
		{"", "-F:1:1: a condition is missing before the end of the line\n"},
		{"tagret.comm=x", "-F:1:1: unknown field 'tagret.comm'; did you mean target.comm?\n"},
		{"comm=a or sgi=SIGHUP", "-F:1:11: unknown field 'sgi'; did you mean sig?\n"},
		{"sig=SIGHPU", "-F:1:5: sig is a signal, not 'SIGHPU'; did you mean SIGHUP?\n"},
		{"sig=SIGHUP)", "-F:1:11: unexpected ')'\n"},
		{"pid=$tgid", "-F:1:5: $ stands for a field of the left side of ->\n"},
		{"\xc3\xa4=3", "-F:1:1: unknown field '\xc3\xa4'\n"},
		{"comm=\"\xc3\xa4\" sgi=3", "-F:1:10: unknown field 'sgi'; did you mean sig?\n"},
		{"comm=\x01", "-F:1:6: a control character\n"},
		{"comm=\"a\\q\"",
		 "-F:1:8: in quotes a backslash stands before \", \\, n or t; for one alone write \\\\\n"},
		{"comm=$", "-F:1:6: a field's name is missing behind $\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf why = {0};

		assert_null(filter_new("-F", rows[i].condition, strlen(rows[i].condition), &why));
		assert_string_equal(buf_cstr(&why), rows[i].why);
		buf_free(&why);
	}
}

/* As many nodes as regcomp(3) would make, about; 1001: more than 1000. */
static void regex_sizes(void **state)
{
	static const struct {
		const char *re;
		size_t size;
	} rows[] = {
		{"", 0}, {"a", 1}, {"abc|d", 5}, {"a+", 3}, {"a*b?", 4}, {"a{3}", 5}, {"a{2,5}", 7},
		{"a{7,}", 10}, {"{3}", 3}, {"a{x}", 4}, {"(ab)+", 7}, {"a\\+b", 3}, {"[+*(]", 1},
		{"[]+]+", 3}, {"[^]+]b", 2}, {"[[:alpha:]+]b", 2}, {"[a", 1}, {"[[:", 1}, {"\\", 1},
		{"a{900}", 902}, {"a{1000}", 1001}, {"a++++++++", 511}, {"a+++++++++", 1001},
		{"(a{30}){30}", 1001}, {"(.{1,255}){2}", 775}, {"a{99999999999999999999}", 1001},
		{"((((((a+)+)+)+)+)+)+", 381}, {"((((((((a+)+)+)+)+)+)+)+)+", 1001}, {"a)b", 3}, {"(((a", 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = regex_size(rows[i].re, 1000);

		if (n != rows[i].size)
			fail_msg("%s: %zu, expected %zu", rows[i].re, n, rows[i].size);
	}
}

static void deep(void **state)
{
	struct buf text = {0}, why = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '(');
	assert_null(filter_new("-F", text.p, text.len, &why));
	assert_non_null(strstr(buf_cstr(&why), "nested more than 64 deep"));
	buf_reset(&text);
	buf_reset(&why);
	for (int i = 0; i < 1000; i++)
		buf_str(&text, "tgid=1 or ");
	buf_str(&text, "tgid=2");
	assert_null(filter_new("-F", text.p, text.len, &why));
	assert_non_null(strstr(buf_cstr(&why), "a condition has at most 256 parts"));
	buf_free(&text);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators), cmocka_unit_test(logic),	  cmocka_unit_test(types),
		cmocka_unit_test(nulls),     cmocka_unit_test(cut_off),	  cmocka_unit_test(over_all_kinds),
		cmocka_unit_test(hostile),   cmocka_unit_test(errors),	  cmocka_unit_test(regex_sizes), cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
