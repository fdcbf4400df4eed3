/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/require.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

int require_kernel(struct err *e)
{
	const char *btf = "/sys/kernel/btf/vmlinux";
	struct utsname u;
	unsigned major = 0, minor = 0;

	uname(&u);
	if (sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	    (major < 5 || (major == 5 && minor < 8))) {
		err_set(e, EXIT_CANNOT_TRACE, "this kernel is %s; the ring buffer needs 5.8", u.release);
		return err_hint(e, "boot a kernel of 5.8 or newer");
	}
	if (access(btf, R_OK)) {
		err_set(e, EXIT_CANNOT_TRACE, "cannot read %s: %s", btf, strerror(errno));
		return err_hint(e, "boot a kernel that is built with CONFIG_DEBUG_INFO_BTF=y");
	}
	return 0;
}
