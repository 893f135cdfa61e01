package maicontact_test

import (
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestScript(t *testing.T) {
	drag := true
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Widget.Options = webchat.Options{PrimaryColor: "#3854d8", AllowDrag: &drag}
		c.WidgetOptions = func(r *http.Request) (webchat.Options, error) {
			switch r.Header.Get("X-Test") {
			case "fails":
				return webchat.Options{}, errors.New("database down")
			case "unusable":
				return webchat.Options{Extra: map[string]any{"contactId": "someone else"}}, nil
			}
			return webchat.Options{PrimaryColor: "</script>&\u2028", Extra: map[string]any{"greeting": "hi"}}, nil
		}
	})
	b := s.browser()
	response := b.send("GET", "/webchat.js")
	header := response.Header.Clone()
	header.Del("Set-Cookie")
	want := scriptHeader()
	want.Set("Content-Length", header.Get("Content-Length"))
	wantHeader(t, header, want)
	got := read(t, response)
	wantConfig := map[string]any{
		"webChatId": webchattest.DefaultWebChatID, "baseUrl": "https://chat.maiagent.ai/web-chats", "contactId": b.contact(),
		"primaryColor": "</script>&\u2028", "allowDrag": true, "greeting": "hi",
	}
	if got.Status != 200 || !reflect.DeepEqual(got.Config, wantConfig) {
		t.Errorf("status %d, configuration %v, want %v", got.Status, got.Config, wantConfig)
	}
	text, _ := io.ReadAll(b.send("GET", "/webchat.js").Body)
	for _, bad := range []string{"</script", "\u2028", "<!--"} {
		if strings.Contains(string(text), bad) {
			t.Errorf("the script holds %q", bad)
		}
	}
	if n := len(configLine.FindAll(text, -1)); n != 1 || strings.Count(string(text), b.contact()) != 1 {
		t.Errorf("%d configuration lines; the contact id stands %d times", n, strings.Count(string(text), b.contact()))
	}
	for _, broken := range []string{"fails", "unusable"} {
		a := read(t, b.send("GET", "/webchat.js", "X-Test", broken))
		if a.Config["contactId"] != b.contact() || a.Config["primaryColor"] != "#3854d8" {
			t.Errorf("%s: configuration %v", broken, a.Config)
		}
	}
}

// Nothing that a client sends chooses the identity.
func TestIdentityCannotBeChosen(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	a := s.browser()
	a.login("u-alice")
	id := a.contact()
	b := s.browser()
	mine := b.contact()
	for _, path := range []string{"/webchat.js?contactId=" + id, "/webchat.js?contact_id=" + id + "&user=u-alice&member=u-alice"} {
		if got := read(t, b.send("GET", path, "X-Contact-Id", id, "X-User", "u-alice")); got.Contact != mine {
			t.Errorf("%s: another contact", path)
		}
	}
}

// The route works without Handler around it, too.
func TestScriptAlone(t *testing.T) {
	s := newSite(t, nil)
	s.handler = s.mc.Script()
	b := s.browser()
	if id := b.contact(); id != b.contact() {
		t.Error("the visitor was not remembered")
	}
}

// Contact and widget options are fetched beside each other.
func TestScriptFetchesInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.WidgetOptions = func(*http.Request) (webchat.Options, error) {
				time.Sleep(200 * time.Millisecond)
				return webchat.Options{PrimaryColor: "red"}, nil
			}
		})
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 200 * time.Millisecond})
		start := time.Now()
		if a := s.browser().ask(); a.Contact == "" || a.Config["primaryColor"] != "red" {
			t.Errorf("answer %+v", a)
		}
		if took := time.Since(start); took != 200*time.Millisecond {
			t.Errorf("two legs of 200 ms took %v", took)
		}
	})
}

// A panic of the application's own code stays on the request's goroutine,
// where net/http contains it.
func TestPanicOfIdentify(t *testing.T) {
	s := newSite(t, nil)
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) { panic("application") })
	defer func() {
		if recover() != "application" {
			t.Error("the panic did not reach the request's goroutine")
		}
	}()
	s.browser().ask()
}

// A panic of WidgetOptions goes on when the work beside it has ended: nothing
// uses the request after its handler.
func TestPanicOfWidgetOptions(t *testing.T) {
	for _, path := range []string{"/webchat.js", "/webchat.json", "/page"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.WidgetOptions = func(*http.Request) (webchat.Options, error) { panic("application") }
				})
				s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
					_, _ = maicontact.Snippet(r.Context(), "")
				})
				var begun, ended atomic.Int32
				s.identifyBy(func(*http.Request) (*maicontact.Member, error) {
					begun.Add(1)
					time.Sleep(200 * time.Millisecond) // whatever becomes of the request
					ended.Add(1)
					return nil, nil
				})
				defer func() {
					if p := recover(); p != "application" {
						t.Errorf("the panic did not reach the request's goroutine: %v", p)
					}
					endedThen := ended.Load()
					time.Sleep(time.Second)
					if begun.Load() != endedThen {
						t.Error("the panic went on before Identify had ended")
					}
				}()
				s.browser().send("GET", path)
			})
		})
	}
}

func TestSnippet(t *testing.T) {
	s := newSite(t, nil)
	nonce := ""
	page := template.Must(template.New("").Parse(`<!doctype html><body><p>shop</p>{{.}}</body>`))
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		snippet, err := maicontact.Snippet(r.Context(), nonce)
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		page.Execute(w, snippet)
	})
	b := s.browser()
	for n, want := range map[string]string{
		"":                         "<script>\n",
		"rAnd0m+/rAnd0m+/rAnd0m==": `<script nonce="rAnd0m+/rAnd0m+/rAnd0m==">`,
		"rAnd0m-_rAnd0m":           `<script nonce="rAnd0m-_rAnd0m">`,
	} {
		nonce = n
		response := b.send("GET", "/page")
		body, _ := io.ReadAll(response.Body)
		if !strings.Contains(string(body), want) || !configLine.Match(body) || strings.Count(string(body), "</script") != 1 {
			t.Errorf("nonce %q: %s", n, body)
		}
		if got := response.Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("Cache-Control %q", got)
		}
	}
	for _, bad := range []string{`"><img>`, "a b", "==", "a===", "a=b"} {
		nonce = bad
		if r := b.send("GET", "/page"); r.StatusCode != 500 {
			t.Errorf("nonce %q was taken", bad)
		}
	}
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat })
	nonce = ""
	if a := read(t, b.send("GET", "/page")); a.Reason != "declined" || a.Contact != "" {
		t.Errorf("answer %+v", a)
	}
}

func TestWithoutMiddleware(t *testing.T) {
	ctx := httptest.NewRequest("GET", "/", nil).Context()
	_, err := maicontact.ContactID(ctx)
	_, snippet := maicontact.Snippet(ctx, "")
	for _, err := range []error{err, snippet, maicontact.Forget(ctx), maicontact.ContactInto(ctx, new(webchat.ContactID))()} {
		if !errors.Is(err, maicontact.ErrNoMiddleware) {
			t.Errorf("error %v", err)
		}
	}
}
