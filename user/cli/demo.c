/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `sigtrace demo`: an OpenSSH server of its own, one session without a terminal whose client is
 * interrupted, one with a terminal where Ctrl-C is typed, and the timeline of both as the live view
 * tells it. Removes all that it made, the orphan included.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/throwaway.h"

#define PATIENCE_MS 15000

struct demo {
	struct throwaway server;
	pid_t tracer;
	int timeline;	 /* the tracer's stdout comes from here */
	struct buf told; /* all that it has told */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void take_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal}; /* no SA_RESTART: every wait ends */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static void run_tracer(const struct demo *d, int out, int ready)
{
	char pid[16], fd[16];

	snprintf(pid, sizeof(pid), "%d", (int)d->server.listener);
	snprintf(fd, sizeof(fd), "%d", ready);
	fcntl(ready, F_SETFD, 0);
	dup2(out, STDOUT_FILENO);
	setpgid(0, 0); /* a Ctrl-C is the demo's, which then ends us in order */
	execl("/proc/self/exe", "sigtrace", "-p", pid, "--ready-fd", fd,
	      isatty(STDERR_FILENO) && !getenv("NO_COLOR") ? "--color=always" : "--color=auto",
	      (char *)NULL);
	_exit(EXIT_CANNOT_TRACE);
}

/* 0, or -1: it said itself why. */
static int start_tracer(struct demo *d)
{
	int out[2], ready[2];
	char byte;
	ssize_t n;

	if (pipe2(out, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return -1;
	d->tracer = fork();
	if (d->tracer < 0)
		return -1;
	if (!d->tracer)
		run_tracer(d, out[1], ready[1]);
	close(out[1]);
	close(ready[1]);
	d->timeline = out[0];
	n = read(ready[0], &byte, 1);
	close(ready[0]);
	return n == 1 ? 0 : -1;
}

static void show(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(STDOUT_FILENO, p, n);

		if (w <= 0)
			return;
		p += w;
		n -= w;
	}
}

static bool holds(struct demo *d, const char *text, unsigned times)
{
	const char *at = buf_cstr(&d->told);

	for (; times && (at = strstr(at, text)); at++)
		times--;
	return !times;
}

/* Passes the timeline on until it holds `text` so many times; NULL: until its end. */
static int pass_until(struct demo *d, const char *text, unsigned times)
{
	char bytes[4096];

	while (!text || !holds(d, text, times)) {
		struct pollfd fd = {.fd = d->timeline, .events = POLLIN};
		ssize_t n;

		if (text && interrupted)
			return -1;
		if (poll(&fd, 1, PATIENCE_MS) <= 0) {
			if (errno == EINTR && !text)
				continue;
			return -1;
		}
		n = read(d->timeline, bytes, sizeof(bytes));
		if (n <= 0)
			return text ? -1 : 0;
		show(bytes, n);
		buf_put(&d->told, bytes, n);
	}
	return 0;
}

static int interrupt_client(struct demo *d, struct err *e)
{
	const char *args[] = {"-T", "exec sleep 1000", NULL};
	struct client c = {0};
	int r = -1;

	log_line("1. ssh HOST 'sleep 1000', without a terminal; its client gets the Ctrl-C");
	if (client_start(&c, &d->server, CLIENT_PLAIN, args, e))
		return -1;
	if (pass_until(d, "sleep 1000", 1) || client_signal(&c, SIGINT) ||
	    client_wait(&c, PATIENCE_MS) || pass_until(d, "ORPHAN", 1))
		err_set(e, EXIT_INCONCLUSIVE, "the session without a terminal did not go as it should");
	else
		r = 0;
	client_end(&c);
	return r;
}

static int type_interrupt(struct demo *d, struct err *e)
{
	const char *args[] = {"-tt", "exec sleep 1000", NULL};
	struct client c = {0};
	int r = -1;

	log_line("2. ssh -t HOST 'sleep 1000', with a terminal; Ctrl-C is typed");
	if (client_start(&c, &d->server, CLIENT_PTY, args, e))
		return -1;
	if (pass_until(d, "sleep 1000", 2) || client_type(&c, "\003") ||
	    client_wait(&c, PATIENCE_MS) || pass_until(d, "#2-", 1))
		err_set(e, EXIT_INCONCLUSIVE, "the session with a terminal did not go as it should");
	else
		r = 0;
	client_end(&c);
	return r;
}

static void stop_tracer(struct demo *d)
{
	if (d->tracer <= 0)
		return;
	kill(d->tracer, SIGTERM);
	pass_until(d, NULL, 0);
	while (waitpid(d->tracer, NULL, 0) < 0 && errno == EINTR)
		;
	close(d->timeline);
}

int cmd_demo(int argc, char **argv)
{
	struct demo d = {0};
	struct err e = {0};
	bool failed = true;

	if (argc > 1) {
		log_line("'%s %s': demo takes no argument", argv[0], argv[1]);
		return EXIT_USAGE;
	}
	take_signals();
	if (throwaway_start(&d.server, NULL, &e))
		goto out;
	log_line("a throw-away sshd listens on 127.0.0.1:%u", d.server.port);
	if (start_tracer(&d)) {
		err_set(&e, EXIT_CANNOT_TRACE, "the tracer did not start");
		goto out;
	}
	failed = interrupt_client(&d, &e) || type_interrupt(&d, &e);
out:
	stop_tracer(&d);
	throwaway_stop(&d.server);
	buf_free(&d.told);
	if (interrupted)
		return 128 + interrupted;
	if (failed) {
		log_err(&e);
		return e.status;
	}
	log_line("all of it is removed again, the orphan included");
	return EXIT_OK;
}
