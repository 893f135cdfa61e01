package maicontact_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

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
			if _, err := s.mc.Reissue(s.t.Context(), "u-alice"); err == nil {
				s.t.Error("a panic is no error")
			}
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

// oddStore is a store on which one operation of Run, once, goes odd.
type oddStore struct {
	contacts.Store
	odd atomic.Pointer[func(ctx context.Context, operation string)]
}

func (s *oddStore) goes(ctx context.Context, operation string) {
	if odd := s.odd.Load(); odd != nil {
		(*odd)(ctx, operation)
	}
}

func (s *oddStore) Due(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	s.goes(ctx, "due")
	return s.Store.Due(ctx, scope, limit)
}

func (s *oddStore) Changed(ctx context.Context, scope contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	s.goes(ctx, "changed")
	return s.Store.Changed(ctx, scope, since, limit)
}

func (s *oddStore) Expired(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	s.goes(ctx, "expired")
	return s.Store.Expired(ctx, scope, limit)
}

func (s *oddStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.goes(ctx, "get")
	return s.Store.Get(ctx, p)
}

// Run goes on after a call to the store that does not come back, or panics. Neither
// keeps what waits from MaiAgent for long.
func TestRunGoesOn(t *testing.T) {
	for name, how := range map[string]func(ctx context.Context){
		"hangs":  func(ctx context.Context) { <-ctx.Done() },
		"panics": func(context.Context) { panic("a store") },
	} {
		for _, operation := range []string{"due", "changed", "expired", "get"} {
			t.Run(operation+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := &oddStore{Store: maicontact.NewMemoryStore()}
					s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
					b := s.browser()
					b.login("u-alice")
					s.member("u-alice", alice)
					id := b.contact()
					stop := s.run()
					defer stop()
					// Somebody without a row is looked at again after a lease.
					if err := s.mc.UpdateMember(t.Context(), s.member("u-bob", bob)); err != nil {
						t.Fatal(err)
					}
					var once atomic.Bool
					odd := func(ctx context.Context, got string) {
						if got == operation && once.CompareAndSwap(false, true) {
							how(ctx)
						}
					}
					store.odd.Store(&odd)
					time.Sleep(2 * time.Minute)
					if !once.Load() {
						t.Fatal("it was not called")
					}
					changed := alice
					changed.Name = "Alice Wu"
					s.change(alicePerson, desiring(changed, 9)) // on another server, which died
					time.Sleep(15 * time.Second)
					if name := s.upstream(id).Name; name != changed.Name {
						t.Errorf("MaiAgent has %q", name)
					}
				})
			})
		}
	}
}

// A person for whom MaiAgent takes its time keeps nobody else from their turn, whose
// change comes after hers.
func TestSlowPersonKeepsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		s.member("u-bob", bob)
		ids := map[string]string{}
		for _, who := range []string{"u-alice", "u-bob"} {
			b := s.browser()
			b.login(who)
			ids[who] = b.contact()
		}
		defer s.run()()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang, Match: func(r *http.Request, _ []byte) bool {
			return strings.Contains(r.URL.Path, ids["u-alice"])
		}})
		slow, quick := alice, bob
		slow.Name, quick.Name = "Alice Wu", "Bob Wu"
		s.change(alicePerson, desiring(slow, 9)) // on another server, which died
		time.Sleep(2 * time.Second)
		if row := s.row(alicePerson); !row.IsClaimed(time.Now()) {
			t.Fatal("nobody works on hers")
		}
		s.change(testScope.Member("u-bob"), desiring(quick, 9))
		time.Sleep(3 * time.Second)
		if row := s.row(alicePerson); !row.IsClaimed(time.Now()) {
			t.Fatal("hers was no wait")
		}
		if name := s.upstream(ids["u-bob"]).Name; name != quick.Name {
			t.Errorf("MaiAgent has %q", name)
		}
	})
}
