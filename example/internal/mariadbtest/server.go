package mariadbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/maicontact/maicontact/example/internal/daemon"
)

// Database is an empty database that each server has.
const Database = "site"

const (
	account  = "shop"
	password = "s3cret-of-tests" // #nosec G101 -- of servers that end with the tests

	maxStart = 60 * time.Second
)

// Server is a private MariaDB server in a temporary directory, reachable on the
// loopback interface only. It trades durability for speed: it survives its own
// crash, not that of the machine.
type Server struct {
	directory   string
	environment []string
	port        int
	process     *exec.Cmd
	ended       chan struct{} // closed once the process has ended
}

// Start makes and starts a server, with these variables in its environment too.
// As root it uses the account "mysql".
func Start(environment ...string) (*Server, error) {
	directory, err := os.MkdirTemp("", "mariadbtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{directory: directory, environment: environment}
	if err := s.start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	install, err := find("mariadb-install-db")
	if err != nil {
		return err
	}
	if err := s.giveAway(); err != nil {
		return err
	}
	// A server of its own, which then makes the account for the tests.
	said, err := exec.Command(install, append(s.options(), "--auth-root-authentication-method=normal", "--skip-test-db")...).CombinedOutput() // #nosec G204 -- a program of MariaDB
	if err != nil {
		return fmt.Errorf("%s: %w: %s", install, err, said)
	}
	begin := "CREATE USER IF NOT EXISTS '" + account + "'@'%' IDENTIFIED BY '" + password + "';\n" +
		"GRANT ALL ON *.* TO '" + account + "'@'%' WITH GRANT OPTION;\n" +
		"CREATE DATABASE IF NOT EXISTS " + Database + ";\n"
	if err := os.WriteFile(s.initFile(), []byte(begin), 0o644); err != nil { // #nosec G306 -- the server's account reads it
		return err
	}
	// Somebody may take the port between the look and the start.
	for range 5 {
		if s.port, err = daemon.FreePort(); err != nil {
			return err
		}
		if err = s.Begin(); err == nil {
			return nil
		}
	}
	return err
}

// giveAway lets the account "mysql" have the directory where we are root, which
// the server refuses to run as.
func (s *Server) giveAway() error {
	if os.Getuid() != 0 {
		return nil
	}
	_, _, err := daemon.GiveAway(s.directory, "mysql")
	return err
}

// options are what all programs need. The first must be the first. Temporary tables
// have a directory of their own, since a server that starts removes all that it finds
// there, those of others too.
func (s *Server) options() []string {
	all := []string{"--no-defaults", "--datadir=" + filepath.Join(s.directory, "data"), "--tmpdir=" + s.directory}
	if os.Getuid() == 0 {
		all = append(all, "--user=mysql")
	}
	return all
}

// Begin starts the server once more that was ended by Crash, with more options.
func (s *Server) Begin(options ...string) error {
	program, err := find("mariadbd")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.directory, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	arguments := append(s.options(), "--bind-address=127.0.0.1", "--port="+strconv.Itoa(s.port),
		"--socket="+filepath.Join(s.directory, "socket"), "--pid-file="+filepath.Join(s.directory, "pid"), "--init-file="+s.initFile(),
		"--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=64M", "--max-connections=300")
	s.process = exec.Command(program, append(arguments, options...)...) // #nosec G204 -- a program of MariaDB
	s.process.Env = append(os.Environ(), s.environment...)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	process, ended := s.process, make(chan struct{})
	s.ended = ended
	go func() {
		_ = process.Wait()
		close(ended)
	}()
	return s.answers()
}

// answers waits until the server can be used.
func (s *Server) answers() error {
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), maxStart)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-s.ended:
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			continue
		}
		said, _ := os.ReadFile(filepath.Join(s.directory, "log"))
		return fmt.Errorf("MariaDB does not start: %w: %s", err, said)
	}
}

// Crash ends the server without a warning.
func (s *Server) Crash() error {
	if err := s.process.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	return nil
}

// End ends the server in good order.
func (s *Server) End() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.ended
	return nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.Crash() // it may have ended
	}
	_ = os.RemoveAll(s.directory)
}

// DSN is what the driver "mysql" opens, for a database of the server.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("%s:%s@tcp(127.0.0.1:%d)/%s", account, password, s.port, database)
}

func (s *Server) initFile() string { return filepath.Join(s.directory, "init.sql") }

// find looks for a program of the server, also where users' paths do not lead.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("/usr/sbin/" + program); err == nil {
		return path, nil
	}
	return "", errors.New("no MariaDB server is installed")
}
