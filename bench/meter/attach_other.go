//go:build !linux

package main

import "syscall"

// endWithParent does nothing where the kernel offers nothing of the kind.
func endWithParent() *syscall.SysProcAttr { return nil }
