/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/ends.h"

#include <string.h>

#include "source/ends.h"
#include "source/frame.h"

#define EVERY (500 * UINT64_C(1000000)) /* ns; a look costs a readlink(2) a descriptor .. */
#define REST 20 /* .. so where that takes long, this many times as long lies between two */
/* A client without an input (ssh -n) says so with its request: what is looked at later has one. */
#define SETTLED (250 * UINT64_C(1000000))

_Static_assert(ENDS_TGIDS <= ENDS_MOST, "all of a view's processes can be looked at");

static void look(struct live *l, const struct ends_view *v)
{
	const struct ends at = {
		.server = v->server,
		.pipe = {v->pipe[0], v->pipe[1]},
		.tgids = v->tgids,
		.n = v->n,
	};
	struct wire_hdr root = {.tgid = v->root.tgid, .start = v->root.start};
	uint32_t ends = live_ends(l, &at);

	if (!ends || ends == v->told)
		return;
	memcpy(root.comm, v->comm, sizeof(root.comm));
	live_tell_ends(l, &root, v->pipe, ends);
}

void ends_serve(const struct engine *e, struct live *l, uint64_t now, uint64_t *next)
{
	struct ends_view v = {.session = 0};
	uint64_t rest;

	if (!engine_ends(e, 0, UINT64_MAX, &v)) {
		*next = UINT64_MAX;
		return;
	}
	if (*next > now && *next != UINT64_MAX)
		return;
	for (v.session = 0; engine_ends(e, v.session, now - SETTLED, &v);)
		look(l, &v);
	rest = REST * (live_now() - now);
	*next = now + (rest > EVERY ? rest : EVERY);
}
