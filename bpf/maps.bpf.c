/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps and globals that the programs share. Linked first: libbpf 1.1 gives a map the offset 0
 * when an object that only declares it comes before the one that defines it.
 */
#include "emit.h"
#include "hook.h"
#include "many.h"
#include "scope.h"
#include "server.h"
#include "tty.h"

char LICENSE[] SEC("license") = "GPL";

struct ring_map ring SEC(".maps");
struct many_map many SEC(".maps");
struct scope_map scope SEC(".maps");
struct quick_map quick SEC(".maps");
struct server_names_map server_names SEC(".maps");
struct named_ports_map named_ports SEC(".maps");
struct server_ports_map server_ports SEC(".maps");
struct server_scratch_map server_scratch SEC(".maps");
struct asked_map asked SEC(".maps");
struct tty_work_map tty_work SEC(".maps");

__u64 losses[LOSS_CPUS][WIRE_KIND_MAX + 1];
__u64 losses_told[LOSS_CPUS][WIRE_KIND_MAX + 1];
__u32 loss_pending[LOSS_CPUS];
__u32 loss_any;
const volatile __u32 loss_cpus = LOSS_CPUS;
__u32 many_pending[LOSS_CPUS];
__u32 many_busy[LOSS_CPUS];
__u64 many_close;
const volatile bool many_each;
__u32 hook_marks[1 << HOOK_MARK_BITS][HOOK_MARKS];
__u64 hook_made_up[HOOKS];
__u8 port_hints[PORT_HINTS];
const volatile bool hook_entries;
const volatile bool hook_never;
__u32 reader_asleep;
__u64 flush_func;
const volatile __u64 wake_above = 2 * 1024 * 1024;
const volatile __u64 many_above = 4 * 1024 * 1024;
const volatile __u64 signals_below = 6 * 1024 * 1024;
const volatile __u8 scope_all;
const volatile bool scope_servers;
const volatile __u32 tty_hupped = 18;
