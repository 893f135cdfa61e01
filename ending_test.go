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
	const drain = 3 * time.Second
	for name, begin := range map[string]func(a *site, way *hangingCalls, b *browser){
		"a first ask": func(_ *site, way *hangingCalls, b *browser) {
			way.hangs.Store(true)
			b.ask()
		},
		"a reissue": func(a *site, way *hangingCalls, b *browser) {
			b.contact()
			way.hangs.Store(true)
			go func() { _, _ = a.mc.Reissue(a.t.Context(), "u-alice") }()
			synctest.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
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
				a.member("u-alice", alice)
				here := a.browser()
				here.login("u-alice")
				begin(a, way, here)
				began := time.Now()
				if err := stop(); err == nil {
					t.Error("nothing is said of what had not ended")
				}
				if took := time.Since(began); took > drain {
					t.Errorf("the end took %v, with a drain of %v", took, drain)
				}
				time.Sleep(5 * time.Second)
				there := b.browser()
				there.login("u-alice")
				there.contact()
			})
		})
	}
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
