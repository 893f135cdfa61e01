package admin

import (
	"errors"
	"net/http"
)

// route is one of the handler's routes. Every page is served by one.
type route struct {
	method string
	path   string // after the prefix
	acts   bool   // it changes people, so that AuthorizeActions is asked
	handle http.HandlerFunc
}

// route registers the routes. Those of actions exist only if somebody may act.
func (h *Handler) route() {
	h.routes = []route{
		{"GET", "{$}", false, h.showState},
		{"GET", "waiting", false, h.showWaiting},
		{"GET", "checks", false, h.showChecks},
		{"POST", "checks", false, h.makeChecks},
		{"GET", "person", false, h.showLookUp},
		{"POST", "person", false, h.lookUp},
		{"GET", "person/{who}", false, h.showPerson},
	}
	if h.config.AuthorizeActions != nil {
		h.routes = append(h.routes,
			route{"GET", "person/{who}/{action}", true, h.confirm},
			route{"POST", "person/{who}/{action}", true, h.act},
		)
	}
	h.mux = http.NewServeMux()
	for _, r := range h.routes {
		handle := r.handle
		if r.acts {
			handle = h.requireActions(handle)
		}
		h.mux.HandleFunc(r.method+" "+h.config.Prefix+r.path, handle)
	}
}

// maxForm is how many bytes a form may have.
const maxForm = 16 << 10

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.authorize(w, r, h.config.Authorize) {
		return
	}
	h.secure(w.Header())
	if h.protection.Check(r) != nil {
		h.showMessage(w, http.StatusForbidden, "This form was sent by another site.", "Nothing was done. Open the page anew, and try again from there.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	h.mux.ServeHTTP(w, r)
}

// requireActions serves only those who may act.
func (h *Handler) requireActions(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.authorize(w, r, h.config.AuthorizeActions) {
			next(w, r)
		}
	}
}

// authorize asks the application, and answers the request itself if it is not allowed.
func (h *Handler) authorize(w http.ResponseWriter, r *http.Request, ask func(*http.Request) error) bool {
	err := ask(r)
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrDenied):
		w.Header().Set("Cache-Control", "no-store")
		h.config.Denied.ServeHTTP(w, r)
	default:
		h.config.Logger.ErrorContext(r.Context(), "maicontact: admin: it cannot be told who may look", "error", err)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "It cannot be told right now whether you may see this. Please try again.", http.StatusServiceUnavailable)
	}
	return false
}

// secure sets the headers of every page. They replace what the site sets around the
// handler.
func (h *Handler) secure(header http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      h.policy,
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Robots-Tag":                 "noindex, nofollow",
	} {
		header.Set(name, value)
	}
}
