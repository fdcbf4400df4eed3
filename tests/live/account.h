/* SPDX-License-Identifier: GPL-2.0-only */
/* A login without privileges: up to OpenSSH 9.7 a root session has no monitor/user split. */
#ifndef SIGTRACE_LIVE_ACCOUNT_H
#define SIGTRACE_LIVE_ACCOUNT_H

/* Two checkouts that test at once on one machine need an account each: make TEST_ACCOUNT=NAME */
#ifndef ACCOUNT
#define ACCOUNT "sigtrace-test"
#endif

/* Makes the account; one that an aborted run left is taken over. 0, or -1 if it cannot be made. */
int account_make(void);

/* Gives it this home directory. 0 or -1. */
int account_home(const char *dir);

/* Removes what account_make() made. */
void account_remove(void);

#endif
