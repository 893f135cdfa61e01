package crashtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// moment is when a process is killed that makes a call.
type moment int

const (
	never       moment = iota
	beforeCall         // nothing is done
	beforeReply        // it is done, and nobody hears of it
	afterReply         // the reply has left
)

// line is the way from one shop to the simulation. Each shop has its own, so
// that it is known who calls.
type line struct {
	*httptest.Server
	maiagent http.Handler
	flying   atomic.Int64

	mu   sync.Mutex
	when func(r *http.Request) moment
	kill func()
}

// killWhen says at which calls the shop ends. It may call already: it looks at
// MaiAgent when it starts.
func (l *line) killWhen(when func(r *http.Request) moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.when = when
}

func (l *line) how() (when func(r *http.Request) moment, kill func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.when, l.kill
}

func newLine(t *testing.T, maiagent *webchattest.Server) *line {
	l := &line{maiagent: maiagent.Simulation, when: func(*http.Request) moment { return never }}
	l.Server = httptest.NewServer(l)
	t.Cleanup(func() {
		l.CloseClientConnections()
		maiagent.Close() // lets go of what hangs
		l.Close()
	})
	return l
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.flying.Add(1)
	defer l.flying.Add(-1)
	when, kill := l.how()
	switch when(r) {
	case never:
		l.maiagent.ServeHTTP(w, r)
	case beforeCall:
		_, _ = io.Copy(io.Discard, r.Body)
		kill()
		panic(http.ErrAbortHandler)
	case beforeReply:
		l.maiagent.ServeHTTP(httptest.NewRecorder(), r)
		kill()
		panic(http.ErrAbortHandler)
	case afterReply:
		// A fault that takes the connection away panics instead.
		l.maiagent.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
		_ = http.NewResponseController(w).Flush()
		kill()
	}
}
