// SPDX-License-Identifier: GPL-2.0-only

// go_signal PORT USER KEYFILE COMMAND [leave]: an ssh client that runs the command without a terminal
// and, at SIGUSR1, asks the server to send it SIGINT: the "signal" request (RFC 4254, 6.9), which
// ssh(1) does not have. Then it waits for the end of the command, or leaves. Prints the command's
// first line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/crypto/ssh"
)

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_signal:", err)
		os.Exit(1)
	}
}

func main() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	pem, err := os.ReadFile(os.Args[3])
	fatal(err)
	key, err := ssh.ParsePrivateKey(pem)
	fatal(err)
	client, err := ssh.Dial("tcp", "127.0.0.1:"+os.Args[1], &ssh.ClientConfig{
		User:            os.Args[2],
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	fatal(err)
	session, err := client.NewSession()
	fatal(err)
	stdout, err := session.StdoutPipe()
	fatal(err)
	fatal(session.Start(os.Args[4]))
	line, err := bufio.NewReader(stdout).ReadString('\n')
	fatal(err)
	fmt.Print(line)
	<-asked
	fatal(session.Signal(ssh.SIGINT))
	if len(os.Args) == 5 {
		session.Wait()
	}
	client.Close()
}
