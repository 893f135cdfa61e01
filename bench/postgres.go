package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	accounts "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// errNoPostgres means that PostgreSQL is not installed here.
var errNoPostgres = errors.New("no PostgreSQL server is installed")

// postgresVariable names the environment variable with the URL of a database
// to use instead of one that is started here.
const postgresVariable = "MAICONTACT_POSTGRES"

// startPostgres starts a private server on the loopback interface and returns
// the URL of its database. Commits wait for no disk. As root, which PostgreSQL
// refuses to run as, it uses the account "postgres".
func startPostgres() (address string, stop func(), err error) {
	if address := os.Getenv(postgresVariable); address != "" {
		return address, func() {}, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if onPath, err := exec.LookPath("initdb"); err == nil {
		found = append(found, onPath)
	}
	if len(found) == 0 {
		return "", nil, errNoPostgres
	}
	programs := filepath.Dir(slices.Max(found))
	directory, err := os.MkdirTemp("", "bench-postgres-")
	if err != nil {
		return "", nil, err
	}
	var attributes syscall.SysProcAttr
	if os.Getuid() == 0 {
		if attributes.Credential, err = postgresAccount(directory); err != nil {
			_ = os.RemoveAll(directory)
			return "", nil, err
		}
	}
	run := func(program string, arguments ...string) error {
		command := exec.Command(filepath.Join(programs, program), arguments...) // #nosec G204 -- programs of PostgreSQL named here
		command.Dir, command.SysProcAttr = directory, &attributes
		// No pipe: the server would inherit it and never close it.
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		return nil
	}
	data := filepath.Join(directory, "data")
	stop = func() {
		_ = run("pg_ctl", "stop", "--pgdata", data, "--wait", "--silent", "--mode", "immediate")
		_ = os.RemoveAll(directory)
	}
	err = run("initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	port := 0
	if err == nil {
		port, err = freePort()
	}
	if err == nil {
		err = run("pg_ctl", "start", "--pgdata", data, "--wait", "--silent", "--log", filepath.Join(directory, "log"), "--options",
			fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories= -c fsync=off -c shared_buffers=128MB", port))
	}
	if err != nil {
		stop()
		return "", nil, err
	}
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port), stop, nil
}

// postgresAccount makes the directory the account's own.
func postgresAccount(directory string) (*syscall.Credential, error) {
	account, err := accounts.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(directory, int(uid), int(gid))); err != nil { // #nosec G115 -- the system's own ids
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
