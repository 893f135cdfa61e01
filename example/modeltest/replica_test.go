package modeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

var errCrashed = errors.New("the replica has crashed")

// pulse is the life of one replica. A crash cuts it off from the store and from
// MaiAgent: what it goes on doing has no effect.
type pulse struct {
	mu      sync.Mutex
	left    int // boundaries until it crashes; 0: it does not
	dead    bool
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
		p.dead = true
		close(p.crashed)
		p.ended()
	}
}

func (p *pulse) lives() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

// write is a creation or a replacement that was sent to MaiAgent.
type write struct {
	source    string // source id
	name      string
	level     int
	confirmed bool      // its sender got a success
	left      time.Time // when its sender gave up or died; zero: it did not
}

// record is all writes, in the order they were sent.
type record struct {
	mu     sync.Mutex
	writes []*write
}

func (rec *record) begin(r *http.Request) *write {
	if r.Method != http.MethodPost && r.Method != http.MethodPut || r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		panic(err)
	}
	var sent struct {
		Name          string          `json:"name"`
		SourceID      string          `json:"sourceId"`
		QueryMetadata json.RawMessage `json:"queryMetadata"`
	}
	if err := json.NewDecoder(body).Decode(&sent); err != nil {
		panic(err)
	}
	w := &write{source: sent.SourceID, name: sent.Name, level: levelOf(sent.QueryMetadata)}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.writes = append(rec.writes, w)
	return w
}

func (rec *record) end(w *write, status int) {
	if w == nil {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if w.confirmed = status/100 == 2; status == 0 {
		w.left = time.Now()
	}
}

// find reports whether a write fits.
func (rec *record) find(fits func(*write) bool) bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, w := range rec.writes {
		if fits(w) {
			return true
		}
	}
	return false
}

// wire is the way from one replica to MaiAgent. MaiAgent goes on with what it
// has begun when the sender leaves.
type wire struct {
	pulse   *pulse
	to      http.Handler
	record  *record
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
	w := t.record.begin(r)
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
			t.record.end(w, 0)
			return nil, errCrashed
		}
		if rep.aborted && rep.body.Len() == 0 {
			t.record.end(w, 0)
			return nil, io.ErrUnexpectedEOF
		}
		t.record.end(w, rep.status)
		var cut error
		if rep.aborted {
			cut = io.ErrUnexpectedEOF
		}
		response := answer(r, rep.status, rep.body.Bytes(), cut)
		response.Header = rep.header
		return response, nil
	case <-r.Context().Done():
		t.record.end(w, 0)
		return nil, r.Context().Err()
	case <-t.pulse.crashed:
		t.record.end(w, 0)
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

// gated is the way from one replica to the store.
type gated struct {
	pulse    *pulse
	inner    maicontact.Store
	lawless  bool   // negative control: a claim keeps nobody out
	before   func() // optional: called before each call
	erased   func(maicontact.Key)
	restored func(maicontact.Key)
}

func through[T any](g *gated, call func() (T, error)) (T, error) {
	var none T
	if !g.pulse.beat() {
		return none, errCrashed
	}
	if g.before != nil {
		g.before()
	}
	result, err := call()
	if !g.pulse.beat() {
		return none, errCrashed
	}
	return result, err
}

func (g *gated) Contact(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Contact(ctx, key) })
}

func (g *gated) Want(ctx context.Context, key maicontact.Key, w maicontact.Wanted) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Want(ctx, key, w) })
}

func (g *gated) Claim(ctx context.Context, key maicontact.Key, lease time.Duration) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) {
		row, err := g.inner.Claim(ctx, key, lease)
		if g.lawless && errors.Is(err, maicontact.ErrNotDue) && !row.LeaseUntil.IsZero() {
			return row, nil // with the holder's token: it is fenced off by nothing
		}
		return row, err
	})
}

func (g *gated) Attempt(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Attempt(ctx, c) })
}

func (g *gated) Bind(ctx context.Context, c maicontact.Claim, id webchat.ContactID, s maicontact.Stamp) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Bind(ctx, c, id, s) })
}

func (g *gated) Confirm(ctx context.Context, c maicontact.Claim, s maicontact.Stamp, again time.Duration) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Confirm(ctx, c, s, again) })
}

func (g *gated) Postpone(ctx context.Context, c maicontact.Claim, f maicontact.Failure) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Postpone(ctx, c, f) })
}

func (g *gated) Park(ctx context.Context, c maicontact.Claim, s maicontact.Stamp, reason string, attempted time.Time) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Park(ctx, c, s, reason, attempted) })
}

func (g *gated) Regenerate(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Regenerate(ctx, c) })
}

func (g *gated) Erase(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) {
		row, err := g.inner.Erase(ctx, key)
		if err == nil {
			g.erased(key)
		}
		return row, err
	})
}

func (g *gated) Erased(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) { return g.inner.Erased(ctx, c) })
}

func (g *gated) Restore(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return through(g, func() (maicontact.Contact, error) {
		row, err := g.inner.Restore(ctx, key)
		if err == nil {
			g.restored(key)
		}
		return row, err
	})
}

func (g *gated) Due(ctx context.Context, namespace, inboxID string, limit int) ([]maicontact.Key, error) {
	return through(g, func() ([]maicontact.Key, error) { return g.inner.Due(ctx, namespace, inboxID, limit) })
}

func (g *gated) Unsettled(ctx context.Context, namespace, inboxID string) (int, error) {
	return through(g, func() (int, error) { return g.inner.Unsettled(ctx, namespace, inboxID) })
}
