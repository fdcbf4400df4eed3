/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording of any length, made up: for the replay benches. */
#ifndef SIGTRACE_BENCH_LONG_RECORDING_H
#define SIGTRACE_BENCH_LONG_RECORDING_H

#include <stdint.h>

struct shape {
	uint64_t records;
	unsigned sessions; /* open all the while */
	unsigned tasks;	   /* alive all the while, spread over the sessions */
	unsigned interrupts; /* a second, one session after the other; each is unsettled for 1.5 s */
};

/*
 * Writes it to `path`: a server, its sessions and their tasks; then, spread over them, signals
 * (generated, delivered) and short-lived children (fork, exec, exit). 0 or -1.
 */
int long_recording(const char *path, const struct shape *s);

#endif
