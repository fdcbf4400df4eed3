/* SPDX-License-Identifier: GPL-2.0-only */
#include "source/hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "source/frame.h"
#include "wire.h"

#define TTY_HUPPED 18 /* include/linux/tty.h, 6.1 */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HOOK_ROW(index, program, kind) [index] = {#program, kind},

/* Those of HOOK_LIST come first. The others run with interrupts off (signals: the siglock is held) or in
 * a softirq, and only an interrupt can meet them. */
static const struct {
	const char *program;
	uint32_t kind;
} hooks[] = {
	HOOK_LIST(HOOK_ROW)
	{"on_generate", WIRE_SIGNAL_GENERATE},
	{"on_deliver", WIRE_SIGNAL_DELIVER},
	{"on_receive_reset", WIRE_SOCK_RESET},
	{"on_send_reset", WIRE_SOCK_RESET},
};

/* ---- the kernel ---- */

/* sched_process_exit(task), later (task, bool group_dead). The first argument is the hook's own void *. */
static bool has_group_dead(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	while (t && (btf_is_typedef(t) || btf_is_ptr(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) && btf_vlen(t) >= 3;
}

/* a46023d5616e, which left preemption on, has kernel/tracepoint.c wait for an SRCU grace period. */
static bool is_preemptible(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "tp_transition_snapshot", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (unsigned i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), "srcu_gp"))
			return true;
	return false;
}

/* otherwise: where the kernel has no such enumerator. */
static uint32_t enumerator(const struct btf *btf, const char *of, const char *name, uint32_t otherwise)
{
	int id = btf__find_by_name_kind(btf, of, BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (unsigned i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return btf_enum(t)[i].val;
	return otherwise;
}

void hooks_learn(struct hooks_kernel *k)
{
	struct btf *btf = btf__load_vmlinux_btf();

	*k = (struct hooks_kernel){.tty_hupped = TTY_HUPPED};
	if (!btf)
		return;
	k->preemptible = is_preemptible(btf);
	k->group_dead = has_group_dead(btf);
	k->tty_hupped = enumerator(btf, "tty_struct_flags", "TTY_HUPPED", TTY_HUPPED);
	btf__free(btf);
}

/* ---- its programs ---- */

unsigned hooks_split(const char *program, char name[HOOKS_NAME])
{
	char *end;

	frame_copy(name, HOOKS_NAME, program);
	end = strrchr(name, '_');
	for (size_t i = 0; end && i < HOOKS; i++) {
		if (strncmp(name, hooks[i].program, end - name) ||
		    hooks[i].program[end - name])
			continue;
		*end = '\0';
		return !strcmp(end + 1, "alone") ? 1 : end[1] - '0';
	}
	return 0;
}

static struct bpf_program *worker_of(const struct hooks *h, size_t hook)
{
	return bpf_object__find_program_by_name(h->o, hooks[hook].program);
}

/* nth: from 1. */
static struct bpf_program *entry_of(const struct hooks *h, size_t hook, unsigned nth)
{
	char name[HOOKS_NAME];

	if (h->entries > 1)
		snprintf(name, sizeof(name), "%s_%u", hooks[hook].program, nth);
	else
		snprintf(name, sizeof(name), "%s_alone", hooks[hook].program);
	return bpf_object__find_program_by_name(h->o, name);
}

static struct bpf_map *work_of(const struct hooks *h, size_t hook)
{
	char name[HOOKS_NAME];

	snprintf(name, sizeof(name), "%s_work", hooks[hook].program);
	return bpf_object__find_map_by_name(h->o, name);
}

void hooks_choose(struct hooks *h, struct bpf_object *o, bool preemptible, bool all)
{
	memset(h, 0, sizeof(*h));
	h->o = o;
	h->entries = preemptible ? HOOK_ENTRIES : all ? 0 : 1;
	if (!preemptible) {
		bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "exec_scratch"), 1);
		bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "env_scratch"), 1);
	}
	for (size_t i = 0; i < HOOKS; i++) {
		bpf_program__set_autoattach(worker_of(h, i), !h->entries);
		for (unsigned nth = 1; nth <= h->entries; nth++) {
			bpf_program__set_autoload(entry_of(h, i, nth), true);
			bpf_program__set_autoattach(entry_of(h, i, nth), false);
		}
	}
}

/* The first entry is the first at the tracepoint: what it was skipped for the others see after it. */
static int attach_entries(struct hooks *h, size_t hook)
{
	int worker = bpf_program__fd(worker_of(h, hook));
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(work_of(h, hook)), &zero, &worker, BPF_ANY))
		return -1;
	for (unsigned nth = 1; nth <= h->entries; nth++) {
		h->links[hook][nth - 1] = bpf_program__attach(entry_of(h, hook, nth));
		if (!h->links[hook][nth - 1])
			return -1;
	}
	return 0;
}

int hooks_attach(struct hooks *h)
{
	for (size_t i = 0; h->entries && i < HOOKS; i++)
		if (attach_entries(h, i))
			return -1;
	return 0;
}

/* The first entry goes last: of what another made up it must have been skipped, or the sums are wrong. */
void hooks_detach(struct hooks *h)
{
	for (size_t i = 0; i < HOOKS; i++)
		for (unsigned nth = h->entries; nth; nth--) {
			bpf_link__destroy(h->links[i][nth - 1]);
			h->links[i][nth - 1] = NULL;
		}
}

bool hooks_skipped(const struct hooks *h, size_t i, const __u64 made_up[HOOKS], uint32_t *kind,
		   uint64_t *n)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);
	bool entered = h->entries && i < HOOKS;
	const struct bpf_program *p;
	uint64_t others;

	if (i >= COUNT(hooks))
		return false;
	p = entered ? entry_of(h, i, 1) : worker_of(h, i);
	*kind = hooks[i].kind;
	*n = 0;
	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
		return true;
	others = entered ? made_up[i] : 0;
	if (info.recursion_misses > others)
		*n = info.recursion_misses - others;
	return true;
}
