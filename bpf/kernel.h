/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel structs that are read. CO-RE finds the real offsets in the running kernel's BTF,
 * so only names and types matter here. A name___suffix is a flavour: the same struct of another
 * kernel version. Not vmlinux.h: 2.8 MB in every build and, with clang 14, 640 kB of BTF in the
 * object as soon as a program's signature names task_struct.
 */
#ifndef SIGTRACE_BPF_KERNEL_H
#define SIGTRACE_BPF_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef __u64 u64;
typedef __u32 u32;
typedef __s32 s32;
typedef __u16 u16;
typedef __u8 u8;
typedef _Bool bool;
#define true 1
#define false 0

#define PF_FORKNOEXEC 0x00000040	/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000
#define PF_FROZEN 0x00010000		/* before 6.1; no user task has had the bit since */
#define TASK_INTERRUPTIBLE 0x00000001	/* include/linux/sched.h */
#define TASK_FROZEN 0x00008000		/* since 6.1: the freezer of cgroup v1 */
#define JOBCTL_TRAP_FREEZE (1ul << 23)	/* include/linux/sched/jobctl.h: that of cgroup v2 */
#define SIGNAL_GROUP_EXIT 0x00000004	/* include/linux/sched/signal.h */
#define SIGNAL_UNKILLABLE 0x00000040
#define PIDTYPE_PGID 2			/* include/linux/pid_types.h */
#define PIDTYPE_SID 3
#define S_IFMT 0170000			/* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define ISIG 0000001			/* include/uapi/asm-generic/termbits.h */
#define VINTR 0				/* include/uapi/asm-generic/termbits.h */
#define VQUIT 1
#define VSUSP 10
#define IPPROTO_TCP 6

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { int counter; } atomic_t;
struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next; };
struct upid { int nr; };
struct pid { unsigned int level; struct upid numbers[1]; };
typedef struct { unsigned long sig[1]; } sigset_t;
typedef struct { __u32 val; } kuid_t;
struct cred { kuid_t uid; };

struct sigaction { void *sa_handler; unsigned long sa_flags; void *sa_restorer; sigset_t sa_mask; };
struct k_sigaction { struct sigaction sa; };
struct sighand_struct { struct k_sigaction action[64]; };
struct sigpending { struct list_head list; sigset_t signal; };

struct ktermios { unsigned int c_iflag, c_oflag, c_cflag, c_lflag; unsigned char c_cc[19]; };
struct tty_driver { int major; int minor_start; };
struct tty_ctrl { struct pid *pgrp; struct pid *session; };
struct tty_struct {
	struct tty_driver *driver;
	struct tty_port *port;
	unsigned long flags;
	int index;
	struct ktermios termios;
	struct {
		struct pid *pgrp;
		struct pid *session;
	} ctrl;
};
/* before 5.14 (commit 64d608db38ff) the two stood in tty_struct itself */
struct tty_struct___old { struct pid *pgrp; struct pid *session; };

struct signal_struct {
	int leader; /* of a session */
	atomic_t live;
	struct list_head thread_head;
	struct sigpending shared_pending;
	int group_exit_code;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
	unsigned long long sum_sched_runtime;
};

struct tty_file_private { struct tty_struct *tty; };

struct inode;
struct file { struct inode *f_inode; void *private_data; };
struct pipe_inode_info { unsigned int readers, writers; };
struct inode {
	unsigned short i_mode;
	__u32 i_rdev;
	unsigned long i_ino;
	struct pipe_inode_info *i_pipe;
};
struct fdtable { unsigned int max_fds; struct file **fd; };
struct files_struct { struct fdtable *fdt; };

struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
};
struct kernfs_node { u64 id; const char *name; struct kernfs_node *__parent; };
/* before 6.15 (commit 633488947ef6) */
struct kernfs_node___old { struct kernfs_node *parent; };
struct cgroup { struct kernfs_node *kn; };
struct css_set { struct cgroup *dfl_cgrp; };
struct sched_entity { u64 sum_exec_runtime; };

struct task_struct {
	unsigned int flags;
	unsigned int ptrace;
	unsigned long jobctl;
	unsigned int __state;
	int exit_state;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct hlist_node pid_links[4];
	struct list_head thread_node;
	u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	sigset_t real_blocked;
	struct sigpending pending;
	kuid_t loginuid;
	unsigned int sessionid;
	struct mm_struct *mm;
	struct css_set *cgroups;
	struct sched_entity se;
};
/* before 5.14 (commit 2f064a59a11f) */
struct task_struct___old { volatile long state; };

/* with PREEMPT_RT alone: include/linux/spinlock_types.h */
struct rt_mutex_base {};
struct spinlock { struct rt_mutex_base lock; };

struct kernel_siginfo { int si_code; };

struct linux_binprm { const char *filename; };

struct work_struct { void *func; };
struct tty_buffer {
	struct tty_buffer *next;
	int commit;
	int read;
	u8 data[];
};
struct tty_bufhead { struct tty_buffer *head; struct work_struct work; };
struct tty_port { struct tty_bufhead buf; struct tty_struct *itty; };

struct in6_addr { union { __u8 u6_addr8[16]; } in6_u; };
struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; };
typedef struct { struct net *net; } possible_net_t;
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct sock { struct sock_common __sk_common; __u16 sk_protocol; int sk_err; };
struct inet_sock { __be16 inet_sport; };
struct inet_connection_sock { struct { __u32 lrcvtime; } icsk_ack; };
struct socket { struct sock *sk; };

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; u64 session_id; u64 seq_num; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define COMM 16 /* TASK_COMM_LEN */

/*
 * The name of a task or of `current`, with zeros to its end, as a key of a hash wants it. On 5.10 the
 * end of a longer name of before stands behind a task's NUL (__set_task_comm()), and 6.1's
 * bpf_get_current_comm() leaves there what was in `to`: seen as servers that were not recognised.
 */
static __always_inline void comm_of(const struct task_struct *t, char to[COMM])
{
	__builtin_memset(to, 0, COMM);
	bpf_probe_read_kernel_str(to, COMM, &t->comm);
}

static __always_inline void comm_of_current(char to[COMM])
{
	__builtin_memset(to, 0, COMM);
	bpf_get_current_comm(to, COMM);
}

#endif
