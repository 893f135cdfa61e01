package maicontact

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat"
)

// script renders the text that starts the chat. It is prepared once.
type script struct {
	widget webchat.Widget
	embed  string
	again  string
}

func newScript(c Config) script {
	return script{widget: c.Widget, embed: c.Widget.EmbedURL(), again: c.ScriptPath}
}

// loaderOptions is what templates/loader.js is called with.
type loaderOptions struct {
	Embed  string `json:"embed,omitempty"`
	Again  string `json:"again"`
	Reason string `json:"reason,omitempty"`
	Retry  bool   `json:"retry,omitempty"`
}

// started renders the script for a contact. One line of it is exactly the
// assignment of the widget's configuration.
func (s script) started(config []byte) []byte {
	out := append([]byte("// maicontact\nwindow.maiagentChatbotConfig = "), config...)
	out = append(out, ";\n"...)
	return s.appendLoader(out, loaderOptions{Embed: s.embed, Again: s.again})
}

// absent renders the script for no contact: it says why, and asks again later
// when that may help.
func (s script) absent(reason Reason) []byte {
	out := []byte("// maicontact: no chat: " + string(reason) + "\n")
	return s.appendLoader(out, loaderOptions{Again: s.again, Reason: string(reason), Retry: reason.MayPass()})
}

func (s script) appendLoader(out []byte, o loaderOptions) []byte {
	options, err := json.Marshal(o) // escapes what could end a script
	if err != nil {
		panic(err) // strings and a bool always encode
	}
	out = append(out, '(')
	out = append(out, templates.Loader...)
	out = append(out, ")("...)
	out = append(out, options...)
	return append(out, ");\n"...)
}

// Script returns the handler of the chat script route, to be mounted at
// Config.ScriptPath:
//
//	mux.Handle("GET /webchat.js", m.Script())
//	<script src="/webchat.js" defer></script>
//
// It works with and without [Middleware.Handler] around it. Who is asking
// comes from Config.Identify and the session alone; no parameter, header or
// body can choose it. Only GET is answered, HEAD makes nothing, and only pages
// of the same origin may read it (see [Middleware.Check]). A contact id is
// never in a reply that may be cached. When there is no contact the reply is
// still 200 and a valid script, which says why and asks again when that may
// help; a refusal is 403.
func (m *Middleware) Script() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, err := visitOf(r.Context()); err == nil && v.middleware == m {
			m.serveScript(w, r)
			return
		}
		m.Handler(http.HandlerFunc(m.serveScript)).ServeHTTP(w, r)
	})
}

func (m *Middleware) serveScript(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	setPrivate(h)
	addVary(h, "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	text, err := m.scriptFor(r)
	if reason, refused := errors.AsType[Reason](err); refused {
		m.log.DebugContext(r.Context(), "maicontact: no chat script", "reason", string(reason))
		text = []byte("// maicontact: no chat: " + string(reason) + "\n")
		h.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(text)
		return
	}
	if r.Method == http.MethodGet {
		h.Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text)
	}
}

// scriptFor returns the script of a request, or why it is refused.
func (m *Middleware) scriptFor(r *http.Request) ([]byte, error) {
	if err := m.Check(r); err != nil {
		return nil, err
	}
	if reason, refused := notShown(r); refused {
		return m.script.absent(reason), nil
	}
	return m.render(r.Context())
}

// render finds the contact and the request's own widget options, each beside
// the other, and writes the script.
func (m *Middleware) render(ctx context.Context) ([]byte, error) {
	v, err := visitOf(ctx)
	if err != nil {
		return nil, err
	}
	var id webchat.ContactID
	var absence error
	var escaped any
	group, legs := errgroup.WithContext(ctx)
	group.Go(func() error {
		// A panic of Identify belongs to the request's goroutine, where
		// net/http contains it; here it would end the process.
		defer func() { escaped = recover() }()
		id, absence = v.contact(legs)
		return nil
	})
	options := m.widgetOptions(v, legs)
	_ = group.Wait()
	if escaped != nil {
		panic(escaped)
	}
	if absence != nil {
		reason, ok := errors.AsType[Reason](absence)
		if !ok {
			reason = Unavailable
		}
		return m.script.absent(reason), nil
	}
	config, err := m.script.widget.Config(id, options)
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions returned options that cannot be used", "error", err)
		config, err = m.script.widget.Config(id, webchat.Options{})
	}
	if err != nil {
		m.log.ErrorContext(ctx, "maicontact: the widget configuration cannot be written", "error", err)
		return m.script.absent(Misconfigured), nil
	}
	return m.script.started(config), nil
}

func (m *Middleware) widgetOptions(v *visit, ctx context.Context) webchat.Options {
	if m.config.WidgetOptions == nil {
		return webchat.Options{}
	}
	ctx, cancel := context.WithTimeout(ctx, max(m.config.Budget, DefaultBudget))
	defer cancel()
	options, err := m.config.WidgetOptions(v.privateCopy(ctx))
	if err != nil {
		m.log.WarnContext(ctx, "maicontact: Config.WidgetOptions failed; the chat starts without them", "error", err)
		return webchat.Options{}
	}
	return options
}

// Snippet returns the chat script as an inline element for a page's own
// template, with the nonce of the page's Content-Security-Policy (standard or
// URL-safe base64, padded or not; empty: no nonce). Put it before the end of
// the body. ctx is that of the page's request. The reply is then marked
// private. When there is no chat the element says why, as the script does.
//
// The error is ErrNoMiddleware, or says that the nonce is not base64.
func Snippet(ctx context.Context, nonce string) (template.HTML, error) {
	v, err := visitOf(ctx)
	if err != nil {
		return "", err
	}
	if !isNonce(nonce) {
		return "", errors.New("maicontact: the nonce is not base64")
	}
	text, err := v.middleware.render(ctx)
	if err != nil {
		return "", err
	}
	open := "<script>\n"
	if nonce != "" {
		open = `<script nonce="` + nonce + "\">\n"
	}
	// #nosec G203 -- the text is rendered for its place in a script, and a nonce holds base64 only
	return template.HTML(open + string(text) + "</script>"), nil
}

// isNonce accepts the base64-value of Content Security Policy: either
// alphabet, with or without padding.
func isNonce(s string) bool {
	plain := strings.TrimRight(s, "=")
	if len(s)-len(plain) > 2 || plain == "" && s != "" {
		return false
	}
	for i := range len(plain) {
		if c := plain[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0) {
			return false
		}
	}
	return true
}
