package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"

	"github.com/maicontact/maicontact/admin"
)

// adminPath is where the pages for those who run the shop are.
const adminPath = admin.DefaultPrefix

// newAdmin makes the pages for those who run the shop. Whoever knows the password may
// look and act; a real back office asks its own login who it is, and what they may.
func newAdmin(s settings, t *chat, log *slog.Logger) (http.Handler, error) {
	authorize := passwordOf(s.adminPassword)
	return admin.New(admin.Config{
		Site:             t.Middleware,
		Authorize:        authorize,
		AuthorizeActions: authorize,
		Denied:           http.HandlerFunc(askForPassword),
		Secret:           s.sessionKey,
		Calls:            t.calls,
		TrustedOrigins:   s.origins(),
		Logger:           log,
	})
}

// passwordOf lets in who knows the password, under any name. What is compared are
// digests, so that no time tells how much of it was right, or how long it is.
func passwordOf(password string) func(*http.Request) error {
	want := sha256.Sum256([]byte(password))
	return func(r *http.Request) error {
		_, given, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(given))
		if password == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return admin.ErrDenied
		}
		return nil
	}
}

func askForPassword(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("WWW-Authenticate", `Basic realm="the shop's administration", charset="UTF-8"`)
	http.Error(w, "The password of the administration is needed.", http.StatusUnauthorized)
}
