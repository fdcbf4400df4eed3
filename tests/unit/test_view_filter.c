/* SPDX-License-Identifier: GPL-2.0-only */
/* What passes a filter, and what only nearly does; clock times. */
#include "view_stub.h"

#include "event/names.h"

#define BIT(n) (UINT64_C(1) << ((n) - 1))

static struct view view;

static int setup(void **state)
{
	memset(&view, 0, sizeof(view));
	return stub_setup(state);
}

static int teardown(void **state)
{
	return stub_teardown(state);
}

static bool passes(struct event ev, uint32_t session)
{
	return view_wants_event(&view, NULL, &ev, session);
}

static bool fact_passes(struct fact f)
{
	return view_wants_fact(&view, NULL, &f);
}

static struct fact interrupt(uint32_t session, uint32_t sig, enum verdict verdict)
{
	struct fact f = fact_of(FACT_INTERRUPT, 5, SEC, session);

	f.u.interrupt.sig = sig;
	f.u.interrupt.verdict = verdict;
	return f;
}

static struct fact opening(uint32_t session, const char *user, const struct wire_sock *sk)
{
	struct fact f = fact_of(FACT_OPEN, 5, SEC, session);

	f.u.open.user = user;
	f.u.open.sk = sk;
	return f;
}

static void test_no_filter_passes_all(void **state)
{
	unsigned kind;

	(void)state;
	for (kind = 1; kind <= WIRE_KIND_MAX; kind++)
		assert_true(passes(record(1, kind, 0, 1, "a"), 0));
	for (kind = FACT_OPEN; kind <= FACT_FATE; kind++)
		assert_true(fact_passes(fact_of((enum fact_kind)kind, 1, 0, 1)));
}

static void test_signals(void **state)
{
	struct event deliver = record(1, WIRE_SIGNAL_DELIVER, 0, 1, "a");

	(void)state;
	view.opt.filter.signals = BIT(2) | BIT(64);
	assert_true(passes(kill_record(1, 0, 2, 7, "a"), 0));
	assert_true(passes(kill_record(1, 0, 64, 7, "a"), 0));
	assert_false(passes(kill_record(1, 0, 1, 7, "a"), 0));
	assert_false(passes(kill_record(1, 0, 3, 7, "a"), 0));
	assert_false(passes(kill_record(1, 0, 63, 7, "a"), 0));
	deliver.u.deliver.sig = 2;
	assert_true(passes(deliver, 0));
	deliver.u.deliver.sig = 9;
	assert_false(passes(deliver, 0));
	assert_true(passes(exit_record(1, 0, 7, "a", 2), 0));
	assert_true(passes(exit_record(1, 0, 7, "a", 2 | 0x80), 0));
	assert_false(passes(exit_record(1, 0, 7, "a", 9), 0));
	/* status 9 is no signal 9 */
	assert_true(passes(exit_record(1, 0, 7, "a", 9 << 8), 0));
	assert_true(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 0));
	assert_true(fact_passes(interrupt(1, 2, VERDICT_STOPPED)));
	assert_false(fact_passes(interrupt(1, 3, VERDICT_STOPPED)));
	assert_true(fact_passes(interrupt(1, 0, VERDICT_NOT_A_SIGNAL)));
}

static void test_kinds(void **state)
{
	(void)state;
	view.opt.filter.kinds = 1u << WIRE_TASK_EXEC | VIEW_FACT_BIT(FACT_ORPHAN);
	assert_true(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), 0));
	assert_false(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 0));
	assert_false(passes(record(1, WIRE_TASK_EXIT, 0, 1, "a"), 0));
	assert_true(fact_passes(fact_of(FACT_ORPHAN, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_INTERRUPT, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_CLOSE, 1, 0, 1)));
}

static void test_frame_and_loss_pass_every_filter(void **state)
{
	(void)state;
	view.opt.filter = (struct view_filter){
		.signals = BIT(2), .kinds = 1u << WIRE_TASK_EXEC, .failed = true, .session = 9,
		.user = "nobody", .tty = PTS(1), .peer = "198.51.100.1",
	};
	assert_true(passes(record(1, WIRE_TRACE_BEGIN, 0, 1, "a"), 0));
	assert_true(passes(record(1, WIRE_TRACE_END, 0, 1, "a"), 0));
	assert_true(passes(record(1, WIRE_TRACE_LOST, 0, 1, "a"), 0));
	assert_false(passes(record(1, WIRE_TRACE_READY, 0, 1, "a"), 0));
}

static void test_failed_events(void **state)
{
	struct event ev = kill_record(1, 0, 15, 7, "a");

	(void)state;
	view.opt.filter.failed = true;
	assert_false(passes(ev, 0));
	ev.u.generate.disposition = WIRE_HANDLER;
	assert_false(passes(ev, 0));
	ev.u.generate.disposition = WIRE_IGN;
	assert_true(passes(ev, 0));
	ev.u.generate.disposition = WIRE_DFL;
	ev.u.generate.blocked = 1;
	assert_true(passes(ev, 0));
	ev.u.generate.blocked = 0;
	ev.u.generate.result = 2;
	assert_true(passes(ev, 0));
	assert_true(passes(exit_record(1, 0, 7, "a", 15), 0));
	assert_false(passes(exit_record(1, 0, 7, "a", 15 << 8), 0));
	assert_true(passes(record(1, WIRE_SOCK_RESET, 0, 1, "a"), 0));
	ev = record(1, WIRE_SOCK_STATE, 0, 1, "a");
	assert_false(passes(ev, 0));
	ev.u.sock.sk_err = 110;
	assert_true(passes(ev, 0));
	assert_false(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), 0));
}

static void test_failed_facts(void **state)
{
	(void)state;
	view.opt.filter.failed = true;
	assert_false(fact_passes(interrupt(1, 2, VERDICT_STOPPED)));
	assert_true(fact_passes(interrupt(1, 2, VERDICT_PARTLY)));
	assert_true(fact_passes(interrupt(1, 2, VERDICT_NO_EFFECT)));
	assert_true(fact_passes(interrupt(1, 0, VERDICT_NOT_A_SIGNAL)));
	assert_true(fact_passes(fact_of(FACT_ORPHAN, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_OPEN, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_CLOSE, 1, 0, 1)));
}

static void test_session(void **state)
{
	(void)state;
	view.opt.filter.session = 3;
	assert_true(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), 3));
	assert_false(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), 30));
	assert_false(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), 0));
	assert_true(fact_passes(fact_of(FACT_CLOSE, 1, 0, 3)));
	assert_false(fact_passes(fact_of(FACT_CLOSE, 1, 0, 2)));
}

static void test_user_of_a_session(void **state)
{
	(void)state;
	add_session(1, "deploy", 0, REQUEST_EXEC);
	add_session(2, "deployer", 0, REQUEST_EXEC);
	view.opt.filter.user = "deploy";
	assert_true(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 1));
	assert_false(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 2));
	assert_false(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 0));
	assert_true(fact_passes(fact_of(FACT_CLOSE, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_CLOSE, 1, 0, 2)));
	assert_true(fact_passes(opening(7, "deploy", NULL)));
	assert_false(fact_passes(opening(7, "root", NULL)));
}

static void test_user_of_no_session(void **state)
{
	struct event named = user_record(1, 1000, "deploy");
	struct event ev = EXEC(2, SEC, 50, "cat", "cat");

	(void)state;
	view.opt.filter.user = "deploy";
	world_apply(&stub.world, &named);
	world_apply(&stub.world, &ev);
	assert_true(passes(ev, 0));
	assert_true(passes(exit_record(3, SEC, 50, "cat", 0), 0));
	assert_false(passes(exit_record(3, SEC, 51, "cat", 0), 0));
	/* of a signal the target counts, not who sent it */
	assert_true(passes(kill_record(3, SEC, 15, 50, "cat"), 0));
	assert_false(passes(kill_record(3, SEC, 15, 51, "cat"), 0));
	ev.u.exec.task.uid = 1001;
	assert_false(passes(ev, 0));
	view.opt.filter.user = "1001";
	assert_true(passes(ev, 0));
}

static void test_tty(void **state)
{
	struct event ev = record(1, WIRE_TTY_KEY, 0, 1, "a");
	struct fact f = interrupt(2, 2, VERDICT_STOPPED);

	(void)state;
	add_session(1, "a", PTS(5), REQUEST_SHELL);
	add_session(2, "a", PTS(50), REQUEST_SHELL);
	view.opt.filter.tty = PTS(5);
	assert_true(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 1));
	assert_false(passes(record(1, WIRE_TASK_FORK, 0, 1, "a"), 2));
	assert_false(passes(ev, 0));
	ev.u.key.tty = PTS(5);
	assert_true(passes(ev, 0));
	/* a terminal inside of another session's: script(1) */
	assert_true(passes(ev, 2));
	assert_false(fact_passes(f));
	f.u.interrupt.tty = PTS(5);
	assert_true(fact_passes(f));
	assert_true(fact_passes(fact_of(FACT_CLOSE, 1, 0, 1)));
	assert_false(fact_passes(fact_of(FACT_CLOSE, 1, 0, 2)));
}

static bool peer_is(const char *want, struct wire_sock sk)
{
	struct event ev = record(1, WIRE_SOCK_STATE, 0, 1, "a");

	view.opt.filter.peer = want;
	ev.u.sock.sk = sk;
	return passes(ev, 0);
}

static void test_peer_address(void **state)
{
	struct wire_sock six = { .raddr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
				 .family = WIRE_AF_INET6, .rport = 51514 };

	(void)state;
	assert_true(peer_is("203.0.113.7", stub_sock));
	assert_true(peer_is("203.0.113.7:51514", stub_sock));
	assert_false(peer_is("203.0.113.7:5151", stub_sock));
	assert_false(peer_is("203.0.113.7:515144", stub_sock));
	assert_false(peer_is("203.0.113.70", stub_sock));
	assert_false(peer_is("203.0.113.", stub_sock));
	assert_false(peer_is("192.0.2.1", stub_sock));
	assert_true(peer_is("2001:db8::1", six));
	assert_true(peer_is("2001:DB8::1", six));
	assert_true(peer_is("[2001:db8::1]", six));
	assert_true(peer_is("[2001:db8::1]:51514", six));
	assert_false(peer_is("2001:db8::", six));
	assert_false(peer_is("[2001:db8::1]:22", six));
}

static void test_peer_of_a_session(void **state)
{
	struct wire_sock other = stub_sock;

	(void)state;
	other.raddr[3] = 8;
	add_session(5, "a", 0, REQUEST_EXEC)->sk = &other;
	add_session(6, "a", 0, REQUEST_EXEC);
	add_session(7, "a", 0, REQUEST_EXEC)->sk = &stub_sock;
	view.opt.filter.peer = "203.0.113.7";
	for (uint32_t n = 0; n < 9; n++) {
		assert_int_equal(passes(record(1, WIRE_TASK_EXEC, 0, 1, "a"), n), n == 7);
		assert_int_equal(fact_passes(fact_of(FACT_CLOSE, 1, 0, n)), n == 7);
		assert_int_equal(fact_passes(opening(n, "a", NULL)), n == 7);
	}
}

/* ---- times ---- */

static void clock_is(int64_t realtime, int32_t gmtoff, uint64_t ts, const char *clock,
		     const char *date)
{
	struct wire_begin begin = { .realtime = realtime, .gmtoff = gmtoff };
	struct buf b = { 0 };

	view_clock(&b, &begin, ts);
	assert_string_equal(buf_cstr(&b), clock);
	buf_reset(&b);
	view_time(&b, &begin, ts);
	assert_string_equal(buf_cstr(&b), date);
	buf_free(&b);
}

static void test_times(void **state)
{
	const int64_t base = INT64_C(1795438931318000000);

	(void)state;
	clock_is(base, 3600, 0, "14:02:11.318", "2026-11-23T13:02:11.318000000Z");
	clock_is(base, 0, 999999, "13:02:11.318", "2026-11-23T13:02:11.318999999Z");
	clock_is(base, 0, 682 * MS, "13:02:12.000", "2026-11-23T13:02:12.000000000Z");
	clock_is(0, 0, 0, "00:00:00.000", "1970-01-01T00:00:00.000000000Z");
}

static void test_times_around_midnight(void **state)
{
	const int64_t midnight = INT64_C(1795392000000000000);

	(void)state;
	clock_is(midnight, 0, 0, "00:00:00.000", "2026-11-23T00:00:00.000000000Z");
	clock_is(midnight - 1, 0, 0, "23:59:59.999", "2026-11-22T23:59:59.999999999Z");
	clock_is(midnight - 1, 0, 1, "00:00:00.000", "2026-11-23T00:00:00.000000000Z");
	clock_is(midnight, -12600, 0, "20:30:00.000", "2026-11-23T00:00:00.000000000Z");
	clock_is(midnight, 20700, 86399 * SEC, "05:44:59.000", "2026-11-23T23:59:59.000000000Z");
	clock_is(0, -3600, 0, "23:00:00.000", "1970-01-01T00:00:00.000000000Z");
}

static void test_years(void **state)
{
	(void)state;
	clock_is(INT64_C(951782400) * (int64_t)SEC, 0, 0, "00:00:00.000",
		 "2000-02-29T00:00:00.000000000Z");
	clock_is(INT64_C(951868800) * (int64_t)SEC, 0, 0, "00:00:00.000",
		 "2000-03-01T00:00:00.000000000Z");
	clock_is(INT64_C(1735689599) * (int64_t)SEC, 0, 999999999, "23:59:59.999",
		 "2024-12-31T23:59:59.999999999Z");
	clock_is(INT64_C(1735689600) * (int64_t)SEC, 0, 0, "00:00:00.000",
		 "2025-01-01T00:00:00.000000000Z");
	clock_is(INT64_C(4107542400) * (int64_t)SEC, 0, 0, "00:00:00.000",
		 "2100-03-01T00:00:00.000000000Z");
	clock_is(-1, 0, 0, "23:59:59.999", "1969-12-31T23:59:59.999999999Z");
	clock_is(INT64_MAX, 0, 0, "23:47:16.854", "2262-04-11T23:47:16.854775807Z");
	clock_is(INT64_MIN, 0, 0, "00:12:43.145", "1677-09-21T00:12:43.145224192Z");
	/* wraps, and is no trap */
	clock_is(INT64_MAX, INT32_MIN, UINT64_MAX, "20:33:08.854",
		 "2262-04-11T23:47:16.854775806Z");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_filter_passes_all),
		TEST(test_signals),
		TEST(test_kinds),
		TEST(test_frame_and_loss_pass_every_filter),
		TEST(test_failed_events),
		TEST(test_failed_facts),
		TEST(test_session),
		TEST(test_user_of_a_session),
		TEST(test_user_of_no_session),
		TEST(test_tty),
		TEST(test_peer_address),
		TEST(test_peer_of_a_session),
		TEST(test_times),
		TEST(test_times_around_midnight),
		TEST(test_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
