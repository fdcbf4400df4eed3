// SPDX-License-Identifier: GPL-2.0-only
// What the servers written in Go share.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

func ioctl(fd uintptr, request uintptr, arg unsafe.Pointer) error {
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg))
	if e != 0 {
		return e
	}
	return nil
}

func openTerminal() (master, slave *os.File, err error) {
	var unlocked, number int32

	// in blocking mode: the point of a server may be what it does not close
	fd, err := syscall.Open("/dev/ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	if err = ioctl(uintptr(fd), syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked)); err != nil {
		return
	}
	if err = ioctl(uintptr(fd), syscall.TIOCGPTN, unsafe.Pointer(&number)); err != nil {
		return
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return
}
