// Package singlepage shows maicontact in an application that never loads its page
// anew: the script is the same for everybody, and the contact comes as JSON.
package singlepage

import (
	"io"
	"net/http"

	"github.com/maicontact/maicontact"
)

// Page is the application's one page, and app its script.
const (
	Page = `<!doctype html><title>Shop</title><h1>Tea</h1>
<button data-post="/login">Log in</button> <button data-post="/logout">Log out</button>
<script src="/webchat-static.js" defer></script><script src="/app.js" defer></script>`

	app = `document.addEventListener('click', async (event) => {
  const path = event.target.dataset.post;
  if (!path) return;
  await fetch(path, { method: 'POST' });
  await window.maicontact?.refresh(); // who is there may be somebody else now
});`
)

// New returns the site. setLogin is your own login and logout; an empty id is a
// logout.
//
// Pitfall: without the call of refresh the chat goes on as the former person. When
// the person has changed, the page is loaded anew, once, as the vendor's chat cannot
// change its contact.
func New(mc *maicontact.Middleware, setLogin func(w http.ResponseWriter, id string)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /webchat-static.js", mc.StaticScript())
	mux.Handle("/webchat.json", mc.JSON()) // POST opens the chat
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if err := maicontact.Forget(r.Context()); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		setLogin(w, "alice")
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := maicontact.Logout(r.Context()); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		setLogin(w, "")
	})
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		io.WriteString(w, app)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, Page)
	})
	return mc.Handler(mux)
}
