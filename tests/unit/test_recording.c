/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "event/event.h"
#include "source/recording.h"

/* Behind wire.h: glibc has macros of the names si_pid and si_uid. */
#include <signal.h>
#include <sys/wait.h>

#define HEAD 40 /* bytes of a file in front of the first frame */
#define RECORDS 6000
#define HANGS 60 /* seconds: no test takes one */
#define MAX_FRAMES 4

/* The truth: records one behind the other, and what a reader should find in the file. */
static unsigned char truth[RECORDS * EVENT_MAX / 4];
static size_t truth_len, truth_at[RECORDS + 1], truth_n;
/* Frame i starts at byte off[i] of the file; rec[i] records are in front of it. */
static struct { size_t off, rec; } frames[MAX_FRAMES + 1];
static size_t frames_n;
static unsigned char file[1 << 22];
static char dir[] = "/tmp/sigtrace-recording-XXXXXX";
static char path[64], other[64];
static struct err e;

static uint32_t rnd(uint32_t below)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

/* ---- building ---------------------------------------------------------------------------- */

static void add(uint16_t kind, size_t len, size_t tail)
{
	unsigned char *p = truth + truth_len;
	struct wire_hdr h = { .len = len + tail, .kind = kind, .ts = truth_n * 1000,
			      .tgid = 100 + rnd(9), .comm = "sshd" };

	assert_true(truth_n < RECORDS && h.len <= sizeof(truth) - truth_len);
	memset(p, 0, len);
	memcpy(p, &h, sizeof(h));
	for (size_t i = 0; i < tail; i++)
		p[len + i] = rnd(256);
	truth_len += h.len;
	truth_at[++truth_n] = truth_len;
	assert_int_equal(event_length(p, h.len), h.len);
}

static void add_exec(uint32_t filename, uint32_t args)
{
	unsigned char *p = truth + truth_len;

	add(WIRE_TASK_EXEC, sizeof(struct wire_exec), filename + args);
	memcpy(p + offsetof(struct wire_exec, filename_len), &filename, 4);
	memcpy(p + offsetof(struct wire_exec, args_len), &args, 4);
}

static void add_any(void)
{
	static const struct { uint16_t kind, len; } plain[] = {
		{ WIRE_TASK_FORK, sizeof(struct wire_fork) },
		{ WIRE_TASK_EXIT, sizeof(struct wire_exit) },
		{ WIRE_SIGNAL_DELIVER, sizeof(struct wire_deliver) },
		{ WIRE_TRACE_TICK, sizeof(struct wire_tick) },
	};
	uint32_t i = rnd(6);

	if (i < 4)
		add(plain[i].kind, plain[i].len, 0);
	else
		add_exec(rnd(WIRE_FILENAME), rnd(i == 4 ? 100 : 1000));
}

static void clear(void)
{
	truth_len = truth_n = frames_n = 0;
	memset(&e, 0, sizeof(e));
}

static int put(struct recording_writer *w, size_t i)
{
	return recording_put(w, truth + truth_at[i], truth_at[i + 1] - truth_at[i], &e);
}

static void write_truth(void)
{
	struct recording_writer *w = recording_create(path, &e);

	assert_non_null(w);
	for (size_t i = 0; i < truth_n; i++)
		assert_int_equal(put(w, i), 0);
	assert_int_equal(recording_close(w, &e), 0);
}

static void spill(size_t n)
{
	/* Not O_TRUNC: ext4 then flushes at each close (auto_da_alloc), thousands of times. */
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, n), 0);
	assert_int_equal(write(fd, file, n), n);
	close(fd);
}

static size_t slurp(void)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, file, sizeof(file));

	assert_true(n >= 0 && (size_t)n < sizeof(file));
	close(fd);
	return n;
}

static void note_frame(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	frames[frames_n].off = st.st_size;
	frames[frames_n++].rec = truth_n;
}

/* A file of four frames, in `file` too. */
static size_t small_file(void)
{
	static const int counts[] = { 1, 5, 0, 9, 3 };
	struct recording_writer *w;

	clear();
	w = recording_create(path, &e);
	assert_non_null(w);
	for (size_t f = 0; f < 5; f++) {
		if (counts[f]) /* a flush of nothing writes nothing */
			note_frame();
		for (int i = 0; i < counts[f]; i++) {
			add_exec(9, 20 + rnd(60));
			assert_int_equal(put(w, truth_n - 1), 0);
		}
		assert_int_equal(recording_flush(w, &e), 0);
	}
	note_frame();
	assert_int_equal(recording_close(w, &e), 0);
	assert_int_equal(frames_n, 5);
	assert_int_equal(frames[0].off, HEAD);
	return slurp();
}

/* ---- reading ----------------------------------------------------------------------------- */

/* How many records the file yields, each the true one; *ret is what ended it. */
static size_t count(const char *from, int *ret)
{
	struct recording_reader *r = recording_open(from, &e);
	const void *rec;
	size_t n = 0, len;

	if (!r) {
		*ret = -2;
		return 0;
	}
	while ((*ret = recording_next(r, &rec, &len, &e)) > 0) {
		assert_true(n < truth_n);
		assert_int_equal(len, truth_at[n + 1] - truth_at[n]);
		assert_memory_equal(rec, truth + truth_at[n], len);
		n++;
	}
	/* The end stays the end. */
	assert_int_equal(recording_next(r, &rec, &len, NULL), *ret);
	recording_free(r);
	return n;
}

static void expect_all(void)
{
	int ret;
	size_t n = count(path, &ret);

	assert_int_equal(ret, 0);
	assert_int_equal(n, truth_n);
}

static void expect_open_fails(int status, const char *text)
{
	assert_null(recording_open(path, &e));
	assert_int_equal(e.status, status);
	if (!strstr(e.what, text))
		fail_msg("'%s' does not say '%s'", e.what, text);
}

static void expect_damage_at(size_t offset)
{
	static const char text[] = "at offset ";
	const char *at = strstr(e.what, text);

	assert_int_equal(e.status, EXIT_INCONCLUSIVE);
	if (!at || strtoul(at + strlen(text), NULL, 10) != offset || !strstr(e.what, path))
		fail_msg("'%s' does not say '%s%zu' of %s", e.what, text, offset, path);
}

/* The frame that byte `at` of the file belongs to. */
static size_t frame_of(size_t at)
{
	size_t f = 0;

	while (f + 1 < frames_n && frames[f + 1].off <= at)
		f++;
	return f;
}

/* ---- tests: what is written is read ------------------------------------------------------- */

static void test_round_trip(void **state)
{
	(void)state;
	clear();
	for (int i = 0; i < 5000; i++)
		i % 1000 ? add_any() : add_exec(WIRE_FILENAME, WIRE_ARGS);
	assert_int_equal(truth_at[1], EVENT_MAX);
	write_truth();
	expect_all();
}

/* Every frame is whole records, full but not over-full, with its size and a checksum. */
static void test_frames(void **state)
{
	static unsigned char raw[RECORDING_FRAME];
	size_t at = 0, size, i = 0;

	(void)state;
	clear();
	while (truth_len < 3 * RECORDING_FRAME)
		add_any();
	write_truth();
	size = slurp();
	for (at = HEAD; at < size; at += ZSTD_findFrameCompressedSize(file + at, size - at)) {
		size_t n, start = i;

		assert_int_equal(file[at + 4] & 0x1f, 4);
		assert_true(ZSTD_getFrameContentSize(file + at, size - at) <= RECORDING_FRAME);
		n = ZSTD_decompress(raw, sizeof(raw), file + at,
				    ZSTD_findFrameCompressedSize(file + at, size - at));
		assert_true(n <= RECORDING_FRAME);
		while (i < truth_n && truth_at[i + 1] - truth_at[start] <= n)
			i++;
		assert_int_equal(truth_at[i] - truth_at[start], n);
		assert_true(i == truth_n || truth_at[i + 1] - truth_at[start] > RECORDING_FRAME);
	}
	assert_int_equal(i, truth_n);
}

static void test_full_frame(void **state)
{
	(void)state;
	for (size_t n = 4095; n <= 4097; n++) {
		clear();
		for (size_t i = 0; i < n; i++)
			add(WIRE_TRACE_TICK, 64, 0);
		write_truth();
		expect_all();
		slurp();
		assert_int_equal(ZSTD_getFrameContentSize(file + HEAD, 18),
				 n > 4096 ? RECORDING_FRAME : n * 64);
	}
}

static void test_nothing_recorded(void **state)
{
	(void)state;
	clear();
	write_truth();
	assert_int_equal(slurp(), HEAD);
	expect_all();
}

/* The file is what zstd(1) reads, where there is one. */
static void test_zstd(void **state)
{
	char cmd[256];
	FILE *f;

	(void)state;
	small_file();
	snprintf(cmd, sizeof(cmd), "zstd -qt %s && zstd -dcq <%s", path, path);
	if (system("command -v zstd >/dev/null"))
		skip();
	f = popen(cmd, "r");
	assert_non_null(f);
	assert_int_equal(fread(file, 1, sizeof(file), f), truth_len);
	assert_int_equal(pclose(f), 0);
	assert_memory_equal(file, truth, truth_len);
}

/* ---- tests: damage ------------------------------------------------------------------------ */

static void test_cut_anywhere(void **state)
{
	size_t size = small_file();

	(void)state;
	for (size_t n = 0; n <= size; n++) {
		size_t f = frame_of(n), got;
		int ret;

		spill(n);
		if (n < HEAD) {
			expect_open_fails(EXIT_INCONCLUSIVE,
					  n ? "is cut off at offset" : "is empty");
			continue;
		}
		got = count(path, &ret);
		assert_int_equal(got, frames[f].rec);
		assert_int_equal(ret, n == frames[f].off ? 0 : -1);
		if (ret)
			expect_damage_at(frames[f].off);
	}
}

/*
 * A byte that is changed costs its frame and what follows, or it changes nothing at all: reserved
 * bytes of the head, and bits that RFC 8878 leaves unused at the end of a table's description.
 */
static void check_byte(size_t at, unsigned char byte, size_t size, size_t *harmless)
{
	unsigned char was = file[at];
	size_t f = frame_of(at), n;
	int ret;

	if (byte == was)
		return;
	file[at] = byte;
	spill(size);
	file[at] = was;
	n = count(path, &ret);
	if (ret == -2) {
		assert_true(at < HEAD - 16);
		assert_true(e.status == EXIT_USAGE || e.status == EXIT_INCONCLUSIVE);
	} else if (ret == -1) {
		assert_int_equal(n, frames[f].rec);
		expect_damage_at(frames[f].off);
	} else {
		assert_int_equal(ret, 0);
		assert_int_equal(n, truth_n);
		assert_true(at >= HEAD - 16 && (at < HEAD || at >= frames[f].off + 5));
		*harmless += at >= HEAD;
	}
}

static void test_flip_anything(void **state)
{
	size_t size = small_file(), harmless = 0;

	(void)state;
	for (size_t at = 0; at < size; at++) {
		for (int bit = 0; bit < 8; bit++)
			check_byte(at, file[at] ^ (1 << bit), size, &harmless);
		check_byte(at, 0x00, size, &harmless);
		check_byte(at, 0xff, size, &harmless);
		check_byte(at, rnd(256), size, &harmless);
	}
	if (harmless > size / 50)
		fail_msg("%zu changes of %zu bytes were not noticed", harmless, size);
}

/* ---- tests: what is not a recording, or not ours ------------------------------------------- */

static void patch_head(size_t at, unsigned char byte, int status, const char *text)
{
	size_t size = small_file();

	file[at] = byte;
	spill(size);
	expect_open_fails(status, text);
}

static void test_versions(void **state)
{
	uint32_t swapped = __builtin_bswap32(WIRE_ORDER);
	char text[80];
	size_t size;

	(void)state;
	snprintf(text, sizeof(text), "file version %d, this sigtrace reads up to version %d",
		 RECORDING_VERSION + 1, RECORDING_VERSION);
	patch_head(16, RECORDING_VERSION + 1, EXIT_USAGE, text);
	snprintf(text, sizeof(text), "record version %d, this sigtrace reads up to version %d",
		 WIRE_VERSION + 1, WIRE_VERSION);
	patch_head(18, WIRE_VERSION + 1, EXIT_USAGE, text);
	assert_true(e.hint[0]);
	patch_head(8, 's', EXIT_INCONCLUSIVE, "is damaged at offset 0");
	patch_head(16, 0, EXIT_INCONCLUSIVE, "is damaged at offset 0");

	size = small_file();
	memcpy(file + 20, &swapped, sizeof(swapped));
	spill(size);
	expect_open_fails(EXIT_USAGE, "other byte order");
}

static void test_not_a_recording(void **state)
{
	static const char text[] = "this is a text file that is longer than the head";

	(void)state;
	for (size_t n = 1; n < sizeof(text); n++) {
		memcpy(file, text, n);
		spill(n);
		expect_open_fails(EXIT_USAGE, "is not a recording");
	}
	/* zstd, but not ours */
	spill(ZSTD_compress(file, sizeof(file), text, sizeof(text), 1));
	expect_open_fails(EXIT_USAGE, "is not a recording");

	assert_int_equal(unlink(path), 0);
	expect_open_fails(EXIT_USAGE, "No such file");
	assert_int_equal(mkdir(path, 0700), 0);
	expect_open_fails(EXIT_USAGE, "there is no recording in folder");
	assert_null(recording_create(path, &e));
	assert_int_equal(e.status, EXIT_USAGE);
	assert_int_equal(rmdir(path), 0);
}

/* ---- tests: frames that somebody else made ------------------------------------------------- */

struct making {
	int checksum, known_size, window_log;
};

/* A file with one frame of n bytes. */
static void make_file(const void *p, size_t n, struct making m)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out = { file, sizeof(file), HEAD };

	assert_int_equal(recording_close(recording_create(path, &e), &e), 0);
	assert_int_equal(slurp(), HEAD);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, m.checksum);
	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, m.window_log);
	if (m.known_size)
		ZSTD_CCtx_setPledgedSrcSize(z, n);
	else /* given all at once zstd would know it */
		assert_false(ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush)));
	assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(z);
	spill(out.pos);
}

static void expect_refused(const void *p, size_t n, struct making m, const char *text)
{
	int ret;

	make_file(p, n, m);
	assert_int_equal(count(path, &ret), 0);
	assert_int_equal(ret, -1);
	expect_damage_at(HEAD);
	if (!strstr(e.what, text))
		fail_msg("'%s' does not say '%s'", e.what, text);
}

static void test_foreign_frame(void **state)
{
	int ret;

	(void)state;
	clear();
	for (int i = 0; i < 4096; i++)
		add(WIRE_TRACE_TICK, 64, 0);
	make_file(truth, truth_len, (struct making){ 1, 1, 0 });
	expect_all();
	make_file(truth, truth_len, (struct making){ 1, 0, 18 });
	expect_all();
	file[HEAD] = 0x27; /* the format of zstd 0.7, which a libzstd may still know */
	spill(500);
	assert_int_equal(count(path, &ret), 0);
	assert_int_equal(ret, -1);
	assert_non_null(strstr(e.what, "no frame starts here"));
	expect_refused(truth, truth_len, (struct making){ 0, 1, 0 }, "not a frame of a recording");
	expect_refused(truth, truth_len, (struct making){ 1, 0, 19 }, "memory");
	expect_refused(truth, truth_len - 1, (struct making){ 1, 1, 0 }, "whole records");
	expect_refused(truth, 64 + 47, (struct making){ 1, 1, 0 }, "whole records");
}

static void test_bomb(void **state)
{
	size_t n = 64 << 20;
	void *zeros = calloc(1, n);

	(void)state;
	clear();
	for (int i = 0; i < 4095; i++)
		add(WIRE_TRACE_TICK, 64, 0);
	add(WIRE_TRACE_TICK, 65, 0);
	assert_int_equal(truth_len, RECORDING_FRAME + 1);
	expect_refused(truth, truth_len, (struct making){ 1, 1, 0 }, "too large");
	expect_refused(truth, truth_len, (struct making){ 1, 1, 10 }, "too large");
	expect_refused(truth, truth_len, (struct making){ 1, 0, 10 }, "too large");
	assert_non_null(zeros);
	expect_refused(zeros, n, (struct making){ 1, 1, 0 }, "memory");
	expect_refused(zeros, n, (struct making){ 1, 1, 18 }, "too large");
	expect_refused(zeros, n, (struct making){ 1, 0, 18 }, "too large");
	expect_refused(zeros, RECORDING_FRAME, (struct making){ 1, 1, 0 }, "whole records");
	free(zeros);
}

/* Skippable frames that this version does not know, larger than any buffer, in two places. */
static void test_skippable(void **state)
{
	static const unsigned char skip_head[8] = { 0x51, 0x2A, 0x4D, 0x18, 0, 0, 5, 0 };
	const size_t n = 8 + (5 << 16);
	size_t size = small_file(), at = frames[2].off, got;
	int ret;

	(void)state;
	memmove(file + at + n, file + at, size - at);
	memcpy(file + at, skip_head, 8);
	memcpy(file + size + n, file + at, n);
	spill(size + 2 * n);
	expect_all();

	for (size_t cut = 1; cut < n; cut += cut < 16 ? 1 : n / 4) {
		spill(at + cut);
		got = count(path, &ret);
		assert_int_equal(got, frames[2].rec);
		assert_int_equal(ret, -1);
		expect_damage_at(at);
	}
}

/* ---- tests: the file ---------------------------------------------------------------------- */

static void test_mode(void **state)
{
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	clear();
	unlink(path);
	for (int i = 0; i < 2; i++) {
		write_truth();
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
		assert_int_equal(st.st_size, HEAD);
		memset(file, 'x', 1000); /* what was there before goes */
		spill(1000);
		assert_int_equal(chmod(path, 0644), 0);
	}
	umask(mask);
}

static void test_symlink(void **state)
{
	struct stat st;

	(void)state;
	spill(0);
	assert_int_equal(symlink(path, other), 0);
	assert_null(recording_create(other, &e));
	assert_int_equal(e.status, EXIT_USAGE);
	assert_non_null(strstr(e.what, "is a symbolic link"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink(other), 0);
}

static void test_refused_record(void **state)
{
	struct recording_writer *w;

	(void)state;
	clear();
	w = recording_create(path, &e);
	add_exec(5, 50);
	assert_int_equal(put(w, 0), 0);
	assert_int_equal(recording_put(w, truth, truth_len - 1, &e), -1);
	assert_non_null(strstr(e.what, "not a record"));
	assert_int_equal(put(w, 0), -1);
	assert_int_equal(recording_close(w, &e), -1);
	assert_non_null(strstr(e.what, "not a record"));
	expect_all();
}

/* ---- tests: a full disk --------------------------------------------------------------------- */

static void test_dev_full(void **state)
{
	struct stat before, after;

	(void)state;
	assert_int_equal(stat("/dev/full", &before), 0);
	assert_null(recording_create("/dev/full", &e));
	assert_int_equal(e.status, EXIT_INCONCLUSIVE);
	assert_string_equal(e.what, "cannot write recording '/dev/full': No space left on device");
	assert_int_equal(stat("/dev/full", &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
}

/* The disk is full later on, and stays an error when there is room again. */
static void test_full_is_sticky(void **state)
{
	int was, fd, full, ret[4];
	struct recording_writer *w;

	(void)state;
	clear();
	for (int i = 0; i < 9; i++)
		add_any();
	fflush(stdout);
	was = dup(STDOUT_FILENO);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	full = open("/dev/full", O_WRONLY);
	dup2(fd, STDOUT_FILENO);
	w = recording_create("-", &e);
	ret[0] = put(w, 0) || recording_flush(w, &e) || put(w, 1);
	dup2(full, STDOUT_FILENO);
	ret[1] = recording_flush(w, &e);
	dup2(fd, STDOUT_FILENO);
	memset(&e, 0, sizeof(e));
	ret[2] = put(w, 2);
	ret[3] = recording_close(w, NULL);
	dup2(was, STDOUT_FILENO);
	close(was);
	close(fd);
	close(full);

	assert_int_equal(ret[0], 0);
	assert_int_equal(ret[1] & ret[2] & ret[3], -1);
	assert_string_equal(e.what, "cannot write recording '-': No space left on device");
	truth_n = 1;
	expect_all();
}

/* A write that the limit cuts in two leaves no half of a frame in the file. */
static void test_full_half_way(void **state)
{
	struct rlimit was, low;
	struct recording_writer *w;
	size_t whole = 0;
	struct stat st;
	int ret = 0;

	(void)state;
	clear();
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	low = was;
	low.rlim_cur = 30001;
	w = recording_create(path, &e);
	for (int i = 0; i < 100; i++)
		add_exec(20, 1000);
	setrlimit(RLIMIT_FSIZE, &low);
	for (size_t i = 0; i < truth_n && !ret; i++) {
		ret = put(w, i) || (i % 4 == 3 && recording_flush(w, &e));
		if (!ret && i % 4 == 3)
			whole = i + 1;
	}
	setrlimit(RLIMIT_FSIZE, &was);
	assert_true(ret);
	assert_int_equal(e.status, EXIT_INCONCLUSIVE);
	assert_non_null(strstr(e.what, "File too large"));
	assert_non_null(strstr(e.hint, "-r"));
	assert_int_equal(recording_close(w, &e), -1);

	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 20000 && st.st_size < 30001);
	truth_n = whole;
	expect_all();
}

/* ---- tests: pipes --------------------------------------------------------------------------- */

/* What is complete is there at once, while the writer still has the pipe open. */
static void test_live_pipe(void **state)
{
	size_t size = small_file(), n = 0, len;
	int fd[2], was = dup(STDIN_FILENO);
	struct recording_reader *r;
	const void *rec;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	alarm(HANGS); /* a reader that wants more than it needs hangs */
	assert_int_equal(write(fd[1], file, frames[2].off + 3), frames[2].off + 3);
	r = recording_open("-", &e);
	assert_non_null(r);
	for (; n < frames[2].rec; n++) {
		assert_int_equal(recording_next(r, &rec, &len, &e), 1);
		assert_memory_equal(rec, truth + truth_at[n], len);
	}
	len = size - frames[2].off - 3;
	assert_int_equal(write(fd[1], file + frames[2].off + 3, len), len);
	close(fd[1]);
	for (; n < truth_n; n++)
		assert_int_equal(recording_next(r, &rec, &len, &e), 1);
	assert_int_equal(recording_next(r, &rec, &len, &e), 0);
	recording_free(r);
	alarm(0);
	dup2(was, STDIN_FILENO);
	close(was);
}

static void write_pipe(const char *to)
{
	struct recording_writer *w = recording_create(to, &e);
	int bad = !w;

	for (size_t i = 0; i < truth_n && !bad; i++)
		bad = put(w, i) || (i == 100 && recording_flush(w, &e));
	_exit(bad || recording_close(w, &e));
}

static void test_fifo(void **state)
{
	int status;
	pid_t child;

	(void)state;
	clear();
	while (truth_len < 2 * RECORDING_FRAME)
		add_any();
	unlink(path);
	assert_int_equal(mkfifo(path, 0644), 0);
	alarm(HANGS);
	child = fork();
	if (!child)
		write_pipe(path);
	expect_all();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	alarm(0);
	unlink(path);
}

/* An inherited pipe may be non-blocking: writes are cut short, and either end has to wait. */
static void test_nonblocking_pipe(void **state)
{
	int fd[2], status, ret, was = dup(STDIN_FILENO);
	pid_t child;
	size_t n;

	(void)state;
	clear();
	while (truth_len < 2 * RECORDING_FRAME)
		add_any();
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	fflush(stdout);
	child = fork();
	if (!child) {
		dup2(fd[1], STDOUT_FILENO);
		close(fd[0]);
		write_pipe("-");
	}
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	close(fd[1]);
	n = count("-", &ret);
	dup2(was, STDIN_FILENO);
	close(was);
	assert_int_equal(ret, 0);
	assert_int_equal(n, truth_n);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/x.sgt", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_full_frame),
		cmocka_unit_test(test_nothing_recorded),
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_flip_anything),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_not_a_recording),
		cmocka_unit_test(test_foreign_frame),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_skippable),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_symlink),
		cmocka_unit_test(test_refused_record),
		cmocka_unit_test(test_dev_full),
		cmocka_unit_test(test_full_is_sticky),
		cmocka_unit_test(test_full_half_way),
		cmocka_unit_test(test_live_pipe),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_nonblocking_pipe),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
