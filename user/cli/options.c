/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/options_row.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "event/field.h"
#include "event/names.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int options_usage(struct err *e, const char *what, const char *value, const char *hint)
{
	err_set(e, EXIT_USAGE, "%s '%s'", what, value);
	return hint ? err_hint(e, "did you mean %s?", hint) :
		      err_hint(e, "sigtrace --help lists the options");
}

int options_wrong(const char *why, const char *hint)
{
	struct err e = {0};

	err_set(&e, EXIT_USAGE, "%s", why);
	err_hint(&e, "%s", hint);
	log_err(&e);
	return e.status;
}

int options_scope(struct options *o, unsigned scope, struct err *e)
{
	if (o->scope_given && o->scope != scope) {
		err_set(e, EXIT_USAGE, "two scopes are given");
		return err_hint(e, "give one of --sshd, --all, -p PID");
	}
	o->scope = scope;
	o->scope_given = true;
	return 0;
}

static int on_sshd(struct options *o, const char *v, struct err *e)
{
	(void)v;
	return options_scope(o, WIRE_SCOPE_SSHD, e);
}

static int on_all(struct options *o, const char *v, struct err *e)
{
	(void)v;
	return options_scope(o, WIRE_SCOPE_ALL, e);
}

static int on_pid(struct options *o, const char *v, struct err *e)
{
	char path[64], line[128];
	uint64_t pid;
	FILE *f;

	if (parse_u64(v, INT_MAX, &pid) || !pid)
		return options_usage(e, "-p takes a process id, not", v, NULL);
	snprintf(path, sizeof(path), "/proc/%u/status", (unsigned)pid);
	f = fopen(path, "re");
	if (!f) {
		err_set(e, EXIT_USAGE, "there is no process %u", (unsigned)pid);
		return -1;
	}
	o->tgid = pid; /* a thread's id names its process */
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &o->tgid) == 1)
			break;
	fclose(f);
	return options_scope(o, WIRE_SCOPE_TREE, e);
}

/* A port, a program's name or its path: of these the kernel keeps the last part, as comm. */
static int on_server(struct options *o, const char *v, struct err *e)
{
	const char *name = strrchr(v, '/') ? strrchr(v, '/') + 1 : v;
	uint64_t port;

	if (o->nservers == OPTIONS_SERVERS)
		return err_set(e, EXIT_USAGE, "more than %d servers are named", OPTIONS_SERVERS);
	if (!*name || (name[strspn(name, "0123456789")] == '\0' &&
		       (parse_u64(name, UINT16_MAX, &port) || !port)))
		return options_usage(e, "--server takes a program or a port, not", v, NULL);
	if (name != v && access(v, X_OK)) {
		err_set(e, EXIT_USAGE, "--server: there is no program %s", v);
		return -1;
	}
	o->servers[o->nservers++] = name;
	return 0;
}

static int on_user(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->filter.user = v;
	return 0;
}

static int on_tty(struct options *o, const char *v, struct err *e)
{
	/* by its name alone: a recording's terminal need not exist here and now */
	if (tty_by_name(v, &o->filter.tty) || !o->filter.tty)
		return options_usage(e, "-t takes a terminal such as pts/5, not", v, NULL);
	return 0;
}

static int on_peer(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->filter.peer = v;
	return 0;
}

static int on_session(struct options *o, const char *v, struct err *e)
{
	uint64_t n;

	if (parse_u64(v[0] == '#' ? v + 1 : v, UINT32_MAX, &n) || !n)
		return options_usage(e, "--session takes a number, not", v, NULL);
	o->filter.session = n;
	return 0;
}

/* Calls `add` with each word of a list; a '!' in front of the list or a word negates. */
static int each_word(struct options *o, const char *list, struct err *e,
		     int (*add)(struct options *o, const char *word, bool not, struct err *e))
{
	char *copy = strdup(list), *save, *word;
	int r = 0;

	if (!copy)
		return err_set(e, EXIT_USAGE, "out of memory");
	for (word = strtok_r(copy, ",", &save); word && !r; word = strtok_r(NULL, ",", &save))
		r = add(o, word + (word[0] == '!'), word[0] == '!', e);
	free(copy);
	return r;
}

static int add_signal(struct options *o, const char *word, bool not, struct err *e)
{
	unsigned sig = signal_by_name(word);
	uint64_t bit;
	size_t n;

	if (!sig) {
		const char *const *names = signal_names(&n);

		return options_usage(e, "unknown signal", word, parse_nearest(word, names, n));
	}
	bit = UINT64_C(1) << (sig - 1);
	if (not && !o->filter.signals)
		o->filter.signals = UINT64_MAX;
	o->filter.signals = not ? o->filter.signals & ~bit : o->filter.signals | bit;
	return 0;
}

static int on_signal(struct options *o, const char *v, struct err *e)
{
	return each_word(o, v, e, add_signal);
}

#define KIND_NAME(num, NAME, name, type, tail) name,
static const char *const kind_names[] = {WIRE_KINDS(KIND_NAME) "session.open", "interrupt", "orphan",
					 "session.close", "orphan.exit"};

const char *const *option_kinds(size_t *n)
{
	*n = COUNT(kind_names);
	return kind_names;
}

static uint32_t fact_bit(const char *word)
{
	for (unsigned k = FACT_OPEN; k <= FACT_FATE; k++)
		if (!strcmp(word, fact_kind_name(k)))
			return VIEW_FACT_BIT(k);
	return 0;
}

static int add_kind(struct options *o, const char *word, bool not, struct err *e)
{
	unsigned kind = kind_by_name(word);
	uint32_t bit = kind ? UINT32_C(1) << kind : fact_bit(word);

	if (!bit)
		return options_usage(e, "unknown kind", word,
			     parse_nearest(word, kind_names, COUNT(kind_names)));
	if (not && !o->filter.kinds)
		o->filter.kinds = UINT32_MAX;
	o->filter.kinds = not ? o->filter.kinds & ~bit : o->filter.kinds | bit;
	return 0;
}

static int on_event(struct options *o, const char *v, struct err *e)
{
	return each_word(o, v, e, add_kind);
}

static int on_condition(struct options *o, const char *v, struct err *e)
{
	struct buf why = {0};

	if (o->filter.where)
		return err_set(e, EXIT_USAGE, "-F is given twice: write one condition, with and");
	o->filter.where = filter_new("-F", v, strlen(v), &why);
	if (!o->filter.where) {
		err_set(e, EXIT_USAGE, "%.*s", (int)strcspn(buf_cstr(&why), "\n"), buf_cstr(&why));
		err_hint(e, "sigtrace fields lists what a condition can name");
	}
	buf_free(&why);
	return o->filter.where ? 0 : -1;
}

static int on_failed(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->filter.failed = true;
	return 0;
}

static int on_json(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->json = true;
	return 0;
}

static int on_read(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->read = v;
	return 0;
}

static int on_write(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->write = v;
	return 0;
}

static int on_output(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->output = v;
	return 0;
}

int options_redact(const char *v, struct err *e)
{
	return strcmp(v, "args") ? options_usage(e, "--redact takes args, not", v, NULL) : 0;
}

static int on_redact(struct options *o, const char *v, struct err *e)
{
	o->redact = true;
	return options_redact(v, e);
}

const char *const option_colors[] = {
	[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL};

static int on_color(struct options *o, const char *v, struct err *e)
{
	for (size_t i = 0; option_colors[i]; i++)
		if (!strcmp(v, option_colors[i])) {
			o->color = i;
			return 0;
		}
	return options_usage(e, "--color takes auto, always or never, not", v,
		     parse_nearest(v, option_colors, COUNT(option_colors) - 1));
}

static int on_quiet(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->quiet = true;
	return 0;
}

static int on_verbose(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->verbose = true;
	return 0;
}

static int on_stats(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->stats = true;
	return 0;
}

static int on_metrics(struct options *o, const char *v, struct err *e)
{
	(void)e;
	o->metrics = v;
	return 0;
}

static int on_duration(struct options *o, const char *v, struct err *e)
{
	if (parse_duration(v, &o->duration) || !o->duration) {
		err_set(e, EXIT_USAGE, "--duration takes a time such as 300ms, 2s or 5m, not '%s'", v);
		return -1;
	}
	return 0;
}

/* "64k", "8M", "2G"; 0: it is none. */
static uint64_t size_of(const char *v)
{
	size_t n = strspn(v, "0123456789");
	char digits[16] = "";
	uint64_t size = 0;

	if (n && n < sizeof(digits))
		memcpy(digits, v, n);
	if (parse_u64(digits, 1 << 20, &size) || !v[n] || v[n + 1])
		return 0;
	return v[n] == 'G' ? size << 30 : v[n] == 'M' ? size << 20 : v[n] == 'k' || v[n] == 'K' ? size << 10 : 0;
}

static int on_rotate(struct options *o, const char *v, struct err *e)
{
	o->rotate = size_of(v);
	return o->rotate ? 0 : err_set(e, EXIT_USAGE, "--rotate takes a size such as 64k, 256M or 2G, not '%s'", v);
}

static int on_keep(struct options *o, const char *v, struct err *e)
{
	uint64_t n;

	if (parse_u64(v, 1000000, &n) || n < 2)
		return err_set(e, EXIT_USAGE, "--keep takes a number of files, 2 or more, not '%s'", v);
	o->keep = (uint32_t)n;
	return 0;
}

static int on_each(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->each = true;
	return 0;
}

/* A power of two: that is what the kernel makes rings of. */
static int on_buffer(struct options *o, const char *v, struct err *e)
{
	uint64_t size = size_of(v), ring = 4096;

	if (!size || size > UINT64_C(1) << 30) {
		err_set(e, EXIT_USAGE, "--buffer takes a size such as 64k or 8M, at most 1024M, not '%s'",
			v);
		return -1;
	}
	while (ring < size)
		ring *= 2;
	o->ring = (uint32_t)ring;
	return 0;
}

static int on_ready_fd(struct options *o, const char *v, struct err *e)
{
	uint64_t fd;

	if (parse_u64(v, 65535, &fd))
		return options_usage(e, "--ready-fd takes a descriptor, not", v, NULL);
	if (fcntl((int)fd, F_GETFD) < 0)
		return options_usage(e, "--ready-fd: there is no open descriptor", v, NULL);
	o->ready_fd = fd;
	return 0;
}

static int on_help(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->help = true;
	return 0;
}

static int on_version(struct options *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->version = true;
	return 0;
}

const struct option_row option_rows[] = {
	{"What to trace", 0, "sshd", NULL, on_sshd, "every ssh server, its sessions and all their processes"},
	{NULL, 0, "server", "EXE|PORT", on_server, "this is an ssh server too (implies --sshd); may be repeated"},
	{NULL, 0, "all", NULL, on_all, "every process of the machine"},
	{NULL, 'p', "pid", "PID", on_pid, "one process and its descendants; ends when it does"},
	{NULL, 'r', "read", "FILE", on_read, "a recording instead of the kernel; '-': stdin; needs no root"},
	{"Of that, what to show", 'u', "user", "USER", on_user, "sessions of this user (like the next three, implies --sshd)"},
	{NULL, 't', "tty", "TTY", on_tty, "sessions on this terminal, such as pts/5"},
	{NULL, 0, "peer", "ADDR[:PORT]", on_peer, "sessions from this address"},
	{NULL, 0, "session", "ID", on_session, "one session, by its number"},
	{NULL, 's', "signal", "SIG,..", on_signal, "these signals; !SIG: all but it"},
	{NULL, 'e', "event", "KIND,..", on_event, "these kinds, named as in JSON; !KIND: all but it"},
	{NULL, 'F', "filter", "CONDITION", on_condition, "what a condition holds for: 'sig=SIGTERM target.comm=nginx'"},
	{NULL, 'x', "failed", NULL, on_failed, "only what was ignored, blocked or failed"},
	{"Output", 0, "json", NULL, on_json, "one JSON object a line"},
	{NULL, 'w', "write", "FILE", on_write, "record to FILE as well; with -q, only that; with -r a copy"},
	{NULL, 0, "rotate", "SIZE", on_rotate, "-w names a folder; a new file there after 64k, 256M, 2G"},
	{NULL, 0, "keep", "N", on_keep, "with --rotate: of these files the newest N"},
	{NULL, 'o', "output", "FILE", on_output, "write text or JSON there instead of to stdout"},
	{NULL, 0, "redact", "args", on_redact, "hide the arguments of every command line, also in -w"},
	{NULL, 0, "color", "WHEN", on_color, "auto, always or never"},
	{NULL, 'q', "quiet", NULL, on_quiet, "show nothing"},
	{NULL, 'v', "verbose", NULL, on_verbose, "show everything: also forks, sockets, SIGCHLD, start-up files"},
	{NULL, 0, "stats", NULL, on_stats, "each second, on stderr: records, what was lost, ring, memory, ns of the hooks"},
	{NULL, 0, "metrics", "FILE", on_metrics, "the same each second for Prometheus: FILE is replaced as a whole"},
	{NULL, 0, "duration", "TIME", on_duration, "stop after 300ms, 2s, 5m, 1h"},
	{NULL, 0, "buffer", "SIZE", on_buffer, "of the ring buffer: 64k, 8M (8M)"},
	{NULL, 0, "each", NULL, on_each, "count no signals while the buffer has room: each has its record"},
	{NULL, 0, "ready-fd", "N", on_ready_fd, "write a newline to descriptor N when every hook is attached"},
	{NULL, 'h', "help", NULL, on_help, "show this"},
	{NULL, 'V', "version", NULL, on_version, "show the version"},
};

const size_t option_count = COUNT(option_rows);
_Static_assert(COUNT(option_rows) <= OPTIONS_MOST, "raise OPTIONS_MOST");
