package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"golang.org/x/oauth2"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/example/recipes/oidc"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// provider is an OpenID provider at which Alice is always willing to log in.
type provider struct {
	url  string
	mu   sync.Mutex
	name string
	at   int64  // when the name last changed
	code string // the only one that is good, once
	ask  url.Values
}

func newProvider(t *testing.T) *provider {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{name: "Alice Chen", at: 1}
	keys := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: "RS256"}}}
	mux := http.NewServeMux()
	mux.Handle("/", keys)
	mux.HandleFunc("GET /auth", p.authorize)
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { p.token(w, r, key) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	keys.SetIssuer(server.URL)
	p.url = server.URL
	return p
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code, p.ask = rand.Text(), r.URL.Query()
	http.Redirect(w, r, p.ask.Get("redirect_uri")+"?"+url.Values{"code": {p.code}, "state": {p.ask.Get("state")}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request, key crypto.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	challenge := oauth2.S256ChallengeFromVerifier(r.FormValue("code_verifier"))
	if r.FormValue("code") != p.code || challenge != p.ask.Get("code_challenge") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	p.code = rand.Text()
	claims := fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"auth0|42","exp":%d,"nonce":%q,"name":%q,"email":"alice@example.test","email_verified":true,"updated_at":%d}`,
		p.url, p.ask.Get("client_id"), time.Now().Add(time.Hour).Unix(), p.ask.Get("nonce"), p.name, p.at)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": oidctest.SignIDToken(key, "k", "RS256", claims)})
}

func TestSite(t *testing.T) {
	p := newProvider(t)
	c, sim := shop.Config(t, webchattest.Options{})
	logins, err := maicontact.NewCookieStore([]byte(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	logins.Options.Secure = false // the test speaks plain http
	var site http.Handler
	address := shop.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(w, r) }))
	client := oauth2.Config{ClientID: "shop", ClientSecret: "secret", RedirectURL: address + "/callback"}
	if site, err = oidc.New(t.Context(), c, p.url, client, logins); err != nil {
		t.Fatal(err)
	}
	const script = "/webchat.js"
	logIn := func(b *shop.Client) string { // to the page that the provider leads back to
		t.Helper()
		to := b.Do("POST", "/login").Header.Get("Location")
		return b.Get(to).Header.Get("Location")
	}
	laptop, phone := shop.NewClient(t, address), shop.NewClient(t, address)
	if name := laptop.Name(sim, script); name != "Anonymous" {
		t.Errorf("a visitor is %q", name)
	}
	if r := laptop.Get(logIn(laptop)); r.Status != http.StatusSeeOther {
		t.Fatalf("the callback: %d %s", r.Status, r.Body)
	}
	if name := laptop.Name(sim, script); name != "Alice Chen" {
		t.Errorf("after the login it is %q", name)
	}
	// The name changes at the provider, and she logs in on her phone: one contact,
	// and the laptop, whose session remembers the old name, does not undo that.
	p.mu.Lock()
	p.name, p.at = "Alice Lin", 2
	p.mu.Unlock()
	phone.Get(logIn(phone))
	for deadline := time.Now().Add(10 * time.Second); phone.Name(sim, script) != "Alice Lin"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) { // nobody waits for a name
			t.Fatal("the new name does not reach MaiAgent")
		}
	}
	for _, b := range []*shop.Client{laptop, phone} {
		if name := b.Name(sim, script); name != "Alice Lin" {
			t.Errorf("after the change it is %q", name)
		}
	}
	if n := len(sim.Contacts()); n != 2 {
		t.Errorf("%d contacts, want the visitor's and Alice's", n)
	}
	// Somebody else's callback logs nobody in.
	stranger, other := shop.NewClient(t, address), shop.NewClient(t, address)
	if r := stranger.Get(logIn(other)); r.Status != http.StatusBadRequest {
		t.Errorf("another's callback: %d", r.Status)
	}
}
