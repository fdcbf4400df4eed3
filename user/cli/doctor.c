/* SPDX-License-Identifier: GPL-2.0-only */
/* `sigtrace doctor`: would tracing work here, and what would it know? Changes nothing. */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/log.h"
#include "cli/cli.h"

#define OPTIONS " json help "
const char doctor_options[] = OPTIONS;
#define WHAT 18 /* column of what a line says */

static const struct {
	const char *text;
	const char *json;
} states[DOCTOR_STATES] = {
	[DOCTOR_OK] = {"ok", "ok"},
	[DOCTOR_LESS] = {"less", "less"},
	[DOCTOR_MISSING] = {"NO", "missing"},
	[DOCTOR_UNCHECKED] = {"?", "unchecked"},
};

static void say_text(struct doctor *d, enum doctor_state state, const char *check,
		     const char *advice, const char *what)
{
	size_t start = d->out.len;

	buf_str(&d->out, states[state].text);
	buf_pad(&d->out, start, 6);
	buf_str(&d->out, check);
	buf_pad(&d->out, start, WHAT);
	buf_text(&d->out, what, strlen(what));
	buf_char(&d->out, '\n');
	if (!advice)
		return;
	start = d->out.len;
	buf_pad(&d->out, start, WHAT);
	buf_text(&d->out, advice, strlen(advice));
	buf_char(&d->out, '\n');
}

void doctor_say(struct doctor *d, enum doctor_state state, const char *check, const char *advice,
		const char *what, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	d->count[state]++;
	if (!d->json) {
		say_text(d, state, check, advice, text);
		return;
	}
	buf_str(&d->out, "{\"type\":\"doctor.check\"");
	json_member_str(&d->out, "check", check);
	json_member_str(&d->out, "state", states[state].json);
	json_member_str(&d->out, "what", text);
	json_member_str(&d->out, "advice", advice);
	buf_str(&d->out, "}\n");
}

void doctor_err(struct doctor *d, enum doctor_state state, const char *check, const struct err *e)
{
	doctor_say(d, state, check, e->hint[0] ? e->hint : NULL, "%s", e->what);
}

static void begin(struct doctor *d)
{
	struct utsname u;

	if (!d->json)
		return;
	uname(&u);
	buf_str(&d->out, "{\"type\":\"doctor.begin\"");
	json_member_str(&d->out, "version", sigtrace_version);
	json_member_str(&d->out, "host", u.nodename);
	json_member_str(&d->out, "kernel", u.release);
	buf_str(&d->out, "}\n");
}

static void end(struct doctor *d)
{
	bool can = !d->count[DOCTOR_MISSING];

	if (!d->json) {
		buf_printf(&d->out, "\nsigtrace %s trace here%s\n", can ? "can" : "cannot",
			   can ? "" : ": see NO");
		return;
	}
	buf_str(&d->out, "{\"type\":\"doctor.end\"");
	json_member_bool(&d->out, "can_trace", can);
	for (unsigned i = 0; i < DOCTOR_STATES; i++)
		json_member_u64(&d->out, states[i].json, d->count[i]);
	buf_str(&d->out, "}\n");
}

static int show_help(void)
{
	printf("sigtrace doctor: would tracing work here? A line a thing: ok, or what to do\n\n"
	       "Usage\n"
	       "  sigtrace doctor [--json]   tries each hook of the kernel, and leaves nothing behind\n");
	options_help(stdout, OPTIONS);
	printf("\nExit status: 0 it would, 2 usage, 3 it would not.\n");
	return fflush(stdout) ? EXIT_INCONCLUSIVE : EXIT_OK;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor d = {0};
	struct options o;
	struct err e = {0};
	int status;

	if (options_parse_only(&o, argc, argv, OPTIONS, &e)) {
		log_err(&e);
		return e.status;
	}
	if (o.word) {
		log_line("'%s %s': doctor takes no argument", argv[0], o.word);
		return EXIT_USAGE;
	}
	if (o.help)
		return show_help();
	d.json = o.json;
	begin(&d);
	doctor_kernel(&d);
	doctor_ssh(&d);
	end(&d);
	status = d.count[DOCTOR_MISSING] ? EXIT_CANNOT_TRACE : EXIT_OK;
	if (d.out.failed || fwrite(d.out.p, 1, d.out.len, stdout) != d.out.len || fflush(stdout)) {
		log_line("cannot write what was found");
		status = EXIT_INCONCLUSIVE;
	}
	buf_free(&d.out);
	return status;
}
