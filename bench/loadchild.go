package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// child is a server or a generator in a process of its own.
type child struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

// start starts a process on one core, where there is taskset and a core for each
// side, and with one processor in any case.
func start(core int, environment []string, program string, arguments ...string) (*child, error) {
	if taskset, err := exec.LookPath("taskset"); err == nil && runtime.NumCPU() > 1 {
		arguments = append([]string{"-c", strconv.Itoa(core), program}, arguments...)
		program = taskset
	}
	command := exec.Command(program, arguments...) // #nosec G204 -- programs of ours
	command.Env = append(append(os.Environ(), "GOMAXPROCS=1"), environment...)
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &child{command: command, in: in, out: bufio.NewReader(out)}, nil
}

// startServer starts a server, which prints its address in its first line.
func startServer(environment []string, program string, arguments ...string) (*child, error) {
	c, err := start(0, environment, program, arguments...)
	if err != nil {
		return nil, err
	}
	line, err := c.out.ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		c.stop()
		return nil, errors.Join(fmt.Errorf("%s did not say where it listens", program), err)
	}
	go func() { _, _ = io.Copy(io.Discard, c.out) }()
	c.address = strings.TrimSuffix(address, "/")
	return c, nil
}

func startGenerator() (*child, error) { return start(1, nil, os.Args[0], "generate") }

func (c *child) do(job loadJob) (r loadResult, err error) {
	line, err := json.Marshal(job)
	if err == nil {
		_, err = c.in.Write(append(line, '\n'))
	}
	if err != nil {
		return r, err
	}
	answer, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(answer, &r)
	}
	if r.Error != "" {
		err = errors.New(r.Error)
	}
	return r, err
}

// stop ends the process: ours end with their input, the shop by a signal.
func (c *child) stop() {
	_ = c.in.Close()
	_ = c.command.Process.Signal(os.Interrupt)
	_ = c.command.Wait()
}

// resident is what the process has in memory, in MiB; 0 where that cannot be
// told.
func (c *child) resident() float64 {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(c.command.Process.Pid) + "/status")
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(after, "kB", 2)[0]), 64)
	return kilobytes / 1024
}

// cpu is the seconds of CPU time that the process has used; 0 where that cannot
// be told.
func (c *child) cpu() float64 {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(c.command.Process.Pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ") // behind the program's name
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	inUser, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (inUser + system) / 100 // Linux counts hundredths for everybody
}
