package upstream

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const inbox = webchattest.DefaultInboxID

// bed is a client before a simulated MaiAgent, without a network.
type bed struct {
	*Client
	sim *webchattest.Simulation
	log *lines

	now, most atomic.Int64 // calls under way, and the most there ever were
}

func newBed(t *testing.T, o Options) *bed {
	t.Helper()
	sim, err := webchattest.New(webchattest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	b := &bed{sim: sim, log: &lines{}}
	api, err := webchat.NewClient(webchat.Config{
		BaseURL: "http://127.0.0.1", APIKey: webchattest.DefaultAPIKey, HTTPClient: &http.Client{Transport: b}, MaxAttempts: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Logger = slog.New(slog.NewTextHandler(b.log, nil))
	b.Client = New(api, o)
	return b
}

// RoundTrip calls the simulation.
func (b *bed) RoundTrip(r *http.Request) (*http.Response, error) {
	now := b.now.Add(1)
	defer b.now.Add(-1)
	for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
	}
	return webchattest.InProcess(b.sim).RoundTrip(r)
}

func (b *bed) find(ctx context.Context, p Purpose) error {
	_, err := b.Find(ctx, p, inbox, "mc0")
	return err
}

// drafted is a before that only says what to send.
func drafted(source, name string) func(context.Context) (webchat.Draft, error) {
	return func(context.Context) (webchat.Draft, error) {
		return webchat.Draft{InboxID: inbox, SourceID: source, Profile: webchat.Profile{Name: name}}, nil
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
