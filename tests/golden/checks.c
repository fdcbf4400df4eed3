/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks on the records of a case, whole and with losses. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "golden/play.h"

#define WHOLE SIZE_MAX

/* On every case, whatever it is about: what passes or not must not pass for a loss. */
static const char always[] =
	"no orphan\n"
	"no interrupt verdict!=stopped\n"
	"no session.close end!=exit\n"
	"never signal sig in (SIGINT, SIGHUP, SIGKILL)\n"
	"never exit signal!=null\n"
	"never exec args contains sleep\n"
	"never deliver disposition=handler\n"
	"every fork not thread -> exec tgid=$child_tgid within 1s\n"
	"every exec -> exit tgid=$tgid within 10s\n"
	"every signal origin=tty -> exit tgid=$target.tgid within 1s\n"
	"every interrupt -> no orphan within 2s\n"
	"every session.open -> session.close session=$session within 1m\n"
	"every session.open -> exit tgid=$tgid within 1m\n"
	"every key -> no signal sig=SIGINT within 1s\n"
	"scope session\n"
	"never exec\n"
	"every signal sig=SIGHUP -> exit tgid=$target.tgid within 1s\n";

static struct checks *load(const char *text, struct buf *why)
{
	const struct check_options opt = {0};
	struct checks *c = checks_new(&opt);

	if (!c)
		abort();
	if (!checks_load(c, "checks", text, strlen(text), why))
		return c;
	checks_free(c);
	return NULL;
}

/* Stands where the record stood. */
static void feed_lost(struct engine *e, const struct wire_hdr *h)
{
	struct wire_lost lost = {
		.h = {.len = sizeof(lost), .kind = WIRE_TRACE_LOST, .ts = h->ts, .cpu = h->cpu},
		.count = 1, .total = 1, .lost_kind = h->kind, .lost_cpu = h->cpu,
	};

	engine_feed(e, &lost, sizeof(lost));
}

static void play(const struct records *r, struct checks *c, size_t without)
{
	const struct sink sink = checks_sink(c);
	struct engine *e = engine_new(&sink);

	if (!e)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		struct wire_hdr h;
		size_t len;
		const void *rec = record(r, i, &len);

		memcpy(&h, rec, sizeof(h));
		if (i == without)
			feed_lost(e, &h);
		else
			engine_feed(e, rec, len);
	}
	checks_finish(c, e);
	engine_free(e);
}

int play_checks(const struct records *r, const char *text, struct buf *out, struct buf *why)
{
	struct check_run run = {.name = "checks", .command_status = -1};
	struct checks *c = load(text, why);

	if (!c)
		return -1;
	play(r, c, WHOLE);
	checks_write(c, &check_text, &run, out);
	checks_free(c);
	return 0;
}

static bool is_red(enum check_verdict v)
{
	return v == CHECK_FAIL || v == CHECK_INCONCLUSIVE;
}

static bool may_be_lost(const struct records *r, size_t i)
{
	struct wire_hdr h;
	size_t len;

	memcpy(&h, record(r, i, &len), sizeof(h));
	return h.kind >= WIRE_TASK_FORK && h.kind != WIRE_USER_NAME && h.kind != WIRE_TASK_ARGS;
}

static int losses(const struct records *r, const char *text, struct buf *why)
{
	struct checks *whole = load(text, why);
	int ret = whole ? 0 : -1;

	if (whole)
		play(r, whole, WHOLE);
	for (size_t i = 0; i < r->n && !ret; i++) {
		struct checks *c = may_be_lost(r, i) ? load(text, why) : NULL;

		if (!c)
			continue;
		play(r, c, i);
		for (size_t k = 0; k < checks_count(c) && !ret; k++) {
			if (!is_red(checks_result(whole, k)->verdict) ||
			    is_red(checks_result(c, k)->verdict))
				continue;
			buf_printf(why, "%s passes without record %zu",
				   checks_info(c, k)->text, i + 1);
			ret = -1;
		}
		checks_free(c);
	}
	checks_free(whole);
	return ret;
}

int check_losses(const struct records *r, const char *text, struct buf *why)
{
	return losses(r, always, why) || (*text && losses(r, text, why)) ? -1 : 0;
}
