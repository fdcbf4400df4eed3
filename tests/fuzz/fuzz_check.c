/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as a check file and as a condition of -F; what loads is held against a short stream. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "check/check.h"
#include "cond/cond.h"
#include "event/field.h"

#define TASK(tgid, comm) "start=" tgid " tgid=" tgid " pid=" tgid " comm=\"" comm "\" "
#define SOCK "family=inet laddr=192.0.2.1 raddr=203.0.113.7 lport=22 rport=5000 "

/* A login, a Ctrl-C that is caught, a signal, loss, and a process, of a hostile name, that
 * stays when the line drops. */
static const char *const stream[] = {
	"trace.begin ts=1 order=16909060 schema=1 scope=sshd host=\"h\"",
	"user.name ts=2 uid=1000 name=\"alice\"",
	"task.snapshot ts=3 " TASK("100", "sshd") "ppid=1 pgid=100 sid=100 scope=in,server",
	"sock.owner ts=3 " TASK("100", "sshd") "family=inet laddr=192.0.2.1 lport=22 state=LISTEN",
	"trace.ready ts=4 tasks=1",
	"task.fork ts=10000000 " TASK("100", "sshd")
	"child_start=110 child_tgid=110 child_pid=110 pgid=100 sid=100 scope=in,server",
	"sock.owner ts=10000001 " TASK("110", "sshd") SOCK "state=ESTABLISHED fd=4",
	"task.fork ts=20000000 " TASK("110", "sshd")
	"child_start=120 child_tgid=120 child_pid=120 pgid=110 sid=110 scope=in,server",
	"task.fork ts=30000000 " TASK("120", "sshd")
	"child_start=130 child_tgid=130 child_pid=130 pgid=110 sid=110 scope=in,server",
	"task.exec ts=31000000 " TASK("130", "bash")
	"parent_start=120 ppid=120 pgid=130 sid=130 tty=pts/0 tty_pgrp=130 uid=1000 scope=in"
	" fd=tty,tty,tty filename=\"/bin/bash\" args=[\"-bash\"]",
	"task.fork ts=40000000 " TASK("130", "bash")
	"child_start=140 child_tgid=140 child_pid=140 pgid=130 sid=130 scope=in",
	"task.exec ts=41000000 " TASK("140", "sleep")
	"parent_start=130 ppid=130 pgid=140 sid=130 tty=pts/0 tty_pgrp=140 uid=1000 scope=in"
	" filename=\"/bin/sleep\" args=[\"sleep\",\"9\\x1b]0;\\n]]>\\xff\"]",
	"tty.key ts=50000000 " TASK("7", "kworker")
	"tty=pts/0 key=intr isig=1 tty_sid=130 tty_pgrp=140",
	"signal.generate ts=50000001 " TASK("7", "kworker")
	"target_start=140 target_tgid=140 target_pid=140 target_comm=\"sleep\" sig=SIGINT"
	" si_code=SI_KERNEL group=1 flags=kthread work_tty=pts/0 tty=pts/0 sid=130 pgid=140"
	" tty_pgrp=140 disposition=handler",
	"signal.deliver ts=50000002 " TASK("140", "sleep")
	"sig=SIGINT si_code=SI_KERNEL disposition=handler",
	"trace.tick ts=1060000000",
	"signal.generate ts=1100000000 " TASK("130", "bash")
	"target_start=140 target_tgid=140 target_pid=140 target_comm=\"sleep\" sig=SIGTERM"
	" si_pid=130 result=ignored pgid=140 sid=130",
	"trace.lost ts=1200000000 count=2 total=2 lost_kind=13",
	"sock.state ts=1300000000 " TASK("90", "ssh") SOCK "old=ESTABLISHED new=CLOSE",
	"task.exit ts=1400000000 " TASK("130", "bash") "exit_code=1 pgid=130 sid=130",
	"task.exit ts=1500000000 " TASK("120", "sshd") "exit_code=65280 pgid=110 sid=110",
	"task.exit ts=1600000000 " TASK("110", "sshd") "exit_code=0 pgid=110 sid=110",
	"trace.tick ts=4000000000",
	"trace.end ts=5000000000 reason=signal",
};
#define RECORDS (sizeof(stream) / sizeof(stream[0]))

static const struct buf *record(size_t i)
{
	static struct buf made[RECORDS];
	struct buf why = {0};

	if (!made[i].len && event_parse(stream[i], &made[i], &why)) {
		fprintf(stderr, "%s\n", buf_cstr(&why));
		abort();
	}
	return &made[i];
}

static void feed(const struct sink *sink, struct checks *c)
{
	struct engine *e = engine_new(sink);

	if (!e)
		abort();
	for (size_t i = 0; i < RECORDS; i++)
		FUZZ_REQUIRE(engine_feed(e, record(i)->p, record(i)->len) == EVENT_OK);
	if (c)
		checks_finish(c, e);
	engine_free(e);
}

static void write_results(const struct checks *c)
{
	static const struct check_output *const formats[] = {&check_text, &check_tap, &check_junit,
							     &check_json};
	struct check_run run = {.name = "fuzz", .command_status = -1, .host = "h"};
	struct buf out = {0};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		buf_reset(&out);
		checks_write(c, formats[i], &run, &out);
		if (formats[i] == &check_json)
			fuzz_is_json(&out);
		else
			fuzz_is_text(&out);
	}
	buf_reset(&out);
	checks_github(c, &out);
	fuzz_is_text(&out);
	buf_free(&out);
}

static void as_checks(const char *p, size_t n)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	struct buf why = {0};

	if (!c)
		abort();
	if (checks_load(c, "fuzz", p, n, &why)) {
		FUZZ_REQUIRE(why.len);
		fuzz_is_text(&why);
	} else {
		const struct sink sink = checks_sink(c);

		feed(&sink, c);
		write_results(c);
	}
	buf_free(&why);
	checks_free(c);
}

static void on_event(void *ctx, const struct engine *e, const struct event *ev, uint32_t session)
{
	(void)e;
	filter_wants(ctx, ev, NULL, session);
}

static void on_fact(void *ctx, const struct engine *e, const struct fact *f)
{
	(void)e;
	filter_wants(ctx, NULL, f, f->session);
}

static void as_filter(const char *p, size_t n)
{
	struct buf why = {0};
	struct filter *f = filter_new("-F", p, n, &why);

	if (f) {
		const struct sink sink = {.ctx = f, .event = on_event, .fact = on_fact};

		feed(&sink, NULL);
	} else {
		FUZZ_REQUIRE(why.len);
		fuzz_is_text(&why);
	}
	filter_free(f);
	buf_free(&why);
}

int fuzz_check(const uint8_t *p, size_t n)
{
	as_checks((const char *)p, n);
	as_filter((const char *)p, n);
	return 0;
}
