package modeltest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

var errCrashed = errors.New("the replica has crashed")

// pulse is the life of one replica. A crash cuts it off from the store and from
// MaiAgent: what it goes on doing has no effect.
type pulse struct {
	mu      sync.Mutex
	left    int // boundaries until it crashes; 0: it does not
	dead    bool
	died    time.Time
	crashed chan struct{}
	ended   func() // called once, when it crashes
}

func newPulse(ended func()) *pulse { return &pulse{crashed: make(chan struct{}), ended: ended} }

// beat is called at every boundary to the world: before and after each call of
// the store and of MaiAgent. It reports whether the replica lives.
func (p *pulse) beat() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left > 0 {
		if p.left--; p.left == 0 {
			p.die()
		}
	}
	return !p.dead
}

// crashAfter crashes the replica at once, or n boundaries from now.
func (p *pulse) crashAfter(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = n
	if n == 0 {
		p.die()
	}
}

// steady calls off a crash that is still to come.
func (p *pulse) steady() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = 0
}

func (p *pulse) die() {
	if !p.dead {
		p.dead, p.died = true, time.Now()
		close(p.crashed)
		p.ended()
	}
}

func (p *pulse) lives() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

// livedUntil reports whether the replica lives, or did at that time.
func (p *pulse) livedUntil(t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead || p.died.After(t)
}

// wire is the way from one replica to MaiAgent. MaiAgent goes on with what it
// has begun when the sender leaves.
type wire struct {
	pulse   *pulse
	to      http.Handler
	serving *sync.WaitGroup
	latency time.Duration // each way
	blind   bool          // negative control: searches find nothing
}

// RoundTrip implements http.RoundTripper.
func (t *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.pulse.beat() {
		return nil, errCrashed
	}
	if t.blind && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/contacts/") {
		return answer(r, 200, []byte(`{"count":0,"next":null,"previous":null,"results":[]}`), nil), nil
	}
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	done := make(chan *reply, 1)
	t.serving.Go(func() {
		time.Sleep(t.latency)
		rep := &reply{header: http.Header{}}
		defer func() {
			rep.aborted = recover() != nil
			time.Sleep(t.latency)
			done <- rep
		}()
		t.to.ServeHTTP(rep, served)
	})
	select {
	case rep := <-done:
		if !t.pulse.beat() {
			return nil, errCrashed
		}
		if rep.aborted && rep.body.Len() == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		var cut error
		if rep.aborted {
			cut = io.ErrUnexpectedEOF
		}
		response := answer(r, rep.status, rep.body.Bytes(), cut)
		response.Header = rep.header
		return response, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-t.pulse.crashed:
		return nil, errCrashed
	}
}

func answer(r *http.Request, status int, body []byte, cut error) *http.Response {
	var reader io.Reader = bytes.NewReader(body)
	if cut != nil {
		reader = io.MultiReader(reader, failing{cut})
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: -1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(reader),
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// reply collects what MaiAgent answers. More than a client reads is refused,
// as a closed connection would, so that an endless reply ends.
type reply struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	aborted bool
}

func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *reply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.body.Len() > 1<<20+1<<10 {
		return 0, io.ErrClosedPipe
	}
	return r.body.Write(p)
}
