/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/require.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool has_cap(const struct __user_cap_data_struct *c, int cap)
{
	return c[cap / 32].effective & (1u << (cap % 32));
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
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct c[2];
	bool bpf, perfmon;

	if (syscall(SYS_capget, &h, c))
		return 0;
	if (has_cap(c, CAP_SYS_ADMIN))
		return 0;
	bpf = has_cap(c, CAP_BPF);
	perfmon = has_cap(c, CAP_PERFMON);
	if (bpf && perfmon)
		return 0;
	err_set(e, EXIT_CANNOT_TRACE, "tracing needs %s%s%s, which this process does not have",
		bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "", perfmon ? "" : "CAP_PERFMON");
	return err_hint(e, "run it as root, for example with sudo; a recording (-r FILE) needs no root");
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
	const char *btf = "/sys/kernel/btf/vmlinux";

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
