package main

import "syscall"

// dieTogether has the kernel end the provider when the meter is killed: the
// command line tool kills what does not end in time, and knows only the meter.
func dieTogether() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
