/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/leftover_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

static void process(struct procinfo *p, uint32_t tgid, uint32_t ppid, uint32_t sid,
		    const char *comm)
{
	*p = (struct procinfo){
		.tgid = tgid, .ppid = ppid, .pgid = sid, .sid = sid, .start_tick = tgid,
		.sessionid = PROCINFO_UNSET, .loginuid = PROCINFO_UNSET, .detailed = true,
		.exe = "/bin/x", .cwd = "/home/u", .cgroup = "/user.slice/session-5.scope",
	};
	strcpy(p->comm, comm);
}

void login(struct procinfo *p, uint32_t sessionid)
{
	p->loginuid = 1000;
	p->sessionid = sessionid;
}

void streams(struct procinfo *p, const char *fd, bool dead)
{
	for (int i = 0; i < 3; i++) {
		p->fd[i] = fd;
		p->fd_dead[i] = dead;
	}
}

static void title(struct procinfo *p, const char *args)
{
	p->args = args;
	p->args_len = strlen(args) + 1;
}

static struct procinfo_addr addr(int family, const char *host, uint32_t port)
{
	struct procinfo_addr a = {.family = family, .port = port};

	inet_pton(family, host, a.addr);
	return a;
}

struct scene *scene(void)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	process(&s.p[INIT], 1, 0, 1, "systemd");
	process(&s.p[LISTENER], 100, 1, 100, "sshd");
	title(&s.p[LISTENER], "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups");
	process(&s.p[SERVER], 200, 100, 200, "sshd");
	title(&s.p[SERVER], "sshd: u@notty");
	login(&s.p[SERVER], 7);
	process(&s.p[SHELL], 210, 200, 210, "bash");
	login(&s.p[SHELL], 7);
	s.p[SHELL].ssh_connection = (char *)UP;
	process(&s.p[PARENT], 290, 1, 290, "cron");
	process(&s.p[SLEEP], 300, 1, 299, "sleep");
	login(&s.p[SLEEP], 5);
	s.p[SLEEP].ssh_connection = (char *)GONE;
	streams(&s.p[SLEEP], PIPE, true);
	process(&s.p[CHILD], 310, 300, 299, "child");
	streams(&s.p[CHILD], PIPE, false);
	s.conns[0] = (struct procinfo_conn){
		.peer = addr(AF_INET, "192.0.2.8", 40002), .local = addr(AF_INET, "192.0.2.1", 22)};
	s.conns[1] = (struct procinfo_conn){
		.peer = addr(AF_INET6, "2001:db8::8", 40003),
		.local = addr(AF_INET6, "2001:db8::1", 22)};
	s.scan = (struct procinfo_scan){
		.p = s.p, .n = NPROCS, .conns = s.conns, .nconns = 2, .conns_known = true};
	return &s;
}

void expect(struct scene *s, int who, enum leftover_class class, const char *rule)
{
	const struct leftover_rule *r;

	assert_int_equal(leftovers_init(&s->all, &s->scan), 0);
	leftovers_judge(&s->all);
	r = s->all.v[who].rule;
	assert_string_equal(r->id, rule);
	assert_int_equal(r->class, class);
	leftovers_free(&s->all);
}
