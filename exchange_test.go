package maicontact_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The header has left with a permission to cache: no id may follow.
func TestLateAskIsNotPublic(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	id := b.contact()
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		io.WriteString(w, "<html><body>")
		h, err := maicontact.Snippet(r.Context(), "")
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, string(h))
	})
	r := b.send("GET", "/page")
	body, _ := io.ReadAll(r.Body)
	if strings.Contains(string(body), id) || !strings.Contains(string(body), "no chat: too late") {
		t.Errorf("the page says %s", body)
	}
}

// Forget and ContactID may run at once.
func TestForgetBesideAsk(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	b.contact()
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		var g sync.WaitGroup
		g.Go(func() {
			for range 200 {
				maicontact.ContactID(r.Context())
			}
		})
		time.Sleep(100 * time.Microsecond)
		maicontact.Forget(r.Context())
		g.Wait()
	})
	for range 20 {
		b.send("GET", "/page")
		b.contact()
	}
}

// Identify answers the visit; it cannot ask or forget it, and does not hang.
func TestIdentifyCannotAsk(t *testing.T) {
	s := newSite(t, nil)
	s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
		maicontact.Forget(r.Context()) // the login has expired: clear the entry
		return nil, nil
	})
	done := make(chan bool)
	go func() { s.browser().ask(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("the page hangs for ever")
	}
}

// An asker whose time is over answers for nobody else.
func TestFirstAskerLeavesDuringIdentify(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
		select { // a database query with the request's context
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(50 * time.Millisecond):
		}
		m := s.members["u-alice"]
		return &m, nil
	})
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Millisecond)
		defer cancel()
		maicontact.ContactID(ctx)
		if _, err := maicontact.ContactID(r.Context()); err != nil {
			t.Errorf("the second asker, whose context lives, got %v", err)
		}
	})
	s.browser().send("GET", "/page")
}

// Nor does one whose time is over while the session is read.
func TestFirstAskerLeavesDuringTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hangingSessions{mapStore: newMapStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
		s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
			hang := make(chan struct{})
			store.read = hang
			ctx, cancel := context.WithTimeout(r.Context(), 5*time.Millisecond)
			defer cancel()
			maicontact.ContactID(ctx)
			close(hang)
			synctest.Wait()
			store.read = nil
			if _, err := maicontact.ContactID(r.Context()); err != nil {
				t.Errorf("the second asker, whose context lives, got %v", err)
			}
		})
		s.browser().send("GET", "/page")
	})
}

// Nor does one whose time is over while MaiAgent is asked.
func TestFirstAskerLeavesDuringTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 50 * time.Millisecond})
		s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), 5*time.Millisecond)
			defer cancel()
			if _, err := maicontact.ContactID(ctx); err == nil {
				t.Error("MaiAgent was not waited for")
			}
			if _, err := maicontact.ContactID(r.Context()); err != nil {
				t.Errorf("the second asker, whose context lives, got %v", err)
			}
		})
		b := s.browser()
		b.login("u-alice")
		b.send("GET", "/page")
	})
}

// After a panic of Identify, which the page has recovered from, nobody is there.
func TestAskAfterAPanicOfIdentify(t *testing.T) {
	s := newSite(t, nil)
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) { panic("a bug") })
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is hidden")
				}
			}()
			maicontact.ContactID(r.Context())
		}()
		if id, reason := maicontact.ContactOrReason(r.Context()); id != "" || reason != maicontact.Unavailable {
			t.Errorf("the next asker got %v, %q", id, reason)
		}
	})
	s.browser().send("GET", "/page")
}

// A page with the snippet that nobody sees makes no contact.
func TestPagesNobodySees(t *testing.T) {
	s := newSite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		h, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(h))
	})
	s.browser().send("HEAD", "/page")
	s.browser().send("GET", "/page", "Sec-Purpose", "prefetch")
	s.browser().send("GET", "/page", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	if n := len(s.sim.Contacts()); n != 0 {
		t.Errorf("HEAD, prefetch and a bot on a page with the snippet: %d contacts made", n)
	}
}

// The deletion of our cookie is never in a public reply.
func TestForgottenCookieIsPrivate(t *testing.T) {
	s := newSite(t, nil)
	s.mux.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		maicontact.Forget(r.Context())
		w.Header().Set("Cache-Control", "public, max-age=60")
		io.WriteString(w, "bye")
	})
	b := s.browser()
	b.contact()
	r := b.send("GET", "/logout")
	if len(r.Cookies()) > 0 && strings.Contains(r.Header.Get("Cache-Control"), "public") {
		t.Errorf("Set-Cookie (delete) in a public reply: %v", r.Header)
	}
}

// A panic of a hook costs one answer, not the process.
func TestPanicOfHook(t *testing.T) {
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.API.OnCall = func(context.Context, webchat.Call) { panic("the hook's words") }
	})
	if a := s.browser().ask(); a.Reason != "unavailable" {
		t.Errorf("answer %+v", a)
	}
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	if a := b.ask(); a.Reason != "unavailable" {
		t.Errorf("answer %+v", a)
	}
	if strings.Contains(s.log.String(), "the hook's words") {
		t.Error("the log repeats what the hook said")
	}
}

// Health probes make no contact.
func TestHealthProbes(t *testing.T) {
	s := newSite(t, nil)
	for range 10 {
		r := httptest.NewRequest("GET", origin+"/webchat.js", nil)
		r.Header.Set("User-Agent", "kube-probe/1.31")
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := len(s.sim.Contacts()); n != 0 {
		t.Errorf("10 probes without any browser header made %d contacts", n)
	}
}
