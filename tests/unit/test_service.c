/* SPDX-License-Identifier: GPL-2.0-only */
/* The unit of tools/systemd, as systemd-analyze(1) sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/ask.h"

static char folder[64];

/* In a folder of its own, the unit for the program that was built. */
static int enter(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sigtrace-service-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	return ask("sed \"s|@BINDIR@|$(dirname \"$SIGTRACE\")|\""
		   " \"$SIGTRACE_SRC\"/tools/systemd/sigtrace.service.in >sigtrace.service");
}

static int leave(void **state)
{
	(void)state;
	unlink("sigtrace.service");
	return chdir("/") || rmdir(folder);
}

static void need(const char *command, const char *why)
{
	if (!ask(command))
		return;
	fprintf(stderr, "# skip: %s\n", why);
	skip();
}

static void exposure(void **state)
{
	(void)state;
	need("systemd-analyze --help 2>/dev/null | grep -e --threshold", "no systemd-analyze of 250 or newer");
	if (ask("systemd-analyze security --offline=true --threshold=30 --no-pager sigtrace.service 2>&1"))
		fail_msg("%s", said);
	/* it can fail */
	assert_int_not_equal(ask("systemd-analyze security --offline=true --threshold=1 --no-pager"
				 " sigtrace.service 2>&1"), 0);
}

/* Others' units are not ours to judge. */
static void verified(void **state)
{
	(void)state;
	need("systemd-analyze --version 2>/dev/null", "no systemd-analyze");
	ask("systemd-analyze verify --man=no ./sigtrace.service 2>&1");
	if (strstr(said, "sigtrace.service"))
		fail_msg("%s", said);
	assert_int_equal(ask("sed -i s/WatchdogSec/WatchdogSecs/ sigtrace.service"), 0);
	ask("systemd-analyze verify --man=no ./sigtrace.service 2>&1");
	assert_non_null(strstr(said, "WatchdogSecs"));
}

/* What it starts is a command line that there is, and the four capabilities are those that are kept. */
static void options(void **state)
{
	(void)state;
	assert_int_equal(ask("eval \"$(sed -n 's|^ExecStart=||p' sigtrace.service) --help\""), 0);
	assert_int_equal(ask("for o in $(sed -n 's|^ExecStart=||p' sigtrace.service); do case $o in --*) "
			     "\"$SIGTRACE\" --help | grep -qe \"$o\" || exit 1;; esac; done"), 0);
	assert_int_equal(ask("for k in AmbientCapabilities CapabilityBoundingSet; do "
			     "grep -qx \"$k=CAP_BPF CAP_PERFMON CAP_SYS_PTRACE CAP_DAC_READ_SEARCH\" "
			     "sigtrace.service || exit 1; done"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exposure, enter, leave),
		cmocka_unit_test_setup_teardown(verified, enter, leave),
		cmocka_unit_test_setup_teardown(options, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
