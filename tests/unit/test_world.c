/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes exist, who descends from whom, and what is known of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/story.h"
#include "world/task.h"

struct told {
	struct world w;
	uint64_t seq;
};

static void take(void *ctx, const void *rec, size_t len)
{
	struct told *t = ctx;
	struct event ev;

	assert_int_equal(event_decode(rec, len, &ev), EVENT_OK);
	ev.seq = ++t->seq;
	world_apply(&t->w, &ev);
}

static int set_up(void **state)
{
	static struct told t;

	t.seq = 0;
	world_init(&t.w);
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	world_free(&((struct told *)*state)->w);
	return 0;
}

static struct world *tell(void **state, const char *lines)
{
	story_records(lines, take, *state);
	return &((struct told *)*state)->w;
}

#define BASH                                                                                       \
	"@1 bash/130 task.exec parent=120 pgid=130 sid=130 tty=pts/0 uid=1000 scope=in"            \
	" ignored=SIGINT args=[\"bash\",\"-l\"] filename=\"/bin/bash\"\n"

static void fork_inherits(void **state)
{
	struct world *w = tell(state, BASH "@2 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n");
	struct task *t = world_task(w, 140, 140);

	assert_non_null(t);
	assert_string_equal(t->comm, "bash");
	assert_int_equal(t->s.ppid, 130);
	assert_int_equal(t->s.uid, 1000);
	assert_int_equal(t->s.ignored, 2);
	assert_int_equal(t->born, 2000000);
	assert_false(t->execed);
	assert_false(t->known);
	assert_ptr_equal(world_parent(w, t), world_task(w, 130, 130));
	/* a thread is no process */
	tell(state, "@3 bash/130 task.fork child_start=130 child_tgid=130 child_pid=131 scope=in\n");
	assert_null(world_last(w, 131));
}

static void exec_of_another_thread(void **state)
{
	struct world *w = tell(state, BASH
		"@2 bash/130 task.exec parent=120 pgid=130 sid=130 old_pid=135 scope=in args=[\"x\"]\n");
	struct task *t = world_task(w, 130, 130);

	assert_ptr_equal(world_last(w, 130), t);
	assert_null(world_last(w, 135));
	assert_int_equal(t->args_len, 2);
	assert_string_equal(t->args, "x");
}

static void exits_once(void **state)
{
	struct world *w = tell(state, BASH "@2 bash/130 task.exit exit_code=2 pgid=130 sid=130\n"
					   "@3 bash/130 task.exit exit_code=0 pgid=7 sid=7\n");
	struct task *t = world_task(w, 130, 130);

	assert_false(t->alive);
	assert_int_equal(t->exit_code, 2);
	assert_int_equal(t->exit_ts, 2000000);
	assert_int_equal(t->s.pgid, 130);
	/* of a process that was never heard of */
	tell(state, "@4 x/999 task.exit exit_code=1\n");
	assert_null(world_last(w, 999));
}

static void pid_reuse(void **state)
{
	struct world *w = tell(state, BASH "@2 bash/130 task.exit pgid=130 sid=130\n"
		"@3 sh/120 task.fork child_start=777 child_tgid=130 child_pid=130 pgid=1 sid=1\n");
	struct task *old = world_task(w, 130, 130), *t = world_task(w, 130, 777);

	assert_non_null(t);
	assert_ptr_not_equal(t, old);
	assert_ptr_equal(world_last(w, 130), t);
	assert_true(t->alive);
	/* a late word of the old one does not touch the new one */
	tell(state, "@4 bash/130 task.exit exit_code=9\n");
	assert_true(t->alive);
	world_forget(w, old);
	assert_null(world_task(w, 130, 130));
	assert_ptr_equal(world_last(w, 130), t);
	tell(state, "@5 x/130 task.exit start=777\n");
	world_forget(w, t);
	assert_null(world_last(w, 130));
}

static void snapshot_and_fork(void **state)
{
	struct world *w;
	struct task *t;

	/* the fork came first: the snapshot knows better */
	w = tell(state, BASH "@2 bash/130 task.fork fork=140 pgid=130 sid=130 scope=in\n"
			"@3 bash/140 task.snapshot parent=130 pgid=140 sid=130 uid=1000 scope=in\n");
	t = world_task(w, 140, 140);
	assert_int_equal(t->s.pgid, 140);
	assert_true(t->known);
	/* the snapshot came first: the fork of the same process does not undo it */
	tell(state, "@4 cat/150 task.snapshot parent=130 pgid=150 sid=130 scope=in\n"
		    "@5 bash/130 task.fork fork=150 pgid=130 sid=130 scope=in\n");
	t = world_task(w, 150, 150);
	assert_int_equal(t->s.pgid, 150);
	assert_string_equal(t->comm, "cat");
	assert_ptr_equal(world_parent(w, t), world_task(w, 130, 130));
}

/* The parent at fork stays the parent, whoever adopts. */
static void adopted(void **state)
{
	struct world *w = tell(state, BASH "@2 bash/130 task.fork fork=140 pgid=130 sid=130\n"
		"@3 x/140 task.snapshot parent=1 pgid=130 sid=130\n");
	struct task *t = world_task(w, 140, 140);

	assert_int_equal(t->s.ppid, 1);
	assert_int_equal(t->parent_tgid, 130);
}

/* A child begins in its parent's group: the only word of setpgid(2). */
static void group_told_by_fork(void **state)
{
	struct world *w = tell(state, BASH "@2 bash/130 task.fork fork=140 pgid=99 sid=130\n");

	assert_int_equal(world_task(w, 130, 130)->s.pgid, 99);
}

static void args_of_who_ran_before(void **state)
{
	struct world *w = tell(state, "@1 vi/50 task.snapshot parent=1 pgid=50 sid=50\n"
				      "@1 vi/50 task.args args=[\"vi\",\"x\"]\n" BASH
				      "@2 bash/130 task.args args=[\"wrong\"]\n");
	size_t len;

	assert_string_equal(args_get(world_last(w, 50)->args, 5, 1, &len), "x");
	assert_string_equal(world_last(w, 130)->args, "bash"); /* its exec said so itself */
}

#define HUP(ms, more)                                                                              \
	"@" ms " x/77 signal.generate ->bash/130 sig=SIGHUP group=1 pgid=130 sid=130 " more "\n"

static void signals(void **state)
{
	struct world *w = tell(state, BASH HUP("2", "disposition=handler si_pid=77 flags=info")
		"@3 bash/130 signal.deliver sig=SIGHUP disposition=handler\n");
	const struct task_signal *g = task_signal(world_last(w, 130), 1);

	assert_non_null(g);
	assert_int_equal(g->sender_tgid, 77);
	assert_int_equal(g->delivered_seq, 3);
	assert_null(task_signal(world_last(w, 130), 2));
	tell(state, HUP("4", "result=ignored disposition=ignore"));
	g = task_signal(world_last(w, 130), 1);
	assert_int_equal(g->result, 1);
	assert_int_equal(g->delivered_seq, 0);
	/* the one that kills counts, not what comes while it dies */
	tell(state, HUP("5", "") HUP("6", "result=ignored"));
	g = task_signal(world_last(w, 130), 1);
	assert_int_equal(g->result, 0);
	assert_int_equal(g->ts, 5000000);
}

/* The first one is who is to blame: the second is never delivered. */
static void signal_behind_another(void **state)
{
	struct world *w = tell(state, BASH HUP("2", "disposition=handler si_pid=77 flags=info")
		HUP("3", "result=already_pending disposition=handler si_pid=78 flags=info")
		"@4 bash/130 signal.deliver sig=SIGHUP disposition=handler\n");
	const struct task_signal *g = task_signal(world_last(w, 130), 1);

	assert_int_equal(g->sender_tgid, 77);
	assert_int_equal(g->ts, 2000000);
	assert_int_not_equal(g->delivered_seq, 0);
	/* of one that is delivered none is behind */
	tell(state, HUP("5", "result=already_pending disposition=handler si_pid=78 flags=info"));
	assert_int_equal(task_signal(world_last(w, 130), 1)->sender_tgid, 78);
}

/* A storm's count comes late: what it tells is no news, and may not be so any more. */
static void many(void **state)
{
	struct world *w = tell(state, BASH HUP("2", "disposition=handler si_pid=77 flags=info")
		"@3 bash/130 signal.deliver sig=SIGHUP disposition=handler\n"
		"@4 x/78 signal.generate ->bash/130 sig=SIGTERM group=1 pgid=131 sid=131\n"
		HUP("3", "disposition=handler si_pid=77 flags=info count=48211 ts_last=3500000")
		"@3 bash/130 signal.deliver sig=SIGHUP disposition=handler count=48211 ts_last=3500000\n");
	const struct task_signal *g = task_signal(world_last(w, 130), 1);

	assert_int_equal(g->ts, 2000000);
	assert_int_equal(g->seq, 2);
	assert_int_equal(g->delivered_seq, 3);
	assert_int_equal(world_last(w, 130)->s.pgid, 131);
	/* but the delivery of one that was not counted may be among those that were */
	tell(state, HUP("5", "disposition=handler si_pid=77 flags=info")
	     "@3 bash/130 signal.deliver sig=SIGHUP disposition=handler count=5 ts_last=4000000\n");
	assert_int_equal(task_signal(world_last(w, 130), 1)->delivered_seq, 0);
	tell(state, "@4 bash/130 signal.deliver sig=SIGHUP disposition=handler count=5 ts_last=6000000\n");
	assert_int_not_equal(task_signal(world_last(w, 130), 1)->delivered_seq, 0);
}

static void users(void **state)
{
	struct world *w = tell(state, "@1 user.name uid=7 name=\"a\"\n@2 user.name uid=8\n"
				      "@3 user.name uid=7 name=\"b\"\n");

	assert_string_equal(world_user(w, 7), "b");
	assert_null(world_user(w, 8));
	assert_null(world_user(w, 9));
}

static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(exit_signal(0x8b), 11);
	assert_int_equal(exit_status(0x8b), -1);
	assert_int_equal(exit_signal(65280), 0);
	assert_int_equal(exit_status(65280), 255);
}

static void arguments(void **state)
{
	static const char args[] = "a\0\0cut";
	size_t len;

	(void)state;
	assert_ptr_equal(args_get(args, 6, 0, &len), args);
	assert_int_equal(len, 1);
	assert_ptr_equal(args_get(args, 6, 1, &len), args + 2);
	assert_int_equal(len, 0);
	assert_ptr_equal(args_get(args, 6, 2, &len), args + 3);
	assert_int_equal(len, 3);
	assert_null(args_get(args, 6, 3, &len));
	assert_null(args_get(NULL, 0, 0, &len));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(fork_inherits),
		TEST(exec_of_another_thread),
		TEST(exits_once),
		TEST(pid_reuse),
		TEST(snapshot_and_fork),
		TEST(adopted),
		TEST(group_told_by_fork),
		TEST(args_of_who_ran_before),
		TEST(signals),
		TEST(signal_behind_another),
		TEST(many),
		TEST(users),
		TEST(exit_codes),
		TEST(arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
