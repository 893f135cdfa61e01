package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/maicontact/maicontact/example/internal/daemon"
)

// Cluster is a private PostgreSQL server in a temporary directory, reachable
// on the loopback interface only. It trades durability for speed: it survives
// its own crash, not that of the machine.
type Cluster struct {
	programs   string // directory of initdb and pg_ctl
	directory  string
	port       int
	credential *syscall.Credential // nil: run as the caller
}

// Start makes and starts a cluster of the newest installed version. As root,
// which PostgreSQL refuses to run as, it uses the account "postgres".
func Start() (*Cluster, error) {
	programs, err := newestPrograms()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "postgrestest-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs, directory: directory}
	if err := c.start(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start() error {
	if os.Getuid() == 0 {
		uid, gid, err := daemon.GiveAway(c.directory, "postgres")
		if err != nil {
			return err
		}
		c.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} // #nosec G115 -- the system's own ids
	}
	err := c.run("initdb", "--pgdata", c.data(), "--username", "postgres", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return err
	}
	// Somebody may take the port between the look and the start.
	for range 5 {
		if c.port, err = daemon.FreePort(); err != nil {
			return err
		}
		if err = c.Begin(); err == nil {
			return nil
		}
	}
	return err
}

// Begin starts the server of a cluster that was stopped by Crash.
func (c *Cluster) Begin() error {
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories= "+
		"-c fsync=off -c max_connections=200 -c shared_buffers=32MB", c.port)
	return c.run("pg_ctl", "start", "--pgdata", c.data(), "--wait", "--silent",
		"--log", filepath.Join(c.directory, "log"), "--options", options)
}

// Crash stops the server as if it had been killed: connections break, and the
// next start recovers from the write-ahead log.
func (c *Cluster) Crash() error {
	return c.run("pg_ctl", "stop", "--pgdata", c.data(), "--wait", "--silent", "--mode", "immediate")
}

// BecomeStandby starts the server again as one that follows another, which it
// waits for, and takes no writes.
func (c *Cluster) BecomeStandby() error {
	err := c.run("pg_ctl", "stop", "--pgdata", c.data(), "--wait", "--silent", "--mode", "fast")
	if err != nil {
		return err
	}
	// Its content does not matter.
	if err := os.WriteFile(filepath.Join(c.data(), "standby.signal"), nil, 0o600); err != nil {
		return err
	}
	return c.Begin()
}

// Stop ends the server and removes its files.
func (c *Cluster) Stop() {
	_ = c.Crash() // it may not run
	_ = os.RemoveAll(c.directory)
}

// URL returns the address of the server. It asks for no password.
func (c *Cluster) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", c.port)
}

func (c *Cluster) data() string { return filepath.Join(c.directory, "data") }

func (c *Cluster) run(program string, arguments ...string) error {
	command := exec.Command(filepath.Join(c.programs, program), arguments...) // #nosec G204 -- programs of PostgreSQL that tests name
	command.Dir = c.directory
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.credential}
	// A file and not a pipe: the server inherits it and never closes it.
	output, err := os.CreateTemp(c.directory, program)
	if err != nil {
		return err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(output.Name())
		return fmt.Errorf("%s: %w: %s", program, err, said)
	}
	return nil
}

// newestPrograms finds the server's programs where Debian keeps them, or on
// the path.
func newestPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	onPath, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed")
	}
	return filepath.Dir(onPath), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(strings.Split(initdb, "/")[4])
	return n
}
