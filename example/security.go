package main

import (
	"net/http"
	"strings"

	"github.com/maicontact/maicontact/webchat"
)

// contentPolicy is the Content-Security-Policy of the pages: everything comes
// from the shop itself, and the chat from its host.
func contentPolicy(w webchat.Widget, simulated bool) (string, error) {
	styles := "'self'"
	if !simulated {
		// The vendor does not say how its embed styles itself.
		styles += " 'unsafe-inline'"
	}
	return w.MergeCSP(strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src " + styles,
		"img-src 'self' data:",
		"font-src 'none'",
		"connect-src 'self'",
		"frame-src 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; "))
}

// secured sets the headers that every reply of the shop has.
func secured(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// Referer stays on requests to the shop itself: it is what browsers
		// that send no Sec-Fetch-Site prove with that the script is asked for
		// by a page of ours.
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// guarded refuses forms that another site posts.
func guarded(origin string, next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if origin != "" {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return protection.Handler(next), nil
}
