package crashtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// figure is the size of a process.
type figure struct{ resident, threads int } // resident in KB

// watch measures a process that is not supposed to end.
func watch(t *testing.T, p *process, stop <-chan struct{}) (list []figure) {
	for pause(250*time.Millisecond, stop) {
		f, err := measure(p.command.Process.Pid)
		if err != nil {
			t.Error(err)
			return list
		}
		list = append(list, f)
	}
	return list
}

func measure(pid int) (f figure, err error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return f, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "kB")))
		switch name {
		case "VmRSS":
			f.resident = n
		case "Threads":
			f.threads = n
		}
	}
	if f.resident == 0 || f.threads == 0 {
		return f, errors.New("the system does not tell the size of a process")
	}
	return f, nil
}

func median(list []figure) figure {
	middle := func(value func(figure) int) int {
		var values []int
		for _, f := range list {
			values = append(values, value(f))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return figure{middle(func(f figure) int { return f.resident }), middle(func(f figure) int { return f.threads })}
}

// goroutines ends the process that runs, which says how many it has.
func (s *shop) goroutines() int {
	before := len(s.stderr.String())
	p := s.signal(syscall.SIGQUIT)
	if p == nil {
		return 0
	}
	<-p.ended
	return strings.Count(s.stderr.String()[before:], "\ngoroutine ")
}
