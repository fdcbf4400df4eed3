/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/complaint.h"
#include "source/frame.h"
#include "source/hooks.h"
#include "source/live.h"
#include "source/require.h"

static void blame(struct probe_hook *h)
{
	int why = errno;

	snprintf(h->why, sizeof(h->why), "%s%s%s", strerror(why), complaint()[0] ? ": " : "",
		 complaint());
}

/* As a trace opens it. NULL: errno. */
static struct bpf_object *open_object(void)
{
	size_t size;
	const void *elf = live_elf(&size);
	struct hooks_kernel kernel;
	struct bpf_object *o;
	struct hooks h;

	complaint_listen();
	o = elf ? bpf_object__open_mem(elf, size, NULL) : NULL;
	if (o) {
		hooks_learn(&kernel);
		hooks_choose(&h, o, kernel.preemptible, false);
	}
	return o;
}

static void attach(struct bpf_program *p, struct probe_hook *h)
{
	struct bpf_link *link;

	/* without a target: user space runs it (flush_many), and to be loaded is all that it takes */
	h->ok = !strchr(h->hook, '/');
	if (h->ok)
		return;
	complaint_listen();
	link = bpf_program__attach(p);
	h->ok = link != NULL;
	if (!link)
		blame(h);
	bpf_link__destroy(link);
}

/* The programs of one hook alone: the others would hide what these are about. */
static void load_alone(struct probe_hook *h)
{
	struct bpf_object *o = open_object();
	struct bpf_program *p, *it = NULL;
	char name[HOOKS_NAME];

	if (!o) {
		blame(h);
		return;
	}
	bpf_object__for_each_program(p, o) {
		bool entry = hooks_split(bpf_program__name(p), name) > 0, of_it = !strcmp(name, h->program);

		if (of_it && !entry && bpf_program__autoload(p))
			it = p;
		if (!of_it)
			bpf_program__set_autoload(p, false);
	}
	if (!it || bpf_object__load(o))
		blame(h);
	else
		attach(it, h);
	bpf_object__close(o);
}

size_t probe_hooks(struct probe_hook *hooks, struct err *e)
{
	struct bpf_object *o;
	struct bpf_program *p;
	size_t n = 0;
	bool loaded;

	o = open_object();
	if (!o) {
		err_set(e, EXIT_CANNOT_TRACE, "cannot open the BPF programs: %s", strerror(errno));
		return 0;
	}
	loaded = !bpf_object__load(o);
	bpf_object__for_each_program(p, o) {
		struct probe_hook *h = &hooks[n];
		char name[HOOKS_NAME];

		if (hooks_split(bpf_program__name(p), name) || !bpf_program__autoload(p))
			continue;
		if (n == PROBE_HOOKS)
			break;
		memset(h, 0, sizeof(*h));
		frame_copy(h->program, sizeof(h->program), name);
		frame_copy(h->hook, sizeof(h->hook), bpf_program__section_name(p));
		if (loaded)
			attach(p, h);
		else
			load_alone(h);
		n++;
	}
	bpf_object__close(o);
	return n;
}

int probe_ring(uint32_t bytes, struct err *e)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sigtrace_probe", 0, 0, bytes, NULL);

	if (fd < 0)
		return err_set(e, EXIT_CANNOT_TRACE, "the kernel makes no ring buffer of %u bytes: %s",
			       bytes, strerror(errno));
	close(fd);
	return 0;
}
