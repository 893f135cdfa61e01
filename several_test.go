package maicontact_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Two brands on one site: each middleware answers for its own inbox, the
// functions of the package do not guess, and a logout clears both.
func TestSeveralMiddlewares(t *testing.T) {
	const otherInbox = "33333333-3333-4333-8333-333333333333"
	for _, sameName := range []bool{false, true} {
		var c maicontact.Config
		s := newSite(t, func(conf *maicontact.Config, o *webchattest.Options) {
			o.OtherInboxIDs = []string{otherInbox}
			c = *conf
		})
		outer := s.mc
		c.InboxID = otherInbox
		c.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		if !sameName {
			c.Cookie.Name = "other"
		}
		inner, err := maicontact.New(c)
		if err != nil {
			t.Fatal(err)
		}
		s.member("u-alice", alice)
		type answers struct {
			outer, inner webchat.ContactID
			plain, into  error
			reason       maicontact.Reason
			snippet      error
		}
		var got answers
		mux := http.NewServeMux()
		mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
			got = answers{}
			got.outer, _ = outer.ContactID(r.Context())
			got.inner, _ = inner.ContactID(r.Context())
			_, got.plain = maicontact.ContactID(r.Context())
			var id webchat.ContactID
			got.into = maicontact.ContactInto(r.Context(), &id)()
			_, got.reason = maicontact.ContactOrReason(r.Context())
			_, got.snippet = maicontact.Snippet(r.Context(), "")
			if text, err := inner.Snippet(r.Context(), ""); err != nil || !strings.Contains(string(text), got.inner.Reveal()) {
				t.Errorf("the inner snippet: %v", err)
			}
			if _, reason := outer.ContactOrReason(r.Context()); reason != "" {
				t.Errorf("the outer one: %s", reason)
			}
		})
		mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
			if err := maicontact.Logout(r.Context(), maicontact.ClearWholeSiteCache); err != nil {
				t.Error(err)
			}
		})
		s.handler = outer.Handler(inner.Handler(mux))
		b := s.browser()
		b.login("u-alice")
		b.send("GET", "/page", "Sec-Fetch-Dest", "document")
		if got.outer == "" || got.inner == "" || got.outer == got.inner || got.reason != maicontact.Misconfigured {
			t.Errorf("same name %v: two inboxes, %v and %v, %s", sameName, got.outer != "", got.inner != "", got.reason)
		}
		for _, err := range []error{got.plain, got.into, got.snippet} {
			if !errors.Is(err, maicontact.ErrSeveral) {
				t.Errorf("a function that cannot know which is meant: %v", err)
			}
		}
		first := got
		for range 10 {
			b.send("GET", "/page", "Sec-Fetch-Dest", "document")
			if got.outer != first.outer || got.inner != first.inner {
				t.Fatal("a member has other contacts")
			}
		}
		if n := len(s.sim.Contacts()); n != 2 {
			t.Errorf("same name %v: %d contacts of one member in two inboxes", sameName, n)
		}
		reply := b.send("POST", "/logout", "Sec-Fetch-Dest", "document")
		if got := reply.Header["Clear-Site-Data"]; len(got) != 1 || got[0] != `"cache"` {
			t.Errorf("Clear-Site-Data %q", got)
		}
		for _, name := range []string{"maicontact", "other"} {
			if b.cookie(name) != "" {
				t.Errorf("the cookie %s stays after a logout", name)
			}
		}
	}
}

// A middleware that does not wrap the request says so.
func TestMethodsOutsideHandler(t *testing.T) {
	s, other := newSite(t, nil), newSite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		_, err := other.mc.ContactID(r.Context())
		_, snippet := other.mc.Snippet(r.Context(), "")
		_, _, hashed := other.mc.SnippetWithHash(r.Context())
		for _, err := range []error{err, snippet, hashed} {
			if !errors.Is(err, maicontact.ErrNoMiddleware) {
				t.Errorf("error %v", err)
			}
		}
		io.WriteString(w, "a page")
	})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest("GET", origin+"/page", nil))
	if len(w.Header()["Set-Cookie"]) != 0 {
		t.Error("a page that asks nothing of its own middleware sets a cookie")
	}
}

// A middleware that was never made is none of those that wrap the site: it must not
// answer for another one.
func TestNoMiddlewareIsNotAnother(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	var missing *maicontact.Middleware
	s.mux.HandleFunc("GET /page", func(_ http.ResponseWriter, r *http.Request) {
		if id, err := missing.ContactID(r.Context()); id != "" || !errors.Is(err, maicontact.ErrNoMiddleware) {
			t.Errorf("a contact id: %v, %v", id != "", err)
		}
		if text := fmt.Sprintf("%v %#v", r.Context(), r.Context()); strings.Contains(text, "exchange") {
			t.Errorf("the context prints as %s", text)
		}
	})
	b := s.browser()
	b.login("u-alice")
	b.send("GET", "/page")
}
