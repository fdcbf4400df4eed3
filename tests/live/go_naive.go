// SPDX-License-Identifier: GPL-2.0-only

// go_naive PORT: an ssh server as one is written in an afternoon, and as the example of a well-known
// library is: one process for all connections. It opens a terminal itself and never closes the
// master while the command lives, and it signals nobody when the client goes. It logs everybody in.
//
// Prints "listening" when it does.
package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/crypto/ssh"
)

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_naive:", err)
		os.Exit(1)
	}
}

func command(payload []byte) *exec.Cmd {
	if len(payload) < 4 {
		cmd := exec.Command("/bin/bash")
		cmd.Args[0] = "-bash"
		return cmd
	}
	return exec.Command("/bin/bash", "-c", string(payload[4:]))
}

func sendStatus(channel ssh.Channel, err error) {
	status := make([]byte, 4)
	if exit, ok := err.(*exec.ExitError); ok {
		binary.BigEndian.PutUint32(status, uint32(exit.ExitCode()))
	}
	channel.SendRequest("exit-status", false, status)
	channel.Close()
}

func onTerminal(channel ssh.Channel, cmd *exec.Cmd) {
	master, slave, err := openTerminal()
	fatal(err)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	fatal(cmd.Start())
	slave.Close()
	go io.Copy(master, channel)
	go io.Copy(channel, master)
	err = cmd.Wait() // for as long as it takes, client or no client
	sendStatus(channel, err)
	master.Close()
}

func onPipes(channel ssh.Channel, cmd *exec.Cmd) {
	stdin, err := cmd.StdinPipe()
	fatal(err)
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	fatal(cmd.Start())
	go func() {
		io.Copy(stdin, channel)
		stdin.Close()
	}()
	sendStatus(channel, cmd.Wait())
}

func serveSession(channel ssh.Channel, requests <-chan *ssh.Request) {
	terminal := false
	for r := range requests {
		switch r.Type {
		case "pty-req":
			terminal = true
		case "shell", "exec":
			cmd := command(r.Payload)
			if terminal {
				go onTerminal(channel, cmd)
			} else {
				go onPipes(channel, cmd)
			}
		default:
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
	}
}

func serve(tcp net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(tcp, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err == nil {
			go serveSession(channel, requests)
		}
	}
}

func main() {
	_, key, err := ed25519.GenerateKey(nil)
	fatal(err)
	signer, err := ssh.NewSignerFromKey(key)
	fatal(err)
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	fatal(err)
	fmt.Println("listening")
	for {
		tcp, err := listener.Accept()
		fatal(err)
		go serve(tcp, config)
	}
}
