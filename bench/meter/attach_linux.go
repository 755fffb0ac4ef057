package main

import "syscall"

// endWithParent has the kernel end the provider when the meter is killed: the
// command line tool kills what does not end in time, and knows only the meter.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
