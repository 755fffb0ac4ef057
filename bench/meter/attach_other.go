//go:build !linux

package main

import "syscall"

// dieTogether does nothing where the kernel offers nothing of the kind.
func dieTogether() *syscall.SysProcAttr { return nil }
