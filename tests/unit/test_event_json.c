/* SPDX-License-Identifier: GPL-2.0-only */
/* event_json() as a strict reader sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "event/field.h"
#include "unit/any_record.h"

/* The members of a record given in its text form. */
static json_t *members(const struct event *ev)
{
	struct buf b = { 0 };
	json_error_t e;
	json_t *o;

	buf_str(&b, "{\"type\":\"x\"");
	event_json(&b, ev);
	buf_char(&b, '}');
	o = json_loads(buf_cstr(&b), JSON_REJECT_DUPLICATES, &e);
	if (!o)
		fail_msg("%s: %s", e.text, b.p);
	json_object_del(o, "type");
	buf_free(&b);
	return o;
}

/* The record of a line must give exactly the members of `want`, which is JSON with '. */
static void expect(const char *line, const char *want)
{
	struct buf rec = { 0 }, why = { 0 }, b = { 0 };
	char *json = strdup(want);
	struct event ev;
	json_t *o, *w;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (event_parse(line, &rec, &why))
		fail_msg("%s: %s", line, buf_cstr(&why));
	assert_int_equal(event_decode(rec.p, rec.len, &ev), EVENT_OK);
	o = members(&ev);
	w = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(w);
	event_json(&b, &ev);
	if (!json_equal(o, w))
		fail_msg("%s\nwant %s\nhave %s", line, json, buf_cstr(&b));
	json_decref(o);
	json_decref(w);
	buf_free(&rec);
	buf_free(&why);
	buf_free(&b);
	free(json);
}

#define TASK "'tgid':7,'pid':8,'comm':'sh'"
#define HEAD " ts=5 tgid=7 pid=8 comm=\"sh\""

static void trace(void **state)
{
	(void)state;
	expect("trace.begin order=0x01020304 schema=1 realtime=-5 gmtoff=-3600 scope=sshd"
	       " host=\"h\" boot_id=\"b\" kernel=\"6.1\" version=\"0.1.0\"",
	       "{'schema':1,'scope':'sshd','host':'h','boot_id':'b','kernel':'6.1',"
	       "'version':'0.1.0'}");
	expect("trace.begin scope=9", "{'schema':0,'scope':9,'host':'','boot_id':'','kernel':'',"
				      "'version':''}");
	expect("trace.end reason=signal", "{}");
	expect("trace.tick ts=5", "{}");
	expect("trace.lost count=9223372036854775807 total=2 lost_kind=7 lost_cpu=3",
	       "{'count':9223372036854775807,'kind':'task.exec','cpu':3}");
	expect("trace.lost count=1 lost_kind=99", "{'count':1,'kind':99,'cpu':0}");
	expect("trace.lost count=1", "{'count':1,'kind':0,'cpu':0}");
	expect("trace.ready elapsed_ns=12345 tasks=300 asked=1",
	       "{'elapsed_ns':12345,'tasks':300}");
	expect("user.name uid=1000 name=\"alice\"", "{'uid':1000,'name':'alice'}");
}

static void tasks(void **state)
{
	(void)state;
	expect("task.fork" HEAD " child_tgid=7 child_pid=9",
	       "{" TASK ",'child_tgid':7,'child_pid':9,'thread':true}");
	expect("task.fork" HEAD " child_tgid=9 child_pid=9",
	       "{" TASK ",'child_tgid':9,'child_pid':9,'thread':false}");
	expect("task.exec" HEAD " ppid=1 pgid=2 sid=3 tty=pts/5 uid=1000 loginuid=1000 sessionid=4"
	       " filename=\"/bin/sh\\x00\" args=[\"sh\",\"-c\",\"\",\"\\xff\"]",
	       "{" TASK ",'ppid':1,'pgid':2,'sid':3,'tty':'pts/5','uid':1000,'loginuid':1000,"
	       "'sessionid':4,'truncated':false,'filename':'/bin/sh',"
	       "'args':['sh','-c','','\\u00ff']}");
	expect("task.exec" HEAD " loginuid=unset sessionid=unset truncated=args args=[\"sh\"...]",
	       "{" TASK ",'ppid':0,'pgid':0,'sid':0,'tty':null,'uid':0,'loginuid':null,"
	       "'sessionid':null,'truncated':true,'filename':'','args':['sh']}");
	expect("task.args" HEAD " truncated=filename filename=\"/a\" args=[\"a\"]",
	       "{" TASK ",'truncated':true,'filename':'/a','args':['a']}");
	expect("task.args" HEAD " truncated=fault",
	       "{" TASK ",'truncated':false,'args_fault':true,'filename':'','args':[]}");
	expect("task.snapshot" HEAD " ppid=1 pgid=2 sid=3 tty=tty1 state=TASK_UNINTERRUPTIBLE"
	       " ignored=SIGINT,SIGRTMIN+3 caught=SIGHUP blocked=SIGTERM pending=0x8000000000000000"
	       " loginuid=unset",
	       "{" TASK ",'ppid':1,'pgid':2,'sid':3,'tty':'tty1','uid':0,'loginuid':null,"
	       "'sessionid':0,'state':'D','ignored':['SIGINT','SIGRTMIN+3'],'caught':['SIGHUP'],"
	       "'blocked':['SIGTERM'],'pending':['SIGRTMIN+30']}");
	expect("task.env" HEAD " ssh_connection=\"10.0.0.1 5 10.0.0.2 22\" ssh_tty=\"/dev/pts/5\"",
	       "{" TASK ",'ssh_connection':'10.0.0.1 5 10.0.0.2 22','ssh_tty':'/dev/pts/5'}");
}

static void exits(void **state)
{
	(void)state;
	expect("task.exit" HEAD " exit_code=2 cpu_ns=77 uid=1000",
	       "{" TASK ",'exit_code':2,'status':null,'signal':'SIGINT','core':false,'cpu_ns':77,'uid':1000}");
	expect("task.exit" HEAD " exit_code=139",
	       "{" TASK ",'exit_code':139,'status':null,'signal':'SIGSEGV','core':true,"
	       "'cpu_ns':0,'uid':0}");
	expect("task.exit" HEAD " exit_code=0x8200",
	       "{" TASK ",'exit_code':33280,'status':130,'signal':null,'core':false,'cpu_ns':0,'uid':0}");
	expect("task.exit" HEAD,
	       "{" TASK ",'exit_code':0,'status':0,'signal':null,'core':false,'cpu_ns':0,'uid':0}");
}

static void signals(void **state)
{
	(void)state;
	expect("signal.generate" HEAD " target_tgid=20 target_pid=21 target_comm=\"top\" sig=SIGINT"
	       " si_code=SI_KERNEL si_pid=1 si_uid=2 group=1 result=already_pending"
	       " disposition=handler blocked=1 pgid=20 sid=19 tty=pts/5 tty_pgrp=20 flags=kthread"
	       " work_tty=pts/5",
	       "{" TASK ",'sig':'SIGINT','signo':2,'si_code':'SI_KERNEL','si_pid':null,"
	       "'si_uid':null,'target':{'tgid':20,'pid':21,'comm':'top'},'group':true,"
	       "'result':'already_pending','disposition':'handler','blocked':true,'origin':'tty',"
	       "'pgid':20,'sid':19,'tty':'pts/5','tty_pgrp':20}");
	expect("signal.generate" HEAD " sig=64 si_code=-99 si_pid=7 flags=info",
	       "{" TASK ",'sig':'SIGRTMIN+30','signo':64,'si_code':-99,'si_pid':7,'si_uid':0,"
	       "'target':{'tgid':0,'pid':0,'comm':''},'group':false,'result':'delivered',"
	       "'disposition':'default','blocked':false,'origin':'user','pgid':0,'sid':0,"
	       "'tty':null,'tty_pgrp':0}");
	expect("signal.deliver" HEAD " sig=SIGCHLD si_code=CLD_EXITED disposition=handler"
	       " flags=SA_RESTART,SA_SIGINFO,0x8",
	       "{" TASK ",'sig':'SIGCHLD','si_code':'CLD_EXITED','disposition':'handler',"
	       "'flags':['SA_SIGINFO',8,'SA_RESTART']}");
	expect("signal.deliver" HEAD " sig=SIGUSR1 disposition=handler count=48211 ts_last=99",
	       "{" TASK ",'sig':'SIGUSR1','si_code':'SI_USER','disposition':'handler','flags':[],"
	       "'count':48211,'ts_last':99}");
	expect("tty.key" HEAD " tty=pts/5 key=susp isig=1 tty_pgrp=3 tty_sid=2",
	       "{" TASK ",'tty':'pts/5','key':'susp','isig':true,'tty_pgrp':3,'tty_sid':2}");
}

static void socks(void **state)
{
	(void)state;
	expect("sock.state" HEAD " laddr=192.0.2.1 raddr=203.0.113.7 family=inet lport=22"
	       " rport=51514 old=ESTABLISHED new=CLOSE err=ECONNRESET",
	       "{" TASK ",'family':'inet','local':'192.0.2.1:22','peer':'203.0.113.7:51514',"
	       "'old':'ESTABLISHED','new':'CLOSE','err':'ECONNRESET'}");
	expect("sock.state" HEAD " laddr=::1 raddr=::ffff:1.2.3.4 family=inet6 lport=22 rport=5"
	       " old=7 new=77",
	       "{" TASK ",'family':'inet6','local':'[::1]:22','peer':'1.2.3.4:5',"
	       "'old':'CLOSE','new':77,'err':null}");
	expect("sock.reset" HEAD " family=inet direction=sent",
	       "{" TASK ",'family':'inet','local':'0.0.0.0:0','peer':'0.0.0.0:0',"
	       "'direction':'sent'}");
	expect("sock.owner" HEAD " family=inet6 lport=22 state=LISTEN fd=3",
	       "{" TASK ",'family':'inet6','local':'[::]:22','peer':'[::]:0','state':'LISTEN',"
	       "'fd':3}");
	expect("sock.owner" HEAD " family=inet6 state=LISTEN fd=unset",
	       "{" TASK ",'family':'inet6','local':'[::]:0','peer':'[::]:0','state':'LISTEN',"
	       "'fd':null}");
}

/* Beyond the integers of jansson, and of a double. */
static void exact(void **state)
{
	struct buf rec = { 0 }, why = { 0 }, b = { 0 };
	struct event ev;

	(void)state;
	assert_int_equal(event_parse("trace.lost count=18446744073709551615", &rec, &why), 0);
	assert_int_equal(event_decode(rec.p, rec.len, &ev), EVENT_OK);
	event_json(&b, &ev);
	assert_string_equal(buf_cstr(&b),
			    ",\"count\":18446744073709551615,\"kind\":0,\"cpu\":0");
	buf_free(&rec);
	buf_free(&why);
	buf_free(&b);
}

/* jansson refuses what does not fit int64_t. */
static void small_integers(const struct field *f, unsigned char *bytes)
{
	for (; f->name; f++)
		if (f->shown && (f->format == FIELD_U64 || f->format == FIELD_NS ||
				 f->format == FIELD_FLAGS))
			bytes[f->offset + f->size - 1] &= 0x7f;
}

/* A signal that stands for itself has no count. */
static bool may_be_missing(const struct event *one, const struct field *f)
{
	return !event_repeats(one) && one->u.h.kind != WIRE_TRACE_LOST &&
	       (!strcmp(f->name, "count") || !strcmp(f->name, "ts_last"));
}

/* Whatever a record holds: strict JSON, no member twice, and every member that is promised. */
static void any_kind(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= WIRE_KIND_MAX; k++) {
		for (unsigned i = 0; i < 400; i++) {
			unsigned char bytes[EVENT_MAX];
			size_t n = any_record(k, bytes);
			struct event ev;
			json_t *o;

			small_integers(kind_info(k)->fields, bytes);
			assert_int_equal(event_decode(bytes, n, &ev), EVENT_OK);
			o = members(&ev);
			for (const struct field *f = kind_info(k)->fields; f->name; f++) {
				if (!strcmp(f->name, "args_fault"))
					continue;
				if (may_be_missing(&ev, f))
					continue;
				if (f->shown != !!json_object_get(o, f->name))
					fail_msg("%s: %s", kind_info(k)->name, f->name);
			}
			json_decref(o);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trace),
		cmocka_unit_test(tasks),
		cmocka_unit_test(exits),
		cmocka_unit_test(signals),
		cmocka_unit_test(socks),
		cmocka_unit_test(exact),
		cmocka_unit_test(any_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
