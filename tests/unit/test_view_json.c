/* SPDX-License-Identifier: GPL-2.0-only */
/* One object a line, with exactly the members of contract.md. */
#include "view_stub.h"

#include <jansson.h>

static struct view *view;

static int setup(void **state)
{
	const struct view_options none = { 0 };

	stub_setup(state);
	view = view_json_new(&none);
	return view ? 0 : -1;
}

static int teardown(void **state)
{
	view_free(view);
	return stub_teardown(state);
}

/* Each line of what was put out since the last call must parse by itself. */
static size_t lines(json_t **objects, size_t max)
{
	const char *p = buf_cstr(&view->out), *end = p + view->out.len;
	size_t n = 0;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		assert_non_null(nl);
		assert_true(n < max);
		objects[n] = json_loadb(p, (size_t)(nl - p), JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(objects[n]);
		assert_true(json_is_object(objects[n]));
		n++;
		p = nl + 1;
	}
	buf_reset(&view->out);
	return n;
}

static json_t *one_line(void)
{
	json_t *o = NULL;

	assert_int_equal(lines(&o, 1), 1);
	return o;
}

/* `want` in single quotes: the very members, no more and no less. */
static void line_is(const char *want)
{
	json_t *have = one_line(), *o;
	char *text = strdup(want), *p;

	assert_non_null(text);
	for (p = text; (p = strchr(p, '\'')); p++)
		*p = '"';
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	if (!json_equal(o, have)) {
		char *s = json_dumps(have, JSON_COMPACT);

		print_error("have %s\nwant %s\n", s, text);
		free(s);
		fail();
	}
	free(text);
	json_decref(o);
	json_decref(have);
}

static const char *str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

#define ENVELOPE(type, session) \
	"{'type':'" type "','seq':12,'ts':1000000000,'time':'2026-11-23T13:02:12.318000000Z'," \
	"'session':" session ","
#define TRAILER ",'confidence':'seen','evidence':[3,9]}"

static void test_open(void **state)
{
	const struct fact_client client = { .tgid = 812, .comm = "ssh", .session = 2 };
	struct fact f = fact_of(FACT_OPEN, 12, SEC, 3);

	(void)state;
	f.u.open = (struct fact_open){
		.server = SERVER_OPENSSH, .sk = &stub_sock, .user = "deploy", .uid = 1000,
		.pty = PTS(5), .request = REQUEST_EXEC, .command = "tail -f x", .command_len = 9,
		.tgid = 7889, .server_tgid = 7497, .server_comm = "sshd", .client = &client,
	};
	show_fact(view, &f);
	line_is(ENVELOPE("session.open", "3")
		"'server':'openssh','peer':'203.0.113.7:51514','local':'192.0.2.1:22',"
		"'user':'deploy','uid':1000,'pty':'pts/5','request':'exec','command':'tail -f x',"
		"'tgid':7889,'server_tgid':7497,'preexisting':false,"
		"'client':{'tgid':812,'comm':'ssh','session':2}" TRAILER);
	f.u.open.sk = NULL;
	f.u.open.pty = 0;
	f.u.open.request = REQUEST_NONE;
	f.u.open.command = "";
	f.u.open.command_len = 0;
	f.u.open.preexisting = true;
	f.u.open.client = NULL;
	f.confidence = CONF_GUESSED;
	f.nevidence = 0;
	show_fact(view, &f);
	line_is(ENVELOPE("session.open", "3")
		"'server':'openssh','peer':null,'local':null,'user':'deploy','uid':1000,"
		"'pty':null,'request':'none','command':null,'tgid':7889,'server_tgid':7497,"
		"'preexisting':true,'client':null,'confidence':'guessed','evidence':[]}");
}

static void test_interrupt(void **state)
{
	static const struct fact_member members[] = {
		{ 4711, "sleep", OUTCOME_DIED, 400000, 2, NULL, NULL },
		{ 4712, "make", OUTCOME_EXITED, 5, 130 << 8, NULL, NULL },
		{ 4713, "vi", OUTCOME_IGNORED, 0, 0, "ignored_own", "it ignores it" },
	};
	static const struct fact_hop via[] = { { PTS(1), 812, "ssh" } };
	static const struct fact_missed missed[] = { { 4800, "tail", REASON_OTHER_GROUP,
		"other_group", "is in another process group" } };
	struct fact f = fact_of(FACT_INTERRUPT, 12, SEC, 3);

	(void)state;
	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_TTY, .sig = 2, .tty = PTS(5), .fg_pgid = 4711,
		.members = members, .nmembers = 3, .missed = missed, .nmissed = 1,
		.verdict = VERDICT_PARTLY, .cause = END_RESET, .why = "why \"so\"", .tgid = 4711,
		.comm = "sleep", .via = via, .nvia = 1,
	};
	show_fact(view, &f);
	line_is(ENVELOPE("interrupt", "3")
		"'origin':'tty','sig':'SIGINT','tty':'pts/5','fg_pgid':4711,'sender':null,"
		"'side':'server','via':[{'tgid':812,'comm':'ssh','tty':'pts/1'}],"
		"'members':[{'tgid':4711,'comm':'sleep','outcome':'died','reason':null,"
		"'elapsed_ns':400000,'signal':'SIGINT'},{'tgid':4712,'comm':'make','outcome':'exited','reason':null,'elapsed_ns':5,"
		"'status':130},{'tgid':4713,'comm':'vi','outcome':'ignored',"
		"'reason':'ignored_own','elapsed_ns':null}],"
		"'missed':[{'tgid':4800,'comm':'tail','reason':'other_group',"
		"'why':'other_group'}],"
		"'verdict':'partly','cause':null,'client':null,'why':'why \\\"so\\\"'" TRAILER);
}

static void test_interrupt_of_other_origins(void **state)
{
	const struct fact_client client = {
		.tgid = 812, .comm = "ssh", .exit_code = 255 << 8, .sig = 2, .tty = PTS(1),
	};
	struct fact f = fact_of(FACT_INTERRUPT, 12, SEC, 3);

	(void)state;
	f.u.interrupt = (struct fact_interrupt){
		.origin = ORIGIN_DISCONNECT, .verdict = VERDICT_NOT_A_SIGNAL,
		.cause = END_DISCONNECT, .why = "gone", .client = &client,
	};
	show_fact(view, &f);
	line_is(ENVELOPE("interrupt", "3")
		"'origin':'disconnect','sig':null,'tty':null,'fg_pgid':null,'sender':null,"
		"'side':'server','via':[],'members':[],'missed':[],'verdict':'not_a_signal',"
		"'cause':'disconnect','client':{'tgid':812,'comm':'ssh','session':null,'alive':false,"
		"'sig':'SIGINT','tty':'pts/1','sender':null,'exit_status':255,'exit_signal':null},"
		"'why':'gone'" TRAILER);
	f.u.interrupt.origin = ORIGIN_KILL;
	f.u.interrupt.sig = 34;
	f.u.interrupt.sender_tgid = 812;
	f.u.interrupt.sender_comm = "kill";
	f.u.interrupt.sender_session = 4;
	f.u.interrupt.client = NULL;
	f.u.interrupt.at_client = true;
	show_fact(view, &f);
	line_is(ENVELOPE("interrupt", "3")
		"'origin':'kill','sig':'SIGRTMIN','tty':null,'fg_pgid':null,"
		"'sender':{'tgid':812,'comm':'kill','session':4},'side':'client','via':[],"
		"'members':[],'missed':[],'verdict':'not_a_signal','cause':null,'client':null,'why':'gone'" TRAILER);
}

static void test_orphan(void **state)
{
	static const uint16_t ports[] = { 80, 443 };
	static const char args[] = "tail\0-f\0\0/var/log/x";
	struct fact f = fact_of(FACT_ORPHAN, 12, SEC, 3);

	(void)state;
	f.u.orphan = (struct fact_orphan){
		.tgid = 7889, .comm = "tail", .args = args, .args_len = sizeof(args),
		.age = UINT64_C(9007199254740993), .new_ppid = 1, .reason = REASON_NO_PTY,
		.why = "w", .advice = "", .cpu = 15, .ports = ports, .nports = 2,
	};
	show_fact(view, &f);
	line_is(ENVELOPE("orphan", "3")
		"'tgid':7889,'comm':'tail','args':['tail','-f','','/var/log/x'],"
		"'age_ns':9007199254740993,'new_ppid':1,'cpu_ns':15,'ports':[80,443],"
		"'reason':'no_pty','intended':false,"
		"'why':'w','advice':''" TRAILER);
	f.u.orphan.nports = 0;
	f.u.orphan.args = NULL;
	f.u.orphan.args_len = 0;
	f.u.orphan.intended = true;
	f.u.orphan.advice = "a";
	show_fact(view, &f);
	line_is(ENVELOPE("orphan", "3")
		"'tgid':7889,'comm':'tail','args':[],'age_ns':9007199254740993,'new_ppid':1,"
		"'cpu_ns':15,'ports':[],'reason':'no_pty','intended':true,'why':'w','advice':'a'" TRAILER);
}

static void test_close(void **state)
{
	struct fact f = fact_of(FACT_CLOSE, 12, SEC, 3);

	(void)state;
	f.u.close = (struct fact_close){
		.duration = 15, .end = END_EXIT, .exit_status = 0, .processes = 4, .orphans = 3,
		.intended = 2, .lost = 1, .why = "w",
	};
	show_fact(view, &f);
	line_is(ENVELOPE("session.close", "3")
		"'duration_ns':15,'end':'exit','exit_status':0,'exit_signal':null,'processes':4,"
		"'orphans':3,'intended':2,'lost':1,'client':null,'why':'w'" TRAILER);
	f.u.close.exit_status = -1;
	f.u.close.exit_signal = 2;
	show_fact(view, &f);
	line_is(ENVELOPE("session.close", "3")
		"'duration_ns':15,'end':'exit','exit_status':null,'exit_signal':'SIGINT',"
		"'processes':4,'orphans':3,'intended':2,'lost':1,'client':null,'why':'w'" TRAILER);
}

static void test_fate(void **state)
{
	struct fact f = fact_of(FACT_FATE, 12, SEC, 3);

	(void)state;
	f.u.fate = (struct fact_fate){
		.tgid = 7889, .comm = "tail", .after = 7, .cpu = 15, .exit_status = -1,
		.exit_signal = 9, .sender_tgid = 812, .sender_comm = "kill", .why = "w",
	};
	show_fact(view, &f);
	line_is(ENVELOPE("orphan.exit", "3")
		"'tgid':7889,'comm':'tail','after_ns':7,'cpu_ns':15,'exit_status':null,"
		"'exit_signal':'SIGKILL','sender':{'tgid':812,'comm':'kill','session':null},"
		"'why':'w'" TRAILER);
}

static void test_event_envelope(void **state)
{
	struct event ev = EXEC(12, SEC, 7889, "tail", "tail\0-f");
	json_t *o, *args;

	(void)state;
	show_event(view, &ev, 3);
	o = one_line();
	assert_string_equal(str(o, "type"), "task.exec");
	assert_int_equal(json_integer_value(json_object_get(o, "seq")), 12);
	assert_int_equal(json_integer_value(json_object_get(o, "ts")), SEC);
	assert_string_equal(str(o, "time"), "2026-11-23T13:02:12.318000000Z");
	assert_int_equal(json_integer_value(json_object_get(o, "session")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "tgid")), 7889);
	assert_string_equal(str(o, "comm"), "tail");
	args = json_object_get(o, "args");
	assert_int_equal(json_array_size(args), 2);
	json_decref(o);
	show_event(view, &ev, 0);
	o = one_line();
	assert_true(json_is_null(json_object_get(o, "session")));
	json_decref(o);
}

static void test_which_events(void **state)
{
	unsigned kind;

	(void)state;
	for (kind = 1; kind <= WIRE_KIND_MAX; kind++) {
		struct event ev = record(1, kind, 0, 1, "a");
		bool noise = kind == WIRE_USER_NAME || kind == WIRE_TASK_ARGS;
		bool never = kind == WIRE_TRACE_TICK || kind == WIRE_TRACE_END;
		json_t *o = NULL;

		view->opt.verbose = false;
		view->opt.filter.kinds = 0;
		show_event(view, &ev, 0);
		assert_int_equal(lines(&o, 1), !noise && !never);
		json_decref(o);
		o = NULL;
		view->opt.verbose = true;
		show_event(view, &ev, 0);
		assert_int_equal(lines(&o, 1), !never);
		json_decref(o);
		o = NULL;
		view->opt.verbose = false;
		view->opt.filter.kinds = 1u << kind;
		show_event(view, &ev, 0);
		assert_int_equal(lines(&o, 1), !never);
		json_decref(o);
	}
}

static void test_end(void **state)
{
	struct event ev = record(12, WIRE_TRACE_END, SEC, 0, "");

	(void)state;
	ev.u.end.reason = WIRE_END_DURATION;
	stub.totals = (struct totals){
		.records = UINT64_C(9007199254740993), .lost = 2, .evicted = 6, .sessions = 3, .orphans = 4,
		.intended = 1, .interrupts = 5,
	};
	view->opt.quiet = true;
	view->opt.filter.kinds = 1u << WIRE_TASK_EXEC;
	view->opt.filter.session = 9;
	show_event(view, &ev, 0);
	assert_int_equal(view->out.len, 0);
	view->ops->end(view, NULL);
	line_is(ENVELOPE("trace.end", "null")
		"'records':9007199254740993,'lost':2,'evicted':6,'sessions':3,'orphans':4,'interrupts':5,"
		"'reason':'duration'}");
}

static void test_every_reason_has_a_name(void **state)
{
	static const char *const names[] = {
		[WIRE_END_SIGNAL] = "signal", [WIRE_END_DURATION] = "duration",
		[WIRE_END_COMMAND] = "command", [WIRE_END_OUTPUT] = "output",
		[WIRE_END_ERROR] = "error", [WIRE_END_CUT] = "cut",
		[WIRE_END_ROTATED] = "rotated",
	};
	uint32_t reason;

	(void)state;
	for (reason = WIRE_END_SIGNAL; reason <= WIRE_END_ROTATED; reason++) {
		struct event ev = record(12, WIRE_TRACE_END, SEC, 0, "");
		json_t *o;

		ev.u.end.reason = reason;
		show_event(view, &ev, 0);
		view->ops->end(view, NULL);
		o = one_line();
		assert_string_equal(str(o, "reason"), names[reason]);
		json_decref(o);
	}
}

static void test_end_without_a_record_is_cut(void **state)
{
	json_t *o;

	(void)state;
	view->ops->end(view, NULL);
	o = one_line();
	assert_string_equal(str(o, "reason"), "cut");
	json_decref(o);
}

static void test_quiet_keeps_the_frame(void **state)
{
	struct event begin = record(1, WIRE_TRACE_BEGIN, 0, 0, "");
	struct event lost = record(2, WIRE_TRACE_LOST, 0, 0, "");
	struct fact f = fact_of(FACT_CLOSE, 12, SEC, 3);
	json_t *o[2];

	(void)state;
	view->opt.quiet = true;
	view->opt.filter.session = 9;
	show_event(view, &begin, 0);
	show_event(view, &lost, 0);
	show_fact(view, &f);
	view->ops->end(view, NULL);
	assert_int_equal(lines(o, 2), 2);
	assert_string_equal(str(o[0], "type"), "trace.begin");
	assert_string_equal(str(o[1], "type"), "trace.end");
	json_decref(o[0]);
	json_decref(o[1]);
}

static void test_filter_is_asked(void **state)
{
	struct event ev = EXEC(12, SEC, 7889, "tail", "tail\0-f");
	struct fact f = fact_of(FACT_CLOSE, 12, SEC, 3);

	(void)state;
	view->opt.filter.session = 4;
	show_event(view, &ev, 3);
	show_fact(view, &f);
	assert_int_equal(view->out.len, 0);
}

#define EVIL "a\x1b[31m\n\"\\\xff\x07"

static void test_hostile_bytes(void **state)
{
	static const struct fact_member member = { 1, EVIL, OUTCOME_IGNORED, 0, 0, NULL, NULL };
	static const struct fact_missed missed = { 2, EVIL, REASON_UNKNOWN, NULL, NULL };
	struct fact f = fact_of(FACT_OPEN, 12, SEC, 3);
	struct event ev = EXEC(12, SEC, 7889, EVIL, EVIL "\0" EVIL);
	static const char want[] = "a\x1b[31m\n\"\\\u00ff\x07";
	json_t *o[4];
	size_t i;

	(void)state;
	f.u.open.user = EVIL;
	f.u.open.command = EVIL;
	f.u.open.command_len = sizeof(EVIL) - 1;
	show_fact(view, &f);
	f.kind = FACT_INTERRUPT;
	f.u.interrupt = (struct fact_interrupt){
		.sender_tgid = 1, .sender_comm = EVIL, .members = &member, .nmembers = 1,
		.missed = &missed, .nmissed = 1, .why = EVIL,
	};
	show_fact(view, &f);
	f.kind = FACT_ORPHAN;
	f.u.orphan = (struct fact_orphan){
		.comm = EVIL, .args = EVIL, .args_len = sizeof(EVIL), .why = EVIL, .advice = EVIL,
	};
	show_fact(view, &f);
	show_event(view, &ev, 3);
	for (i = 0; i < view->out.len; i++)
		assert_true(view->out.p[i] == '\n' || (unsigned char)view->out.p[i] >= 0x20);
	assert_int_equal(lines(o, 4), 4);
	assert_string_equal(str(o[0], "command"), want);
	assert_string_equal(str(o[0], "user"), want);
	assert_string_equal(str(json_object_get(o[1], "sender"), "comm"), want);
	assert_string_equal(str(json_array_get(json_object_get(o[1], "members"), 0), "comm"), want);
	assert_string_equal(str(json_array_get(json_object_get(o[1], "missed"), 0), "comm"), want);
	assert_string_equal(str(o[2], "advice"), want);
	assert_string_equal(json_string_value(json_array_get(json_object_get(o[2], "args"), 0)),
			    want);
	assert_string_equal(str(o[3], "comm"), want);
	for (i = 0; i < 4; i++)
		json_decref(o[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_interrupt),
		TEST(test_interrupt_of_other_origins),
		TEST(test_orphan),
		TEST(test_close),
		TEST(test_fate),
		TEST(test_event_envelope),
		TEST(test_which_events),
		TEST(test_end),
		TEST(test_every_reason_has_a_name),
		TEST(test_end_without_a_record_is_cut),
		TEST(test_quiet_keeps_the_frame),
		TEST(test_filter_is_asked),
		TEST(test_hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
