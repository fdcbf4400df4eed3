/* SPDX-License-Identifier: GPL-2.0-only */
/* The ready-made check files, and every check that the manual shows, load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"

static const char *in_tree(const char *path)
{
	static char full[512];
	const char *src = getenv("SIGTRACE_SRC");

	snprintf(full, sizeof(full), "%s/%s", src && *src ? src : ".", path);
	return full;
}

static void load(const char *name, const char *text, size_t n, size_t *count)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);
	struct buf why = {0}, whole = {0};

	buf_put(&whole, text, n);
	buf_str(&whole, "\nno orphan"); /* a scope or allow alone is an error */
	if (checks_load(c, name, whole.p, whole.len, &why))
		fail_msg("%s", buf_cstr(&why));
	*count += checks_count(c) - 1;
	buf_free(&whole);
	checks_free(c);
}

static void ready_made(void **state)
{
	size_t checks = 0;
	glob_t g = {0};

	(void)state;
	assert_int_equal(glob(in_tree("tools/checks/*.sig"), 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, 4);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "re");
		char text[4096], *line, *save;
		size_t n, before = checks;

		assert_non_null(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = '\0';
		load(g.gl_pathv[i], text, n, &checks);
		assert_true(checks > before);
		for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			assert_non_null(strchr(line, '#'));
	}
	globfree(&g);
}

static bool is_check(const char *line)
{
	static const char *const words[] = {"no", "never", "some", "count", "every", "order", "scope",
					    "allow"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(line, words[i], strlen(words[i])) &&
		    (line[strlen(words[i])] == ' ' || line[strlen(words[i])] == '\t'))
			return true;
	return false;
}

/* Lines of a literal block; and those in quotes behind -e. */
static void manual(void **state)
{
	FILE *f = fopen(in_tree("user/man/sigtrace-assert.1.scd"), "re");
	char line[1024];
	bool literal = false;
	size_t checks = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *p = line + strspn(line, " \t"), *quoted = strstr(line, "-e '");

		if (!strncmp(p, "```", 3))
			literal = !literal;
		else if (literal && is_check(p))
			load("manual", p, strcspn(p, "\n"), &checks);
		else if (literal && quoted)
			load("manual", quoted + 4, strcspn(quoted + 4, "'"), &checks);
	}
	fclose(f);
	assert_true(checks >= 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ready_made), cmocka_unit_test(manual)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
