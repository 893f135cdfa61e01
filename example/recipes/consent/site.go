// Package consent shows maicontact on a site that loads nothing of the chat before
// somebody has agreed.
package consent

import (
	"io"
	"net/http"
	"time"

	"github.com/maicontact/maicontact"
)

const (
	cookie = "chat-consent"
	tag    = `<script src="/webchat.js" defer></script>`
	agree  = `<form method="post" action="/consent"><button>Allow the chat</button></form>`
	refuse = `<form method="post" action="/consent/withdraw"><button>No chat any more</button></form>`
)

func agreed(r *http.Request) bool {
	c, err := r.Cookie(cookie)
	return err == nil && c.Value == "yes"
}

// note notes the consent for that time; less than none takes it back.
func note(w http.ResponseWriter, r *http.Request, keep time.Duration) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- Secure where the site is
		Name: cookie, Value: "yes", Path: "/", MaxAge: int(keep / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

// New returns the site. c is the configuration of a site without consent.
//
// Without consent a page has no tag, so nothing is fetched, set or made. Identify
// is the second lock: pages that are still open, or cached, get no chat either.
func New(c maicontact.Config) (http.Handler, error) {
	identify := c.Identify
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		if !agreed(r) {
			return nil, maicontact.ErrNoChat
		}
		return identify(r)
	}
	mc, err := maicontact.New(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.HandleFunc("POST /consent", func(w http.ResponseWriter, r *http.Request) {
		note(w, r, 180*24*time.Hour)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /consent/withdraw", func(w http.ResponseWriter, r *http.Request) {
		// Our cookie goes, and with it all that the site has stored in the browser:
		// no page with the chat's script comes that could take away its part alone.
		if err := maicontact.Logout(r.Context(), "storage"); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		note(w, r, -time.Second)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Vary", "Cookie") // the page is not the same for everybody
		io.WriteString(w, "<!doctype html><title>Shop</title><h1>Tea</h1>"+map[bool]string{false: agree, true: refuse + tag}[agreed(r)])
	})
	return http.NewCrossOriginProtection().Handler(mc.Handler(mux)), nil
}
