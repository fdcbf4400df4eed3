/* SPDX-License-Identifier: GPL-2.0-only */
/* The text form of records: to text and back to the very bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/field.h"
#include "unit/any_record.h"

static void round_trip(void **state)
{
	struct buf line = { 0 }, back = { 0 }, why = { 0 };
	static unsigned char rec[EVENT_MAX];

	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		for (unsigned i = 0; i < 2000; i++) {
			size_t n = any_record(k, rec);
			struct event ev;

			assert_int_equal(event_decode(rec, n, &ev), EVENT_OK);
			buf_reset(&line);
			event_dump(&line, &ev);
			for (size_t c = 0; c < line.len; c++)
				assert_true(line.p[c] >= ' ' && line.p[c] <= '~');
			if (event_parse(buf_cstr(&line), &back, &why))
				fail_msg("%s\n%s", buf_cstr(&why), line.p);
			if (back.len != n || memcmp(back.p, rec, n))
				fail_msg("other bytes from %s", line.p);
		}
	}
	buf_free(&line);
	buf_free(&back);
	buf_free(&why);
}

/* The dump of a line is the line: what golden files look like. */
static void canonical(void **state)
{
	static const char *const lines[] = {
		"trace.begin order=16909060 schema=1 realtime=-1 gmtoff=-3600 scope=tree"
		" scope_tgid=5 host=\"h\" boot_id=\"b\" kernel=\"6.1\" version=\"0.1.0\"",
		"trace.begin realtime=-9223372036854775808 gmtoff=-2147483648",
		"trace.end reason=cut",
		"trace.lost count=1 total=2 lost_kind=7 lost_cpu=3",
		"trace.ready elapsed_ns=5 tasks=6 asked=1",
		"trace.tick ts=1",
		"task.fork cpu=3 ts=18446744073709551615 start=4 tgid=1 pid=2 comm=\"a b\\x00c\""
		" child_start=9 child_tgid=1 child_pid=3 pgid=4 sid=5 scope=in,server",
		"task.exec tgid=1 parent_start=2 ignored=SIGINT,SIGQUIT,SIGRTMIN+3"
		" blocked=0xfffffffe7ffbfeff pending=SIG32 cpu_ns=5 ppid=6 tty=pts/5 tty_pgrp=7"
		" tty_lflag=ISIG,ICANON,0x2000 uid=1000 loginuid=unset sessionid=3"
		" state=TASK_INTERRUPTIBLE,TASK_FREEZABLE nthreads=1 scope=in fd=tty,none,null"
		" flags=traced old_pid=1 truncated=filename,args filename=\"/bin/\\xc3\\xa9\""
		" args=[\"a\",\"\",\"\\\"\\\\\\n\\t\"...]",
		"task.exit exit_code=139 pgid=1 sid=2 tty=4:300 cpu_ns=3",
		"task.args truncated=fault args=[\"\"]",
		"task.env ssh_connection=\"10.0.0.1 5 10.0.0.2 22\" ssh_tty=\"/dev/pts/5\"",
		"signal.generate target_start=1 target_tgid=2 target_pid=3 target_comm=\"top\""
		" sig=SIGSEGV si_code=SEGV_MAPERR si_pid=4 si_uid=5 group=1 result=lose_info"
		" disposition=ignore blocked=1 pgid=6 sid=7 tty=pts/1 tty_pgrp=8"
		" state=TASK_UNINTERRUPTIBLE,0x80000000 flags=info,kthread work_tty=tty1",
		"signal.deliver flags=SA_RESTORER,SA_RESTART sig=SIGTERM si_code=-77"
		" disposition=handler",
		"signal.generate sig=SIGUSR1 count=48211 ts_last=99",
		"signal.deliver sig=SIGUSR1 count=1 ts_last=0",
		"tty.key tty=pts/1 key=quit isig=1 tty_pgrp=2 tty_sid=3",
		"sock.state laddr=192.0.2.1 raddr=203.0.113.7 family=inet netns=1 lport=22 rport=5"
		" rcv_age_ns=1 old=LISTEN new=SYN_RECV err=ETIMEDOUT",
		"sock.reset laddr=2001:db8::1 raddr=::ffff:203.0.113.7 family=inet6 direction=sent",
		"sock.owner laddr=01020304000000000000000000000001 family=inet state=99 fd=unset",
		"user.name uid=1000 name=\"alice\"",
	};
	struct buf line = { 0 }, rec = { 0 }, why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct event ev;

		if (event_parse(lines[i], &rec, &why))
			fail_msg("%s: %s", lines[i], buf_cstr(&why));
		assert_int_equal(event_decode(rec.p, rec.len, &ev), EVENT_OK);
		buf_reset(&line);
		event_dump(&line, &ev);
		assert_string_equal(buf_cstr(&line), lines[i]);
	}
	buf_free(&line);
	buf_free(&rec);
	buf_free(&why);
}

/* Other spellings of the same record. */
static void spellings(void **state)
{
	static const char *const same[][2] = {
		{ "signal.deliver sig=SIGINT", "signal.deliver sig=2" },
		{ "signal.deliver sig=SIGINT", "signal.deliver  sig=int " },
		{ "signal.deliver sig=SIGINT si_code=SI_KERNEL",
		  "signal.deliver si_code=0x80 sig=0x2" },
		{ "signal.deliver sig=SIGINT si_code=SI_TKILL",
		  "signal.deliver sig=SIGINT si_code=-6" },
		{ "signal.deliver sig=SIGINT disposition=handler",
		  "signal.deliver sig=SIGINT disposition=2" },
		{ "task.exit tty=pts/5", "task.exit tty=142606341" },
		{ "task.exit tty=pts/5", "task.exit tty=136:5" },
		{ "task.snapshot ignored=SIGHUP,SIGINT", "task.snapshot ignored=3" },
		{ "task.snapshot ignored=SIGHUP,SIGINT", "task.snapshot ignored=2,SIGHUP,SIGHUP" },
		{ "task.snapshot scope=in,server", "task.snapshot scope=3" },
		{ "task.snapshot fd=null,null,other", "task.snapshot fd=6,null,1,0" },
		{ "task.snapshot loginuid=unset", "task.snapshot loginuid=4294967295" },
		{ "sock.owner family=inet laddr=1.2.3.4",
		  "sock.owner family=2 laddr=01020304000000000000000000000000" },
		{ "sock.owner family=inet6 laddr=2001:db8::1",
		  "sock.owner family=10 laddr=2001:0DB8:0:0::1" },
		{ "trace.end", "trace.end reason=0" },
	};
	struct buf a = { 0 }, b = { 0 }, why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (event_parse(same[i][0], &a, &why) || event_parse(same[i][1], &b, &why))
			fail_msg("%s: %s", same[i][1], buf_cstr(&why));
		assert_int_equal(a.len, b.len);
		if (memcmp(a.p, b.p, a.len))
			fail_msg("%s is not %s", same[i][1], same[i][0]);
	}
	buf_free(&a);
	buf_free(&b);
	buf_free(&why);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "nonsense", "task.exit=1", "trace.end reason", "trace.end reason=",
		"trace.end reason=bored", "trace.end reason=4294967296", "trace.end reason=-1",
		"trace.end reason=1x", "trace.end reason=0x", "trace.end reason=0xg",
		"trace.end reason=1,2", "trace.end reason=1 reason=1", "trace.end kind=5",
		"trace.end len=5", "trace.end reason=1\t", "trace.end cpu=65536",
		"trace.lost count=18446744073709551616", "trace.lost count=0x10000000000000000",
		"trace.lost kind=5", "trace.begin realtime=9223372036854775808",
		"trace.begin gmtoff=-2147483649", "trace.begin gmtoff=--1", "trace.begin gmtoff=-",
		"trace.begin host=x", "trace.begin host=\"x", "trace.begin host=\"\\",
		"trace.begin host=\"\\q\"",
		"trace.begin host=\"\\x1\"", "trace.begin host=\"\\x", "trace.begin host=\"a\"b",
		"trace.tick comm=\"sixteen bytes ok\"", "task.exec filename_len=1",
		"task.exec args=", "task.exec args=[",
		"task.exec args=[]", "task.exec args=[\"a\"", "task.exec args=[\"a\",]",
		"task.exec args=[\"a\" \"b\"]", "task.exec args=[\"a\"...,\"b\"]",
		"task.exec args=[\"a\\x00b\"]",
		"task.exec args=[\"a\"] args=[\"b\"]", "task.exec filename=\"a\" filename=\"b\"",
		"trace.begin host=\"a\"kernel=\"b\"",
		"trace.end aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
		"trace.end reason=0000000000000000000000000000000000000000000000000000000000000000",
		"task.exit filename=\"a\"", "task.exit args=[\"a\"]", "task.exit tty=pts/x",
		"task.snapshot ignored=SIGFOO", "task.snapshot ignored=SIGINT,",
		"task.snapshot ignored=,",
		"task.snapshot fd=0,0,0,0,0", "task.snapshot fd=256", "task.snapshot scope=out",
		"signal.deliver", "signal.deliver sig=0", "signal.deliver sig=65",
		"signal.deliver sig=SIGFOO",
		"signal.deliver sig=2 si_code=SI_FOO", "signal.deliver sig=2 disposition=3",
		"signal.generate sig=2 result=5", "signal.generate sig=2 origin=tty",
		"sock.owner laddr=1.2.3.4", "sock.owner family=inet laddr=1.2.3.4.5",
		"sock.owner family=inet laddr=0102", "sock.owner family=inet laddr=",
		"sock.owner family=inet local=1", "tty.key key=eof", "user.name name=\"\\x00\\x00",
	};
	struct buf rec = { 0 }, why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* A block of its own, so that a read behind the end shows. */
		char *line = strdup(bad[i]);

		buf_reset(&why);
		if (!event_parse(line, &rec, &why))
			fail_msg("accepted: %s", line);
		assert_true(why.len > 0);
		free(line);
	}
	buf_free(&rec);
	buf_free(&why);
}

static void too_long(void **state)
{
	struct buf line = { 0 }, rec = { 0 }, why = { 0 };

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		buf_reset(&line);
		buf_str(&line, "task.args filename=\"");
		for (unsigned i = 0; i < WIRE_FILENAME + extra; i++)
			buf_char(&line, 'x');
		buf_str(&line, "\" args=[\"");
		for (unsigned i = 0; i < WIRE_ARGS - 1; i++)
			buf_char(&line, 'y');
		buf_str(&line, "\"]");
		assert_int_equal(event_parse(buf_cstr(&line), &rec, &why), extra ? -1 : 0);
	}
	buf_free(&line);
	buf_free(&rec);
	buf_free(&why);
}

/* Lines that are nearly right: no crash, and what is accepted reads back as itself. */
static void noise(void **state)
{
	static unsigned char rec[EVENT_MAX];
	struct buf line = { 0 }, out = { 0 }, why = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		size_t n = any_record(1 + any_u32(WIRE_KIND_MAX), rec);
		struct event ev;
		char *copy;

		assert_int_equal(event_decode(rec, n, &ev), EVENT_OK);
		buf_reset(&line);
		event_dump(&line, &ev);
		for (unsigned k = 1 + any_u32(3); k; k--)
			line.p[any_u32((uint32_t)line.len)] = " =,\"\\[]x0-:."[any_u32(12)];
		copy = strndup(line.p, any_u32(2) ? line.len : any_u32((uint32_t)line.len));
		buf_reset(&why);
		if (!event_parse(copy, &out, &why))
			assert_int_equal(event_decode(out.p, out.len, &ev), EVENT_OK);
		else
			assert_true(why.len > 0);
		free(copy);
	}
	buf_free(&line);
	buf_free(&out);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(canonical),
		cmocka_unit_test(spellings),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_long),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
