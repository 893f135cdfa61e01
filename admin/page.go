package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
)

//go:embed pages style.css
var files embed.FS

// parsePages returns the templates, and the Content-Security-Policy of the pages: no
// script runs, and nothing is loaded. The one style sheet is allowed by its hash.
func parsePages() (*template.Template, string, error) {
	css, err := files.ReadFile("style.css")
	if err != nil {
		return nil, "", err
	}
	style := template.CSS(css) // #nosec G203 -- a file of this package
	pages, err := template.New("").Funcs(template.FuncMap{
		"style":    func() template.CSS { return style },
		"when":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") },
		"clock":    func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"took":     took,
		"call":     func(operation string) string { return strings.ReplaceAll(operation, "_", " ") },
		"tone":     tone,
		"typed":    operate.DisplayID,
		"sentence": func(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] },
	}).ParseFS(files, "pages/*.html")
	hash := sha256.Sum256(css)
	policy := strings.Join([]string{
		"default-src 'none'", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	}, "; ")
	return pages, policy, err
}

// took rounds a duration for people to read.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return strings.TrimSuffix(d.Round(time.Second).String(), "0s")
}

// tone is the CSS class of a state.
func tone(word any) string {
	switch word {
	case contacts.StateSettled, operate.BreakerClosed:
		return "good"
	case contacts.StatePending, contacts.StateWaiting, contacts.StateBehind, contacts.StateErasing, contacts.StateReissuing, operate.BreakerHalfOpen:
		return "warn"
	case contacts.StateSuspended, operate.BreakerOpen:
		return "bad"
	}
	return "plain"
}

// frame is what all pages have around them.
type frame struct {
	Title  string
	Prefix string
	At     string // the section that the page belongs to, for the navigation
	Now    time.Time
}

func (h *Handler) frame(title, at string) frame {
	return frame{Title: title, Prefix: h.config.Prefix, At: at, Now: time.Now()}
}

// message is a page with nothing but a message.
type message struct {
	frame
	Says string
}

func (h *Handler) showMessage(w http.ResponseWriter, status int, title, says string) {
	h.render(w, status, "message.html", message{h.frame(title, ""), says})
}

// fail answers a request when the table does not answer.
func (h *Handler) fail(ctx context.Context, w http.ResponseWriter, err error) {
	h.config.Logger.WarnContext(ctx, "maicontact: admin: the table does not answer", "error", err)
	h.showMessage(w, http.StatusServiceUnavailable, "The table does not answer.", "Try again in a moment. The log says what is wrong, and so do the checks.")
}

// render writes a whole page, or none of it.
func (h *Handler) render(w http.ResponseWriter, status int, name string, data any) {
	var out bytes.Buffer
	if err := h.pages.ExecuteTemplate(&out, name, data); err != nil {
		h.config.Logger.Error("maicontact: admin: a page cannot be made", "page", name, "error", err)
		http.Error(w, "This page cannot be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}
