package maicontact_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// countingStore counts the questions a store is asked.
type countingStore struct {
	contacts.Store
	mu    sync.Mutex
	reads int
}

func (s *countingStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	return s.Store.Get(ctx, p)
}

// A thousand first asks of one member at once, with a slow MaiAgent: one POST.
func TestThousandFirstAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 300 * time.Millisecond})
		s.member("u-alice", alice)
		var mu sync.Mutex
		seen := map[string]int{}
		asks := 1000
		if raced {
			asks = 100
		}
		var group sync.WaitGroup
		for range asks {
			group.Go(func() {
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				mu.Lock()
				seen[id]++
				mu.Unlock()
			})
		}
		group.Wait()
		if len(seen) != 1 || s.sim.Count(webchattest.CreateContact) != 1 || len(s.sim.Contacts()) != 1 {
			t.Errorf("%d contacts handed out, %d POSTs", len(seen), s.sim.Count(webchattest.CreateContact))
		}
		if store.reads != 1 {
			t.Errorf("the store was read %d times, want 1", store.reads)
		}
	})
}

// The one who started the work may leave; the others get its result.
func TestFirstCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 500 * time.Millisecond})
		s.member("u-alice", alice)
		ctx, leave := context.WithCancel(t.Context())
		s.mux.HandleFunc("/leaver", func(w http.ResponseWriter, r *http.Request) {
			if _, err := maicontact.ContactID(ctx2(r, ctx)); !errors.Is(err, context.Canceled) {
				t.Errorf("the leaver got %v", err)
			}
		})
		leaver, stayer := s.browser(), s.browser()
		leaver.login("u-alice")
		stayer.login("u-alice")
		var group sync.WaitGroup
		group.Go(func() { leaver.send("GET", "/leaver") })
		synctest.Wait()
		group.Go(func() { stayer.contact() })
		synctest.Wait()
		leave()
		group.Wait()
		if n := s.sim.Count(webchattest.CreateContact); n != 1 {
			t.Errorf("%d POSTs, want 1", n)
		}
	})
}

// That Identify declines counts for the whole request, also when the one who
// asked first has left meanwhile: it is no request that calls Forget.
func TestFirstCallerLeavesAndIsDeclined(t *testing.T) {
	for _, who := range []string{"a former member", "a visitor", "nobody known"} {
		t.Run(who, func(t *testing.T) {
			var told tally
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.OnAsk = told.count })
			s.member("u-alice", alice)
			b := s.browser()
			switch who {
			case "a former member":
				b.login("u-alice")
				b.contact()
			case "a visitor":
				b.contact()
			}
			before := b.cookie("maicontact")
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				first, leave := context.WithCancel(r.Context())
				s.identifyBy(func(*http.Request) (*maicontact.Member, error) {
					leave()
					return nil, maicontact.ErrNoChat
				})
				if id, err := maicontact.ContactID(first); id != "" || err == nil {
					t.Errorf("the first asker got a contact: %t, %v", id != "", err)
				}
				for range 2 {
					if id, reason := maicontact.ContactOrReason(r.Context()); id != "" || reason != maicontact.Declined {
						t.Errorf("the next asker got a contact: %t, reason %q", id != "", reason)
					}
				}
			})
			b.send("GET", "/page")
			// A former member's entry is cleared, and a visitor's stays.
			want := before
			if who == "a former member" {
				want = ""
			}
			if b.cookie("maicontact") != want {
				t.Errorf("the entry is %q, want %q", b.cookie("maicontact"), want)
			}
			if want := map[maicontact.Reason]int{maicontact.Declined: 1}; !maps.Equal(told.n, want) {
				t.Errorf("told %v, want %v", told.n, want)
			}
		})
	}
}

// ctx2 is the request's context that ends with another one.
func ctx2(r *http.Request, other context.Context) context.Context {
	ctx, cancel := context.WithCancel(r.Context())
	context.AfterFunc(other, cancel)
	return ctx
}

// Whatever happens to the reply of a creation, there is one contact in the
// end, and the person has it.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	faults := map[string]webchattest.Fault{
		"cut before":         {Kind: webchattest.CutBefore},
		"done, then cut":     {Kind: webchattest.CommitThenCut},
		"done, then 502":     {Kind: webchattest.CommitThenHTML},
		"done, half a reply": {Kind: webchattest.Truncated},
		"done, odd reply":    {Kind: webchattest.WrongJSON},
		"done, then hangs":   {Kind: webchattest.CommitThenHang},
		"hangs":              {Kind: webchattest.Hang},
		"503":                {Kind: webchattest.Refuse},
		"500 page":           {Kind: webchattest.HTML, Status: 500},
		"429":                {Kind: webchattest.TooMany, RetryAfter: "7"},
	}
	vendors := map[string]webchattest.Options{
		"as documented":        {},
		"late search":          {SearchLag: 2 * time.Second},
		"no unique source ids": {AllowDuplicateSourceIDs: true, SearchLag: 2 * time.Second},
		"conflict 409":         {ConflictStatus: 409},
		"conflict 500":         {ConflictStatus: 500},
	}
	for vendor, options := range vendors {
		if raced && vendor != "no unique source ids" {
			continue
		}
		for name, fault := range faults {
			for _, user := range []string{"", "u-alice"} {
				t.Run(vendor+"/"+name+"/user="+user, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := newSite(t, func(_ *maicontact.Config, o *webchattest.Options) { *o = options })
						s.member("u-alice", alice)
						fault.Operation, fault.Times = webchattest.CreateContact, 1
						s.sim.Inject(fault)
						b := s.browser()
						b.login(user)
						stop := s.run()
						id := ""
						for range 60 {
							if id = b.ask().Contact; id != "" {
								break
							}
							time.Sleep(2 * time.Second)
						}
						if live := s.sim.Contacts(); len(live) != 1 || live[0].ID != id {
							t.Errorf("contact %q, but MaiAgent has %d\n%s", id, len(live), s.log)
						}
						if b.contact() != id {
							t.Error("another contact at the next ask")
						}
						if err := stop(); err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
}

// While MaiAgent is down the script is a valid answer within the budget, and
// the work that went on is found at the next ask.
func TestBudget(t *testing.T) {
	for name, test := range map[string]struct {
		budget, want time.Duration
	}{
		"default": {0, 2 * time.Second}, "own": {150 * time.Millisecond, 150 * time.Millisecond}, "never waits": {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Timing.Budget = test.budget })
				remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 4 * time.Second, Operation: webchattest.CreateContact})
				defer remove()
				stop := s.run() // without it each ask reads the row, and waits for that
				defer stop()
				synctest.Wait()
				b := s.browser()
				start := time.Now()
				if a := b.ask(); a.Reason != "budget" || a.Status != 200 {
					t.Errorf("answer %+v", a)
				}
				if waited := time.Since(start); waited != test.want {
					t.Errorf("waited %v, want %v", waited, test.want)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if test.budget < 0 {
					b.ask() // starts to look, and does not wait for that either
					synctest.Wait()
				}
				b.contact()
				if n := s.sim.Count(webchattest.CreateContact); n != 1 {
					t.Errorf("%d POSTs, want 1", n)
				}
			})
		})
	}
}

// Two contacts at MaiAgent with one source id: the oldest, and a loud log.
func TestSeveralMatches(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) { o.AllowDuplicateSourceIDs = true; config = *c })
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	oldest := b.contact()
	// Times at MaiAgent have milliseconds.
	made := s.upstream(oldest).Created
	eventually(t, func() bool { return time.Since(made) > 2*time.Millisecond })
	duplicate(t, s, s.upstream(oldest).SourceID)

	config.Store = maicontact.NewMemoryStore()
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	s.build(config)
	fresh := s.browser()
	fresh.login("u-alice")
	if fresh.contact() != oldest {
		t.Error("not the oldest contact")
	}
	if !strings.Contains(s.log.String(), "several contacts with one source id") {
		t.Error("the log does not tell")
	}
}

// One contact for two members is handed to nobody but its first owner.
func TestOneContactForTwoMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		swap := &replyChanger{}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.HTTPClient = &http.Client{Transport: swap} })
		swap.next = webchattest.InProcess(s.sim)
		s.member("u-alice", alice)
		s.member("u-bob", bob)
		a, b := s.browser(), s.browser()
		a.login("u-alice")
		b.login("u-bob")
		id := a.contact()
		swap.id = id // from now on MaiAgent answers every creation with it
		for range 3 {
			if got := b.ask(); got.Contact == id {
				t.Fatal("B got A's contact")
			}
			time.Sleep(time.Minute)
		}
		if !strings.Contains(s.log.String(), "one contact for two people") {
			t.Error("the log does not tell")
		}
		if a.contact() != id {
			t.Error("A lost the contact")
		}
	})
}
