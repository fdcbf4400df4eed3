/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_exec MODE: executes itself in unusual ways and prints what is true of it, for test_traps.
 *   at       execveat(2) with a folder, fexecve(3)
 *   env      no environment, no argv at all
 *   empty    empty arguments
 *   long     argv at, just above and far above 4096 bytes; long names of files
 *   hostile  argv and the name of the file hold line ends, escape sequences, broken UTF-8
 *   report   tells what it was executed as
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_KEPT 4096
#define NAME_KEPT 255
#define SELF "/proc/self/exe"

static char *const no_env[] = { NULL };

/* ---- a line at a time: stdout is a pipe that others write as well ---- */

static char line[65536];
static size_t len;

static void add(const char *s)
{
	len += (size_t)snprintf(line + len, sizeof(line) - len, "%s", s);
}

static void add_member(const char *name, const char *text)
{
	add(",\"");
	add(name);
	add("\":\"");
	add(text);
	add("\"");
}

static void begin(int pid)
{
	len = (size_t)snprintf(line, sizeof(line), "then {\"type\":\"task.exec\",\"tgid\":%d", pid);
}

static void end(const char *truncated)
{
	add(",\"truncated\":");
	add(truncated);
	add("}\n");
	if (write(1, line, len) != (ssize_t)len)
		exit(96);
}

/* Plain words only. */
static void add_args(char *const *argv)
{
	add(",\"args\":[");
	for (int i = 0; argv[i]; i++) {
		add(i ? ",\"" : "\"");
		add(argv[i]);
		add("\"");
	}
	add("]");
}

/* What an exec of argv keeps, if that is more than ARGS_KEPT bytes. */
static void add_cut_args(char *const *argv)
{
	size_t left = ARGS_KEPT;

	add(",\"args\":[");
	for (int i = 0; argv[i] && left; i++) {
		size_t n = strlen(argv[i]) + 1;
		char word[ARGS_KEPT + 1];

		snprintf(word, sizeof(word), "%.*s", (int)left, argv[i]);
		add(i ? ",\"" : "\"");
		add(word);
		add("\"");
		left -= n < left ? n : left;
	}
	add("]");
}

static void report(char **argv)
{
	char comm[16];

	prctl(PR_GET_NAME, comm);
	begin(getpid());
	add_member("filename", (const char *)getauxval(AT_EXECFN));
	add_member("comm", comm);
	add_args(argv);
	end("false");
}

/* ---- */

static void wait_for(int pid, int want)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != want << 8)
		exit(95);
	dprintf(1, "then {\"type\":\"task.exit\",\"tgid\":%d,\"status\":%d}\n", pid, want);
	dprintf(1, "1 {\"type\":\"task.exec\",\"tgid\":%d}\n", pid);
}

/* The end of what begin() began: exec in a child that has waited until all was said. */
static void run(const char *path, char *const *argv, char *const *env, const char *truncated,
		void (*args)(char *const *))
{
	int go[2], pid;
	char c;

	if (pipe(go))
		exit(94);
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (read(go[0], &c, 1) == 1)
			execve(path, argv, env);
		exit(93);
	}
	close(go[0]);
	begin(pid);
	if (args)
		args(argv);
	end(truncated);
	if (write(go[1], "", 1) != 1)
		exit(92);
	close(go[1]);
	wait_for(pid, 0);
}

static void at(void)
{
	char self[512], *slash, *dir_argv[] = { "prog_exec", "report", "execveat", NULL };
	char *fd_argv[] = { "prog_exec", "report", "fexecve", NULL };
	ssize_t n = readlink(SELF, self, sizeof(self) - 1);
	int pid, dir, fd;

	if (n < 1)
		exit(91);
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	dir = open(self, O_PATH);
	fd = open(SELF, O_RDONLY | O_CLOEXEC);
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, dir, slash + 1, dir_argv, no_env, 0);
		exit(90);
	}
	wait_for(pid, 0);
	pid = fork();
	if (!pid) {
		fexecve(fd, fd_argv, no_env);
		exit(89);
	}
	wait_for(pid, 0);
}

static void env(void)
{
	char *argv[] = { "prog_exec", "end", NULL }, *none[] = { NULL };
	static const char path[] = SELF;
	char comm[] = "exe";
	int pid = fork();

	if (!pid) {
		char *report_argv[] = { "prog_exec", "report", "env", NULL };

		execve(path, report_argv, no_env);
		exit(88);
	}
	wait_for(pid, 0);
	run(SELF, argv, no_env, "false", add_args);
	/* execve(2) of a kernel >= 5.18 makes it one empty string */
	pid = fork();
	if (!pid) {
		execve(path, none, no_env);
		exit(87);
	}
	begin(pid);
	add_member("comm", comm);
	add(",\"args\":[\"\"]");
	end("false");
	wait_for(pid, 0);
}

static void empty(void)
{
	char *argv[] = { "prog_exec", "end", "", "", "x", "", NULL };

	run(SELF, argv, environ, "false", add_args);
	argv[2] = NULL;
	argv[0] = "";
	run(SELF, argv, environ, "false", add_args);
}

/* Bytes of which no two neighbouring pages look alike. */
static char *filler(size_t n)
{
	char *s = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		s[i] = "0123456789abcdefghijklmnopqrstuvwxyz#"[i % 37];
	s[n] = '\0';
	return s;
}

static void long_args(void)
{
	static const size_t total[] = { ARGS_KEPT - 1, ARGS_KEPT, ARGS_KEPT + 1, 5000, 130000 };
	static char words[3000][8];
	char *many[3003] = { "prog_exec", "end" };

	for (size_t i = 0; i < sizeof(total) / sizeof(*total); i++) {
		/* "prog_exec", "end" and the last one, each with its NUL */
		char *argv[] = { "prog_exec", "end", filler(total[i] - 10 - 4 - 1), NULL };

		run(SELF, argv, environ, total[i] > ARGS_KEPT ? "true" : "false", add_cut_args);
		free(argv[2]);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(words[i], sizeof(words[i]), "w%d", i);
		many[2 + i] = words[i];
	}
	run(SELF, many, no_env, "true", add_cut_args);
}

static char long_path[600];

static void add_long_path(char *const *argv)
{
	char kept[NAME_KEPT + 1];

	snprintf(kept, sizeof(kept), "%.*s", NAME_KEPT, long_path);
	add_member("filename", kept);
	add_args(argv);
}

static void long_name(void)
{
	static const size_t total[] = { NAME_KEPT - 1, NAME_KEPT, NAME_KEPT + 1, 500 };
	char *argv[] = { "prog_exec", "end", NULL };

	for (size_t i = 0; i < sizeof(total) / sizeof(*total); i++) {
		size_t n = total[i] - strlen(SELF);

		strcpy(long_path, "/proc");
		memset(long_path + 5, '/', n);
		strcpy(long_path + 5 + n, "/self/exe");
		run(long_path, argv, no_env, total[i] > NAME_KEPT ? "true" : "false",
		    add_long_path);
	}
}

/* Invalid bytes come as the code point of the same number. */
static void hostile(const char *dir)
{
	char *argv[] = { "prog_exec", "end", "two\nlines", "\033]0;title\007\033[2J\r\b\177",
			 "\xff\xfe|\xc3(|\xe2\x82|\xed\xa0\x80|\xf4\x90\x80\x80",
			 "\xc3\xa4\xe2\x82\xac",
			 "\"\\</script>{}", "\xc2\x9b" "31m\xe2\x80\xae", NULL };
	static const char want[] =
		",\"args\":[\"prog_exec\",\"end\",\"two\\nlines\","
		"\"\\u001b]0;title\\u0007\\u001b[2J\\r\\b\\u007f\","
		"\"\\u00ff\\u00fe|\\u00c3(|\\u00e2\\u0082|\\u00ed\\u00a0\\u0080|"
		"\\u00f4\\u0090\\u0080\\u0080\",\"\\u00e4\\u20ac\","
		"\"\\\"\\\\</script>{}\",\"\\u009b31m\\u202e\"]";
	char path[600], self[512];
	ssize_t n = readlink(SELF, self, sizeof(self) - 1);
	int pid;

	self[n > 0 ? n : 0] = '\0';
	snprintf(path, sizeof(path), "%s/a\n\033[7m\xff\"", dir);
	unlink(path);
	if (symlink(self, path))
		exit(86);
	pid = fork();
	if (!pid) {
		execve(path, argv, environ);
		exit(85);
	}
	begin(pid);
	add(want);
	add(",\"filename\":\"");
	add(dir);
	add("/a\\n\\u001b[7m\\u00ff\\\"\",\"comm\":\"a\\n\\u001b[7m\\u00ff\\\"\"");
	end("false");
	wait_for(pid, 0);
	unlink(path);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "end";

	if (!strcmp(mode, "report"))
		report(argv);
	else if (!strcmp(mode, "at"))
		at();
	else if (!strcmp(mode, "env"))
		env();
	else if (!strcmp(mode, "empty"))
		empty();
	else if (!strcmp(mode, "long-args"))
		long_args();
	else if (!strcmp(mode, "long-name"))
		long_name();
	else if (!strcmp(mode, "hostile") && argc > 2)
		hostile(argv[2]);
	else if (strcmp(mode, "end"))
		return 2;
	return 0;
}
