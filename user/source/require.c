/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/require.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
	int cap;
	const char *name;
} names[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
};

/* Of the rows from `i` to before `end` those that this process lacks, as words; how many. */
static int lacks(size_t i, size_t end, char *words, size_t size)
{
	int n = 0;
	size_t len = 0;

	words[0] = '\0';
	if (capng_get_caps_process())
		return 0;
	for (; i < end; i++)
		if (!capng_have_capability(CAPNG_EFFECTIVE, names[i].cap))
			len += snprintf(words + len, size - len, "%s%s", n++ ? " and " : "",
					names[i].name);
	return n;
}

bool has_capability(int cap)
{
	char line[128];
	uint64_t effective = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			effective = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	return effective >> cap & 1;
}

int require_privileges(struct err *e)
{
	char words[64];

	if (!lacks(0, 2, words, sizeof(words)) ||
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "tracing needs %s, which this process does not have", words);
	return err_hint(e, "run it as root, for example with sudo; a recording (-r FILE) needs no root");
}

const char *require_reader(void)
{
	static char words[64];

	return lacks(2, 4, words, sizeof(words)) ? words : NULL;
}

#define PROC_PID_INIT_INO 0xeffffffcu /* include/linux/proc_ns.h */

int require_host_pids(struct err *e)
{
	struct stat st;

	/* where /proc is not there, what reads it says so */
	if (stat("/proc/self/ns/pid", &st) || st.st_ino == PROC_PID_INIT_INO)
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "this is a pid namespace of its own: the kernel's records have the "
		"host's process numbers, which mean nothing here");
	return err_hint(e, "run it on the host, or in a container with the host's pid namespace "
			   "(docker run --pid=host)");
}

int require_release(struct err *e)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	uname(&u);
	if (sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	    (major < 5 || (major == 5 && minor < 8))) {
		err_set(e, EXIT_CANNOT_TRACE, "this kernel is %s; the ring buffer needs 5.8", u.release);
		return err_hint(e, "boot a kernel of 5.8 or newer");
	}
	return 0;
}

int require_btf(struct err *e)
{
	const char *btf = KERNEL_BTF;

	if (!access(btf, R_OK))
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "cannot read %s: %s", btf, strerror(errno));
	return err_hint(e, "boot a kernel that is built with CONFIG_DEBUG_INFO_BTF=y");
}

#define MEMLOCK_LEAST (32u << 20) /* bytes: the ring, the scope and the other maps need 18 MiB */

int require_memlock(struct err *e)
{
	unsigned major = 0, minor = 0;
	struct rlimit memlock;
	struct utsname u;

	uname(&u);
	/* since 5.11 a control group's memory pays (commit d5299b67dd59) */
	if (sscanf(u.release, "%u.%u", &major, &minor) != 2 || major > 5 || (major == 5 && minor > 10))
		return 0;
	/* libbpf raises the limit where that is allowed */
	if (has_capability(CAP_SYS_RESOURCE) || getrlimit(RLIMIT_MEMLOCK, &memlock) ||
	    memlock.rlim_max >= MEMLOCK_LEAST)
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "kernel %s counts what BPF needs as locked memory, of which this "
		"process may have %llu kB, and it lacks CAP_SYS_RESOURCE to raise that", u.release,
		(unsigned long long)memlock.rlim_max / 1024);
	return err_hint(e, "add CAP_SYS_RESOURCE, or raise RLIMIT_MEMLOCK to %u MB (ulimit -l, "
			   "LimitMEMLOCK=)", MEMLOCK_LEAST >> 20);
}

int require_kernel(struct err *e)
{
	return require_release(e) || require_btf(e) || require_memlock(e) ? -1 : 0;
}
