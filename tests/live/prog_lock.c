/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_lock FILE: is inside write(2) to FILE and stays there, with the file's lock (i_rwsem): what it
 * writes is a page that only userfaultfd(2) could provide, and nobody does. Who else writes to FILE then
 * sleeps uninterruptibly (down_write(), state D) until this one is killed. Prints a line when it is so.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The fault is in the write(2), which has the lock by then. */
static void *wait_for_fault(void *uffd)
{
	struct uffd_msg m;

	if (read(*(int *)uffd, &m, sizeof(m)) == sizeof(m))
		puts("held");
	fflush(stdout);
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t;
	int uffd, fd;

	if (argc != 2 || p == MAP_FAILED)
		return 2;
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (unsigned long)p;
	range.range.len = page;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (uffd < 0 || fd < 0 || fchmod(fd, 0666) || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &range) ||
	    pthread_create(&t, NULL, wait_for_fault, &uffd) || write(fd, p, 1) != 1)
		perror("prog_lock");
	return 1;
}
