package session

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"
)

var errDown = errors.New("connection refused")

// What fails once is tried again; what fails twice is trouble, and the next
// request may find the entry again.
func TestStoreFails(t *testing.T) {
	store := newMapStore()
	s := sessionsOf(t, store)
	r := with(saved(t, s, member))
	store.fail = []error{errDown}
	if o := open(r.Context(), s, r); o.Entry != member || o.Err != nil {
		t.Errorf("after one failure: %v", o.Err)
	}
	store.reads, store.fail = 0, []error{errDown, errDown}
	o := open(r.Context(), s, r)
	if o.Found || !errors.Is(o.Err, errDown) || store.reads != 2 {
		t.Errorf("after two: %v, %d reads", o.Err, store.reads)
	}
	store.reads = 0
	if o := open(r.Context(), s, r); o.Entry != member || o.Err != nil || store.reads != 1 {
		t.Errorf("afterwards: %v, %d reads", o.Err, store.reads)
	}
	// Saving ends it.
	if err := s.Save(http.Header{}, r, o, visitor, true, time.Hour); err != nil || o.Err != nil || o.Entry != visitor {
		t.Errorf("%v, %v", err, o.Err)
	}
	// What is not saved leaves no trace.
	store.noSave = errors.New("disk full")
	h := http.Header{}
	if err := s.Save(h, r, o, member, true, time.Hour); !errors.Is(err, store.noSave) || len(h) != 0 || o.Entry != visitor {
		t.Errorf("%v, %v", err, h)
	}
	if err := s.Drop(h, r, o, true); !errors.Is(err, store.noSave) || len(h) != 0 || !o.Found {
		t.Errorf("%v, %v", err, h)
	}
}

// halfStore fails when it has read half a session.
type halfStore struct{ *mapStore }

func (s halfStore) New(r *http.Request, name string) (*sessions.Session, error) {
	g, err := s.mapStore.New(r, name)
	g.Values["half"] = 1
	return g, errors.Join(err, errDown)
}

// What is saved over a session that could not be read begins another one: a store
// that hangs may still write it later, when the former is good again. Dropping ends
// the former.
func TestHalfSession(t *testing.T) {
	inner := newMapStore()
	r := with(saved(t, sessionsOf(t, inner), member))
	s := sessionsOf(t, halfStore{inner})
	o := open(r.Context(), s, r)
	if o.Found || o.Entry != (Entry{}) || !errors.Is(o.Err, errDown) {
		t.Errorf("%v, %v", o.Found, o.Err)
	}
	h := http.Header{}
	if err := s.Save(h, r, o, visitor, true, time.Hour); err != nil || len(inner.values) != 2 || len(inner.values["ss"]) != 1 {
		t.Errorf("%v, %v", err, inner.values)
	}
	readable := sessionsOf(t, inner)
	if before := open(r.Context(), readable, r); before.Entry != member {
		t.Errorf("the session that could not be read now holds %+v", before.Entry)
	}
	if after := open(r.Context(), readable, with(h)); after.Entry != visitor {
		t.Errorf("what was saved is %+v", after.Entry)
	}
	if err := s.Drop(http.Header{}, r, open(r.Context(), s, r), true); err != nil || inner.values["s"] != nil {
		t.Errorf("dropped: %v, %v", err, inner.values)
	}
}

// A cookie that a browser cannot have is not shown to a store that would fail.
func TestLongCookieIsNoTrouble(t *testing.T) {
	store := newMapStore()
	s := sessionsOf(t, store)
	r := with(nil)
	r.Header.Set("Cookie", "maicontact="+strings.Repeat("A", maxCookieLength+1))
	if o := open(r.Context(), s, r); o.Err != nil || store.reads != 0 {
		t.Errorf("%v, %d reads", o.Err, store.reads)
	}
}

// A store that hangs is waited for no longer than the context lasts, and what
// it says later is nobody's.
func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMapStore()
		s := sessionsOf(t, store)
		r := with(saved(t, s, member))
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		store.stuck, store.reads, store.lines, store.fail = make(chan struct{}), 0, nil, []error{errDown}
		line, began := r.Header.Get("Cookie"), time.Now()
		o := open(ctx, s, r)
		if took := time.Since(began); took != time.Second || !errors.Is(o.Err, ErrLate) || !errors.Is(o.Err, context.DeadlineExceeded) || o.Found {
			t.Errorf("%v after %v", o.Err, took)
		}
		r.Header.Set("Cookie", "the handler goes on")
		h := http.Header{}
		if err := s.Save(h, r.WithContext(ctx), o, visitor, true, time.Hour); !errors.Is(err, ErrLate) || o.session != nil {
			t.Errorf("%v", err)
		}
		if s.calls.Load() != 2 {
			t.Errorf("%d calls", s.calls.Load())
		}
		close(store.stuck)
		synctest.Wait()
		if s.calls.Load() != 0 || len(h) != 0 || o.Found || o.session != nil {
			t.Errorf("%d calls, %v", s.calls.Load(), h)
		}
		// The late read has the request as it was, and is not made again.
		if store.reads != 1 || store.lines[0] != line {
			t.Errorf("%d reads, of %q", store.reads, store.lines)
		}
	})
}

// However many ask a store that hangs, the goroutines are bounded.
func TestStoreHangsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMapStore()
		store.stuck = make(chan struct{})
		s := sessionsOf(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := with(nil)
		for range maxCalls {
			open(ctx, s, r)
		}
		if o := open(t.Context(), s, r); !errors.Is(o.Err, errTooManyCalls) {
			t.Errorf("%v", o.Err)
		}
		close(store.stuck)
		synctest.Wait()
		if o := open(t.Context(), s, r); o.Err != nil || s.calls.Load() != 0 {
			t.Errorf("%v, %d calls", o.Err, s.calls.Load())
		}
	})
}

// A panic of a store is trouble, and what it panics with is not told.
func TestStorePanics(t *testing.T) {
	store := newMapStore()
	s := sessionsOf(t, store)
	r := with(nil)
	var none map[string]int
	for _, p := range []any{"secret", errors.New("secret"), http.ErrAbortHandler, func() (p any) { defer func() { p = recover() }(); none["x"] = 1; return }()} {
		store.panics = p
		o := open(r.Context(), s, r)
		err := s.Save(http.Header{}, r, o, member, true, time.Hour)
		if o.Err == nil || err == nil || strings.Contains(o.Err.Error()+err.Error(), "secret") || !strings.Contains(err.Error(), "panicked") {
			t.Errorf("%v, %v", o.Err, err)
		}
	}
	store.panics = nil
	if o := open(r.Context(), s, r); o.Err != nil {
		t.Error(o.Err)
	}
}

// A store must not write into the reply.
func TestHeaderOnly(t *testing.T) {
	h := http.Header{}
	w := headerOnly{h}
	w.WriteHeader(500)
	if n, err := w.Write([]byte("x")); n != 0 || err == nil || len(h) != 0 {
		t.Errorf("%d, %v", n, err)
	}
}
