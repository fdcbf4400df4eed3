/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/cli.h"
#include "cli/run.h"
#include "session/conn.h"
#include "source/frame.h"
#include "source/live.h"

void run_look(struct run *r, uint32_t tgid)
{
	const struct live_options lo = {
		.scope = WIRE_SCOPE_SSHD,
		.tgid = tgid,
		.servers = server_comms,
		.put = run_put,
		.ctx = r,
	};
	uint64_t started = live_now();
	struct wire_begin begin;
	struct wire_end end;
	struct live *live;

	r->hold = true;
	frame_begin(&begin, lo.scope, tgid, sigtrace_version);
	run_put(r, &begin, sizeof(begin));
	live = live_open(&lo, &r->err);
	r->failed = !live || live_snapshot(live, started, &r->err);
	live_close(live);
	frame_end(&end, r->failed ? WIRE_END_ERROR : WIRE_END_DURATION);
	/* without a snapshot nothing is known: nothing then that says so of nobody */
	if (r->failed)
		buf_reset(&r->view->out);
	else
		run_put(r, &end, sizeof(end));
	r->hold = false;
}
