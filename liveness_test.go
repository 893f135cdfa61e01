package maicontact_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Nobody waits for nothing: what these tests look at is how long it takes.

// hangingCalls is a way to MaiAgent on which nothing comes back while it hangs.
type hangingCalls struct {
	http.RoundTripper
	hangs atomic.Bool
}

func (h *hangingCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.hangs.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.RoundTripper.RoundTrip(r)
}

// A server whose way to MaiAgent hangs ends within Timing.Drain. It lets go of what
// it held, so that the next server makes the contact without waiting for a lease.
func TestEndingLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const drain = 3 * time.Second
		var config maicontact.Config
		way := &hangingCalls{}
		a := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Timing.Drain, c.API.Timeout = drain, time.Minute
			c.API.HTTPClient = &http.Client{Transport: way}
			config = *c
		})
		way.RoundTripper = webchattest.InProcess(a.sim)
		config.API.HTTPClient = &http.Client{Transport: way.RoundTripper}
		b := a.replica(t, config)
		defer b.run()()
		stop := a.run()
		way.hangs.Store(true)
		a.member("u-alice", alice)
		here := a.browser()
		here.login("u-alice")
		here.ask()
		began := time.Now()
		if err := stop(); err == nil {
			t.Error("nothing is said of what had not ended")
		}
		if took := time.Since(began); took > drain {
			t.Errorf("the end took %v, with a drain of %v", took, drain)
		}
		time.Sleep(3 * time.Second)
		there := b.browser()
		there.login("u-alice")
		there.contact()
	})
}

// What Run itself works on has no more time at the end than all else, and while it
// is waited for nothing is begun.
func TestEndOfUpkeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const drain = 3 * time.Second
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Timing.Drain, c.API.Timeout = drain, time.Minute })
		b := s.browser()
		b.login("u-alice")
		s.member("u-alice", alice)
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		b.ask() // it waits for Run
		remove()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
		stop := s.run()
		time.Sleep(5 * time.Second)
		if row := s.row(alicePerson); !row.IsClaimed(time.Now()) {
			t.Fatal("Run does not work on it")
		}
		ended := make(chan time.Duration)
		began := time.Now()
		go func() {
			_ = stop()
			ended <- time.Since(began)
		}()
		synctest.Wait()
		s.browser().ask()
		if took := time.Since(began); took > 0 {
			t.Errorf("somebody was let in at the end, and waited %v", took)
		}
		if took := <-ended; took > drain {
			t.Errorf("the end took %v, with a drain of %v", took, drain)
		}
	})
}

// hangingCount is a store that does not count.
type hangingCount struct{ contacts.Store }

func (hangingCount) Count(ctx context.Context, _ contacts.Scope) (contacts.Counts, error) {
	<-ctx.Done()
	return contacts.Counts{}, ctx.Err()
}

// The line in the log about what waits is not worth the whole drain.
func TestEndWithoutACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = hangingCount{c.Store} })
		stop := s.run()
		time.Sleep(time.Second)
		began := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("the end took %v though nothing was under way", took)
		}
	})
}

// panicking panics once, in a call of that method.
type panicking struct {
	http.RoundTripper
	method string
	did    atomic.Bool
}

func (p *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == p.method && p.did.CompareAndSwap(false, true) {
		panic("a transport")
	}
	return p.RoundTripper.RoundTrip(r)
}

// A panic in the way to MaiAgent costs a moment, no lease.
func TestPanicLetsGo(t *testing.T) {
	for method, do := range map[string]func(s *site, b *browser){
		"GET": func(_ *site, b *browser) { b.ask() },
		"PUT": func(s *site, b *browser) { b.ask(); desireVIP(s) },
		"DELETE": func(s *site, b *browser) {
			b.ask()
			defer func() { _ = recover() }() // it is the caller's
			_, _ = s.mc.Reissue(s.t.Context(), "u-alice")
		},
	} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				way := &panicking{method: method}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.HTTPClient = &http.Client{Transport: way} })
				way.RoundTripper = webchattest.InProcess(s.sim)
				defer s.run()()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				do(s, b)
				synctest.Wait()
				if !way.did.Load() {
					t.Fatal("no panic")
				}
				if row := s.row(alicePerson); row.IsClaimed(time.Now()) {
					t.Error("the row is held by nobody")
				}
				time.Sleep(5 * time.Second)
				if a := b.ask(); a.Contact == "" {
					t.Errorf("after 5 seconds: %+v", a)
				}
			})
		})
	}
}

// Whoever waits for the work of another server waits no longer once there can be
// no contact.
func TestWaitEndsWithTheLife(t *testing.T) {
	for reason, turn := range map[string]func(s *site) error{
		"suspended": func(s *site) error { return s.mc.Suspend(s.t.Context(), "u-alice") },
		"erased": func(s *site) error {
			ctx, cancel := context.WithTimeout(s.t.Context(), 8*time.Second)
			defer cancel()
			_, err := s.mc.Erase(ctx, "u-alice")
			return err
		},
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var config maicontact.Config
				way := &hangingCalls{}
				a := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Timing.Budget, c.API.Timeout = 10*time.Second, time.Minute
					c.API.HTTPClient = &http.Client{Transport: way}
					config = *c
				})
				way.RoundTripper = webchattest.InProcess(a.sim)
				b := a.replica(t, config)
				way.hangs.Store(true)
				a.member("u-alice", alice)
				here, there := a.browser(), b.browser()
				here.login("u-alice")
				there.login("u-alice")
				go here.ask()
				synctest.Wait()
				go func() {
					time.Sleep(time.Second)
					if err := turn(a); err != nil {
						t.Error(err)
					}
				}()
				began := time.Now()
				got := there.ask()
				if took := time.Since(began); got.Reason != reason || took > 3*time.Second {
					t.Errorf("%+v after %v", got, took)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// A store that is away for a moment, when the outcome of a call is to be written
// down, costs no more than that moment.
func TestStoreAwayForAMoment(t *testing.T) {
	for name, test := range map[string]struct {
		operation string
		do        func(s *site, b *browser)
	}{
		"create":  {webchattest.CreateContact, func(_ *site, b *browser) { b.ask() }},
		"look":    {webchattest.ListContacts, func(_ *site, b *browser) { b.ask() }},
		"replace": {webchattest.ReplaceContact, func(s *site, b *browser) { b.ask(); desireVIP(s) }},
		"delete": {webchattest.DeleteContact, func(s *site, b *browser) {
			b.ask()
			go func() { _, _ = s.mc.Reissue(s.t.Context(), "u-alice") }()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &brokenStore{Store: maicontact.NewMemoryStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: test.operation, Delay: time.Second})
				defer s.run()()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				go func() {
					for s.sim.Count(test.operation) == 0 {
						time.Sleep(50 * time.Millisecond)
					}
					store.breaks("fails")
					time.Sleep(3 * time.Second)
					store.breaks("")
				}()
				test.do(s, b)
				time.Sleep(8 * time.Second)
				if a := b.ask(); a.Contact == "" {
					t.Errorf("%+v", a)
				}
			})
		})
	}
}

// desireVIP changes Alice's permissions.
func desireVIP(s *site) {
	s.t.Helper()
	changed := alice
	changed.QueryMetadata = metadata(s.t, "vip")
	if err := s.mc.UpdateMember(s.t.Context(), s.member("u-alice", changed)); err != nil {
		s.t.Error(err)
	}
}
