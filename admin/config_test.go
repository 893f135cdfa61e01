package admin

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
)

// Wrong configuration fails in New, with every fault, and without the secret.
func TestNew(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	right := b.config
	right.Secret = secret
	if _, err := New(right); err != nil {
		t.Error(err)
	}
	for name, test := range map[string]struct {
		change func(*Config)
		says   []string
	}{
		"nothing":           {func(c *Config) { *c = Config{} }, []string{"Config.Site must", "Config.Authorize must", "Config.Secret must"}},
		"no authorization":  {func(c *Config) { c.Authorize = nil }, []string{"Config.Authorize must say who may look"}},
		"a short secret":    {func(c *Config) { c.Secret = secret[:31] }, []string{"Config.Secret must be at least 32"}},
		"a bare prefix":     {func(c *Config) { c.Prefix = "admin/" }, []string{"Config.Prefix must be a path"}},
		"an open prefix":    {func(c *Config) { c.Prefix = "/admin" }, []string{"Config.Prefix must be a path"}},
		"a pattern":         {func(c *Config) { c.Prefix = "/{x}/" }, []string{"Config.Prefix must be a path"}},
		"another host":      {func(c *Config) { c.Prefix = "//host/" }, []string{"Config.Prefix must be a path"}},
		"slashes":           {func(c *Config) { c.Prefix = "/back//office/" }, []string{"Config.Prefix must be a path"}},
		"dots":              {func(c *Config) { c.Prefix = "/back/../office/" }, []string{"Config.Prefix must be a path"}},
		"an escape":         {func(c *Config) { c.Prefix = "/back%2Foffice/" }, []string{"Config.Prefix must be a path"}},
		"no trusted origin": {func(c *Config) { c.TrustedOrigins = []string{"shop.example/"} }, []string{"Config.TrustedOrigins must be origins"}},
	} {
		c := right
		test.change(&c)
		h, err := New(c)
		if err == nil || h != nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, text := range test.says {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if strings.Contains(err.Error(), string(secret[:20])) {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}

// paths are addresses that reach each route, by its method and path. A route that
// is not in it fails the tests below.
func (b *bed) paths() map[string]string {
	person := b.address(b.scope.Member("ann"))
	return map[string]string{
		"GET {$}": "/admin/", "GET waiting": "/admin/waiting", "GET checks": "/admin/checks", "POST checks": "/admin/checks",
		"GET person": "/admin/person", "POST person": "/admin/person", "GET person/{who}": person,
		"GET person/{who}/{action}": person + "/erase", "POST person/{who}/{action}": person + "/erase",
	}
}

// each calls f for each route, and for addresses that lead nowhere.
func (b *bed) each(f func(name, method, path string, acts bool)) {
	b.t.Helper()
	paths := b.paths()
	if len(paths) != len(b.routes) {
		b.t.Errorf("%d routes, and %d of them are tested", len(b.routes), len(paths))
	}
	for _, r := range b.routes {
		name := r.method + " " + r.path
		path, ok := paths[name]
		if !ok {
			b.t.Errorf("%s is not tested", name)
			continue
		}
		f(name, r.method, path, r.acts)
	}
}

// Nobody gets anywhere whom the application does not let: each route, by each
// method, and addresses that lead nowhere.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.member("ann")
	before := b.row("ann")
	refused := map[string]struct {
		err    error
		status int
		body   string
		header http.Header
	}{
		"denied": {ErrDenied, 404, "404 page not found\n", http.Header{
			"Cache-Control": {"no-store"}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
		}},
		"failed": {errors.New("the database of roles is away"), 503, "It cannot be told right now whether you may see this. Please try again.\n", http.Header{
			"Cache-Control": {"no-store"}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
		}},
	}
	for what, want := range refused {
		b.looks, b.acts = want.err, nil
		b.each(func(name, method, path string, _ bool) {
			b.asked = nil
			r := b.send(method, path, map[string][]string{"member": {"ann"}})
			if r.StatusCode != want.status || r.body != want.body || !equal(r.Header, want.header) {
				t.Errorf("%s, %s: %d %q %v", what, name, r.StatusCode, r.body, r.Header)
			}
			if strings.Join(b.asked, " ") != "look" {
				t.Errorf("%s, %s: asked %v", what, name, b.asked)
			}
		})
		for _, path := range []string{"/admin/nothing", "/admin/person/x/y/z", "/admin/..", "/elsewhere"} {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
				if r := b.send(method, path, nil); r.StatusCode != want.status || !equal(r.Header, want.header) {
					t.Errorf("%s, %s %s: %d %v", what, method, path, r.StatusCode, r.Header)
				}
			}
		}
		b.looks, b.acts = nil, want.err
		b.each(func(name, method, path string, acts bool) {
			b.asked = nil
			r := b.send(method, path, map[string][]string{"member": {"ann"}})
			switch {
			case acts && (r.StatusCode != want.status || r.body != want.body || strings.Join(b.asked, " ") != "look act"):
				t.Errorf("%s to act, %s: %d %q, asked %v", what, name, r.StatusCode, r.body, b.asked)
			case !acts && r.StatusCode >= 400 && name != "POST checks":
				t.Errorf("%s to act, %s: %d", what, name, r.StatusCode)
			case !acts && strings.Contains(r.body, "/erase"):
				t.Errorf("%s to act, %s: it shows actions", what, name)
			}
		})
	}
	b.looks, b.acts = nil, nil
	if after := b.row("ann"); after.Version != before.Version || len(b.done) != 0 {
		t.Error("something was done")
	}
	if !strings.Contains(b.log.String(), "the database of roles is away") {
		t.Error("the log does not say why it cannot be told")
	}
}

// The application answers who may not in its own way.
func TestDenied(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(c *Config, _ *maicontact.Config) {
		c.Denied = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you", http.StatusUnauthorized)
		})
	})
	b.looks = ErrDenied
	if r := b.get("/admin/"); r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") != "Basic" || r.body != "who are you\n" || r.Header.Get("Content-Security-Policy") != "" {
		t.Errorf("%d %q %v", r.StatusCode, r.body, r.Header)
	}
}

// Where nobody may act there is no route to it.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(c *Config, _ *maicontact.Config) { c.AuthorizeActions = nil })
	b.member("ann")
	for _, r := range b.routes {
		if r.acts {
			t.Errorf("there is a route %s %s", r.method, r.path)
		}
	}
	person := b.find("ann")
	if r := b.get(person).says(t, 200, "settled"); strings.Contains(r.body, "What can be done") || strings.Contains(r.body, "/suspend") {
		t.Error("it shows actions")
	}
	for _, a := range actions {
		for _, method := range []string{"GET", "POST"} {
			if r := b.send(method, person+"/"+a.Name, map[string][]string{}); r.StatusCode != 404 {
				t.Errorf("%s of %s: %d", method, a.Name, r.StatusCode)
			}
		}
	}
	if row := b.row("ann"); row.Life != 0 {
		t.Error("something was done")
	}
}

// What holds a secret or a business user ID does not print it.
func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	var out bytes.Buffer
	for _, v := range []any{Config{Secret: secret}, &Config{Secret: secret}, b.Handler, Action{Name: "erase", Kind: "member", MemberID: "canary-user"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
			fmt.Fprintf(&out, verb+"\n", struct{ Inside any }{v})
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	written, err := json.Marshal(Config{Secret: secret})
	if err != nil {
		t.Error(err)
	}
	text := out.String() + string(written)
	for _, canary := range []string{"canary", hex.EncodeToString(secret[:8]), base64.StdEncoding.EncodeToString(secret[:9]), "99 97 110 97 114 121"} {
		if strings.Contains(text, canary) {
			t.Errorf("%q is printed: %s", canary, text)
		}
	}
	if record, err := json.Marshal(Action{Name: "erase", Kind: "member", MemberID: "ann", Err: errors.New("x")}); err != nil || string(record) != `{"Name":"erase","Kind":"member","MemberID":"ann"}` {
		t.Errorf("%s, %v", record, err)
	}
}
