package maicontact

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"time"

	"github.com/maicontact/maicontact/internal/guard"
	"github.com/maicontact/maicontact/internal/render"
	"github.com/maicontact/maicontact/internal/reply"
)

// Script returns the handler of the chat script route, to be mounted at
// Site.ScriptPath:
//
//	mux.Handle("/webchat.js", m.Script())
//	<script src="/webchat.js" defer></script>
//
// It works with and without [Middleware.Handler] around it. Who is asking
// comes from Config.Identify and the session alone; no parameter, header or
// body can choose it. Only pages of the same origin, or of Site.AllowedOrigins,
// may ask (see [Middleware.Check]). A contact id is never in a reply that may be
// cached. When there is no contact the reply is still 200 and a valid script,
// which says why and asks again when that may help; a refusal is 403. On a loopback
// host the browser's console says what to mend, and a refusal to what the browser
// says is a page of the same origin is 200, as it would not run otherwise.
//
// A POST opens the chat for a visitor (see OnOpen), and answers as JSON does. A
// browser without our cookie is given it first, and sent back with it (307).
func (m *Middleware) Script() http.Handler {
	return m.route(form{
		setting: "Config.Site.ScriptPath", path: m.config.Site.ScriptPath,
		header: reply.NewRouteHeader("text/javascript; charset=utf-8"), answer: m.renderer.Script, refusal: m.renderer.ScriptRefusal,
		isScript: true,
	}, m.jsonForm())
}

// JSON returns the handler of the script route's JSON form, to be mounted at
// Site.JSONPath. The script that [Middleware.StaticScript] serves fetches it:
//
//	mux.Handle("/webchat.json", m.JSON())
//
// It answers as Script does, with the same guard and headers, and one object:
//
//	{"config": {…}, "embed": "https://…", "epoch": "…"}
//	{"epoch": "…", "reason": "unavailable", "retry": true}
//
// config is the widget's configuration and embed the address of the chat's own
// script; both are there exactly when there is a contact. epoch names who the answer
// is for, if that is known; open is the button of a visitor with none (see OnOpen).
func (m *Middleware) JSON() http.Handler {
	return m.route(m.jsonForm(), m.jsonForm())
}

func (m *Middleware) jsonForm() form {
	return form{
		setting: "Config.Site.JSONPath", path: m.config.Site.JSONPath,
		header: reply.NewRouteHeader("application/json"), answer: m.renderer.JSON, refusal: m.renderer.JSON,
	}
}

// StaticScript returns the handler of a static chat script, which holds nothing
// personal, is the same for everybody and may be cached anywhere for 5
// minutes. In the page it fetches the answer from Site.JSONPath:
//
//	mux.Handle("GET /webchat-static.js", m.StaticScript())
//	mux.Handle("/webchat.json", m.JSON())
//	<script src="/webchat-static.js" defer></script>
//
// It is the form for single-page applications, and for sites that keep
// personal data out of script files. Only GET and HEAD are answered.
func (m *Middleware) StaticScript() http.Handler {
	return m.renderer.StaticHandler()
}

// Snippet returns the chat script as an inline element for a page's own
// template, with the nonce of the page's Content-Security-Policy (standard or
// URL-safe base64, padded or not; empty: no nonce). Put it before the end of
// the body. ctx is that of the page's request. The reply is then marked
// private. When there is no chat the element says why, as the script does.
//
// The error is ErrNoMiddleware or ErrSeveral, or says that the nonce is not
// base64.
func Snippet(ctx context.Context, nonce string) (template.HTML, error) {
	return only.Snippet(ctx, nonce)
}

// Snippet is the function of that name for this middleware, where several wrap
// one site.
func (m *Middleware) Snippet(ctx context.Context, nonce string) (template.HTML, error) {
	x, err := m.exchangeOf(ctx)
	if err != nil {
		return "", err
	}
	tag, err := render.OpenTag(nonce)
	if err != nil {
		return "", err
	}
	element, _ := x.inline(ctx, tag)
	return element, nil
}

// SnippetWithHash is [Snippet] for a page whose Content-Security-Policy allows
// scripts by hash. source is what to put into the policy's script-src for this
// reply, the hashes of the element and of the loader, which it loads: 'sha256-…'
// 'sha256-…' with their quotes. The first differs from person to person and from
// time to time. The element must get into the page as it is, and the page must
// be UTF-8; the chat host's script, and what is at Site.ScriptPath when the
// loader asks again, need their own places in the policy.
//
// The error is ErrNoMiddleware or ErrSeveral.
func SnippetWithHash(ctx context.Context) (_ template.HTML, source string, _ error) {
	return only.SnippetWithHash(ctx)
}

// SnippetWithHash is the function of that name for this middleware.
func (m *Middleware) SnippetWithHash(ctx context.Context) (_ template.HTML, source string, _ error) {
	x, err := m.exchangeOf(ctx)
	if err != nil {
		return "", "", err
	}
	element, text := x.inline(ctx, "<script>")
	return element, render.HashSource(text) + " " + x.mc.renderer.LoaderSource(), nil
}

// inline returns the element that the tag opens, and the text in it, which holds
// no carriage return and no NUL: they would not reach a script as they are.
func (x *exchange) inline(ctx context.Context, tag string) (_ template.HTML, text string) {
	m := x.mc
	a := x.answer(ctx)
	a.Hint = m.advice.Hint(x.request, "", "", a.Reason)
	text = "\n" + string(x.render(ctx, nil, a, m.renderer.Script))
	// #nosec G203 -- the text is rendered for its place in a script, and a nonce holds base64 only
	return template.HTML(tag + text + "</script>"), text
}

// form is how a route writes its answers. It is prepared once.
type form struct {
	setting, path   string // where it is read
	header          *reply.RouteHeader
	answer, refusal func([]byte, render.Answer) ([]byte, error)
	isScript        bool // browsers run none of another status than 200
}

// route answers those who read in one form, and those who open the chat in another.
func (m *Middleware) route(read, open form) http.Handler {
	open.setting, open.path = read.setting, read.path
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := read
		if r.Method == http.MethodPost {
			f = open
		}
		outer := innermost(r.Context())
		x := outer.of(m)
		if x != nil {
			m.serve(w, r, x, f)
			return
		}
		x = m.begin(w, r, outer)
		x.withoutHandler = true
		m.serve(&x.writer, r, x, f)
		x.writer.Commit()
	})
}

// serve answers a request, which has the exchange.
func (m *Middleware) serve(w http.ResponseWriter, r *http.Request, x *exchange, f form) {
	x.routeReached = true
	m.advice.Mounted(x.request, f.setting, f.path)
	if m.renderer.ServeFallback(w, r) {
		return
	}
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		f.header.Set(h)
		h.Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	page, err := m.guard.Page(r)
	if err != nil {
		reason := reasonOf(err)
		x.reportAsk(r.Context(), time.Time{}, reason, nil)
		a, status, write := noChat(reason, ""), http.StatusForbidden, f.refusal
		if reason == CrossSite {
			m.advice.Refused(r)
			a.Hint = m.advice.Hint(r, "", "", a.Reason)
			if a.Hint != "" && f.isScript && guard.IsSameOrigin(r) {
				status, write = http.StatusOK, f.answer
			}
		}
		f.header.Set(h)
		room := m.buffers.Get()
		m.buffers.Send(w, status, room, x.render(r.Context(), *room, a, write))
		return
	}
	m.advice.OverHTTP(r)
	a := x.answerPage(r, page)
	if redirect := a.Reason == string(cookieFirst); redirect || r.Method == http.MethodHead {
		f.header.Set(h)
		page.Open(h)
		if redirect {
			h.Set("Location", "?"+keptQuery)
			h.Set("Referrer-Policy", "same-origin") // with none, browsers withhold Origin from there
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
		return
	}
	a.Hint = m.advice.Hint(x.request, f.setting, f.path, a.Reason)
	room := m.buffers.Get()
	text := x.render(r.Context(), *room, a, f.answer)
	f.header.Set(h) // after the site's own code has run
	page.Open(h)
	if w == http.ResponseWriter(&x.writer) {
		x.writer.Prepared() // no other writer is in between that could change the header
	}
	m.buffers.Send(w, http.StatusOK, room, text)
}

// answerPage answers a page that may read the answer.
func (x *exchange) answerPage(r *http.Request, page guard.Page) render.Answer {
	if err := guard.Unseen(r); err != nil {
		reason := reasonOf(err)
		x.reportAsk(r.Context(), time.Time{}, reason, nil)
		return noChat(reason, "")
	}
	x.setPage(page, r.Method == http.MethodPost)
	a := x.answer(r.Context())
	a.Opened, a.Alone = x.opening && a.ID != "" && !x.isMember, x.withoutHandler
	if page.Origin != "" {
		a.Origin = x.mc.guard.OriginOf(r)
	}
	return a
}

// setPage notes which page reads the answer. An answer that was given earlier, as to
// a page of ours, stands only if this page would get it too.
func (x *exchange) setPage(page guard.Page, opening bool) {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	x.byRoute, x.page, x.opening = true, page, opening
	switch err := x.outcome.err; {
	case x.begun && x.isMember && page.Unproven:
		x.answered, x.outcome = true, outcome{err: CrossSite}
	case errors.Is(err, NotOpened) || errors.Is(err, CrossSite):
		x.begun, x.answered = false, false
	}
}
