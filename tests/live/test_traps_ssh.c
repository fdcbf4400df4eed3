/* SPDX-License-Identifier: GPL-2.0-only */
/* What other tracers get wrong about ssh: what is typed, addresses, who is a server. */
#include "live/live.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

/* ---- keys ---- */

static void decompress(struct live *l, const char *path, struct buf *b)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	char in[65536], out[65536];
	FILE *f = fopen(path, "re");
	ZSTD_inBuffer from = { .src = in };

	while (f && (from.size = fread(in, 1, sizeof(in), f)) > 0) {
		for (from.pos = 0; from.pos < from.size;) {
			ZSTD_outBuffer to = { .dst = out, .size = sizeof(out) };

			if (ZSTD_isError(ZSTD_decompressStream(d, &to, &from)))
				live_fail(l, "%s is no zstd", path);
			buf_put(b, out, to.pos);
		}
	}
	if (f)
		fclose(f);
	ZSTD_freeDCtx(d);
}

static void forbid_bytes(struct live *l, const char *where, const struct buf *b)
{
	/* no words of the kernel's: what libbpf read of its types may still lie in freed memory */
	static const char *const typed[] = { "sekrit", "Xyzzy42" };

	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++)
		if (memmem(b->p, b->len, typed[i], strlen(typed[i])))
			live_fail(l, "\"%s\" is in the %s", typed[i], where);
}

/* What of the tracer's memory it can write to, the ring and the other maps of BPF included. */
static void read_memory(struct live *l, struct buf *b)
{
	unsigned long from, to;
	char path[64], line[512], mode[8], chunk[4096];
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", l->trace.pid);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%d/mem", l->trace.pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (!maps || mem < 0)
		live_fail(l, "cannot read %s", path);
	while (fgets(line, sizeof(line), maps)) {
		bool ring = strstr(line, "bpf-map");

		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || (mode[1] != 'w' && !ring))
			continue;
		for (; from < to; from += sizeof(chunk)) {
			ssize_t n = pread(mem, chunk, sizeof(chunk), (off_t)from);

			buf_put(b, chunk, n > 0 ? (size_t)n : 0);
		}
	}
	fclose(maps);
	close(mem);
}

static void test_nothing_that_is_typed(void **state)
{
	struct live *l = live(state);
	struct buf raw = { 0 }, memory = { 0 }, json, err;
	struct client *c;
	char rec[300], terminal[32] = "";
	int shell, session;
	json_t *key;

	snprintf(rec, sizeof(rec), "%s/keys.sgt", l->server.dir);
	live_trace(l, ARGS("--sshd", "--json", "-v", "-w", rec));
	c = live_shell(l, &shell);
	live_type(l, c, "/bin/stty -echo; echo quiet''=1; /bin/cat >/dev/null\n");
	live_number(l, c, "quiet=");
	/* when it runs, it is in the foreground: a ^C before that is bash's */
	live_expect(l, "{s:s, s:s, s:i}", "type", "task.exec", "comm", "cat", "ppid", shell);
	/* of the client, where the keys are data */
	snprintf(terminal, sizeof(terminal), "%s", ptsname(c->in) + strlen("/dev/"));
	live_type(l, c, "sekrit-Xyzzy42\n");
	live_type(l, c, "sekrit-Xyzzy42\x03");
	key = live_expect(l, "{s:s, s:s, s:b}", "type", "tty.key", "key", "intr", "isig", 1);
	session = live_int(l, key, "session");
	read_memory(l, &memory);
	if (!memmem(memory.p, memory.len, "/bin/stty\0-echo", 15))
		live_fail(l, "stty is not in the tracer's memory");
	forbid_bytes(l, "tracer's memory", &memory);
	buf_free(&memory);
	/* at a SIGINT bash throws away what was typed ahead */
	if (client_expect(c, "$ ", EVENT_MS) < 0)
		live_fail(l, "no prompt after the ^C");
	live_type(l, c, "echo over''=2; exit\n");
	live_number(l, c, "over=");
	live_wait(l, c);
	live_expect(l, "{s:s, s:s}", "type", "session.close", "end", "exit");
	live_done(l);
	l->passed = false;
	/* the client's terminal, where it is data, and the session's */
	assert_int_equal(live_count(l, "{s:s, s:b, s:s}", "type", "tty.key", "isig", 0, "tty",
				    terminal), 1);
	assert_int_equal(live_count(l, "{s:s, s:b, s:i}", "type", "tty.key", "isig", 1, "session",
				    session), 1);
	decompress(l, rec, &raw);
	/* so that a search which finds nothing means something */
	if (!memmem(raw.p, raw.len, "/bin/stty\0-echo", 15))
		live_fail(l, "stty is not in the recording");
	forbid_bytes(l, "recording", &raw);
	assert_int_equal(tool_run(ARGS("-r", rec, "--json", "-v"), EVENT_MS, &json, &err), 0);
	assert_non_null(memmem(json.p, json.len, "-echo", 5));
	forbid_bytes(l, "JSON", &json);
	buf_free(&raw);
	buf_free(&json);
	buf_free(&err);
	l->passed = true;
}

/* ---- addresses and names ---- */

static bool is(const json_t *o, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && !strcmp(s, value);
}

static bool has_ipv6(void)
{
	struct ifaddrs *all, *a;
	bool yes = false;

	if (getifaddrs(&all))
		return false;
	for (a = all; a; a = a->ifa_next) {
		struct sockaddr_in6 *s = (void *)a->ifa_addr;

		yes |= s && s->sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&s->sin6_addr);
	}
	freeifaddrs(all);
	return yes;
}

static void test_ipv6(void **state)
{
	struct live *l = live(state);
	struct client *c;
	struct err e;
	char peer[64], local[64];
	json_t *open;

	if (!has_ipv6())
		live_skip("this machine has no ::1");
	snprintf(l->other.user, sizeof(l->other.user), ACCOUNT);
	if (throwaway_start(&l->other, "ListenAddress ::1", &e) < 0)
		live_fail(l, "%s", e.what);
	live_trace(l, TRACE_SSHD);
	c = live_ssh_to(l, &l->other, CLIENT_PLAIN,
			ARGS("-o", "HostName=::1", "set -- $SSH_CONNECTION; echo port=$2; exit 5"));
	snprintf(peer, sizeof(peer), "[::1]:%d", live_number(l, c, "port="));
	snprintf(local, sizeof(local), "[::1]:%u", l->other.port);
	assert_int_equal(live_wait(l, c), 5);
	open = live_expect(l, "{s:s, s:s, s:s, s:s}", "type", "session.open", "peer", peer, "local",
			   local, "user", ACCOUNT);
	live_expect(l, "{s:s, s:s, s:s, s:s}", "type", "sock.state", "family", "inet6", "peer",
		    peer, "local", local);
	live_expect(l, "{s:s, s:i, s:s, s:i}", "type", "session.close", "session",
		    live_int(l, open, "session"), "end", "exit", "exit_status", 5);
	live_done(l);
}

static void expect_no_session(struct live *l)
{
	json_t *o;
	size_t i;

	/* Other sessions of this machine are what they are, and have an address. */
	json_array_foreach(l->trace.lines, i, o)
		if (is(o, "type", "session.open") &&
		    (!json_is_string(json_object_get(o, "local")) ||
		     is(o, "peer", "192.0.2.1:4711")))
			live_fail(l, "a session without a connection");
}

static void test_impostor_by_file(void **state)
{
	struct live *l = live(state);
	char path[300];
	int pid;

	snprintf(path, sizeof(path), "%s/sshd", l->server.dir);
	assert_int_equal(link(live_prog(l, "impostor"), path), 0);
	live_trace(l, TRACE_SSHD);
	pid = live_child(l, ARGS(path));
	assert_true(proc_becomes(pid, "sshd"));
	kill(pid, SIGUSR1);
	assert_true(proc_ends(pid));
	/* It is looked at, as everything that calls itself so; its end tells that all is here. */
	live_expect(l, "{s:s, s:i, s:i}", "type", "task.exit", "tgid", pid, "status", 0);
	live_done(l);
	unlink(path);
	expect_no_session(l);
}

static void test_impostor_by_name(void **state)
{
	struct live *l = live(state);
	int pid = live_child(l, ARGS(live_prog(l, "impostor"), "name"));

	assert_true(proc_becomes(pid, "sshd"));
	live_trace(l, TRACE_SSHD);
	kill(pid, SIGUSR1);
	assert_true(proc_ends(pid));
	live_done(l);
	expect_no_session(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_nothing_that_is_typed),
		LIVE_TEST(test_ipv6),
		LIVE_TEST(test_impostor_by_file),
		LIVE_TEST(test_impostor_by_name),
	};

	return cmocka_run_group_tests(tests, live_group_setup, live_group_teardown);
}
