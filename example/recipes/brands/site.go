// Package brands shows two middlewares on one site, each for an inbox and a chat
// of its own.
package brands

import (
	"io"
	"net/http"

	"github.com/maicontact/maicontact"
)

// New returns the site. Both configurations name the same members, Store and
// Sessions; they differ in InboxID, Widget and Site.ScriptPath. logOut is your own
// logout.
//
// Pitfall: with two middlewares around a request the package's functions do not
// guess. Ask books.ContactID(ctx), not maicontact.ContactID(ctx). Forget and Logout
// are meant for all.
func New(booksConfig, musicConfig maicontact.Config, logOut func(http.ResponseWriter)) (http.Handler, error) {
	booksConfig.Site.ScriptPath, musicConfig.Site.ScriptPath = "/books/webchat.js", "/music/webchat.js"
	books, err := maicontact.New(booksConfig)
	if err != nil {
		return nil, err
	}
	music, err := maicontact.New(musicConfig)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/books/webchat.js", books.Script())
	mux.Handle("/music/webchat.js", music.Script())
	for _, brand := range []string{"books", "music"} {
		mux.HandleFunc("GET /"+brand, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, `<!doctype html><title>`+brand+`</title><script src="/`+brand+`/webchat.js" defer></script>`)
		})
	}
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := maicontact.Logout(r.Context()); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		logOut(w)
		http.Redirect(w, r, "/books", http.StatusSeeOther)
	})
	return books.Handler(music.Handler(mux)), nil
}
