package maicontact_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"
	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The handler uses gorilla sessions, with its bare registry map, while a leg
// resolves the contact, whose Identify reads the same session of the site.
// The race detector is the judge.
func TestGorillaSessionsBesideUs(t *testing.T) {
	store := sessions.NewCookieStore([]byte("the site's own key of 32 bytes.."))
	store.Options = &sessions.Options{Path: "/"}
	for name, outer := range map[string]bool{"the handler alone": false, "a middleware outside too": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
			s.member("u-alice", alice)
			s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
				session, _ := store.Get(r, "site")
				id, _ := session.Values["user"].(string)
				return &maicontact.Member{ID: id, Profile: alice}, nil
			})
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				var id webchat.ContactID
				g, ctx := errgroup.WithContext(r.Context())
				g.Go(maicontact.ContactInto(ctx, &id))
				g.Go(maicontact.ContactInto(ctx, new(webchat.ContactID)))
				for _, name := range []string{"site", "flash", "basket", "theme", "other"} {
					session, _ := store.Get(r, name)
					session.Values["seen"] = time.Now().String()
					if err := session.Save(r, w); err != nil {
						t.Error(err)
					}
				}
				if err := g.Wait(); err != nil || id == "" {
					t.Errorf("id %v, error %v", id, err)
				}
				w.Write([]byte("ok"))
			})
			login := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			session, _ := store.New(r, "site")
			session.Values["user"] = "u-alice"
			if err := store.Save(r, login, session); err != nil {
				t.Fatal(err)
			}
			if outer {
				inner := s.handler
				s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					store.Get(r, "outer")
					inner.ServeHTTP(w, r)
				})
			}
			for range 20 {
				b := s.browser()
				b.jar.SetCookies(shop, login.Result().Cookies())
				if r := b.send("GET", "/page"); r.StatusCode != 200 {
					t.Errorf("status %d", r.StatusCode)
				}
				if b.cookie("maicontact") == "" || b.cookie("flash") == "" {
					t.Error("a session was not written")
				}
			}
			if n := len(s.sim.Contacts()); n != 1 {
				t.Errorf("%d contacts, want 1", n)
			}
		})
	}
}

// The page's first byte leaves while a leg still waits for MaiAgent: the former
// member's entry, which leaves with it, and what the leg looks at are each for
// themselves. The race detector is the judge.
func TestFirstByteBeforeTheAnswer(t *testing.T) {
	for name, store := range map[string]sessions.Store{"cookie store": sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")), "server store": newMapStore()} {
		t.Run(name, func(t *testing.T) {
			calls := &announced{}
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
				c.Sessions, c.API.HTTPClient = store, &http.Client{Transport: calls}
			})
			calls.to = webchattest.InProcess(s.sim)
			s.member("u-alice", alice)
			s.member("u-bob", bob)
			s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
				var id webchat.ContactID
				var g errgroup.Group
				began := calls.announce()
				g.Go(maicontact.ContactInto(r.Context(), &id))
				<-began
				w.Write([]byte("a page"))
				if err := g.Wait(); err != nil || id == "" {
					t.Errorf("id %v, error %v", id, err)
				}
			})
			b := s.browser()
			b.login("u-alice")
			former := b.contact()
			b.login("u-bob")
			b.send("GET", "/page")
			if got := b.contact(); got == former {
				t.Error("the second member has the first one's contact")
			}
		})
	}
}

// announced says that a call has begun, and gives whoever hears it time before it
// goes on.
type announced struct {
	to    http.RoundTripper
	mu    sync.Mutex
	began chan struct{}
}

func (a *announced) announce() (began <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began = make(chan struct{})
	return a.began
}

// RoundTrip implements [http.RoundTripper].
func (a *announced) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	began := a.began
	a.began = nil
	a.mu.Unlock()
	if began != nil {
		close(began)
		time.Sleep(50 * time.Millisecond)
	}
	return a.to.RoundTrip(r)
}

// BenchmarkLegs shows that the contact and the page's own data, 200 ms each,
// take no longer together than the slower of the two. The metric "ratio" is
// together divided by the slower leg.
func BenchmarkLegs(b *testing.B) {
	const leg = 200 * time.Millisecond
	sim := webchattest.NewServer(webchattest.Options{})
	defer sim.Close()
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: leg})
	var contact, page, together time.Duration
	mc, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "bench", Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store:    maicontact.NewMemoryStore(),
		Identify: func(*http.Request) (*maicontact.Member, error) { return nil, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	handler := mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		g, ctx := errgroup.WithContext(r.Context())
		g.Go(func() error {
			_, err := maicontact.ContactID(ctx)
			contact += time.Since(start)
			return err
		})
		g.Go(func() error {
			err := pageData(ctx, leg)
			page += time.Since(start)
			return err
		})
		if err := g.Wait(); err != nil {
			b.Error(err)
		}
		together += time.Since(start)
	}))
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
	ratio := float64(together) / float64(max(contact, page))
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(float64(together)/float64(contact+page), "of-sequential")
}

func pageData(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
