// SPDX-License-Identifier: GPL-2.0-only

// go_teleport PORT: Teleport's way to serve ssh. The node accepts; for each command it executes
// itself again, by /proc/self/exe, which gives that process the comm "exe". This process ignores
// SIGQUIT, as Teleport's does, and the command inherits that. It starts the user's shell in a session
// of its own and kills it, and nobody else, when the pipe ends that the node closes once the client
// has gone. Each dies with its parent. It logs everybody in.
//
// Prints "listening" when it does.
package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// What the node tells the process that it starts, on descriptor 3.
type order struct {
	User     string
	Command  string // "": a shell
	Terminal string // name, "": none
	Env      []string
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_teleport:", err)
		os.Exit(1)
	}
}

// ---- the process of one session ----

func credential(name string) *syscall.Credential {
	u, err := user.Lookup(name)
	fatal(err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	fatal(err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	fatal(err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func session() {
	var o order

	signal.Ignore(syscall.SIGQUIT)
	runtime.LockOSThread() // Pdeathsig is about the thread
	fatal(json.NewDecoder(os.NewFile(3, "order")).Decode(&o))
	shell := exec.Command("/bin/bash", "-c", o.Command)
	if o.Command == "" {
		shell = exec.Command("/bin/bash")
		shell.Args[0] = "-bash"
	}
	shell.Env = o.Env
	shell.Dir = "/"
	shell.Stdin, shell.Stdout, shell.Stderr = os.Stdin, os.Stdout, os.Stderr
	shell.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Setctty:    o.Terminal != "",
		Pdeathsig:  syscall.SIGKILL,
		Credential: credential(o.User),
	}
	fatal(shell.Start())
	go func() {
		io.Copy(io.Discard, os.NewFile(4, "terminate"))
		shell.Process.Kill()
	}()
	shell.Wait()
	code := shell.ProcessState.ExitCode()
	if code < 0 {
		code = 255
	}
	os.Exit(code)
}

// ---- the node ----

func address(a net.Addr) string {
	host, port, _ := net.SplitHostPort(a.String())
	return host + " " + port
}

func run(conn *ssh.ServerConn, channel ssh.Channel, command string, terminal bool,
	gone <-chan struct{}) {
	var master, slave *os.File

	o := order{User: conn.User(), Command: command, Env: []string{
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/", "TERM=dumb",
		"SSH_CONNECTION=" + address(conn.RemoteAddr()) + " " + address(conn.LocalAddr()),
	}}
	orderRead, orderWrite, err := os.Pipe()
	fatal(err)
	terminateRead, terminateWrite, err := os.Pipe()
	fatal(err)
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{os.Args[0], "exec"}
	cmd.ExtraFiles = []*os.File{orderRead, terminateRead}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if terminal {
		master, slave, err = openTerminal()
		fatal(err)
		o.Terminal = slave.Name()
		o.Env = append(o.Env, "SSH_TTY="+slave.Name())
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	} else {
		in, err := cmd.StdinPipe()
		fatal(err)
		go func() {
			io.Copy(in, channel)
			in.Close()
		}()
		cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	}
	fatal(cmd.Start())
	orderRead.Close()
	terminateRead.Close()
	fatal(json.NewEncoder(orderWrite).Encode(o))
	orderWrite.Close()
	if terminal {
		slave.Close()
		go io.Copy(master, channel)
		go io.Copy(channel, master)
	}
	go func() {
		<-gone
		terminateWrite.Close()
	}()
	state, err := cmd.Process.Wait() // not Wait(): that waits for whoever has its pipes open
	fatal(err)
	if terminal {
		master.Close()
	}
	status := make([]byte, 4)
	binary.BigEndian.PutUint32(status, uint32(state.ExitCode()))
	channel.SendRequest("exit-status", false, status)
	channel.Close()
}

func serveSession(conn *ssh.ServerConn, channel ssh.Channel, requests <-chan *ssh.Request) {
	gone := make(chan struct{})
	terminal := false
	for r := range requests {
		switch r.Type {
		case "pty-req":
			terminal = true
		case "shell":
			go run(conn, channel, "", terminal, gone)
		case "exec":
			go run(conn, channel, string(r.Payload[4:]), terminal, gone)
		default:
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
	}
	close(gone)
}

func serve(tcp net.Conn, config *ssh.ServerConfig) {
	conn, channels, requests, err := ssh.NewServerConn(tcp, config)
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
			go serveSession(conn, channel, requests)
		}
	}
}

func main() {
	if os.Args[1] == "exec" {
		session()
	}
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
