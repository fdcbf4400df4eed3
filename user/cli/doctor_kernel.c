/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "source/confine_files.h"
#include "source/probe.h"
#include "source/require.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RING (8u << 20) /* --buffer's default */
#define LOCKDOWN "/sys/kernel/security/lockdown"

static const struct {
	int cap;
	const char *name;
	enum doctor_state without;
	const char *use;
} caps[] = {
	{CAP_BPF, "CAP_BPF", DOCTOR_MISSING, "to load BPF programs"},
	{CAP_PERFMON, "CAP_PERFMON", DOCTOR_MISSING, "to read the kernel's memory from them, and to attach them"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", DOCTOR_LESS, "to read of other users' processes what they have open, their program and SSH_CONNECTION"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", DOCTOR_LESS, "to read files of other users below /proc"},
};

static const struct {
	const char *program;
	enum doctor_state without;
	const char *use;
} hooks[] = {
	{"on_fork", DOCTOR_MISSING, "processes that start"},
	{"on_exec", DOCTOR_MISSING, "programs that are executed"},
	{"on_exit", DOCTOR_MISSING, "processes that end"},
	{"on_generate", DOCTOR_MISSING, "signals that are sent"},
	{"on_deliver", DOCTOR_MISSING, "signals that are taken"},
	{"flush_many", DOCTOR_MISSING, "signals that were counted in a storm"},
	{"on_work", DOCTOR_MISSING, "keys that reach a terminal"},
	{"on_state", DOCTOR_MISSING, "connections"},
	{"on_receive_reset", DOCTOR_MISSING, "connections that the peer resets"},
	{"on_send_reset", DOCTOR_MISSING, "connections that this host resets"},
	{"on_task", DOCTOR_MISSING, "what runs already"},
	{"on_task_file", DOCTOR_MISSING, "what sockets are open already"},
};

static void check(struct doctor *d, const char *name, int (*require)(struct err *e), const char *fine)
{
	struct err e = {0};

	if (require(&e))
		doctor_err(d, DOCTOR_MISSING, name, &e);
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%s", fine);
}

static void check_caps(struct doctor *d)
{
	bool admin = has_capability(CAP_SYS_ADMIN);

	for (size_t i = 0; i < COUNT(caps); i++) {
		bool covered = admin && caps[i].without == DOCTOR_MISSING;

		if (has_capability(caps[i].cap) || covered)
			doctor_say(d, DOCTOR_OK, "capability", NULL, "%s, %s%s", caps[i].name,
				   caps[i].use, covered && !has_capability(caps[i].cap) ? " (CAP_SYS_ADMIN stands for it)" : "");
		else
			doctor_say(d, caps[i].without, "capability",
				   "run it as root, for example with sudo",
				   "%s is missing: it is needed %s", caps[i].name, caps[i].use);
	}
}

static void check_lockdown(struct doctor *d)
{
	char line[128] = "";
	FILE *f = fopen(LOCKDOWN, "re");
	int why = errno;

	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	if (strstr(line, "[confidentiality]"))
		doctor_say(d, DOCTOR_MISSING, "lockdown",
			   "boot with lockdown=integrity, or without it",
			   "the kernel is locked down for confidentiality: BPF may not read its memory");
	else if (strstr(line, "[integrity]"))
		doctor_say(d, DOCTOR_OK, "lockdown", NULL, "integrity, which does not concern tracing");
	else if (strstr(line, "[none]"))
		doctor_say(d, DOCTOR_OK, "lockdown", NULL, "none");
	else
		doctor_say(d, DOCTOR_UNCHECKED, "lockdown", NULL, "cannot read %s (%s): there is none, or "
			   "securityfs is not mounted", LOCKDOWN, strerror(why));
}

static void check_landlock(struct doctor *d)
{
	int why = confine_files_missing();

	if (why)
		doctor_say(d, DOCTOR_OK, "landlock", NULL, "%s: a trace does without this layer of its own confinement",
			   strerror(why));
	else
		doctor_say(d, DOCTOR_OK, "landlock", NULL, "is there: a trace gives the file system up");
}

static void say_hook(struct doctor *d, const struct probe_hook *h)
{
	const char *slash = strchr(h->hook, '/'), *name = slash ? slash + 1 : h->program, *use = "";
	enum doctor_state without = DOCTOR_MISSING;

	for (size_t i = 0; i < COUNT(hooks); i++)
		if (!strcmp(hooks[i].program, h->program)) {
			use = hooks[i].use;
			without = hooks[i].without;
		}
	if (h->ok)
		doctor_say(d, DOCTOR_OK, "hook", NULL, "%s: %s", name, use);
	else
		doctor_say(d, without, "hook",
			   "report this kernel and this line; `sigtrace -r FILE` works everywhere",
			   "%s: %s: the kernel refuses it: %s", name, use, h->why);
}

static void check_hooks(struct doctor *d)
{
	struct probe_hook found[PROBE_HOOKS];
	struct err e = {0};
	size_t n;

	if (d->count[DOCTOR_MISSING]) {
		doctor_say(d, DOCTOR_UNCHECKED, "hook", NULL, "the hooks were not tried, for what is missing above");
		return;
	}
	n = probe_hooks(found, &e);
	if (!n)
		doctor_err(d, DOCTOR_MISSING, "hook", &e);
	for (size_t i = 0; i < n; i++)
		say_hook(d, &found[i]);
	if (probe_ring(RING, &e))
		doctor_err(d, DOCTOR_MISSING, "ring", &e);
	else
		doctor_say(d, DOCTOR_OK, "ring", NULL, "a ring buffer of %u MiB can be had", RING >> 20);
}

void doctor_kernel(struct doctor *d)
{
	struct utsname u;

	uname(&u);
	check(d, "kernel", require_release, u.release);
	check(d, "btf", require_btf, "/sys/kernel/btf/vmlinux is there");
	check_caps(d);
	check(d, "memory", require_memlock, "no limit of locked memory stands in the way");
	check_lockdown(d);
	check_landlock(d);
	check(d, "pids", require_host_pids, "the host's process numbers");
	check_hooks(d);
}
