/* SPDX-License-Identifier: GPL-2.0-only */
/* The live loop: sleeps, drains, answers the engine, and knows when to stop. */
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/ends.h"
#include "cli/run.h"
#include "cli/stats.h"
#include "session/conn.h"
#include "source/frame.h"
#include "source/notify.h"

#define FLUSH_EVERY (1000 * UINT64_C(1000000)) /* ns: what a killed tracer may lose of a recording */
#define ASKS 256

enum { FD_RING, FD_SIGNAL, FD_PROCESS, FD_OUTPUT, FDS };

struct trace {
	struct run run;
	struct live *live;
	struct stats stats;
	struct command command;
	struct notify notify;
	int process; /* pidfd: ends the trace when readable; -1: none */
	int signals;
	sigset_t mask;	  /* what signalfd takes */
	uint64_t started;
	uint64_t flushed; /* when the recording was, last */
	uint64_t ends;	  /* when the pipes of sessions are looked at next */
	uint64_t grace;	  /* until when the command's tree may end; 0: the command runs */
	uint32_t reason;  /* WIRE_END_*: why it ends; 0: it goes on */
	bool passed_on;	  /* a signal, to the command */
	bool hurry;	  /* a signal came that is ours */
	bool looked;	  /* the kernel was asked whom the command left */
};

static bool command_ended(const struct trace *t)
{
	struct pollfd p = {.fd = t->command.pidfd, .events = POLLIN};

	return t->command.pid > 0 && poll(&p, 1, 0) > 0;
}

static void on_signal(void *ctx)
{
	struct signalfd_siginfo info;
	struct trace *t = ctx;

	if (read(t->signals, &info, sizeof(info)) != sizeof(info))
		return;
	/* a typed Ctrl-C reaches the command too, the others are passed on: it decides, and its end
	 * is ours, so that we leave nothing behind ourselves */
	if (t->command.pid > 0 && !t->grace) {
		if (info.ssi_code <= 0)
			kill(t->command.pid, (int)info.ssi_signo);
		t->passed_on = true;
		return;
	}
	if (!t->reason)
		t->reason = WIRE_END_SIGNAL;
	t->hurry = true;
	sigprocmask(SIG_UNBLOCK, &t->mask, NULL); /* a second one aborts */
}

/* While the reader of the recording stands still: recording_set_ending(). */
static bool is_ending(void *ctx)
{
	struct trace *t = ctx;

	notify_alive(&t->notify, live_now());
	on_signal(t);
	if (!t->hurry && t->passed_on && command_ended(t)) {
		t->hurry = true;
		sigprocmask(SIG_UNBLOCK, &t->mask, NULL);
	}
	return t->hurry;
}

/* Signals that were ignored when we were started (nohup, a script's `&`) stay ignored. */
static int take_signals(struct trace *t)
{
	const int ends[] = {SIGINT, SIGTERM, SIGHUP};

	sigemptyset(&t->mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction now;

		if (!sigaction(ends[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&t->mask, ends[i]);
	}
	sigprocmask(SIG_BLOCK, &t->mask, NULL);
	t->signals = signalfd(-1, &t->mask, SFD_CLOEXEC | SFD_NONBLOCK);
	t->run.wake = t->signals;
	t->run.woken = on_signal;
	t->run.wake_ctx = t;
	if (t->run.writer)
		recording_set_ending(t->run.writer, is_ending, t);
	return t->signals < 0 ? -1 : 0;
}

static int open_live(struct trace *t)
{
	const struct options *o = t->run.o;
	struct live_options lo = {
		.scope = o->scope,
		.tgid = o->command ? (uint32_t)t->command.pid : o->tgid,
		.servers = server_comms,
		.named = o->nservers ? o->servers : NULL,
		.command = o->command ? t->command.pid : 0,
		.folder = t->run.rotation ? rotation_folder(t->run.rotation) : 0,
		.published = o->metrics ? t->stats.folder : 0,
		.ring = o->ring,
		.each = o->each,
		.stats = o->stats,
		.put = run_put,
		.ctx = &t->run,
	};
	struct wire_begin begin;

	frame_begin(&begin, lo.scope, lo.tgid, sigtrace_version);
	run_put(&t->run, &begin, sizeof(begin));
	t->live = live_open(&lo, &t->run.err);
	if (!t->live || live_snapshot(t->live, t->started, &t->run.err)) {
		t->run.failed = true;
		return -1;
	}
	return 0;
}

static int open_process(struct trace *t)
{
	const struct options *o = t->run.o;
	struct command_user user;
	int as = 0;

	t->process = -1;
	if (o->command) {
		if (o->grace && (as = command_user(&user, o->as, &t->run.err)) < 0)
			goto err;
		if (command_fork(&t->command, o->command, as ? &user : NULL, &t->run.err))
			goto err;
		t->process = t->command.pidfd;
	} else if (o->scope == WIRE_SCOPE_TREE) {
		t->process = syscall(SYS_pidfd_open, o->tgid, 0);
		if (t->process < 0) {
			err_set(&t->run.err, EXIT_USAGE, "cannot watch process %u: %s", o->tgid,
				strerror(errno));
			goto err;
		}
	}
	return 0;
err:
	t->run.failed = true;
	return -1;
}

/*
 * The ring overflows when we do not get to run: 1,000 busy tasks on 2 CPUs cost 600,000 of 1,000,000
 * records, and none this way (tests/bench/bench_load.c, noise). Who started us with a nice value of
 * its own has decided otherwise.
 */
static void take_precedence(void)
{
	errno = 0;
	if (getpriority(PRIO_PROCESS, 0) == 0 && !errno)
		(void)!setpriority(PRIO_PROCESS, 0, -20);
}

static void say_ready(struct trace *t)
{
	const struct options *o = t->run.o;

	notify_say(&t->notify, "READY=1");
	if (o->ready_fd < 0)
		return;
	if (write(o->ready_fd, "\n", 1) != 1)
		log_line("cannot write to --ready-fd %d: %s", o->ready_fd, strerror(errno));
	if (o->ready_fd > STDERR_FILENO)
		close(o->ready_fd);
}

static void say_files(const struct trace *t)
{
	int why = live_files(t->live);

	if (why && t->run.o->verbose)
		log_line("without Landlock (%s): what the tracer may read is not limited to what it needs",
			 strerror(why));
}

static void say_watching(const struct run *r)
{
	uint64_t open = engine_totals(r->engine).open;
	struct buf b = {0};

	if (r->o->quiet || r->o->command)
		return;
	if (r->o->scope == WIRE_SCOPE_ALL)
		buf_str(&b, "every process");
	else if (r->o->scope == WIRE_SCOPE_TREE)
		buf_printf(&b, "process %u and its descendants", r->o->tgid);
	else if (!r->nlisteners) {
		log_line("watching for an ssh server: none runs yet; press Ctrl-C to stop");
		return;
	}
	for (size_t i = 0; r->o->scope == WIRE_SCOPE_SSHD && i < r->nlisteners; i++) {
		buf_str(&b, i ? ", " : "");
		buf_text(&b, r->listeners[i].comm, strnlen(r->listeners[i].comm, WIRE_COMM));
		buf_printf(&b, " (pid %u, :%u)", r->listeners[i].tgid, r->listeners[i].port);
	}
	log_line("watching %s, %llu open session%s; press Ctrl-C to stop", buf_cstr(&b),
		 (unsigned long long)open, open == 1 ? "" : "s");
	buf_free(&b);
}

/* false: there is no question. */
static bool answer_census(struct trace *t)
{
	const struct task_key *doubted;
	uint32_t *tgids;
	size_t n;

	if (!engine_census(t->run.engine, &doubted, &n))
		return false;
	tgids = calloc(n + 1, sizeof(*tgids));
	if (!tgids) {
		t->run.failed = true;
		err_set(&t->run.err, EXIT_INCONCLUSIVE, "out of memory");
		return false;
	}
	for (size_t i = 0; i < n; i++)
		tgids[i] = doubted[i].tgid;
	live_census(t->live, tgids, n);
	free(tgids);
	return true;
}

/* Lets time pass for the engine and answers what it asks, until it is content. */
static void serve_engine(struct trace *t)
{
	uint32_t tgids[ASKS];
	size_t n;

	for (;;) {
		/* first: on a busy host other records take the engine past its deadlines, no tick does */
		while ((n = engine_asks(t->run.engine, tgids, ASKS)))
			live_ask(t->live, tgids, n);
		if (answer_census(t))
			continue;
		if (engine_deadline(t->run.engine) > live_settled(t->live))
			return;
		live_tick(t->live);
	}
}

static int until(uint64_t now, uint64_t ts, int ms)
{
	uint64_t left;

	if (ts <= now)
		return 0;
	left = (ts - now + 999999) / 1000000;
	return left < (uint64_t)ms ? (int)left : ms;
}

static int sleep_for(struct trace *t, size_t drained)
{
	uint64_t now = live_now();
	int ms = live_sleep(t->live, drained);

	ms = until(now, engine_deadline(t->run.engine), ms);
	/* it has passed, and something older may still be about to come */
	ms = ms ? ms : 1;
	ms = until(now, t->ends, ms);
	if (t->run.o->duration)
		ms = until(now, t->started + t->run.o->duration, ms);
	if (t->grace)
		ms = until(now, t->grace, ms);
	ms = until(now, t->notify.next, ms);
	if (t->run.writer)
		ms = until(now, t->flushed + FLUSH_EVERY, ms);
	ms = until(now, stats_due(&t->stats), ms);
	return ms;
}

static void flush(struct trace *t)
{
	uint64_t now = live_now();

	run_flush(&t->run);
	if (t->run.writer && now - t->flushed >= FLUSH_EVERY) {
		t->flushed = now;
		if (!t->run.failed && recording_flush(t->run.writer, &t->run.err))
			t->run.failed = true;
	}
}

static void wait_for_more(struct trace *t, size_t drained)
{
	struct pollfd fds[FDS] = {
		[FD_RING] = {.fd = live_fd(t->live), .events = POLLIN},
		[FD_SIGNAL] = {.fd = t->signals, .events = POLLIN},
		[FD_PROCESS] = {.fd = t->grace ? -1 : t->process, .events = POLLIN},
		/* else no events: only POLLERR, when the reader of our pipe has gone */
		[FD_OUTPUT] = {.fd = t->run.o->quiet ? -1 : t->run.out,
			       .events = run_pending(&t->run) ? POLLOUT : 0},
	};

	if (poll(fds, FDS, sleep_for(t, drained)) <= 0)
		return;
	if (fds[FD_SIGNAL].revents)
		on_signal(t);
	if (fds[FD_PROCESS].revents && t->run.o->grace)
		t->grace = live_now() + t->run.o->grace;
	else if (fds[FD_PROCESS].revents)
		t->reason = WIRE_END_COMMAND;
	if (fds[FD_OUTPUT].revents & POLLERR)
		t->run.out_gone = true;
}

/* Its end is known here before its record is: what it left is not known until then. */
static bool is_over(const struct engine *e)
{
	struct command_view c = engine_command(e);

	return c.ended && !c.left && !engine_totals(e).open;
}

static void check_end(struct trace *t)
{
	if (t->run.failed)
		t->reason = t->hurry && command_ended(t) ? WIRE_END_COMMAND : WIRE_END_ERROR;
	else if (t->run.out_gone)
		t->reason = WIRE_END_OUTPUT;
	else if (t->run.o->duration && live_now() >= t->started + t->run.o->duration)
		t->reason = WIRE_END_DURATION;
	else if (t->grace && (live_now() >= t->grace || is_over(t->run.engine)))
		t->reason = WIRE_END_COMMAND;
}

/* Whom the command left: records tell it too, but not who has a parent and a state now. */
static void look(struct trace *t)
{
	size_t n = engine_left(t->run.engine, NULL, 0), done = 0;
	uint32_t *tgids = calloc(n + 1, sizeof(*tgids));

	if (!tgids) {
		t->run.failed = true;
		err_set(&t->run.err, EXIT_INCONCLUSIVE, "out of memory");
		return;
	}
	n = engine_left(t->run.engine, tgids, n);
	do {
		size_t some = n - done < ASKS ? n - done : ASKS;

		live_ask(t->live, tgids + done, some);
		done += some;
	} while (done < n);
	free(tgids);
	t->looked = true;
}

static void loop(struct trace *t)
{
	size_t drained = 0;

	while (!t->reason) {
		wait_for_more(t, drained);
		drained = live_drain(t->live);
		ends_serve(t->run.engine, t->live, live_now(), &t->ends);
		serve_engine(t);
		flush(t);
		notify_alive(&t->notify, live_now());
		stats_tell(&t->stats, t->run.engine, t->live);
		if (!t->reason)
			check_end(t);
	}
}

static void end(struct trace *t)
{
	struct wire_end r;

	notify_say(&t->notify, "STOPPING=1");
	if (t->live) {
		if (t->grace && t->reason == WIRE_END_COMMAND)
			look(t);
		live_stop(t->live);
		stats_stop(&t->stats, t->live);
		live_close(t->live);
	}
	frame_end(&r, t->reason ? t->reason : WIRE_END_ERROR);
	r.looked = t->looked;
	run_put(&t->run, &r, sizeof(r));
	stats_end(&t->stats, &t->run);
}

int trace_live(const struct options *o, struct view *v, int *told)
{
	struct trace t = {.process = -1, .signals = -1};
	int status, its;

	t.started = live_now();
	t.flushed = t.started;
	notify_open(&t.notify);
	if (told)
		*told = -1;
	if (run_open_view(&t.run, o, v ? v : run_view(o)))
		goto out;
	run_never_wait(&t.run);
	t.run.hold = true;
	if (stats_start(&t.stats, o, t.run.engine, &t.run.err)) {
		t.run.failed = true;
		goto out;
	}
	if (take_signals(&t) || open_process(&t))
		goto out;
	take_precedence(); /* the command has been forked: it stays as it was */
	if (open_live(&t))
		goto out;
	say_files(&t);
	say_watching(&t.run);
	say_ready(&t);
	t.run.hold = false;
	if (o->command && command_start(&t.command, o->command[0], &t.run.err)) {
		t.run.failed = true;
		goto out;
	}
	loop(&t);
out:
	if (t.live)
		end(&t);
	status = run_close(&t.run);
	if (t.reason == WIRE_END_COMMAND && o->command) {
		/* a failure of the command says more than that some of it was not seen */
		its = command_status(&t.command);
		if (told)
			*told = its;
		else
			status = its ? its : status;
	}
	if (o->command)
		command_close(&t.command);
	else if (t.process >= 0)
		close(t.process);
	if (t.signals >= 0)
		close(t.signals);
	notify_close(&t.notify);
	return status;
}
