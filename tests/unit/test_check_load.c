/* SPDX-License-Identifier: GPL-2.0-only */
/* Each production of a check file, and each error with its exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"

static struct checks *load(const char *text, struct buf *why)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);

	assert_non_null(c);
	if (!checks_load(c, "x.sig", text, strlen(text), why))
		return c;
	checks_free(c);
	return NULL;
}

static void productions(void **state)
{
	static const struct {
		const char *line;
		enum check_form form;
	} rows[] = {
		{"no orphan", CHECK_NO},
		{"never signal sig in (SIGKILL, SIGSEGV) target.comm=postgres", CHECK_NO},
		{"some exec args contains \"migrate\"", CHECK_SOME},
		{"count exec comm=cc1 between 1 and 64", CHECK_COUNT},
		{"count exec between 0 and 0", CHECK_COUNT},
		{"every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s", CHECK_EVERY},
		{"every interrupt origin=tty -> no orphan within 2s", CHECK_EVERY},
		{"every signal->exit tgid=$target.tgid within 1.5m", CHECK_EVERY},
		{"order exec comm=migrate < exec comm=server", CHECK_ORDER},
		{"order exec < exec < exit status=0", CHECK_ORDER},
		{"order fork not thread and tgid<5 < exec", CHECK_ORDER},
		{"no session.close end=vanished or end=reset", CHECK_NO},
		{"never task.exit (status!=0 status!=null) or signal!=null", CHECK_NO},
		{"no exec comm=\"a # b\"", CHECK_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf why = {0};
		struct checks *c = load(rows[i].line, &why);

		if (!c)
			fail_msg("%s", buf_cstr(&why));
		assert_int_equal(checks_count(c), 1);
		assert_int_equal(checks_info(c, 0)->form, rows[i].form);
		assert_string_equal(checks_info(c, 0)->text, rows[i].line);
		checks_free(c);
	}
}

static void file(void **state)
{
	struct buf why = {0};
	struct checks *c = load("# a comment\n"
				"\n"
				"  no orphan   # another\r\n"
				"scope session user=deploy # them\n"
				"allow orphan comm in (tmux, ssh-agent)\n"
				"\tno \t orphan\n"
				"scope all\n"
				"some exec", &why);

	(void)state;
	assert_non_null(c);
	assert_int_equal(checks_count(c), 3);
	assert_string_equal(checks_info(c, 0)->text, "no orphan");
	assert_int_equal(checks_info(c, 0)->line, 3);
	assert_string_equal(checks_info(c, 0)->scope, "all");
	assert_string_equal(checks_info(c, 1)->text, "no \t orphan");
	assert_string_equal(checks_info(c, 1)->scope, "session user=deploy");
	assert_int_equal(checks_info(c, 2)->line, 8);
	assert_string_equal(checks_info(c, 2)->scope, "all");
	checks_free(c);
	buf_free(&why);
}

/* A scope ends with its text. */
static void two_texts(void **state)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	const char first[] = "scope command\nno orphan\n", second[] = "no orphan";
	struct buf why = {0};

	(void)state;
	assert_int_equal(checks_load(c, "a", first, strlen(first), &why), 0);
	assert_int_equal(checks_load(c, "b", second, strlen(second), &why), 0);
	assert_string_equal(checks_info(c, 0)->scope, "command");
	assert_string_equal(checks_info(c, 1)->scope, "all");
	assert_string_equal(checks_info(c, 1)->file, "b");
	checks_free(c);
}

#define TOO_LARGE                                                                                  \
	"too large a regular expression: of what is repeated it takes a copy each, and of a repetition "   \
	"that is repeated a copy of all"

static const struct {
	const char *text, *why;
} errors[] = {
	{"nevr orphan", "1:1: a check begins with no, never, some, count, every or order, not with "
			"'nevr'; did you mean never?"},
	{"\n -> x", "2:2: a check begins with no, never, some, count, every or order, not with '->'"},
	{"never signl", "1:7: expected a kind of event, not 'signl'; did you mean signal?"},
	{"never", "1:6: expected a kind of event, not the end of the line"},
	{"no orphan extra", "1:11: orphan has no field 'extra'"},
	{"never signal tagret.comm=x",
	 "1:14: signal.generate has no field 'tagret.comm'; did you mean target.comm?"},
	{"never signal args contains x", "1:14: signal.generate has no field 'args'"},
	{"never signal target=x", "1:14: signal.generate has no field 'target'; did you mean target.tgid?"},
	{"never signal sig=SIGTREM", "1:18: sig is a signal, not 'SIGTREM'; did you mean SIGTERM?"},
	{"never signal sig>3", "1:17: > does not go with sig, which is a signal: it takes = != in"},
	{"never signal sig", "1:17: sig is a signal and needs an operator (= != in), not the end of the line"},
	{"never signal origin=usr", "1:21: origin is one of tty, user, kernel, timer, child, hangup, not "
				    "'usr'; did you mean user?"},
	{"never signal group=yes", "1:20: group is true or false, not 'yes'"},
	{"never signal group in (true)",
	 "1:20: in does not go with group, which is true or false: it takes = !="},
	{"never exit status=SIGTERM", "1:19: status is a number, not 'SIGTERM'"},
	{"never exit status=99999999999999999999", "1:19: status is a number, not '99999999999999999999'"},
	{"never exit cpu_ns>5", "1:19: cpu_ns is a time with its unit, such as 300ms, 5s or 2m"},
	{"never exec args contain \"x\"", "1:17: args is a string and needs an operator (= != ~ in contains "
					  "prefix), not 'contain'; did you mean contains?"},
	{"never exec comm=\"abc", "1:17: the quotes are not closed"},
	{"never exec comm=sixteen-bytes-xx", "1:17: a comm has at most 15 bytes, so this never matches"},
	{"never exec comm in (a, sixteen-bytes-xx)",
	 "1:24: a comm has at most 15 bytes, so this never matches"},
	{"never exec comm ~ \"(\"", "1:19: not a regular expression: Unmatched ( or \\("},
	{"never exec comm ~ w++++++++++++++++++++++++++++++++++++++++++++", "1:19: " TOO_LARGE},
	{"never exec comm ~ \"(((a{99}b){99}c){99}\"", "1:19: " TOO_LARGE},
	{"never exec args ~ *+++++++++++b++++++++++c+d*++++*+e+++++f++++++++++++++++", "1:19: " TOO_LARGE},
	{"never exec (comm=a", "1:19: a ) is missing"},
	{"never exec comm in a", "1:20: in takes a list: in (A, B)"},
	{"never exec comm in (a b)", "1:23: the list needs a , or a )"},
	{"never exec comm in ()", "1:21: a value is missing before ')'"},
	{"never exec comm=", "1:17: a value is missing before the end of the line"},
	{"never exec comm=null", "1:17: comm is never null"},
	{"never exec loginuid<null", "1:21: null goes with =, != and in"},
	{"never exec comm=a and", "1:22: a field is missing before the end of the line"},
	{"never exec or comm=a", "1:12: a field is missing before 'or'"},
	{"never exec tty=foo", "1:16: tty is a terminal such as pts/5, or null"},
	{"never exec ! comm=a", "1:12: '!' alone is no operator: write != or not"},
	{"never exec tgid=$tgid", "1:17: $ stands for a field of the left side of ->"},
	{"never snapshot state=Q", "1:22: state is one of R S D T t X Z P I"},
	{"never exec comm=a within 5s", "1:19: expected the end of the line, not 'within'"},
	{"count exec", "1:11: expected between N and M, not the end of the line"},
	{"count exec between five and 6", "1:20: expected a number, not 'five'"},
	{"count exec between 5 6", "1:22: expected and, not '6'"},
	{"count exec between 5 and 2", "1:26: the second number is below the first"},
	{"every exec", "1:11: expected ->, not the end of the line"},
	{"every exec -> exit", "1:19: expected within and a time, not the end of the line"},
	{"every exec -> exit within 5", "1:27: within takes a time such as 300ms, 5s or 2m, not '5'"},
	{"every exec -> exit within 0s", "1:27: within takes a time such as 300ms, 5s or 2m, not '0s'"},
	{"every exec -> exit tgid=$tgidd within 1s",
	 "1:25: task.exec has no field '$tgidd'; did you mean tgid?"},
	{"every signal -> exit tgid=$target.comm within 1s",
	 "1:27: tgid is a number, and $target.comm is a string"},
	{"every signal -> exec comm ~ $target.comm within 1s", "1:29: $target.comm does not go with ~"},
	{"order exec", "1:11: expected < and what comes behind, not the end of the line"},
	{"order exec < exec < exec < exec < exec < exec < exec < exec < exec",
	 "1:63: an order has at most 8 steps"},
	{"no orphan\nscope command\n", "2:1: this line holds for the checks below it, and there are none"},
	{"no orphan\nallow orphan\n\n# x", "2:1: this line holds for the checks below it, and there are none"},
	{"scope commnd\nno orphan", "1:7: scope is command, session or all, not 'commnd'; did you mean command?"},
	{"scope session usr=x\nno orphan", "1:15: session.open has no field 'usr'; did you mean user?"},
	{"scope command x\nno orphan", "1:15: expected the end of the line, not 'x'"},
	{"allow orphn\nno orphan", "1:7: expected a kind of event, not 'orphn'; did you mean orphan?"},
};

static void wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct buf why = {0};
		char want[512];

		snprintf(want, sizeof(want), "x.sig:%s\n", errors[i].why);
		if (load(errors[i].text, &why))
			fail_msg("%s: no error", errors[i].text);
		assert_string_equal(buf_cstr(&why), want);
		buf_free(&why);
	}
}

/* Each wrong line is told, and no good one among them saves the file. */
static void several(void **state)
{
	struct buf why = {0};

	(void)state;
	assert_null(load("nevr orphan\nno orphan\nno orphn\n", &why));
	assert_string_equal(buf_cstr(&why),
			    "x.sig:1:1: a check begins with no, never, some, count, every or order, not "
			    "with 'nevr'; did you mean never?\n"
			    "x.sig:3:4: expected a kind of event, not 'orphn'; did you mean orphan?\n");
	buf_free(&why);
}

/* No text, however it is cut or spoilt, does more than be refused. */
static void any_bytes(void **state)
{
	const char text[] = "every signal sig in (SIGTERM, SIGRTMIN+3) -> no exec comm=\"a\\\"b\" "
			    "and tgid=$target.tgid or not (ppid<=4) within 5s # x";
	char copy[sizeof(text)];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		for (unsigned c = 0; c < 256; c += 5) {
			const struct check_options opt = {0};
			struct checks *k = checks_new(&opt);
			struct buf why = {0};
			int bad;

			memcpy(copy, text, sizeof(text));
			copy[i] = (char)c;
			bad = checks_load(k, "x", copy, c ? sizeof(text) - 1 : i, &why);
			assert_true((bad != 0) == (why.len != 0));
			checks_free(k);
			buf_free(&why);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(productions), cmocka_unit_test(file),	  cmocka_unit_test(two_texts),
		cmocka_unit_test(wrong),       cmocka_unit_test(several), cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
