/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace doctor` where tracing works, and where something was taken away from it. */
#include "live/live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define DOCTOR_MS slow_ms(20000)
#define HOOKS 12
#define CONFIDENTIAL                                                                               \
	"mount -t tmpfs none /sys/kernel/security && "                                             \
	"echo 'none integrity [confidentiality]' >/sys/kernel/security/lockdown"
#define NO_BTF "mount -t tmpfs none /sys/kernel/btf"

/* Runs the words, NULL at the end, with sigtrace and `doctor --json` behind them; its lines in the
 * test's trace. Its exit status. */
static int doctor(struct live *l, const char *const *words)
{
	const char *sigtrace = getenv("SIGTRACE"), *all[16];
	struct buf out = {0}, err = {0};
	char *own = strdup(sigtrace), *save, *line;
	size_t n = 0;
	int status;

	assert_non_null(own);
	while (*words)
		all[n++] = *words++;
	all[n++] = own;
	all[n++] = "doctor";
	all[n++] = "--json";
	all[n] = NULL;
	setenv("SIGTRACE", "/usr/bin/env", 1);
	status = tool_run(all, DOCTOR_MS, &out, &err);
	setenv("SIGTRACE", own, 1);
	json_decref(l->trace.lines);
	l->trace.lines = json_array();
	for (line = strtok_r((char *)buf_cstr(&out), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		json_error_t e;
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &e);

		if (!o)
			live_fail(l, "%s in %s", e.text, line);
		json_array_append_new(l->trace.lines, o);
	}
	if (!json_array_size(l->trace.lines))
		live_fail(l, "no line; on stderr: %s", buf_cstr(&err));
	buf_free(&out);
	buf_free(&err);
	free(own);
	return status;
}

/* The same after a shell command in a mount namespace of its own. */
static int doctor_after(struct live *l, const char *command)
{
	char script[600];

	snprintf(script, sizeof(script), "%s && exec \"$0\" \"$@\"", command);
	return doctor(l, ARGS("unshare", "-m", "/bin/sh", "-c", script));
}

static size_t lines(const struct live *l, const char *check, const char *state, const char *text)
{
	size_t i, n = 0;
	json_t *o;

	json_array_foreach(l->trace.lines, i, o)
	{
		const char *is = json_string_value(json_object_get(o, "check"));
		const char *its = json_string_value(json_object_get(o, "state"));
		const char *what = json_string_value(json_object_get(o, "what"));

		n += is && its && what && (!check || !strcmp(is, check)) && !strcmp(its, state) &&
		     strstr(what, text);
	}
	return n;
}

static void expect(struct live *l, const char *check, const char *state, const char *text)
{
	if (lines(l, check, state, text) != 1)
		live_fail(l, "%zu lines of %s are %s and say '%s'", lines(l, check, state, text),
			  check, state, text);
}

static void expect_end(struct live *l, bool can)
{
	json_t *first = json_array_get(l->trace.lines, 0);
	json_t *last = json_array_get(l->trace.lines, json_array_size(l->trace.lines) - 1);

	assert_string_equal(live_str(l, first, "type"), "doctor.begin");
	assert_string_equal(live_str(l, last, "type"), "doctor.end");
	assert_int_equal(json_is_true(json_object_get(last, "can_trace")), can);
	assert_int_equal((size_t)live_int(l, last, "missing"), lines(l, NULL, "missing", ""));
	l->passed = true;
}

static void test_all_is_there(void **state)
{
	struct live *l = live(state);
	char text[128];

	assert_int_equal(doctor(l, ARGS(NULL)), 0);
	assert_int_equal(lines(l, "hook", "ok", ""), HOOKS);
	assert_int_equal(lines(l, "capability", "ok", ""), 4);
	expect(l, "kernel", "ok", "");
	expect(l, "btf", "ok", "");
	expect(l, "pids", "ok", "");
	expect(l, "landlock", "ok", "");
	expect(l, "ring", "ok", "8 MiB");
	snprintf(text, sizeof(text), "sshd, pid %d, listens on port %u", l->server.listener,
		 l->server.port);
	expect(l, "server", "ok", text);
	expect_end(l, true);
}

static void test_text(void **state)
{
	struct live *l = live(state);
	struct buf out = {0}, err = {0};

	assert_int_equal(tool_run(ARGS("doctor"), DOCTOR_MS, &out, &err), 0);
	assert_non_null(strstr(buf_cstr(&out), "ok    hook        sched_process_exit: processes that end\n"));
	assert_non_null(strstr(buf_cstr(&out), "\nsigtrace can trace here\n"));
	buf_free(&out);
	buf_free(&err);
	assert_int_equal(tool_run(ARGS("doctor", "me"), DOCTOR_MS, &out, &err), 2);
	buf_free(&out);
	buf_free(&err);
	l->passed = true;
}

/* CAP_SYS_ADMIN stands for the first two: with it nothing is missing. */
static void test_one_capability_is_missing(void **state)
{
	struct live *l = live(state);

	assert_int_equal(doctor(l, ARGS("setpriv", "--bounding-set", "-bpf,-sys_admin")), 3);
	expect(l, "capability", "missing", "CAP_BPF is missing");
	assert_int_equal(lines(l, NULL, "missing", ""), 1);
	expect(l, "hook", "unchecked", "");
	expect_end(l, false);
	assert_int_equal(doctor(l, ARGS("setpriv", "--bounding-set", "-perfmon,-sys_admin")), 3);
	expect(l, "capability", "missing", "CAP_PERFMON is missing");
	assert_int_equal(lines(l, NULL, "missing", ""), 1);
	expect_end(l, false);
	assert_int_equal(doctor(l, ARGS("setpriv", "--bounding-set", "-bpf,-perfmon")), 0);
	expect(l, "capability", "ok", "CAP_BPF, to load BPF programs (CAP_SYS_ADMIN stands for it)");
	expect_end(l, true);
}

static void test_less_is_known(void **state)
{
	struct live *l = live(state);

	assert_int_equal(doctor(l, ARGS("setpriv", "--bounding-set", "-sys_ptrace,-dac_read_search")), 0);
	expect(l, "capability", "less", "CAP_SYS_PTRACE is missing");
	expect(l, "capability", "less", "CAP_DAC_READ_SEARCH is missing");
	assert_int_equal(lines(l, "hook", "ok", ""), HOOKS);
	expect_end(l, true);
}

static void test_nobody(void **state)
{
	struct live *l = live(state);
	char script[700];

	/* the build folder need not be for everybody */
	snprintf(script, sizeof(script),
		 "cp \"$0\" %s/tool && exec setpriv --reuid 65534 --clear-groups %s/tool \"$@\"",
		 l->server.dir, l->server.dir);
	assert_int_equal(doctor(l, ARGS("/bin/sh", "-c", script)), 3);
	expect(l, "capability", "missing", "CAP_BPF is missing");
	expect(l, "capability", "missing", "CAP_PERFMON is missing");
	expect(l, "kernel", "ok", "");
	expect(l, "server", "unchecked", "could not be looked into");
	expect_end(l, false);
}

static void test_pid_namespace(void **state)
{
	struct live *l = live(state);

	assert_int_equal(doctor(l, ARGS("unshare", "-pf", "--mount-proc")), 3);
	expect(l, "pids", "missing", "a pid namespace of its own");
	expect_end(l, false);
}

static void test_no_btf(void **state)
{
	struct live *l = live(state);

	assert_int_equal(doctor_after(l, NO_BTF), 3);
	expect(l, "btf", "missing", "cannot read /sys/kernel/btf/vmlinux");
	assert_int_equal(lines(l, NULL, "missing", ""), 1);
	expect(l, "hook", "unchecked", "");
	expect_end(l, false);
}

static void test_lockdown(void **state)
{
	struct live *l = live(state);

	if (system("test -d /sys/kernel/security"))
		live_skip("this kernel has no /sys/kernel/security");
	assert_int_equal(doctor_after(l, CONFIDENTIAL), 3);
	expect(l, "lockdown", "missing", "confidentiality");
	expect_end(l, false);
}

/* Of sshd_config the first value counts, and one in a Match block is not the server's. */
static void test_pam(void **state)
{
	struct live *l = live(state);

#define CONFIG "mount -t tmpfs none /etc/ssh && mount -t tmpfs none /etc/pam.d && cd /etc/ssh && mkdir d && "
	assert_int_equal(doctor_after(l, CONFIG "echo UsePAM no >sshd_config"), 0);
	expect(l, "pam", "less", "sshd does without PAM");
	doctor_after(l, CONFIG "printf 'Port 22\\nMatch User root\\nUsePAM yes\\n' >sshd_config");
	expect(l, "pam", "less", "sshd does without PAM");
	doctor_after(l, CONFIG "echo 'usepam=yes' >d/a.conf; "
			       "printf 'Include d/*.conf\\nUsePAM no\\n' >sshd_config");
	expect(l, "pam", "less", "has no pam_loginuid.so");
	doctor_after(l, CONFIG "echo '# pam_loginuid.so' >/etc/pam.d/sshd; echo 'UsePAM yes' >sshd_config");
	expect(l, "pam", "less", "has no pam_loginuid.so");
	doctor_after(l, CONFIG "echo 'session required pam_loginuid.so' >/etc/pam.d/sshd; "
			       "echo 'UsePAM \"yes\"' >sshd_config");
	expect(l, "pam", "ok", "sshd uses PAM with pam_loginuid.so");
	doctor_after(l, CONFIG "true");
	expect(l, "pam", "unchecked", "cannot read /etc/ssh/sshd_config");
	expect_end(l, true);
}

/* Before 5.11 BPF's memory counts as locked. */
static void test_locked_memory(void **state)
{
	struct live *l = live(state);
	unsigned major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	if (major > 5 || (major == 5 && minor > 10))
		live_skip("this kernel does not count BPF's memory as locked");
	assert_int_equal(doctor(l, ARGS("/bin/sh", "-c",
					"ulimit -l 64 && exec setpriv --bounding-set -sys_resource \"$0\" \"$@\"")),
			 3);
	expect(l, "memory", "missing", "CAP_SYS_RESOURCE");
	expect_end(l, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_all_is_there),
		LIVE_TEST(test_text),
		LIVE_TEST(test_one_capability_is_missing),
		LIVE_TEST(test_less_is_known),
		LIVE_TEST(test_nobody),
		LIVE_TEST(test_pid_namespace),
		LIVE_TEST(test_no_btf),
		LIVE_TEST(test_lockdown),
		LIVE_TEST(test_pam),
		LIVE_TEST(test_locked_memory),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
