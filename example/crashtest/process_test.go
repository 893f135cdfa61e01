package crashtest

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/output"
)

// process is one process of the example.
type process struct {
	command *exec.Cmd
	url     string // without a slash at the end
	began   time.Time
	killed  atomic.Bool
	ended   chan struct{}
}

// kill ends it with SIGKILL and returns when it has ended.
func (p *process) kill() {
	p.killed.Store(true)
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
}

// shop is a place where one process runs at a time.
type shop struct {
	program string
	env     []string
	stderr  printed // of all its processes

	mu      sync.Mutex
	current *process
	kills   int
}

// start starts a process and waits until it serves.
func (s *shop) start() (*process, error) {
	p := &process{command: exec.Command(s.program), ended: make(chan struct{})}
	p.command.Env, p.command.Stderr = s.env, &s.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.current = p
	s.mu.Unlock()
	first := make(chan string, 1)
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(stdout)
		if lines.Scan() {
			first <- lines.Text()
		}
		_, _ = io.Copy(io.Discard, stdout)
		_ = p.command.Wait() // how a killed process ends is known
	}()
	select {
	case line := <-first:
		address, ok := strings.CutPrefix(line, "shop: ")
		if !ok {
			return nil, errors.New("the process says something else than its address")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		p.url, p.began = strings.TrimSuffix(address, "/"), time.Now()
		return p, nil
	case <-p.ended:
		return nil, errors.New("the process ended before it served")
	}
}

// url returns where the shop is, or nothing while it is closed.
func (s *shop) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.killed.Load() {
		return ""
	}
	return s.current.url
}

// kill kills the process that runs now, if there is one.
func (s *shop) kill() {
	s.mu.Lock()
	p := s.current
	fresh := p != nil && !p.killed.Load()
	if fresh {
		s.kills++
		p.killed.Store(true)
	}
	s.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

// signal sends the process that runs now a signal that ends it, and returns
// the process. It does not wait for the end. Nil: there is none.
func (s *shop) signal(end os.Signal) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.current
	if p == nil || p.url == "" || p.killed.Swap(true) {
		return nil
	}
	s.kills++
	_ = p.command.Process.Signal(end) // it may have ended
	return p
}

// keepOpen starts a process whenever there is none, until stop is closed. It
// returns when the last one has ended.
func (s *shop) keepOpen(t *testing.T, stop <-chan struct{}) {
	for {
		p, err := s.start()
		if err == nil {
			select {
			case <-p.ended:
			case <-stop:
				p.kill()
			}
			if !p.killed.Load() {
				t.Errorf("a process ended by itself: %s", s.stderr.tail())
			}
		}
		select {
		case <-stop:
			return
		case <-time.After(50*time.Millisecond + rand.N(300*time.Millisecond)):
		}
	}
}

// printed is what processes have printed.
type printed struct{ output.Buffer }

func (o *printed) tail() string {
	text := o.String()
	return text[max(0, len(text)-4000):]
}

// check reports crashes and secrets in what was printed.
func (o *printed) check(t *testing.T, secrets []string) {
	t.Helper()
	text := o.String()
	if text == "" {
		t.Error("the processes have printed nothing: what they print is not looked at")
	}
	for _, sign := range []string{"panic", "fatal error:", "DATA RACE", "\ngoroutine "} {
		if at := strings.Index(text, sign); at >= 0 {
			t.Errorf("%q was printed: %s", sign, text[max(0, at-1000):min(len(text), at+4000)])
		}
	}
	for _, secret := range secrets {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("a secret was printed: %s", text[max(0, at-500):min(len(text), at+500)])
		}
	}
}
