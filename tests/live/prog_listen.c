/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_listen: listens on a TCP port of 127.0.0.1, prints "pid=N port=N" and waits for ever. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(s, (struct sockaddr *)&a, len) || listen(s, 1) ||
	    getsockname(s, (struct sockaddr *)&a, &len))
		return 1;
	printf("pid=%d port=%d\n", (int)getpid(), ntohs(a.sin_port));
	fflush(stdout);
	for (;;)
		pause();
}
