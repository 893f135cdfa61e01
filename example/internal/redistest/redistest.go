// Package redistest gives tests real Redis servers.
package redistest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Server is a private Redis server on the loopback interface. What it has been
// told survives Kill. Its methods are for one goroutine.
type Server struct {
	t       testing.TB
	address string
	data    string
	process *exec.Cmd // nil: it does not run
}

// Start starts a server of its own for a test, which ends it. Where none is
// installed the test is skipped, but fails when the environment variable CI is set.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("redistest: %v", err)
		}
		t.Skipf("redistest: %v; install redis-server", err)
	}
	s := &Server{t: t, data: t.TempDir()}
	t.Cleanup(s.Kill)
	// Somebody may take the port between the look and the start.
	for range 5 {
		s.address = freeAddress(t)
		if s.begin() {
			return s
		}
		s.Kill()
	}
	t.Fatal("redistest: the server does not start")
	return nil
}

// URL returns the address of the server.
func (s *Server) URL() string { return "redis://" + s.address + "/0" }

// Kill ends the server as a crash does: connections break.
func (s *Server) Kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// Restart starts a server that was killed, where it was.
func (s *Server) Restart() {
	s.t.Helper()
	if !s.begin() {
		s.t.Fatal("redistest: the server does not start again")
	}
}

// Hang stops the server in its tracks: it accepts connections and answers none.
func (s *Server) Hang() { s.signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Keys returns the keys that the server has.
func (s *Server) Keys() []string {
	s.t.Helper()
	connection, err := redis.DialURL(s.URL())
	if err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
	defer connection.Close()
	keys, err := redis.Strings(connection.Do("KEYS", "*"))
	if err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
	return keys
}

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
}

// begin reports whether the server answers.
func (s *Server) begin() bool {
	host, port, _ := strings.Cut(s.address, ":")
	// #nosec G204 -- a program that tests name
	s.process = exec.Command("redis-server", "--bind", host, "--port", port, "--dir", s.data,
		"--appendonly", "yes", "--save", "", "--daemonize", "no")
	if err := s.process.Start(); err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ping(s.URL()) == nil {
			return true
		}
	}
	return false
}

func ping(address string) error {
	connection, err := redis.DialURL(address, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.Do("PING")
	return err
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprint(listener.Addr())
}
