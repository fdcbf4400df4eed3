/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <sigtrace.h>

static void show(struct sigtrace_checks *c)
{
	for (size_t i = 0; i < sigtrace_checks_count(c); i++) {
		const struct sigtrace_result *k = sigtrace_checks_result(c, i);
		const struct sigtrace_failure *f;

		printf("%s:%u: %s: %s\n", k->file, k->line, k->verdict, k->why);
		for (size_t n = 0; (f = sigtrace_checks_failure(c, i, n)); n++)
			printf("  %s\n", f->event);
	}
}

int main(int argc, char **argv)
{
	char why[512] = "usage: example RECORDING CHECKS";
	struct sigtrace_recording *r = argc == 3 ? sigtrace_open(argv[1], why, sizeof(why)) : NULL;
	struct sigtrace_checks *c = sigtrace_checks_new(false);
	int status = 2;

	if (!r || !c)
		fprintf(stderr, "%s\n", r ? "out of memory" : why);
	else if (sigtrace_checks_load_file(c, argv[2]) || sigtrace_checks_run(c, r))
		fprintf(stderr, "%s\n", sigtrace_checks_error(c));
	if (r && c) {
		status = sigtrace_checks_status(c);
		if (status != 2)
			show(c);
	}
	sigtrace_checks_free(c);
	sigtrace_close(r);
	return status;
}
