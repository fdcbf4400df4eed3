/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/confine_files.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* The leak checker reads /proc/self/maps at the end. */
static const bool wanted = false;
#else
static const bool wanted = true;
#endif

#define MAKE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* All of the first version, 5.13: what came later limits nothing that is needed here. */
#define HANDLED                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |                            \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |                              \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | MAKE)

int confine_files_missing(void)
{
	if (!wanted)
		return ENOSYS;
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0 ? errno : 0;
}

static int allow(int rules, int folder)
{
	struct landlock_path_beneath_attr r = {.allowed_access = MAKE, .parent_fd = folder};

	return folder ? (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &r, 0) : 0;
}

int confine_files(const struct confine *c)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = HANDLED};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0), bad, why;

	if (rules < 0)
		return -1;
	bad = allow(rules, c->folder) || allow(rules, c->published) ||
	      syscall(SYS_landlock_restrict_self, rules, 0);
	why = errno;
	close(rules);
	errno = why;
	return bad ? -1 : 0;
}
