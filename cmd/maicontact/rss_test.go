package main

import (
	"os/exec"
	"syscall"
)

// maxRSS is how much memory a process that has ended had at most, in KiB.
func maxRSS(command *exec.Cmd) int64 {
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss
}
